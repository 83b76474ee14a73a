"""Cameras in the record: turns are written once, blind spots frozen into the incident, and a press waits for none of it."""

from dataclasses import replace

from rules import cameras
from rules.decision import RequestAnswer
from rules.model.camera_events import (
    CameraLooked,
    CamerasTurned,
    CameraTold,
    EvidenceGone,
    EvidenceTold,
    LearnAsked,
)
from rules.model.camera_facts import (
    CameraAudioTurned,
    CameraLearned,
    CameraPictureTurned,
    CamerasAsked,
    CamerasWatched,
    CameraTurned,
    CameraViewed,
    EvidenceDeleted,
    EvidenceEnded,
    Picture,
)
from rules.model.facts import FlagCleared, FlagRaised
from rules.model.ids import CameraId, ZoneId
from rules.model.kinds import DRILL, EXERCISE
from rules.model.moments import SECOND_US
from rules.plan import CameraPlan, CameraSound, Plan
from tests.rules.campus import A1, CAMPUS, PERSON, B, facts
from tests.rules.story import GYM_DOOR, Story, cleared, raised, standard

HALL, GATE, GYM = CameraId("cam-hall"), CameraId("cam-gate"), CameraId("cam-gym")


def watched() -> Plan:
    """A camera in the hall, one in the gym, and one at the gate that shows the gym's door."""
    return replace(
        standard(),
        cameras={
            HALL: CameraPlan(HALL, "Hall", A1, (), 60 * SECOND_US),
            GATE: CameraPlan(GATE, "Gate", CAMPUS, (GYM_DOOR,), 60 * SECOND_US),
            GYM: CameraPlan(GYM, "Gym", B, (), 60 * SECOND_US),
        },
    )


def running() -> Story:
    """Everything read, and every camera seen."""
    story = Story(watched())
    story.sessions()
    story.do(CamerasTurned(story.now, True, ""))
    for camera in (HALL, GATE, GYM):
        tell(story, camera)
    story.run(3)
    return story


def tell(
    story: Story, camera: CameraId, *, up: bool = True, picture: Picture = "ok", code: str = ""
) -> list[object]:
    told = CameraTold(story.now, camera, up, code, picture, "own", "", "")
    return list(facts(story.do(told)))


def asked(story: Story) -> list[CamerasAsked]:
    return [entry.fact for _, entry in story.entries if isinstance(entry.fact, CamerasAsked)]


def test_a_press_keeps_the_pictures_of_its_zones_and_of_their_doors_from_the_next_tick_on() -> None:
    story = running()
    pressed = story.start("lockdown", CAMPUS)
    assert not facts(pressed, "cameras.")
    story.tick()
    (fact,) = asked(story)
    assert fact == CamerasAsked((HALL, GATE, GYM), ())
    assert story.state.record.keeping == {story.real: frozenset({HALL, GATE, GYM})}
    story.run(2)
    assert len(asked(story)) == 1


def test_a_response_of_one_zone_keeps_its_own_cameras_and_those_that_show_its_doors() -> None:
    story = running()
    story.start("duress", B)
    story.tick()
    assert [one.cameras for one in asked(story)] == [(GATE, GYM)]


def test_an_incident_that_grows_keeps_more_cameras_and_none_twice() -> None:
    story = running()
    story.start("staff-assist", A1)
    story.tick()
    story.start("lockdown", CAMPUS)
    story.tick()
    kept = [camera for one in asked(story) for camera in one.cameras]
    assert sorted(kept) == sorted({HALL, GATE, GYM})


def test_blind_spots_are_frozen_into_the_incident_as_they_were_at_its_press() -> None:
    story = running()
    tell(story, HALL, up=False, code="silent")
    tell(story, GYM, picture="covered")
    story.start("lockdown", CAMPUS)
    story.tick()
    tell(story, HALL)
    tell(story, GYM)
    story.run(2)
    assert [one.blind for one in asked(story)] == [((HALL, "lost"), (GYM, "covered"))]
    assert story.state.record.blind == {story.real: ((HALL, "lost"), (GYM, "covered"))}


