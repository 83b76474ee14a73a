"""The daemon's parts end together, whatever one of them did with its cancellation."""

import asyncio

import pytest

from edge import parts
from edge.parts import Parts


def _nobody(_part: str, _error: str) -> None:
    """Nothing fails here."""


async def test_a_part_that_drops_a_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "CANCEL_AGAIN_S", 0.01)
    dropped: list[str] = []
    begun = asyncio.Event()

    async def deaf() -> None:
        for _ in range(3):
            try:
                begun.set()
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                dropped.append("once more")
        await asyncio.sleep(3600)

    held = Parts(_nobody)
    task = held.keep("deaf", deaf())
    await begun.wait()
    await held.end()

    assert task.cancelled()
    assert len(dropped) == 3


async def test_one_that_fails_while_it_ends_keeps_no_other_from_ending() -> None:
    told: list[tuple[str, str]] = []
    begun = asyncio.Event()

    async def failing() -> None:
        try:
            begun.set()
            await asyncio.sleep(3600)
        finally:
            raise ValueError("at the end")

    held = Parts(lambda part, error: told.append((part, error)))
    held.keep("failing", failing())
    other = held.keep("other", asyncio.sleep(3600))
    await begun.wait()
    await held.end()

    assert other.cancelled()
    assert told == [("failing", "ValueError")]
