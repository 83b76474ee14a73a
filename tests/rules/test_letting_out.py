"""Permits go on the wire as they pass, ahead of the bookkeeping, and are the decision's own."""

from rules.decide import decide
from rules.model.commands import Permit
from rules.model.events import LockAsked
from rules.model.ids import DoorId, RequestId
from tests.rules.campus import OTHER, PERSON, PLC, World, campus, door


def test_each_permit_goes_out_once_in_the_decisions_order_and_changes_nothing_of_it() -> None:
    world = World(campus(door("east", 0), door("west", 0, controller=OTHER)))
    world.run(0.5)
    doors = (DoorId("east"), DoorId("west"))
    event = LockAsked(world.now, RequestId(1), PERSON, doors, "why")
    gone: list[Permit] = []
    decision = decide(world.plan, world.state, event, gone.extend)
    assert [permit.controller for permit in gone] == [PLC, OTHER]
    assert tuple(gone) == decision.permits
    assert decision == decide(world.plan, world.state, event)
