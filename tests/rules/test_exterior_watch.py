"""What the sensors of an exterior door say for the weekly sweep: locked only by both, and never by what was not read."""

from dataclasses import replace

import pytest

from rules.exterior_watch import Seen, exterior_doors, seen
from rules.model.verdicts import Verdict, VerdictWord
from tests.rules.campus import campus, door

DOOR = door("east", kind="exterior")


@pytest.mark.parametrize(
    ("word", "bolt", "position", "said"),
    [
        ("closed_locked", True, True, "locked"),
        ("secured", True, True, "locked"),
        ("closed_unlocked", False, True, "unlocked"),
        ("not_latched", False, True, "unlocked"),
        ("open", True, False, "open"),
        ("released", False, False, "open"),
        ("forced", False, None, "open"),
        ("unknown", None, None, "unknown"),
        ("stale", True, True, "unknown"),
    ],
)
def test_each_verdict_is_one_word(
    word: VerdictWord, bolt: bool | None, position: bool | None, said: Seen
) -> None:
    assert seen(DOOR, Verdict(word, None, "", bolt, position)) == said


def test_a_door_that_lacks_a_sensor_is_never_locked_by_the_other() -> None:
    assert seen(replace(DOOR, position=None), Verdict("secured_partial", None, "", True, None)) == "unsensed"
    assert seen(replace(DOOR, bolt=None), Verdict("unconfirmed", None, "", None, True)) == "unsensed"
    assert seen(replace(DOOR, bolt=None), Verdict("open", None, "", None, False)) == "open"


def test_the_exterior_doors_are_those_of_the_plan() -> None:
    assert exterior_doors(campus(DOOR, door("a-101", 3))) == ("east",)
    assert exterior_doors(campus()) == ()
