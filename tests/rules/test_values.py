"""Values are to use what the standard library's frozen dataclasses are."""

import copy
import dataclasses
import pickle
from dataclasses import field

import pytest

from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class Door:
    """Of a test."""

    name: str
    locks: int = 1
    notes: tuple[str, ...] = field(default_factory=tuple)
    seen: int = field(default=0, compare=False, repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Plain:
    name: str
    locks: int = 1
    notes: tuple[str, ...] = field(default_factory=tuple)
    seen: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class One:
    name: str


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


def test_a_value_is_made_shown_and_compared_as_the_standard_librarys() -> None:
    pairs = (
        (Door("tcp-1"), Plain("tcp-1")),
        (Door("tcp-1", 2, notes=("x",)), Plain("tcp-1", 2, notes=("x",))),
        (Door(name="a", seen=7), Plain(name="a", seen=7)),
    )
    for ours, theirs in pairs:
        assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
        assert repr(ours) == repr(theirs).replace("Plain", "Door")
    assert [one.name for one in dataclasses.fields(Door)] == [one.name for one in dataclasses.fields(Plain)]
    assert Door.__slots__ == Plain.__slots__
    assert Door.__match_args__ == Plain.__match_args__


def test_two_with_equal_fields_are_equal_and_of_another_kind_never() -> None:
    assert Door("a", seen=1) == Door("a", seen=2)
    assert len({Door("a"), Door("a"), Door("a", 2), One("a"), Nothing(), Nothing()}) == 4
    others: tuple[object, ...] = (Plain("a"), "a", One("a"))
    assert not [one for one in others if one == Door("a")]
    assert One("a") == One("a") != One("b")
    assert Nothing() == Nothing()


def test_no_field_changes_and_none_is_added() -> None:
    door = Door("a")
    with pytest.raises(dataclasses.FrozenInstanceError, match="locks is set once"):
        door.locks = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del door.name
    with pytest.raises(AttributeError):
        door.more = 1  # type: ignore[attr-defined]
    assert door == Door("a")


def test_another_is_made_of_one_and_it_can_be_copied_and_pickled() -> None:
    door = Door("a", 3, ("x",), 9)
    assert dataclasses.replace(door, locks=4) == Door("a", 4, ("x",))
    assert dataclasses.replace(door, locks=4).seen == 9
    for same in (copy.copy(door), copy.deepcopy(door), pickle.loads(pickle.dumps(door))):  # noqa: S301
        assert same == door
        assert same.seen == 9


def test_what_is_to_be_done_behind_the_making_is_done() -> None:
    @dataclass(frozen=True, slots=True)
    class Bounded:
        size: int

        def __post_init__(self) -> None:
            if self.size < 0:
                raise ValueError("a size is not negative")

    assert Bounded(1).size == 1
    with pytest.raises(ValueError, match="negative"):
        Bounded(-1)


def test_a_field_that_is_given_by_name_alone_or_not_at_all_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Named\.name"):

        @dataclass(frozen=True, slots=True)
        class Named:
            name: str = field(kw_only=True)

    with pytest.raises(TypeError, match=r"Hidden\.name"):

        @dataclass(frozen=True, slots=True)
        class Hidden:
            name: str = field(init=False, default="x")
