"""What the interlock lets out: one sealed permit a board, only what passed; and, over any history, nothing that holds people."""

from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from rules import interlock
from rules.contacts import guarded_state
from rules.interlock import bare_permits, output_permits, permits
from rules.model.ids import ControllerId, DoorId, InputId, OutputId
from rules.model.moments import SECOND_US
from rules.model.seal import SEAL
from rules.plan import Plan
from rules.state import Record
from rules.step import Step
from tests.rules.campus import (
    FIRE_STRIKE,
    LOCKSET,
    MAGLOCK,
    OTHER,
    PLC,
    STAIR_LOCK,
    STRIKE,
    World,
    campus,
    contact,
    door,
    output,
)

INPUTS = (
    contact("fire", 40, "fire-alarm"),
    contact("rex", 41, "rex"),
    contact("exit", 42, "exit-button"),
)


def doors_of_two_boards() -> Plan:
    return campus(
        door("c", 2),
        door("a", 0),
        door("m", 5, MAGLOCK, rex=("rex",), exits=("exit",), fire=("fire",)),
        door("e", 1, LOCKSET, controller=OTHER),
        door("bad", 7, defects=("nope",)),
        inputs=INPUTS,
        outputs=[output("s", 9), output("t", 8), output("old", 10, commissioned=None), output("clash", 0)],
    )


def step_of(plan: Plan, active: str = "", *, up: bool = True) -> Step:
    """A step on a campus read for half a second, with one input active, or its first board lost."""
    world = World(plan)
    if active:
        world.turn(active)
    world.run(0.5)
    if not up:
        world.link(up=False)
    return Step(plan, replace(world.state, record=Record()), world.now)


def names(*given_: str) -> tuple[DoorId, ...]:
    return tuple(DoorId(one) for one in given_)


def test_one_permit_for_each_board_with_its_coils_in_order_and_a_fresh_number() -> None:
    step = step_of(doors_of_two_boards())
    passed = permits(step, names("c", "a", "m", "e", "bad", "nobody"), "lock")
    assert [(one.controller, [(d.target, d.on) for d in one.drives]) for one in passed.permits] == [
        (PLC, [("a", False), ("c", False), ("m", True)]),
        (OTHER, [("e", False)]),
    ]
    assert all(one.seal is SEAL and one.purpose == "lock" for one in passed.permits)
    assert len(set(passed.ids)) == 2
    assert passed.command(DoorId("a")) == passed.permits[0].id
    assert passed.command(DoorId("bad")) is None
    assert dict(passed.held) == {"bad": "nope", "nobody": "unknown_door"}
    assert permits(step, names("a"), "lock").ids[0] > max(passed.ids)


def test_a_prepared_lockdown_is_judged_again_by_what_is_live_at_the_press() -> None:
    plan = doors_of_two_boards()
    everything = names("c", "a", "m", "e")
    assert interlock.prepared_lockdown(plan, everything) is interlock.prepared_lockdown(plan, everything)
    assert permits(step_of(plan), everything, "lock").held == ()
    leaving = permits(step_of(plan, "rex"), everything, "lock")
    assert leaving.held == (("m", "leaving_active"),)
    assert all(drive.target != "m" for one in leaving.permits for drive in one.drives)
    alone = permits(step_of(plan, up=False), names("m"), "lock")
    assert (alone.permits, alone.held) == ((), (("m", "fire_unsure"),))


def test_more_lockdowns_than_are_kept_are_still_prepared() -> None:
    plan = campus(*[door(f"d{n}", n) for n in range(interlock.LOCKDOWNS_KEPT + 2)])
    for one in plan.doors:
        assert permits(step_of(plan), (one,), "lock").held == ()


def test_a_release_goes_to_named_doors_only() -> None:
    step = step_of(doors_of_two_boards())
    passed = permits(step, names("a", "c", "bad", "nobody"), "rest", frozenset(names("a")))
    assert [drive.target for one in passed.permits for drive in one.drives] == ["a"]
    assert dict(passed.held) == {"c": "not_named", "bad": "nope", "nobody": "unknown_door"}
    bare = permits(step_of(campus(door("x", hardware=None))), names("x"), "free")
    assert bare.held == (("x", "no_record"),)


