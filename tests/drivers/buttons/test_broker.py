"""The embedded broker: our own child, with our own rules."""

import asyncio
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.buttons import broker as broker_module
from drivers.buttons.broker import EmbeddedBroker, is_running, problem
from drivers.buttons.mqtt_link import LOST, Link, connected
from drivers.buttons.settings import ButtonTopic, MqttConfig
from edge.simulated.addresses import spare_port
from rules.model.events import ConditionChanged, PressHeard, SessionChanged
from rules.model.ids import ButtonId, DeliveryId
from tests.drivers.buttons.peers import Heard, Mosquitto, listening, running

NATIVE = ButtonTopic(ButtonId("pb-101"), "campus/button/pb-101", "native")
TASMOTA = ButtonTopic(ButtonId("pb-gym"), "stat/gym/RESULT", "tasmota")


def embedded(store: Path, port: int = 0) -> EmbeddedBroker:
    return EmbeddedBroker("127.0.0.1", port or spare_port(), "lincoln-hs", store, [NATIVE, TASMOTA])


@asynccontextmanager
async def up(broker: EmbeddedBroker, heard: Heard | None = None) -> AsyncIterator[Heard]:
    heard = heard or Heard()
    task = asyncio.create_task(broker.run(heard.emit))
    try:
        yield heard
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def joined(settings: MqttConfig, identifier: str) -> AsyncIterator[Link]:
    """Connected, as soon as the broker is there."""
    while True:
        try:
            context = connected(settings, identifier, clean_session=True)
            link = await context.__aenter__()
            break
        except LOST:
            await asyncio.sleep(0.02)
    try:
        yield link
    finally:
        await context.__aexit__(None, None, None)


def anonymous(settings: MqttConfig) -> MqttConfig:
    return replace(settings, username=None, password=None)


async def test_the_broker_tells_systemd_nothing_in_the_daemons_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        broker = embedded(tmp_path)
        async with up(broker), joined(anonymous(broker.settings), "button"):
            pass
        with pytest.raises(BlockingIOError):
            systemd.recv(1_000)


async def test_a_button_presses_without_a_login_and_the_daemon_hears_it(tmp_path: Path) -> None:
    broker = embedded(tmp_path)
    async with (
        up(broker),
        running(broker.settings, NATIVE, TASMOTA) as (_, heard),
        joined(anonymous(broker.settings), "button") as button,
    ):
        await heard.until(SessionChanged, lambda event: event.session == "presses" and event.up)
        await button.publish("stat/gym/RESULT", b'{"Button1": {"Action": "HOLD"}}')

        assert (await heard.until(PressHeard)).button == "pb-gym"


async def test_only_the_daemon_writes_states_and_answers(tmp_path: Path) -> None:
    broker = embedded(tmp_path)
    async with (
        up(broker),
        joined(anonymous(broker.settings), "stranger") as stranger,
        joined(broker.settings, "daemon") as daemon,
        listening(anonymous(broker.settings), "campus/#") as said,
    ):
        for topic in ("campus/state/appliance", "campus/state/zone/a", "campus/button/pb-101/accepted"):
            await stranger.publish(topic, b'{"by": "stranger"}')
            await daemon.publish(topic, b'{"by": "daemon"}')
            assert (await said.get())[1] == {"by": "daemon"}
    assert said.empty()


async def test_a_wrong_password_is_refused(tmp_path: Path) -> None:
    broker = embedded(tmp_path)
    async with up(broker), joined(broker.settings, "daemon"):
        with pytest.raises(LOST):
            async with connected(replace(broker.settings, password="x"), "thief", clean_session=True):
                pass


async def test_a_broker_that_dies_is_said_and_restarted_and_keeps_what_it_held(tmp_path: Path) -> None:
    broker = embedded(tmp_path)
    async with up(broker) as box, joined(anonymous(broker.settings), "button") as button:
        async with running(broker.settings, NATIVE) as (_, heard):
            # Both: what nobody subscribed to is not saved.
            await heard.until(SessionChanged, lambda event: event.session == "presses" and event.up)
            await heard.until(SessionChanged, lambda event: event.session == "status" and event.up)
        # Two, because the broker answers before it saves: the last one before a kill may be lost.
        await button.publish("campus/button/pb-101/press", b'{"press_id": "held", "gesture": "hold"}')
        await button.publish("campus/button/pb-101/status", b"{}")
        while (
            not (saved := tmp_path / "broker" / "mosquitto.db").exists() or b"held" not in saved.read_bytes()
        ):
            await asyncio.sleep(0.01)
        os.kill(broker.pid or 0, signal.SIGKILL)

        down = await box.until(ConditionChanged, lambda event: event.active)
        await box.until(ConditionChanged, lambda event: not event.active)
        async with running(broker.settings, NATIVE) as (_, heard):
            assert (await heard.until(PressHeard)).press_id == "held"

    assert (down.code, down.args) == ("embedded_broker_down", ("ended", "-9"))


