"""A detector's report waits for a person, and a 911 call is told: from webhook and broker to page, API and journal."""

import base64
import hashlib
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from drivers.outputs.webhook_message import signature
from tests.edge.web.api.served import Answer, Document, Served, serving
from tests.flow.rig import flags, rfc3339, verdicts
from tests.flow.waiting import wait_for

SECRET = bytes(range(32))
CAMERA = {"id": "cam-front", "name": "Front entrance", "zone": "a-1", "url": "rtsp://127.0.0.1:9/none"}
SOURCES: Document = {
    "cameras": [CAMERA],
    "detectors": [
        {"id": "gun-front", "name": "Front analytics", "detects": "weapon", "zone": "a-1", "cameras": ["cam-front"],
         "webhook": {"secret_file": "secrets/hook"}, "answer_within": "10s", "silence_limit": "10s"},
        {"id": "shots", "name": "Gunshot sensors", "detects": "gunshot", "zone": "a",
         "mqtt": {"topic": "campus/detector/shots"}},
    ],
    "phone_systems": [
        {"id": "pbx", "name": "Telephones", "zone": "flow-school", "webhook": {"secret_file": "secrets/hook"},
         "extensions": {"2101": {"zone": "a-1", "place": "Room 101"}}},
    ],
}  # fmt: skip


def jpeg() -> bytes:
    """A whole JPEG of 8 by 8, with an Exif block that says where it was taken."""
    tables = bytes.fromhex("ffdb004300" + "01" * 64)
    frame = bytes.fromhex("ffc0000b080008000801011100")
    huffman = bytes.fromhex("ffc4001f00" + "00010501010101010100000000000000" + "000102030405060708090a0b")
    scan = bytes.fromhex("ffda0008010100003f00") + b"\x7f\xa0"
    exif = b"Exif\0\0II*\0\x08\0\0\0\0\0somewhere secret"
    block = b"\xff\xe1" + (2 + len(exif)).to_bytes(2, "big") + exif
    return b"\xff\xd8" + block + tables + frame + huffman + scan + b"\xff\xd9"


@contextmanager
def watched(folder: Path) -> Iterator[Served]:
    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700, parents=True)
    (secrets / "hook").write_text("whsec_" + base64.b64encode(SECRET).decode())
    (secrets / "hook").chmod(0o600)
    with serving(folder, more=SOURCES) as served:
        yield served


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with watched(tmp_path_factory.mktemp("detectors")) as served:
        yield served


def report(
    api: Served, path: str, said: Document, *, secret: bytes = SECRET, role: str = "detector", sent: float = 0
) -> Answer:
    """A signed webhook, as a detector sends it."""
    body, seconds = json.dumps(said).encode(), int(time.time() + sent)
    name = f"msg_{hashlib.sha256(body).hexdigest()[:16]}"
    headers = {
        **api.headers(role, "token"),
        "Content-Type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(seconds),
        "webhook-signature": signature(secret, name, seconds, body),
    }
    return api.send("POST", f"/api/v1/{path}", body, headers)


def waiting(api: Served, noun: str = "detections") -> list[Document]:
    answer = api.get(noun, "staff", "session")
    assert answer.status == 200, answer.body
    return [one for one in answer.json["items"] if one["state"] == "waiting"]


def page(api: Served, path: str = "/?show=campus", role: str = "staff") -> str:
    answer = api.send("GET", path, None, api.headers(role, "session"))
    assert answer.status == 200, answer.body[:300]
    return answer.body.decode()


def judge(
    api: Served, number: int, what: str, role: str = "administrator", by: Any = "session", reason: str = ""
) -> Answer:
    return api.post(f"detections/{number}/answer", {"answer": what, "reason": reason}, role, by)


def dismissed(api: Served) -> None:
    for one in waiting(api):
        assert judge(api, one["number"], "dismiss", reason="the test is over").status == 200


