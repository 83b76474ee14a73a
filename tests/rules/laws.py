"""The laws of the reflex as one decision can break them: what an onlooker, who knows the world, holds each one against."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from rules.decision import Decision, PressAnswer, RequestAnswer
from rules.holding import effective
from rules.model.commands import Drive, Permit
from rules.model.drill_asks import DrillAsked, EndDrill
from rules.model.events import CloseAsked, Event, PressHeard, ReleaseAsked, StartAsked, Ticked
from rules.model.facts import PressRecorded, WalkTestEnded
from rules.model.ids import ButtonId, DoorId, InputId
from rules.model.kinds import Exercise, Real
from rules.model.moments import MILLISECOND_US, SECOND_US, Instant
from rules.plan import DoorPlan, Plan
from rules.prepared import Key, key_of
from rules.record import fold
from rules.state import DoorLive, State
from tests.rules.campus import PLC

EXIT_US: Final = 30 * SECOND_US
DEBOUNCE_US: Final = 20 * MILLISECOND_US
SECOND_PRESS_US: Final = 10 * SECOND_US
LEADS_OUT: Final = frozenset({"evacuate", "fire"})

Found = tuple[str, str]
"""(the law that was broken, what broke it)."""


@dataclass(frozen=True, slots=True)
class OnWire:
    """A permit that was let out and whose end is still to come; sent: monotonic microseconds."""

    permit: Permit
    sent: int


@dataclass(frozen=True, slots=True)
class Watched:
    """A drill as somebody beside it sees it. pressed: when an enrolled button was last; times: monotonic microseconds."""

    enrolled: frozenset[ButtonId]
    began: int
    until: int
    pressed: Mapping[ButtonId, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class World:
    """What is really so, and what an onlooker would have noted down to judge by. Times are monotonic microseconds.

    coils: what each door's or output's coil holds. active: inputs that are.
    heard: each button's presses so far, and when the last one was; the number makes the press's id.
    runs: for each input, the present run of equal reads: (active, its first, its last).
    read_active: when an exit button was last read active. ended: when the first lock command of a door's present order came
    to an end. read: a door's last evidence, (when, bolt thrown, leaf closed).
    """

    up: bool = True
    coils: Mapping[str, bool] = field(default_factory=dict)
    active: frozenset[InputId] = frozenset()
    wire: tuple[OnWire, ...] = ()
    heard: Mapping[ButtonId, tuple[int, int]] = field(default_factory=dict)
    runs: Mapping[InputId, tuple[bool, int, int]] = field(default_factory=dict)
    read_active: Mapping[InputId, int] = field(default_factory=dict)
    ended: Mapping[DoorId, int] = field(default_factory=dict)
    read: Mapping[DoorId, tuple[int, bool, bool]] = field(default_factory=dict)
    drill: "Watched | None" = None


@dataclass(frozen=True, slots=True)
class Node:
    """One state of all, at one moment."""

    now: Instant
    state: State
    world: World


def locked(door: DoorPlan, coil: bool) -> bool:
    """Whether this value of a door's coil means locked."""
    return door.lock is not None and coil == door.lock.locked_when


def broken(on: Plan, before: Node, event: Event, decision: Decision, after: Node) -> Iterator[Found]:
    """Each law that this decision breaks. before: at the moment of the decision, the world as it is then."""
    for permit in decision.permits:
        for drive in permit.drives:
            if drive.target not in on.doors:
                continue
            yield from _leaving_and_fire(on, before, drive)
            if permit.purpose == "rest" and not _named(before, event, drive):
                yield "only a named door is released", drive.target
    yield from _folds(before, event, decision)
    yield from _incidents(before, event, decision)
    yield from _orders(on, before, event, decision)
    if isinstance(event, Ticked):
        yield from _freed(on, decision)
    for one in on.doors:
        if decision.state.live.doors.get(one, DoorLive()).verdict.word == "secured":
            yield from _secured(on, after, one)
    if isinstance(event, PressHeard):
        yield from _pressed(on, before, event, decision)
    if isinstance(event, StartAsked):
        yield from _transitions(on, before, event, decision)
    yield from _walk_tests(on, before, decision)


