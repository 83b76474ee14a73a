"""What cameras say of themselves: an exchanged one is recorded once, a tampered one is a flag, a mad one fills nothing."""

from dataclasses import replace

import pytest

from rules import camera_selves
from rules.model.camera_events import CameraClockTold, CameraSaid, CamerasTurned, CameraVisited
from rules.model.camera_facts import CameraIdentified, CameraNoticed, NoticeWhat
from rules.model.ids import CameraId
from rules.model.moments import SECOND_US
from tests.rules.campus import A1, facts
from tests.rules.story import Story, cleared, raised
from tests.rules.test_cameras import GATE, GYM, HALL, running


def visit(story: Story, camera: CameraId = HALL, **more: object) -> list[object]:
    told = CameraVisited(story.now, camera, "", "Axis", "M3085", "11.2", "A", "S1", 0, True)
    return list(facts(story.do(replace(told, **more))))  # type: ignore[arg-type]


def notice(
    story: Story, what: NoticeWhat, active: bool, camera: CameraId = HALL, source: str = ""
) -> list[object]:
    return list(facts(story.do(CameraSaid(story.now, camera, what, active, source))))


def test_what_a_camera_is_enters_the_record_once_and_again_when_it_is_another() -> None:
    story = running()
    assert visit(story) == [CameraIdentified(HALL, "Axis", "M3085", "11.2", "A", "S1", "")]
    assert visit(story) == []
    (newer,) = visit(story, firmware="11.3")
    assert isinstance(newer, CameraIdentified)
    assert story.state.record.assets[HALL].firmware == "11.3"
    story.restart()
    assert story.refolded() == story.state.record


def test_a_camera_exchanged_for_one_of_the_same_make_is_known_by_its_serial_number_alone() -> None:
    story = running()
    visit(story)
    (exchanged,) = visit(story, serial="S2")
    assert exchanged == CameraIdentified(HALL, "Axis", "M3085", "11.2", "A", "S2", "")
    assert "S2" not in repr(story.state.record)


def test_a_camera_exchanged_while_the_box_was_off_is_known_for_its_serial_number_is_written_once_in_each_run() -> (
    None
):
    story = running()
    visit(story)
    story.restart()
    (again,) = visit(story)
    assert again == CameraIdentified(HALL, "Axis", "M3085", "11.2", "A", "S1", "")
    assert visit(story) == []
    story.restart()
    assert [getattr(one, "serial", None) for one in visit(story, serial="S2")] == ["S2"]


def test_a_camera_without_a_serial_number_is_written_no_more_often_for_that() -> None:
    story = running()
    assert len(visit(story, serial="")) == 1
    story.restart()
    assert visit(story, serial="") == []


def test_a_camera_that_could_not_be_asked_is_what_it_was() -> None:
    story = running()
    visit(story)
    assert visit(story, code="silent", manufacturer="", model="", skew_us=None) == []
    assert story.state.record.assets[HALL].model == "M3085"
    assert story.state.live.camera_selves[HALL].code == "silent"


def test_tampering_is_recorded_and_one_flag_until_it_has_been_over_for_a_while() -> None:
    story = running()
    assert notice(story, "tamper", active=True) == [CameraNoticed(HALL, "tamper", True, "")]
    assert notice(story, "tamper", active=True) == []
    assert raised(story.run(2)) == ["camera_tampered"]
    assert notice(story, "tamper", active=False) == [CameraNoticed(HALL, "tamper", False, "")]
    assert cleared(story.run(8)) == []
    assert cleared(story.run(4)) == ["camera_tampered"]


def test_a_tampered_camera_of_which_nothing_is_heard_any_more_stays_flagged() -> None:
    story = running()
    notice(story, "tamper", active=True)
    story.run(2)
    visit(story, code="unreachable")
    story.do(CamerasTurned(story.now, False, "ended"))
    story.do(CamerasTurned(story.now, True, ""))
    assert "camera_tampered" not in cleared(story.run(30))
    story.restart()
    story.sessions()
    story.do(CamerasTurned(story.now, True, ""))
    assert "camera_tampered" not in cleared(story.run(30))
    notice(story, "tamper", active=False)
    assert "camera_tampered" in cleared(story.run(2))


