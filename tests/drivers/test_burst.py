"""What is kept of a frame waits for the frames of its moment, and none of it is forgotten."""

from collections.abc import Callable

import pytest

from drivers.burst import Burst


def keeping(kept: list[str], what: str) -> Callable[[], None]:
    return lambda: kept.append(what)


def test_outside_of_a_burst_books_are_kept_at_once() -> None:
    kept: list[str] = []
    Burst().then(keeping(kept, "one"))

    assert kept == ["one"]


def test_within_a_burst_they_are_kept_in_their_order_once_all_frames_have_left() -> None:
    kept: list[str] = []
    burst = Burst()
    with burst:
        burst.then(keeping(kept, "one"))
        burst.then(keeping(kept, "two"))
        assert kept == []

    assert kept == ["one", "two"]


def test_the_books_of_what_left_are_kept_although_the_next_one_failed() -> None:
    kept: list[str] = []
    burst = Burst()

    def press() -> None:
        with burst:
            burst.then(keeping(kept, "one"))
            raise ValueError("bug")

    with pytest.raises(ValueError, match="bug"):
        press()

    burst.then(keeping(kept, "later"))
    assert kept == ["one", "later"]


def test_one_that_fails_keeps_no_other_from_being_kept() -> None:
    kept: list[str] = []
    burst = Burst()

    def bug() -> None:
        raise ValueError("bug")

    def press() -> None:
        with burst:
            for what in (keeping(kept, "one"), bug, keeping(kept, "two")):
                burst.then(what)

    with pytest.raises(ValueError, match="bug"):
        press()

    assert kept == ["one", "two"]
