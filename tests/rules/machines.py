"""The machines of `make prove`: for each a campus small enough to be gone through, and what may happen to it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from edge.config.packs import shipped
from rules.model.ids import DoorId
from rules.model.kinds import DRILL, EXERCISE, REAL
from rules.model.moments import SECOND_US
from rules.model.responses import Response
from rules.plan import DoorKind, DoorPlan, InputPlan, ResponsePlan
from tests.rules.campus import (
    CAMPUS,
    FIRE_STRIKE,
    MAGLOCK,
    PLC,
    RESPONSES,
    STRIKE,
    A,
    campus,
    contact,
    door,
    output,
)
from tests.rules.canonical import Scope
from tests.rules.drilling import RULES
from tests.rules.exploring import Machine
from tests.rules.laws import Node
from tests.rules.moves import (
    A_DAY_US,
    all_ends,
    all_told,
    answer,
    begin,
    by_name,
    close_all,
    close_oldest,
    controller_turns,
    drill,
    end_drill,
    ends,
    lost,
    passes,
    press,
    release,
    repeat,
    scan,
    turns,
    walk_test,
)
from tests.rules.story import ASSIST, DESK, DURESS, GYM, HIDDEN, LOCKDOWN, desk

NONE: Final[frozenset[DoorKind]] = frozenset()
_OUTSIDE: Final[Mapping[Response, frozenset[DoorKind]]] = {
    "lockdown": frozenset({"exterior"}),
    "secure": frozenset({"exterior"}),
}
ROOM: Final = DoorId("room")
MAGNET: Final = DoorId("magnet")
RATED: Final = DoorId("rated")


def on_the_wire(most: int) -> Callable[[Node], bool]:
    """At most so many commands whose end is still to come."""
    return lambda node: len(node.world.wire) <= most


def door_machine(step_us: int) -> Machine:
    """One strike at rest unlocked, and everything that may become of a command and be read of it."""
    room = door(ROOM, hardware=replace(STRIKE, rest="unlocked"))
    return Machine(
        "door",
        campus(room, buttons=[desk(DESK, {"hold": LOCKDOWN}, silence_limit_us=None)], controllers=(PLC,)),
        Scope(step_us),
        (
            press(DESK),
            release(ROOM),
            close_all(),
            ends("written"),
            ends("refused"),
            ends("no_answer"),
            scan(),
            scan(slack=frozenset({ROOM})),
            scan(open_=frozenset({ROOM})),
            passes(step_us, on_wire_us=step_us),
        ),
        (
            "one door, its board up throughout",
            "at most one command on the wire, which ends within a step",
        ),
        on_the_wire(1),
    )


def fire_machine(step_us: int) -> Machine:
    """A magnet that a fire input frees; its way out is quiet throughout."""
    magnet = door(MAGNET, hardware=MAGLOCK, fire=("fire",))
    return _guarded("fire", step_us, magnet, contact("fire", 50, "fire-alarm"))


def leaving_machine(step_us: int) -> Machine:
    """A magnet that an exit button holds back; no fire input covers it."""
    magnet = door(MAGNET, hardware=MAGLOCK, exits=("exit",))
    return _guarded("fire, a way out", step_us, magnet, contact("exit", 51, "exit-button"))


def latch_machine(step_us: int) -> Machine:
    """A fire-rated strike that latches where its fire input is active."""
    rated = door(RATED, hardware=FIRE_STRIKE, fire=("fire",))
    return _guarded("fire, a latch", step_us, rated, contact("fire", 50, "fire-alarm"))


def _guarded(name: str, step_us: int, one: DoorPlan, guard: InputPlan) -> Machine:
    return Machine(
        name,
        campus(
            one,
            inputs=[guard],
            buttons=[desk(DESK, {"hold": LOCKDOWN}, silence_limit_us=None)],
            controllers=(PLC,),
        ),
        Scope(step_us, boards_turn=True),
        (
            press(DESK),
            release(one.id),
            close_all(),
            turns(guard.id),
            ends("written"),
            ends("no_answer"),
            scan(),
            controller_turns(),
            passes(step_us, read=scan(), on_wire_us=0),
        ),
        (
            "one door and one input, bolt and leaf as told",
            "at most one command on the wire, which ends before time passes, written or unanswered",
        ),
        on_the_wire(1),
    )


def walk_machine(step_us: int) -> Machine:
    """Two buttons, in test or not; one door, whose commands are carried out at once."""
    room = door(ROOM, hardware=replace(STRIKE, rest="unlocked"), bolt=False, position=False)
    buttons = [desk(one, {"hold": LOCKDOWN}, silence_limit_us=None) for one in (DESK, GYM)]
    moves = (
        press(DESK),
        repeat(DESK),
        press(GYM),
        walk_test(DESK),
        walk_test(DESK, GYM),
        close_all(),
        passes(step_us),
        passes(A_DAY_US + step_us),
    )
    return Machine(
        "walk-test",
        campus(room, buttons=buttons, controllers=(PLC,)),
        Scope(step_us, repeats=frozenset({DESK})),
        tuple(all_ends(one) for one in moves),
        ("every command is carried out at once", "no sensor"),
    )


def response_machine(step_us: int) -> Machine:
    """Presses, starts, drills and exercises of four responses in three zones; a door and a strobe that do as told."""
    room = door(ROOM, hardware=replace(STRIKE, rest="unlocked"), bolt=False, position=False)
    buttons = [
        desk(DESK, {"single": ASSIST, "hold": LOCKDOWN}, silence_limit_us=None),
        desk(HIDDEN, {"single": DURESS}, silence_limit_us=None),
    ]
    moves = (
        press(DESK),
        press(DESK, "single"),
        press(HIDDEN, "single"),
        press(DESK, waited_us=None),
        begin("lockdown", A, REAL),
        begin("evacuate", CAMPUS, REAL),
        by_name(DESK, DRILL),
        begin("evacuate", A, DRILL),
        by_name(DESK, EXERCISE),
        answer(start_it=True),
        answer(start_it=False),
        close_all(),
        close_oldest(silent=True),
        release(ROOM),
        passes(step_us),
    )
    return Machine(
        "response",
        campus(room, buttons=buttons, outputs=[output("strobe", 20)], controllers=(PLC,)),
        Scope(step_us),
        tuple(all_ends(one) for one in moves),
        ("every command is carried out at once", "no sensor"),
    )


NEVER_US: Final = 10**18
"""Longer than any machine goes."""


def drill_machine(step_us: int) -> Machine:
    """A drill of one minute with two enrolled buttons and one that is not, real presses, starts and ends, and who is told."""
    room = door(ROOM, hardware=replace(STRIKE, rest="unlocked"), bolt=False, position=False)
    buttons = [
        desk(DESK, {"hold": LOCKDOWN}, silence_limit_us=None),
        desk(GYM, {"hold": LOCKDOWN}, silence_limit_us=None),
        desk(HIDDEN, {"single": DURESS}, silence_limit_us=None),
    ]
    staff, police = (output(name, 0, driver="smtp", zone=CAMPUS) for name in ("staff", "police"))
    outputs = [output("strobe", 20), staff, replace(police, audience="police")]
    written = {one: replace(plan, messages=not plan.silent) for one, plan in RESPONSES.items()}
    on = campus(room, buttons=buttons, outputs=outputs, controllers=(PLC,), responses=written)
    moves = (
        drill("lockdown", CAMPUS, DESK, HIDDEN, waits=True),
        drill("lockdown", CAMPUS, DESK),
        press(DESK),
        press(DESK, waited_us=step_us),
        press(GYM),
        press(HIDDEN, "single"),
        begin("lockdown", A, REAL),
        by_name(GYM, DRILL),
        by_name(GYM, EXERCISE),
        end_drill(),
        close_all(),
        passes(step_us),
    )
    return Machine(
        "drill",
        replace(on, drills=RULES, unacknowledged_after_us=NEVER_US),
        Scope(step_us, late_us=step_us),
        tuple(all_told(all_ends(one)) for one in moves),
        (
            "every command is carried out at once, and every notice received",
            "no sensor",
            "a drill is of one minute",
        ),
    )


def transition_machine(step_us: int) -> Machine:
    """Each response of the shipped pack asked for, started or as a change, in two zones; drills and presses between them."""
    pack = shipped()
    responses = {
        one: ResponsePlan(
            one, row.rank, row.scope, row.silent, row.locks | _OUTSIDE.get(one, NONE), row.outputs
        )
        for one, row in pack.responses.items()
    }
    rooms = [
        door(ROOM, hardware=replace(STRIKE, rest="unlocked"), bolt=False, position=False),
        door("front", 1, replace(STRIKE, rest="unlocked"), kind="exterior", bolt=False, position=False),
    ]
    buttons = [
        desk(DESK, {"hold": LOCKDOWN}, silence_limit_us=None),
        desk(HIDDEN, {"single": DURESS}, silence_limit_us=None),
    ]
    moves = (
        *(
            begin(one, zone, REAL, change=change)
            for one in ("lockdown", "fire", "evacuate", "shelter", "secure", "hold-in-place")
            for zone in (CAMPUS, A)
            for change in (False, True)
        ),
        begin("medical", A, REAL),
        begin("evacuate", A, DRILL),
        begin("hold-in-place", A, DRILL, change=True),
        by_name(DESK, DRILL),
        press(DESK),
        press(HIDDEN, "single"),
        close_all(),
        release(ROOM),
    )
    on = campus(
        *rooms, buttons=buttons, outputs=[output("strobe", 20)], controllers=(PLC,), responses=responses
    )
    return Machine(
        "transitions",
        replace(on, transitions=pack.transitions),
        Scope(step_us),
        tuple(all_ends(one) for one in moves),
        ("every command is carried out at once", "no sensor", "time stands still"),
    )


def together() -> Machine:
    """Two equal strikes, a magnet with fire input and exit button, two buttons, and all that may happen: too much to close."""
    twins = (DoorId("twin-1"), DoorId("twin-2"))
    on = campus(
        door(twins[0]),
        door(twins[1], 1),
        door(MAGNET, 2, MAGLOCK, rex=("exit",), exits=("exit",), fire=("fire",)),
        inputs=[contact("fire", 50, "fire-alarm"), contact("exit", 51, "exit-button")],
        buttons=[desk(one, {"hold": LOCKDOWN}, silence_limit_us=None) for one in (DESK, GYM)],
        controllers=(PLC,),
    )
    step_us = SECOND_US // 2
    moves = (
        press(DESK),
        press(GYM),
        repeat(DESK),
        turns("fire"),
        turns("exit"),
        scan(),
        scan(slack=frozenset(on.doors)),
        scan(open_=frozenset({twins[0]})),
        ends("written"),
        ends("refused"),
        ends("no_answer"),
        lost(),
        release(twins[0]),
        release(MAGNET),
        close_all(),
        walk_test(DESK),
        controller_turns(),
        passes(step_us),
        passes(5 * step_us),
        passes(62 * step_us),
    )
    return Machine("all together", on, Scope(step_us, frozenset({DESK}), boards_turn=True), moves)
