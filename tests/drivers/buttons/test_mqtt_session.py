"""The sessions with the broker, on a real mosquitto: nothing is lost, nothing is called fresh that is not."""

import asyncio
import gc
import importlib.metadata
import json
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import aiomqtt
import pytest

from drivers.buttons import last_known_up
from drivers.buttons.mqtt_link import LOST, Link, connected
from drivers.buttons.mqtt_session import ButtonSessions
from drivers.buttons.settings import ButtonTopic, MqttConfig
from rules.model.events import Event, MessageRefused, PressHeard, SessionChanged, StatusHeard
from rules.model.ids import ButtonId, DeliveryId
from tests.drivers.buttons.peers import Heard, Mosquitto, listening, running

NATIVE = ButtonTopic(ButtonId("pb-101"), "campus/button/pb-101", "native")
SHELLY = ButtonTopic(ButtonId("pb-gym"), "shellyplusi4-a8032ab1fe78/events/rpc", "shelly")
ZIGBEE = ButtonTopic(ButtonId("pb-sos"), "zigbee2mqtt/office sos", "zigbee2mqtt")


def press(press_id: str, gesture: str = "hold") -> bytes:
    return json.dumps({"press_id": press_id, "gesture": gesture}).encode()


async def drained(device: Link, heard: Heard) -> None:
    """Until a press that is published now counts as live: what we were held is then all here."""
    await heard.until(SessionChanged, lambda event: event.session == "presses" and event.up)
    for number in range(200):
        await device.publish(NATIVE.press_topic, press(f"probe-{number}"))
        probe = await heard.until(PressHeard, lambda event, n=number: event.press_id == f"probe-{n}")  # type: ignore[misc]
        if probe.waited_at_most_us == 0:
            return
    raise AssertionError("the marker never came back")


async def test_a_press_is_heard_with_what_it_said(settings: MqttConfig, device: Link) -> None:
    async with running(settings, NATIVE) as (_, heard):
        await drained(device, heard)
        payload = b'{"press_id": "p-1", "gesture": "hold", "at": "2026-08-14T10:00:00Z"}'
        await device.publish("campus/button/pb-101/press", payload)

        event = await heard.until(PressHeard, lambda event: event.press_id == "p-1")

    assert (event.button, event.gesture, event.path) == ("pb-101", "hold", "mqtt")
    assert event.device_at_us == 1_786_701_600_000_000
    assert event.waited_at_most_us == 0
    assert not event.retained
    assert event.delivery is not None


async def test_a_status_is_heard_and_a_last_will_is_a_hint(settings: MqttConfig, device: Link) -> None:
    async with running(settings, NATIVE) as (_, heard):
        await heard.until(SessionChanged, lambda event: event.session == "status" and event.up)
        await device.publish("campus/button/pb-101/status", b'{"battery": 87}')
        await device.publish("campus/button/pb-101/status", b'{"online": false}')

        events = await heard.number(2, StatusHeard)

    assert [(event.battery, event.online) for event in events] == [(87, None), (None, False)]


