"""Frames of one moment leave close together, and none of them stays behind."""

import asyncio
from typing import cast

import pytest

from drivers.burst import TOGETHER, Burst


class Wire:
    """Keeps what was sent, in order."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def write(self, frame: bytes) -> None:
        self.sent.append(frame)


@pytest.fixture
def wire() -> Wire:
    return Wire()


def put(burst: Burst, wire: Wire, *frames: bytes) -> None:
    for frame in frames:
        burst.write(cast("asyncio.WriteTransport", wire), frame)


def test_outside_of_a_burst_a_frame_leaves_at_once(wire: Wire) -> None:
    put(Burst(), wire, b"one")

    assert wire.sent == [b"one"]


def test_within_a_burst_frames_leave_together_in_their_order(wire: Wire) -> None:
    burst = Burst()
    with burst:
        put(burst, wire, b"one", b"two")
        assert wire.sent == []

    assert wire.sent == [b"one", b"two"]


def test_the_first_boards_of_a_large_campus_do_not_wait_for_the_last(wire: Wire) -> None:
    burst = Burst()
    with burst:
        put(burst, wire, *[b"frame"] * (TOGETHER + 1))
        assert len(wire.sent) == TOGETHER

    assert len(wire.sent) == TOGETHER + 1


def test_what_was_ready_leaves_although_the_next_one_failed(wire: Wire) -> None:
    burst = Burst()

    def press() -> None:
        with burst:
            put(burst, wire, b"one")
            raise ValueError("bug")

    with pytest.raises(ValueError, match="bug"):
        press()

    assert wire.sent == [b"one"]
    put(burst, wire, b"later")
    assert wire.sent == [b"one", b"later"]
