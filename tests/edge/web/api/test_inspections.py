"""Inspections through a real daemon: due, signed once, corrected, in and out as files; what did not pass is flag and ticket."""

import csv
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.edge.book.test_photos import SECRET, exif, jpeg, png, segment
from tests.edge.web.api.served import Served
from tests.edge.web.enclosing import TYPE
from tests.edge.web.enclosing import sent as form_with

PATIENCE_S = 60.0
GOOD = {
    "place": "yes",
    "indicator": "yes",
    "damage": "yes",
    "pads_until": "2099-01-31",
    "battery_until": "2099-01-31",
}


def aed(api: Served, name: str, **said: str) -> str:
    more = {
        "class": "safety",
        "type": "aed",
        "zone": "flow-school",
        "state": "deployed",
        "name": "AED by the gym",
    }
    done = api.post("assets", {"id": name, "said": {**more, **said}}, "administrator")
    assert done.status == 200, done.body
    return name


def sign(api: Served, asset: str, role: str = "staff", **other: Any) -> Any:
    return api.post("inspections", {"asset": asset, "check": "aed-monthly", "answers": GOOD, **other}, role)


def standing(api: Served, asset: str) -> dict[str, Any]:
    page = api.get(f"inspections/due?asset={asset}&state=all").json
    return {one["check"] + one["item"]: one for one in page["items"]}


