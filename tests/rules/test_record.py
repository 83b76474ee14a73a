"""The fold: what each fact makes of the record, what it leaves alone, and that what it remembers is bounded."""

from dataclasses import replace
from typing import Any, get_args

import pytest

from rules.model.alerts import AlertFact
from rules.model.camera_facts import (
    CameraAudioTurned,
    CameraIdentified,
    CameraPictureTurned,
    CamerasAsked,
    CameraTurned,
)
from rules.model.device_facts import DeviceIdentified
from rules.model.district_facts import DirectiveAnswered
from rules.model.drill_facts import DrillFact
from rules.model.facts import (
    DoorsOrdered,
    Entry,
    Fact,
    FlagCleared,
    FlagRaised,
    IncidentClosed,
    IncidentOpened,
    IncidentRaised,
    NoteWritten,
    OrderWord,
    OutputsOrdered,
    PressAnswered,
    PressRecorded,
    PressUnanswered,
    Standing,
    VerdictReached,
    WalkTestEnded,
    WalkTestStarted,
    ZoneResponded,
)
from rules.model.flag_facts import DryRunTold, FlagCompensated, FlagUncompensated, ReadinessStated
from rules.model.ids import ButtonId, CommandId, DoorId, IncidentId, OutputId, PressId
from rules.model.moments import SECOND_US, Instant
from rules.model.post_facts import PostFact
from rules.model.response_facts import ExercisePlayed, IncidentJoined, ResponseChanged
from rules.model.selftest_facts import (
    DoorExercised,
    SelfTestEnded,
    SelfTestScheduled,
    SelfTestStarted,
)
from rules.model.statements import StatementFact
from rules.model.tabletop_facts import TabletopFact
from rules.model.verdicts import VerdictWord
from rules.record import REMEMBERED_MOST, fold
from rules.state import ButtonMemory, Record
from rules.step import RULE
from tests.rules.campus import CAMPUS, STARTED, A

PB, INC = ButtonId("pb"), IncidentId("inc-1")
D1, D2 = DoorId("d1"), DoorId("d2")
OPENED = IncidentOpened(INC, "real", "lockdown", CAMPUS, silent=False)
DAY_US = 24 * 3_600 * SECOND_US


def folded(
    *facts: Fact, record: Record | None = None, at: Instant = STARTED, incident: str | None = INC
) -> Record:
    """The record after these facts."""
    made = Record() if record is None else record
    for fact in facts:
        made = fold(made, at, Entry(fact, "x", RULE, None if incident is None else IncidentId(incident)))
    return made


def press(
    name: str = "p-1", standing: Standing = "acted", *, counter: int | None = None, path: str = "mqtt"
) -> PressRecorded:
    """A press of one button."""
    return PressRecorded(
        PB, PressId(name), standing, path, "hold", "lockdown", CAMPUS, "real", counter, 0, "hold"
    )


def ids(record: Record) -> list[str]:
    """The presses that are remembered."""
    return [one.press for one in record.buttons[PB].presses]


# --- incidents and zones ---------------------------------------------------------------------


def test_an_incident_opens_rises_and_closes() -> None:
    opened = folded(OPENED)
    assert (opened.incidents[INC].kind, opened.incidents[INC].opened) == ("real", STARTED)
    raised = folded(IncidentRaised(INC, "evacuate", A), record=opened)
    assert (raised.incidents[INC].response, raised.incidents[INC].zone) == ("evacuate", A)
    assert raised.incidents[INC].opened == STARTED
    assert folded(IncidentClosed(INC, "real", ""), record=raised).incidents == {}


def test_an_incident_whose_zone_is_changed_shows_the_gravest_that_still_stands() -> None:
    changed = ResponseChanged(INC, A, "lockdown", "evacuate", "evacuate", A, "police lead them out")
    record = folded(changed, record=folded(OPENED))
    assert (record.incidents[INC].response, record.incidents[INC].zone) == ("evacuate", A)
    assert folded(changed) == Record()


def test_an_incident_that_is_not_live_cannot_rise() -> None:
    assert folded(IncidentRaised(INC, "evacuate", A)) == Record()


def test_an_exercise_that_is_not_live_is_played_nowhere() -> None:
    assert folded(ExercisePlayed(INC, A, "lockdown")) == Record()
    assert folded(IncidentJoined(INC, A, "duress")) == Record()


def test_a_zone_responds_and_returns_and_the_number_follows() -> None:
    held = folded(ZoneResponded(7, A, "lockdown", "real", INC))
    assert (held.number, held.zones[A].response, held.zones[A].since) == (7, "lockdown", STARTED)
    quiet = folded(ZoneResponded(8, A, None, None, None), record=held)
    assert (quiet.number, quiet.zones) == (8, {})


# --- orders and outputs ----------------------------------------------------------------------


