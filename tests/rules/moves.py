"""What may happen to a small campus: each move is one event (or a board's round) through `decide`, judged by the laws.

Events of one moment come in any order at the same microsecond of CLOCK_MONOTONIC; only `passes` lets time go on, in the
steps of its machine. The wall clock moves by a microsecond with each, as clocks do: ids are made of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from rules.decide import decide
from rules.decision import Decision
from rules.model.drill_asks import BeginDrill, DrillAsked, EndDrill
from rules.model.events import (
    AnswerAsked,
    CloseAsked,
    CommandEnded,
    ControllerChanged,
    Ending,
    Event,
    PressAsked,
    PressHeard,
    ReleaseAsked,
    Scanned,
    SessionChanged,
    StartAsked,
    Ticked,
    WalkTestAsked,
)
from rules.model.ids import ButtonId, DoorId, InputId, PressId, RequestId, ZoneId
from rules.model.kinds import Drill, Exercise, Kind, Real
from rules.model.moments import SECOND_US, Instant
from rules.model.notices import NoticeEnded
from rules.model.responses import Response
from rules.plan import Plan
from rules.state import ControllerLive, Live, Record, State
from tests.rules.campus import PERSON, PLC, STARTED
from tests.rules.drill_laws import broken_in_drills, watched
from tests.rules.laws import Found, Node, OnWire, World, broken, locked, values
from tests.rules.story import TOLD


@dataclass(frozen=True, slots=True)
class After:
    """What a move came to: the node, what it broke, and what an onlooker saw: each decision of it, in order."""

    node: Node
    found: tuple[Found, ...] = ()
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """make: what it comes to at a node; None: it cannot be made there."""

    name: str
    make: Callable[[Plan, Node], After | None]


REQUEST: Final = RequestId(1)
A_DAY_US: Final = 24 * 60 * 60 * SECOND_US


def happens(on: Plan, node: Node, event: Event) -> After:
    """One event through `decide`, and what is on its way to the boards then."""
    decision = decide(on, node.state, event)
    world = node.world
    unlocked = {
        DoorId(drive.target)
        for permit in decision.permits
        for drive in permit.drives
        if permit.purpose != "lock"
    }
    kept = {one: when for one, when in world.ended.items() if one not in unlocked}
    wire = (*world.wire, *(OnWire(permit, event.at.mono_us) for permit in decision.permits))
    drill = watched(node, event, decision)
    after = Node(node.now, decision.state, replace(world, wire=wire, ended=kept, drill=drill))
    laws = (*broken(on, node, event, decision, after), *broken_in_drills(on, node, event, decision))
    return After(after, laws, (decision,))


def then(first: After, make: Callable[[Node], After | None]) -> After:
    """Two in a row as one move."""
    second = make(first.node)
    if second is None:
        return first
    return After(second.node, (*first.found, *second.found), (*first.decisions, *second.decisions))


def start(on: Plan, step_us: int) -> Node:
    """A campus after some whole steps: boards up, doors at rest and read, inputs read quiet twice."""
    live = Live(STARTED, "boot", STARTED, controllers={PLC: ControllerLive(True, STARTED, "up")})
    coils: dict[str, bool] = {}
    for door in on.doors.values():
        assert door.hardware is not None
        assert door.lock is not None
        coils[door.id] = door.lock.locked_when == (door.hardware.rest == "locked")
    coils |= dict.fromkeys(on.outputs, False)
    settled_us = step_us * (1 + 60 * SECOND_US // step_us)
    after = After(Node(STARTED.plus(settled_us), State(Record(), live), World(coils=coils)))
    after = then(after, lambda node: happens(on, node, SessionChanged(node.now, "presses", True, "")))
    for _ in range(2):
        after = then(after, lambda node: scan().make(on, node))
        after = then(after, lambda node: happens(on, _later(node, step_us), Ticked(node.now.plus(step_us))))
    after = then(after, lambda node: scan().make(on, node))
    assert not after.found
    return after.node


def _later(node: Node, us: int) -> Node:
    return replace(node, now=node.now.plus(us))


# --- persons and buttons ---------------------------------------------------------------------


def press(button: ButtonId, gesture: str = "hold", *, waited_us: int | None = 0) -> Move:
    """A new press."""

    def make(on: Plan, node: Node) -> After:
        number = node.world.heard.get(button, (0, 0))[0] + 1
        heard = {**node.world.heard, button: (number, node.now.mono_us)}
        return _heard(on, replace(node, world=replace(node.world, heard=heard)), button, gesture, waited_us)

    late = "" if waited_us == 0 else ", after an outage"
    return Move(f"press {button} {gesture}{late}", make)


def repeat(button: ButtonId, gesture: str = "hold") -> Move:
    """The last press of a button again, as devices and brokers send it."""

    def make(on: Plan, node: Node) -> After | None:
        return _heard(on, node, button, gesture, 0) if button in node.world.heard else None

    return Move(f"press {button} again", make)


def _heard(on: Plan, node: Node, button: ButtonId, gesture: str, waited_us: int | None) -> After:
    press_id = PressId(f"{button}-{node.world.heard[button][0]}")
    event = PressHeard(node.now, button, gesture, press_id, None, None, waited_us, False, "mqtt", TOLD)
    return happens(on, node, event)


def asked(name: str, ask: Callable[[Instant], Event]) -> Move:
    """A person asks."""
    return Move(name, lambda on, node: happens(on, node, ask(node.now)))


def release(door: DoorId) -> Move:
    """A person returns a door to its rest."""
    return asked(f"release {door}", lambda at: ReleaseAsked(at, REQUEST, PERSON, (door,), "why"))


def close_all(*, silent: bool = False) -> Move:
    """A person closes what they may know of."""
    return asked(
        "close" + (" silent ones too" if silent else ""),
        lambda at: CloseAsked(at, REQUEST, PERSON, "over", silent=silent),
    )


def close_oldest(*, silent: bool = False) -> Move:
    """A person closes the incident that has been live for longest, by its id."""

    def make(on: Plan, node: Node) -> After | None:
        first = next(iter(node.state.record.incidents), None)
        if first is None:
            return None
        return happens(on, node, CloseAsked(node.now, REQUEST, PERSON, "over", incident=first, silent=silent))

    return Move("close the oldest" + (", silent or not" if silent else ""), make)


def by_name(button: ButtonId, kind: Kind, gesture: str | None = None) -> Move:
    """A person presses a button by name."""
    return asked(
        f"{kind.word} press of {button} by name",
        lambda at: PressAsked(at, REQUEST, PERSON, button, kind, gesture),
    )


def begin(response: Response, zone: ZoneId, kind: Real | Drill | Exercise, *, change: bool = False) -> Move:
    """A person starts a response in a zone. change: it may take the place of what holds there."""
    return asked(
        f"{'change to' if change else 'start'} {kind.word} {response} in {zone}",
        lambda at: StartAsked(at, REQUEST, PERSON, response, (zone,), kind, "why", change=change),
    )


def drill(
    response: Response, zone: ZoneId, *buttons: ButtonId, waits: bool = False, minutes: int = 1
) -> Move:
    """A person begins a drill in which buttons are enrolled. waits: its first press opens it."""
    said = f"{', which waits,' if waits else ''} with {' '.join(buttons) or 'no button'}"
    ask = BeginDrill("lockdown", "drill", response, (zone,), buttons, (), minutes, waits)
    return asked(f"drill of {response} in {zone}{said}", lambda at: DrillAsked(at, REQUEST, PERSON, ask))


def end_drill() -> Move:
    """A person ends the drill under way."""

    def make(on: Plan, node: Node) -> After | None:
        run = node.state.record.drills.run
        if run is None:
            return None
        return happens(on, node, DrillAsked(node.now, REQUEST, PERSON, EndDrill(run.id, "over")))

    return Move("end the drill", make)


def answer(*, start_it: bool) -> Move:
    """The unanswered press that waits for longest is started or dismissed."""

    def make(on: Plan, node: Node) -> After | None:
        first = next(iter(node.state.record.unanswered), None)
        if first is None:
            return None
        return happens(on, node, AnswerAsked(node.now, REQUEST, PERSON, first, start_it, "why"))

    return Move("start what waits" if start_it else "dismiss what waits", make)


def walk_test(*buttons: ButtonId) -> Move:
    """A person puts buttons in test for a minute."""
    return asked(
        f"walk-test {' '.join(buttons)}", lambda at: WalkTestAsked(at, REQUEST, PERSON, buttons, 1, "Kim")
    )


# --- boards ----------------------------------------------------------------------------------


def turns(name: str) -> Move:
    """An input turns; nothing is read of it yet."""

    def make(on: Plan, node: Node) -> After:
        active = node.world.active ^ {InputId(name)}
        return After(replace(node, world=replace(node.world, active=active)))

    return Move(f"{name} turns", make)


def scan(
    name: str = "", *, slack: frozenset[DoorId] = frozenset(), open_: frozenset[DoorId] = frozenset()
) -> Move:
    """A round of the board: bolts as their coils, leaves closed. slack: bolts that are not. open_: leaves that are open."""

    def make(on: Plan, node: Node) -> After | None:
        if not node.world.up:
            return None
        now, world = node.now, node.world
        evidence: dict[DoorId, tuple[bool, bool]] = {}
        read: dict[DoorId, tuple[int, bool, bool]] = {}
        for one in on.doors.values():
            bolt = locked(one, world.coils[one.id]) != (one.id in slack)
            evidence[one.id] = (bolt, one.id not in open_)
            read[one.id] = (now.mono_us, *evidence[one.id])
        runs, active_at = dict(world.runs), dict(world.read_active)
        exits = {each for door in on.doors.values() for each in door.exit_buttons}
        for each in on.inputs:
            active = each in world.active
            run = runs.get(each)
            runs[each] = (active, now.mono_us if run is None or run[0] != active else run[1], now.mono_us)
            if active and each in exits:
                active_at[each] = now.mono_us
        seen = replace(node, world=replace(world, runs=runs, read_active=active_at, read=read))
        return happens(on, seen, Scanned(now, PLC, now, values(on, world, evidence)))

    said = [f"{one} bolt not as told" for one in sorted(slack)] + [f"{one} open" for one in sorted(open_)]
    return Move(name or f"scan: {', '.join(said) or 'all as told and closed'}", make)


def ends(how: Ending) -> Move:
    """The oldest command on the wire ends. A board that does not answer may have done it all the same."""

    def make(on: Plan, node: Node) -> After | None:
        if not node.world.wire:
            return None
        first, *left = node.world.wire
        world = replace(node.world, wire=tuple(left))
        if how in ("written", "no_answer"):
            drives: Mapping[str, bool] = {one.target: one.on for one in first.permit.drives}
            world = replace(world, coils={**world.coils, **drives})
        if first.permit.purpose == "lock":
            ended = {DoorId(one.target): node.now.mono_us for one in first.permit.drives}
            world = replace(world, ended={**ended, **world.ended})
        code = "" if how == "written" else "exception_2"
        event = CommandEnded(node.now, first.permit.id, first.permit.controller, how, code)
        return happens(on, replace(node, world=world), event)

    return Move(f"command {how}", make)


def lost() -> Move:
    """The oldest command on the wire never ends, against what its driver promises."""

    def make(on: Plan, node: Node) -> After | None:
        if not node.world.wire:
            return None
        return After(replace(node, world=replace(node.world, wire=node.world.wire[1:])))

    return Move("command lost", make)


def controller_turns() -> Move:
    """The board falls silent, or answers again."""

    def make(on: Plan, node: Node) -> After:
        up = not node.world.up
        world = replace(node.world, up=up, runs={})
        event = ControllerChanged(node.now, PLC, up, "up" if up else "silent", "")
        return happens(on, replace(node, world=world), event)

    return Move("controller turns", make)


def all_ends(inner: Move) -> Move:
    """A move after which every command is carried out and answered at once: for machines that are not about commands."""

    def make(on: Plan, node: Node) -> After | None:
        after = inner.make(on, node)
        while after is not None and after.node.world.wire:
            after = then(after, lambda now: ends("written").make(on, now))
        return after

    return Move(inner.name, make)


def all_told(inner: Move) -> Move:
    """A move after which every notice is received at once: for machines that are not about notices."""

    def make(on: Plan, node: Node) -> After | None:
        after = inner.make(on, node)
        if after is None:
            return None
        for notice in [one for made in after.decisions for one in made.notices]:
            ended = NoticeEnded(after.node.now, notice.id, notice.output, "received", "", 1, 1)
            after = then(after, lambda now, ended=ended: happens(on, now, ended))  # type: ignore[misc]
        return after

    return Move(inner.name, make)


# --- time ------------------------------------------------------------------------------------


def passes(us: int, *, read: Move | None = None, on_wire_us: int | None = None) -> Move:
    """Time passes and the loop says so. read: the round of the board at its end, just before, where it is up.

    on_wire_us: not while a command has been on the wire for so long: each driver answers within its time-out.
    """

    def make(on: Plan, node: Node) -> After | None:
        wire = node.world.wire
        if on_wire_us is not None and wire and node.now.mono_us - wire[0].sent >= on_wire_us:
            return None
        after = After(_later(node, us))
        if read is not None:
            after = read.make(on, after.node) or after
        return then(after, lambda later: happens(on, later, Ticked(later.now)))

    said = "a day passes" if us >= A_DAY_US else f"{us / SECOND_US:g} s pass"
    return Move(said if read is None else f"{said}, {read.name}", make)