def ends_drill(event: Event) -> bool:
    """Whether a person ends the drill under way."""
    return isinstance(event, DrillAsked) and isinstance(event.ask, EndDrill)


def _folds(before: Node, event: Event, decision: Decision) -> Iterator[Found]:
    record = before.state.record
    for entry in decision.entries:
        record = fold(record, event.at, entry)
    if record != decision.state.record:
        yield "the record is the fold of what was written", "record"


# --- incidents and orders --------------------------------------------------------------------


def _incidents(before: Node, event: Event, decision: Decision) -> Iterator[Found]:
    was, now = before.state.record, decision.state.record
    drills = {one.id for one in was.incidents.values() if one.kind != "real"}
    real_press = any(
        one.kind == "real" and not one.silent and one.id not in was.incidents
        for one in now.incidents.values()
    ) or any(entry.because is not None and entry.because.code == "real_press" for entry in decision.entries)
    for one in was.incidents.keys() - now.incidents.keys():
        its_drill = was.drills.run is not None and was.drills.run.incident == one
        asked = isinstance(event, CloseAsked) or (ends_drill(event) and its_drill)
        if not asked and not (one in drills and real_press):
            yield "nothing but close ends an incident", one
        if was.incidents[one].silent and isinstance(event, CloseAsked) and not event.silent:
            yield "who may not know of a silent incident does not close it", one
    for zone, own in was.zones.items():
        left = now.zones.get(zone)
        if own.incident in now.incidents and left is None:
            yield "nothing but close ends a lockdown", zone
    for zone, own in now.zones.items():
        if own.incident not in now.incidents:
            yield "a zone's response is of a live incident", zone
    for (kind, silent), count in Counter((one.kind, one.silent) for one in now.incidents.values()).items():
        if count > 1:
            yield "one incident of each kind is live, and a silent one apart", f"{kind} {silent}"


def _transitions(on: Plan, before: Node, event: StartAsked, decision: Decision) -> Iterator[Found]:
    """Of what a person asks for: a refusal changes nothing, and nothing that leads people out locks a door."""
    was, now = before.state.record, decision.state.record
    (answer,) = decision.answers
    assert isinstance(answer, RequestAnswer)
    if not answer.done:
        same = (was.zones, was.incidents, was.orders, was.number, was.notices, was.outputs_on)
        if same != (now.zones, now.incidents, now.orders, now.number, now.notices, now.outputs_on):
            yield "a refused transition changes nothing", answer.code
        if decision.permits or decision.notices:
            yield "a refused transition moves nothing and tells nobody", answer.code
    elif event.response in LEADS_OUT:
        for permit in decision.permits:
            for drive in permit.drives:
                door = on.doors.get(DoorId(drive.target))
                if door is not None and locked(door, drive.on):
                    yield "what leads people out locks no door", drive.target
    if not isinstance(event.kind, Real):
        for zone, own in was.zones.items():
            if own.kind == "real" and now.zones.get(zone) != own:
                yield "a drill never takes the place of what is real", zone
    elif on.responses[event.response].silent and not answer.done:
        yield "a silent call is never refused", answer.code
    for one in event.zones:
        holds = effective(on, now, one)
        rank = on.responses[event.response].rank
        seen = not isinstance(event.kind, Exercise) and not on.responses[event.response].silent
        if answer.done and seen and (holds is None or on.responses[holds.response].rank < rank):
            yield "what is not refused holds there, or something graver does", one


