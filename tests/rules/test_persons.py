"""Responses that a person starts, notes and closes: who learns of a silent incident, and what never was one's id."""

import pytest

from rules.holding import zones_of
from rules.model.events import ExportMade
from rules.model.facts import (
    IncidentClosed,
    IncidentExported,
    IncidentOpened,
    IncidentRaised,
    NoteWritten,
    StartRecorded,
)
from rules.model.ids import IncidentId, ZoneId
from rules.model.kinds import DRILL, EXERCISE
from rules.model.response_facts import ExercisePlayed, IncidentJoined
from tests.rules.campus import CAMPUS, PERSON, A, facts
from tests.rules.story import GYM, GYM_DOOR, HIDDEN, ROOM_1, ROOM_2, Story, locked, only, replied

B = ZoneId("b")


# --- start -----------------------------------------------------------------------------------


def test_a_start_opens_an_incident_locks_its_zones_and_says_which_it_is() -> None:
    story = Story()
    made = story.start("lockdown", CAMPUS)
    assert locked(made) == {ROOM_1, ROOM_2, GYM_DOOR}
    assert (replied(made).done, replied(made).incident) == (True, story.real)
    fact = only(one for one in facts(made) if isinstance(one, StartRecorded))
    assert (fact.response, fact.zones, fact.kind, fact.joined) == ("lockdown", (CAMPUS,), "real", False)
    assert fact.reason == "seen at the gate"
    assert "reason" in StartRecorded.SEALED


def test_a_start_on_a_live_incident_of_its_kind_joins_it() -> None:
    story = Story()
    story.hear(GYM, "single")
    made = story.start("lockdown", B)
    assert replied(made).incident == story.real
    assert only(one for one in facts(made) if isinstance(one, StartRecorded)).joined
    assert locked(made) == {GYM_DOOR}


def test_a_start_raises_and_never_lowers() -> None:
    story = Story()
    story.start("staff-assist", CAMPUS)
    raised = story.start("lockdown", CAMPUS)
    assert only(one for one in facts(raised) if isinstance(one, IncidentRaised)).response == "lockdown"
    story.start("staff-assist", CAMPUS)
    assert story.zone(CAMPUS) == "lockdown"
    assert only(story.incidents).response == "lockdown"


def test_several_zones_are_one_incident_and_each_is_named_once() -> None:
    story = Story()
    made = story.start("lockdown", A, B, A)
    assert len(story.incidents) == 1
    assert (story.zone(A), story.zone(B), story.zone(CAMPUS)) == ("lockdown", "lockdown", None)
    assert [one.zones for one in facts(made) if isinstance(one, StartRecorded)] == [(A,), (B,)]
    assert locked(made) == {ROOM_1, ROOM_2, GYM_DOOR}


def test_a_real_start_ends_a_drill_and_everything_turns_real() -> None:
    story = Story()
    story.start("lockdown", CAMPUS, kind=DRILL)
    made = story.start("lockdown", A)
    assert only(one for one in facts(made) if isinstance(one, IncidentClosed)).kind == "drill"
    assert [one.kind for one in story.incidents] == ["real"]


def test_an_exercise_locks_nothing() -> None:
    story = Story()
    made = story.start("lockdown", CAMPUS, kind=EXERCISE)
    assert not made.permits
    assert only(story.incidents).kind == "exercise"


def test_an_exercise_is_in_every_zone_it_was_asked_for_and_stays_there_over_a_restart() -> None:
    story = Story()
    made = story.start("lockdown", A, B, kind=EXERCISE)
    live = only(story.incidents)
    assert dict(live.played) == {A: "lockdown", B: "lockdown"}
    assert zones_of(story.state.record, live) == (A, B)
    assert [one.zone for one in facts(made) if isinstance(one, ExercisePlayed)] == [B]
    # It holds nothing and locks nothing there either.
    assert not story.state.record.zones
    assert not made.permits
    assert story.refolded().incidents == story.state.record.incidents


def test_a_second_silent_call_adds_its_zone_to_the_silent_incident_and_to_no_zones_state() -> None:
    story = Story()
    story.start("duress", A)
    made = story.start("duress", B)
    again = story.start("duress", B)
    live = only(one for one in story.incidents if one.silent)
    assert zones_of(story.state.record, live) == (A, B)
    joined = [entry for entry in made.entries if isinstance(entry.fact, IncidentJoined)]
    # In its own incident alone, and with its zone as no row's subject, so that who may not see it sees nothing of it.
    assert [(entry.fact, entry.incident, entry.subject) for entry in joined] == [
        (IncidentJoined(live.id, B, "duress"), live.id, live.id)
    ]
    assert not [one for one in facts(again) if isinstance(one, IncidentJoined)]
    assert not story.state.record.zones
    assert not made.permits
    assert story.refolded().incidents == story.state.record.incidents


