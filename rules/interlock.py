"""What no command gets past: the only place that makes a permit.

`../reference/inspections.md` part D (egress law), contract section 3 (Fire, Leaving) and issue 2 E19.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Final, Generic, TypeVar

from rules.contacts import InputState, guarded_state, last_active
from rules.evidence import fresh, read_back, says
from rules.model.commands import Drive, Permit, Purpose
from rules.model.ids import CommandId, ControllerId, DoorId, InputId, OutputId
from rules.model.kinds import Test
from rules.model.moments import SECOND_US, Instant
from rules.model.seal import SEAL
from rules.model.values import dataclass
from rules.plan import SWITCHED, DoorPlan, Hardware, Hours, Lock, OutputPlan, Plan
from rules.prepared import OncePerPlan
from rules.state import Live, Record
from rules.step import Step

EXIT_BUTTON_US: Final = 30 * SECOND_US
"""Contract section 3, Leaving; the model codes' 30 s after a push-to-exit button."""

CLOCK_TOLD_US: Final = 90 * SECOND_US
"""The campus's clock is told every ten seconds; one that has not been for this long is not known."""

Target = TypeVar("Target", DoorId, OutputId)


@dataclass(frozen=True, slots=True)
class Passed(Generic[Target]):
    """What the interlock lets out: a permit for each controller, and who is held, why."""

    permits: tuple[Permit, ...] = ()
    held: tuple[tuple[Target, str], ...] = ()
    _commands: dict[str, CommandId] = field(default_factory=dict, repr=False, compare=False)

    @property
    def commands(self) -> Mapping[str, CommandId]:
        """The command of each target. Worked out once the permits have gone: it takes longer than judging them."""
        if not self._commands:
            self._commands.update((drive.target, one.id) for one in self.permits for drive in one.drives)
        return self._commands

    @property
    def ids(self) -> tuple[CommandId, ...]:
        """The commands, in order."""
        return tuple(permit.id for permit in self.permits)

    def command(self, target: Target) -> CommandId | None:
        """The command that drives a target; None: held."""
        return self.commands.get(target)


# --- what a record means ---------------------------------------------------------------------


def energises(hardware: Hardware, on: bool) -> bool:
    """Whether a coil's value puts power on the lock (contract section 3, Contradictions)."""
    return on == (hardware.relay == "no")


def covered(door: DoorPlan) -> bool:
    """Whether the fire rule frees this lock: each magnet, each not free-mechanical, each stair door locked on the stair side."""
    hardware = door.hardware
    if hardware is None or not door.fire:
        return False
    stair = hardware.stair is not None and hardware.stair.side == "stair"
    return hardware.type == "maglock" or hardware.egress != "free-mechanical" or stair


def latches(door: DoorPlan) -> bool:
    """Whether the fire rule de-energises this lock so that its door latches: a fire-rated strike or latch retraction."""
    hardware = door.hardware
    if hardware is None or not door.fire or covered(door):
        return False
    return hardware.fire_rated and hardware.type in ("strike", "panic-latch-retraction")


def wanted(door: DoorPlan, purpose: Purpose) -> Drive | None:
    """The drive that a purpose means for a door; None: no lock point or no record.

    A self-test ends where it began: what it means is the door's rest.
    """
    if door.lock is None or door.hardware is None:
        return None
    at_rest = purpose in ("rest", "self_test")
    locked = purpose == "lock" or (at_rest and door.hardware.rest == "locked")
    return Drive(door.id, door.lock.point, door.lock.locked_when == locked)


# --- judging ---------------------------------------------------------------------------------