def test_a_report_with_its_picture_is_shown_to_those_with_the_right_and_locks_nothing(api: Served) -> None:
    said = {"id": "alert-1", "at": rfc3339(), "detected": "gun", "camera": "cam-front", "place": "Door 7 <north>",
            "text": "long gun", "confidence": 0.93, "picture": base64.b64encode(jpeg()).decode()}  # fmt: skip

    answer = report(api, "detectors/gun-front/alerts", said)

    assert answer.status == 200, answer.body
    assert answer.json["durable"] is True
    assert (answer.json["standing"], answer.json["picture"]) == ("waiting", "kept")
    (one,) = waiting(api)
    assert (one["detected"], one["place"], one["confidence"], one["doubt"]) == (
        "weapon",
        "Door 7 <north>",
        93,
        "",
    )
    assert one["cameras"][0] == "cam-front"
    # Its picture without where it was taken, by the hash of what is kept.
    picture = api.get(f"detections/{one['number']}/photos/{one['photos'][0]}", "staff", "session")
    assert picture.status == 200
    assert hashlib.sha256(picture.body).hexdigest() == one["photos"][0]
    assert b"secret" not in picture.body
    assert picture.body.startswith(b"\xff\xd8")
    # Loudly, on every page of those who may see it; of nobody else's.
    for path in ("/?show=campus", "/doors"):
        shown = page(api, path)
        assert "Weapon reported, not confirmed: Door 7 &lt;north&gt;, Floor 1" in shown
        assert f"/photos/{one['photos'][0]}" in shown
        assert 'role="alert"' in shown
    for role in ("viewer", "technician", "device", "detector"):
        assert api.get("detections", role).status == 403
    assert "Weapon reported" not in page(api, role="viewer")
    assert api.get(f"detections/{one['number']}/photos/{one['photos'][0]}", "viewer", "session").status == 403
    # And nothing came of it.
    now = api.campus.status()
    assert now["incidents"] == []
    assert set(verdicts(now).values()) <= {"closed_unlocked", "closed_locked", "released"}
    dismissed(api)


def test_a_person_confirms_and_it_is_that_persons_start(api: Served) -> None:
    number = report(api, "detectors/gun-front/alerts", {"id": "alert-2", "at": rfc3339()}).json["number"]

    # No program may, whatever its role; and whoever only looks may not.
    assert judge(api, number, "confirm", "administrator", "token").status == 403
    assert judge(api, number, "confirm", "viewer").status == 403
    answer = judge(api, number, "confirm", "staff", reason="seen on camera")

    assert answer.status == 200, answer.body
    incident = answer.json["incident"]
    api.campus.until(
        "locking", lambda now: now["incidents"] and now["incidents"][0]["response"] == "lockdown"
    )
    api.campus.until_secured("tcp-1", "tcp-2")
    rows = api.campus.rows("detection.answered", "start.asked", "incident.opened")
    assert [row["actor"] for row in rows[-3:-1]] == ["account:staff", "account:staff"]
    assert rows[-3]["data"]["confirmed"] is True
    assert "seen on camera" not in json.dumps(rows)
    # Somebody else comes too late, and is told so.
    late = judge(api, number, "dismiss", reason="crisps")
    assert (late.status, late.json["code"]) == (409, "detection_answered")
    assert "A report of Front analytics was confirmed (seen on camera)" in page(
        api, f"/incidents/{incident}", "administrator"
    )
    api.quiet()


def test_a_dismissal_needs_its_reason_and_the_page_turns_to_cancelled(api: Served) -> None:
    number = report(api, "detectors/gun-front/alerts", {"id": "alert-3", "at": rfc3339()}).json["number"]

    assert judge(api, number, "dismiss").status == 422
    assert judge(api, number, "dismiss", "staff", reason="crisps").status == 403
    assert judge(api, number, "dismiss", "administrator", "unproven", reason="crisps").status == 403
    assert judge(api, number, "dismiss", reason="a bag of crisps").status == 200

    assert waiting(api) == []
    assert "CANCELLED: Weapon reported" in page(api)
    assert api.campus.status()["incidents"] == []


def test_repeats_and_floods_are_bounded_and_the_first_of_what_is_new_is_never_shed(api: Served) -> None:
    first = report(api, "detectors/gun-front/alerts", {"id": "flood-0", "at": rfc3339()}).json
    again = report(api, "detectors/gun-front/alerts", {"id": "flood-0", "at": rfc3339()}).json
    assert (first["standing"], again["standing"], again["number"]) == ("waiting", "repeated", 0)
    for number in range(1, 81):
        answer = report(api, "detectors/gun-front/alerts", {"id": f"flood-{number}", "at": rfc3339()})
        assert (answer.json["standing"], answer.json["number"]) == ("joined", first["number"])
    other = report(
        api, "detectors/gun-front/alerts", {"id": "flood-other", "at": rfc3339(), "camera": "cam-front"}
    ).json

    assert other["standing"] == "waiting"
    assert [one["number"] for one in waiting(api)] == [first["number"], other["number"]]
    written = [row for row in api.campus.rows("detection.heard") if row["data"]["number"] == first["number"]]
    # Twenty a minute; a slow machine may take two or three of them.
    assert 2 < len(written) <= 61
    api.campus.until("the flood is a flag", lambda now: "reports_flood" in flags(now))
    dismissed(api)


