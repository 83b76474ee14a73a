"""On-site outputs: only commissioned coils, through the interlock, and again until they read so."""

from dataclasses import replace

from rules import outputs
from rules.decision import Decision
from rules.model.events import CommandEnded
from rules.model.facts import Because, CommandRecorded, OutputsOrdered
from rules.model.ids import ControllerId, OutputId, ZoneId
from rules.model.kinds import DRILL, REAL, Switching
from tests.rules.campus import (
    A1,
    ASKED,
    CAMPUS,
    INCIDENT,
    PLC,
    A,
    B,
    World,
    campus,
    door,
    driven,
    facts,
    locked_down,
    output,
    point,
)
from tests.rules.story import Story

STROBE = OutputId("strobe")


def world_of() -> World:
    world = World(
        campus(
            door("d", 0),
            outputs=[
                output("strobe", 7),
                output("horn", 6, zone=A1),
                output("far", 5, zone=B),
                output("old", 4, commissioned=None),
                output("mail", 3, driver="smtp"),
            ],
        )
    )
    for one in world.plan.outputs.values():
        if one.point is not None:
            world.set(one.point, False)
    world.run(1)
    return world


def switch(world: World, on: bool = True, *zones: ZoneId, kind: Switching = REAL) -> Decision:
    return world.apply(
        lambda step: outputs.switch(step, zones or (A,), on, incident=INCIDENT, kind=kind, because=ASKED)
    )


def ordered(decision: Decision) -> OutputsOrdered:
    (fact,) = facts(decision, "outputs.ordered")
    assert isinstance(fact, OutputsOrdered)
    return fact


def test_the_commissioned_coils_of_a_zone_and_below_go_on_in_one_frame() -> None:
    world = world_of()
    decision = switch(world)
    (permit,) = decision.permits
    assert (permit.purpose, [(drive.target, drive.on) for drive in permit.drives]) == (
        "output",
        [("horn", True), ("strobe", True)],
    )
    fact = ordered(decision)
    assert (set(fact.outputs), fact.held, fact.commands) == (
        {"horn", "strobe"},
        (("old", "not_commissioned"),),
        (permit.id,),
    )
    (entry,) = decision.entries
    assert entry.because == Because("asked", (("kind", "real"),))
    assert (entry.subject, entry.incident) == (CAMPUS, INCIDENT)
    assert world.state.record.outputs_on == {"horn", "strobe"}


def test_the_entry_names_the_one_zone_and_the_kind() -> None:
    world = world_of()
    decision = switch(world, True, B, kind=DRILL)
    assert driven(decision) == {"far": True}
    assert decision.entries[0].subject == B
    assert decision.entries[0].because == Because("asked", (("kind", "drill"),))


def test_an_output_never_commissioned_is_named_and_not_switched() -> None:
    world = World(campus(door("d", 0), outputs=[output("old", 4, commissioned=None)]))
    decision = switch(world)
    assert decision.permits == ()
    assert ordered(decision).held == (("old", "not_commissioned"),)
    assert driven(world.run(1)) == {}


def test_a_zone_without_outputs_enters_nothing() -> None:
    world = World(campus(door("d", 0)))
    assert switch(world).entries == ()


def test_only_what_was_switched_on_is_switched_off() -> None:
    world = world_of()
    world.carry_out(switch(world, True, A1))
    off = switch(world, False, CAMPUS)
    assert driven(off) == {"horn": False}
    assert world.state.record.outputs_on == frozenset()
    assert switch(world, False, CAMPUS).entries == ()


def test_what_reads_back_as_ordered_is_left_alone() -> None:
    world = world_of()
    world.carry_out(switch(world))
    assert driven(world.run(20)) == {}
    world.carry_out(switch(world, False))
    assert driven(world.run(20)) == {}


def test_an_output_that_reads_back_off_is_written_again_with_back_off() -> None:
    world = world_of()
    world.carry_out(switch(world))
    world.run(1)
    world.set(point(7, "coil"), False)
    assert driven(world.run(0.3)) == {"strobe": True}
    world.answers[PLC] = ("refused", "exception_2")
    world.set(point(7, "coil"), False)
    made = world.run(30)
    assert 5 <= sum(len(one.permits) for one in made) <= 8
    assert all(value for value in driven(made).values())


def test_a_write_that_failed_is_written_again_on_and_off() -> None:
    world = world_of()
    world.answers[PLC] = ("no_answer", "timeout")
    after = world.carry_out(switch(world))
    (fact,) = facts(after, "command.ended")
    assert isinstance(fact, CommandRecorded)
    assert (fact.ending, after[0].entries[0].incident) == ("no_answer", None)
    world.answers.clear()
    assert driven(world.run(1)) == {"horn": True, "strobe": True}
    world.answers[PLC] = ("no_answer", "timeout")
    world.carry_out(switch(world, False))
    world.answers.clear()
    assert driven(world.run(1)) == {"horn": False, "strobe": False}


