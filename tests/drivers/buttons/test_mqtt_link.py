"""One connection with a real mosquitto: many messages are read in one turn of the loop, and never for longer than allowed."""

import asyncio
import contextlib
import subprocess

import pytest

from drivers.buttons.heard import Arrived
from drivers.buttons.mqtt_link import LOST, connected
from drivers.buttons.settings import MqttConfig

MANY = 300


def published(port: int, topic: str, count: int) -> None:
    """All at once, while the loop stands: they wait in the socket."""
    said = "".join(f"{number}\n" for number in range(count))
    subprocess.run(
        ["mosquitto_pub", "-p", str(port), "-t", topic, "-l"], input=said, text=True, check=True, timeout=20
    )


async def turns_to_read(settings: MqttConfig, for_s: float, *, more: bool) -> int:
    """In how many turns of the loop all that waited was read."""
    turns = 0
    seen: list[tuple[int, bytes]] = []
    all_here = asyncio.Event()
    loop = asyncio.get_running_loop()

    def turn() -> None:
        nonlocal turns
        turns += 1
        if not all_here.is_set():
            loop.call_soon(turn)

    def take(message: Arrived) -> None:
        seen.append((turns, message.payload))
        if len(seen) == MANY:
            all_here.set()

    async with connected(settings, "reader", clean_session=True) as link:
        await link.subscribe(["a/flood"])
        reading = asyncio.create_task(link.hand_over(take, for_s, lambda: more))
        await asyncio.sleep(0)
        published(settings.port, "a/flood", MANY)
        turn()
        async with asyncio.timeout(20):
            await all_here.wait()
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError, *LOST):
            await reading
    assert [payload for _, payload in seen] == [str(number).encode() for number in range(MANY)]
    return seen[-1][0] - seen[0][0] + 1


async def test_what_waits_is_read_in_a_few_turns_of_the_loop_so_that_a_press_behind_it_is_not_held_up(
    settings: MqttConfig,
) -> None:
    assert await turns_to_read(settings, 60.0, more=True) < MANY / 10


async def test_whoever_has_enough_is_given_one_message_a_turn(settings: MqttConfig) -> None:
    assert await turns_to_read(settings, 60.0, more=False) >= MANY


async def test_no_connection_has_more_of_a_turn_than_it_is_given(settings: MqttConfig) -> None:
    assert await turns_to_read(settings, 0.0, more=True) >= MANY


async def test_behind_a_message_that_cannot_be_taken_no_other_is_read(settings: MqttConfig) -> None:
    seen: list[bytes] = []

    def take(message: Arrived) -> None:
        seen.append(message.payload)
        raise ValueError("a bug of ours")

    async with connected(settings, "reader", clean_session=True) as link:
        await link.subscribe(["a/flood"])
        reading = asyncio.create_task(link.hand_over(take, 60.0, lambda: True))
        await asyncio.sleep(0)
        published(settings.port, "a/flood", MANY)
        async with asyncio.timeout(20):
            with pytest.raises(ValueError, match="a bug of ours"):
                await reading

    assert seen == [b"0"]
