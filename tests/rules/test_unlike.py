"""Two unlike outputs in each lockdown, at each time of the school's day, or the zone is named; and a second way to try people."""

from dataclasses import replace

import pytest

from rules.model.ids import OutputId, ZoneId
from rules.plan import OutputPlan
from rules.unlike import told_one_way, without_second
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


def alone(*outputs: OutputPlan) -> tuple[OutputId, ...]:
    return without_second(standard().zones, {one.id: one for one in outputs})


def test_whom_only_one_way_reaches_stands_named_before_any_press() -> None:
    assert alone(SCREENS, PAGING) == ("s",), "loudspeakers are no way to try a room that does not answer"
    assert alone(MAIL) == ("m",)
    assert alone(MAIL, output("n", "smtp", CAMPUS)) == ("m", "n"), "they are alike"


def test_an_unlike_way_that_covers_them_is_enough_at_whatever_hours_it_is_for() -> None:
    assert alone(SCREENS, MAIL) == ("m",), (
        "the screens are tried by mail, and whom mail is sent to by nothing"
    )
    assert alone(SCREENS, MAIL, output("g", "gsm-modem", CAMPUS)) == ()
    assert alone(SCREENS, replace(MAIL, modes=frozenset({"school"}))) == ("m",)


@pytest.mark.parametrize(
    "second",
    [
        output("g", "gsm-modem", ELSEWHERE),
        output("g", "cap-feed"),
        replace(output("g", "gsm-modem"), commissioned=None),
        replace(output("g", "gsm-modem"), audience="police"),
    ],
    ids=["elsewhere", "not-written-to", "not-commissioned", "not-to-staff"],
)
def test_what_does_not_reach_the_same_people_is_no_second_way(second: OutputPlan) -> None:
    assert SCREENS.id in alone(SCREENS, second)


def test_nobody_is_named_for_what_was_not_tried_out_nor_for_whom_it_tells_outside() -> None:
    assert alone(replace(SCREENS, commissioned=None), replace(MAIL, audience="families")) == ()
