"""The Transport and Session headers of an answer to SETUP. Pure. Source: RFC 2326 sections 12.37 and 12.39."""

import re
from typing import Final

from drivers.cameras.malformed import Malformed
from rules.model.values import dataclass

SESSION_S: Final = 60
"""The time-out of a session that names none."""
_LONGEST_S: Final = 3_600


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the camera chose. channels, server_ports: RTP and RTCP; None where it did not say."""

    interleaved: tuple[int, int] | None = None
    server_ports: tuple[int, int] | None = None
    source: str = ""
    multicast: bool = False
    tcp: bool = False


def read_transport(header: str) -> Chosen:
    """The first transport named. Unknown or broken parameters are passed over."""
    channels = ports = None
    source, multicast = "", False
    parts = [one.strip() for one in header[:1_000].split(",")[0].split(";")]
    for one in parts[1:]:
        name, _, value = one.partition("=")
        name, value = name.strip().lower(), value.strip()
        if name == "multicast":
            multicast = True
        elif name == "interleaved":
            channels = _pair(value, 255)
        elif name == "server_port":
            ports = _pair(value, 65_535)
        elif name == "source":
            source = value[:255]
    return Chosen(channels, ports, source, multicast, "/TCP" in parts[0].upper())


def _pair(value: str, most: int) -> tuple[int, int] | None:
    found = re.fullmatch(r"([0-9]{1,5})(?:\s*-\s*([0-9]{1,5}))?", value, re.ASCII)
    if not found:
        return None
    first, second = int(found[1]), int(found[2] or int(found[1]) + 1)
    return (first, second) if first <= most and second <= most else None


def read_session(header: str) -> tuple[str, float]:
    """(identifier, time-out in seconds). Raises Malformed where there is no identifier that could be sent back."""
    name, *parameters = (one.strip() for one in header[:1_000].split(";"))
    if not re.fullmatch(r"[\x21-\x7e]{1,256}", name):
        raise Malformed("a session without a usable name")
    timeout = float(SESSION_S)
    for one in parameters:
        key, _, value = (part.strip() for part in one.partition("="))
        if key.lower() == "timeout" and re.fullmatch(r"[0-9]{1,6}", value, re.ASCII):
            timeout = float(min(max(int(value), 1), _LONGEST_S))
    return name, timeout
