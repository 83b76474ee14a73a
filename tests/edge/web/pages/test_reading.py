"""An incident's rows: from where it opened, each read once, and on from there after whatever broke it off."""

import pytest

from edge.journal.writer import JournalRefused
from edge.web.pages.reading import MOST_KEPT, Readings
from tests.edge.web.pages.conftest import Office, recorded

VERDICT = {"door": "d1", "verdict": "secured"}


def office() -> Office:
    found = Office()
    found.record.found = [{"incident": "inc-1", "epoch": "e", "seq": 1_000, "silent": 0}]
    found.journal = [
        recorded("incident.note/1", 1, {}, incident="inc-0"),
        recorded("press.heard/1", 998, {}),
        recorded("incident.opened/1", 1_000, {}),
        recorded("door.verdict/1", 1_001, VERDICT, incident=None),
        recorded("door.verdict/1", 1_002, VERDICT),
    ]
    return found


async def test_the_years_before_an_incident_are_not_read_for_it() -> None:
    here = office()
    reading = Readings(here.it).of("inc-1")

    assert [one["seq"] for one in await reading.rows()] == [998, 1_000, 1_002]
    assert here.read_after == [("e", 980), ("e", 1_002)]


async def test_what_was_read_is_not_read_again() -> None:
    here = office()
    readings = Readings(here.it)
    await readings.of("inc-1").rows()
    here.journal.append(recorded("door.verdict/1", 1_003, VERDICT))
    here.read_after.clear()

    assert [one["seq"] for one in await readings.of("inc-1").rows()] == [998, 1_000, 1_002, 1_003]
    assert here.read_after == [("e", 1_002), ("e", 1_003)]


async def test_a_disk_that_refused_loses_nothing_once_it_answers() -> None:
    here = office()
    reading = Readings(here.it).of("inc-1")
    here.disk = "refuses"
    with pytest.raises(JournalRefused):
        await reading.rows()
    here.disk = "answers"

    assert [one["seq"] for one in await reading.rows()] == [998, 1_000, 1_002]


async def test_only_the_last_incidents_are_remembered() -> None:
    readings = Readings(office().it)
    first = readings.of("inc-0")
    for number in range(1, MOST_KEPT):
        readings.of(f"inc-{number}")

    assert readings.of("inc-0") is first
    readings.of("inc-9")
    assert readings.of("inc-0") is first