def _ranks_fell(on: Plan, before: Node, event: Event, decision: Decision) -> Iterator[Found]:
    was, now = before.state.record, decision.state.record
    for zone, own in was.zones.items():
        new = now.zones.get(zone)
        if new is None or own.incident not in now.incidents or new.kind != own.kind:
            continue
        if on.responses[new.response].rank >= on.responses[own.response].rank:
            continue
        if not isinstance(event, StartAsked):
            yield "a press raises and never lowers", zone
        elif on.transitions.verdicts.get((own.response, new.response)) != "change" or not event.change:
            yield "only a change that the pack allows lowers", zone


def _orders(on: Plan, before: Node, event: Event, decision: Decision) -> Iterator[Found]:
    was, now = before.state.record, decision.state.record
    yield from _ranks_fell(on, before, event, decision)
    for one, order in was.orders.items():
        left = order.word == "lock" and now.orders[one].word != "lock"
        freed = bool(on.doors[one].fire) and now.orders[one].word == "free"
        if left and not freed and not (isinstance(event, ReleaseAsked) and one in event.doors):
            yield "no door leaves its lock order but by release or fire", one


def _named(before: Node, event: Event, drive: Drive) -> bool:
    order = before.state.record.orders.get(DoorId(drive.target))
    asked = isinstance(event, ReleaseAsked) and drive.target in event.doors
    return asked or (order is not None and order.word == "rest")


# --- leaving, fire and proof -----------------------------------------------------------------


def _leaving_and_fire(on: Plan, before: Node, drive: Drive) -> Iterator[Found]:
    door = on.doors[DoorId(drive.target)]
    assert door.hardware is not None
    now, world = before.now.mono_us, before.world
    if door.hardware.type != "maglock":
        energised = drive.on == (door.hardware.relay == "no")
        if door.hardware.fire_rated and energised:
            yield from (
                (
                    f"a fire door's latch is not drawn while its {one} input is not known to be quiet",
                    drive.target,
                )
                for one in door.fire
                if not _quiet(on, before, one)
            )
        return
    if not locked(door, drive.on):
        return
    for one in (*door.fire, *door.rex, *door.exit_buttons):
        if not _quiet(on, before, one):
            yield f"a magnet is never energised while its {one} input is not known to be quiet", drive.target
    for one in door.exit_buttons:
        left = world.read_active.get(one)
        if left is not None and now - left <= EXIT_US:
            yield "a magnet is not energised within 30 s of its exit button", drive.target


def _quiet(on: Plan, node: Node, one: InputId) -> bool:
    """Whether two reads in a row, far enough apart, said quiet, and the last of them is fresh and of a board that is up."""
    run = node.world.runs.get(one)
    if run is None or not node.world.up:
        return False
    active, first, last = run
    fresh = node.now.mono_us - last <= on.inputs[one].sensor.freshness_us
    return not active and last - first >= DEBOUNCE_US and fresh


def _freed(on: Plan, decision: Decision) -> Iterator[Found]:
    """After a tick: what a press or a release ordered meanwhile is the fire rule's again."""
    for door in on.doors.values():
        if door.hardware is None or door.hardware.type != "maglock":
            continue
        hot = any(decision.state.live.inputs.get(one) in ("active", "unsure") for one in door.fire)
        order = decision.state.record.orders.get(door.id)
        if hot and (order is None or order.word != "free"):
            yield "a magnet is ordered free while its fire input is active or unsure", door.id


def _secured(on: Plan, after: Node, one: DoorId) -> Iterator[Found]:
    ended, read = after.world.ended.get(one), after.world.read.get(one)
    bolt = on.doors[one].bolt
    fresh_us = 0 if bolt is None else bolt.freshness_us
    if ended is None or read is None or read[0] <= ended:
        yield "no door is secured without evidence read after its command", one
    elif not (read[1] and read[2]) or after.now.mono_us - read[0] > fresh_us:
        yield "no door is secured without fresh evidence that says so", one


# --- presses and walk-tests ------------------------------------------------------------------