def judge(
    plan: Plan,
    record: Record,
    live: Live,
    door: DoorPlan,
    drive: Drive,
    purpose: Purpose,
    now: Instant,
    named: frozenset[DoorId] = frozenset(),
) -> str:
    """`""` if this drive may go out for this purpose now, else the code of why not.

    named: the doors a person named for this very command, or pressed for.
    """
    hardware, lock = door.hardware, door.lock
    if hardware is None or lock is None:
        return "no_record"
    refused = _by_record(plan, door, hardware, lock, drive, purpose, named)
    if purpose == "self_test":
        refused = refused or _unattended(plan, record, live, door, drive.on == lock.locked_when, now)
    return refused or _by_what_is_live(plan, record, live, door, hardware, lock, drive, now, named)


def undrivable(plan: Plan, door: DoorPlan, purpose: Purpose = "free") -> str:
    """`""` if a door's record lets it be driven for this purpose, whatever is live, else the code of why not."""
    drive = wanted(door, purpose)
    if drive is None or door.hardware is None or door.lock is None:
        return "no_record"
    return _by_record(plan, door, door.hardware, door.lock, drive, purpose, frozenset())


def _by_record(
    plan: Plan,
    door: DoorPlan,
    hardware: Hardware,
    lock: Lock,
    drive: Drive,
    purpose: Purpose,
    named: frozenset[DoorId],
) -> str:
    """What a door's record and the command itself say against it, whatever is live."""
    if door.defects:
        return door.defects[0]
    if drive.target != door.id or drive.point != lock.point or drive.point.controller not in plan.controllers:
        return "unnamed_coil"
    if plan.controllers[drive.point.controller].mounted == "attack-side":
        return "attack_side"
    locking = drive.on == lock.locked_when
    match purpose:
        case "lock":
            wrong = "" if locking else "not_locked_value"
        case "rest":
            at_rest = locking == (hardware.rest == "locked")
            wrong = "not_named" if door.id not in named else "" if at_rest else "not_rest_value"
        case "free":
            wrong = "not_free_value" if locking else ""
        case "self_test":
            wrong = _never_unattended(door, hardware, locking)
        case _:
            wrong = "not_a_lock_purpose"
    if wrong:
        return wrong
    delayed = hardware.type == "delayed-egress" or hardware.egress == "delayed"
    return "delayed_egress" if delayed and locking else ""


def _never_unattended(door: DoorPlan, hardware: Hardware, locking: bool) -> str:
    """What a door's record says against exercising its lock with nobody there, whatever is live."""
    if door.kind == "exterior":
        return "exterior_unattended"
    if hardware.self_test is None:
        return "not_exercised"
    return "not_rest_value" if not locking and hardware.rest == "locked" else ""


def _unattended(plan: Plan, record: Record, live: Live, door: DoorPlan, locking: bool, now: Instant) -> str:
    """What is live against it. The way back to rest asks less: neither hours nor a closed door."""
    order = record.orders.get(door.id)
    if record.incidents or (order is not None and order.word != "rest"):
        # One word for all of it: another one for a silent incident would tell of it.
        return "needed_otherwise"
    if "safe_mode" in live.conditions:
        return "safe_mode"
    if not locking:
        return ""
    code = not_now(door, live, now)
    if code:
        return code
    ways = _said(plan, live, (*door.rex, *door.exit_buttons, *door.fire), now)
    if not ways <= {"quiet"}:
        return "way_out_not_quiet"
    board = live.controllers.get(door.controller)
    closed = door.position is None or (fresh(live, door.position, now) and says(live, door.position))
    return "" if closed and board is not None and board.up else "not_closed"


def within(hours: Hours, minute: int) -> bool:
    """Whether a local minute of the day lies in these hours, which may go over midnight."""
    if hours.start_minute < hours.end_minute:
        return hours.start_minute <= minute < hours.end_minute
    return minute >= hours.start_minute or minute < hours.end_minute


def not_now(door: DoorPlan, live: Live, now: Instant) -> str:
    """`""` in the hours in which this lock may be exercised, by a clock that is sure; else why not."""
    hours = None if door.hardware is None else door.hardware.self_test
    clock = live.clock
    if hours is None:
        return "not_exercised"
    if clock is None or not clock.sure or now.since(clock.at) > CLOCK_TOLD_US:
        return "clock_unsure"
    return "" if within(hours, clock.minute) else "not_its_hours"