KILLED = """
import asyncio, sys
from pathlib import Path
from drivers.buttons.broker import EmbeddedBroker
asyncio.run(EmbeddedBroker("127.0.0.1", int(sys.argv[1]), "lincoln-hs", Path(sys.argv[2]), []).run(print))
"""


async def test_the_broker_of_a_killed_daemon_is_ended_by_the_next_one(tmp_path: Path) -> None:
    port = spare_port()
    daemon = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KILLED, str(port), str(tmp_path)),
        cwd=Path(__file__).parents[3],
        stdout=asyncio.subprocess.DEVNULL,
    )
    pid_file = tmp_path / "broker" / "pid"
    while not (pid_file.exists() and pid_file.read_text()):
        await asyncio.sleep(0.02)
    left_behind = int(pid_file.read_text())
    daemon.kill()
    await daemon.wait()
    assert is_running(left_behind)

    broker = embedded(tmp_path, port)
    async with up(broker), joined(broker.settings, "daemon"):
        assert broker.pid not in (None, left_behind)
        assert not is_running(left_behind)


async def test_stopped_in_order_it_leaves_no_process(tmp_path: Path) -> None:
    broker = embedded(tmp_path)
    async with up(broker), joined(broker.settings, "daemon"):
        pid = broker.pid
        assert pid is not None

    assert broker.pid is None
    assert not is_running(pid)


async def test_without_mosquitto_a_person_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_module, "find_mosquitto", lambda: None)

    async with up(embedded(tmp_path)) as box:
        event = await box.until(ConditionChanged)

    assert (event.active, event.args) == (True, ("not_installed",))
    assert "not installed" in (problem("127.0.0.1") or "")


def test_an_embedded_broker_stays_on_loopback() -> None:
    assert "loopback only" in (problem("10.20.0.5") or "")
    assert problem("127.0.0.1") is None


async def test_a_broker_that_cannot_have_its_port_is_said_so(tmp_path: Path) -> None:
    first = embedded(tmp_path / "one")
    second = embedded(tmp_path / "two", first.settings.port)
    async with up(first), joined(first.settings, "daemon"), up(second) as box:
        assert (await box.until(ConditionChanged)).args == ("ended", "1")


async def test_the_shipped_access_list_lets_only_the_daemon_write_states_and_answers(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[3] / "config" / "mosquitto.acl"
    assert shutil.which("mosquitto_passwd")
    passwords = "".join(f"{name}:secret\n" for name in ("campus-edge", "pb-101", "zigbee2mqtt", "signs"))
    (tmp_path / "passwords").write_text(passwords)
    hashing = await asyncio.create_subprocess_exec("mosquitto_passwd", "-U", str(tmp_path / "passwords"))
    await hashing.wait()
    mosquitto = Mosquitto(
        tmp_path / "broker",
        f"allow_anonymous false\npassword_file {tmp_path}/passwords\nacl_file {shipped}\n",
    )
    daemon = MqttConfig(
        "127.0.0.1", mosquitto.port, "lincoln-hs", tmp_path, False, None, "campus-edge", "secret"
    )
    zigbee = ButtonTopic(ButtonId("sos"), "zigbee2mqtt/office sos", "zigbee2mqtt")
    try:
        async with (
            running(daemon, NATIVE, zigbee) as (sessions, heard),
            connected(replace(daemon, username="pb-101"), "b", clean_session=True) as button,
            connected(replace(daemon, username="zigbee2mqtt"), "z", clean_session=True) as bridge,
            listening(replace(daemon, username="signs"), "campus/state/#") as signs,
            listening(replace(daemon, username="pb-101"), "campus/button/pb-101/accepted") as answers,
        ):
            await heard.until(SessionChanged, lambda event: event.session == "presses" and event.up)
            for stranger in (button, bridge):
                await stranger.publish("campus/state/zone/a", b'{"by": "stranger"}')
                await stranger.publish("campus/button/pb-101/accepted", b'{"by": "stranger"}')
            await bridge.publish("campus/button/pb-101/press", b'{"gesture": "hold"}')
            sessions.publish("campus/state/zone/a", b'{"by": "daemon"}', retain=True)
            sessions.publish("campus/button/pb-101/accepted", b'{"by": "daemon"}', retain=False)
            assert (await signs.get())[1] == {"by": "daemon"}
            assert (await answers.get())[1] == {"by": "daemon"}
            await button.publish("campus/button/pb-101/press", b'{"press_id": "1", "gesture": "hold"}')
            await bridge.publish("zigbee2mqtt/office sos", b'{"action": "emergency"}')

            first, second = await heard.number(2, PressHeard)
            sessions.acknowledge(first.delivery or DeliveryId(0))
            assert [first.press_id, second.gesture] == ["1", "emergency"]
            # The marker is ours to write too: presses count as live.
            await button.publish("campus/button/pb-101/press", b'{"press_id": "2", "gesture": "hold"}')
            live = await heard.until(PressHeard, lambda event: event.press_id == "2")
            assert live.waited_at_most_us == 0
    finally:
        mosquitto.end()
