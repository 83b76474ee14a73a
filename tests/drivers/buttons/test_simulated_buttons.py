"""The simulated buttons that ship, against the real sessions: all five formats, and each way to break them."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from drivers.buttons.mqtt_session import ButtonSessions
from drivers.buttons.settings import ButtonTopic, MqttConfig
from drivers.simulators import mqtt_buttons
from drivers.simulators.mqtt_buttons import ButtonFleet, SimulatedButton
from rules.model.events import Event, PressHeard, SessionChanged, StatusHeard
from rules.model.ids import ButtonId
from tests.drivers.buttons.peers import Heard, Mosquitto, running

TOPICS = (
    ButtonTopic(ButtonId("pb-native"), "campus/button/pb-native", "native"),
    ButtonTopic(ButtonId("pb-zigbee"), "zigbee2mqtt/office sos", "zigbee2mqtt"),
    ButtonTopic(ButtonId("pb-lora"), "application/1/device/24e124535b000001/event/up", "chirpstack"),
    ButtonTopic(ButtonId("pb-shelly"), "shellyplusi4-a8032ab1fe78/events/rpc", "shelly"),
    ButtonTopic(ButtonId("pb-tasmota"), "stat/desk/RESULT", "tasmota"),
)
NATIVE = TOPICS[0]


def answering(sessions: ButtonSessions, heard: Heard) -> None:
    """Do what the appliance does, without a disk: durable at once, answered, acknowledged."""

    def answer(event: Event) -> None:
        if isinstance(event, PressHeard) and event.delivery is not None:
            if event.button == NATIVE.button:
                accepted = {"press_id": event.press_id, "incident": None, "kind": "real", "durable": True}
                sessions.publish(NATIVE.accepted_topic or "", json.dumps(accepted).encode(), retain=False)
            sessions.acknowledge(event.delivery)

    heard.also = answer


@asynccontextmanager
async def fleet(settings: MqttConfig, *topics: ButtonTopic) -> AsyncIterator[ButtonFleet]:
    buttons = ButtonFleet(settings, topics)
    task = asyncio.create_task(buttons.run())
    try:
        await buttons.ready()
        yield buttons
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def up(heard: Heard) -> None:
    for session in ("presses", "status"):
        await heard.until(SessionChanged, lambda event, s=session: event.session == s and event.up)  # type: ignore[misc]


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.format)
async def test_a_simulated_press_and_a_hold_of_every_format_are_heard(
    settings: MqttConfig, topic: ButtonTopic
) -> None:
    async with running(settings, *TOPICS) as (sessions, heard), fleet(settings, topic) as buttons:
        answering(sessions, heard)
        await up(heard)
        for gesture in ("single", "hold"):
            await buttons.buttons[topic.button].press(gesture)

        events = await heard.number(2, PressHeard)

    assert [(event.button, event.gesture) for event in events] == [
        (topic.button, "single"),
        (topic.button, "hold"),
    ]


async def test_a_native_press_is_answered(settings: MqttConfig) -> None:
    async with running(settings, NATIVE) as (sessions, heard), fleet(settings, NATIVE) as buttons:
        answering(sessions, heard)
        button = buttons.buttons[NATIVE.button]

        press_id = await button.press("hold")

        assert press_id is not None
        assert button.accepted[press_id]["durable"] is True


async def test_a_native_press_is_repeated_with_its_id_until_somebody_answers(
    settings: MqttConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_buttons, "REPEAT_S", 0.05)
    async with running(settings, NATIVE) as (sessions, heard), fleet(settings, NATIVE) as buttons:
        await up(heard)
        pressing = asyncio.create_task(buttons.buttons[NATIVE.button].press("hold"))
        repeats = await heard.number(3, PressHeard)
        answering(sessions, heard)

        assert await pressing == repeats[0].press_id
        assert len({event.press_id for event in heard.of(PressHeard)}) == 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
async def test_a_broker_that_restarts_at_the_press_loses_no_native_press(
    broker: Mosquitto, settings: MqttConfig, how: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_buttons, "REPEAT_S", 0.5)
    async with running(settings, NATIVE) as (sessions, heard), fleet(settings, NATIVE) as buttons:
        answering(sessions, heard)
        await up(heard)
        broker.end(how)
        pressing = [asyncio.create_task(buttons.buttons[NATIVE.button].press("hold")) for _ in range(5)]
        await heard.until(SessionChanged, lambda event: not event.up)
        broker.start()

        press_ids = await asyncio.gather(*pressing)

    assert None not in press_ids
    assert set(press_ids) == {event.press_id for event in heard.of(PressHeard)}


async def test_batteries_are_reported_and_a_flat_one_is_seen(settings: MqttConfig) -> None:
    with_battery = TOPICS[:4]
    async with running(settings, *TOPICS) as (_, heard):
        await up(heard)
        async with fleet(settings, *TOPICS) as buttons:
            for button in buttons.buttons.values():
                button.faults.battery = 3
                await button.report()

            for topic in with_battery:
                flat = await heard.until(
                    StatusHeard,
                    lambda event, topic=topic: event.button == topic.button and event.battery == 3,  # type: ignore[misc]
                )
                assert flat.online in (None, True)


async def test_a_wrong_clock_is_sent_as_it_is(settings: MqttConfig) -> None:
    async with running(settings, NATIVE) as (sessions, heard), fleet(settings, NATIVE) as buttons:
        answering(sessions, heard)
        buttons.buttons[NATIVE.button].faults.clock_offset_s = -86_400.0
        await buttons.buttons[NATIVE.button].press("hold")

    (event,) = heard.of(PressHeard)
    assert event.device_at_us is not None
    assert 86_390_000_000 < event.at.utc_us - event.device_at_us < 86_500_000_000


async def test_duplicates_carry_the_same_press_id(settings: MqttConfig) -> None:
    async with running(settings, NATIVE) as (sessions, heard), fleet(settings, NATIVE) as buttons:
        await up(heard)
        answering(sessions, heard)
        buttons.buttons[NATIVE.button].faults.duplicates = 2
        press_id = await buttons.buttons[NATIVE.button].press("hold")
        events = await heard.number(3, PressHeard)

    assert [event.press_id for event in events] == [press_id] * 3


async def test_a_silent_button_sends_nothing_and_a_dead_one_leaves_its_last_will(
    settings: MqttConfig,
) -> None:
    async with running(settings, NATIVE) as (sessions, heard):
        await up(heard)
        answering(sessions, heard)
        button = SimulatedButton(settings, NATIVE)
        task = asyncio.create_task(button.run())
        await button.ready()
        button.faults.silent = True
        assert await button.press("hold") is None
        await button.fall_dead()

        will = await heard.until(StatusHeard, lambda event: event.online is False)
        assert will.battery is None
        assert heard.of(PressHeard) == []
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def test_every_simulated_format_is_documented() -> None:
    notes = {path.stem for path in (Path(__file__).parents[3] / "firmware_notes").glob("*.md")}

    assert {"generic-mqtt-button", "zigbee2mqtt-ts0215a-sos", "milesight-ws101"} <= notes
    assert {"shelly-button", "tasmota-button"} <= notes