def test_an_old_report_says_so_and_one_without_a_time_says_that(api: Served) -> None:
    report(api, "detectors/gun-front/alerts", {"id": "old-1", "at": rfc3339(-720)})
    # Signed long ago, and without a time of its own: somebody plays it again.
    report(api, "detectors/gun-front/alerts", {"id": "old-2", "camera": "cam-front"}, sent=-86_400)
    api.campus.broker.publish("campus/detector/shots", {"id": "kept-1", "place": "Gym"})
    wait_for("the one by MQTT came", lambda: len(waiting(api)) == 3)

    assert [one["doubt"] for one in waiting(api)] == ["old", "old", "no_time"]
    assert page(api).count("OLD: ") == 2
    assert page(api).count("It does not say when it happened.") == 1
    assert waiting(api)[0]["late_ms"] > 700_000
    dismissed(api)


def test_nobody_answers_and_it_is_named_and_still_decides_nothing(api: Served) -> None:
    number = report(api, "detectors/gun-front/alerts", {"id": "unanswered-1", "at": rfc3339()}).json["number"]

    api.campus.until(
        "it is a flag by name",
        lambda now: any(
            one["code"] == "detection_unanswered" and one["subject"] == "gun-front" for one in now["flags"]
        ),
        30,
    )

    assert [one["escalated"] for one in waiting(api) if one["number"] == number] == [True]
    assert "Nobody answered in time." in page(api)
    assert api.campus.status()["incidents"] == []
    dismissed(api)
    api.campus.until("answered", lambda now: "detection_unanswered" not in flags(now))


def test_what_is_not_signed_by_its_own_secret_is_not_believed_and_not_silent(api: Served) -> None:
    path = "detectors/gun-front/alerts"
    assert report(api, path, {"id": "forged"}, secret=bytes(32)).status == 401
    assert report(api, path, {"id": "forged"}, role="administrator").status == 403
    assert report(api, "detectors/shots/alerts", {"id": "by mqtt only"}).status == 404
    assert report(api, path, {"picture": "x" * (2 * 1024 * 1024)}).status == 413
    broken = report(
        api, path, {"id": "broken-1", "at": rfc3339(), "picture": base64.b64encode(b"no picture").decode()}
    )

    assert (broken.json["standing"], broken.json["picture"]) == ("waiting", "photo_no_picture")
    assert waiting(api)[0]["photos"] == []
    api.campus.until("it is a flag", lambda now: any(
        one["code"] == "message_refused" and one["subject"] == "gun-front" for one in now["flags"]
    ))  # fmt: skip
    dismissed(api)


def test_a_silent_detector_is_named_and_one_that_is_heard_again_is_not(api: Served) -> None:
    def silent(now: Document) -> bool:
        return any(one["code"] == "detector_silent" and one["subject"] == "gun-front" for one in now["flags"])

    api.campus.until("silent", silent, 30)
    # Who is not supervised at all is named from the start.
    unsupervised = {
        one["subject"] for one in api.campus.status()["flags"] if one["code"] == "detector_unsupervised"
    }
    assert unsupervised == {"shots"}
    assert report(api, "detectors/gun-front/status", {}).status == 200
    api.campus.until("heard", lambda now: not silent(now))
    by = {one["id"]: one["supervision"] for one in api.get("detectors").json["items"]}
    assert by == {"gun-front": "heard", "shots": "unsupervised", "pbx": "unsupervised"}


def test_a_gunshot_by_mqtt_survives_a_power_cut_with_its_picture(api: Served) -> None:
    said = {
        "id": "shot-1",
        "at": rfc3339(),
        "detected": "gunshot",
        "place": "Gym",
        "picture": base64.b64encode(jpeg()).decode(),
    }
    api.campus.broker.publish("campus/detector/shots", said)
    wait_for("shown with its picture", lambda: [one for one in waiting(api) if one["photos"]])

    api.campus.restart()
    api.campus.until("the page is open", lambda _: api.campus.health("healthz") == 200)

    (one,) = waiting(api)
    assert (one["detected"], one["place"], len(one["photos"])) == ("gunshot", "Gym", 1)
    # What comes again after the cut is the same one.
    api.campus.broker.publish("campus/detector/shots", said)
    wait_for(
        "the repeat is recorded",
        lambda: any(row["data"]["standing"] == "repeated" for row in api.campus.rows("detection.heard")),
    )
    assert len(waiting(api)) == 1
    dismissed(api)


