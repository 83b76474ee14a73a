"""`/firmware`: what real controllers say, what a list says of them, and who may look."""

from pathlib import Path

from edge.control.client import ask
from edge.control.path import NAME
from tests.edge.flaws.bundles import item, nvd, plain
from tests.edge.web.api.served import Document, Served
from tests.flow.waiting import wait_for
from tests.rules.book.records import AXIS


def test_controllers_say_what_they_are_and_a_list_that_is_brought_is_told_with_its_age(
    api: Served, tmp_path: Path
) -> None:
    def told() -> Document | None:
        found: Document = api.get("firmware", "viewer").json
        boards = [one for one in found["devices"] if one["kind"] == "controller"]
        return found if boards and all(one["said"] is not None for one in boards) else None

    before = wait_for("the controllers said what they are, or that they cannot", told)
    assert before["missing"] == ["cve", "kev"]
    assert {one["state"] for one in before["devices"]} == {"unknown"}

    file = tmp_path / "nvd.json"
    file.write_bytes(plain(nvd(item(AXIS))))
    socket = api.campus.store / NAME
    assert ask(socket, {"do": "import-bundle", "kind": "cve", "file": str(file)})["ok"]
    refused = ask(socket, {"do": "import-bundle", "kind": "kev", "file": str(file)})
    assert refused["code"] == "bundle_refused"

    after = api.get("firmware", "viewer").json
    assert (after["missing"], [one["count"] for one in after["bundles"]]) == (["kev"], [1])
    assert api.get("firmware?what=1", "viewer").status == 422
    assert api.get("firmware", "viewer", "none").status == 401
