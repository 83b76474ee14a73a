"""Locks exercised out of hours, with nobody there: told to lock, proven by their own sensors, and back at their rest.

Issue 4, D11. One door at a time on each controller, in the hours that its commissioning record names, by a clock that
is sure; each command passes the interlock for itself. Whatever happens at the door stops it, and any newer command to
the door ends it: the last one counts.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from rules import interlock
from rules.evidence import fresh, read_back, read_of, says, sensors
from rules.ledger import on_the_wire, register, review, told
from rules.model.facts import Because
from rules.model.ids import CommandId, DoorId
from rules.model.moments import MINUTE_US, SECOND_US, Instant
from rules.model.selftest import Outcome
from rules.model.selftest_facts import DoorExercised
from rules.plan import DoorPlan, Hours, Plan, Sensor
from rules.prepared import OncePerPlan
from rules.selftest_state import (
    ExerciseLive,
    ExerciseMemory,
)
from rules.silence import settled
from rules.state import (
    CommandLive,
    Live,
    LocalClock,
    State,
)
from rules.step import Step

PROVE_US: Final = 3 * SECOND_US
"""After its travel a bolt is read within this, or it is not proven: a board is read closely after a command."""
BACK_US: Final = 10 * SECOND_US
"""A door that is not proven back at its rest by then is a flag; it is tried again for as long as nothing else is asked."""
AGAIN_US: Final = 5 * SECOND_US
LONGEST_AGAIN_US: Final = 10 * MINUTE_US
KEPT_FROM_US: Final = 30 * MINUTE_US
KEPT_FROM: Final = frozenset(
    {
        "clock_unsure",
        "interrupted",
        "needed_otherwise",
        "not_closed",
        "not_its_hours",
        "safe_mode",
        "superseded",
        "way_out_not_quiet",
    }
)
"""What stops an exercise and says nothing against the lock."""
DAY_MINUTES: Final = 24 * 60
FlagKey = tuple[str, str]


def _exercised(plan: Plan) -> tuple[DoorPlan, ...]:
    """The doors whose record names hours. An exterior one that does is refused by the interlock, and told of."""
    return tuple(
        door
        for door in plan.doors.values()
        if door.hardware is not None and door.hardware.self_test is not None
    )


exercised: Final = OncePerPlan(_exercised)


# --- when ------------------------------------------------------------------------------------


def begin(step: Step) -> None:
    """Begin with the doors whose time has come: after the campus's clock was told, or when another door is done."""
    if not settled(step.live):
        return
    for one, memory in step.record.self_tests.exercises.items():
        if memory.step != "ended" and one not in step.live.exercises:
            _take_up(step, one, memory)
    clock = step.live.clock
    if clock is None or clock.attended or step.live.self_test is not None:
        # While somebody releases doors, nothing moves that they did not name.
        return
    under_way = step.live.exercises
    busy = {door.controller for one in under_way if (door := step.plan.doors.get(one)) is not None}
    for door in exercised(step.plan):
        if door.controller in busy or not _due(step, door, clock) or not _ready(step, door):
            continue
        if _begun(step, door, _window(_hours(door), clock)):
            busy.add(door.controller)


def _hours(door: DoorPlan) -> Hours:
    hours = None if door.hardware is None else door.hardware.self_test
    return hours or Hours(0, 0)


def _window(hours: Hours, clock: LocalClock) -> int:
    """The local day on which the hours that hold this minute began."""
    over_midnight = hours.start_minute > hours.end_minute
    return clock.day - 1 if over_midnight and clock.minute < hours.end_minute else clock.day


def _due(step: Step, door: DoorPlan, clock: LocalClock) -> bool:
    """Once in its hours: from the time of the day's self-test where that lies in them, else from their beginning.

    Again after a while where something at the door or elsewhere kept it from being proven.
    """
    hours, at = _hours(door), step.plan.self_test_at
    if not interlock.within(hours, clock.minute):
        return False
    start = at if at is not None and interlock.within(hours, at) else hours.start_minute
    since_start = (clock.minute - hours.start_minute) % DAY_MINUTES
    if since_start < (start - hours.start_minute) % DAY_MINUTES:
        return False
    last = step.record.self_tests.exercises.get(door.id)
    if last is None or last.window != _window(hours, clock):
        # A night that is still to come was entered by a clock that was ahead: it stands for no other.
        return last is None or last.step == "ended"
    kept_from = last.step == "ended" and last.outcome == "untestable"
    return kept_from and step.at.utc_us - last.at.utc_us >= KEPT_FROM_US


