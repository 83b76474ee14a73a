"""Two unlike outputs in each lockdown, at each time of the school's day, or the zone is named."""

from dataclasses import replace

import pytest

from rules.model.ids import OutputId, ZoneId
from rules.plan import OutputPlan
from rules.unlike import told_one_way
from tests.rules.campus import CAMPUS
from tests.rules.story import standard

HERE, ELSEWHERE = ZoneId("a"), ZoneId("b")
DAY = "2026-08-14"


def output(name: str, driver: str, zone: ZoneId = HERE) -> OutputPlan:
    return OutputPlan(OutputId(name), driver, zone, None, DAY)


SCREENS, PAGING, MAIL = output("s", "screens"), output("p", "rtp-paging"), output("m", "smtp", CAMPUS)


def named(*outputs: OutputPlan) -> tuple[ZoneId, ...]:
    return told_one_way(standard().zones, {one.id: one for one in outputs}, (HERE, HERE))


def test_two_unlike_outputs_in_a_zone_or_above_it_are_enough() -> None:
    assert named(SCREENS, PAGING) == ()
    assert named(SCREENS, MAIL) == ()


@pytest.mark.parametrize(
    "second",
    [
        output("q", "sip-paging"),
        output("q", "screens", ELSEWHERE),
        output("q", "a-later-driver"),
        replace(SCREENS, commissioned=None),
        replace(SCREENS, modes=frozenset({"school"})),
        replace(MAIL, audience="police"),
    ],
    ids=["alike", "elsewhere", "not-driven", "not-commissioned", "not-always", "not-to-staff"],
)
def test_a_second_one_that_is_alike_or_not_there_for_all_at_all_times_is_none(second: OutputPlan) -> None:
    assert named(PAGING, second) == (HERE,)


def test_a_zone_without_any_is_named_once() -> None:
    assert named() == (HERE,)