def test_when_the_interlock_itself_failed_only_doors_that_lock_without_power_go() -> None:
    plan = campus(
        door("strike", 0, STRIKE),
        door("magnet", 1, MAGLOCK, fire=("fire",)),
        door("stair", 2, STAIR_LOCK, fire=("fire",)),
        door("fail-safe", 3, replace(LOCKSET, on_power_loss="safe")),
        door("unsound", 4, defects=("nope",)),
        door("bare", 5, hardware=None),
        inputs=INPUTS,
    )
    passed = bare_permits(step_of(plan), (*plan.doors, DoorId("nobody")))
    assert [drive.target for one in passed.permits for drive in one.drives] == ["strike"]
    assert dict(passed.held) == {
        "magnet": "interlock_failed",
        "stair": "interlock_failed",
        "fail-safe": "interlock_failed",
        "unsound": "nope",
        "bare": "no_record",
        "nobody": "no_record",
    }


def test_an_output_is_switched_only_where_commissioned_and_never_on_a_lock_s_coil() -> None:
    plan = doors_of_two_boards()
    mail = output("mail", 11, driver="smtp")
    away = output("away", 12, controller=ControllerId("gone"))
    plan = replace(plan, outputs={**plan.outputs, mail.id: mail, away.id: away})
    asked = [OutputId(one) for one in ("s", "t", "old", "clash", "mail", "away", "nobody")]
    passed = output_permits(step_of(plan), asked, True)
    assert [(one.purpose, [d.target for d in one.drives]) for one in passed.permits] == [
        ("output", ["t", "s"])
    ]
    assert dict(passed.held) == {
        "old": "not_commissioned",
        "clash": "coil_of_a_lock",
        "mail": "no_coil",
        "away": "no_coil",
        "nobody": "unknown_output",
    }


# --- no decision ever ------------------------------------------------------------------------

GUARDED = ("m", "s", "f")
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("turn"), st.sampled_from(["fire", "rex", "exit"]), st.booleans()),
        st.tuples(st.just("link"), st.just(""), st.booleans()),
        st.tuples(st.sampled_from(["press", "lock", "release", "wait", "scan"]), st.sampled_from(GUARDED), st.booleans()),
        st.tuples(st.just("answer"), st.sampled_from(["written", "refused", "no_answer"]), st.booleans()),
    ),
    min_size=3,
    max_size=25,
)  # fmt: skip


WENT_OUT = [
    ("wait", "m", True),
    ("turn", "exit", True),
    ("wait", "m", True),
    ("turn", "exit", False),
    ("wait", "m", True),
    ("press", "m", True),
    ("wait", "m", True),
]


@example(WENT_OUT)
@given(ACTIONS)
def test_no_decision_ever_puts_power_on_a_lock_that_fire_or_leaving_holds(
    actions: list[tuple[str, str, bool]],
) -> None:
    plan = campus(
        door("m", 0, replace(MAGLOCK, rest="unlocked"), rex=("rex",), exits=("exit",), fire=("fire",)),
        door("s", 1, replace(STAIR_LOCK, rest="unlocked"), fire=("fire",)),
        door("f", 2, FIRE_STRIKE, fire=("fire",)),
        inputs=INPUTS,
    )
    world = World(plan)
    exited = None
    for what, which, flag in actions:
        made = []
        match what:
            case "turn":
                world.turn(which, flag)
            case "link":
                made = [world.link(flag)]
            case "press":
                made = [world.press(which)]
            case "lock":
                made = [world.lock(which)]
            case "release":
                made = [world.release(which)]
            case "answer":
                world.answers[PLC] = (which, "x")  # type: ignore[assignment]
            case "scan":
                made = [world.scan()[0]]
            case _:
                made = world.run(0.3, scans=flag)
        for decision in made:
            live = world.state.live
            for permit in decision.permits:
                for drive in permit.drives:
                    hardware = plan.doors[DoorId(drive.target)].hardware
                    assert hardware is not None
                    if not interlock.energises(hardware, drive.on):
                        continue
                    # Quiet at the moment of the decision; nothing in the world turns within one `run`.
                    assert guarded_state(plan, live, InputId("fire"), decision.state.live.now) == "quiet"
                    if drive.target == "m":
                        assert exited is None or decision.state.live.now.since(exited) > 30 * SECOND_US
        contact_ = world.state.live.controllers[PLC].contacts.get(("discrete_input", 42))
        exited = None if contact_ is None else contact_.seen[1]