def test_blind_spots_stay_those_of_the_press_when_the_incident_grows() -> None:
    story = running()
    tell(story, HALL, up=False, code="silent")
    story.start("staff-assist", A1)
    story.tick()
    tell(story, HALL)
    tell(story, GYM, picture="black")
    story.start("lockdown", CAMPUS)
    story.tick()
    assert len(asked(story)) == 2
    assert story.state.record.blind[story.real] == ((HALL, "lost"),)
    assert story.refolded() == story.state.record


def test_where_nobody_watches_every_camera_is_a_blind_spot() -> None:
    story = Story(watched())
    story.sessions()
    assert {code for _, code in cameras.blind(story.plan, story.state)} == {"unwatched"}
    story.do(CamerasTurned(story.now, True, ""))
    assert {code for _, code in cameras.blind(story.plan, story.state)} == {"never"}


def test_a_drill_keeps_pictures_and_an_exercise_none() -> None:
    story = running()
    story.start("lockdown", CAMPUS, kind=EXERCISE)
    story.tick()
    assert asked(story) == []
    story.start("lockdown", CAMPUS, kind=DRILL)
    story.tick()
    assert len(asked(story)) == 1


def test_nothing_more_is_kept_once_the_incident_is_closed() -> None:
    story = running()
    story.start("lockdown", CAMPUS)
    story.tick()
    story.close()
    assert story.state.record.keeping == {}
    assert story.state.record.blind == {}
    assert story.refolded() == story.state.record


def test_what_turned_of_a_camera_is_written_once_and_ordinary_news_never() -> None:
    story = running()
    assert tell(story, HALL) == []
    (lost,) = tell(story, HALL, up=False, code="closed")
    assert lost == CameraTurned(HALL, False, "closed", "own", "", "")
    assert tell(story, HALL, up=False, code="closed") == []
    (back,) = tell(story, HALL)
    assert isinstance(back, CameraTurned)
    assert back.up
    story.run(1)
    (frozen,) = tell(story, HALL, picture="frozen")
    assert frozen == CameraPictureTurned(HALL, "frozen")
    its = story.state.live.cameras[HALL]
    assert its.judged == story.now
    assert its.since != its.judged, "frozen since it froze, not since it is up"
    assert tell(story, HALL, picture="frozen") == []
    assert tell(story, HALL) == [CameraPictureTurned(HALL, "ok")]


def test_a_camera_that_the_configuration_does_not_have_is_not_believed() -> None:
    story = running()
    assert tell(story, CameraId("cam-nowhere"), up=False) == []
    assert CameraId("cam-nowhere") not in story.state.live.cameras


def test_a_camera_offline_beyond_its_limit_is_one_flag_until_it_is_back() -> None:
    story = running()
    tell(story, HALL, up=False, code="silent")
    assert "camera_offline" not in raised(story.run(58))
    assert raised(story.run(4)).count("camera_offline") == 1
    assert raised(story.run(30)) == []
    tell(story, HALL)
    assert cleared(story.run(2)) == ["camera_offline"]


def test_a_camera_that_never_came_is_flagged_behind_its_limit_as_well() -> None:
    story = Story(watched())
    story.sessions()
    story.do(CamerasTurned(story.now, True, ""))
    tell(story, HALL)
    tell(story, GYM)
    story.run(63)
    assert ("camera_offline", GATE) in story.flags()
    assert ("camera_offline", HALL) not in story.flags()


def test_a_covered_camera_is_flagged_and_a_lost_one_is_not_called_covered() -> None:
    story = running()
    tell(story, GATE, picture="covered")
    assert raised(story.run(2)) == ["camera_covered"]
    tell(story, GATE, up=False, picture="covered", code="closed")
    assert cleared(story.run(2)) == ["camera_covered"]


def test_a_camera_process_that_is_away_leaves_no_camera_believed_and_clears_no_flag() -> None:
    story = running()
    tell(story, GATE, picture="black")
    story.run(2)
    story.do(CamerasTurned(story.now, False, "killed"))
    assert {code for _, code in cameras.blind(story.plan, story.state)} == {"unwatched"}
    made = story.run(7)
    assert raised(made) == ["cameras_unwatched"]
    assert cleared(made) == []
    story.do(CamerasTurned(story.now, True, ""))
    for camera in (HALL, GATE, GYM):
        tell(story, camera)
    assert set(cleared(story.run(2))) == {"cameras_unwatched", "camera_black"}


