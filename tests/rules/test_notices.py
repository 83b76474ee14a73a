"""Who is told of a response and of its end, by which routes, and what is told again."""

from dataclasses import replace

import pytest

from rules.decide import decide
from rules.decision import Decision
from rules.model.events import CloseAsked, Event, StartAsked, Ticked
from rules.model.ids import IncidentId, NoticeId, OutputId, RequestId, ZoneId
from rules.model.kinds import DRILL, REAL, Drill, Real
from rules.model.notices import Audience, Notice, NoticeEnded, NoticesOrdered, NoticeTurned, Outcome
from rules.model.responses import Response
from rules.model.school import SchoolTold
from rules.notices import LOST_US
from rules.plan import ResponsePlan
from rules.record import fold
from rules.state import Live, State
from tests.rules.campus import (
    A1,
    CAMPUS,
    PERSON,
    RESPONSES,
    A,
    B,
    World,
    campus,
    contact,
    door,
    facts,
    output,
)

TELLING = {
    **{
        word: replace(one, sounds=word in ("lockdown", "evacuate"), messages=not one.silent)
        for word, one in RESPONSES.items()
    },
    "hold-in-place": ResponsePlan("hold-in-place", 40, "zone", False, frozenset(), False, True, True),
}


class School(World):
    """A world that is asked and told through `decide`, as the daemon asks it."""

    def __init__(self) -> None:
        super().__init__(
            campus(
                door("d"),
                inputs=[contact("fire", 20, "fire-alarm")],
                outputs=[
                    output("page-a", 0, driver="rtp-paging", zone=A),
                    output("page-b", 0, driver="rtp-paging", zone=B),
                    output("mail", 0, driver="smtp", zone=CAMPUS),
                    output("hook", 0, driver="webhook", zone=A1),
                    output("untried", 0, driver="smtp", zone=CAMPUS, commissioned=None),
                ],
                responses=TELLING,
            )
        )
        self.run(1)

    def happen(self, event: Event) -> Decision:
        decision = decide(self.plan, self.state, event)
        self.state = decision.state
        return decision

    def ask(self, response: Response, zone: ZoneId = CAMPUS, kind: Real | Drill = REAL) -> Decision:
        return self.happen(StartAsked(self.now, RequestId(1), PERSON, response, (zone,), kind, "why"))

    def close(self, incident: IncidentId) -> Decision:
        return self.happen(CloseAsked(self.now, RequestId(2), PERSON, "why", incident))

    def said(self, notice: Notice, outcome: Outcome, code: str = "", told: int = 0, of: int = 0) -> Decision:
        return self.happen(NoticeEnded(self.now, notice.id, notice.output, outcome, code, told, of))

    def later(self, seconds: float = 0.1) -> Decision:
        self.wait(seconds * 1_000)
        return self.happen(Ticked(self.now))

    def incident(self, decision: Decision) -> IncidentId:
        return next(iter(decision.state.record.incidents))


def outputs(decision: Decision) -> set[str]:
    return {one.output for one in decision.notices}


def ordered(decision: Decision) -> list[NoticesOrdered]:
    return [one for one in facts(decision, "notices.ordered") if isinstance(one, NoticesOrdered)]


def test_a_lockdown_is_told_at_once_by_every_route_that_was_tried_out() -> None:
    school = School()

    told = school.ask("lockdown")

    assert outputs(told) == {"page-a", "page-b", "mail", "hook"}
    assert {(one.response, one.zone, one.number, one.kind) for one in told.notices} == {
        ("lockdown", CAMPUS, told.state.record.number, REAL)
    }
    (fact,) = ordered(told)
    assert dict(fact.outputs) == {one.output: one.id for one in told.notices}
    assert len({one.id for one in told.notices}) == 4


def test_what_was_never_tried_out_tells_nobody_anything_and_is_named() -> None:
    school = School()

    (fact,) = ordered(school.ask("lockdown"))

    assert fact.held == ((OutputId("untried"), "not_commissioned"),)
    assert not outputs(school.later(120)) & {"untried"}


