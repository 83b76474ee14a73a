"""What controllers say they are: written when it is another than before, bounded, and never of one that is not ours."""

from dataclasses import replace
from typing import Any

import pytest

from rules.model.device_facts import ControllerIdentified, DeviceIdentified
from rules.model.ids import ControllerId
from rules.model.moments import MINUTE_US
from tests.rules.campus import PLC, facts
from tests.rules.story import Story
from tests.rules.test_cameras import running

WAGO = ("WAGO", "750-362", "01.09.18 13")


def tell(story: Story, controller: ControllerId = PLC, **more: Any) -> list[object]:
    told = ControllerIdentified(
        story.now, controller, "modbus", "", *WAGO, said="WAGO | 750-362 | 01.09.18(13)"
    )
    return list(facts(story.do(replace(told, **more))))


def test_what_it_is_enters_the_record_once_and_again_when_it_is_another() -> None:
    story = running()
    assert tell(story) == [DeviceIdentified(PLC, "modbus", "", *WAGO, "", "WAGO | 750-362 | 01.09.18(13)")]
    assert tell(story) == []
    (newer,) = tell(story, firmware="01.10.02 14")
    assert isinstance(newer, DeviceIdentified)
    assert story.state.record.devices[PLC].firmware == "01.10.02 14"
    story.restart()
    assert tell(story, firmware="01.10.02 14") == []
    assert story.refolded() == story.state.record


def test_one_exchanged_for_its_like_is_known_by_its_serial_number_which_the_record_does_not_hold() -> None:
    story = running()
    tell(story, serial="1")
    assert tell(story, serial="1") == []
    (other,) = tell(story, serial="2")
    assert isinstance(other, DeviceIdentified)
    assert other.serial == "2"
    assert not hasattr(story.state.record.devices[PLC], "serial")
    # Exchanged back while the box was off: it is written once in each run.
    story.restart()
    assert [getattr(one, "serial", None) for one in tell(story, serial="1")] == ["1"]
    assert tell(story, serial="1") == []


def test_one_that_cannot_tell_is_recorded_as_such_once_and_what_it_once_said_stands() -> None:
    story = running()
    refused: dict[str, Any] = {"code": "cannot_tell", "vendor": "", "model": "", "firmware": "", "said": ""}
    assert [getattr(one, "code", None) for one in tell(story, **refused)] == ["cannot_tell"]
    assert tell(story, **refused) == []
    assert [getattr(one, "code", None) for one in tell(story, **{**refused, "code": "silent"})] == ["silent"]
    assert len(tell(story)) == 1
    assert tell(story, **refused) == []
    assert story.state.record.devices[PLC].model == "750-362"


@pytest.mark.parametrize(
    "more",
    [
        {"controller": ControllerId("none")},
        {"model": "750<script>"},
        {"vendor": "x" * 65},
        {"said": "x" * 301},
    ],
)
def test_what_is_of_no_controller_of_ours_or_no_code_is_dropped(more: dict[str, Any]) -> None:
    assert tell(running(), **more) == []


def test_a_device_gone_mad_fills_no_record() -> None:
    story = running()
    written = [len(tell(story, firmware=str(number))) for number in range(10)]
    assert written == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    story.wait(MINUTE_US)
    assert len(tell(story, firmware="99")) == 1