def _pressed(on: Plan, before: Node, event: PressHeard, decision: Decision) -> Iterator[Found]:
    (fact,) = [entry.fact for entry in decision.entries if isinstance(entry.fact, PressRecorded)]
    if len([one for one in decision.answers if isinstance(one, PressAnswer)]) != 1:
        yield "every press is answered", event.button
    if fact.standing not in ("acted", "joined"):
        opened = decision.state.record.incidents != before.state.record.incidents
        if decision.permits or opened:
            yield f"a press that counts as {fact.standing} does nothing", event.button
    new = event.press_id == f"{event.button}-{before.world.heard[event.button][0]}" and not _known(
        before, event
    )
    young = event.waited_at_most_us == 0
    if new and young and not _may_be_test(before, event) and fact.standing not in ("acted", "joined"):
        yield "a new press of a button that is not in test is real", event.button
    if fact.standing == "test" and not _may_be_test(before, event):
        yield "a press is a test only in a walk-test, and the second one within 10 s never is", event.button
    if fact.standing not in ("acted", "joined"):
        return
    out = {drive.target for permit in decision.permits for drive in permit.drives}
    wanted = on.responses[fact.response].locks
    within = on.zones[fact.zone].within
    for one, door in on.doors.items():
        if door.kind not in wanted or door.zone not in within:
            continue
        order = before.state.record.orders.get(one)
        its = before.state.live.doors.get(one, DoorLive())
        standing = (
            order is not None and order.word == "lock" and order.incident in before.state.record.incidents
        )
        sent = its.command is not None and its.command.ended is None
        done = standing and (sent or its.verdict.word == "secured")
        magnet = door.hardware is not None and door.hardware.type == "maglock"
        held = magnet and decision.state.live.doors[one].held != ""
        if one not in out and not done and not held:
            yield "a lockdown press commands every door that can be driven", one
        if decision.state.record.orders[one].word != "lock":
            yield "a lockdown press orders every door locked", one


def _known(before: Node, event: PressHeard) -> bool:
    memory = before.state.record.buttons.get(event.button)
    return memory is not None and any(one.press == event.press_id for one in memory.presses)


def _may_be_test(before: Node, event: PressHeard) -> bool:
    """By the onlooker's own note of when the button was last pressed."""
    test = before.state.record.walk_tests.get(event.button)
    if test is None or before.now.mono_us >= test.until.mono_us:
        return False
    last = test.last_press
    return last is None or before.now.mono_us - last.at.mono_us > SECOND_PRESS_US


def _walk_tests(on: Plan, before: Node, decision: Decision) -> Iterator[Found]:
    now = decision.state.record
    real = any(one.kind == "real" and not one.silent for one in now.incidents.values())
    if real and now.walk_tests:
        yield "no button stays in test beside a real incident that people see", "walk-test"
    if now.walk_tests.keys() < before.state.record.walk_tests.keys() and not any(
        isinstance(entry.fact, WalkTestEnded) for entry in decision.entries
    ):
        yield "the end of a walk-test is told", "walk-test"


def values(on: Plan, world: World, evidence: Mapping[DoorId, tuple[bool, bool]]) -> dict[Key, int]:
    """What a round of the board reads: coils and inputs as they are, each door's bolt and leaf as given."""
    read: dict[Key, int] = {}
    for door in on.doors.values():
        bolt, leaf = evidence[door.id]
        if door.lock is not None:
            read[key_of(door.lock.point)] = int(world.coils[door.id])
        if door.bolt is not None:
            read[key_of(door.bolt.point)] = int(bolt == door.bolt.when)
        if door.position is not None:
            read[key_of(door.position.point)] = int(leaf == door.position.when)
    for one in on.inputs.values():
        read[key_of(one.sensor.point)] = int((one.id in world.active) == one.sensor.when)
    for output in on.outputs.values():
        if output.point is not None and output.point.controller == PLC:
            read[key_of(output.point)] = int(world.coils.get(output.id, False))
    return read
