"""A real mosquitto on a spare loopback port, and somebody who publishes to it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from drivers.buttons.mqtt_link import Link, connected
from drivers.buttons.settings import MqttConfig
from tests.drivers.buttons.peers import Mosquitto


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    mosquitto = Mosquitto(tmp_path / "broker")
    yield mosquitto
    mosquitto.end()


@pytest.fixture
def settings(broker: Mosquitto, tmp_path: Path) -> MqttConfig:
    store = tmp_path / "store"
    store.mkdir()
    return MqttConfig("127.0.0.1", broker.port, "lincoln-hs", store)


@pytest.fixture
async def device(settings: MqttConfig) -> AsyncIterator[Link]:
    """Somebody else on the broker, who publishes."""
    async with connected(settings, "somebody-else", clean_session=True) as link:
        yield link