def test_a_camera_that_is_not_to_be_asked_any_more_has_no_flag_of_its_own_words() -> None:
    story = running()
    notice(story, "tamper", active=True)
    visit(story, skew_us=-60 * SECOND_US)
    assert set(raised(story.run(2))) == {"camera_tampered", "camera_clock"}
    visit(story, code="off")
    assert set(cleared(story.run(2))) == {"camera_tampered", "camera_clock"}


def test_motion_is_recorded_in_the_incident_that_keeps_the_camera_and_nowhere_else() -> None:
    story = running()
    assert notice(story, "motion", active=True, camera=GYM) == []
    notice(story, "motion", active=False, camera=GYM)
    story.start("staff-assist", A1)
    story.tick()
    assert notice(story, "motion", active=True, camera=GYM) == []
    assert notice(story, "motion", active=True) == [CameraNoticed(HALL, "motion", True, "")]
    assert story.entries[-1][1].incident == story.real


def test_an_input_is_recorded_with_its_name() -> None:
    story = running()
    assert notice(story, "input", active=True, source="InputToken=1") == [
        CameraNoticed(HALL, "input", True, "InputToken=1")
    ]
    assert notice(story, "input", active=False, source="InputToken=2") == []


def test_a_camera_that_goes_mad_fills_neither_the_record_nor_the_live_picture() -> None:
    story = running()
    written = [
        fact
        for number in range(300)
        for fact in notice(story, "input", active=number % 3 != 0, source=f"InputToken={number}")
    ]
    assert len(written) <= camera_selves.WRITTEN_MOST
    assert len(story.state.live.camera_selves[HALL].active) <= camera_selves.INPUTS_MOST
    assert [one for number in range(100) for one in visit(story, firmware=str(number))] == []
    # Its flags and all other cameras go on.
    notice(story, "tamper", active=False)
    notice(story, "tamper", active=True, camera=GATE)
    assert "camera_tampered" in raised(story.run(2))
    assert visit(story, serial="S9") == []
    story.run(60)
    # What could not be written then is not forgotten.
    assert len(visit(story, serial="S9")) == 1
    assert len(visit(story, firmware="later")) == 1


@pytest.mark.parametrize(("skew_s", "way"), [(3_600, "ahead"), (-42, "behind")])
def test_a_clock_more_than_five_seconds_off_is_flagged_with_its_seconds(skew_s: int, way: str) -> None:
    story = running()
    visit(story, skew_us=skew_s * SECOND_US)
    assert raised(story.run(2)) == ["camera_clock"]
    assert story.state.record.flags["camera_clock", HALL].args == (str(abs(skew_s)), way)
    visit(story, skew_us=4_500_000)
    assert cleared(story.run(2)) == []
    visit(story, skew_us=100_000)
    assert cleared(story.run(2)) == ["camera_clock"]


def test_a_wrong_clock_is_seen_by_the_stream_as_well_and_four_and_a_half_seconds_are_none() -> None:
    story = running()
    visit(story, skew_us=4_500_000)
    assert raised(story.run(2)) == []
    story.do(CameraClockTold(story.now, HALL, -9 * SECOND_US))
    assert raised(story.run(2)) == ["camera_clock"]
    story.do(CameraClockTold(story.now, HALL, 0))
    visit(story)
    assert cleared(story.run(2)) == ["camera_clock"]


def test_words_of_a_camera_that_is_not_configured_are_nothing() -> None:
    story, nowhere = running(), CameraId("cam-nowhere")
    assert visit(story, nowhere) == []
    assert notice(story, "tamper", active=True, camera=nowhere) == []
    story.do(CameraClockTold(story.now, nowhere, 10**9))
    assert nowhere not in story.state.live.camera_selves


def test_a_wrong_clock_stands_over_a_restart_while_the_camera_cannot_be_asked() -> None:
    story = running()
    visit(story, skew_us=60 * SECOND_US)
    assert raised(story.run(2)) == ["camera_clock"]
    story.restart()
    story.do(CamerasTurned(story.now, True, ""))
    visit(story, code="silent", manufacturer="", model="", skew_us=None)
    assert cleared(story.run(2)) == []
    assert ("camera_clock", HALL) in story.state.record.flags
