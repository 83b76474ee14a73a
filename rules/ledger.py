"""Keeps each door's live part up to date: what was sent, what its verdict is now, and when to look again."""

from collections.abc import Iterable
from typing import Final

from rules.altered import altered
from rules.evidence import age_us, read_of, sensors
from rules.interlock import Passed, judge, wanted
from rules.model.commands import Purpose
from rules.model.facts import Because, VerdictReached
from rules.model.ids import DoorId, IncidentId, ZoneId
from rules.model.moments import SECOND_US, Instant
from rules.model.verdicts import SECURED, Verdict, VerdictWord
from rules.plan import DoorPlan, Plan
from rules.state import CommandLive, DoorLive, Live, Record
from rules.step import Step
from rules.verdict import (
    BY_HAND_US,
    coil_differs,
    locking_incident,
    ordered_to_lock,
    proven,
    settled_at,
    verdict,
)

FIRST_RETRY_US: Final = SECOND_US // 2
LAST_RETRY_US: Final = 10 * SECOND_US
LATE_US: Final = 30 * SECOND_US
"""A board may still do what an older command left in its hands, behind a newer one that came by another connection."""
LOST_US: Final = 10 * SECOND_US
"""Every driver answers within its own time-out; a command silent for longer is taken for lost."""
LOOK_AGAIN_US: Final = 2 * SECOND_US
"""Each door is gone through at least this often, whatever else happens."""

TOLD: Final[frozenset[VerdictWord]] = frozenset({"forced", "egress", "opened", "stale"})
"""In quiet times only these enter the journal, and their end; ordinary door movement does not (contract section 6)."""


TOLD_EACH: Final = 8
_PENDING: Final = {
    (bolt, position): Verdict("pending", bolt=bolt, position=position)
    for bolt in (None, False, True)
    for position in (None, False, True)
}
ABOVE_PENDING: Final[frozenset[VerdictWord]] = TOLD | {"unknown", "ajar", "open"}


def retry_at(at: Instant, tries: int, last_us: int = LAST_RETRY_US) -> Instant:
    """When to assert again after `tries` assertions: 0.5 s, doubling."""
    return at.plus(min(FIRST_RETRY_US << min(tries - 1, 10), last_us))


def told(tries: int) -> bool:
    """Whether a repeated write enters the journal in quiet times: the first ones, then each doubling."""
    return tries <= TOLD_EACH or tries & (tries - 1) == 0


def on_the_wire(its: DoorLive, now: Instant) -> bool:
    """Whether a command is still to be answered."""
    return its.command is not None and its.command.ended is None and now.since(its.command.sent) <= LOST_US


def incident_of(step: Step, door: DoorPlan) -> IncidentId | None:
    """The live incident that a fact about this door belongs to."""
    order = step.record.orders.get(door.id)
    if order is not None and order.incident in step.record.incidents:
        return order.incident
    return locking_incident(step.plan, step.record, door)


def subject_of(step: Step, doors: Iterable[DoorId]) -> ZoneId:
    """The zone of doors that share one, else the campus."""
    zones = {step.plan.doors[door].zone for door in doors}
    return zones.pop() if len(zones) == 1 else step.plan.campus


def register(step: Step, passed: Passed[DoorId]) -> None:
    """Let the permits out and remember whose command each is."""
    if not passed.permits:
        return
    # First, for they go on the wire here; all that follows is bookkeeping.
    step.let_out(passed.permits)
    sent = {permit.id: tuple([drive.target for drive in permit.drives]) for permit in passed.permits}
    step.change(commands={**step.live.commands, **sent})


def ordered(step: Step, doors: Iterable[DoorId], passed: Passed[DoorId], purpose: Purpose) -> None:
    """A new order's first commands went out. Written for speed: this stands between a press and the wire."""
    at, next_try = step.at, retry_at(step.at, 1)
    sent = {command: CommandLive(command, purpose, at) for command in passed.ids}
    for one in doors:
        its = step.door(one)
        stays = purpose == "lock" or not _unlocks(step.plan.doors[one], purpose)
        was = its.verdict
        if purpose == "lock" and was.word not in ABOVE_PENDING:
            # All else is looked at with the next tick.
            was = _PENDING[was.bolt, was.position]
        now = DoorLive(
            command=sent[passed.commands[one]],
            tries=1,
            next_try=next_try,
            locked=its.locked and stays,
            unthrown=its.unthrown if stays else None,
            left=its.left,
            left_at=its.left_at,
            may_land=its.may_land,
            verdict=was,
            verdict_at=its.verdict_at,
            commanded=at,
        )
        step.set_door(one, now)


def asserted(
    step: Step, door: DoorPlan, passed: Passed[DoorId], purpose: Purpose, last_us: int = LAST_RETRY_US
) -> None:
    """The standing order's value went out once more."""
    its = step.door(door.id)
    unlocking = _unlocks(door, purpose)
    step.set_door(
        door.id,
        altered(
            its,
            command=CommandLive(passed.commands[door.id], purpose, step.at),
            held="",
            tries=its.tries + 1,
            next_try=retry_at(step.at, its.tries + 1, last_us),
            locked=its.locked and not unlocking,
            unthrown=None if unlocking else its.unthrown,
            commanded=step.at if its.commanded is None else its.commanded,
            due=None,
        ),
    )