def until(holds: Callable[[], object]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends


def flags(api: Served, asset: str) -> set[str]:
    found = api.get("flags?limit=500").json["items"]
    return {one["code"] for one in found if one["subject"] == asset and "inspection" in one["code"]}


def test_what_did_not_pass_is_a_flag_and_one_ticket_until_it_passes(api: Served) -> None:
    asset = aed(api, "aed-gym")
    assert standing(api, asset)["aed-monthly"]["state"] == "never"
    failed = sign(api, asset, answers={**GOOD, "indicator": "no", "note": "It beeps"}, person="T. Okafor")
    assert (failed.status, failed.json["result"], failed.json["again"]) == (200, "failed", False)
    until(lambda: flags(api, asset) == {"inspection_failed"})
    until(lambda: api.get(f"tickets?asset={asset}").json["items"])
    (ticket,) = api.get(f"tickets?asset={asset}").json["items"]
    assert (ticket["category"], ticket["weight"], ticket["key"]) == (
        "inspection",
        "safety",
        "inspection_failed:aed-gym",
    )

    one = api.get(f"inspections/{failed.json['number']}").json
    assert (one["failed"], one["answers"]["note"], one["person"], one["actor"]) == (
        ["indicator"], "It beeps", "T. Okafor", "token:staff",
    )  # fmt: skip
    assert sign(api, asset, answers=GOOD).json["result"] == "passed"
    until(lambda: flags(api, asset) == set())
    assert standing(api, asset)["aed-monthlypads_until"]["until"] == "2099-01-31"
    assert api.get(f"assets/{asset}").json["changes"][0]["kind"] == "inspection.signed/1"


def test_what_a_phone_sends_twice_is_signed_once_and_a_correction_stays_beside_what_it_corrects(
    api: Served,
) -> None:
    asset = aed(api, "aed-library")
    first, again = (sign(api, asset, key="phone-1") for _ in range(2))
    assert (first.json["number"], again.json["number"]) == (first.json["number"],) * 2
    assert (first.json["again"], again.json["again"]) == (False, True)
    number = first.json["number"]
    assert sign(api, asset, corrects=number).json["code"] == "no_reason"
    corrected = sign(
        api, asset, corrects=number, reason="It was the one upstairs", answers={**GOOD, "place": "no"}
    )
    assert corrected.json["result"] == "failed"
    listed = api.get(f"inspections?asset={asset}").json["items"]
    assert [(one["number"], one["corrects"], one["corrected_by"]) for one in listed] == [
        (corrected.json["number"], number, 0),
        (number, 0, corrected.json["number"]),
    ]


def test_who_may_not_sign_is_refused_and_what_is_no_answer_too(api: Served) -> None:
    asset = aed(api, "fire-1", type="extinguisher")
    annual = {"asset": asset, "check": "extinguisher-annual", "answers": {"maintained": "yes", "tag": "yes"}}
    refused = api.post("inspections", annual, "staff")
    assert (refused.status, refused.json["code"]) == (409, "not_to_sign")
    assert api.post("inspections", annual, "technician").json["code"] == "not_certified"
    assert api.post("inspections", annual, "viewer").status == 403
    assert sign(api, asset).json["code"] == "no_such_check"
    assert sign(api, "nobody").status == 404
    assert sign(api, aed(api, "aed-x"), day="2020-01-01").json["code"] == "bad_value"
    assert sign(api, "aed-x", answers={"place": "yes"}).json["code"] == "not_answered"
    assert api.get("inspections/999999").status == 404
    checks = api.get("inspections/checks").json
    assert {one["id"] for one in checks["checks"]} >= {"aed-monthly", "test-call-911", "generator-weekly"}
    packs = {one["name"]: one for one in api.get("rules").json["packs"]}
    assert (packs["inspections"]["version"], packs["inspections"]["sha256"]) == (
        checks["version"],
        checks["sha256"],
    )


def test_files_come_in_whole_or_not_at_all_and_go_out_again(api: Served, tmp_path: Path) -> None:
    asset = aed(api, "aed-pool")
    today = date.fromisoformat(api.get("inspections/due").json["today"])
    old = (today - timedelta(days=100)).isoformat()
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    head = "Asset,Check,Day,Result,Person,Expires\n"
    file.write_text(
        f"{head}{asset},aed-monthly,{old},pass,Ms Brown,\nnobody,aed-monthly,{old},pass,,\n{asset},lift,{old},ok,,\n"
    )
    refused = api.campus.cli("import", "inspections", str(file))
    assert refused.returncode == 1
    assert f"{file}:3: There is no asset nobody." in refused.stderr
    assert f"{file}:4: There is no check lift." in refused.stderr
    file.write_text(f"{head}{asset},aed-monthly,soon,pass,,\n{asset},aed-monthly,{old},maybe,,\n{asset},x\n")
    refused = api.campus.cli("import", "inspections", str(file))
    assert "`day` is no date" in refused.stderr
    assert "`result` is passed or failed" in refused.stderr
    assert "it has 2 cells" in refused.stderr
    assert standing(api, asset)["aed-monthly"]["state"] == "never"

    file.write_text(f"{head}{asset},aed-monthly,{old},pass,Ms Brown,pads_until=2099-01-01\n")
    assert "can be taken in" in api.campus.cli("import", "inspections", str(file), "--check").stdout
    for _ in range(2):
        assert api.campus.cli("import", "inspections", str(file)).returncode == 0
    assert len(api.get(f"inspections?asset={asset}").json["items"]) == 1
    until(lambda: flags(api, asset) == {"inspection_overdue"})
    assert standing(api, asset)["aed-monthly"]["last"] == old
    assert api.campus.cli("export", "inspections", str(out)).returncode == 0
    with out.open(newline="") as told:
        rows = {row["asset"]: row for row in csv.DictReader(told)}
    count = len(out.read_text().splitlines()) - 1
    assert (rows[asset]["person"], rows[asset]["expires"]) == ("Ms Brown", "pads_until=2099-01-01")
    again = api.campus.cli("import", "inspections", str(out))
    said = f"Here already: {count}; what was taken in before counts once. Nothing was changed.\n"
    assert (again.returncode, again.stdout) == (0, said)
    assert len(api.get(f"inspections?asset={asset}").json["items"]) == 1


def test_the_command_line_signs_lists_and_shows(api: Served) -> None:
    asset = aed(api, "aed-cli")
    cli = api.campus.cli
    answers = [word for name, value in GOOD.items() for word in ("--answer", f"{name}={value}")]
    done = cli("inspection", "sign", asset, "aed-monthly", *answers, "--person", "P. Head")
    assert done.returncode == 0, done.stderr
    assert cli("inspection", "sign", asset, "aed-monthly", "--answer", "x", "--person", "P").returncode == 2
    assert cli("inspection", "sign", asset, "lift", "--person", "P").returncode == 1
    assert "P. Head" in cli("inspection", "history", asset).stdout
    number = api.get(f"inspections?asset={asset}").json["items"][0]["number"]
    shown = cli("inspection", "show", str(number)).stdout
    assert "pads_until: 2099-01-31" in shown
    assert "aed-monthly" in cli("inspection", "list").stdout
    assert "in time" in cli("inspection", "due", "--asset", asset, "--state", "all").stdout
    assert cli("inspection", "show", "999999").returncode == 1


def test_a_form_without_a_script_signs_and_adds_a_photo_without_where_it_was_taken(
    api: Served, tmp_path: Path
) -> None:
    asset = aed(api, "aed-paper")
    known = {**api.headers("technician", "session"), "Accept": "text/html"}
    page = api.send("GET", f"/inspections/of/{asset}", None, known).body.decode()
    form = page[page.index('data-check="aed-monthly"') :]
    key = form.split('name="key" value="', 1)[1].split('"', 1)[0]
    asked = [one.split('"', 1)[0] for one in form.split("</form>", 1)[0].split('name="a-')[1:]]
    assert set(GOOD) <= set(asked)
    said = {f"a-{name}": value for name, value in GOOD.items()}
    fields = {"key": key, "check": "aed-monthly", "person": "Ms Brown", "day": "", **said}
    sent = {**known, "Content-Type": "application/x-www-form-urlencoded"}
    lacking = api.send(
        "POST", f"/inspections/of/{asset}", urlencode({**fields, "a-damage": ""}).encode(), sent
    )
    assert (lacking.status, "is not answered" in lacking.body.decode()) == (422, True)
    for _ in range(2):  # sent twice, it is signed once
        done = api.send("POST", f"/inspections/of/{asset}", urlencode(fields).encode(), sent)
        assert (done.status, done.headers["location"]) == (303, f"/inspections/of/{asset}")
    (one,) = api.get(f"inspections?asset={asset}").json["items"]
    assert (one["person"], one["result"], one["photos"]) == ("Ms Brown", "passed", [])

    place = f"/inspections/{one['number']}"
    picture = jpeg(segment(0xE1, exif(6)), segment(0xFE, SECRET))
    enclosed, raw = {**known, "Content-Type": TYPE}, {**known, "Content-Type": "image/jpeg"}
    assert api.send("POST", f"{place}/photo", form_with(b"<svg/>"), enclosed).status == 422
    kept = api.send("POST", f"{place}/photo", form_with(picture, name="a.jpg"), enclosed)
    assert (kept.status, kept.headers["location"]) == (303, place)
    again = api.send("POST", f"/api/v1{place}/photos", picture, raw)
    assert again.status == 200, again.body
    (photo,) = api.get(f"inspections/{one['number']}").json["photos"]
    assert photo == again.json["sha256"]
    shown = api.send("GET", f"/api/v1{place}/photos/{photo}", None, known)
    assert (shown.headers["content-type"], SECRET in shown.body) == ("image/jpeg", False)
    assert f"/api/v1{place}/photos/{photo}" in api.send("GET", place, None, known).body.decode()
    file = tmp_path / "second.png"
    file.write_bytes(png())
    added = api.campus.cli("inspection", "photo", str(one["number"]), str(file))
    assert added.returncode == 0, added.stderr
    assert len(api.get(f"inspections/{one['number']}").json["photos"]) == 2
    assert api.campus.cli("inspection", "photo", "999999", str(file)).returncode == 1
    other = sign(api, asset, corrects=one["number"], reason="Wrong one").json["number"]
    assert api.send("GET", f"/api/v1/inspections/{other}/photos/{photo}", None, known).status == 404
    assert api.send("POST", "/api/v1/inspections/999999/photos", picture, raw).status == 404