def _ready(step: Step, door: DoorPlan) -> bool:
    """Whether it stands closed at its rest, with a bolt sensor to prove anything by, and nothing of ours on its way."""
    its, live, now = step.door(door.id), step.live, step.at
    if door.bolt is None or door.lock is None or its.left is not None or on_the_wire(its, now):
        return False
    coil = read_back(live, door.lock.point, now)
    if coil is None or not fresh(live, door.bolt, now):
        return False
    at_rest = _rests_locked(door)
    return says(live, door.bolt) is at_rest and ((coil.value != 0) == door.lock.locked_when) is at_rest


def _rests_locked(door: DoorPlan) -> bool:
    return door.hardware is not None and door.hardware.rest == "locked"


def _begun(step: Step, door: DoorPlan, window: int) -> bool:
    passed = interlock.exercise_permits(step, door, lock=True)
    if not passed.permits:
        return False
    _send(step, door, passed)
    live = ExerciseLive(window, "locking", step.at, passed.commands[door.id])
    _set(step, door.id, live)
    _write(step, door.id, live, passed.ids)
    return True


def _take_up(step: Step, one: DoorId, memory: ExerciseMemory) -> None:
    """The box stopped in the middle: whatever the door was told last, it goes back to its rest."""
    live = ExerciseLive(memory.window, "returning", step.at, why="interrupted")
    door, order = step.plan.doors.get(one), step.record.orders.get(one)
    if door is None or _rests_locked(door) or (order is not None and order.since.utc_us > memory.at.utc_us):
        _end(step, one, live)
    else:
        _set(step, one, live)


# --- going on --------------------------------------------------------------------------------


def sweep(step: Step) -> None:
    """Go on with each door that is being exercised."""
    under_way = step.live.exercises
    if not under_way:
        return
    for one, live in under_way.items():
        door = step.plan.doors.get(one)
        if door is None or _superseded(step, door, live):
            # What came after it counts, and is proven by its own rules.
            _end(step, one, replace(live, why=live.why or "superseded"))
        elif live.step == "locking":
            _locking(step, door, live)
        else:
            _returning(step, door, live)
    if len(step.live.exercises) < len(under_way):
        begin(step)


def _superseded(step: Step, door: DoorPlan, live: ExerciseLive) -> bool:
    """Whether any other command went to the door since, or an order for it stands."""
    order = step.record.orders.get(door.id)
    if order is not None and order.word != "rest":
        return True
    last = step.door(door.id).command
    return live.command is not None and (last is None or last.id != live.command)


def _locking(step: Step, door: DoorPlan, live: ExerciseLive) -> None:
    its = step.door(door.id)
    ended = None if its.command is None else its.command.ended
    stopped = interlock.exercise_refusal(step, door, lock=True)
    clock = step.live.clock
    if stopped or (clock is not None and clock.attended):
        _turn_back(step, door, replace(live, why=stopped or "needed_otherwise"))
    elif ended is None:
        if not on_the_wire(its, step.at):
            _turn_back(step, door, replace(live, why="no_answer"))
    elif its.command is not None and its.command.ending != "written":
        _turn_back(step, door, replace(live, why=its.command.code or str(its.command.ending)))
    elif _proven(step, door, ended, locked=True):
        _turn_back(step, door, replace(live, locked=True))
    elif step.at.since(_settled_at(door, ended)) > PROVE_US:
        _turn_back(step, door, replace(live, why="bolt_not_thrown"))


def _turn_back(step: Step, door: DoorPlan, live: ExerciseLive) -> None:
    if _rests_locked(door):
        _end(step, door.id, live)
        return
    back = replace(live, step="returning", since=step.at, command=None)
    _set(step, door.id, back)
    _returning(step, door, back)


def _returning(step: Step, door: DoorPlan, live: ExerciseLive) -> None:
    """Back to its rest, again and again until its sensors say so; ever more seldom, and told of no more often."""
    before, last = live, step.door(door.id).command
    if live.command is not None and last is not None:
        if last.ended is not None and _proven(step, door, last.ended, locked=False):
            _end(step, door.id, live)
            return
        if step.at.since(last.sent) > min(AGAIN_US << min(live.tries - 1, 10), LONGEST_AGAIN_US):
            live = replace(live, command=None)
    if live.command is None:
        passed = interlock.exercise_permits(step, door, lock=False)
        if passed.permits:
            _send(step, door, passed)
            live = replace(live, command=passed.commands[door.id], tries=live.tries + 1)
            if told(live.tries):
                _write(step, door.id, live, passed.ids)
    if live.step == "returning" and step.at.since(live.since) > BACK_US:
        live = replace(live, step="not_back")
        _write(step, door.id, live, ())
    if live is not before:
        _set(step, door.id, live)


