"""The dry run: which doors would fail if lockdown were ordered now, and why. It reads, judges, and touches nothing.

Begun by the campus's clock, or by a person; some doors are gone through with each tick, so that no press waits for it.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from rules import interlock
from rules.decision import RequestAnswer
from rules.evidence import fresh, says
from rules.flag_state import DryRunLive
from rules.model.events import DryRunAsked
from rules.model.facts import Because, RequestRefused
from rules.model.flag_facts import DryRunTold
from rules.model.ids import DoorId
from rules.model.moments import Instant
from rules.model.selftest import LinkName, TestCause, link_name
from rules.plan import DoorPlan, Plan
from rules.responses import locks
from rules.silence import settled
from rules.state import Record, State
from rules.step import Step

DOORS_A_TICK: Final = 50
"""Some 1 ms."""
FlagKey = tuple[str, str]


# --- when ------------------------------------------------------------------------------------


def clock_told(step: Step) -> None:
    """Begin what is due by the campus's clock, that of a day in which the box was off at that hour as well."""
    at, clock = step.plan.dry_run_at, step.live.clock
    if at is None or clock is None or not settled(step.live) or _not_now(step):
        return
    due = clock.day if clock.minute >= at else clock.day - 1
    last = step.record.dry_run.day
    # A clock that was ahead by days must not keep it from being run until the calendar has caught up.
    if due > last or due < last - 1:
        _begin(step, "schedule", due)


def asked(step: Step, event: DryRunAsked) -> None:
    """A person wants to know now."""
    code = _not_now(step)
    if code:
        step.write(RequestRefused("dry-run", code), step.plan.campus, actor=event.actor)
        step.answer(RequestAnswer(event.request, False, code))
        return
    number = _begin(step, "person", None)
    step.answer(RequestAnswer(event.request, True, "done", (("number", number),)))


def _not_now(step: Step) -> str:
    if step.live.dry_run is not None:
        return "dry_run_running"
    # A silent one is no reason: the refusal would tell of it.
    return "dry_run_incident" if _shown(step.record) else ""


def _shown(record: Record) -> bool:
    return any(not one.silent for one in record.incidents.values())


def _begin(step: Step, cause: TestCause, day: int | None) -> int:
    number = step.record.dry_run.number + 1
    step.change(dry_run=DryRunLive(number, cause, day))
    return number


def sweep(step: Step) -> None:
    """Go on with some doors, and tell of all once the last was looked at. An incident gives it up: it is due again."""
    run = step.live.dry_run
    if run is None:
        return
    if _shown(step.record):
        step.change(dry_run=None)
        return
    doors = locks(step.plan, "lockdown", step.plan.campus)
    some = doors[run.looked : run.looked + DOORS_A_TICK]
    found = tuple((one, code) for one in some for code in would_fail(step.plan, step.state, one, step.at))
    run = replace(run, looked=run.looked + DOORS_A_TICK, found=run.found + found)
    if run.looked < len(doors):
        step.change(dry_run=run)
        return
    step.change(dry_run=None)
    fact = DryRunTold(run.number, run.cause, run.day, len(doors), run.found)
    step.write(fact, step.plan.campus, because=Because("dry_run", (("cause", run.cause),)))


# --- what would fail -------------------------------------------------------------------------


def would_fail(plan: Plan, state: State, name: DoorId, now: Instant) -> Iterator[str]:
    """Every reason why this door would not be locked, or not be proven, by a lockdown ordered now; the first comes first."""
    record, live, door = state.record, state.live, plan.doors[name]
    drive = interlock.wanted(door, "lock")
    held = (
        "no_record"
        if drive is None
        else interlock.judge(plan, record, live, door, drive, "lock", now, frozenset({name}))
    )
    if held:
        yield held
    board = live.controllers.get(door.controller)
    if board is None or not board.up:
        yield "controller_down"
    else:
        if door.bolt is not None and not fresh(live, door.bolt, now):
            yield "bolt_not_read"
        if door.position is not None and not fresh(live, door.position, now):
            yield "position_not_read"
        elif says(live, door.position) is False:
            yield "stands_open"
    exercise = record.self_tests.exercises.get(name)
    if (
        exercise is not None
        and exercise.outcome == "not_proven"
        and not _secured_since(record, name, exercise.at)
    ):
        yield "exercise_not_proven"
    if _not_proven(record, name):
        yield "self_test_not_proven"
    if door.bolt is None:
        yield "no_bolt_sensor"


def _not_proven(record: Record, door: DoorId) -> bool:
    """By the last self-test, and not by a lock since. That a door stood open then, its own sensor says now."""
    last = record.self_tests.last
    outcome, code = ("", "") if last is None else last.others.get(_lock(door), ("", ""))
    return (
        last is not None
        and outcome == "not_proven"
        and code != "stands_open"
        and not _secured_since(record, door, last.at)
    )


def _lock(door: DoorId) -> LinkName:
    return link_name("lock", door)


def _secured_since(record: Record, door: DoorId, at: Instant) -> bool:
    secured = record.secured.get(door)
    return secured is not None and secured.utc_us > at.utc_us


def flags(state: State, door: DoorPlan) -> Iterator[tuple[FlagKey, tuple[str, ...]]]:
    """A door that would fail stands flagged until the next run says otherwise; one that stood open, until it is closed."""
    codes = state.record.dry_run.doors.get(door.id, ())
    if codes == ("stands_open",) and says(state.live, door.position) is not False:
        return
    if codes:
        yield ("would_not_lock", door.id), codes
