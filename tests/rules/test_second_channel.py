"""Who was told and did not acknowledge in time is named, and tried once by a second, unlike channel."""

from dataclasses import replace

import pytest

from rules.decide import decide
from rules.decision import Decision
from rules.interlock_notices import WRITING
from rules.model.events import Ticked
from rules.model.ids import NoticeId, OutputId
from rules.model.kinds import DRILL, REAL, Drill, Real
from rules.model.moments import SECOND_US
from rules.model.notices import Notice, NoticeEnded, NoticeTurned, SecondChannelTried
from rules.model.school import SchoolTold
from rules.notice_state import NoticeMemory, SecondMemory
from rules.plan import OutputPlan
from rules.record import fold
from rules.second_channel import LOST_US, NO_SECOND, NOT_SAID, tried, unheard
from rules.state import Live, State
from tests.rules.campus import A1, CAMPUS, A, B, facts, output
from tests.rules.test_notices import TELLING, outputs
from tests.rules.test_screens import Rooms

LIMIT_S = 30


class Campus(Rooms):
    """Screens in rooms 101 and 102, a screen in a hall, loudspeakers; and these ways to write."""

    def __init__(self, *ways: OutputPlan) -> None:
        super().__init__()
        kept = {
            name: one
            for name, one in self.plan.outputs.items()
            if one.driver not in WRITING or not one.commissioned
        }
        self.plan = replace(self.plan, outputs={**kept, **{one.id: one for one in ways}})

    def notice(self, name: str) -> NoticeMemory:
        return next(one for one in self.state.record.notices.values() if one.output == name)

    def tried(self, name: str) -> SecondMemory | None:
        return tried(self.state.record, self.notice(name))

    def hears(self, decision: Decision) -> None:
        """Every route that was told says that it came."""
        for one in decision.notices:
            if self.plan.outputs[one.output].driver in WRITING:
                self.said(one, "received", told=1, of=1)


MAIL = output("mail", 0, driver="smtp", zone=CAMPUS)
SMS = output("sms", 0, driver="gsm-modem", zone=CAMPUS)
HOOK = output("hook", 0, driver="webhook", zone=CAMPUS)


def found(decision: Decision) -> list[SecondChannelTried]:
    return [one for one in facts(decision, "second_channel.tried") if isinstance(one, SecondChannelTried)]


def seconds(decision: Decision) -> list[Notice]:
    return [one for one in decision.notices if one.unheard]


def test_rooms_that_did_not_acknowledge_within_the_limit_are_named_over_another_way() -> None:
    here = Campus(SMS)
    here.hears(here.ask("lockdown"))
    here.drew("101")
    here.says("102")
    assert not found(here.later(LIMIT_S - 1))

    told = here.later(2)

    (fact,) = found(told)
    assert fact.unheard == ((OutputId("screens"), "101"), (OutputId("hall"), "b"))
    assert (fact.output, fact.response, fact.zone, fact.code) == ("sms", "lockdown", CAMPUS, "")
    assert fact.after_us == LIMIT_S * SECOND_US
    (notice,) = seconds(told)
    assert (notice.id, notice.output, notice.unheard, notice.kind) == (fact.notice, "sms", fact.unheard, REAL)
    assert not found(here.later(300)), "nobody is tried twice"


def test_that_a_screen_drew_it_is_no_acknowledgement_where_somebody_can_answer_and_all_there_is_where_nobody_can() -> (
    None
):
    here = Campus(SMS)
    here.hears(here.ask("lockdown"))
    for room in ("101", "102"):
        here.drew(room)
    here.drew("b", output=OutputId("hall"))

    (fact,) = found(here.later(LIMIT_S))

    assert fact.unheard == ((OutputId("screens"), "101"), (OutputId("screens"), "102"))


def test_an_answer_in_time_stops_it() -> None:
    here = Campus(SMS)
    here.hears(here.ask("lockdown"))
    here.says("101")
    here.says("102", "help")
    here.drew("b", output=OutputId("hall"))

    assert not found(here.later(300))


