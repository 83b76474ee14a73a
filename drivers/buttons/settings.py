"""What the MQTT sessions need to know of the configuration."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from drivers.buttons.formats import Format
from rules.model.ids import ButtonId


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


def problem_with_broker(host: str, tls: bool, username: str | None) -> str | None:
    """Why this broker may not be used so, in words; None if it may: no TLS and no login only on loopback."""
    if is_loopback(host):
        return None
    if not tls:
        return f"mqtt:// to {host} would carry presses readable and forgeable over the network; use mqtts://"
    if username is None:
        return f"an anonymous login at {host} lets anybody press; give username and password_file"
    return None


def problem_with_topic(topic: str) -> str | None:
    """Why this is no topic of one device, in words; None if it is (MQTT 3.1.1, section 4.7)."""
    if not topic or len(topic.encode("utf-8", "surrogatepass")) > 1024:
        return "a topic has 1 to 1024 bytes"
    if any(mark in topic for mark in "+#") or not topic.isprintable():
        return "a topic of one button holds no wildcard (+ or #) and no control character"
    if topic.startswith("$"):
        return "topics that begin with $ belong to the broker"
    return None


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by its name or address alone: nothing is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
