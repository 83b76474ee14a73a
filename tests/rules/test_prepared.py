"""What follows from a plan alone is worked out once for it, and never taken for another's."""

from rules.model.ids import DoorId
from rules.plan import Plan
from rules.prepared import OncePerPlan, boards
from tests.rules.campus import OTHER, PLC, button, campus, contact, door


def test_each_plan_is_worked_out_once_and_equal_plans_are_not_one() -> None:
    seen: list[Plan] = []

    def make(plan: Plan) -> int:
        seen.append(plan)
        return len(seen)

    once = OncePerPlan(make)
    first, second, third = campus(door("d")), campus(door("d")), campus()
    assert first == second
    assert [once(first), once(second), once(first), once(second)] == [1, 2, 1, 2]
    assert [once(third), once(first)] == [3, 4]  # only the last two are kept


def test_every_point_lies_on_its_own_board() -> None:
    plan = campus(
        door("d", 0, rex=("rex", "gone")),
        door("e", 0, controller=OTHER, bolt=False),
        inputs=[contact("rex", 9, controller=OTHER)],
        buttons=[button("pb", 8)],
    )
    plc, other = boards(plan)[PLC], boards(plan)[OTHER]
    assert (plc.driven, other.driven) == ((DoorId("d"),), (DoorId("e"),))
    assert set(plc.evidence) == {("coil", 0), ("discrete_input", 0), ("discrete_input", 1)}
    assert other.exits == {("discrete_input", 9): (DoorId("d"),)}
    assert plc.contacts == {("discrete_input", 8)}
    assert [one.id for one, _ in plc.buttons] == ["pb"]
