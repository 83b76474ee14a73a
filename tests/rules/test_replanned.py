"""Another accepted configuration: a door that is not the same device any more is unknown until it is read."""

from collections.abc import Mapping
from dataclasses import replace

from rules.model.ids import DoorId
from rules.model.verdicts import Verdict
from rules.plan import DoorPlan
from rules.replanned import under
from rules.state import DoorLive
from tests.rules.campus import OTHER, World, campus, door

D, E = DoorId("d"), DoorId("e")
BEFORE = campus(door("d", 0), door("e", 1))


def known_after(*doors: DoorPlan) -> Mapping[DoorId, DoorLive]:
    live = World(BEFORE).state.live
    known = {one: DoorLive(verdict=Verdict("secured", None, "", True, True), locked=True) for one in (D, E)}
    return under(BEFORE, campus(*doors), replace(live, doors=known)).doors


def test_a_door_that_only_has_another_name_stays_as_it_was_read() -> None:
    assert known_after(door("d", 0), replace(door("e", 1), name="Gym")).keys() == {D, E}


def test_a_door_that_went_leaves_no_verdict_for_another_of_its_name() -> None:
    assert known_after(door("d", 0)).keys() == {D}


def test_a_door_that_is_driven_or_read_elsewhere_is_unknown_until_it_is_read() -> None:
    for other in (
        door("e", 2),
        door("e", 1, controller=OTHER),
        door("e", 1, bolt=False),
        door("e", 1, position=False),
    ):
        assert known_after(door("d", 0), other).keys() == {D}
