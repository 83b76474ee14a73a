"""The fire rule: what it frees, what it latches, and that neither waits for anybody. Contract section 3, Fire."""

from collections.abc import Iterable
from typing import Final

from rules import interlock
from rules.contacts import InputState, input_state
from rules.evidence import read_back, read_of, says
from rules.ledger import asserted, incident_of, on_the_wire, ordered, register, review, subject_of, told
from rules.model.commands import Drive, Purpose
from rules.model.facts import Because, DoorsAsserted, DoorsOrdered, InputTurned
from rules.model.ids import DoorId, IncidentId, InputId
from rules.model.moments import SECOND_US
from rules.model.values import dataclass
from rules.plan import DoorPlan, Plan
from rules.prepared import OncePerPlan
from rules.state import DoorLive, Live
from rules.step import Step

LAST_RETRY_US: Final = 5 * SECOND_US
ROUTINE: Final = frozenset({"rex", "exit-button"})
"""Inputs that people turn all day by going out: no news in quiet times."""


@dataclass(frozen=True, slots=True)
class _Answering:
    """A door whose lock the fire rule writes, and what: free it, or take the power off so that it latches."""

    door: DoorPlan
    purpose: Purpose
    drive: Drive


def _answering(plan: Plan) -> tuple[tuple[_Answering, ...], tuple[_Answering, ...]]:
    """The doors that are freed, and those that are latched."""
    freed: list[_Answering] = []
    latched: list[_Answering] = []
    for door in plan.doors.values():
        free, lock = interlock.wanted(door, "free"), interlock.wanted(door, "lock")
        if interlock.undrivable(plan, door) or free is None or lock is None or door.hardware is None:
            continue
        if interlock.covered(door):
            freed.append(_Answering(door, "free", free))
        elif interlock.latches(door):
            powered = interlock.energises(door.hardware, lock.on)
            latched.append(_Answering(door, *(("free", free) if powered else ("lock", lock))))
    return tuple(freed), tuple(latched)


_answering_of: Final = OncePerPlan(_answering)


def sweep(step: Step) -> None:
    """Tell what inputs turned; free and latch what active, stale or unreadable fire inputs cover, until it reads so."""
    live = step.live
    states = {one: input_state(step.plan, live, one, step.at) for one in step.plan.inputs}
    turned = {one for one, state in states.items() if live.inputs.get(one, "unread") != state}
    if turned:
        step.change(inputs=states)
        for one in sorted(turned):
            _tell(step, one, live.inputs.get(one, "unread"), states[one])
        freed, _ = _answering_of(step.plan)
        review(step, [its.door.id for its in freed if turned.intersection(its.door.fire)], "input_turned")
    hot = {
        one
        for one, state in states.items()
        if state in ("active", "unsure") and step.plan.inputs[one].kind == "fire-alarm"
    }
    if hot:
        freed, latched = _answering_of(step.plan)
        _free(step, freed, hot, states)
        _latch(step, latched, hot, turned)


def _tell(step: Step, one: InputId, was: InputState, state: InputState) -> None:
    first = was == "unread" and state == "quiet"
    routine = step.plan.inputs[one].kind in ROUTINE and "unsure" not in (was, state)
    if state == "unread" or first or (routine and not step.record.incidents):
        return
    live = (its.id for its in step.record.incidents.values() if not its.silent)
    step.write(InputTurned(one, state), one, incident=next(live, None), because=Because(f"input_{state}"))


def _free(
    step: Step, answering: Iterable[_Answering], hot: set[InputId], states: dict[InputId, InputState]
) -> None:
    live = step.live
    new: dict[tuple[str, InputId, IncidentId | None], list[DoorId]] = {}
    again: list[DoorId] = []
    for its in answering:
        door = its.door
        causes = [one for one in door.fire if one in hot]
        if not causes:
            continue
        order = step.record.orders.get(door.id)
        if order is None or order.word != "free":
            cause = next((one for one in causes if states[one] == "active"), causes[0])
            key = (f"fire_{states[cause]}", cause, incident_of(step, door))
            new.setdefault(key, []).append(door.id)
        elif _due(step, door) and not _reads_free(step, live, its):
            again.append(door.id)
    for (code, cause, incident), group in new.items():
        passed = interlock.permits(step, tuple(group), "free")
        register(step, passed)
        fact = DoorsOrdered("free", tuple(group), (), passed.ids, "")
        because = Because(code, (("input", cause),))
        step.write(fact, subject_of(step, group), incident=incident, because=because)
        ordered(step, group, passed, "free")
        review(step, group, code)
    _write_again(step, again, "free")


def _latch(step: Step, answering: Iterable[_Answering], hot: set[InputId], turned: set[InputId]) -> None:
    live = step.live
    due: dict[Purpose, list[DoorId]] = {"lock": [], "free": []}
    for its in answering:
        causes = hot.intersection(its.door.fire)
        if not causes or not _energised(step, live, its):
            continue
        waits = on_the_wire(step.door(its.door.id), step.at)
        if _due(step, its.door) or (causes & turned and not waits):
            due[its.purpose].append(its.door.id)
    for purpose, group in due.items():
        _write_again(step, group, purpose)


def _write_again(step: Step, doors: list[DoorId], purpose: Purpose) -> None:
    if not doors:
        return
    passed = interlock.permits(step, tuple(doors), purpose)
    register(step, passed)
    news: list[DoorId] = []
    for one in (DoorId(out) for out in passed.commands):
        asserted(step, step.plan.doors[one], passed, purpose, LAST_RETRY_US)
        if step.record.incidents or told(step.door(one).tries):
            news.append(one)
    if news:
        fact = DoorsAsserted("free" if purpose == "free" else "lock", tuple(news), passed.ids)
        incident = incident_of(step, step.plan.doors[news[0]])
        because = Because("not_free_yet" if purpose == "free" else "fire_latch")
        step.write(fact, subject_of(step, news), incident=incident, because=because)
    review(step, doors, "fire")


def _due(step: Step, door: DoorPlan) -> bool:
    its = step.door(door.id)
    if on_the_wire(its, step.at):
        return False
    return its.next_try is None or its.next_try.since(step.at) <= 0


def _reads_free(step: Step, live: Live, its: _Answering) -> bool:
    """Whether lock and bolt, read after the last write was sent, say that the door is free."""
    read = read_back(live, its.drive.point, step.at)
    if read is None or (read.value != 0) != its.drive.on:
        return False
    sent = live.doors.get(its.door.id, DoorLive()).command
    since = live.started if sent is None else sent.sent
    if its.door.bolt is None:
        return read.at.since(since) > 0
    bolt = read_of(live, its.door.bolt.point)
    unthrown = says(live, its.door.bolt) is False and bolt is not None and bolt.at.since(since) > 0
    return unthrown and read.at.since(since) > 0


def _energised(step: Step, live: Live, its: _Answering) -> bool:
    """By its read-back, or where there is none, by an order or rest that means unlocked."""
    read = read_back(live, its.drive.point, step.at)
    if read is not None:
        return (read.value != 0) != its.drive.on
    order = step.record.orders.get(its.door.id)
    meant = interlock.wanted(its.door, "rest" if order is None else order.word)
    return meant is not None and meant.on != its.drive.on
