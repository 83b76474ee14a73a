"""What the MQTT sessions need to know of the configuration."""

import ipaddress
from dataclasses import field
from pathlib import Path

from drivers.buttons.formats import Format
from rules.model.ids import ButtonId
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class MqttConfig:
    """One broker, one campus. `ca_file` None: the system's certificate authorities."""

    host: str
    port: int
    campus: str
    store_directory: Path
    tls: bool = False
    ca_file: Path | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ButtonTopic:
    """topic: the base for native buttons (`{topic}/press`), the device's own whole topic for all others."""

    button: ButtonId
    topic: str
    format: Format

    @property
    def press_topic(self) -> str:
        return f"{self.topic}/press" if self.format == "native" else self.topic

    @property
    def status_topic(self) -> str | None:
        return f"{self.topic}/status" if self.format == "native" else None

    @property
    def accepted_topic(self) -> str | None:
        return f"{self.topic}/accepted" if self.format == "native" else None


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by its name or address alone: nothing is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
