"""What is wrong on our own networks is flagged as it was told, and stands while nobody could look."""

from rules.decision import Decision
from rules.model.events import NetworkTold
from tests.rules.campus import CAMPUS, PLC
from tests.rules.story import Story, cleared, raised, running

STRANGER = ("unlisted_device", CAMPUS, ("2", "02:42:ac"))
MOVED = ("device_mac_changed", PLC, ("b", "a"))


def told(story: Story, *found: tuple[str, str, tuple[str, ...]]) -> list[Decision]:
    return [story.do(NetworkTold(story.now, found)), *story.run(1.2)]


def test_what_was_told_is_flagged_within_a_second_and_ends_when_it_is_told_no_more() -> None:
    story = running()
    assert raised(told(story, STRANGER, MOVED)) == ["unlisted_device", "device_mac_changed"]
    assert story.state.record.flags["unlisted_device", CAMPUS].args == ("2", "02:42:ac")
    assert cleared(told(story, MOVED)) == ["unlisted_device"]


def test_how_many_there_are_is_told_anew_and_the_flag_is_as_old_as_it_was() -> None:
    story = running()
    told(story, STRANGER)
    since = story.state.record.flags["unlisted_device", CAMPUS].since
    told(story, ("unlisted_device", CAMPUS, ("3", "02:42:ac")))
    flag = story.state.record.flags["unlisted_device", CAMPUS]
    assert (flag.args, flag.since) == (("3", "02:42:ac"), since)


def test_over_a_restart_it_stands_until_somebody_looked_again() -> None:
    story = running()
    told(story, STRANGER, ("device_mac_changed", "gone-since", ()))
    story.restart()
    assert "unlisted_device" not in cleared(story.run(8))
    assert ("device_mac_changed", "gone-since") not in story.flags()
    assert cleared(told(story)) == ["unlisted_device"]


def test_no_other_flag_can_be_raised_from_there() -> None:
    story = running()
    assert raised(told(story, ("not_armed", CAMPUS, ()))) == []