@pytest.mark.parametrize("word", get_args(OrderWord))
def test_an_order_stands_for_the_doors_it_names_and_those_held_back(word: OrderWord) -> None:
    order = DoorsOrdered(word, (D1,), ((D2, "x"),), (), "")
    orders = folded(order).orders
    assert {door: one.word for door, one in orders.items()} == {D1: word, D2: word}
    assert {one.incident for one in orders.values()} == {INC}


def test_a_later_order_replaces_the_one_before_for_its_doors_alone() -> None:
    lock, rest = DoorsOrdered("lock", (D1, D2), (), (), ""), DoorsOrdered("rest", (D1,), (), (), "")
    assert {door: one.word for door, one in folded(lock, rest).orders.items()} == {D1: "rest", D2: "lock"}


def test_outputs_that_went_on_are_kept_until_they_go_off() -> None:
    on = OutputsOrdered(True, ("s1", "s2"), (("s3", "not_commissioned"),), (CommandId(1),))
    assert folded(on).outputs_on == {"s1", "s2"}
    assert folded(on, OutputsOrdered(False, ("s1",), (), ())).outputs_on == {OutputId("s2")}


# --- presses ---------------------------------------------------------------------------------


def test_an_unanswered_press_waits_until_it_is_answered_and_its_number_is_never_used_again() -> None:
    waiting = folded(PressUnanswered(3, PB, PressId("p"), "lockdown", CAMPUS, "too_old"))
    assert (waiting.unanswered[3].why, waiting.last_unanswered) == ("too_old", 3)
    answered = folded(PressAnswered(3, True, ""), record=waiting)
    assert (answered.unanswered, answered.last_unanswered) == ({}, 3)


def test_a_repeat_is_not_remembered_twice() -> None:
    assert ids(folded(press(), press(standing="repeated"))) == ["p-1"]


def test_presses_older_than_a_day_are_forgotten_unless_their_incident_lives() -> None:
    later = STARTED.plus(DAY_US + 1)
    lives = folded(OPENED, press("old"))
    assert ids(folded(press("new"), record=lives, at=later)) == ["old", "new"]
    over = folded(IncidentClosed(INC, "real", ""), record=lives)
    assert ids(folded(press("new"), record=over, at=later)) == ["new"]
    assert ids(folded(press("new"), record=over, at=STARTED.plus(DAY_US))) == ["old", "new"]


def test_what_is_remembered_of_a_button_is_bounded() -> None:
    full = folded(press("first"))
    known = full.buttons[PB].presses[0]
    many = tuple(replace(known, press=PressId(f"p-{number}")) for number in range(REMEMBERED_MOST))
    full = replace(full, buttons={PB: ButtonMemory(many)})
    remembered = ids(folded(press("last"), record=full))
    assert len(remembered) == REMEMBERED_MOST
    assert (remembered[0], remembered[-1]) == ("p-1", "last")


@pytest.mark.parametrize(
    ("then", "counter"),
    [
        (press("b", counter=2), 2),
        (press("b"), 5),
        (press("b", "repeated", counter=5), 5),
        (press("b", "retained", counter=6), 5),
        (press("b", "too_old", counter=0), 0),
    ],
)
def test_the_last_counter_is_kept_and_a_retained_copy_does_not_move_it(
    then: PressRecorded, counter: int
) -> None:
    assert folded(press("a", counter=5), then).buttons[PB].counter == counter


# --- walk-tests ------------------------------------------------------------------------------

STARTED_TEST = WalkTestStarted((PB,), 10, 100, 200, "boot", "Kim")


def test_a_walk_test_keeps_when_it_ends_in_which_boot_and_the_last_test_press() -> None:
    record = folded(STARTED_TEST, press("t", "test"), incident=None)
    test = record.walk_tests[PB]
    assert (test.until, test.boot) == (Instant(100, 200), "boot")
    assert test.last_press is not None
    assert test.last_press.press == "t"


@pytest.mark.parametrize("fact", [press("t", "test", path="cli"), press("t", "too_old")])
def test_a_test_by_name_or_another_press_is_not_the_walk_tests_last(fact: PressRecorded) -> None:
    assert folded(STARTED_TEST, fact).walk_tests[PB].last_press is None


def test_a_test_press_outside_a_walk_test_starts_none() -> None:
    assert folded(press("t", "test")).walk_tests == {}


def test_a_walk_test_ends_for_the_named_buttons() -> None:
    other = ButtonId("pb-2")
    both = replace(STARTED_TEST, buttons=(PB, other))
    assert set(folded(both, WalkTestEnded((PB,), "time")).walk_tests) == {other}


# --- flags, and all else ---------------------------------------------------------------------


def test_a_flag_stands_until_it_is_cleared() -> None:
    raised = folded(FlagRaised("door_stale", "d1", ("9",)))
    assert raised.flags["door_stale", "d1"].args == ("9",)
    assert folded(FlagCleared("door_stale", "d2"), record=raised).flags == raised.flags
    assert folded(FlagCleared("door_stale", "d1"), record=raised).flags == {}