def test_without_a_read_back_the_answer_counts() -> None:
    world = world_of()
    world.carry_out(switch(world))
    for one in (6, 7):
        world.points[PLC].pop(("coil", one))
    assert driven(world.run(10)) == {}
    world.answers[PLC] = ("refused", "x")
    world.carry_out(switch(world))
    for one in (6, 7):
        world.points[PLC].pop(("coil", one), None)
    world.wait(3_000)
    assert driven(world.tick()) == {"horn": True, "strobe": True}


def test_a_foreign_value_of_an_output_that_is_not_on_is_left_alone() -> None:
    world = world_of()
    world.set(point(7, "coil"), True)
    assert driven(world.run(5)) == {}


def test_after_a_restart_what_is_on_is_written_on() -> None:
    world = world_of()
    world.carry_out(switch(world))
    record = locked_down(world.state.record, world.now)
    again = World(world.plan)
    again.state = replace(again.state, record=record)
    made = [again.tick()]
    assert driven(made) == {"horn": True, "strobe": True}
    assert made[0].entries[-1].incident == INCIDENT


def test_a_board_that_comes_back_is_written_at_once() -> None:
    world = world_of()
    world.answers[PLC] = ("no_answer", "timeout")
    world.carry_out(switch(world))
    world.run(15)
    world.link(up=False)
    world.link(up=True)
    assert driven(world.tick()) == {"horn": True, "strobe": True}


def test_the_same_failure_in_quiet_times_enters_once_and_the_writes_thin_out() -> None:
    world = world_of()
    world.answers[PLC] = ("refused", "exception_2")
    after = world.carry_out(switch(world))
    made = world.run(70)
    assert len(facts([*after, *made], "command.ended")) == 1
    assert len(facts(made, "outputs.ordered")) < sum(len(one.permits) for one in made)


def test_an_answer_that_is_not_of_the_last_command_changes_nothing() -> None:
    world = world_of()
    (first,) = switch(world).permits
    (second,) = switch(world).permits
    before = world.state.live.outputs
    world.end(first)
    assert world.state.live.outputs == before
    event = CommandEnded(world.now, second.id, PLC, "written", "")
    assert world.apply(lambda step: outputs.ended(step, OutputId("nobody"), event)).entries == ()
    world.end(second)
    assert world.state.live.outputs[STROBE].answered is not None


def test_a_command_on_the_wire_is_waited_for() -> None:
    world = world_of()
    switch(world)
    made = [world.tick() for _ in range(20)]
    assert driven(made) == {}


def test_a_press_that_joins_writes_no_output_that_is_on_already_or_on_its_way() -> None:
    world = world_of()
    (permit,) = switch(world).permits

    def again() -> Decision:
        return world.apply(
            lambda step: outputs.switch(
                step, (A,), True, incident=INCIDENT, kind=REAL, because=ASKED, joined=True
            )
        )

    assert not again().permits
    world.apply(
        lambda step: outputs.ended(step, STROBE, CommandEnded(step.at, permit.id, PLC, "written", ""))
    )
    for one in world.plan.outputs.values():
        if one.id == STROBE and one.point is not None:
            world.set(one.point, True)
    world.run(1)
    assert STROBE not in [drive.target for one in again().permits for drive in one.drives]


def test_a_press_that_joins_writes_again_what_reads_off() -> None:
    world = world_of()
    (permit,) = switch(world).permits
    for drive in permit.drives:
        world.apply(
            lambda step, target=drive.target: outputs.ended(  # type: ignore[misc]
                step, target, CommandEnded(step.at, permit.id, PLC, "refused", "exception_2")
            )
        )
    decision = world.apply(
        lambda step: outputs.switch(
            step, (A,), True, incident=INCIDENT, kind=REAL, because=ASKED, joined=True
        )
    )
    assert {drive.target for one in decision.permits for drive in one.drives} == {"horn", "strobe"}


def test_the_strobe_on_a_reader_is_switched_like_the_one_on_a_coil() -> None:
    reader = ControllerId("reader")
    lamp = output("lamp", 1, driver="osdp-output", controller=reader)
    story = Story(campus(door("d"), outputs=[lamp], controllers=(PLC, reader)))
    asked = story.start("lockdown", CAMPUS)
    (permit,) = [one for one in asked.permits if one.purpose == "output"]
    assert [(one.target, one.point, one.on) for one in permit.drives] == [("lamp", lamp.point, True)]
    assert driven(story.close()) == {"lamp": False}
