"""What persons start from a page, a phone or a program, what they note, and the one incident they close."""

import pytest

from rules.decision import Decision
from rules.model.events import CloseAsked, NoteAsked, StartAsked
from rules.model.facts import CommandRecorded, NoteWritten, StartRecorded, VerdictReached
from rules.model.ids import IncidentId, ZoneId
from rules.model.kinds import DRILL, EXERCISE, REAL, Drill, Exercise, Real
from rules.model.responses import Response
from tests.rules.campus import A1, CAMPUS, PERSON, facts
from tests.rules.story import HIDDEN, ROOM_1, ROOM_2, Story, locked, only, replied, running


def start(
    story: Story,
    response: Response = "lockdown",
    zones: tuple[ZoneId, ...] = (CAMPUS,),
    kind: Real | Drill | Exercise = REAL,
) -> Decision:
    return story.do(StartAsked(story.now, story.request(), PERSON, response, zones, kind, "shots heard"))


def close(story: Story, incident: str) -> Decision:
    return story.do(CloseAsked(story.now, story.request(), PERSON, "over", IncidentId(incident)))


def test_a_start_locks_as_a_press_does_and_names_its_incident() -> None:
    story = Story()

    made = start(story)

    assert len(locked(made)) == 3
    assert (replied(made).done, replied(made).incident) == (True, story.real)
    asked = only(fact for fact in facts(made) if isinstance(fact, StartRecorded))
    assert (asked.kind, asked.joined, asked.reason) == ("real", False, "shots heard")


def test_a_start_on_a_live_incident_of_its_kind_joins_and_raises_it() -> None:
    story = Story()
    start(story, "staff-assist", (A1,))

    made = start(story)

    assert replied(made).incident == story.real
    assert only(story.incidents).response == "lockdown"


def test_a_start_in_two_zones_is_one_incident() -> None:
    story = Story()
    start(story, "staff-assist", (A1, CAMPUS, A1))
    assert len(story.incidents) == 1
    assert (story.zone(A1), story.zone(CAMPUS)) == ("staff-assist", "staff-assist")


@pytest.mark.parametrize("zones", [(), (ZoneId("nowhere"), CAMPUS)], ids=["none", "an unknown one"])
def test_a_start_needs_zones_that_are_there(zones: tuple[ZoneId, ...]) -> None:
    story = Story()
    made = start(story, zones=zones)
    assert (replied(made).done, replied(made).code, locked(made)) == (False, "unknown_zone", set())


@pytest.mark.parametrize("kind", [DRILL, EXERCISE])
def test_no_drill_starts_beside_a_real_incident_that_people_see(kind: Drill | Exercise) -> None:
    story = Story()
    start(story)
    assert replied(start(story, kind=kind)).code == "real_incident_live"


def test_a_silent_one_is_no_reason_to_refuse_a_drill() -> None:
    story = Story()
    story.hear(HIDDEN, "single")
    assert replied(start(story, kind=DRILL)).done


def test_a_silent_start_names_no_incident() -> None:
    story = Story()
    made = start(story, "duress", (A1,))
    assert (replied(made).done, replied(made).incident) == (True, None)
    assert only(story.incidents).silent


# --- notes -----------------------------------------------------------------------------------


def test_a_note_is_written_into_its_incident() -> None:
    story = Story()
    start(story)

    made = story.do(NoteAsked(story.now, story.request(), PERSON, story.real, " police at the gate "))

    assert replied(made).done
    assert only(fact for fact in facts(made) if isinstance(fact, NoteWritten)).text == "police at the gate"


def test_a_note_of_no_words_is_refused() -> None:
    story = Story()
    start(story)
    made = story.do(NoteAsked(story.now, story.request(), PERSON, story.real, " "))
    assert replied(made).code == "no_text"


# --- closing one -----------------------------------------------------------------------------


def test_the_one_named_is_closed_and_a_silent_one_beside_it_lives_on() -> None:
    story = Story()
    start(story)
    story.hear(HIDDEN, "single")
    shown = only(one for one in story.incidents if not one.silent)

    made = close(story, shown.id)

    assert dict(replied(made).args)["closed"] == 1
    assert only(story.incidents).silent


def test_closing_one_that_is_not_live_is_refused() -> None:
    story = Story()
    start(story)
    assert replied(close(story, "inc-0")).code == "no_incident"
    assert len(story.incidents) == 1


# --- what a silent incident leaves in the record -----------------------------------------------


def test_a_silent_incident_makes_ordinary_door_movement_no_more_recorded_than_a_quiet_day() -> None:
    def turned_by_key(story: Story) -> list[VerdictReached]:
        story.bolt(ROOM_1, thrown=False)
        return [fact for each in story.run(1) for fact in facts(each) if isinstance(fact, VerdictReached)]

    silent, shown = running(), running()
    silent.hear(HIDDEN, "single")
    start(shown, "staff-assist", (A1,))

    assert not turned_by_key(silent)
    assert turned_by_key(shown)


def test_a_command_that_fails_as_before_is_recorded_in_an_open_incident_and_not_for_a_silent_one() -> None:
    def again(story: Story) -> list[CommandRecorded]:
        permit = story.ask_lock(ROOM_2).permits[0]
        story.end(permit, "refused", "exception_2")
        permit = story.ask_lock(ROOM_2).permits[0]
        made = story.end(permit, "refused", "exception_2")
        return [fact for fact in facts(made) if isinstance(fact, CommandRecorded)]

    silent, shown = Story(), Story()
    silent.hear(HIDDEN, "single")
    start(shown, "staff-assist", (A1,))

    assert not again(silent)
    assert again(shown)