def _by_what_is_live(
    plan: Plan,
    record: Record,
    live: Live,
    door: DoorPlan,
    hardware: Hardware,
    lock: Lock,
    drive: Drive,
    now: Instant,
    named: frozenset[DoorId],
) -> str:
    locking = drive.on == lock.locked_when
    # What a covered lock is freed by is never held back, whichever way its relay is wired.
    freed = covered(door) and locking
    if freed or (latches(door) and energises(hardware, drive.on)):
        states = _said(plan, live, door.fire, now)
        # A fire door that stays latched is not one that stays free: whoever releases it is told which.
        code = _worst(states, "fire" if locking else "latched")
        if code:
            return code
        order = record.orders.get(door.id)
        if freed and order is not None and order.word == "free" and door.id not in named:
            return "fire_freed"
    # F16, of a lock that its lever opens. Active alone: what nobody can read keeps no room from being locked.
    elif locking and energises(hardware, drive.on) and "active" in _said(plan, live, door.fire, now):
        return "fire_waits"
    if locking and hardware.egress != "free-mechanical":
        return _leaving(plan, live, door, now)
    return ""


def _said(plan: Plan, live: Live, inputs: Iterable[InputId], now: Instant) -> set[InputState]:
    return {guarded_state(plan, live, one, now) for one in inputs}


def _leaving(plan: Plan, live: Live, door: DoorPlan, now: Instant) -> str:
    states = _said(plan, live, (*door.rex, *door.exit_buttons), now)
    if "active" in states:
        return "leaving_active"
    if not states <= {"quiet"}:
        return "leaving_unsure"
    for one in door.exit_buttons:
        seen = (last_active(plan, live, one), live.exits.get(one), live.exits_unseen)
        if any(at is not None and now.since(at) <= EXIT_BUTTON_US for at in seen):
            return "leaving_delay"
    return ""


def _worst(states: set[InputState], what: str) -> str:
    order: tuple[InputState, ...] = ("active", "unsure", "unread")
    return next((f"{what}_{state}" for state in order if state in states), "")


# --- prepared ahead --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Ready:
    """A lock that its record lets us lock, and whether anything live could speak against it."""

    door: DoorPlan
    hardware: Hardware
    lock: Lock
    drive: Drive
    live: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """Doors to be locked, grouped by controller: its drives as they go out if nothing live speaks against one.

    named: all of them.
    """

    boards: tuple[tuple[ControllerId, tuple[Drive, ...], tuple[_Ready, ...]], ...]
    held: tuple[tuple[DoorId, str], ...]
    named: frozenset[DoorId]


def _ready(plan: Plan) -> Mapping[DoorId, _Ready | str]:
    """Each door, or the code of why its record is never locked."""
    ready: dict[DoorId, _Ready | str] = {}
    for door in plan.doors.values():
        hardware, lock, drive = door.hardware, door.lock, wanted(door, "lock")
        if hardware is None or lock is None or drive is None:
            ready[door.id] = "no_record"
            continue
        refused = _by_record(plan, door, hardware, lock, drive, "lock", frozenset())
        powered = bool(door.fire) and energises(hardware, drive.on)
        live = powered or covered(door) or latches(door) or hardware.egress != "free-mechanical"
        ready[door.id] = refused or _Ready(door, hardware, lock, drive, live)
    return ready


def _lockdowns(plan: Plan) -> dict[tuple[DoorId, ...], Prepared]:
    return {}


_ready_of: Final[Callable[[Plan], Mapping[DoorId, _Ready | str]]] = OncePerPlan(_ready)
_lockdowns_of: Final[Callable[[Plan], dict[tuple[DoorId, ...], Prepared]]] = OncePerPlan(_lockdowns)
LOCKDOWNS_KEPT: Final = 64


