"""A scan that says nothing new leaves doors at rest alone, and changes nothing else by that."""

from hypothesis import given, settings
from hypothesis import strategies as st

from rules import contacts, doors, fire, responses
from rules.decision import Decision
from rules.model.events import Scanned
from rules.model.facts import Because
from rules.model.ids import DoorId
from rules.resting import at_rest
from rules.step import Step
from tests.rules.campus import (
    FIRE_STRIKE,
    INCIDENT,
    LOCKSET,
    MAGLOCK,
    PERSON,
    PLC,
    STRIKE,
    World,
    campus,
    contact,
    door,
)

PLAN = campus(
    door("room", 0, STRIKE, rex=("rex",)),
    door("hall", 1, FIRE_STRIKE, fire=("fire",)),
    door("gym", 2, MAGLOCK, rex=("rex",), fire=("fire",)),
    door("store", 3, LOCKSET, position=False),
    door("shed", 4, LOCKSET, bolt=False),
    inputs=[contact("rex", 20), contact("fire", 21, "fire-alarm")],
)
NAMES = tuple(PLAN.doors)

ACTIONS = st.one_of(
    st.sampled_from(["press", "close", "release", "lock one", "release one", "away", "back", "refuse"]),
    st.tuples(st.just("bolt"), st.sampled_from(["room", "hall", "gym", "store"]), st.booleans()),
    st.tuples(st.just("leaf"), st.sampled_from(["room", "hall", "gym"]), st.booleans()),
    st.tuples(st.just("turn"), st.sampled_from(["rex", "fire"]), st.booleans()),
    st.tuples(st.just("run"), st.sampled_from([0.1, 0.5, 2.5, 11.0]), st.booleans()),
)


def scanned(world: World, *, looks: bool) -> Decision:
    """What comes of one round of the board; looks: at every door, whether or not anything moved."""
    event = Scanned(world.now, PLC, world.now, dict(world.points[PLC]))
    step = Step(world.plan, world.state, world.now)
    observed = contacts.observe(step, event)
    if observed.turned:
        fire.sweep(step)
    doors.observe(step, event, moved=looks or observed.moved)
    return step.decision()


def close(world: World) -> None:
    live = world.state.record.incidents.get(INCIDENT)
    if live is not None:
        because = Because("asked")
        world.apply(lambda step: responses.close(step, live, actor=PERSON, because=because, reason=""))


def act(world: World, action: "str | tuple[str, str | float, bool]") -> None:
    match action:
        case "press":
            world.carry_out(world.press())
        case "close":
            close(world)
        case "release":
            world.carry_out(world.release(*NAMES))
        case "lock one":
            world.carry_out(world.lock("hall"))
        case "release one":
            world.carry_out(world.release("room"))
        case "away" | "back":
            world.link(action == "back")
        case "refuse":
            world.answers[PLC] = ("refused", "exception_4")
        case ("bolt", str(name), bool(thrown)):
            world.bolt(name, thrown)
        case ("leaf", str(name), bool(shut)):
            world.leaf(name, shut)
        case ("turn", str(name), bool(active)):
            world.turn(name, active)
        case ("run", float(seconds), bool(scans)):
            world.run(seconds, scans=scans)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(actions=st.lists(ACTIONS, min_size=1, max_size=12))
def test_leaving_doors_at_rest_alone_decides_exactly_as_looking_at_every_door(
    actions: "list[str | tuple[str, str | float, bool]]",
) -> None:
    world = World(PLAN)
    world.run(0.5)
    for action in actions:
        act(world, action)
        for wait_ms in (0, 30, 600):
            world.wait(wait_ms)
            assert scanned(world, looks=False) == scanned(world, looks=True), action
            world.scan(PLC)


def resting(world: World, name: str) -> bool:
    return at_rest(Step(world.plan, world.state, world.now), DoorId(name))


def test_a_closed_door_that_nobody_ordered_anything_for_is_at_rest() -> None:
    world = World(PLAN)
    world.run(1.0)
    assert [resting(world, one) for one in ("room", "hall", "gym", "store")] == [True] * 4


def test_a_secured_door_is_at_rest_until_its_incident_is_closed() -> None:
    world = World(PLAN)
    world.run(0.5)
    world.carry_out(world.press())
    assert not resting(world, "room"), "its bolt is still to be proven"
    world.run(1.5)
    assert world.word("room") == "secured"
    assert resting(world, "room")
    close(world)
    assert not resting(world, "room"), "secured is no longer the word for it"


def test_a_released_door_is_at_rest_in_a_lockdown_and_after_it() -> None:
    world = World(PLAN)
    world.run(0.5)
    world.carry_out(world.press())
    world.run(1.5)
    world.carry_out(world.release("hall"))
    world.run(4.0)
    assert (world.word("hall"), resting(world, "hall")) == ("released", True)
    close(world)
    world.run(3.0)
    assert (world.word("hall"), resting(world, "hall")) == ("closed_unlocked", True)


def test_a_door_freed_by_fire_or_open_or_without_bolt_sensor_is_always_looked_at() -> None:
    world = World(PLAN)
    world.run(0.5)
    world.turn("fire")
    world.leaf("room", closed=False)
    world.run(1.0)
    assert world.order("gym") == "free"
    assert not any(resting(world, one) for one in ("gym", "room", "shed"))


def test_what_reads_as_before_still_proves_a_bolt_that_was_thrown_all_the_time() -> None:
    world = World(PLAN)
    world.run(0.5)
    world.carry_out(world.press("room"))
    assert (world.word("room"), resting(world, "room")) == ("pending", False)
    world.wait(600)
    assert scanned(world, looks=False).state.live.doors[DoorId("room")].verdict.word == "secured"
