"""Drills as persons plan, begin, end and record them: none begins by a clock, and each refusal says why."""

from dataclasses import replace
from typing import Any

import pytest

from rules.decision import Decision
from rules.drill_state import MOST_OVER, MOST_PLANNED, DrillOver
from rules.drills import MOST_LATE_DAYS
from rules.model.drill_asks import (
    BeginDrill,
    CancelDrill,
    CloseFinding,
    DrillAsk,
    EndDrill,
    FillField,
    GiveNotice,
    LogDrill,
    PlanDrill,
    StartDrill,
)
from rules.model.ids import ButtonId, DrillId, ZoneId
from rules.model.kinds import DRILL, EXERCISE, KindWord
from rules.transition_table import Transitions
from tests.rules.campus import A1, CAMPUS, facts
from tests.rules.drilling import RULES, TODAY, Drilling, drill_ends, drilled_plan, drilling
from tests.rules.story import DESK, GYM, HALL, ROOM_1, locked, replied

NONE = DrillId("none")
PLAN = PlanDrill("lockdown", "drill", None, (CAMPUS,), (DESK,), (), TODAY + 1, 600, True, "")
BEGIN = BeginDrill("lockdown", "drill", None, (CAMPUS,), (), (), 30)


def told() -> Drilling:
    """A campus that knows its day."""
    story = Drilling()
    story.clock()
    return story


def of(made: Decision) -> DrillId:
    """The drill that an answer is about."""
    reply = replied(made)
    assert reply.done, reply
    return DrillId(str(dict(reply.args)["drill"]))


def why(made: Decision) -> str:
    """Why it was refused; what is refused changes nothing but the record of it."""
    reply = replied(made)
    assert not reply.done
    assert [type(one).__name__ for one in facts(made)] == ["RequestRefused"]
    return reply.code


def over(story: Drilling, drill: DrillId) -> DrillOver:
    return story.state.record.drills.over[drill]


def held(failures: tuple[tuple[str, str], ...] = ()) -> tuple[Drilling, DrillId]:
    """A drill that is over, in which a button was silent and no door was ever proven."""
    story = told()
    drill = of(story.begin(DESK, failures=failures))
    story.finish()
    return story, drill


def test_a_planned_drill_never_starts_by_a_clock_and_starts_by_a_person() -> None:
    story = told()
    drill = of(story.ask(PLAN))
    story.clock(TODAY + 1, 600)
    story.tick(60_000)
    story.clock(TODAY + 1, 700)
    assert story.incidents == []
    assert drill in story.state.record.drills.planned

    begun = story.ask(StartDrill(drill, 30))
    assert replied(begun).incident == story.incidents[0].id
    assert [one.kind for one in story.incidents] == ["drill"]
    assert locked(begun)
    run = story.state.record.drills.run
    assert run is not None
    assert run.planned is not None
    assert not story.state.record.drills.planned


def test_an_exercise_opens_an_incident_and_moves_no_door() -> None:
    story = told()
    begun = story.begin(kind="exercise")
    assert [one.kind for one in story.incidents] == ["exercise"]
    assert not locked(begun)
    assert drill_ends(story.finish()) == ["asked"]
    assert story.incidents == []


def test_a_drill_in_two_zones_is_one_incident() -> None:
    story = told()
    story.begin(zones=(A1, ZoneId("b"), A1))
    assert len(story.incidents) == 1


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"type": "flood"}, "unknown_drill_type"),
        ({"response": "odd"}, "unknown_response"),
        ({"type": "duress"}, "silent_drill"),
        ({"zones": ()}, "unknown_zone"),
        ({"zones": (ZoneId("mars"),)}, "unknown_zone"),
        ({"buttons": (ButtonId("none"),)}, "unknown_button"),
        ({"kind": "exercise"}, "exercise_with_buttons"),
        ({"failures": (("door", "none"),)}, "unknown_failure"),
        ({"failures": (("output", "none"),)}, "unknown_failure"),
        ({"failures": (("button", "none"),)}, "unknown_failure"),
        ({"failures": (("roof", ROOM_1),)}, "unknown_failure"),
        ({"day": 5}, "bad_day"),
        ({"minute": 1_440}, "bad_day"),
        ({"day": TODAY - 1}, "day_passed"),
    ],
)
def test_what_cannot_be_is_not_planned(changed: dict[str, Any], code: str) -> None:
    story = told()
    assert why(story.ask(replace(PLAN, **changed))) == code
    assert not story.state.record.drills.planned


def test_a_box_that_does_not_know_its_day_plans_what_a_person_says() -> None:
    assert of(Drilling().ask(PLAN))