def test_a_restart_clears_no_flag_of_a_camera_before_it_was_seen() -> None:
    story = running()
    tell(story, HALL, up=False, code="silent")
    story.run(62)
    story.restart()
    story.sessions()
    story.do(CamerasTurned(story.now, True, ""))
    assert "camera_offline" not in cleared(story.run(5))
    tell(story, HALL)
    assert "camera_offline" in cleared(story.run(2))


def test_evidence_is_recorded_with_its_hash_and_its_deletion_leaves_the_record() -> None:
    story = running()
    story.start("lockdown", CAMPUS)
    incident = story.real
    begun = EvidenceTold(story.now, HALL, incident, f"{incident}/cam-hall-1.mp4", None)
    sealed = replace(begun, end="sealed", sha256="ab" * 32, size=9, first_us=1, last_us=2, pictures=3)
    assert [fact.KIND for fact in facts(story.do(begun))] == ["evidence.begun/1"]
    (ended,) = facts(story.do(sealed))
    assert isinstance(ended, EvidenceEnded)
    assert (ended.sha256, ended.pictures, ended.error_us) == ("ab" * 32, 3, None)
    assert story.entries[-1][1].incident == incident
    (deleted,) = facts(story.do(EvidenceGone(story.now, incident, begun.name, "ab" * 32, "quota")))
    assert deleted == EvidenceDeleted(begun.name, "ab" * 32, "quota")


def test_a_look_through_a_camera_is_recorded_with_who_looked() -> None:
    story = running()
    (fact,) = facts(story.do(CameraLooked(story.now, PERSON, HALL, "live")))
    assert fact == CameraViewed(HALL, "live")
    assert story.entries[-1][1].actor == PERSON


def test_a_file_of_pictures_that_is_taken_out_is_recorded_with_its_incident() -> None:
    story = running()
    story.start("duress", B)
    (fact,) = facts(story.do(CameraLooked(story.now, PERSON, HALL, "evidence", story.real)))
    assert fact == CameraViewed(HALL, "evidence")
    assert story.entries[-1][1].incident == story.real


def learn(story: Story, camera: CameraId) -> tuple[str, list[object]]:
    made = story.do(LearnAsked(story.now, story.request(), PERSON, camera))
    (answer,) = made.answers
    assert isinstance(answer, RequestAnswer)
    return answer.code, list(facts(made, "camera."))


def test_what_a_camera_sees_is_learned_anew_where_a_person_says_so_and_that_is_recorded() -> None:
    story = running()
    assert learn(story, HALL) == ("done", [CameraLearned(HALL)])
    assert story.entries[-1][1].actor == PERSON
    assert set(story.state.live.learning) == {HALL}


def test_nothing_is_learned_of_a_picture_that_does_not_come() -> None:
    story = running()
    assert learn(story, CameraId("cam-nowhere")) == ("unknown_camera", [])
    tell(story, GYM, up=False, code="silent")
    assert learn(story, GYM) == ("camera_lost", [])
    story.do(CamerasTurned(story.now, False, "killed"))
    assert learn(story, HALL) == ("cameras_away", [])
    assert story.state.live.learning == {}


def test_a_wish_to_learn_is_forgotten_with_the_camera_process_and_never_repeated_to_the_next() -> None:
    story = running()
    learn(story, HALL)
    story.do(CamerasTurned(story.now, False, "killed"))
    story.do(CamerasTurned(story.now, True, ""))
    assert story.state.live.learning == {}


def test_a_zone_that_a_reload_took_away_costs_no_incident_its_cameras() -> None:
    story = running()
    story.start("duress", B)
    zones = {one: plan for one, plan in story.plan.zones.items() if one != ZoneId(B)}
    story.plan = replace(story.plan, zones=zones)
    story.tick()
    assert asked(story)[0].cameras == ()