def test_what_is_played_in_a_zone_is_the_gravest_that_was_asked_for_there() -> None:
    story = Story()
    story.start("staff-assist", A, kind=EXERCISE)
    story.start("staff-assist", B, kind=EXERCISE)
    story.start("lockdown", A, kind=EXERCISE)
    again = story.start("staff-assist", A, kind=EXERCISE)
    up = story.start("lockdown", B, kind=EXERCISE)
    assert not [one for one in facts(again) if isinstance(one, ExercisePlayed)]
    assert [one.response for one in facts(up) if isinstance(one, ExercisePlayed)] == ["lockdown"]
    live = only(story.incidents)
    assert (live.response, live.zone) == ("lockdown", A)
    assert dict(live.played) == {A: "lockdown", B: "lockdown"}
    assert story.refolded().incidents == story.state.record.incidents


def test_a_silent_start_gives_no_incident_away() -> None:
    story = Story()
    made = story.start("duress", A)
    assert (replied(made).done, replied(made).incident, replied(made).args) == (True, None, ())
    assert not made.permits
    assert only(one for one in facts(made) if isinstance(one, IncidentOpened)).silent
    assert not story.state.record.zones


def test_a_start_is_written_with_who_asked() -> None:
    story = Story()
    made = story.start("lockdown", CAMPUS)
    assert {entry.actor for entry in made.entries if isinstance(entry.fact, StartRecorded)} == {PERSON}


# --- notes -----------------------------------------------------------------------------------


def test_a_note_goes_into_the_incidents_timeline_and_its_text_is_sealed() -> None:
    story = Story()
    story.hear()
    made = story.note(story.real, "  two pupils in room 12  ")
    written = only(entry for entry in made.entries if isinstance(entry.fact, NoteWritten))
    assert isinstance(written.fact, NoteWritten)
    assert (written.fact.text, written.incident, written.actor) == (
        "two pupils in room 12",
        story.real,
        PERSON,
    )
    assert replied(made).done
    assert NoteWritten.SEALED == ("text",)


def test_a_note_without_words_is_refused() -> None:
    story = Story()
    story.hear()
    assert replied(story.note(story.real, "  ")).code == "no_text"


def test_a_note_may_follow_after_the_close() -> None:
    story = Story()
    story.hear()
    incident = story.real
    story.close()
    assert replied(story.note(incident, "all home")).done


@pytest.mark.parametrize("incident", ["", "a-101", "inc-", "inc-1a", "inc-٣", "inc-" + "1" * 21, "out-1"])
def test_a_note_on_what_never_was_an_incident_is_refused(incident: str) -> None:
    made = Story().note(IncidentId(incident), "hello")
    assert (replied(made).done, replied(made).code) == (False, "unknown_incident")
    assert not [one for one in facts(made) if isinstance(one, NoteWritten)]


def test_a_silent_incident_takes_notes_only_from_who_may_know_of_it() -> None:
    story = Story()
    story.hear(HIDDEN, "single")
    incident = only(story.incidents).id
    assert replied(story.note(incident, "hello")).code == "unknown_incident"
    assert replied(story.note(incident, "hello", silent=True)).done


# --- close, one of several -------------------------------------------------------------------


def test_one_incident_is_closed_by_its_id_and_the_other_stays() -> None:
    story = Story()
    story.hear(HIDDEN, "single")
    hidden = only(story.incidents).id
    story.wait(1)
    story.hear(GYM, "single")
    seen = next(one.id for one in story.incidents if not one.silent)
    made = story.close(seen)
    assert dict(replied(made).args)["closed"] == 1
    assert [one.id for one in story.incidents] == [hidden]


def test_who_may_not_know_of_a_silent_incident_neither_closes_it_nor_learns_of_it() -> None:
    story = Story()
    story.hear(HIDDEN, "single")
    hidden = only(story.incidents).id
    assert replied(story.close(silent=False)).code == "no_incident"
    by_id = replied(story.close(hidden, silent=False))
    assert (by_id.done, by_id.code) == (False, "no_incident")
    story.hear(GYM, "single")
    assert dict(replied(story.close(silent=False)).args)["closed"] == 1
    assert [one.id for one in story.incidents] == [hidden]


def test_an_incident_that_is_not_live_is_not_closed_and_is_told_like_one_that_never_was() -> None:
    story = Story()
    story.hear()
    incident = story.real
    story.close()
    assert (
        replied(story.close(incident)).code == replied(story.close(IncidentId("inc-1"))).code == "no_incident"
    )


def test_who_took_an_incidents_record_out_stands_in_it() -> None:
    story = Story()
    made = story.do(ExportMade(story.now, PERSON, IncidentId("inc-1"), True))
    assert list(facts(made)) == [IncidentExported(IncidentId("inc-1"), True)]
    assert [(one.actor, one.incident) for one in made.entries] == [(PERSON, "inc-1")]