def test_there_is_room_for_so_many_plans_and_the_record_keeps_the_newest() -> None:
    story = told()
    for _ in range(MOST_PLANNED):
        of(story.ask(PLAN))
    assert why(story.ask(PLAN)) == "too_many_planned"
    for _ in range(MOST_OVER + 1):
        story.ask(LogDrill("fire", TODAY, 600, "by the panel"))
    assert len(story.state.record.drills.over) == MOST_OVER


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"type": "flood"}, "unknown_drill_type"),
        ({"minutes": 0}, "bad_drill_minutes"),
        ({"minutes": 181}, "bad_drill_minutes"),
        ({"waits": True}, "nobody_to_press"),
    ],
)
def test_what_cannot_be_is_not_begun(changed: dict[str, Any], code: str) -> None:
    story = told()
    assert why(story.ask(replace(BEGIN, **changed))) == code
    assert story.incidents == []


def test_no_drill_begins_beside_a_real_incident_or_another_drill() -> None:
    story = told()
    story.hear(GYM, "single")
    assert why(story.begin()) == "real_incident_live"

    story = drilling()
    assert why(story.begin()) == "drill_under_way"

    story = told()
    story.start("lockdown", CAMPUS, kind=DRILL)
    assert why(story.begin()) == "drill_live"


def with_kinds(live: KindWord, word: str) -> Drilling:
    """A campus whose own pack says this of a drill, beside what is live."""
    story = told()
    table = Transitions(kinds={(live, "drill"): word}, reasons={"own_rule": "Not today."})
    story.plan = replace(story.plan, transitions=table)
    return story


def test_what_the_pack_says_of_a_drill_beside_an_exercise_holds_for_one_that_is_begun_by_its_type_too() -> (
    None
):
    story = with_kinds("exercise", "own_rule")
    story.start("lockdown", CAMPUS, kind=EXERCISE)
    answer = replied(story.begin(DESK))
    assert (answer.done, answer.code) == (False, "kind_refused")
    assert dict(answer.args) == {"reason": "own_rule", "why": "Not today."}
    assert story.state.record.drills.run is None
    assert [one.kind for one in story.incidents] == ["exercise"]

    unworded = with_kinds("exercise", "unworded")
    unworded.start("lockdown", CAMPUS, kind=EXERCISE)
    assert why(unworded.begin(DESK)) == "unworded"
    beside = with_kinds("exercise", "beside")
    beside.start("lockdown", CAMPUS, kind=EXERCISE)
    assert replied(beside.begin(DESK)).done


def test_no_pack_lets_buttons_be_enrolled_beside_what_is_real() -> None:
    story = with_kinds("real", "beside")
    story.start("evacuate", CAMPUS)
    assert why(story.begin(DESK)) == "real_incident_live"


def left_to(role: str) -> Drilling:
    """A campus whose plan leaves starting and ending a lockdown to one role."""
    story = told()
    lockdown = replace(story.plan.responses["lockdown"], start=frozenset({role}), end=frozenset({role}))
    story.plan = replace(story.plan, responses={**story.plan.responses, "lockdown": lockdown})
    return story


def test_whose_response_it_is_not_begins_and_ends_no_drill_of_it_either() -> None:
    story = left_to("administrator")
    begin = BeginDrill("lockdown", "drill", None, (CAMPUS,), (DESK,), (), 30)
    refused = replied(story.ask(begin, role="staff"))
    assert (refused.code, dict(refused.args)) == ("not_in_plan", {"verb": "start", "response": "lockdown"})
    assert story.state.record.drills.run is None

    drill = of(story.ask(begin, role="administrator"))
    refused = replied(story.ask(EndDrill(drill, "over"), role="staff"))
    assert (refused.code, dict(refused.args)) == ("not_in_plan", {"verb": "end", "response": "lockdown"})
    assert len(story.incidents) == 1
    assert replied(story.ask(EndDrill(drill, "over"), role="administrator")).done
    assert not story.incidents


def test_what_nobody_pressed_for_yet_is_ended_by_whoever_may_start_drills() -> None:
    story = left_to("administrator")
    drill = of(story.begin(DESK, waits=True))
    assert replied(story.ask(EndDrill(drill, "over"), role="staff")).done
    # The box's own authority, at the rack, is bound by none of it.
    of(story.begin(DESK))
    assert replied(story.finish()).done


def test_what_is_planned_can_be_told_of_and_cancelled() -> None:
    story = told()
    drill = of(story.ask(PLAN))
    assert why(story.ask(GiveNotice(drill, " ", "by letter"))) == "no_text"
    assert why(story.ask(GiveNotice(drill, "parents", " "))) == "no_text"
    of(story.ask(GiveNotice(drill, "parents", "by letter")))
    told_of = story.state.record.drills.planned[drill].notices
    assert [(whom, how) for whom, how, _ in told_of] == [("parents", "by letter")]
    of(story.ask(CancelDrill(drill, "snow")))
    assert not story.state.record.drills.planned


