"""How a door leaves its locked state unasked: through its own way out, forced, or opened. Contract section 1."""

from dataclasses import replace
from typing import Final

from rules.contacts import input_fresh, last_active
from rules.evidence import fresh, read_back, read_of, says
from rules.model.moments import SECOND_US, Instant
from rules.plan import DoorPlan, Plan, Sensor
from rules.state import DoorLive, Left, Live, Record
from rules.verdict import BY_HAND_US, ordered_to_lock

EXIT_BEFORE_US: Final = 5 * SECOND_US
"""From a hand in the REX's field, or on the bar, to the door seen open."""
EXIT_AFTER_US: Final = SECOND_US
"""A REX on another controller is read later than the opening it explains."""
SETTLING_US: Final = 2 * SECOND_US
"""After an unlocking write and the travel, a bolt still read thrown is locked and not on its way."""


def followed(plan: Plan, record: Record, live: Live, door: DoorPlan, now: Instant) -> DoorLive:
    """The door's live part after its evidence, or a REX of it, was read."""
    its = live.doors.get(door.id, DoorLive())
    closed = _fresh_says(live, door.position, now)
    if its.left is not None and its.left_at is not None:
        if not closed:
            explained = its.left != "egress" and _through_own_exit(plan, live, door, its.left_at)
            return replace(its, left="egress") if explained else its
        its = replace(its, left=None, left_at=None)
    if closed is False:
        return _opened(plan, live, door, its, now)
    if door.position is not None and closed is None:
        return its
    locked = _reads_locked(plan, record, live, door, its, now)
    if locked and not _settling(door, its, now):
        return its if its.locked and its.unthrown is None else replace(its, locked=True, unthrown=None)
    if locked is False and its.locked:
        return _back(live, door, its, now)
    return its


def _opened(plan: Plan, live: Live, door: DoorPlan, its: DoorLive, now: Instant) -> DoorLive:
    read = None if door.position is None else read_of(live, door.position.point)
    at = now if read is None else read.at
    by_hand = its.unthrown is not None and at.since(its.unthrown) >= BY_HAND_US
    if not its.locked or by_hand:
        return replace(its, locked=False, unthrown=None) if its.unthrown is not None else its
    return replace(its, locked=False, unthrown=None, left=_way_out(plan, live, door, at, now), left_at=at)


def _back(live: Live, door: DoorPlan, its: DoorLive, now: Instant) -> DoorLive:
    """The bolt is back, nobody of ours drew it, and the door is closed: a lever about to open, or unlocked by hand."""
    read = None if door.bolt is None else read_of(live, door.bolt.point)
    if read is None:
        return replace(its, locked=False)
    since = read.at if its.unthrown is None else its.unthrown
    return replace(its, unthrown=since, locked=now.since(since) < BY_HAND_US)


def _reads_locked(
    plan: Plan, record: Record, live: Live, door: DoorPlan, its: DoorLive, now: Instant
) -> bool | None:
    """Bolt thrown; without a bolt sensor what the coil reads, else what was ordered and written. None: not known."""
    if door.bolt is not None:
        return _fresh_says(live, door.bolt, now)
    if door.position is None or door.lock is None:
        return None
    read = read_back(live, door.lock.point, now)
    if read is not None:
        return (read.value != 0) == door.lock.locked_when
    return True if ordered_to_lock(plan, record, door) and its.written is not None else None


def _settling(door: DoorPlan, its: DoorLive, now: Instant) -> bool:
    last = its.command
    if last is None or last.purpose not in ("rest", "free", "self_test"):
        return False
    if last.purpose == "self_test" and (door.hardware is None or door.hardware.rest == "locked"):
        # Told to lock what is locked: somebody who opens it now leaves a locked door.
        return False
    travel = 0 if door.hardware is None else door.hardware.travel_us
    return last.ended is None or now.since(last.ended) < travel + SETTLING_US


def _way_out(plan: Plan, live: Live, door: DoorPlan, at: Instant, now: Instant) -> Left:
    if _through_own_exit(plan, live, door, at):
        return "egress"
    watched = bool(door.rex) and all(input_fresh(plan, live, one, now) for one in door.rex)
    return "forced" if watched else "opened"


def _through_own_exit(plan: Plan, live: Live, door: DoorPlan, opened: Instant) -> bool:
    seen = (last_active(plan, live, one) for one in (*door.rex, *door.exit_buttons))
    return any(one is not None and -EXIT_BEFORE_US <= one.since(opened) <= EXIT_AFTER_US for one in seen)


def _fresh_says(live: Live, sensor: Sensor | None, now: Instant) -> bool | None:
    return says(live, sensor) if sensor is not None and fresh(live, sensor, now) else None
