"""`/firmware`: what real controllers say, what a list says of them, and who may look."""

import gzip
from pathlib import Path

from edge.control.client import ask
from edge.control.path import NAME
from tests.edge.flaws.bundles import item, kev, nvd, plain
from tests.edge.web.api.served import Answer, Document, Served
from tests.edge.web.enclosing import TYPE, sent
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
    assert "No file was sent" in text_of(bring(api, b""))

    page = text_of(look(api, "/firmware"))
    assert "None was brought. Nobody here knows which published flaws attackers use." in page
    assert "1 record, " in page
    brought = bring(api, plain(kev("CVE-2021-36260")), kind="kev")
    assert brought.status == 303, text_of(brought)
    again = text_of(look(api, "/firmware"))
    assert "None was brought" not in again
    assert ("OUT OF DATE" in again) is any(
        one["age_days"] > one["limit_days"] for one in api.get("firmware", "viewer").json["bundles"]
    )


def look(api: Served, path: str, role: str = "viewer") -> Answer:
    return api.send("GET", path, None, {**api.headers(role, "session"), "Accept": "text/html"})


def bring(api: Served, file: bytes, role: str = "administrator", kind: str = "cve") -> Answer:
    headers = {**api.headers(role, "session"), "Accept": "text/html", "Content-Type": TYPE}
    return api.send("POST", "/firmware/lists", sent(file, ("kind", kind)), headers)


def text_of(answer: Answer) -> str:
    return answer.body.decode()


def test_a_list_is_refused_with_its_reason_and_leaves_nothing_behind(api: Served) -> None:
    told = bring(api, b"<html>")
    assert told.status == 409
    assert "Not taken: " in text_of(told)
    headers = {**api.headers("administrator", "session"), "Content-Type": "application/json"}
    sent_as = api.send("POST", "/api/v1/firmware/bundles/kev", plain(kev("CVE-2021-36260"))[:-9], headers)
    assert (sent_as.status, sent_as.json["code"][:7]) == (409, "bundle_"), sent_as.body
    assert api.send("POST", "/api/v1/firmware/bundles/x", b"{}", headers).status == 404
    huge = {**headers, "Content-Length": str(65 * 1_048_576)}
    assert api.send("POST", "/api/v1/firmware/bundles/cve", b"", huge).status == 413
    assert bring(api, b"{}", "technician").status == 403
    assert look(api, "/firmware/lists", "technician").status == 403
    assert list((api.campus.store / "flaws").glob("sent-*")) == []


def test_a_program_brings_a_list_as_a_person_alone(api: Served) -> None:
    """`configure` is never a program's, over the network as everywhere."""
    known = {**api.headers("administrator", "token"), "Content-Type": "application/json"}
    assert api.send("POST", "/api/v1/firmware/bundles/kev", b"{}", known).status == 403
    session = {**api.headers("administrator", "session"), "Content-Type": "application/gzip"}
    taken = api.send(
        "POST", "/api/v1/firmware/bundles/kev", gzip.compress(plain(kev("CVE-2021-36260"))), session
    )
    assert (taken.status, taken.json["count"]) == (200, 1), taken.body


def test_the_note_of_a_family_is_to_be_read_and_is_no_markup(api: Served) -> None:
    told = text_of(look(api, "/firmware/notes/wago-750"))
    assert "<strong>" in told
    assert "identity:" not in told
    assert look(api, "/firmware/notes/none").status == 404
    assert look(api, "/firmware/notes/..%2Fconfig").status == 404