@pytest.mark.parametrize(
    "ask",
    [
        CancelDrill(NONE, ""),
        GiveNotice(NONE, "parents", "by letter"),
        StartDrill(NONE, 30),
        EndDrill(NONE, ""),
        FillField(NONE, "weather", "rain"),
        CloseFinding(NONE, 0, "1", ""),
    ],
)
def test_what_is_asked_of_a_drill_there_is_not_is_refused(ask: DrillAsk) -> None:
    assert why(told().ask(ask)) == "unknown_drill"


def test_another_drill_than_the_one_under_way_is_not_ended() -> None:
    story = drilling()
    assert why(story.ask(EndDrill(NONE, ""))) == "unknown_drill"
    assert story.state.record.drills.run is not None


def test_a_drill_that_ends_leaves_its_doors_as_they_are() -> None:
    story = told()
    story.begin()
    ended = story.finish()
    assert dict(replied(ended).args)["doors_still_locked"] == 3
    assert story.incidents == []


def test_a_drill_that_nobody_pressed_in_is_ended_by_a_person() -> None:
    story = drilling()
    assert drill_ends(story.finish()) == ["asked"]


def test_the_time_of_enrolment_in_a_drill_without_buttons_ends_nothing() -> None:
    story = told()
    story.begin(minutes=1)
    story.tick(120_000)
    assert story.state.record.drills.run is not None
    assert [one.kind for one in story.incidents] == ["drill"]


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (LogDrill("flood", TODAY, 600, ""), "unknown_drill_type"),
        (LogDrill("fire", 7, 600, ""), "bad_day"),
        (LogDrill("fire", TODAY, -1, ""), "bad_day"),
        (LogDrill("fire", TODAY + 1, 600, ""), "day_to_come"),
        (LogDrill("fire", TODAY - MOST_LATE_DAYS - 1, 600, ""), "day_to_come"),
    ],
)
def test_what_was_not_held_is_not_logged(ask: LogDrill, code: str) -> None:
    assert why(told().ask(ask)) == code


def test_a_box_that_does_not_know_its_day_logs_nothing() -> None:
    assert why(Drilling().ask(LogDrill("fire", TODAY, 600, "by the panel"))) == "bad_day"


def test_a_logged_drill_has_every_field_filled_in_by_a_person() -> None:
    story = told()
    drill = of(story.ask(LogDrill("fire", TODAY, 600, "by the panel")))
    of(story.ask(FillField(drill, "type", "Fire ")))
    assert over(story, drill).fields == {"type": "Fire"}
    assert over(story, drill).note == "by the panel"


def test_what_the_box_saw_itself_nobody_writes_over() -> None:
    story, drill = held()
    assert why(story.ask(FillField(drill, "date", "yesterday"))) == "unknown_field"
    assert why(story.ask(FillField(drill, "mood", "good"))) == "unknown_field"
    assert why(story.ask(FillField(drill, "weather", " "))) == "no_text"
    of(story.ask(FillField(drill, "weather", "rain")))
    of(story.ask(FillField(drill, "weather", "sun")))
    assert over(story, drill).fields == {"weather": "sun"}


def test_a_finding_closes_with_a_ticket_or_a_change_of_the_plan_and_with_nothing_else() -> None:
    story, drill = held()
    count = len(over(story, drill).findings)
    assert count > 1
    for finding in (-1, count):
        assert why(story.ask(CloseFinding(drill, finding, "7", ""))) == "unknown_finding"
    assert why(story.ask(CloseFinding(drill, 0, "", ""))) == "ticket_or_change"
    assert why(story.ask(CloseFinding(drill, 0, "7", "moved"))) == "ticket_or_change"
    of(story.ask(CloseFinding(drill, 0, "7", "")))
    of(story.ask(CloseFinding(drill, 1, "", "moved")))
    assert why(story.ask(CloseFinding(drill, 0, "8", ""))) == "finding_closed"
    findings = over(story, drill).findings
    assert [(one.is_open, one.ticket, one.change) for one in findings[:2]] == [
        (False, "7", ""),
        (False, "", "moved"),
    ]
    assert all(one.is_open for one in findings[2:])


def test_what_is_to_count_as_failed_is_no_finding_and_its_door_locks_all_the_same() -> None:
    story = told()
    begun = story.begin(DESK, failures=(("door", ROOM_1), ("output", "strobe"), ("button", DESK)))
    assert ROOM_1 in locked(begun)
    drill = of(begun)
    story.finish()
    one = over(story, drill)
    assert (ROOM_1, "simulated") in one.unsecured
    assert DESK in one.silent
    assert not {ROOM_1, DESK, "strobe"} & {finding.subject for finding in one.findings}


def test_a_drill_with_no_law_chosen_can_be_held() -> None:
    story = Drilling(replace(drilled_plan(), drills=replace(RULES, law=None)))
    story.clock()
    drill = of(story.begin(HALL))
    assert drill_ends(story.finish()) == ["asked"]
    assert over(story, drill).silent == (HALL,)