@pytest.mark.parametrize("kind", [REAL, DRILL])
def test_the_end_in_time_stops_it_and_after_it_reaches_the_second_channel_as_well(kind: Real | Drill) -> None:
    here = Campus(SMS)
    told = here.ask("lockdown", kind=kind)
    here.later(LIMIT_S - 1)
    over = here.close(here.incident(told))
    assert "sms" in outputs(over)
    assert not found(here.later(60))

    # A route for after hours is told of nothing by day, but as a second channel; then of its end too.
    here = Campus(replace(SMS, modes=frozenset({"after-hours"})), HOOK)
    here.happen(SchoolTold(here.now, "school", (), ""))
    told = here.ask("lockdown", kind=kind)
    assert outputs(told) & {"sms", "hook"} == {"hook"}
    here.plan = replace(
        here.plan, outputs={one: its for one, its in here.plan.outputs.items() if one != "hook"}
    )
    second: list[Notice] = []
    for _ in range(4):
        here.happen(SchoolTold(here.now, "school", (), ""))
        second += seconds(here.later(10))
    assert {(one.output, one.kind) for one in second} == {("sms", kind)}
    assert "sms" in outputs(here.close(here.incident(told)))
    assert not here.state.record.seconds


def test_a_limit_of_the_configuration_counts() -> None:
    here = Campus(SMS)
    here.plan = replace(here.plan, unacknowledged_after_us=5 * SECOND_US)
    here.hears(here.ask("lockdown"))

    assert not found(here.later(4))
    assert found(here.later(1))


def test_recipients_without_evidence_that_it_came_are_tried_by_an_unlike_way_and_those_with_it_are_not() -> (
    None
):
    here = Campus(MAIL, replace(MAIL, id=OutputId("mail-2")), SMS)
    told = here.ask("staff-assist", A)
    for one in told.notices:
        here.said(one, *(("received", "", 1, 1) if one.output == "sms" else ("sent", "", 2, 2)))

    second = here.later(LIMIT_S)

    (fact,) = found(second)
    assert fact.unheard == ((OutputId("mail"), ""), (OutputId("mail-2"), ""))
    assert {one.output for one in seconds(second)} == {"sms"}, "another mail is the same way"


def test_what_is_told_again_and_again_was_told_first_when_it_was() -> None:
    here = Campus(MAIL, SMS)
    told = here.ask("staff-assist", A)
    second: list[SecondChannelTried] = []
    for _ in range(40):
        for one in told.notices:
            here.said(
                one, *(("received", "", 1, 1) if one.output == "sms" else ("failed", "unreachable", 0, 1))
            )
        told = here.later(1)
        second += found(told)
    assert [(one.output, one.unheard) for one in second] == [("sms", ((OutputId("mail"), ""),))]


def test_a_way_that_failed_is_not_chosen_before_one_that_did_not() -> None:
    here = Campus(MAIL, SMS, HOOK)
    for one in here.ask("lockdown").notices:
        if one.output == "sms":
            here.said(one, "failed", "no_network", 0, 1)
        elif one.output in ("mail", "hook"):
            here.said(one, "received", told=1, of=1)

    (fact,) = found(here.later(LIMIT_S))

    assert fact.output == "mail"
    assert {name for name, _room in fact.unheard} == {"screens", "hall", "sms"}


def test_a_route_that_covers_another_building_is_nobodys_second_channel_here_and_that_there_is_none_is_written() -> (
    None
):
    here = Campus(replace(SMS, zone=B))
    here.hears(here.ask("lockdown"))
    here.drew("b", output=OutputId("hall"))

    second = here.later(LIMIT_S)

    (fact,) = found(second)
    assert (fact.output, fact.notice, fact.code) == ("", 0, NO_SECOND)
    assert not seconds(second)
    known = here.tried("screens")
    assert known is not None
    assert (known.state, known.rooms) == ("failed", ("101", "102"))
    assert not found(here.later(300)), "it is said once"


def test_loudspeakers_have_no_recipients_and_what_was_never_tried_out_told_nobody() -> None:
    here = Campus(SMS)
    here.hears(here.ask("lockdown"))
    named = {output for output, _room in found(here.later(LIMIT_S))[0].unheard}
    assert named == {"screens", "hall"}
    assert unheard(here.plan, here.state.record, here.notice("page-a")) == ()
    assert unheard(here.plan, here.state.record, here.notice("untried-screens")) == ()


def test_where_the_pack_writes_to_nobody_the_second_channel_does_not_either() -> None:
    here = Campus(SMS)
    here.plan = replace(
        here.plan, responses={**TELLING, "lockdown": replace(TELLING["lockdown"], messages=False)}
    )
    here.ask("lockdown")

    (fact,) = found(here.later(LIMIT_S))

    assert fact.code == NO_SECOND