def test_loudspeakers_say_what_holds_for_all_who_hear_them_and_staff_read_what_happens_near() -> None:
    school = School()

    told = school.ask("hold-in-place", A1)

    assert outputs(told) == {"mail", "hook"}


def test_staff_are_asked_for_help_in_writing_and_nothing_sounds() -> None:
    school = School()

    assert outputs(school.ask("staff-assist", A)) == {"mail", "hook"}


def test_loudspeakers_under_a_lockdown_go_on_saying_it_and_staff_read_of_the_hold_as_well() -> None:
    school = School()
    school.ask("lockdown")

    assert outputs(school.ask("hold-in-place", A)) == {"mail", "hook"}


def test_of_a_silent_response_nobody_on_site_is_told() -> None:
    school = School()

    told = school.ask("duress", A)

    assert not told.notices
    assert not ordered(told)
    assert not school.later(60).notices


def test_an_equal_press_tells_nobody_twice_and_a_higher_response_tells_everybody_anew() -> None:
    school = School()
    school.ask("lockdown")

    assert not school.ask("lockdown").notices
    assert outputs(school.ask("evacuate")) == {"page-a", "page-b", "mail", "hook"}


def test_a_drill_is_told_as_one() -> None:
    school = School()

    assert {one.kind for one in school.ask("lockdown", kind=DRILL).notices} == {DRILL}


def test_all_clear_reaches_exactly_those_who_were_told() -> None:
    school = School()
    told = school.ask("staff-assist", A)
    over = school.close(school.incident(told))

    assert outputs(over) == {"mail", "hook"}
    assert {one.response for one in over.notices} == {None}


def test_who_was_never_reached_hears_no_all_clear() -> None:
    school = School()
    told = school.ask("staff-assist", A)
    for one in told.notices:
        if one.output == "mail":
            school.said(one, "failed", "refused", 0, 3)

    assert outputs(school.close(school.incident(told))) == {"hook"}


def test_behind_a_real_press_nobody_hears_an_all_clear_of_the_drill_it_ended() -> None:
    school = School()
    school.ask("hold-in-place", A, DRILL)

    told = school.ask("lockdown")

    assert {(one.response, one.kind) for one in told.notices} == {("lockdown", REAL)}
    assert {one.zone for one in told.notices if one.output == "page-a"} == {CAMPUS, A}


def test_loudspeakers_stop_saying_a_drill_that_a_silent_sort_of_real_response_ended() -> None:
    school = School()
    school.ask("lockdown", kind=DRILL)

    told = school.ask("staff-assist", CAMPUS)

    heard = [one for one in told.notices if one.output.startswith("page")]
    assert {(one.output, one.response, one.kind) for one in heard} == {
        ("page-a", None, DRILL),
        ("page-b", None, DRILL),
    }
    assert {(one.response, one.kind) for one in told.notices if one.output == "mail"} == {
        ("staff-assist", REAL)
    }


def test_who_was_told_one_response_hears_what_took_its_place_though_it_does_not_sound_by_itself() -> None:
    school = School()
    quiet = replace(TELLING["evacuate"], sounds=False)
    school.plan = replace(school.plan, responses={**TELLING, "evacuate": quiet})
    school.ask("lockdown")

    assert outputs(school.ask("evacuate")) >= {"page-a", "page-b"}


def test_a_page_waits_for_a_fire_alarm_and_is_made_when_it_is_quiet() -> None:
    school = School()
    school.turn("fire")
    school.run(1)

    told = school.ask("lockdown")
    assert outputs(told) == {"page-b", "mail", "hook"}
    assert (OutputId("page-a"), "fire_alarm") in ordered(told)[0].held
    school.run(1)
    assert not school.later(0.1).notices, "what was held goes out with no tick while the alarm sounds"

    school.turn("fire", active=False)
    school.run(1)
    assert outputs(school.later(60)) >= {"page-a"}


