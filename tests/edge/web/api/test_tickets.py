"""Tickets through a real daemon: opened once, photos bared, whole files in and out by the command line."""

import csv
import hashlib
import zipfile
from pathlib import Path
from typing import Any

from tests.edge.book.test_photos import SECRET, chunk, exif, jpeg, png, segment
from tests.edge.web.api.served import Served
from tests.edge.web.enclosing import TYPE
from tests.edge.web.enclosing import sent as form_with

HEAD = "Title,Status,Priority,Opening date,Location,Item,Description\n"


def opened(api: Served, role: str = "technician", **said: Any) -> int:
    done = api.post("tickets", {"title": "Screen is black", "category": "computer", **said}, role)
    assert done.status == 200, done.body
    assert done.json["durable"] is True
    return int(done.json["number"])


def test_a_ticket_is_opened_once_for_each_key_and_is_on_disk_when_it_is_said(api: Served) -> None:
    said = {"title": "Latch does not catch", "category": "lock", "asset": "tcp-1", "reporter": "Ms Brown"}
    first, again = (api.post("tickets", said, "staff", Idempotency_Key="k-1") for _ in range(2))
    assert first.json == again.json
    number = first.json["number"]
    assert first.json["id"] == f"flow-school-{number}"

    whole = api.get(f"tickets/flow-school-{number}").json
    assert (whole["weight"], whole["asset"], whole["reported_by"]) == ("safety", "tcp-1", "Ms Brown")
    assert whole["reporter"] == "token:staff"
    assert (whole["next_step"], whole["next_does"]) == (
        "safety-unassigned",
        {"assigned": "role:administrator"},
    )
    shown = api.campus.cli("tickets", str(number)).stdout
    assert ("given to any administrator" in shown, "safety-unassigned" in shown) == (True, False)
    assert api.post(f"tickets/{number}/changes", {"assigned": "role:technician"}).status == 200
    whole = api.get(f"tickets/{number}").json
    assert (whole["next_step"], whole["next_does"]) == ("lock-old", {"flag": "lock_ticket_old"})
    # Of what the box itself opened beside it, whenever that was, nothing is said here.
    of_door = {one["number"]: one["reporter"] for one in api.get("tickets?asset=tcp-1").json["items"]}
    assert [one for one, by in of_door.items() if by == "token:staff"] == [number]


def test_a_safety_ticket_is_closed_with_what_was_done_and_by_whoever_may(api: Served) -> None:
    number = opened(api, weight="safety")
    close = {"state": "closed"}
    assert api.post(f"tickets/{number}/changes", close, "staff").status == 403
    refused = api.post(f"tickets/{number}/changes", close)
    assert (refused.status, refused.json["code"]) == (409, "why_needed")
    assert api.post(f"tickets/{number}/changes", {**close, "why": "New panel"}).status == 200
    assert api.get(f"tickets/{number}").json["state"] == "closed"
    assert api.post("tickets/999999/notes", {"text": "x"}).status == 404
    assert api.get("tickets/none").status == 404


def test_a_day_by_which_it_is_to_be_done_is_set_by_the_api_and_the_command_line(api: Served) -> None:
    number = opened(api, due="2026-09-20")
    assert api.get(f"tickets/{number}").json["due"] == "2026-09-20"
    assert api.post(f"tickets/{number}/changes", {"due": "2026-09-10"}).status == 200
    refused = api.post(f"tickets/{number}/changes", {"due": "2026-02-30"})
    assert (refused.status, refused.json["code"]) == (409, "no_such_day")
    assert "is changed" in api.campus.cli("ticket", "due", str(number), "2026-09-01").stdout
    whole = api.get(f"tickets/{number}").json
    assert (whole["due"], whole["conflict"], whole["versions"]) == ("2026-09-01", False, [])
    assert "to be done by 2026-09-01" in api.campus.cli("tickets", str(number)).stdout
    api.campus.cli("ticket", "due", str(number), "-")
    assert api.get(f"tickets/{number}").json["due"] == ""


