"""What goes out when a rule raises on a start by a person: the lockdown as on a press, and nothing else."""

import pytest

from rules import doors, interlock, responses
from rules.fallback import after_failure
from rules.model.events import StartAsked
from rules.model.facts import DoorsOrdered, RuleFailed, StartRecorded
from rules.model.ids import ZoneId
from rules.model.kinds import DRILL, EXERCISE, REAL, Drill, Exercise, Real
from rules.plan import Plan
from tests.rules.campus import CAMPUS, MAGLOCK, PERSON, PLC, A, campus, contact, door, facts
from tests.rules.failing import Failing, Raises
from tests.rules.story import BUTTONS, GYM_DOOR, ROOM_1, ROOM_2, locked, only, replied

B = ZoneId("b")
NOWHERE = ZoneId("z")


def guarded() -> Plan:
    """A free strike, and a magnet under the fire rule."""
    return campus(
        door(ROOM_1),
        door(ROOM_2, 1, MAGLOCK, exits=("exit",), rex=("exit",), fire=("fire",)),
        inputs=[contact("fire", 50, "fire-alarm"), contact("exit", 51, "exit-button")],
        buttons=BUTTONS,
        controllers=(PLC,),
    )


@pytest.mark.parametrize(
    ("module", "name"), [(responses, "joining"), (responses, "respond"), (doors, "lock")]
)
def test_whichever_rule_raises_on_a_start_the_lockdown_goes_out(
    broken: Raises, module: object, name: str
) -> None:
    story = Failing()
    broken(module, name)
    made = story.start("lockdown", CAMPUS)
    assert locked(made) == {ROOM_1, ROOM_2, GYM_DOOR}
    assert (replied(made).done, replied(made).code) == (True, "rule_failed")
    assert replied(made).incident == story.real
    assert story.zone(CAMPUS) == "lockdown"
    failed = only(one for one in facts(made) if isinstance(one, RuleFailed))
    assert (failed.event, failed.fallback) == ("StartAsked", "lockdown")
    fact = only(one for one in facts(made) if isinstance(one, StartRecorded))
    assert (fact.joined, fact.reason) == (False, "seen at the gate")


def test_the_interlocks_live_check_stands_before_a_start_that_falls_back(broken: Raises) -> None:
    story = Failing(guarded())
    story.run(3)
    story.turn("fire")
    story.run(0.5)
    broken(responses, "respond")
    made = story.start("lockdown", CAMPUS)
    assert locked(made) == {ROOM_1}
    ordered = only(one for one in facts(made) if isinstance(one, DoorsOrdered))
    assert (ordered.doors, ordered.held) == ((ROOM_1,), ((ROOM_2, "fire_active"),))


def test_where_the_interlock_raises_too_only_what_is_surely_free_inside_is_locked(broken: Raises) -> None:
    story = Failing(guarded())
    story.run(3)
    broken(responses, "respond")
    broken(interlock, "permits")
    made = story.start("lockdown", CAMPUS)
    assert locked(made) == {ROOM_1}
    ordered = only(one for one in facts(made) if isinstance(one, DoorsOrdered))
    assert ordered.held == ((ROOM_2, "interlock_failed"),)


def test_a_failing_start_in_several_zones_locks_them_all_and_joins_what_is_live(broken: Raises) -> None:
    story = Failing()
    story.start("staff-assist", CAMPUS)
    incident = story.real
    broken(responses, "respond")
    made = story.start("lockdown", A, B)
    assert locked(made) == {ROOM_1, ROOM_2, GYM_DOOR}
    assert replied(made).incident == incident
    assert (story.zone(A), story.zone(B)) == ("lockdown", "lockdown")
    assert only(story.incidents).response == "lockdown"


@pytest.mark.parametrize(
    ("response", "zones", "kind"),
    [
        ("evacuate", (CAMPUS,), REAL),
        ("lockdown", (CAMPUS,), DRILL),
        ("lockdown", (CAMPUS,), EXERCISE),
        ("lockdown", (CAMPUS, NOWHERE), REAL),
        ("lockdown", (), REAL),
    ],
)
def test_a_failing_start_of_anything_else_locks_nothing_and_says_so(
    response: str, zones: tuple[ZoneId, ...], kind: Real | Drill | Exercise
) -> None:
    story = Failing()
    event = StartAsked(story.now, story.request(), PERSON, response, zones, kind, "")  # type: ignore[arg-type]
    made = after_failure(story.plan, story.state, event, "broken")
    assert not made.permits
    assert (replied(made).done, replied(made).code) == (False, "rule_failed")
    assert only(one for one in facts(made) if isinstance(one, RuleFailed)).fallback == "none"
