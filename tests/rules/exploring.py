"""Breadth-first exploration of `decide` itself over a small campus: no second model, the shortest trace of what goes wrong.

A node holds the real state and the world behind it. Two nodes count as one where their canonical forms are equal
(`canonical`): then every move leads from both to the same. So a machine whose forms run out is gone through to its end.
"""

import hashlib
import marshal
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from random import Random
from typing import Any, Final

from rules.model.drill_facts import DrillEnded
from rules.model.facts import CommandRecorded, DoorsAsserted, FlagCleared, FlagRaised
from rules.model.flag_facts import ReadinessStated
from rules.model.ids import IncidentId
from rules.model.notices import NoticesOrdered
from rules.plan import Plan
from tests.rules.canonical import Scope, form_of
from tests.rules.drill_laws import noted
from tests.rules.laws import EXIT_US, Found, Node
from tests.rules.moves import After, Move, start

TOLD_ONLY: Final = (FlagRaised, FlagCleared, ReadinessStated, DoorsAsserted, CommandRecorded)
"""Facts that only tell, and how often depends on what `canonical` leaves out: no fold of them is read by a rule."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A small campus and what may happen to it.

    bounds: what is not gone through, in words. within: whether a node lies inside them; what lies outside is judged by
    the laws and not gone on from.
    """

    name: str
    plan: Plan
    scope: Scope
    moves: tuple[Move, ...]
    bounds: tuple[str, ...] = ()
    within: Callable[[Node], bool] = lambda node: True


def key(machine: Machine, node: Node) -> bytes:
    """A digest of a node's canonical form, the onlooker's notes among it."""
    form: Any = node_form(machine, node)
    return hashlib.blake2b(marshal.dumps(form, 2), digest_size=16).digest()


def node_form(machine: Machine, node: Node) -> object:
    """The canonical form of a node. The onlooker's notes are as old as the laws look back."""
    on, world, now = machine.plan, node.world, node.now
    fresh = {one.id: one.bolt.freshness_us for one in on.doors.values() if one.bolt is not None}
    last = frozenset(
        f"{button}-{heard[0]}" for button, heard in world.heard.items() if button in machine.scope.repeats
    )
    wire = tuple(one.permit.id for one in world.wire)
    return (
        form_of(on, machine.scope, node.state, now, wire=wire, last=last),
        world.up,
        tuple(sorted(world.coils.items())),
        tuple(sorted(world.active)),
        tuple(
            (
                one.permit.purpose,
                tuple((drive.target, drive.on) for drive in one.permit.drives),
                min(now.mono_us - one.sent, machine.scope.step_us),
            )
            for one in world.wire
        ),
        tuple(sorted(one for one in world.heard if one in machine.scope.repeats)),
        tuple(
            (
                one,
                run[0],
                run[2] - run[1] > 0,
                _since(now.mono_us, run[2], on.inputs[one].sensor.freshness_us),
            )
            for one, run in sorted(world.runs.items())
        ),
        noted(world.drill, now, machine.scope.late_us),
        tuple((one, _since(now.mono_us, at, EXIT_US)) for one, at in sorted(world.read_active.items())),
        tuple((one, _since(now.mono_us, at, fresh.get(one, 0))) for one, at in sorted(world.ended.items())),
        tuple(
            (one, since := _since(now.mono_us, at[0], fresh.get(one, 0)), since >= 0 and at[1:])
            for one, at in sorted(world.read.items())
        ),
    )


def _since(now_us: int, at_us: int, limit_us: int) -> int:
    passed = now_us - at_us
    return passed if passed <= limit_us else -1


@dataclass(frozen=True, slots=True)
class Explored:
    """closed: every state that can be reached was gone through. beyond: moves that led out of the machine's bounds.

    compared: pairs of states of one form that were led through every move, and did alike.
    trace, found: the moves to the first breach and what it broke; none: empty.
    """

    states: int
    transitions: int
    beyond: int
    compared: int
    deepest: int
    closed: bool
    trace: tuple[str, ...] = ()
    found: tuple[Found, ...] = ()