def test_what_did_not_go_out_is_told_again_and_what_did_is_not() -> None:
    school = School()
    told = school.ask("lockdown")
    for one in told.notices:
        school.said(one, *(("failed", "unreachable") if one.output == "mail" else ("sent", "")))

    again = school.later(3)
    assert outputs(again) == {"mail"}
    assert not school.later(3).notices, "it is on its way"
    (notice,) = again.notices
    school.said(notice, "sent", told=3, of=3)
    later = school.later(LOST_US / 1e6 + 60)
    assert not [one for one in later.notices if not one.unheard], "but by a second channel, with who it was"


def test_a_route_that_says_nothing_is_asked_again() -> None:
    school = School()
    told = school.ask("staff-assist", A)
    for one in told.notices:
        if one.output == "hook":
            school.said(one, "received")

    assert outputs(school.later(LOST_US / 1e6 + 1)) == {"mail"}


def test_after_a_restart_what_nobody_knows_of_is_told_again() -> None:
    school = School()
    told = school.ask("staff-assist", A)
    for one in told.notices:
        if one.output == "hook":
            school.said(one, "received")
    school.state = State(school.state.record, Live(school.now, "boot", school.now))

    again = school.later()

    assert outputs(again) == {"mail"}
    assert all(one.id > max(before.id for before in told.notices) for one in again.notices)


def test_what_a_route_says_is_written_once_and_of_what_was_overtaken_nothing_is() -> None:
    school = School()
    first = next(one for one in school.ask("lockdown").notices if one.output == "mail")
    said = school.said(first, "sent", told=2, of=2)
    assert facts(said, "notice.turned") == [NoticeTurned(first.id, first.output, "sent", "", 2, 2)]
    assert not school.said(first, "sent", told=2, of=2).entries
    school.ask("evacuate")

    assert not school.said(first, "failed", "unreachable").entries
    assert not school.said(replace(first, id=NoticeId(999)), "sent").entries


def test_an_end_that_nobody_could_be_told_of_is_tried_for_twenty_minutes_and_no_longer() -> None:
    school = School()
    told = school.ask("staff-assist", A)
    over = school.close(school.incident(told))
    for one in over.notices:
        if one.output == "hook":
            school.said(one, "received")
    tries = 0
    for _ in range(200):
        for one in school.later(31).notices:
            tries += 1
            school.said(one, "failed", "unreachable")

    assert 20 <= tries <= 60
    assert set(school.state.record.notices) == {"mail/a"}


def test_what_loudspeakers_say_again_and_again_goes_on_over_a_restart() -> None:
    school = School()
    for one in school.ask("lockdown").notices:
        school.said(one, "sent")
    school.state = State(school.state.record, Live(school.now, "boot", school.now))

    assert outputs(school.later()) == {"page-a", "page-b"}


@pytest.mark.parametrize("name", ["page-a", "mail"])
def test_what_left_the_configuration_is_told_nothing_more(name: str) -> None:
    school = School()
    school.ask("lockdown")
    left = {key: one for key, one in school.plan.outputs.items() if key != name}
    school.plan = replace(school.plan, outputs=left)

    assert name not in outputs(school.later(LOST_US / 1e6 + 1))


def test_of_an_incident_that_is_not_live_any_more_nothing_is_told_again() -> None:
    school = School()
    school.ask("lockdown")
    school.state = replace(school.state, record=replace(school.state.record, incidents={}))

    assert not school.later(LOST_US / 1e6 + 1).notices


def test_what_became_a_coil_tells_nobody_anything_any_more() -> None:
    school = School()
    school.ask("lockdown")
    coil = output("mail", 5, zone=CAMPUS)
    school.plan = replace(school.plan, outputs={**school.plan.outputs, coil.id: coil})

    assert "mail" not in outputs(school.later(LOST_US / 1e6 + 1))


def test_the_fold_alone_gives_the_same_record() -> None:
    school = School()
    record = school.state.record
    decisions = [school.ask("lockdown", kind=DRILL)]
    decisions += [school.said(one, "failed", "refused", 1, 2) for one in decisions[0].notices]
    decisions += [school.later(5), school.close(school.incident(decisions[0]))]
    for decision in decisions:
        for entry in decision.entries:
            record = fold(record, school.now, entry)

    assert {key: (one.id, one.state, one.response) for key, one in record.notices.items()} == {
        key: (one.id, one.state, one.response) for key, one in school.state.record.notices.items()
    }
    assert record.last_notice == school.state.record.last_notice


