"""Many presses, repeated presses, unreadable messages and floods of status: each is what it is, and none costs a press."""

import json
import time
from functools import partial
from pathlib import Path

from tests.flow.rig import School, flags, running
from tests.flow.school import FORMATS, native, school

ACCEPTED = "campus/button/pb-native/accepted"


def standings(campus: School, prefix: str) -> list[str]:
    return [
        row["data"]["standing"]
        for row in campus.rows("press.heard")
        if row["data"]["press"].startswith(prefix)
    ]


def test_a_repeated_press_is_answered_again_and_opens_nothing_more(campus: School) -> None:
    with campus.broker.listening(ACCEPTED) as listener:
        for _ in range(3):
            campus.broker.press("pb-native", "hold", "again-1")
        campus.until("answered each time", lambda _: len(listener.heard(ACCEPTED)) == 3)
        said = listener.heard(ACCEPTED)
    now = campus.until_secured()
    assert len(now["incidents"]) == 1
    assert {json.dumps(one, sort_keys=True) for one in said} == {json.dumps(said[0], sort_keys=True)}
    assert standings(campus, "again-1") == ["acted", "repeated", "repeated"]


def test_a_press_repeated_after_its_incident_was_closed_opens_nothing(campus: School) -> None:
    campus.broker.press("pb-native", "hold", "late-repeat")
    campus.until_secured()
    campus.close("gym", "osdp-1", "rtu-1", "tcp-1", "tcp-2")
    campus.until_at_rest("gym", "osdp-1", "rtu-1", "tcp-1", "tcp-2")
    with campus.broker.listening(ACCEPTED) as listener:
        campus.broker.press("pb-native", "hold", "late-repeat")
        listener.until(ACCEPTED)
    assert not campus.status()["incidents"]


def test_a_hundred_presses_in_a_row_are_all_recorded_and_answered(campus: School) -> None:
    presses = [json.dumps({"press_id": f"row-{one}", "gesture": "hold"}) for one in range(100)]
    with campus.broker.listening(ACCEPTED) as listener:
        campus.broker.publish_many("campus/button/pb-native/press", presses)
        campus.until("all answered", lambda _: len(listener.heard(ACCEPTED)) == 100)
        said = listener.heard(ACCEPTED)
    now = campus.until_secured()
    assert {one["press_id"] for one in said} == {f"row-{one}" for one in range(100)}
    assert {one["durable"] for one in said} == {True}
    assert len(now["incidents"]) == 1
    assert sorted(standings(campus, "row-")) == ["acted", *["joined"] * 99]


def test_a_press_that_the_broker_kept_opens_nothing_and_is_flagged(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    with running(folder, partial(school, folder, buttons=[native("pb-native")]), started=False) as campus:
        campus.broker.publish(
            "campus/button/pb-native/press", {"press_id": "kept-1", "gesture": "hold"}, "-r"
        )
        campus.start()
        now = campus.until("flagged", lambda found: "retained_press" in flags(found))
        assert not now["incidents"]
        campus.until("recorded", lambda _: standings(campus, "kept-1") == ["retained"])
        campus.broker.press("pb-native", "hold", "live-1")
        assert len(campus.until_secured()["incidents"]) == 1


def test_unreadable_messages_are_recorded_as_refused_and_lose_no_press(campus: School) -> None:
    before = len(campus.rows("message.refused"))
    garbage = ["{", "[]", '{"press_id": 7}', "\u00e4\u00f6", '{"gesture": {"a": 1}}', "null", "x" * 5_000]
    for form, topic in FORMATS.values():
        campus.broker.publish_many(topic + ("/press" if form == "native" else ""), garbage)
    campus.broker.press("pb-native", "hold", "after-garbage")
    now = campus.until_secured()
    assert len(now["incidents"]) == 1
    assert "message_refused" in flags(
        campus.until("flagged", lambda found: "message_refused" in flags(found))
    )
    assert len(campus.rows("message.refused")) > before


def test_two_thousand_statuses_do_not_delay_a_press(campus: School) -> None:
    statuses = [json.dumps({"battery": 50 + one % 50}) for one in range(2_000)]
    campus.broker.publish_many("campus/button/pb-2/status", statuses)
    began = time.monotonic()
    campus.broker.press("pb-native", "hold", "in-the-flood")
    now = campus.until_secured()
    assert len(now["incidents"]) == 1
    print(f"locked {time.monotonic() - began:.3f} s after the press behind 2,000 statuses")  # noqa: T201