def test_a_photo_is_kept_without_where_it_was_taken_and_nothing_else_is_taken(
    api: Served, tmp_path: Path
) -> None:
    number = opened(api)
    path, headers = f"/api/v1/tickets/{number}/photos", api.headers("staff", "session")
    sent = jpeg(segment(0xE1, exif(6)), segment(0xFE, SECRET))

    kept = api.send("POST", path, sent, {**headers, "Content-Type": "image/jpeg"})
    assert kept.status == 200, kept.body
    shown = api.send("GET", f"{path}/{kept.json['sha256']}", None, headers)
    assert shown.headers["content-type"] == "image/jpeg"
    assert SECRET not in shown.body
    assert SECRET in sent
    for kind, body, status in (
        ("image/jpeg", b"<svg onload=alert(1)>", 422),
        ("image/svg+xml", b"<svg/>", 415),
        ("image/jpeg", b"\xff\xd8\xff" + bytes(9 * 1_048_576), 413),
        ("image/jpeg", b"", 422),
    ):
        assert api.send("POST", path, body, {**headers, "Content-Type": kind}).status == status
    assert api.get(f"tickets/{number}").json["photos"] == [kept.json["sha256"]]
    assert list((api.campus.store / "tickets" / "incoming").iterdir()) == []
    assert api.send("GET", f"{path}/{'0' * 64}", None, headers).status == 404

    # The command line brings one from a file, and says of what is none.
    picture = tmp_path / "hinge.png"
    picture.write_bytes(png(chunk(b"tEXt", SECRET + b"again")))
    done = api.campus.cli("ticket", "photo", str(number), str(picture))
    assert (done.returncode, done.stdout) == (0, f"The photo is with ticket {number}.\n"), done.stderr
    picture.write_bytes(b"<svg/>")
    done = api.campus.cli("ticket", "photo", str(number), str(picture))
    assert (done.returncode, "This is no photo" in done.stderr) == (1, True)
    assert len(api.get(f"tickets/{number}").json["photos"]) == 2
    assert list((api.campus.store / "tickets" / "incoming").iterdir()) == []


def test_a_photo_by_a_form_without_a_script_goes_along_in_the_archive(api: Served, tmp_path: Path) -> None:
    number = opened(api)
    path, headers = f"/api/v1/tickets/{number}/photos", api.headers("staff", "session")
    sent = jpeg(segment(0xE1, exif(6)), segment(0xFE, SECRET))
    assert api.send("POST", path, sent, {**headers, "Content-Type": "image/jpeg"}).status == 200

    # Where no script runs, a form sends it; the archive of the list takes it along.
    plain = {**headers, "Accept": "text/html", "Content-Type": TYPE}
    other = png(chunk(b"tEXt", SECRET))
    assert api.send("POST", f"/tickets/{number}/photo", form_with(other, name="a.png"), plain).status == 303
    first, second = api.get(f"tickets/{number}").json["photos"]
    out = tmp_path / "tickets.zip"
    done = api.campus.cli("export", "tickets", str(out))
    assert (done.returncode, "2 photos" in done.stdout) == (0, True), done.stderr
    with zipfile.ZipFile(out) as archive:
        assert {f"photos/{first}.jpg", f"photos/{second}.png", "tickets.csv"} == set(archive.namelist())
        assert hashlib.sha256(archive.read(f"photos/{second}.png")).hexdigest() == second
        rows = {
            row["number"]: row for row in csv.DictReader(archive.read("tickets.csv").decode().splitlines())
        }
    assert rows[str(number)]["photos"] == f"{first}; {second}"
    (api.campus.store / "tickets" / second).unlink()
    lacking = api.campus.cli("export", "tickets", str(out))
    assert (lacking.returncode, "1 photo could not be read" in lacking.stderr) == (1, True)


def test_maintenance_and_snooze_are_listed_until_they_are_ended(api: Served) -> None:
    number = opened(api)
    assert api.post(f"tickets/{number}/snooze", {"days": 2, "reason": "Part ordered"}).status == 200
    assert (
        api.post("upkeep", {"of": "zone", "subject": "flow-school", "days": 99, "reason": "x"}).status == 409
    )
    (rest,) = [one for one in api.get("upkeep").json["items"] if one["subject"] == str(number)]
    assert (rest["owner"], rest["reason"]) == ("token:administrator", "Part ordered")
    assert api.get(f"tickets/{number}").json["resting_until"] == rest["until"]
    assert api.post(f"upkeep/{rest['number']}/end", {}).status == 200
    assert api.post(f"upkeep/{rest['number']}/end", {}).status == 404


