"""Breadth-first exploration of `decide` itself over a small campus: no second model, the shortest trace of what goes wrong.

A node holds the real state and the world behind it. Two nodes count as one where nothing but exact times, ids and the
order of twin doors tells them apart; so the exploration may miss a state, and never reports one that cannot be.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import Final

from rules.decide import decide
from rules.decision import Decision, PressAnswer
from rules.model.commands import Drive, Permit
from rules.model.events import (
    CloseAsked,
    CommandEnded,
    ControllerChanged,
    Ending,
    Event,
    PressHeard,
    ReleaseAsked,
    Scanned,
    SessionChanged,
    Ticked,
    WalkTestAsked,
)
from rules.model.facts import PressRecorded
from rules.model.ids import DoorId, InputId, PressId, RequestId
from rules.model.moments import MILLISECOND_US, SECOND_US, Instant
from rules.plan import DoorPlan, Plan
from rules.prepared import Key
from rules.state import CommandLive, ControllerLive, DoorLive, Live, Record, State
from tests.rules.campus import FRESH_US, MAGLOCK, PERSON, PLC, STARTED, campus, contact, door
from tests.rules.story import DESK, GYM, LOCKDOWN, TOLD, desk

TWIN_1, TWIN_2, MAGNET = DoorId("twin-1"), DoorId("twin-2"), DoorId("magnet")
TWINS: Final = (TWIN_1, TWIN_2)
ENDINGS: Final[tuple[Ending, ...]] = ("written", "refused", "no_answer")
EXIT_US: Final = 30 * SECOND_US

Found = tuple[str, str]
"""(the law that was broken, what broke it)."""


def plan() -> Plan:
    """Two equal strikes and a magnet that fire and an exit button speak for; a button that locks all, one that helps."""
    return campus(
        door(TWIN_1),
        door(TWIN_2, 1),
        door(MAGNET, 2, MAGLOCK, rex=("exit",), exits=("exit",), fire=("fire",)),
        inputs=[contact("fire", 50, "fire-alarm"), contact("exit", 51, "exit-button")],
        buttons=[desk(DESK, {"hold": LOCKDOWN}), desk(GYM, {"hold": LOCKDOWN})],
        controllers=(PLC,),
    )


@dataclass(frozen=True, slots=True)
class World:
    """What is really so, and what an onlooker would have noted down to judge by. Times are monotonic microseconds.

    quiet: when an input was last read quiet twice in a row; left: when the exit button was last pressed.
    ended: when the first lock command of a door's present order came to an end. read: a door's last evidence.
    """

    up: bool = True
    coils: Mapping[DoorId, bool] = field(default_factory=dict)
    active: frozenset[InputId] = frozenset()
    wire: tuple[Permit, ...] = ()
    pressed: int = 0
    quiet: Mapping[InputId, int] = field(default_factory=dict)
    left: int | None = None
    ended: Mapping[DoorId, int] = field(default_factory=dict)
    read: Mapping[DoorId, tuple[int, bool, bool]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Node:
    """One state of all, at one moment."""

    now: Instant
    state: State
    world: World


Move = tuple[str, Callable[[Plan, Node], "tuple[Node, list[Found]]"]]


def explore(
    plan: Plan, *, most_states: int, only: tuple[str, ...] = ("",)
) -> tuple[int, int, list[str], list[Found]]:
    """(states seen, decisions made, the moves to the first breach, what was broken there); no breach: empty lists.

    only: moves whose names begin so. Fewer states than `most_states`: every one that they reach was gone through.
    """
    start = _settled(plan)
    first = _key(plan, start)
    parents: dict[object, tuple[object, str] | None] = {first: None}
    queue = deque([(first, start)])
    decisions = 0
    moves = tuple(move for move in _moves() if move[0].startswith(only))
    while queue:
        key, node = queue.popleft()
        for name, move in moves:
            after, found = move(plan, replace(node, now=node.now.plus(MILLISECOND_US)))
            decisions += 1
            if found:
                return len(parents), decisions, [*_trace(parents, key), name], found
            new = _key(plan, after)
            if new not in parents and len(parents) < most_states:
                parents[new] = (key, name)
                queue.append((new, after))
    return len(parents), decisions, [], []


def wander(plan: Plan, *, seed: int, moves: int) -> tuple[list[str], list[Found]]:
    """(the moves of one long walk chosen by `seed`, what was broken at its end), for what lies deeper than `explore` goes."""
    choose = Random(seed)
    node, names, known = _settled(plan), list[str](), tuple(_moves())
    for _ in range(moves):
        name, move = choose.choice(known)
        names.append(name)
        node, found = move(plan, replace(node, now=node.now.plus(MILLISECOND_US)))
        if found:
            return names, found
    return names, []


def _trace(parents: Mapping[object, tuple[object, str] | None], key: object) -> list[str]:
    names: list[str] = []
    while (step := parents[key]) is not None:
        key, name = step
        names.append(name)
    return names[::-1]


# --- moves -----------------------------------------------------------------------------------


def _moves() -> Iterator[Move]:
    yield "press desk", lambda on, node: _press(on, node, DESK, again=False)
    yield "press gym", lambda on, node: _press(on, node, GYM, again=False)
    yield "press again", lambda on, node: _press(on, node, DESK, again=True)
    yield "fire turns", lambda on, node: (_turned(node, InputId("fire")), [])
    yield "exit turns", lambda on, node: (_turned(node, InputId("exit")), [])
    yield "scan as locked as told", lambda on, node: _scan(on, node, thrown=None, closed=True)
    yield "scan not latched", lambda on, node: _scan(on, node, thrown=False, closed=True)
    yield "scan twin open", lambda on, node: _scan(on, node, thrown=None, closed=False)
    for ending in ENDINGS:
        yield f"command {ending}", partial(_ended, how=ending)
    yield (
        "release twin-1",
        lambda on, node: _request(on, node, ReleaseAsked(node.now, RequestId(1), PERSON, (TWIN_1,), "why")),
    )
    yield (
        "release magnet",
        lambda on, node: _request(on, node, ReleaseAsked(node.now, RequestId(1), PERSON, (MAGNET,), "why")),
    )
    yield "close", lambda on, node: _request(on, node, CloseAsked(node.now, RequestId(1), PERSON, "over"))
    yield (
        "walk-test desk",
        lambda on, node: _request(on, node, WalkTestAsked(node.now, RequestId(1), PERSON, (DESK,), 1, "Kim")),
    )
    yield "controller turns", _controller
    for ms in (500, 2_500, 31_000):
        yield f"{ms} ms pass", partial(_tick, ms=ms)


def _press(on: Plan, node: Node, button: object, *, again: bool) -> tuple[Node, list[Found]]:
    number = node.world.pressed if again else node.world.pressed + 1
    name = DESK if button == DESK else GYM
    press = PressId(f"{name}-{number}")
    event = PressHeard(node.now, name, "hold", press, None, None, 0, False, "mqtt", TOLD)
    return _decide(on, replace(node, world=replace(node.world, pressed=number)), event)


def _turned(node: Node, one: InputId) -> Node:
    return replace(node, world=replace(node.world, active=node.world.active ^ {one}))


def _tick(on: Plan, node: Node, ms: int) -> tuple[Node, list[Found]]:
    now = node.now.plus(ms * MILLISECOND_US)
    return _decide(on, replace(node, now=now), Ticked(now))


def _request(on: Plan, node: Node, event: Event) -> tuple[Node, list[Found]]:
    return _decide(on, node, event)


def _controller(on: Plan, node: Node) -> tuple[Node, list[Found]]:
    up = not node.world.up
    world = replace(node.world, up=up, quiet={})
    event = ControllerChanged(node.now, PLC, up, "up" if up else "silent", "")
    return _decide(on, replace(node, world=world), event)


def _ended(on: Plan, node: Node, how: Ending) -> tuple[Node, list[Found]]:
    """The oldest command on the wire ends. A board that does not answer may have done it all the same."""
    if not node.world.wire:
        return node, []
    permit, *left = node.world.wire
    world = replace(node.world, wire=tuple(left))
    if how != "refused":
        drives = {DoorId(one.target): one.on for one in permit.drives}
        world = replace(world, coils={**world.coils, **drives})
    if permit.purpose == "lock":
        ended = {DoorId(one.target): node.now.mono_us for one in permit.drives}
        world = replace(world, ended={**ended, **world.ended})
    event = CommandEnded(node.now, permit.id, PLC, how, "" if how == "written" else "exception_2")
    return _decide(on, replace(node, world=world), event)


def _scan(on: Plan, node: Node, *, thrown: bool | None, closed: bool) -> tuple[Node, list[Found]]:
    """Two rounds 30 ms apart. thrown None: bolts as their coils; closed False: the first twin's leaf is open."""
    if not node.world.up:
        return node, []
    found: list[Found] = []
    for _ in range(2):
        now = node.now.plus(30 * MILLISECOND_US)
        world = node.world
        values: dict[Key, int] = {}
        read: dict[DoorId, tuple[int, bool, bool]] = {}
        for one in on.doors.values():
            coil = world.coils[one.id]
            bolt = _locked(one, coil) if thrown is None else thrown
            leaf = closed or one.id != TWIN_1
            values |= _values(one, coil, bolt, leaf)
            read[one.id] = (now.mono_us, bolt, leaf)
        quiet = dict(world.quiet)
        left = world.left
        for each in on.inputs.values():
            is_active = each.id in world.active
            values[each.sensor.point.space, each.sensor.point.number] = int(is_active)
            if is_active:
                quiet.pop(each.id, None)
                left = now.mono_us if each.id == "exit" else left
            else:
                quiet[each.id] = now.mono_us
        node = replace(node, now=now, world=replace(world, quiet=quiet, left=left, read=read))
        node, broken = _decide(on, node, Scanned(now, PLC, now, values))
        found += broken
    return node, found