@contextmanager
def consumer(settings: MqttConfig, durable: int, *topics: str) -> Iterator["subprocess.Popen[str]"]:
    script = Path(__file__).with_name("consumer.py")
    child = subprocess.Popen(
        [sys.executable, script, str(settings.port), settings.store_directory, str(durable), *topics],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
        env={"PYTHONPATH": "."},
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def lines_until(child: "subprocess.Popen[str]", last: str) -> list[str]:
    assert child.stdout is not None
    lines: list[str] = []
    while not lines or lines[-1] != last:
        line = child.stdout.readline()
        assert line, f"it ended before {last!r}"
        lines.append(line.strip())
    return lines


async def test_every_press_not_yet_durable_at_kill_9_is_delivered_again(
    settings: MqttConfig, device: Link
) -> None:
    with consumer(settings, 3, NATIVE.topic) as child:
        await asyncio.to_thread(lines_until, child, "up presses")
        # One more than eight, and the button were being set apart: in which order that comes is open.
        for some in (range(3), range(3, 8)):
            for number in some:
                await device.publish(NATIVE.press_topic, press(f"p-{number}"))
            await asyncio.to_thread(lines_until, child, f"press p-{some[-1]}")
        # The third acknowledgement is written before the eighth press is read, and the broker has it by now.
        child.send_signal(signal.SIGKILL)
        child.wait()

    async with running(settings, NATIVE) as (_, heard):
        events = await heard.number(5, PressHeard)
        await drained(device, heard)

    assert [event.press_id for event in events] == [f"p-{number}" for number in range(3, 8)]
    assert all(event.waited_at_most_us != 0 for event in events)


async def test_killed_without_a_word_the_appliance_is_shown_as_not_armed(settings: MqttConfig) -> None:
    async with listening(settings, "campus/state/appliance") as said:
        with consumer(settings, 0, NATIVE.topic) as child:
            assert await said.get() == (False, {"armed": True})
            child.send_signal(signal.SIGKILL)
            child.wait()

            assert await said.get() == (False, {"armed": False})


async def test_stopped_in_order_the_appliance_is_shown_as_not_armed(settings: MqttConfig) -> None:
    async with running(settings) as (sessions, _):
        sessions.publish("campus/state/appliance", b'{"armed": true}', retain=True)
        async with listening(settings, "campus/state/appliance") as said:
            assert (await said.get())[1] == {"armed": True}

    async with listening(settings, "campus/state/appliance") as said:
        assert await said.get() == (True, {"armed": False})


async def test_a_flood_of_status_does_not_push_a_press_out_of_the_brokers_queue(
    settings: MqttConfig, device: Link
) -> None:
    async with running(settings, NATIVE) as (_, heard):
        await drained(device, heard)
        await heard.until(SessionChanged, lambda event: event.session == "status" and event.up)
    await device.publish(NATIVE.press_topic, press("before"))
    # More than the 1,000 that a broker queues for a session by default.
    publisher = await asyncio.create_subprocess_exec(
        *("mosquitto_pub", "-p", str(settings.port), "-t", NATIVE.status_topic or "", "-q", "1", "-l"),
        stdin=asyncio.subprocess.PIPE,
    )
    await publisher.communicate(b'{"battery": 9}\n' * 1_200)
    await device.publish(NATIVE.press_topic, press("after"))

    async with running(settings, NATIVE) as (_, heard):
        await heard.until(PressHeard, lambda event: event.press_id == "before")
        await heard.until(PressHeard, lambda event: event.press_id == "after")
        await heard.number(1_000, StatusHeard)

    assert len(heard.of(StatusHeard)) < 1_200


async def test_a_retained_press_is_flagged_and_of_unknown_age(settings: MqttConfig, device: Link) -> None:
    await device.publish(NATIVE.press_topic, press("old"), retain=True)

    async with running(settings, NATIVE) as (_, heard):
        event = await heard.until(PressHeard)

    assert event.retained
    assert event.waited_at_most_us is None


async def test_a_session_that_the_broker_did_not_keep_is_known_as_new(settings: MqttConfig) -> None:
    kept = []
    for _ in range(2):
        async with connected(settings, "of-today", clean_session=False) as link:
            kept.append(link.kept)

    assert kept == [False, True]


async def test_a_press_held_while_we_were_away_is_as_old_as_our_absence(
    settings: MqttConfig, device: Link
) -> None:
    async with running(settings, NATIVE) as (sessions, heard):
        await drained(device, heard)
        for event in heard.of(PressHeard):
            sessions.acknowledge(event.delivery or DeliveryId(0))
    await device.publish(NATIVE.press_topic, press("held"))
    # As if the last sign of the session were ten minutes old.
    up_us = time.monotonic_ns() // 1000 - 600_000_000
    kept = {"boot": last_known_up.boot_id(), "utc_us": 0, "mono_us": up_us}
    (settings.store_directory / last_known_up.FILE_NAME).write_text(json.dumps(kept))

    async with running(settings, NATIVE) as (_, heard):
        held = await heard.until(PressHeard, lambda event: event.press_id == "held")
        await drained(device, heard)
        await device.publish(NATIVE.press_topic, press("live"))
        live = await heard.until(PressHeard, lambda event: event.press_id == "live")

    assert held.waited_at_most_us is not None
    assert held.waited_at_most_us >= 600_000_000
    assert live.waited_at_most_us == 0


async def test_a_press_held_while_nobody_knows_for_how_long_is_of_unknown_age(
    settings: MqttConfig, device: Link
) -> None:
    async with running(settings, NATIVE) as (_, heard):
        await drained(device, heard)
    await device.publish(NATIVE.press_topic, press("held"))
    (settings.store_directory / last_known_up.FILE_NAME).unlink(missing_ok=True)

    async with running(settings, NATIVE) as (_, heard):
        held = await heard.until(PressHeard, lambda event: event.press_id == "held")

    assert held.waited_at_most_us is None


async def test_what_a_new_session_is_ever_held_is_no_older_than_its_beginning(settings: MqttConfig) -> None:
    known: list[int | None] = []
    async with running(settings, NATIVE) as (sessions, heard):
        # With the word that it is up, which comes before anything asked the broker for a sign.
        def note(event: Event) -> None:
            if isinstance(event, SessionChanged) and event.session == "presses":
                known.append(sessions._all.known_up_us)

        heard.also = note
        await heard.until(SessionChanged, lambda event: event.session == "presses" and event.up)

    assert known
    assert None not in known


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
async def test_a_broker_that_restarts_brings_the_sessions_back_and_the_states_again(
    broker: Mosquitto, settings: MqttConfig, how: signal.Signals
) -> None:
    async with running(settings, NATIVE) as (sessions, heard):
        await heard.until(SessionChanged, lambda event: event.session == "presses" and event.up)
        sessions.publish("campus/state/door/a-101", b'{"verdict": "pending"}', retain=True)
        sessions.publish("campus/state/door/a-101", b'{"verdict": "secured"}', retain=True)
        broker.end(how)
        for store in broker.directory.glob("*.db"):
            store.unlink()  # it forgets everything
        await heard.until(SessionChanged, lambda event: event.session == "presses" and not event.up)
        broker.start()
        await heard.number(2, SessionChanged, lambda event: event.session == "presses" and event.up)

        async with listening(settings, "campus/state/door/a-101") as said:
            assert (await said.get())[1] == {"verdict": "secured"}


async def test_an_answer_goes_out_unretained_and_waits_for_a_connection(
    broker: Mosquitto, settings: MqttConfig
) -> None:
    broker.end()
    async with running(settings, NATIVE) as (sessions, heard):
        await heard.until(SessionChanged, lambda event: event.session == "presses" and not event.up)
        broker.start()
        async with listening(settings, "campus/button/pb-101/accepted") as said:
            sessions.publish("campus/button/pb-101/accepted", b'{"press_id": "p-1"}', retain=False)

            assert await said.get() == (False, {"press_id": "p-1"})


async def test_two_presses_in_one_message_are_kept_until_both_are_durable(
    settings: MqttConfig, device: Link
) -> None:
    events = [{"component": "input:0", "event": word, "ts": 1.7e9} for word in ("single_push", "long_push")]
    message = json.dumps({"method": "NotifyEvent", "params": {"events": events}}).encode()
    async with running(settings, SHELLY, NATIVE) as (sessions, heard):
        await drained(device, heard)
        await device.publish(SHELLY.topic, message)
        first, second = await heard.number(2, PressHeard, lambda event: event.button == "pb-gym")
        sessions.acknowledge(first.delivery or DeliveryId(0))

    async with running(settings, SHELLY, NATIVE) as (sessions, heard):
        again = await heard.number(2, PressHeard, lambda event: event.button == "pb-gym")
        for event in again:
            sessions.acknowledge(event.delivery or DeliveryId(0))
        # An answer of the old connection's must not acknowledge anything of the new one's.
        sessions.acknowledge(second.delivery or DeliveryId(0))
        await drained(device, heard)

    async with running(settings, SHELLY, NATIVE) as (_, heard):
        await drained(device, heard)
        assert [event for event in heard.of(PressHeard) if event.button == "pb-gym"] == []


async def test_a_message_that_cannot_be_read_is_kept_by_the_broker_until_recorded(
    settings: MqttConfig, device: Link
) -> None:
    async with running(settings, NATIVE) as (_, heard):
        await drained(device, heard)
        await device.publish(NATIVE.press_topic, b"\xff help")
        refused = await heard.until(MessageRefused)

    assert (refused.button, refused.code, refused.payload) == ("pb-101", "not_json", b"\xff help")
    async with running(settings, NATIVE) as (_, heard):
        assert (await heard.until(MessageRefused)).delivery is not None


async def test_a_press_and_a_battery_on_one_topic_are_both_heard(settings: MqttConfig, device: Link) -> None:
    async with running(settings, ZIGBEE) as (_, heard):
        await heard.until(SessionChanged, lambda event: event.session == "presses" and event.up)
        await device.publish(ZIGBEE.topic, b'{"action": "emergency", "battery": 43}')

        assert (await heard.until(PressHeard)).gesture == "emergency"
        assert (await heard.until(StatusHeard)).battery == 43


async def test_a_button_taken_out_of_the_configuration_is_reported_and_unsubscribed(
    settings: MqttConfig, device: Link
) -> None:
    async with running(settings, NATIVE, ZIGBEE) as (_, heard):
        await drained(device, heard)

    async with running(settings, NATIVE) as (sessions, heard):
        await heard.until(SessionChanged, lambda event: event.session == "presses" and event.up)
        await device.publish(ZIGBEE.topic, b'{"action": "single"}')
        refused = await heard.until(MessageRefused)
        sessions.acknowledge(refused.delivery or DeliveryId(0))
        await drained(device, heard)
        await device.publish(ZIGBEE.topic, b'{"action": "double"}')
        await drained(device, heard)

    assert (refused.button, refused.code, refused.topic) == (None, "unknown_topic", ZIGBEE.topic)
    assert len(heard.of(MessageRefused)) == 1


async def test_a_storm_of_messages_leaves_the_event_loop_its_turns(
    settings: MqttConfig, device: Link
) -> None:
    storm, turns = 3_000, 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with running(settings, NATIVE) as (sessions, heard):
        await drained(device, heard)
        all_here = asyncio.Event()

        def durable_at_once(event: Event) -> None:
            if isinstance(event, PressHeard):
                sessions.acknowledge(event.delivery or DeliveryId(0))
                if event.press_id == f"s-{storm - 1}":
                    all_here.set()

        heard.also = durable_at_once
        lines = "".join(press(f"s-{number}").decode() + "\n" for number in range(storm)).encode()
        publisher = await asyncio.create_subprocess_exec(
            *("mosquitto_pub", "-p", str(settings.port), "-t", NATIVE.press_topic, "-q", "0", "-l"),
            stdin=asyncio.subprocess.PIPE,
        )
        other = asyncio.create_task(others())
        await publisher.communicate(lines)
        await all_here.wait()
        other.cancel()

    # One turn a read at the least, and a read holds 16 KiB: no more than 250 such presses.
    assert turns > storm / 250


async def test_a_refused_login_is_said_in_words(tmp_path: Path) -> None:
    mosquitto = Mosquitto(tmp_path / "closed", "allow_anonymous false\n")
    settings = MqttConfig("127.0.0.1", mosquitto.port, "lincoln-hs", tmp_path, username="x", password="wrong")
    try:
        async with running(settings, NATIVE) as (_, heard):
            event = await heard.until(SessionChanged)
    finally:
        mosquitto.end()

    assert not event.up
    assert "Not authorized" in event.detail
    assert "wrong" not in repr(settings)


def make_certificate_and_passwords(directory: Path) -> None:
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(directory / "key.pem"), "-out", str(directory / "cert.pem")]
    subprocess.run([*make.split(), *name, *files], check=True, capture_output=True)
    (directory / "passwords").write_text("campus-edge:secret\n")
    subprocess.run(["mosquitto_passwd", "-U", str(directory / "passwords")], check=True)