def outward(school: School, *names: str, whom: Audience = "police") -> None:
    """These tell somebody who is not of the staff."""
    changed = {OutputId(one): replace(school.plan.outputs[OutputId(one)], audience=whom) for one in names}
    school.plan = replace(school.plan, outputs={**school.plan.outputs, **changed})


def test_nobody_outside_of_the_staff_hears_of_a_drill_nor_of_its_end() -> None:
    school = School()
    outward(school, "mail", "page-b")

    drill = school.ask("lockdown", kind=DRILL)
    assert outputs(drill) == {"page-a", "hook"}
    (fact,) = ordered(drill)
    # The record names no refusal that is none.
    assert dict(fact.held) == {OutputId("untried"): "not_commissioned"}
    assert not outputs(school.later(60)) & {"mail", "page-b"}
    for one in drill.notices:
        school.said(one, "sent")
    assert outputs(school.close(school.incident(drill))) == {"page-a", "hook"}


def test_a_number_of_the_emergency_services_is_called_by_no_page_for_real_neither() -> None:
    school = School()
    outward(school, "page-b", whom="emergency-number")
    drill = school.ask("lockdown", kind=DRILL)
    school.close(school.incident(drill))

    real = school.ask("lockdown")

    (fact,) = ordered(real)
    assert (OutputId("page-b"), "emergency_number") in fact.held
    over = school.close(school.incident(real))
    for decision in (drill, real, over, school.later(LOST_US / 1e6 + 1)):
        assert "page-b" not in outputs(decision)


def test_a_real_press_behind_the_drill_tells_them_at_once_and_so_does_its_end() -> None:
    school = School()
    outward(school, "mail")
    school.ask("lockdown", kind=DRILL)

    real = school.ask("lockdown")
    assert [one.kind for one in real.notices if one.output == "mail"] == [REAL]
    over = school.close(school.incident(real))
    assert [(one.response, one.kind) for one in over.notices if one.output == "mail"] == [(None, REAL)]


def test_who_became_an_outsider_by_a_reload_hears_no_more_of_the_drill_and_is_not_asked_again() -> None:
    school = School()
    drill = school.ask("lockdown", kind=DRILL)
    outward(school, "mail")

    assert "mail" not in outputs(school.later(LOST_US / 1e6 + 1))
    over = school.close(school.incident(drill))
    assert "mail" not in outputs(over)
    assert (OutputId("mail"), "not_real") in [held for fact in ordered(over) for held in fact.held]
    assert "mail" not in outputs(school.later(LOST_US / 1e6 + 1))


def test_who_was_told_of_what_is_real_hears_that_it_is_over_and_not_of_the_drill_that_goes_on() -> None:
    school = School()
    # A pack of the site's own may let a drill begin beside what is real.
    table = replace(school.plan.transitions, kinds={("real", "drill"): "beside"})
    school.plan = replace(school.plan, transitions=table)
    outward(school, "mail")
    real = school.ask("evacuate", A)
    school.ask("lockdown", kind=DRILL)

    over = school.close(school.incident(real))

    assert [(one.response, one.kind) for one in over.notices if one.output == "mail"] == [(None, REAL)]
    assert {one.kind for one in over.notices if one.output == "hook"} == {DRILL}


def test_staff_is_written_to_though_police_could_be_at_this_time_of_the_day() -> None:
    school = School()
    outward(school, "hook")
    mail = replace(school.plan.outputs[OutputId("mail")], modes=frozenset({"school"}))
    school.plan = replace(school.plan, outputs={**school.plan.outputs, mail.id: mail})
    school.happen(SchoolTold(school.now, "after-hours", (), ""))

    assert outputs(school.ask("lockdown")) >= {"mail", "hook"}
