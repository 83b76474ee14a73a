"""Presses that start nothing by themselves: they wait for a person, who starts or dismisses them."""

import json
from functools import partial
from pathlib import Path

from tests.flow.mosquitto import Document
from tests.flow.rig import School, flags, rfc3339, running
from tests.flow.school import native, office, school

OLDER_US = 100_000_000
MEDICAL = {"single": "medical", "hold": "lockdown"}


def waiting(document: Document) -> list[tuple[str, str, str]]:
    return [(one["button"], one["response"], one["why"]) for one in document["unanswered"]]


def last_known_up_earlier(campus: School) -> None:
    """As if the daemon had been away for so long."""
    file = campus.store / "mqtt-last-known-up.json"
    known = json.loads(file.read_text())
    file.write_text(
        json.dumps({**known, "utc_us": known["utc_us"] - OLDER_US, "mono_us": known["mono_us"] - OLDER_US})
    )


def test_what_was_pressed_while_nobody_looked_waits_for_a_person(tmp_path: Path) -> None:
    folder = tmp_path / "first-start"
    with running(
        folder, partial(school, folder, buttons=[native("pb-native"), office()]), started=False
    ) as campus:
        campus.broker.publish("campus/button/pb-native/press", {"press_id": "kept", "gesture": "hold"}, "-r")
        campus.devices.hold("pb-office", True)
        campus.start()
        found = campus.until("told", lambda now: now["unanswered"] and "retained_press" in flags(now))
        assert waiting(found) == [("pb-office", "lockdown", "found_pressed")]
        assert not found["incidents"]
        assert not campus.devices.locked("tcp-1")
        assert "retained" in [row["data"]["standing"] for row in campus.rows("press.heard")]
        assert campus.cli("answer", "1", "--dismiss").returncode == 1
        assert campus.status()["unanswered"]
        assert campus.cli("answer", "1", "--dismiss", "--reason", "the cleaner leaned on it").returncode == 0
        assert not campus.status()["unanswered"]
        assert not campus.devices.locked("tcp-1")
        answered = campus.rows("press.answered")[-1]
        assert answered["data"] == {"number": 1, "started": False}
        assert "reason" in answered["sealed"]
        assert "cleaner" not in json.dumps(campus.rows())
        campus.devices.hold("pb-office", False)
        campus.devices.until_read("plc")
        campus.devices.press("pb-office")
        campus.until_secured()


def test_a_press_that_the_broker_held_acts_up_to_90_s_and_waits_for_a_person_after(tmp_path: Path) -> None:
    folder = tmp_path / "held"
    buttons = [native("pb-native"), native("pb-2", MEDICAL)]
    with running(folder, partial(school, folder, buttons=buttons)) as campus:
        campus.until_known_up()
        campus.end()
        campus.broker.press("pb-native", "hold", "held-young")
        campus.start()
        campus.until_secured()
        campus.close("tcp-1", "tcp-2")
        campus.until_at_rest("tcp-1", "tcp-2")

        campus.end()
        campus.broker.press("pb-native", "hold", "held-old")
        last_known_up_earlier(campus)
        campus.start()
        found = campus.until("told", lambda now: now["unanswered"])
        assert waiting(found) == [("pb-native", "lockdown", "unknown_age")]
        assert not found["incidents"]
        assert not campus.devices.locked("tcp-1")
        assert "unanswered" in campus.cli("status").stdout.lower()
        assert campus.cli("answer", str(found["unanswered"][0]["number"]), "--start").returncode == 0
        now = campus.until_secured()
        assert [one["response"] for one in now["incidents"]] == ["lockdown"]
        assert not now["unanswered"]
        again = campus.cli("answer", str(found["unanswered"][0]["number"]), "--start")
        assert again.returncode == 1
        assert "answered before" in again.stderr
        campus.close("tcp-1", "tcp-2")
        campus.until_at_rest("tcp-1", "tcp-2")

        # A press whose own clock a status has proven is as old as it says; one that nothing proved counts as fresh.
        campus.broker.publish("campus/button/pb-2/status", {"battery": 90, "at": rfc3339()})
        campus.until("heard", lambda now: now["buttons"][1]["battery"] == 90)
        campus.broker.press("pb-2", "hold", "clock-proven", at=rfc3339(-2))
        campus.until("old", lambda _: campus.rows("press.heard")[-1]["data"]["press"] == "clock-proven")
        campus.until_secured()
        campus.close("tcp-1", "tcp-2")
        campus.until_at_rest("tcp-1", "tcp-2")
        campus.broker.press("pb-native", "hold", "clock-unproven", at=rfc3339(-300))
        campus.until_secured()
