"""What sensors say and how old that is: nothing is made up where nothing was read."""

from rules import evidence
from rules.model.ids import DoorId
from tests.rules.campus import World, campus, door, point

D = DoorId("d")


def age(world: World) -> int | None:
    return evidence.age_us(world.state.live, world.plan.doors[D], world.now)


def test_evidence_has_no_age_until_every_wired_sensor_was_read() -> None:
    world = World(campus(door("d")))
    assert age(world) is None
    world.scan(only=[("discrete_input", 0)])
    assert age(world) is None
    world.wait(30)
    world.scan(only=[("discrete_input", 1)])
    world.wait(20)
    assert age(world) == 50_000


def test_a_door_without_sensors_has_no_evidence() -> None:
    world = World(campus(door("d", bolt=False, position=False)))
    world.run(1)
    assert age(world) is None
    assert evidence.sensors(world.plan.doors[D]) == ()
    assert evidence.says(world.state.live, None) is None


def test_a_read_back_is_given_only_while_fresh() -> None:
    world = World(campus(door("d")))
    world.scan()
    world.wait(2_000)
    assert evidence.read_back(world.state.live, point(0, "coil"), world.now) is not None
    world.wait(1)
    assert evidence.read_back(world.state.live, point(0, "coil"), world.now) is None
    assert evidence.read_back(world.state.live, point(9, "coil"), world.now) is None