def explore(
    machine: Machine,
    *,
    most_states: int | None = None,
    compare: int = 0,
    heard: Callable[[int, int], object] = lambda *_: None,
) -> Explored:
    """Go through a machine, breadth first, until a law breaks or nothing is left, or `most_states` were seen.

    compare: of how many forms in 256 every further state that has it is compared with the first. heard: told of
    (states, waiting) now and then.
    """
    on = machine.plan
    first = start(on, machine.scope.step_us)
    top = key(machine, first)
    parents: dict[bytes, tuple[bytes, int] | None] = {top: None}
    firsts: dict[bytes, Node] = {}
    queue = deque([(top, first, 0)])
    transitions = beyond = compared = depth = 0

    def so_far(closed: bool, trace: tuple[str, ...] = (), found: tuple[Found, ...] = ()) -> Explored:
        return Explored(len(parents), transitions, beyond, compared, depth, closed, trace, found)

    while queue:
        at, node, depth = queue.popleft()
        if len(parents) % 1000 < 2:
            heard(len(parents), len(queue))
        for number, move in enumerate(machine.moves):
            after = move.make(on, moment_later(node))
            if after is None:
                continue
            transitions += 1
            if after.found:
                return so_far(False, (*_trace(machine, parents, at), move.name), after.found)
            if not machine.within(after.node):
                beyond += 1
                continue
            new = key(machine, after.node)
            if new not in parents:
                if most_states is not None and len(parents) >= most_states:
                    return so_far(False)
                parents[new] = (at, number)
                queue.append((new, after.node, depth + 1))
                if new[0] < compare:
                    firsts[new] = after.node
            elif new in firsts and firsts[new].state != after.node.state:
                compared += 1
                differs = difference(machine, firsts[new], after.node)
                if differs:
                    trace = (*_trace(machine, parents, at), move.name)
                    return so_far(False, trace, (("states of one form do alike", differs),))
    return so_far(True)


def moment_later(node: Node) -> Node:
    """The same by every duration, and later by the wall clock."""
    return replace(node, now=replace(node.now, utc_us=node.now.utc_us + 1))


def difference(machine: Machine, one: Node, other: Node) -> str:
    """What two states of one form do otherwise by some move; `""`: nothing."""
    on = machine.plan
    for move in machine.moves:
        first, second = move.make(on, moment_later(one)), move.make(on, moment_later(other))
        if first is None or second is None:
            if first is not second:
                return f"{move.name}: only one of them can"
            continue
        if first.found != second.found:
            return f"{move.name}: {first.found or second.found}"
        if seen(one, first) != seen(other, second):
            return f"{move.name}: {seen(one, first)} but {seen(other, second)}"
        if key(machine, first.node) != key(machine, second.node):
            return f"{move.name}: {_parting(node_form(machine, first.node), node_form(machine, second.node))}"
    return ""


def _parting(one: object, other: object) -> str:
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        return "; ".join(
            _parting(first, second) for first, second in zip(one, other, strict=True) if first != second
        )
    return f"{one} but {other}"


NAMED_ANEW: Final = frozenset(
    {"id", "press", "number", "notice", "commands", "command", "age_us", "until_utc_us", "until_mono_us"}
)
"""Fields of facts that name or number what happened, or say when."""


def seen(before: Node, after: After) -> object:
    """What an onlooker sees of a move: permits, answers and facts, incidents by their place."""
    places = {one: f"incident {place}" for place, one in enumerate(before.state.record.incidents)}

    def named(value: object) -> object:
        if isinstance(value, tuple):
            return tuple(named(one) for one in value)
        if isinstance(value, str) and value.startswith("drill-"):
            return "a drill"
        if isinstance(value, str):
            return places.get(IncidentId(value), "an incident" if value.startswith("inc-") else value)
        return value

    def plain(fact: object) -> object:
        assert is_dataclass(fact)
        if isinstance(fact, DrillEnded):
            # Its score is for people, of what `canonical` leaves out.
            return type(fact).__name__, fact.code
        if isinstance(fact, NoticesOrdered):
            told_by = tuple(output for output, _ in fact.outputs)
            return type(fact).__name__, fact.kind, fact.response, fact.zone, told_by, fact.held
        told = [named(getattr(fact, one.name)) for one in fields(fact) if one.name not in NAMED_ANEW]
        return type(fact).__name__, told

    return [
        (
            [(one.controller, one.purpose, one.drives) for one in made.permits],
            [plain(one) for one in made.answers],
            sorted(
                repr((plain(one.fact), named(one.subject), one.actor, named(one.incident)))
                for one in made.entries
                if not isinstance(one.fact, TOLD_ONLY)
            ),
        )
        for made in after.decisions
    ]


def _trace(machine: Machine, parents: dict[bytes, tuple[bytes, int] | None], at: bytes) -> list[str]:
    names: list[str] = []
    while (step := parents[at]) is not None:
        at, number = step
        names.append(machine.moves[number].name)
    return names[::-1]


def wander(machine: Machine, *, seed: int, moves: int) -> tuple[list[str], tuple[Found, ...]]:
    """(the moves of one long walk chosen by `seed`, what was broken at its end), for what lies deeper than a cut goes."""
    choose = Random(seed)
    node, names = start(machine.plan, machine.scope.step_us), list[str]()
    for _ in range(moves):
        move = choose.choice(machine.moves)
        after = move.make(machine.plan, moment_later(node))
        if after is None:
            continue
        names.append(move.name)
        if after.found:
            return names, after.found
        node = after.node
    return names, ()