def test_a_camera_that_is_back_after_a_restart_is_written_as_back_and_one_that_was_up_is_no_news() -> None:
    story = running()
    tell(story, HALL, up=False, code="silent")
    tell(story, GYM, picture="covered")
    story.restart()
    story.do(CamerasTurned(story.now, True, ""))
    assert tell(story, GATE) == []
    (back,) = tell(story, HALL)
    assert isinstance(back, CameraTurned)
    assert back.up
    assert tell(story, GYM, picture="unknown") == []
    assert tell(story, GYM) == [CameraPictureTurned(GYM, "ok")]
    assert story.state.record.cameras == {}
    assert story.refolded() == story.state.record


def test_a_camera_that_is_away_before_and_after_a_restart_is_not_written_as_lost_again() -> None:
    story = running()
    tell(story, HALL, up=False, code="silent")
    story.restart()
    story.do(CamerasTurned(story.now, True, ""))
    assert tell(story, HALL, up=False, code="silent") == []


def test_a_covered_camera_is_not_flagged_anew_because_nobody_looked_for_a_while() -> None:
    story = running()
    tell(story, GATE, picture="covered")
    story.run(2)
    story.do(CamerasTurned(story.now, False, "hung"))
    story.run(2)
    story.do(CamerasTurned(story.now, True, ""))
    for camera in (HALL, GYM):
        tell(story, camera)
    made = story.run(3)
    tell(story, GATE, picture="unknown")
    made += story.run(3)
    assert raised(made) == cleared(made) == []
    tell(story, GATE)
    assert cleared(story.run(2)) == ["camera_covered"]


def test_a_camera_process_that_never_comes_up_is_one_fact_and_one_flag_however_often_it_is_started() -> None:
    story = running()
    written: list[object] = []
    for _ in range(6):
        written += facts(story.do(CamerasTurned(story.now, False, "ended")))
        written += facts(story.run(3))
    assert [one for one in written if isinstance(one, CamerasWatched)] == [CamerasWatched(False, "ended")]
    assert [one.code for one in written if isinstance(one, FlagRaised)] == ["cameras_unwatched"]
    assert not [one for one in written if isinstance(one, FlagCleared)]


DOE = CameraSound("J. Doe", "signs", "2026-08-14")


def with_sound(story: Story, sound: CameraSound | None) -> list[CameraAudioTurned]:
    """The campus with another configuration of the hall's camera; what a second then writes."""
    hall = replace(story.plan.cameras[HALL], sound=sound)
    story.plan = replace(story.plan, cameras={**story.plan.cameras, HALL: hall})
    return [fact for fact in facts(story.run(1)) if isinstance(fact, CameraAudioTurned)]


def test_sound_that_is_kept_is_recorded_once_with_who_answers_for_it_and_over_a_restart_not_again() -> None:
    story = running()
    assert with_sound(story, DOE) == [CameraAudioTurned(HALL, True, DOE.date, DOE.by, DOE.note)]
    assert with_sound(story, DOE) == []
    story.restart()
    assert with_sound(story, DOE) == []
    assert with_sound(story, None) == [CameraAudioTurned(HALL, False, "", "", "")]
    assert with_sound(story, None) == []
    assert story.refolded() == story.state.record


def test_another_who_answers_for_sound_is_recorded_at_a_reload_and_by_their_date_over_a_restart() -> None:
    story = running()
    with_sound(story, DOE)
    roe = replace(DOE, by="R. Roe")
    assert [one.by for one in with_sound(story, roe)] == ["R. Roe"]
    story.restart()
    poe = CameraSound("P. Poe", "consent", "2027-01-04")
    assert [one.by for one in with_sound(story, poe)] == ["P. Poe"]


def test_sound_of_a_camera_that_is_taken_away_is_off() -> None:
    story = running()
    with_sound(story, DOE)
    story.plan = replace(story.plan, cameras={})
    written = facts(story.run(1))
    assert CameraAudioTurned(HALL, False, "", "", "") in written


def test_a_camera_that_is_configured_again_is_not_believed_by_what_was_seen_before() -> None:
    story = running()
    both = story.plan
    story.plan = replace(both, cameras={one: its for one, its in both.cameras.items() if one != GYM})
    story.tick()
    story.plan = both
    assert dict(cameras.blind(story.plan, story.state)) == {GYM: "never"}
