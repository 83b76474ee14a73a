"""A button that says too much waits its own turn, and nobody else waits for it; nothing that anybody says is lost."""

import asyncio
import contextlib

from drivers.buttons.apart import BUSY_MORE_THAN, QUIET_US, WITHIN_US, Apart
from drivers.buttons.mqtt_link import Link, connected
from drivers.buttons.mqtt_session import ButtonSessions
from drivers.buttons.settings import ButtonTopic, MqttConfig
from rules.model.events import Event, PressHeard, SessionChanged
from rules.model.ids import ButtonId, PressId
from tests.drivers.buttons.peers import Heard, Mosquitto, running

STUCK = ButtonTopic(ButtonId("pb-stuck"), "campus/button/pb-stuck", "native")
OTHER = ButtonTopic(ButtonId("pb-other"), "campus/button/pb-other", "native")


def test_a_topic_is_busy_once_it_says_more_in_a_second_than_a_finger_can() -> None:
    apart = Apart()
    calm = [apart.note("calm", number * WITHIN_US // 4) for number in range(100)]
    busy = [apart.note("busy", number) for number in range(BUSY_MORE_THAN + 3)]

    assert not any(calm)
    assert busy == [False] * BUSY_MORE_THAN + [True] * 3
    assert apart.wanted() == ["busy"]


def test_a_topic_that_fell_quiet_goes_back_and_may_become_busy_again() -> None:
    apart = Apart()
    apart.moved("busy", 0)
    assert apart.note("busy", 5)

    assert apart.quiet(QUIET_US) == []
    assert apart.quiet(QUIET_US + 5) == ["busy"]
    apart.back("busy")
    assert apart.there == set()
    assert not apart.note("busy", QUIET_US + 6)


def press(number: object) -> bytes:
    return b'{"press_id": "p-%b", "gesture": "hold"}' % str(number).encode()


async def up(heard: Heard) -> None:
    await heard.until(SessionChanged, lambda event: event.session == "presses" and event.up)


async def flood(link: Link, first: int, count: int) -> None:
    for start in range(first, first + count, 8):
        some = range(start, min(start + 8, first + count))
        await asyncio.gather(*(link.publish(STUCK.press_topic, press(number)) for number in some))


def acknowledging(sessions: ButtonSessions, heard: Heard) -> None:
    def done(event: Event) -> None:
        if isinstance(event, PressHeard) and event.delivery is not None:
            sessions.acknowledge(event.delivery)

    heard.also = done


async def test_between_two_thousand_presses_of_one_button_another_is_heard_at_once(
    settings: MqttConfig, device: Link
) -> None:
    async with (
        running(settings, STUCK, OTHER) as (sessions, heard),
        connected(settings, "other-button", clean_session=True) as other,
    ):
        acknowledging(sessions, heard)
        await up(heard)
        flooding = asyncio.create_task(flood(device, 0, 2_000))
        await heard.number(200, PressHeard)
        behind: list[int] = []
        for number in range(5):
            before = len(heard.of(PressHeard))
            await other.publish(OTHER.press_topic, press(f"other-{number}"))
            mine = PressId(f"p-other-{number}")
            async with asyncio.timeout(10):
                while mine not in (found := [event.press_id for event in heard.of(PressHeard)]):
                    await asyncio.sleep(0.001)
            place = found.index(mine)
            behind.append(place - before)
        assert not flooding.done(), "the flood ended before anybody else pressed"
        await flooding
        await heard.number(2_000, PressHeard, lambda event: event.button == "pb-stuck" and not event.retained)
        wanted = {f"p-{number}" for number in range(2_000)}
        async with asyncio.timeout(10):
            while not wanted <= {event.press_id for event in heard.of(PressHeard)}:
                await asyncio.sleep(0.01)
        assert sessions._apart.there == {STUCK.press_topic}

    # What the broker's window holds of the flood stands in front: a few, and never the hundreds that wait there.
    assert sorted(behind)[2] < 100


async def test_what_a_busy_button_says_while_nobody_hears_comes_when_somebody_does(
    settings: MqttConfig, device: Link
) -> None:
    async with running(settings, STUCK, OTHER) as (sessions, heard):
        acknowledging(sessions, heard)
        await up(heard)
        await flood(device, 0, 100)
        async with asyncio.timeout(10):
            while not sessions._apart.there:
                await asyncio.sleep(0.01)
        # Neither the presses' nor the busy one's window is empty: the last are not acknowledged.
        heard.also = lambda _: None
        await flood(device, 100, 5)
        await heard.number(105, PressHeard)
    await device.publish(STUCK.press_topic, press("meanwhile"))

    async with running(settings, STUCK, OTHER) as (sessions, heard):
        acknowledging(sessions, heard)
        found = await heard.until(PressHeard, lambda event: event.press_id == "p-meanwhile")
        unacknowledged = {PressId(f"p-{number}") for number in range(100, 105)}
        async with asyncio.timeout(10):
            while not unacknowledged <= {event.press_id for event in heard.of(PressHeard)}:
                await asyncio.sleep(0.01)
        # Back with all others: from now on it is heard once.
        async with asyncio.timeout(10):
            while not sessions._busy_stands:
                await asyncio.sleep(0.01)
        await device.publish(STUCK.press_topic, press("again"))
        await heard.until(PressHeard, lambda event: event.press_id == "p-again")
        await device.publish(OTHER.press_topic, press("last"))
        await heard.until(PressHeard, lambda event: event.press_id == "p-last")

    assert found.waited_at_most_us is not None
    assert [event.press_id for event in heard.of(PressHeard)].count(PressId("p-again")) == 1


async def test_a_lost_session_of_the_busy_takes_no_press_with_it(
    broker: Mosquitto, settings: MqttConfig, device: Link
) -> None:
    async with running(settings, STUCK, OTHER) as (sessions, heard):
        acknowledging(sessions, heard)
        await up(heard)
        await flood(device, 0, 100)
        async with asyncio.timeout(10):
            while not sessions._apart.there:
                await asyncio.sleep(0.01)
        link = sessions._busy.link
        assert link is not None
        link.cut()
        async with asyncio.timeout(10):
            while sessions._apart.there:
                await asyncio.sleep(0.01)
        with contextlib.suppress(TimeoutError):
            await flood(device, 1_000, 3)
        await heard.number(3, PressHeard, lambda event: event.press_id in ("p-1000", "p-1001", "p-1002"))
