"""The fire rule: what it frees, what it latches, and that neither waits for anybody. Contract section 3, Fire."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rules import interlock
from rules.contacts import InputState, input_state
from rules.evidence import read_back, read_of, says
from rules.ledger import asserted, incident_of, on_the_wire, ordered, register, review, subject_of, told
from rules.model.commands import Purpose
from rules.model.facts import Because, DoorsAsserted, DoorsOrdered, InputTurned
from rules.model.ids import DoorId, IncidentId, InputId
from rules.model.moments import SECOND_US
from rules.plan import DoorPlan, Plan
from rules.prepared import OncePerPlan
from rules.state import DoorLive, Live
from rules.step import Step

LAST_RETRY_US: Final = 5 * SECOND_US
ROUTINE: Final = frozenset({"rex", "exit-button"})
"""Inputs that people turn all day by going out: no news in quiet times."""


@dataclass(frozen=True, slots=True)
class _Answering:
    """The doors whose locks the fire rule writes: `freed` to their free state, `latched` without power."""

    freed: tuple[DoorPlan, ...]
    latched: tuple[DoorPlan, ...]


def _answering(plan: Plan) -> _Answering:
    sound = [door for door in plan.doors.values() if not interlock.undrivable(plan, door)]
    return _Answering(
        tuple(door for door in sound if interlock.covered(door)),
        tuple(door for door in sound if interlock.latches(door)),
    )


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
        freed = _answering_of(step.plan).freed
        review(step, [door.id for door in freed if turned.intersection(door.fire)], "input_turned")
    hot = {
        one
        for one, state in states.items()
        if state in ("active", "unsure") and step.plan.inputs[one].kind == "fire-alarm"
    }
    if hot:
        answering = _answering_of(step.plan)
        _free(step, answering.freed, hot, states)
        _latch(step, answering.latched, hot, turned)


def _tell(step: Step, one: InputId, was: InputState, state: InputState) -> None:
    first = was == "unread" and state == "quiet"
    routine = step.plan.inputs[one].kind in ROUTINE and "unsure" not in (was, state)
    if state == "unread" or first or (routine and not step.record.incidents):
        return
    live = (its.id for its in step.record.incidents.values() if not its.silent)
    step.write(InputTurned(one, state), one, incident=next(live, None), because=Because(f"input_{state}"))


def _free(
    step: Step, doors: Iterable[DoorPlan], hot: set[InputId], states: dict[InputId, InputState]
) -> None:
    live = step.live
    new: dict[tuple[str, InputId, IncidentId | None], list[DoorId]] = {}
    again: list[DoorId] = []
    for door in doors:
        causes = [one for one in door.fire if one in hot]
        if not causes:
            continue
        order = step.record.orders.get(door.id)
        if order is None or order.word != "free":
            cause = next((one for one in causes if states[one] == "active"), causes[0])
            key = (f"fire_{states[cause]}", cause, incident_of(step, door))
            new.setdefault(key, []).append(door.id)
        elif _due(step, door) and not _reads_free(step, live, door):
            again.append(door.id)
    for (code, cause, incident), group in new.items():
        passed = interlock.permits(step, tuple(group), "free")
        register(step, passed)
        fact = DoorsOrdered("free", tuple(group), (), passed.ids, "")
        because = Because(code, (("input", cause),))
        step.write(fact, subject_of(step, group), incident=incident, because=because)
        for one in group:
            ordered(step, step.plan.doors[one], passed, "free")
        review(step, group, code)
    _write_again(step, again, "free")


def _latch(step: Step, doors: Iterable[DoorPlan], hot: set[InputId], turned: set[InputId]) -> None:
    live = step.live
    due: dict[Purpose, list[DoorId]] = {"lock": [], "free": []}
    for door in doors:
        causes = hot.intersection(door.fire)
        if not causes or not _energised(step, live, door):
            continue
        if _due(step, door) or (causes & turned and not on_the_wire(step.door(door.id), step.at)):
            due[_without_power(door)].append(door.id)
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


def _reads_free(step: Step, live: Live, door: DoorPlan) -> bool:
    """Whether lock and bolt, read after the last write was sent, say that the door is free."""
    drive = interlock.wanted(door, "free")
    read = None if drive is None else read_back(live, drive.point, step.at)
    if drive is None or read is None or (read.value != 0) != drive.on:
        return False
    sent = live.doors.get(door.id, DoorLive()).command
    if sent is not None and read.at.since(sent.sent) < 0:
        return False
    if door.bolt is None:
        return True
    bolt = read_of(live, door.bolt.point)
    return (
        says(live, door.bolt) is False
        and bolt is not None
        and (sent is None or bolt.at.since(sent.sent) >= 0)
    )


def _energised(step: Step, live: Live, door: DoorPlan) -> bool:
    """By its read-back, or where there is none, by an order or rest that means unlocked."""
    if door.lock is None or door.hardware is None:
        return False
    read = read_back(live, door.lock.point, step.at)
    if read is not None:
        return interlock.energises(door.hardware, read.value != 0)
    order = step.record.orders.get(door.id)
    meant = interlock.wanted(door, "rest" if order is None else order.word)
    return meant is not None and interlock.energises(door.hardware, meant.on)


def _without_power(door: DoorPlan) -> Purpose:
    """The purpose whose value takes power off: locking it, for all but a lock that power locks."""
    drive = interlock.wanted(door, "lock")
    locked_by_power = (
        drive is not None and door.hardware is not None and interlock.energises(door.hardware, drive.on)
    )
    return "free" if locked_by_power else "lock"