def _unlocks(door: DoorPlan, purpose: Purpose) -> bool:
    at_rest = door.hardware is not None and door.hardware.rest == "unlocked"
    return purpose == "free" or (purpose == "rest" and at_rest)


def to_assert(
    plan: Plan, record: Record, live: Live, door: DoorPlan, its: DoorLive, now: Instant
) -> Purpose | None:
    """What of the standing order is to be written again, once its time has come; None: nothing, or not by us."""
    order = record.orders.get(door.id)
    if order is None or order.word == "free" or on_the_wire(its, now):
        return None
    if order.word == "rest":
        last = its.command
        failed = last is not None and last.purpose == "rest" and last.ending != "written"
        late = its.may_land is not None and now.since(its.may_land) <= LATE_US
        return (
            "rest" if its.held or failed or (late and coil_differs(plan, record, live, door, now)) else None
        )
    if not ordered_to_lock(plan, record, door):
        return None
    waits = its.verdict.word == "pending" and its.written is not None
    return None if not its.held and (waits or proven(its.verdict, its)) else "lock"


# --- verdicts --------------------------------------------------------------------------------


def review(step: Step, doors: Iterable[DoorId], because: str) -> None:
    """Bring the verdicts of these doors up to date and enter what changed."""
    live = step.live
    for one in doors:
        door = step.plan.doors[one]
        its = live.doors.get(one, DoorLive())
        held = _held(step, live, door, its)
        if held != its.held:
            its = altered(its, held=held)
            step.set_door(one, its)
            live = step.live
        was, now = its.verdict, verdict(step.plan, step.record, live, one, step.at)
        changed = its
        if (was.word, was.by, was.code) != (now.word, now.by, now.code):
            changed = _reached(altered(its, verdict=now, verdict_at=step.at), door, live)
            if _enters(step, door, was, now):
                age = age_us(live, door, step.at)
                fact = VerdictReached(one, now.word, now.by, now.code, now.bolt, now.position, age)
                step.write(fact, one, incident=incident_of(step, door), because=Because(because))
        elif now != was:
            changed = altered(its, verdict=now)
        due = _due(step, live, door, changed)
        # A scan only puts off what is due: an earlier look finds nothing and is cheaper than a write each time.
        if changed is not its or its.due is None or its.due <= step.at.mono_us or due < its.due:
            step.set_door(one, altered(changed, due=due))


def _held(step: Step, live: Live, door: DoorPlan, its: DoorLive) -> str:
    """A door freed by the fire rule counts as commanded to lock during a lockdown, and as held by the interlock."""
    order = step.record.orders.get(door.id)
    if order is None or order.word != "free":
        return its.held
    drive = wanted(door, "lock")
    if drive is None or not ordered_to_lock(step.plan, step.record, door):
        return ""
    return judge(step.plan, step.record, live, door, drive, "lock", step.at)


def _reached(its: DoorLive, door: DoorPlan, live: Live) -> DoorLive:
    if its.verdict.word not in SECURED and its.verdict.word != "unconfirmed":
        return its
    if its.written is None or its.bolt_at is not None or its.position_at is not None:
        return its
    bolt = None if door.bolt is None else read_of(live, door.bolt.point)
    position = None if door.position is None else read_of(live, door.position.point)
    return altered(
        its,
        bolt_at=None if bolt is None else bolt.at,
        position_at=None if position is None else position.at,
    )


def _enters(step: Step, door: DoorPlan, was: Verdict, now: Verdict) -> bool:
    told = now.word in TOLD or was.word in TOLD
    if now.word == "pending":
        return told
    # A silent incident makes no row that names no incident: those rows would tell of it.
    shown = any(not one.silent for one in step.record.incidents.values())
    return told or shown or ordered_to_lock(step.plan, step.record, door)


def _due(step: Step, live: Live, door: DoorPlan, its: DoorLive) -> int:
    """Monotonic microseconds of the next moment at which time alone may change something."""
    now = step.at.mono_us
    moments = [now + LOOK_AGAIN_US]
    for sensor in sensors(door):
        read = read_of(live, sensor.point)
        if read is not None:
            moments.append(read.at.mono_us + sensor.freshness_us + 1)
    settled = settled_at(door, its)
    if settled is not None:
        moments.append(settled.mono_us)
    if its.unthrown is not None:
        moments.append(its.unthrown.mono_us + BY_HAND_US)
    if its.command is not None and its.command.ended is None:
        moments.append(its.command.sent.mono_us + LOST_US + 1)
    due = min(moment for moment in moments if moment > now)
    if to_assert(step.plan, step.record, live, door, its, step.at) is None:
        return due
    return now if its.held or its.next_try is None else min(due, max(now, its.next_try.mono_us))