def test_a_drill_is_tried_as_a_drill_over_ways_that_write_to_staff_and_no_other() -> None:
    here = Campus(SMS)
    here.hears(here.ask("lockdown", kind=DRILL))

    second = here.later(LIMIT_S)

    assert [(one.output, one.kind) for one in seconds(second)] == [("sms", DRILL)]
    assert {here.plan.outputs[one.output].driver for one in seconds(second)} <= WRITING


def test_a_new_response_begins_its_own_time_and_what_a_screen_does_not_show_is_not_asked_for() -> None:
    here = Campus(SMS)
    here.hears(here.ask("hold-in-place", A1))
    here.later(LIMIT_S - 1)
    here.hears(here.ask("lockdown"))

    assert not found(here.later(20)), "the hold is behind the lockdown on the screens"
    (fact,) = found(here.later(10))
    assert fact.response == "lockdown"
    assert here.tried("screens") is None, "of the hold"

    here.hears(here.ask("evacuate"))
    (again,) = found(here.later(LIMIT_S))
    assert (again.response, again.output) == ("evacuate", "sms")


def test_what_becomes_of_the_second_channel_is_written_once_and_silence_is_named() -> None:
    here = Campus(SMS)
    here.hears(here.ask("lockdown"))
    (notice,) = seconds(here.later(LIMIT_S))

    assert facts(here.said(notice, "sent", told=1, of=1), "notice.turned")
    assert not facts(here.said(notice, "sent", told=1, of=1), "notice.turned")
    assert facts(here.said(notice, "received", told=1, of=1), "notice.turned")
    known = here.tried("screens")
    assert known is not None
    assert (known.state, known.told) == ("received", 1)
    assert not facts(here.later(LOST_US / 1e6 + 1), "notice.turned")

    here = Campus(SMS)
    told = here.ask("lockdown")
    here.hears(told)
    here.later(LIMIT_S)
    (silent,) = facts(here.later(LOST_US / 1e6 + 1), "notice.turned")
    assert isinstance(silent, NoticeTurned)
    assert (silent.outcome, silent.code) == ("failed", NOT_SAID)
    assert "sms" in outputs(here.close(here.incident(told))), "nobody knows that it did not go out"


def test_after_a_restart_and_a_boot_the_time_goes_on_and_nobody_is_tried_twice() -> None:
    here = Campus(SMS)
    here.hears(here.ask("lockdown"))
    here.later(20)
    # Another boot: CLOCK_MONOTONIC began anew.
    here.state = State(here.state.record, Live(here.now, "boot", here.now))
    here.now = replace(here.now, utc_us=here.now.utc_us + 15 * SECOND_US, mono_us=1 * SECOND_US)
    (fact,) = found(here.happen(Ticked(here.now)))
    assert fact.output == "sms"

    here.state = State(here.state.record, Live(here.now, "boot", here.now))
    assert not found(here.later(60))


def test_an_end_of_an_unknown_notice_and_a_try_of_what_is_over_change_nothing() -> None:
    here = Campus(SMS)
    told = here.ask("lockdown")
    here.hears(told)
    second = here.later(LIMIT_S)
    assert not here.happen(NoticeEnded(here.now, NoticeId(99), OutputId("sms"), "sent")).entries
    entry = next(one for one in second.entries if isinstance(one.fact, SecondChannelTried))
    here.close(here.incident(told))
    before = here.state.record

    assert fold(before, here.now, entry) is before


def test_what_a_reload_took_away_is_nobody_to_be_missed_and_an_exercise_tells_nobody() -> None:
    here = Campus(SMS)
    here.ask("lockdown")
    one = here.notice("screens")
    without = {name: its for name, its in here.plan.outputs.items() if name != "screens"}
    assert unheard(replace(here.plan, outputs=without), here.state.record, one) == ()
    zones = {name: its for name, its in here.plan.zones.items() if name != CAMPUS}
    assert unheard(replace(here.plan, zones=zones), here.state.record, one) == ()

    notices = {key: replace(its, kind="exercise") for key, its in here.state.record.notices.items()}
    here.state = State(replace(here.state.record, notices=notices), here.state.live)
    here.wait(LIMIT_S * 1_000)
    made = decide(here.plan, here.state, Ticked(here.now))
    assert not found(made)