def _values(one: DoorPlan, coil: bool, bolt: bool, leaf: bool) -> dict[Key, int]:
    assert one.lock is not None
    assert one.bolt is not None
    assert one.position is not None
    return {
        (one.lock.point.space, one.lock.point.number): int(coil),
        (one.bolt.point.space, one.bolt.point.number): int(bolt),
        (one.position.point.space, one.position.point.number): int(leaf),
    }


def _settled(on: Plan) -> Node:
    """A campus some time after start: its board is up, its doors at rest were read, nothing is active."""
    live = Live(STARTED, "boot", STARTED, controllers={PLC: ControllerLive(True, STARTED, "up")})
    at_rest = {one.id: one.id == MAGNET for one in on.doors.values()}
    node = Node(STARTED.plus(10 * SECOND_US), State(Record(), live), World(coils=at_rest))
    node, found = _decide(on, node, SessionChanged(node.now, "presses", True, ""))
    for made in (_scan(on, node, thrown=None, closed=True),):
        node, found = made[0], found + made[1]
    node, more = _tick(on, node, 100)
    assert not found
    assert not more
    return node


# --- the laws --------------------------------------------------------------------------------


def _decide(on: Plan, node: Node, event: Event) -> tuple[Node, list[Found]]:
    decision = decide(on, node.state, event)
    world = node.world
    unlocked = {
        DoorId(drive.target)
        for permit in decision.permits
        for drive in permit.drives
        if permit.purpose != "lock"
    }
    kept = {one: when for one, when in world.ended.items() if one not in unlocked}
    world = replace(world, wire=(*world.wire, *decision.permits), ended=kept)
    after = Node(node.now, decision.state, world)
    return after, list(_broken(on, node, event, decision, after))


