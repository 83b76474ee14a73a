"""A message of our own to the broker and back: once, by its own word, and not for ever."""

import asyncio

import pytest

from drivers.buttons import round_trip
from drivers.buttons.round_trip import RoundTrip


async def test_what_comes_back_is_told_once_and_strange_messages_are_nobodys() -> None:
    told: list[str] = []
    trip = RoundTrip("lincoln-hs")
    nonce = trip.begin(told.append)

    trip.heard(b"of an earlier connection")
    assert told == []
    trip.heard(nonce)
    trip.heard(nonce)
    assert told == [""]
    assert trip.topic == "campus/edge/lincoln-hs/selftest"


async def test_what_does_not_come_back_in_time_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(round_trip, "ANSWER_WITHIN_S", 0.01)
    told: list[str] = []
    trip = RoundTrip("lincoln-hs")
    late, other = trip.begin(told.append), trip.begin(told.append)
    trip.heard(other)
    async with asyncio.timeout(5):
        while len(told) < 2:
            await asyncio.sleep(0.01)
    trip.heard(late)

    assert told == ["", "no_answer"]
