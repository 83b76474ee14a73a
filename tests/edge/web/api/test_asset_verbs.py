"""The inventory on the command line: a life told by verbs, rounds, rest; what is refused, in words and by the exit code."""

import json
import re
import subprocess

import pytest

from tests.edge.web.api.served import Served
from tests.edge.web.api.test_assets import cli, get, until_listed


@pytest.fixture
def served(shared_api: Served) -> Served:
    return shared_api


def done(served: Served, *arguments: str) -> str:
    ended = cli(served, *arguments)
    assert ended.returncode == 0, (arguments, ended.stdout, ended.stderr)
    return ended.stdout


def refused(served: Served, *arguments: str, code: int = 1) -> str:
    ended: subprocess.CompletedProcess[str] = cli(served, *arguments)
    assert (ended.returncode, ended.stdout) == (code, ""), (arguments, ended.stdout)
    return ended.stderr


def made(served: Served, *said: str) -> str:
    found = re.search(r"Asset (\S+) is made", done(served, "asset", "new", *said))
    assert found is not None
    return found[1]


def test_a_life_is_told_by_verbs_alone(served: Served) -> None:
    name = made(served, "name=Radio  9", "type=walkie", "serial=CLI-1", "state=stock", "class=operational")
    assert get(served, f"assets/{name}")["said"]["name"] == "Radio 9"
    assert "is changed" in done(served, "asset", "set", name, "serial=CLI-2", "responsible=Facilities")
    assert "It was so already." in done(served, "asset", "set", name, "type=walkie")
    done(served, "asset", "issue", name, "--to", "Mr Gray", "--due", "2199-01-01")
    assert "Mr Gray" in done(served, "asset", "issued", "--person", "gray")
    assert "is with somebody" in refused(served, "asset", "turn", name, "retired")
    done(served, "asset", "return", name)
    done(served, "asset", "turn", name, "deployed", "--say", "room=12", "--reason", "Front desk")
    done(served, "asset", "replace", name, "--serial", "CLI-3", "--reason", "Dropped")
    done(served, "asset", "commission", name, "--by", "T. Okafor", "--day", "2026-01-02")
    said = get(served, f"assets/{name}")["said"]
    assert (said["serial"], said["room"], said["replacements"], said["state"]) == (
        "CLI-3",
        "12",
        "1",
        "deployed",
    )


def test_a_configured_device_gets_its_first_serial_number_without_being_replaced(served: Served) -> None:
    until_listed(served)
    door = str(served.campus.tree["doors"][0]["id"])
    done(served, "asset", "set", door, "serial=LOCK-0001", "maker=Allegion")
    said = get(served, f"assets/{door}")["said"]
    assert (said["serial"], "replacements" in said, "recommission" in said) == ("LOCK-0001", False, False)
    done(served, "asset", "set", door, "serial=", "maker=")
    assert "serial" not in get(served, f"assets/{door}")["said"]
    assert "change it there" in refused(served, "asset", "set", door, "name=Another")


def test_many_say_the_same_after_a_preview(served: Served) -> None:
    names = [made(served, f"name=Cart {one}", "type=cart") for one in "ab"]
    preview = done(served, "asset", "set", *names, "role=evacuation-chair", "--preview")
    assert "2 assets would be another" in preview
    assert "role" not in get(served, f"assets/{names[0]}")["said"]
    done(served, "asset", "set", *names, "role=evacuation-chair")
    assert [get(served, f"assets/{one}")["said"]["role"] for one in names] == ["evacuation-chair"] * 2
    assert "There is no asset nobody" in refused(served, "asset", "set", names[0], "nobody", "role=none")
    assert "FIELD=VALUE" in refused(served, "asset", "set", names[0], code=2)
    assert "says nothing of a field" in refused(served, "asset", "new", "Cart", code=2)


def test_what_needs_what_stock_and_the_plan_are_told(served: Served) -> None:
    switch, access_point = (made(served, f"name={one}", "type=network") for one in ("Switch", "AP"))
    done(served, "asset", "link", access_point, switch, "network")
    assert f"Needs {switch} (network)" in done(served, "assets", access_point)
    assert "needs" in refused(served, "asset", "link", switch, access_point, "power")
    assert "no longer" in done(served, "asset", "link", access_point, switch, "network", "--no-longer")
    done(served, "asset", "minimum", "aa-battery", "4")
    assert re.search(r"aa-battery\s+0\s+4\s+TOO FEW", done(served, "asset", "stock"))
    done(served, "asset", "minimum", "aa-battery", "0")
    made(served, "name=Old", "class=digital", "replace_year=1999", "cost_cents=123450")
    assert "1,234.50" in done(served, "asset", "plan", "--class", "digital")
    assert len(json.loads(done(served, "asset", "plan", "--json"))["years"]) == 5


def test_a_round_is_begun_counted_and_ended(served: Served) -> None:
    here, gone = (
        made(served, f"name={one}", "type=loudhailer", "state=deployed") for one in ("Here", "Gone")
    )
    number = re.findall(r"Round (\d+) began", done(served, "audit", "begin", "--type", "loudhailer"))[0]
    done(served, "asset", "seen", here)
    shown = done(served, "audit", "show", number)
    assert (gone in shown, here in shown, "1 of 2 seen" in shown) == (True, False, True)
    done(served, "audit", "end", number)
    assert re.search(
        rf"{number}\s+everywhere\s+loudhailer\s+1 of 2\s+1 missing", done(served, "audit", "list")
    )
    assert f"No round {number}" in refused(served, "audit", "end", number)
    done(served, "asset", "seen", gone)


def test_a_device_rests_with_owner_reason_and_end_and_no_report_is_settled_that_there_is_not(
    served: Served,
) -> None:
    until_listed(served)
    door = str(served.campus.tree["doors"][0]["id"])
    assert "No report 9999 waits" in refused(served, "asset", "settle", "9999", "taken")
    done(served, "upkeep", "begin", "device", door, "--days", "2", "--reason", "New closer")
    rest = re.findall(rf"(\d+)\s+maintenance\s+device {door}.*New closer", done(served, "upkeep", "list"))[0]
    refused(served, "upkeep", "begin", "device", door, "--days", "31", "--reason", "Too long")
    done(served, "upkeep", "end", rest)
    assert "New closer" not in done(served, "upkeep", "list")