def _broken(on: Plan, before: Node, event: Event, decision: Decision, after: Node) -> Iterator[Found]:
    for permit in decision.permits:
        for drive in permit.drives:
            yield from _leaving_and_fire(on, before, drive)
            if permit.purpose == "rest" and not _named(before, event, drive):
                yield "only a named door is released", drive.target
    was, now = before.state.record, decision.state.record
    if not isinstance(event, CloseAsked):
        for zone, own in was.zones.items():
            if now.zones.get(zone) is None or now.zones[zone].response != own.response:
                yield "nothing but close ends a lockdown", zone
        if not was.incidents.keys() <= now.incidents.keys():
            yield "nothing but close ends an incident", "incident"
    elif now.zones:
        yield "close clears every zone", "zones"
    for one, order in was.orders.items():
        left = order.word == "lock" and now.orders[one].word != "lock"
        freed = one == MAGNET and now.orders[one].word == "free"
        if left and not freed and not (isinstance(event, ReleaseAsked) and one in event.doors):
            yield "no door leaves its lock order but by release or fire", one
    for one in on.doors:
        if decision.state.live.doors.get(one, DoorLive()).verdict.word == "secured":
            yield from _secured(after, one)
    if isinstance(event, PressHeard):
        yield from _pressed(on, before, event, decision)


def _leaving_and_fire(on: Plan, before: Node, drive: Drive) -> Iterator[Found]:
    if drive.target != MAGNET or not _locked(on.doors[MAGNET], drive.on):
        return
    now, world = before.now.mono_us, before.world
    for one in ("fire", "exit"):
        quiet = world.quiet.get(InputId(one))
        if quiet is None or now - quiet > FRESH_US or not world.up:
            yield f"a magnet is never energised while its {one} input is not known to be quiet", drive.target
    if world.left is not None and now - world.left <= EXIT_US:
        yield "a magnet is not energised within 30 s of its exit button", drive.target


def _named(before: Node, event: Event, drive: Drive) -> bool:
    order = before.state.record.orders.get(DoorId(drive.target))
    asked = isinstance(event, ReleaseAsked) and drive.target in event.doors
    return asked or (order is not None and order.word == "rest")


