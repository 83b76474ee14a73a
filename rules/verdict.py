"""A door's verdict: the first that applies, by the contract's table (section 1), from evidence read after the command."""

from collections.abc import Iterable, Sequence
from typing import Final

from rules.evidence import read_back, read_of, said
from rules.interlock import wanted
from rules.model.commands import Purpose
from rules.model.ids import DoorId, IncidentId
from rules.model.moments import SECOND_US, Instant
from rules.model.verdicts import SECURED, Verdict, VerdictWord
from rules.plan import DoorPlan, Plan, Sensor
from rules.state import CommandLive, DoorLive, Live, Read, Record

BY_HAND_US: Final = 10 * SECOND_US
"""A lever retracts the bolt before its door opens: a bolt back for longer, behind a closed door, is unlocked by hand."""


def verdict(plan: Plan, record: Record, live: Live, door_id: DoorId, now: Instant) -> Verdict:
    """What can honestly be said of a door now."""
    door = plan.doors[door_id]
    its = live.doors.get(door_id, DoorLive())
    # Each of them is read once: at a press of a thousand doors this is done a thousand times while the loop waits.
    bolt_read = None if door.bolt is None else read_of(live, door.bolt.point)
    position_read = None if door.position is None else read_of(live, door.position.point)
    bolt, position = said(door.bolt, bolt_read), said(door.position, position_read)

    def say(word: VerdictWord, code: str = "") -> Verdict:
        return Verdict(word, None, code, bolt, position)

    reads = [
        (sensor, read)
        for sensor, read in ((door.bolt, bolt_read), (door.position, position_read))
        if sensor is not None
    ]
    if any(read is None for _, read in reads):
        return say("unknown")
    if any(_stale(sensor, read, now) for sensor, read in reads):
        return say("stale")
    if its.left is not None:
        return say(its.left)
    locking = ordered_to_lock(plan, record, door)
    by_hand = "by_hand" if its.unthrown is not None and now.since(its.unthrown) >= BY_HAND_US else ""
    if locking and position is False:
        return say("ajar")
    if locking:
        if its.held:
            return Verdict("refused", "interlock", its.held, bolt, position)
        return _commanded(
            door, its, [read for _, read in reads if read is not None], now, by_hand, bolt, position
        )
    order = record.orders.get(door_id)
    if order is not None and order.word == "rest" and locking_incident(plan, record, door) is not None:
        return say("released", its.held)
    if position is False:
        return say("open")
    if door.bolt is None:
        return say("unconfirmed")
    return say("closed_locked") if bolt else say("closed_unlocked", by_hand)


def _stale(sensor: Sensor, read: Read | None, now: Instant) -> bool:
    """Whether a read is older than its sensor's word lasts; of a controller that is down the age counts."""
    return read is None or now.since(read.at) > sensor.freshness_us


def locking_incident(plan: Plan, record: Record, door: DoorPlan) -> IncidentId | None:
    """The incident whose response holds in the door's zone, if that response locks doors of its kind."""
    held = [record.zones[zone] for zone in plan.zones[door.zone].above if zone in record.zones]
    holding = max(held, key=lambda own: plan.responses[own.response].rank, default=None)
    if holding is None or door.kind not in plan.responses[holding.response].locks:
        return None
    return holding.incident


def ordered_to_lock(plan: Plan, record: Record, door: DoorPlan) -> bool:
    """Whether a lock order stands: a named one, one of a live incident, or one the fire rule holds back."""
    order = record.orders.get(door.id)
    if order is None or order.word == "rest":
        return False
    if order.word == "free":
        return locking_incident(plan, record, door) is not None
    return order.incident is None or order.incident in record.incidents


def proven(verdict: Verdict, its: DoorLive) -> bool:
    """Whether nothing more can be done: sensors prove it, or there is none that could and the write was answered."""
    return verdict.word in SECURED or (verdict.word == "unconfirmed" and its.written is not None)


def device_disagrees(plan: Plan, record: Record, live: Live, door_id: DoorId) -> str:
    """The board's code if it refused or did not answer while sensors read after it say locked; else `""`: a flag."""
    door = plan.doors[door_id]
    its = live.doors.get(door_id, DoorLive())
    failed = _failed(its)
    if failed is None or not ordered_to_lock(plan, record, door):
        return ""
    if verdict(plan, record, live, door_id, live.now).word not in SECURED:
        return ""
    return failed.code or str(failed.ending)


def coil_differs(plan: Plan, record: Record, live: Live, door: DoorPlan, now: Instant) -> bool:
    """Whether the read-back of a door's coil is not what its order, or else its rest, means. Only shown, never touched.

    What the fire rule latched stays so until a person's word: that was ours, and no other program's. Where its last
    write came to nothing the board may hold what was before, or what was written: either is ours.
    """
    if door.id in live.exercises:
        # On its way, by us; what it comes to is told by the exercise.
        return False
    its = live.doors.get(door.id, DoorLive())
    order = record.orders.get(door.id)
    word: Purpose = "rest" if order is None else order.word
    if word == "rest" and its.command is not None and its.command.purpose != "rest":
        if its.command.ending != "written":
            return False
        word = its.command.purpose
    meant = wanted(door, word)
    if meant is None or door.defects or its.held:
        return False
    read = read_back(live, meant.point, now)
    command = its.command
    if read is None or (command is not None and (command.ended is None or read.at.since(command.ended) <= 0)):
        return False
    return (read.value != 0) != meant.on


def settled_at(door: DoorPlan, its: DoorLive) -> Instant | None:
    """From when on a read proves the standing lock command: the write's answer and the hardware's travel."""
    if its.written is None or door.hardware is None:
        return None
    return its.written.plus(door.hardware.travel_us)


def _commanded(
    door: DoorPlan,
    its: DoorLive,
    reads: Sequence[Read],
    now: Instant,
    by_hand: str,
    bolt: bool | None,
    position: bool | None,
) -> Verdict:
    failed = _failed(its)
    since = settled_at(door, its)
    if failed is not None:
        # Sensors read after the failure stand above what the board said of itself.
        since = failed.ended
        if not (bolt and _read_since(reads, since)):
            if failed.ending == "refused":
                return Verdict("refused", "device", failed.code, bolt, position)
            code = failed.code if failed.ending == "no_answer" else str(failed.ending)
            return Verdict("no_answer", None, code, bolt, position)
    if since is None or now.since(since) < 0 or not _read_since(reads, since):
        return Verdict("pending", None, "", bolt, position)
    if door.bolt is None:
        return Verdict("unconfirmed", None, "", bolt, position)
    if not bolt:
        return Verdict("not_latched", None, by_hand, bolt, position)
    return Verdict("secured" if door.position is not None else "secured_partial", None, "", bolt, position)


def _failed(its: DoorLive) -> CommandLive | None:
    """The last command that ended, if it was for locking and the device did not take it."""
    last = its.answered
    return last if last is not None and last.purpose == "lock" and last.ending != "written" else None


def _read_since(reads: Iterable[Read], since: Instant | None) -> bool:
    """Whether every wired sensor was read in a round that began after `since`. reads: one of each."""
    return since is not None and all(read.at.since(since) > 0 for read in reads)
