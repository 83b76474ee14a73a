"""What devices answer, when doors are looked at, and what of all that enters the journal."""

from collections.abc import Iterable
from dataclasses import replace

from rules import doors
from rules.decision import Decision
from rules.ledger import told
from rules.model.events import CommandEnded
from rules.model.facts import CommandRecorded, VerdictReached
from rules.model.ids import CommandId, DoorId
from tests.rules.campus import (
    FRESH_US,
    LOCKSET,
    MAGLOCK,
    OTHER,
    PLC,
    World,
    campus,
    contact,
    door,
    facts,
)

D, E = DoorId("d"), DoorId("e")
UNLOCKED = replace(LOCKSET, rest="unlocked")
INPUTS = (contact("rex", 20), contact("exit", 21, "exit-button"), contact("fire", 22, "fire-alarm"))


def two_doors() -> World:
    world = World(campus(door("d", 0, UNLOCKED), door("e", 1, UNLOCKED, controller=OTHER)))
    world.run(1)
    return world


def magnet(**given: bool) -> World:
    its = door("d", 0, replace(MAGLOCK, rest="unlocked"), rex=("rex",), exits=("exit",), fire=("fire",))
    world = World(campus(its, inputs=INPUTS), **given)
    if given.get("up", True):
        world.run(1)
    return world


def words(decisions: Iterable[Decision] | Decision) -> list[str]:
    return [fact.verdict for fact in facts(decisions, "door.verdict") if isinstance(fact, VerdictReached)]


def writes(decisions: Iterable[Decision]) -> int:
    return sum(len(one.permits) for one in decisions)


# --- what devices answer ---------------------------------------------------------------------


def test_a_failed_command_enters_during_an_incident_each_time() -> None:
    world = two_doors()
    world.answers[PLC] = ("refused", "exception_2")
    after = world.carry_out(world.press("d"))
    (fact,) = facts(after, "command.ended")
    assert fact == CommandRecorded(CommandId(1), PLC, "refused", "exception_2")
    assert words(after) == ["refused"]
    assert len(facts(world.run(4), "command.ended")) >= 2


def test_in_quiet_times_the_same_failure_enters_once() -> None:
    world = two_doors()
    world.answers[PLC] = ("no_answer", "timeout")
    after = world.carry_out(world.lock("d"))
    made = world.run(20)
    assert len(facts([*after, *made], "command.ended")) == 1
    world.answers[PLC] = ("refused", "exception_4")
    assert len(facts(world.run(20), "command.ended")) == 1


def test_a_written_command_enters_nothing_and_frees_its_place() -> None:
    world = two_doors()
    after = world.carry_out(world.press())
    assert facts(after) == []
    assert world.state.live.commands == {}


def test_a_late_answer_to_an_earlier_command_speaks_for_nothing() -> None:
    world = two_doors()
    world.carry_out(world.press())
    world.run(1)
    (released,) = world.release("d").permits
    world.press("d")
    world.end(released)
    assert world.its("d").written is None
    assert world.its("d").verdict.word == "pending"
    (again,) = (permit for permit in world.release("d").permits)
    world.press("d")
    assert len(facts(world.end(again, "refused", "x"), "command.ended")) == 1


def test_an_answer_for_a_door_this_run_never_commanded_changes_nothing() -> None:
    world = two_doors()
    live = replace(world.state.live, commands={CommandId(7): (D,)}, doors={})
    world.state = replace(world.state, live=live)
    event = CommandEnded(world.now, CommandId(7), PLC, "refused", "x")
    decision = world.apply(lambda step: doors.command_ended(step, event))
    assert len(facts(decision, "command.ended")) == 1
    assert world.its("d").answered is None


def test_the_old_failure_stands_while_the_next_try_is_on_the_wire() -> None:
    world = two_doors()
    world.answers[PLC] = ("refused", "exception_2")
    world.carry_out(world.press("d"))
    said = set()
    for _ in range(30):
        decision = world.tick()
        said.add(world.word("d"))
        world.carry_out(decision)
        world.scan()
    assert said == {"refused:exception_2"}


# --- what enters -----------------------------------------------------------------------------


def test_ordinary_door_movement_in_quiet_times_enters_nothing() -> None:
    world = two_doors()
    made = []
    for closed in (False, True, False, True):
        world.leaf("d", closed)
        made += world.run(1)
    assert facts(made) == []


def test_everything_enters_during_an_incident() -> None:
    world = two_doors()
    world.carry_out(world.press("e"))
    world.leaf("d", closed=False)
    made = world.run(0.5)
    world.leaf("d", closed=True)
    made += world.run(0.5)
    of_d = [
        fact.verdict
        for fact in facts(made, "door.verdict")
        if isinstance(fact, VerdictReached) and fact.door == D
    ]
    assert of_d == ["open", "closed_unlocked"]


def test_stale_evidence_enters_in_quiet_times_and_so_does_its_end() -> None:
    world = two_doors()
    made = world.run(FRESH_US / 1e6 + 2.5, scans=False)
    assert sorted(words(made)) == ["stale", "stale"]
    made = world.run(1)
    assert sorted(words(made)) == ["closed_unlocked", "closed_unlocked"]


def test_a_stale_door_on_its_way_is_told_to_be_pending_again() -> None:
    world = two_doors()
    world.run(4, scans=False)
    assert world.word("d") == "stale"
    world.lock("d")
    world.scan()
    assert world.word("d") == "pending"
    assert "pending" in words(world.scan()[0]) or world.its("d").verdict_at == world.now


def test_a_named_lock_s_verdicts_enter_without_an_incident() -> None:
    world = two_doors()
    world.carry_out(world.lock("d"))
    made = world.run(1)
    assert words(made) == ["secured"]
    assert [entry.incident for one in made for entry in one.entries] == [None]


def test_nothing_is_looked_at_twice_when_nothing_is_due() -> None:
    world = two_doors()
    world.scan()
    before = world.state.live.doors
    world.wait(50)
    world.apply(doors.sweep)
    assert world.state.live.doors is before


def test_repeated_writes_are_told_each_at_first_and_then_at_each_doubling() -> None:
    assert [tries for tries in range(1, 70) if told(tries)] == [1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 64]