def _proven(step: Step, door: DoorPlan, ended: Instant, *, locked: bool) -> bool:
    """Whether every sensor, and the lock's own read-back, were read after the command and the travel, and say so."""
    since = _settled_at(door, ended)
    if door.lock is None:
        return False
    points = (door.lock.point, *(one.point for one in sensors(door)))
    reads = [read_of(step.live, one) for one in points]
    if not all(read is not None and read.at.since(since) > 0 for read in reads):
        return False
    as_told = says(step.live, Sensor(door.lock.point, door.lock.locked_when, 0)) is locked
    open_ = locked and says(step.live, door.position) is False
    return as_told and says(step.live, door.bolt) is locked and not open_


def _settled_at(door: DoorPlan, ended: Instant) -> Instant:
    return ended.plus(0 if door.hardware is None else door.hardware.travel_us)


def _so_far(live: ExerciseLive) -> tuple[Outcome, str]:
    """What is known of its lock by now. What kept it from being tried says nothing against it."""
    if live.step == "not_back":
        return "not_proven", "not_back"
    if live.locked:
        return "proven", ""
    failed = live.why and live.why not in KEPT_FROM
    return ("not_proven" if failed else "untestable"), live.why


def _end(step: Step, one: DoorId, live: ExerciseLive) -> None:
    step.change(exercises={other: its for other, its in step.live.exercises.items() if other != one})
    _write(step, one, replace(live, step="ended"), ())
    if one in step.plan.doors:
        review(step, [one], "self_test")


def _send(step: Step, door: DoorPlan, passed: interlock.Passed[DoorId]) -> None:
    """Let the one command out; a way back to rest is ours, so that a bolt that goes back by it was not drawn by hand."""
    register(step, passed)
    its = step.door(door.id)
    locked, unthrown = (its.locked, its.unthrown) if _rests_locked(door) else (False, None)
    sent = CommandLive(passed.commands[door.id], "self_test", step.at)
    step.set_door(door.id, replace(its, command=sent, locked=locked, unthrown=unthrown, due=None))


def _set(step: Step, one: DoorId, live: ExerciseLive) -> None:
    step.change(exercises={**step.live.exercises, one: live})


def _write(step: Step, one: DoorId, live: ExerciseLive, commands: tuple[CommandId, ...]) -> None:
    fact = DoorExercised(one, live.window, live.step, *_so_far(live), commands)
    step.write(fact, one, because=Because("self_test"))


# --- shortcomings ----------------------------------------------------------------------------


def flags(plan: Plan, state: State) -> Iterator[tuple[FlagKey, tuple[str, ...]]]:
    """Locks that were not proven by their last exercise, or are not back at their rest; and those left out last night."""
    tests = state.record.self_tests
    for door in exercised(plan):
        last = tests.exercises.get(door.id)
        if last is not None and last.step == "not_back":
            yield ("lock_not_back", door.id), ()
        elif last is not None and last.outcome == "not_proven" and not _secured_since(state, door, last):
            yield ("lock_not_exercised", door.id), (last.code,)
        elif _missed(door, state.live, _last_window(tests.since, last)):
            yield ("exercise_missed", door.id), (_why_missed(door, state.live, last),)


def _last_window(since: int | None, last: ExerciseMemory | None) -> int | None:
    """The last night of which nothing more is to be told: a later one that said nothing of the lock makes up for none."""
    if last is not None and last.told is not None:
        return last.told
    if since is not None:
        return since - 1
    return None if last is None else last.window - 1


def _why_missed(door: DoorPlan, live: Live, last: ExerciseMemory | None) -> str:
    """A clock that is not sure stops it before anything is tried, so that no exercise tells of it."""
    if interlock.not_now(door, live, live.now) == "clock_unsure":
        return "clock_unsure"
    return "" if last is None else last.code


def _secured_since(state: State, door: DoorPlan, last: ExerciseMemory) -> bool:
    secured = state.record.secured.get(door.id)
    return secured is not None and secured.utc_us > last.at.utc_us


def _missed(door: DoorPlan, live: Live, window: int | None) -> bool:
    """Whether hours of it went by since `window` and it was not exercised in them."""
    clock, hours = live.clock, _hours(door)
    if clock is None or window is None:
        return False
    over = clock.minute >= hours.end_minute
    last_whole = clock.day - (0 if over else 1) - (1 if hours.start_minute > hours.end_minute else 0)
    # One that is still to come was entered by a clock that was ahead, and tells of no night that was.
    return window < last_whole or window > clock.day
