"""The inventory over HTTP and by the command line: one real daemon, its real book."""

import csv
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.edge.web.api.served import Answer, Served

RADIO = {"class": "operational", "type": "radio", "zone": "flow-school", "name": "Radio 7", "state": "stock"}
LIST = "Asset Tag,Item Name,Category,Serial Number,Location,Status\n"


@pytest.fixture
def served(shared_api: Served) -> Served:
    return shared_api


def post(served: Served, path: str, said: object, role: str = "technician") -> Any:
    answer = served.post(path, said, role)
    assert answer.status == 200, answer.body
    return answer.json


def get(served: Served, path: str, role: str = "technician") -> Any:
    answer = served.get(path, role)
    assert answer.status == 200, answer.body
    return answer.json


def send(served: Served, text: str, kind: str = "text/csv", role: str = "technician") -> Answer:
    headers = {**served.headers(role, "token"), "Content-Type": kind}
    return served.send("POST", "/api/v1/inventory/imports", text.encode(), headers)


def cli(served: Served, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edge", *map(str, arguments), "--config", str(served.campus.config)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def until_listed(served: Served) -> list[Any]:
    """The configured devices, once the book has entered them."""
    served.campus.until(
        "devices are listed",
        lambda _: len(get(served, "assets?where=devices")["items"]) >= len(served.campus.tree["doors"]),
    )
    found: list[Any] = get(served, "assets?where=devices&limit=500")["items"]
    return found


def test_each_configured_device_is_an_asset_and_what_is_unknown_of_it_is_counted(served: Served) -> None:
    found = {one["id"]: one for one in until_listed(served)}
    door = served.campus.tree["doors"][0]["id"]
    assert found[door]["device"] == "door"
    assert found[door]["unknown"] == ["responsible", "role", "supported_until"]
    counts = get(served, "inventory/counts")
    assert counts["unknown"]["role"] >= len(found)


def test_an_asset_is_made_changed_and_lives_through_its_states(served: Served) -> None:
    name = post(served, "assets", {"said": RADIO})["id"]
    post(served, f"assets/{name}", {"said": {"serial": "S-1", "responsible": "Kim Lee"}})
    post(served, f"assets/{name}/issue", {"person": "Mr Green", "due": "2199-01-01"})
    assert [one["id"] for one in get(served, "inventory/issued?person=green")["items"]] == [name]
    refused = served.post(f"assets/{name}/turn", {"state": "stock"}, "technician")
    assert (refused.status, refused.json["code"]) == (409, "still_issued")
    post(served, f"assets/{name}/return", {})
    post(served, f"assets/{name}/replace", {"serial": "S-2", "reason": "dropped"})
    post(served, f"assets/{name}/seen", {}, role="staff")
    told = get(served, f"assets/{name}", "staff")
    assert (told["said"]["serial"], told["said"]["replacements"], told["said"]["state"]) == (
        "S-2",
        "1",
        "stock",
    )
    assert "holder" not in told["said"]
    assert [one["kind"] for one in told["changes"]][-2:] == ["asset.written/1"] * 2


@pytest.mark.parametrize(
    ("path", "said", "status", "code"),
    [
        ("assets", {"said": {"colour": "red"}}, 409, "unknown_field"),
        ("assets", {"said": {"supported_until": "soon"}}, 409, "bad_value"),
        ("assets", {"said": {"zone": "moon"}}, 409, "unknown_zone"),
        ("assets", {"said": {}}, 409, "nameless"),
        ("assets", {"said": {"type": "aed", "warranty_until": "9999-12-31"}}, 409, "bad_value"),
        ("assets/nobody", {"said": {"role": "none"}}, 404, "unknown_asset"),
        ("audits/999/end", {}, 404, "unknown_round"),
        ("fault-reports/999/settle", {"outcome": "taken"}, 404, "unknown_report"),
        ("inventory/imports/nothing/take", {}, 404, "no_such_import"),
    ],
)
def test_what_may_not_be_is_a_problem_that_says_what_to_do(
    served: Served, path: str, said: object, status: int, code: str
) -> None:
    answer = served.post(path, said, "technician")
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_needs_are_told_before_and_a_circle_is_refused(served: Served) -> None:
    until_listed(served)
    door = served.campus.tree["doors"][0]["id"]
    post(
        served,
        "assets",
        {"id": "ups-1", "said": {"class": "operational", "type": "ups", "state": "deployed"}},
    )
    post(served, f"assets/{door}/link", {"on": "ups-1", "how": "power"})
    assert [one["id"] for one in get(served, "assets/ups-1")["if_it_fails"]] == [door]
    circle = served.post("assets/ups-1/link", {"on": door, "how": "power"}, "technician")
    assert (circle.status, circle.json["code"]) == (409, "circle")
    post(served, "assets/ups-1/turn", {"state": "repair"})
    assert get(served, f"assets/{door}")["down_by"]["why"] == "repair"
    served.campus.until(
        "the door's flag is shown",
        lambda _: any(
            (one["code"], one["subject"]) == ("needs_down", door) and "ups-1" in one["text"]
            for one in get(served, "flags?limit=500")["items"]
        ),
    )
    post(served, f"assets/{door}/link", {"on": "ups-1", "how": "power", "stands": False})


def test_many_are_edited_at_once_after_a_preview(served: Served) -> None:
    names = [post(served, "assets", {"said": RADIO})["id"] for _ in range(3)]
    said = {"assets": names, "said": {"role": "command", "class": "safety"}, "preview": True}
    preview = post(served, "inventory/edit", said)
    assert (preview["changed"], preview["items"][0]["was"]) == (3, {"role": "", "class": "operational"})
    assert "role" not in get(served, f"assets/{names[0]}")["said"]
    post(served, "inventory/edit", {**said, "preview": False})
    assert [get(served, f"assets/{one}")["said"]["role"] for one in names] == ["command"] * 3
    post(served, "inventory/edit", {"assets": names, "said": {"role": "", "class": "operational"}})


def test_a_round_of_an_audit_ends_with_what_nobody_saw(served: Served) -> None:
    one, other = (post(served, "assets", {"said": {**RADIO, "type": "megaphone"}})["id"] for _ in range(2))
    number = post(served, "audits", {"type": "megaphone"})["id"].rpartition("-")[2]
    post(served, f"assets/{one}/seen", {}, role="staff")
    assert [each["id"] for each in get(served, f"audits/{number}")["items"]] == [other]
    post(served, f"audits/{number}/end", {})
    ended = get(served, f"audits/{number}")
    assert (ended["missing"], [each["id"] for each in ended["items"]]) == (1, [other])
    missed = [each["id"] for each in get(served, "assets?where=missed&type=megaphone")["items"]]
    assert missed == [other]


def test_stock_below_its_minimum_and_the_plan_of_five_years(served: Served) -> None:
    post(served, "inventory/stock", {"type": "cr2450", "minimum": 4})
    low = [one for one in get(served, "inventory/stock")["items"] if one["type"] == "cr2450"]
    assert low == [{"type": "cr2450", "count": 0, "minimum": 4, "low": True}]
    post(served, "inventory/stock", {"type": "cr2450", "minimum": 0})
    said = {
        **RADIO,
        "type": "projector",
        "class": "operational",
        "replace_year": "1999",
        "cost_cents": "123450",
    }
    name = post(served, "assets", {"said": said})["id"]
    first = get(served, "inventory/plan?class=operational")["years"][0]
    assert (first["overdue"], first["cost_cents"]) == (1, 123450)
    table = list(csv.reader(io.StringIO(served.get("inventory/plan.csv", "technician").body.decode())))
    assert [line[1] for line in table if line[3] == "projector"] == [name]


def test_a_list_is_sent_told_what_it_would_do_and_taken_as_a_whole(served: Served) -> None:
    told = send(
        served, LIST + "T1,Tablet 1,Tablet,X1,Room 9,Deployed\nT2,Tablet 2,Tablet,X2,,Sold out\n"
    ).json
    assert (told["new"], told["refused_count"], told["as_room"]) == (1, 1, [2])
    assert (told["refused"][0]["line"], told["refused"][0]["code"]) == (3, "bad_value")
    refused = served.post(f"inventory/imports/{told['id']}/take", {}, "technician")
    assert (refused.status, refused.json["code"]) == (409, "rows_refused")
    assert get(served, "assets?type=tablet")["items"] == []
    taken = post(served, f"inventory/imports/{told['id']}/take", {"without_refused": True})
    assert taken["assets"] == 1
    assert [one["said"]["room"] for one in get(served, "assets?type=tablet")["items"]] == ["Room 9"]


def test_what_is_no_list_is_refused_before_anything_is_read_of_it(served: Served) -> None:
    assert send(served, "{}", "application/json").status == 415
    assert (send(served, "colour\nred\n").status, send(served, "colour\nred\n").json["code"]) == (
        409,
        "table_no_columns",
    )
    assert send(served, LIST, role="staff").status == 403
    assert send(served, LIST + "x" * (17 * 1024 * 1024)).status == 413
    assert list(served.campus.store.glob("import-*")) == []


def test_the_command_line_lists_imports_and_exports(served: Served, tmp_path: Path) -> None:
    path = tmp_path / "scanners.csv"
    path.write_text(LIST + "B1,Scanner 1,Scanner,Z1,,Deployed\nB2,Scanner 2,Scanner,Z2\n")
    preview = cli(served, "import", "assets", path, "--preview")
    assert preview.returncode == 0, preview.stderr
    assert "1 new asset, 0 changed, 0 as they are, 1 refused." in preview.stdout
    assert "Nothing was changed" in preview.stdout
    no = cli(served, "import", "assets", path)
    assert (no.returncode, "It has 4 cells, and the first line 6." in no.stdout) == (1, True)
    assert "nothing was imported" in no.stderr
    done = cli(served, "import", "assets", path, "--without-refused")
    assert (done.returncode, "1 asset imported." in done.stdout) == (0, True)
    listed = cli(served, "assets", "--type", "scanner")
    assert "Scanner 1" in listed.stdout
    name = get(served, "assets?type=scanner")["items"][0]["id"]
    assert "Asset tag" in cli(served, "assets", name).stdout
    assert cli(served, "assets", "nobody").returncode == 1
    out = tmp_path / "out.csv"
    assert cli(served, "export", "assets", out).returncode == 0
    assert cli(served, "export", "assets", out).returncode == 2
    again = cli(served, "import", "assets", out, "--preview")
    assert "0 new assets, 0 changed" in again.stdout
    assert list(served.campus.store.glob("import-*")) == []