def prepared_lockdown(plan: Plan, doors: tuple[DoorId, ...]) -> Prepared:
    """The lock commands of these doors, judged by their records ahead of time and kept for the next call."""
    known = _lockdowns_of(plan)
    found = known.get(doors)
    if found is None:
        found = _prepare(plan, doors)
        if len(known) < LOCKDOWNS_KEPT:
            known[doors] = found
    return found


def _prepare(plan: Plan, doors: tuple[DoorId, ...]) -> Prepared:
    ready = _ready_of(plan)
    boards: dict[ControllerId, list[tuple[Drive, _Ready]]] = {}
    held: list[tuple[DoorId, str]] = []
    for door in dict.fromkeys(doors):
        if isinstance(its := ready.get(door, "unknown_door"), str):
            held.append((door, its))
        else:
            boards.setdefault(its.drive.point.controller, []).append((its.drive, its))
    for pairs in boards.values():
        pairs.sort(key=lambda pair: pair[0].point.number)
    return Prepared(
        tuple(
            (board, tuple(drive for drive, _ in pairs), tuple(its for _, its in pairs if its.live))
            for board, pairs in boards.items()
        ),
        tuple(held),
        frozenset(doors),
    )


# --- permits ---------------------------------------------------------------------------------


def permits(
    step: Step,
    doors: tuple[DoorId, ...],
    purpose: Purpose,
    named: frozenset[DoorId] = frozenset(),
) -> Passed[DoorId]:
    """One permit for each controller with the drives that passed; the rest is held. Nothing is let out by this alone."""
    if purpose == "lock":
        return _locked(step, prepared_lockdown(step.plan, doors), named)
    boards: dict[ControllerId, list[Drive]] = {}
    held: list[tuple[DoorId, str]] = []
    for one in dict.fromkeys(doors):
        door = step.plan.doors.get(one)
        drive = None if door is None else wanted(door, purpose)
        if door is None or drive is None:
            held.append((one, "unknown_door" if door is None else "no_record"))
            continue
        code = judge(step.plan, step.record, step.live, door, drive, purpose, step.at, named)
        if code:
            held.append((one, code))
        else:
            boards.setdefault(drive.point.controller, []).append(drive)
    out = tuple((board, _by_number(drives)) for board, drives in boards.items())
    return _sealed(step, purpose, out, tuple(held))


def named_locks(step: Step, doors: tuple[DoorId, ...]) -> Passed[DoorId]:
    """The same of doors that a person names, or presses for, to be locked now."""
    ready = prepared_lockdown(step.plan, doors)
    return _locked(step, ready, ready.named)


def _locked(step: Step, ready: Prepared, named: frozenset[DoorId]) -> Passed[DoorId]:
    held: list[tuple[DoorId, str]] = list(ready.held)
    out: list[tuple[ControllerId, tuple[Drive, ...]]] = []
    live = step.live
    for board, drives, watched in ready.boards:
        back: set[DoorId] = set()
        for its in watched:
            code = _by_what_is_live(
                step.plan, step.record, live, its.door, its.hardware, its.lock, its.drive, step.at, named
            )
            if code:
                back.add(its.door.id)
                held.append((its.door.id, code))
        left = tuple(drive for drive in drives if drive.target not in back) if back else drives
        if left:
            out.append((board, left))
    return _sealed(step, "lock", tuple(out), tuple(held))


def bare_permits(step: Step, doors: Iterable[DoorId]) -> Passed[DoorId]:
    """Only the free-mechanical doors that lock by losing power, by their records alone: for when `permits` itself raised."""
    boards: dict[ControllerId, list[Drive]] = {}
    held: list[tuple[DoorId, str]] = []
    for one in dict.fromkeys(doors):
        door = step.plan.doors.get(one)
        drive = None if door is None else wanted(door, "lock")
        if door is None or drive is None or door.hardware is None:
            held.append((one, "no_record"))
            continue
        code = undrivable(step.plan, door, "lock")
        free = door.hardware.egress == "free-mechanical" and not covered(door)
        if not code and (not free or energises(door.hardware, drive.on)):
            code = "interlock_failed"
        if code:
            held.append((one, code))
        else:
            boards.setdefault(drive.point.controller, []).append(drive)
    out = tuple((board, _by_number(drives)) for board, drives in boards.items())
    return _sealed(step, "lock", out, tuple(held))