def test_a_file_of_another_program_is_taken_in_whole_or_not_at_all(api: Served, tmp_path: Path) -> None:
    before = len(api.get("tickets?state=all&limit=200").json["items"])
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    rows = [f"Imported {n},New,High,2026-01-{n % 28 + 1:02},,,Text {n}\n" for n in range(90)]
    wrong = ["Bad place,New,Low,,moon,,\n", "Bad thing,Closed,Low,,,nobody,\n", "Bad day,New,Low,soon,,,\n"]
    file.write_text(HEAD.replace("Location", "Zone") + "".join(rows + wrong[:2]))

    refused = api.campus.cli("import", "tickets", str(file))
    assert refused.returncode == 1
    assert f"{file}:92: No zone moon is configured" in refused.stderr
    assert f"{file}:93: There is no asset nobody." in refused.stderr
    file.write_text(HEAD + "".join(rows + wrong[2:]))
    assert "`opened` is no date: soon" in api.campus.cli("import", "tickets", str(file)).stderr
    assert len(api.get("tickets?state=all&limit=200").json["items"]) == before

    file.write_text(HEAD + "".join(rows) + "=1+1,Solved,Low,,,,\n")
    assert "can be taken in" in api.campus.cli("import", "tickets", str(file), "--check").stdout
    done = api.campus.cli("import", "tickets", str(file))
    assert (done.returncode, done.stdout) == (0, "91 tickets taken in.\n")
    again = api.campus.cli("import", "tickets", str(file))
    assert (again.returncode, "taken in before" in again.stderr) == (1, True)
    (found,) = api.get("tickets?q=imported+17").json["items"]
    assert (found["weight"], found["category"], found["opened_at"]) == (
        "urgent",
        "other",
        "2026-01-18T00:00:00Z",
    )

    file.write_text(
        '"ID";"Title";"Status";"Opening date";"Requester - Requester";"Location";"IssueDescription";"Approval";\n'
        '"12";"Semicolons";"New";"2026-01-05 09:00";"Kim";"Boiler room";"Hums";"";\n'
    )
    done = api.campus.cli("import", "tickets", str(file))
    assert done.stdout.splitlines() == [
        "Let go: Approval.", "Of 1 row the place is no zone here and is kept as the room.", "1 ticket taken in.",
    ]  # fmt: skip
    (found,) = api.get("tickets?q=semicolons").json["items"]
    assert found["number"] == api.get("tickets?q=hums").json["items"][0]["number"]

    file.write_text("Title,Assigned\nFor nobody,Ms Brown\nFor a role,role:technician\n")
    done = api.campus.cli("import", "tickets", str(file))
    assert done.stdout.splitlines() == [
        f"{file}:2: Nobody here is called Ms Brown: this ticket comes in as nobody's. Give it to somebody afterwards.",
        "2 tickets taken in.",
    ]
    found = {one["title"]: one["assigned"] for one in api.get("tickets?q=for+a+role").json["items"]}
    found |= {one["title"]: one["assigned"] for one in api.get("tickets?q=for+nobody").json["items"]}
    assert found == {"For a role": "role:technician", "For nobody": ""}

    assert api.campus.cli("export", "tickets", str(out)).returncode == 0
    with out.open(newline="") as told:
        written = {row["title"]: row for row in csv.DictReader(told)}
    assert written["Imported 17"]["opened"] == "2026-01-18T00:00:00Z"
    assert written["'=1+1"]["state"] == "proposed"


def test_the_command_line_opens_notes_assigns_and_closes_one(api: Served) -> None:
    cli = api.campus.cli
    said = cli("ticket", "open", "Door rattles", "--category", "door", "--asset", "tcp-1").stdout
    number = said.removeprefix("Ticket ").partition(" ")[0]
    assert said == f"Ticket {number} is open.\n"
    assert cli("ticket", "note", number, "Hinge oiled", "--minutes", "10", "--part", "oil=1").returncode == 0
    assert cli("ticket", "assign", f"flow-school-{number}", "role:technician").returncode == 0
    nobody = cli("ticket", "assign", number, "role:tecnician")
    assert (nobody.returncode, "no role, account or program role:tecnician" in nobody.stderr) == (1, True)
    refused = cli("ticket", "close", number)
    assert (refused.returncode, "Write what was done" in refused.stderr) == (1, True)
    assert cli("ticket", "close", number, "--why", "Quiet now").returncode == 0
    shown = cli("tickets", number).stdout
    assert {"Hinge oiled", "10 min spent", "Quiet now", "1 x oil"} <= {
        word for word in ("Hinge oiled", "10 min spent", "Quiet now", "1 x oil") if word in shown
    }
    assert "Door rattles" in cli("tickets", "--closed").stdout
    assert cli("tickets", "nonsense").returncode == 1