def test_a_flag_raised_again_is_as_old_as_it_was() -> None:
    first = folded(FlagRaised("not_armed", CAMPUS, ("no_controller",)))
    again = folded(
        FlagRaised("not_armed", CAMPUS, ("no_button_path",)), record=first, at=STARTED.plus(DAY_US)
    )
    assert again.flags["not_armed", CAMPUS].since == STARTED
    over = folded(FlagCleared("not_armed", CAMPUS), record=again)
    anew = folded(FlagRaised("not_armed", CAMPUS), record=over, at=STARTED.plus(DAY_US))
    assert anew.flags["not_armed", CAMPUS].since == STARTED.plus(DAY_US)


def test_a_measure_stands_until_it_is_over() -> None:
    held = folded(FlagCompensated("door_stale", "d1", 9, "guard posted"))
    assert held.measures["door_stale", "d1"].text == "guard posted"
    assert folded(FlagUncompensated("door_stale", "d2", "asked"), record=held).measures == held.measures
    assert folded(FlagUncompensated("door_stale", "d1", "until"), record=held).measures == {}


def test_a_dry_run_that_a_person_asked_for_leaves_the_day_of_the_last_one_by_schedule() -> None:
    morning = folded(DryRunTold(1, "schedule", 7, 3, ((D1, "controller_down"), (D1, "no_bolt_sensor"))))
    assert morning.dry_run.doors == {D1: ("controller_down", "no_bolt_sensor")}
    later = folded(DryRunTold(2, "person", None, 3, ()), record=morning)
    assert (later.dry_run.number, later.dry_run.day, later.dry_run.doors) == (2, 7, {})


FOLDED = (
    *get_args(PostFact),
    *get_args(StatementFact),
    NoteWritten,
    *get_args(AlertFact),
    *get_args(DrillFact),
    *get_args(TabletopFact),
    CameraAudioTurned,
    DeviceIdentified,
    DirectiveAnswered,
    CameraIdentified,
    CameraPictureTurned,
    CamerasAsked,
    CameraTurned,
    DoorExercised,
    DoorsOrdered,
    DryRunTold,
    ExercisePlayed,
    FlagCleared,
    FlagCompensated,
    FlagRaised,
    FlagUncompensated,
    IncidentClosed,
    IncidentJoined,
    IncidentOpened,
    IncidentRaised,
    OutputsOrdered,
    PressAnswered,
    PressRecorded,
    PressUnanswered,
    ReadinessStated,
    ResponseChanged,
    SelfTestEnded,
    SelfTestScheduled,
    SelfTestStarted,
    VerdictReached,
    WalkTestEnded,
    WalkTestStarted,
    ZoneResponded,
)


def verdict(word: VerdictWord) -> VerdictReached:
    return VerdictReached(D1, word, None, "", True, True, 0)


@pytest.mark.parametrize("word", get_args(VerdictWord))
def test_a_door_counts_as_proven_by_verdicts_that_rest_on_a_command_and_by_no_other(
    word: VerdictWord,
) -> None:
    record = folded(OPENED)
    after = folded(verdict(word), record=record)

    assert (D1 in after.secured) is (word in ("secured", "secured_partial"))
    assert D1 in after.secured or after is record


def test_an_exercise_that_proved_the_lock_counts_and_one_that_did_not_leaves_what_stood() -> None:
    proven = DoorExercised(D1, 7, "returning", "proven", "", ())
    failed = DoorExercised(D1, 8, "ended", "not_proven", "bolt_not_thrown", ())
    first = folded(proven)

    assert first.secured == {D1: STARTED}
    after = folded(failed, record=first)
    assert after.secured == first.secured
    assert after.self_tests.exercises[D1].window == 8


@pytest.mark.parametrize(
    "kind", [one for one in get_args(Fact) if one not in FOLDED], ids=lambda one: one.KIND
)
def test_every_other_fact_leaves_the_record_as_it_was(kind: type) -> None:
    record = folded(OPENED)
    fact: Any = object.__new__(kind)
    assert fold(record, STARTED, Entry(fact, "x", RULE)) is record


def test_the_fold_never_changes_the_record_it_was_given() -> None:
    before = folded(OPENED, press(), STARTED_TEST, FlagRaised("x", "y", ()))
    copy = replace(before)
    folded(IncidentClosed(INC, "real", ""), press("p-2", "test"), FlagCleared("x", "y"), record=before)
    assert before == copy
    assert INC in before.incidents
    assert ids(before) == ["p-1"]


def test_a_directive_is_answered_once_and_the_next_ones_number_is_known() -> None:
    record = folded(DirectiveAnswered(3, "ticket.merge/1", "applied", ""))

    assert record.directive == 3
    assert folded(DirectiveAnswered(2, "x/1", "refused", "unknown_kind"), record=record).directive == 3