def output_refusal(plan: Plan, output: OutputPlan) -> str:
    """`""` if an on-site output may be switched, else the code of why not."""
    point = output.point
    if output.driver not in SWITCHED or point is None or point.controller not in plan.controllers:
        return "no_coil"
    if not output.commissioned:
        return "not_commissioned"
    if point in _lock_points(plan):
        return "coil_of_a_lock"
    return ""


def output_permits(step: Step, outputs: Iterable[OutputId], on: bool) -> Passed[OutputId]:
    """One permit for each controller of the named outputs that may be switched."""
    boards: dict[ControllerId, list[Drive]] = {}
    held: list[tuple[OutputId, str]] = []
    for one in dict.fromkeys(outputs):
        output = step.plan.outputs.get(one)
        code = "unknown_output" if output is None else output_refusal(step.plan, output)
        if output is None or output.point is None or code:
            held.append((one, code))
        else:
            drive = Drive(output.id, output.point, on)
            boards.setdefault(output.point.controller, []).append(drive)
    out = tuple((board, _by_number(drives)) for board, drives in boards.items())
    return _sealed(step, "output", out, tuple(held))


def exercise_refusal(step: Step, door: DoorPlan, *, lock: bool) -> str:
    """`""` if a lock may be exercised now, told to lock or to go back to its rest, else the code of why not."""
    drive = wanted(door, "lock" if lock else "self_test")
    if drive is None:
        return "no_record"
    return judge(step.plan, step.record, step.live, door, drive, "self_test", step.at)


def exercise_permits(step: Step, door: DoorPlan, *, lock: bool) -> Passed[DoorId]:
    """The one command of a lock that is exercised: lock, or back to rest; held where it is not to be now."""
    drive = wanted(door, "lock" if lock else "self_test")
    code = exercise_refusal(step, door, lock=lock)
    if drive is None or code:
        return Passed(held=((door.id, code),))
    return _sealed(step, "self_test", ((drive.point.controller, (drive,)),), ())


def output_test_permits(step: Step, output: OutputPlan, kind: Test) -> Passed[OutputId]:
    """One write of the value that an output has, which must be off: nothing is seen or heard of it. kind: no other.

    Held: what is on, by us or by others, or was not read back now: what would be written could change it.
    """
    code, point = output_refusal(step.plan, output), output.point
    if not code and point is not None:
        read = read_back(step.live, point, step.at)
        code = "not_read_back" if read is None else "reads_on" if read.value else ""
    if code or point is None or output.id in step.record.outputs_on:
        return Passed(held=((output.id, code or "reads_on"),))
    board = ((point.controller, (Drive(output.id, point, False),)),)
    return _sealed(step, "self_test", board, ())


def _sealed(
    step: Step,
    purpose: Purpose,
    boards: tuple[tuple[ControllerId, tuple[Drive, ...]], ...],
    held: tuple[tuple[Target, str], ...],
) -> Passed[Target]:
    commands = zip(step.next_commands(len(boards)), boards, strict=True)
    return Passed(
        tuple([Permit(command, board, purpose, drives, SEAL) for command, (board, drives) in commands]), held
    )


def _by_number(drives: list[Drive]) -> tuple[Drive, ...]:
    return tuple(sorted(drives, key=lambda drive: drive.point.number))


_lock_points: Final = OncePerPlan(
    lambda plan: frozenset(door.lock.point for door in plan.doors.values() if door.lock is not None)
)
