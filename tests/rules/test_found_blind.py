"""What is known of a camera only behind a press, and was so already when it came."""

from rules.model.camera_events import CamerasTurned, CameraTold
from rules.model.camera_facts import CamerasFoundBlind, Picture
from rules.model.ids import CameraId
from rules.model.moments import Instant
from tests.rules.campus import A1, CAMPUS
from tests.rules.story import Story
from tests.rules.test_cameras import GATE, GYM, HALL, asked, running, tell


def found_blind(story: Story) -> list[CamerasFoundBlind]:
    return [entry.fact for _, entry in story.entries if isinstance(entry.fact, CamerasFoundBlind)]


def lost_since(story: Story, camera: CameraId, since: Instant | None, picture: Picture = "ok") -> None:
    up = picture != "ok"
    told = CameraTold(story.now, camera, up, "" if up else "silent", picture, "own", "", "", since)
    story.do(told)


def test_a_camera_that_was_blind_already_at_the_press_and_is_known_to_be_only_behind_it_is_added_to_its_incident() -> (
    None
):
    story = running()
    before = story.now
    story.run(1)
    story.start("lockdown", CAMPUS)
    story.tick()
    assert [one.blind for one in asked(story)] == [()]
    lost_since(story, HALL, before)
    lost_since(story, GYM, before, "covered")
    # That it is said of once more, and of what was seen behind the press, nothing follows.
    tell(story, HALL)
    lost_since(story, HALL, before)
    lost_since(story, GATE, story.now)
    assert found_blind(story) == [
        CamerasFoundBlind(((HALL, "lost"),), before.utc_us),
        CamerasFoundBlind(((GYM, "covered"),), before.utc_us),
    ]
    assert {entry.incident for _, entry in story.entries if isinstance(entry.fact, CamerasFoundBlind)} == {
        story.real
    }
    assert story.state.record.blind_found == {
        story.real: ((HALL, "lost", before.utc_us), (GYM, "covered", before.utc_us))
    }
    assert story.refolded() == story.state.record


def test_what_the_list_of_the_press_names_or_what_has_no_known_beginning_is_not_added() -> None:
    story = running()
    before = story.now
    tell(story, HALL, up=False, code="silent")
    story.run(1)
    story.start("lockdown", CAMPUS)
    story.tick()
    tell(story, HALL)
    lost_since(story, HALL, before)
    lost_since(story, GYM, None)
    assert found_blind(story) == []


def test_a_camera_process_that_had_hung_before_the_press_makes_every_camera_a_blind_spot_of_it() -> None:
    story = running()
    tell(story, GATE, picture="frozen")
    last_word = story.now
    story.run(1)
    story.start("lockdown", CAMPUS)
    story.tick()
    story.run(1)
    story.do(CamerasTurned(story.now, False, "hung", last_word))
    assert found_blind(story) == [
        CamerasFoundBlind(((HALL, "unwatched"), (GYM, "unwatched")), last_word.utc_us)
    ]


def test_a_camera_process_that_died_behind_the_press_takes_nothing_from_what_was_seen_at_it() -> None:
    story = running()
    story.start("lockdown", CAMPUS)
    story.tick()
    story.run(1)
    story.do(CamerasTurned(story.now, False, "ended", story.now))
    assert found_blind(story) == []


def test_by_a_clock_that_began_anew_with_the_box_nothing_is_called_blind_before_a_press() -> None:
    story = running()
    story.run(5)
    story.start("lockdown", CAMPUS)
    story.tick()
    lost_since(story, HALL, Instant(story.now.utc_us, 1))
    lost_since(story, GYM, Instant(1, story.now.mono_us))
    assert found_blind(story) == []


def test_with_a_closed_incident_what_was_found_of_it_leaves_the_record() -> None:
    story = running()
    before = story.now
    story.run(1)
    story.start("staff-assist", A1)
    story.tick()
    lost_since(story, HALL, before)
    assert story.state.record.blind_found
    story.close()
    assert story.state.record.blind_found == {}