def test_who_called_911_from_where_is_told_and_locks_nothing(api: Served) -> None:
    said = {
        "id": "call-1",
        "at": rfc3339(),
        "extension": "2101",
        "name": "R. Diaz",
        "callback": "+12175550111",
    }

    assert report(api, "phone-systems/pbx/emergency-calls", said).json["standing"] == "waiting"
    assert report(api, "phone-systems/pbx/emergency-calls", said).json["standing"] == "repeated"

    (call,) = waiting(api, "emergency-calls")
    assert (call["zone"], call["place"], call["caller"]) == ("a-1", "Room 101", "R. Diaz")
    shown = page(api)
    assert "911 was called from Room 101, Floor 1" in shown
    assert "R. Diaz, extension 2101, call back +12175550111." in re.sub(r"\s+", " ", shown)
    assert "911 was called" not in page(api, role="viewer")
    assert api.get("emergency-calls", "technician").status == 403
    assert api.campus.status()["incidents"] == []
    rows = api.campus.rows("emergency_call.heard")
    assert "Diaz" not in json.dumps(rows)
    assert rows[0]["data"]["zone"] == "a-1"

    assert api.post(f"emergency-calls/{call['number']}/seen", {}, "staff", "session").status == 200
    assert waiting(api, "emergency-calls") == []
    assert "The 911 call from Room 101, Floor 1 was seen at" in page(api)
    assert api.post(f"emergency-calls/{call['number']}/seen", {}, "staff", "session").status == 404


def test_a_test_call_is_told_as_one(api: Served) -> None:
    report(api, "phone-systems/pbx/emergency-calls", {"id": "call-2", "extension": 77, "dialled": "933"})

    (call,) = waiting(api, "emergency-calls")
    assert (call["test"], call["extension"], call["zone"]) == (True, "77", "flow-school")
    assert "TEST: a 911 test call from extension 77" in page(api)
    assert api.post(f"emergency-calls/{call['number']}/seen", {}, "staff", "session").status == 200


def test_the_page_answers_by_plain_forms(api: Served) -> None:
    number = report(
        api, "detectors/gun-front/alerts", {"id": "form-1", "at": rfc3339(), "text": "rifle"}
    ).json["number"]
    form = {**api.headers("staff", "session"), "Content-Type": "application/x-www-form-urlencoded"}

    shown = page(api, f"/detections/{number}")
    assert "It says: rifle" in shown
    assert "It is real: start Lockdown" in shown
    assert "It was nothing</button>" not in shown  # that is an administrator's
    answer = api.send("POST", f"/detections/{number}/confirm", b"reason=", form)

    assert answer.status == 303
    assert answer.headers["location"].startswith("/incidents/inc-")
    timeline = page(api, answer.headers["location"], "administrator")
    assert "A report of Front analytics was confirmed" in timeline
    api.quiet()


def test_the_command_line_shows_what_waits_first_and_judges_it_in_the_same_way(api: Served) -> None:
    said = {"id": "alert-cli", "at": rfc3339(), "place": "Door 9"}
    number = report(api, "detectors/gun-front/alerts", said).json["number"]
    shown = api.campus.cli("status").stdout
    assert "DETECTED AND NOT CONFIRMED" in shown.split("\n\n")[1]
    assert "Door 9" in api.campus.cli("detections").stdout
    # Only the box's own people see it: the page's picture for others has nothing of it.
    assert "detections" not in api.get("campus", "viewer").json

    assert api.campus.cli("detection", "dismiss", str(number)).returncode == 2
    over = api.campus.cli("detection", "dismiss", str(number), "--reason", "a bag of crisps")
    assert over.returncode == 0, over.stderr
    assert api.campus.status()["detections"] == []
    assert "answered this report before" in api.campus.cli("detection", "confirm", str(number)).stderr

    again = report(api, "detectors/gun-front/alerts", {"id": "alert-cli-2", "at": rfc3339()}).json["number"]
    confirmed = api.campus.cli("detection", "confirm", str(again), "--reason", "seen", "--json")
    assert confirmed.returncode == 0, confirmed.stderr
    incident = json.loads(confirmed.stdout)["incident"]
    now = api.campus.until_secured("tcp-1", "tcp-2")
    assert [(one["id"], one["kind"]) for one in now["incidents"]] == [(incident, "real")]
    api.quiet()


def test_who_looks_at_a_reports_picture_is_in_the_record_once_where_the_role_demands_it(api: Served) -> None:
    said = {"id": "alert-look", "at": rfc3339(), "picture": base64.b64encode(jpeg()).decode()}
    report(api, "detectors/gun-front/alerts", said)
    (one,) = waiting(api)
    where = f"detections/{one['number']}/photos/{one['photos'][0]}"
    for role in ("administrator", "administrator", "staff"):
        assert api.get(where, role, "session").status == 200
    assert api.get(f"detections/{one['number']}/photos/{'0' * 64}", "administrator", "session").status == 404

    def looks() -> list[tuple[str, Document]]:
        rows = api.campus.rows("detection.viewed")
        return [(row["actor"], row["data"]) for row in rows if row["data"]["number"] == one["number"]]

    wait_for("the look is in the record", looks)
    assert looks() == [("account:administrator", {"number": one["number"], "detector": "gun-front"})]
    dismissed(api)