def _secured(after: Node, one: DoorId) -> Iterator[Found]:
    ended, read = after.world.ended.get(one), after.world.read.get(one)
    if ended is None or read is None or read[0] < ended:
        yield "no door is secured without evidence read after its command", one
    elif not (read[1] and read[2]) or after.now.mono_us - read[0] > FRESH_US:
        yield "no door is secured without fresh evidence that says so", one


def _pressed(on: Plan, before: Node, event: PressHeard, decision: Decision) -> Iterator[Found]:
    (fact,) = [entry.fact for entry in decision.entries if isinstance(entry.fact, PressRecorded)]
    if len([one for one in decision.answers if isinstance(one, PressAnswer)]) != 1:
        yield "every press is answered", event.button
    if fact.standing in ("repeated", "test"):
        opened = decision.state.record.incidents != before.state.record.incidents
        if decision.permits or opened:
            yield f"a press that counts as {fact.standing} does nothing", event.button
        return
    out = {drive.target for permit in decision.permits for drive in permit.drives}
    for one in on.doors:
        order = before.state.record.orders.get(one)
        its = before.state.live.doors.get(one, DoorLive())
        standing = (
            order is not None and order.word == "lock" and order.incident in before.state.record.incidents
        )
        sent = its.command is not None and its.command.ended is None
        done = standing and (sent or its.verdict.word == "secured")
        held = one == MAGNET and decision.state.live.doors[one].held != ""
        if one not in out and not done and not held:
            yield "a lockdown press commands every door that can be driven", one
        if decision.state.record.orders[one].word != "lock":
            yield "a lockdown press orders every door locked", one


def _locked(one: DoorPlan, coil: bool) -> bool:
    return one.lock is not None and coil == one.lock.locked_when


# --- when two nodes are one ------------------------------------------------------------------


def _key(on: Plan, node: Node) -> object:
    record, live, world = node.state.record, node.state.live, node.world
    now = node.now
    board = live.controllers[PLC]
    doors = {one.id: _door_key(on, node, one) for one in on.doors.values()}
    twins = tuple(sorted((doors[one] for one in TWINS), key=repr))
    contacts = tuple(
        (one.stable, _ago(now, one.confirmed), tuple(_ago(now, seen) for seen in one.seen))
        for _, one in sorted(board.contacts.items())
    )
    tests = tuple(
        (one, _age(test.until.mono_us - now.mono_us), test.last_press and _ago(now, test.last_press.at))
        for one, test in record.walk_tests.items()
    )
    return (
        twins,
        doors[MAGNET],
        contacts,
        tests,
        board.up,
        world.up,
        world.active,
        len(record.incidents),
        tuple(sorted(record.zones)),
        len(record.unanswered),
        any(
            one.press == f"{DESK}-{world.pressed}"
            for memory in record.buttons.values()
            for one in memory.presses
        ),
        tuple((one.purpose, tuple(drive.target in TWINS for drive in one.drives)) for one in world.wire)[:3],
        _age(None if world.left is None else now.mono_us - world.left),
    )


def _door_key(on: Plan, node: Node, one: DoorPlan) -> object:
    record, now, world = node.state.record, node.now, node.world
    its = node.state.live.doors.get(one.id, DoorLive())
    order = record.orders.get(one.id)
    board = node.state.live.controllers[PLC]
    points = [point.point for point in (one.lock, one.bolt, one.position) if point is not None]
    reads = [board.reads.get((point.space, point.number)) for point in points]
    return (
        None if order is None else (order.word, order.incident is None or order.incident in record.incidents),
        _command(now, its.command),
        _command(now, its.answered),
        (its.held, min(its.tries, 2), its.locked, its.left),
        (its.verdict.word, its.verdict.by, its.verdict.code),
        (_ago(now, its.written), _ago(now, its.unthrown), _ago(now, its.next_try)),
        tuple(None if read is None else (read.value, _ago(now, read.at)) for read in reads),
        world.coils[one.id],
    )


def _command(now: Instant, command: CommandLive | None) -> object:
    return command and (command.purpose, command.ending, _ago(now, command.sent))


def _ago(now: Instant, at: Instant | None) -> int | None:
    return _age(None if at is None else now.since(at))


def _age(age_us: int | None) -> int | None:
    """A time as one of a few that may matter: the travel, a freshness, a retry, an exit button's delay."""
    if age_us is None:
        return None
    return sum(age_us > limit for limit in (-1, 400_000, FRESH_US, 10 * SECOND_US, EXIT_US))