async def can_connect(settings: MqttConfig) -> bool:
    try:
        async with connected(settings, "anybody", clean_session=True):
            return True
    except LOST:
        return False


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # paho leaves a socket to the collector here
async def test_presses_come_over_tls_with_a_login(tmp_path: Path) -> None:
    await asyncio.to_thread(make_certificate_and_passwords, tmp_path)
    more = f"certfile {tmp_path}/cert.pem\nkeyfile {tmp_path}/key.pem\npassword_file {tmp_path}/passwords\n"
    mosquitto = Mosquitto(tmp_path / "tls", more + "allow_anonymous false\n")
    settings = MqttConfig("127.0.0.1", mosquitto.port, "lincoln-hs", tmp_path, True, tmp_path / "cert.pem")
    settings = replace(settings, username="campus-edge", password="secret")
    try:
        async with (
            connected(settings, "somebody-else", clean_session=True) as device,
            running(settings, NATIVE) as (_, heard),
        ):
            await drained(device, heard)
        assert not await can_connect(replace(settings, ca_file=None))
        assert not [one for one in gc.get_objects() if isinstance(one, ssl.SSLSocket) and one.fileno() >= 0]
    finally:
        mosquitto.end()


async def test_a_connection_that_breaks_as_something_is_to_be_written_is_lost_and_no_fault_of_the_loop(
    settings: MqttConfig,
) -> None:
    faults: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, fault: faults.append(fault))

    async with connected(settings, "somebody", clean_session=True) as link:
        link.cut()
        await asyncio.sleep(0)  # the loop's next turn reads the end, after this task has asked to write
        link.acknowledge(1)
        with pytest.raises(aiomqtt.MqttError):
            await link.hand_over(lambda _message: None, 0.001, lambda: True)
        await asyncio.sleep(0)

    assert faults == []


async def test_a_broker_that_answers_after_we_gave_up_finds_nobody_there(tmp_path: Path) -> None:
    faults: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, fault: faults.append(fault))
    given_up, left = asyncio.Event(), asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await given_up.wait()
        writer.write(b"\x20\x02\x00\x00")  # CONNACK, accepted (MQTT 3.1.1, 3.2)
        with suppress(OSError):
            await reader.read()
        writer.close()
        left.set()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert not await can_connect(MqttConfig("127.0.0.1", port, "lincoln-hs", tmp_path))
        given_up.set()
        async with asyncio.timeout(10):
            await left.wait()
    gc.collect()  # asyncio complains of an error that nobody looked at once its future goes

    assert faults == []


async def test_the_private_parts_we_stand_on_are_those_of_the_pinned_versions() -> None:
    client = aiomqtt.Client("127.0.0.1")

    assert importlib.metadata.version("aiomqtt") == "2.5.1"
    assert importlib.metadata.version("paho-mqtt") == "2.2.0"
    before = client._client._manual_ack
    client._client.manual_ack_set(True)
    assert (before, client._client._manual_ack) == (False, True)
    assert not client._disconnected.done()
    assert client._client.socket() is None
    assert callable(client._client.ack)
    assert client._client.connect_timeout > 0


def test_the_sessions_hold_what_is_published_before_they_run(tmp_path: Path) -> None:
    sessions = ButtonSessions(MqttConfig("127.0.0.1", 1, "lincoln-hs", tmp_path), [NATIVE])

    sessions.publish("campus/state/zone/a", b"{}", retain=True)
    sessions.acknowledge(DeliveryId(7))


async def test_a_broker_of_our_own_is_left_alone_until_it_listens(settings: MqttConfig, device: Link) -> None:
    listening_now = asyncio.Event()
    waiting, heard = ButtonSessions(settings, [NATIVE], listening_now), Heard()
    other = replace(settings, campus="next-door")
    task = asyncio.create_task(waiting.run(heard.emit))
    try:
        async with running(other, NATIVE) as (_, neighbours):
            # The same broker has taken others in meanwhile: ours were not refused, they did not come.
            await neighbours.until(SessionChanged, lambda event: event.session == "presses" and event.up)
            assert heard.events == []
            listening_now.set()
            await heard.until(SessionChanged, lambda event: event.session == "presses" and event.up)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
