"""The session description of a camera, read as cameras really write it (RFC 8866, RFC 2326 appendix C). Pure.

Lines out of order, foreign line ends, unknown or broken lines are passed over; what is missing has its default.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Final

from drivers.cameras.malformed import Malformed

MOST_BYTES: Final = 65_536
MOST_SECTIONS: Final = 32
MOST_LINES: Final = 2_000
MOST_SETS: Final = 16
_MOST_SET_BYTES: Final = 4_096
_STATIC: Final = {
    0: ("PCMU", 8_000, 1),
    8: ("PCMA", 8_000, 1),
    26: ("JPEG", 90_000, 1),
    33: ("MP2T", 90_000, 1),
}
"""Payload types that need no rtpmap (RFC 3551 section 6)."""


@dataclass(frozen=True, slots=True)
class Format:
    """One payload type. `name` in capitals. `parameters`: its fmtp, names in small letters."""

    payload_type: int
    name: str
    clock: int
    channels: int = 1
    parameters: dict[str, str] = field(default_factory=dict)

    def sets(self, name: str) -> tuple[bytes, ...]:
        """Parameter sets in base64 under `name`, those that are readable."""
        found: list[bytes] = []
        for text in self.parameters.get(name, "").split(",")[:MOST_SETS]:
            try:
                one = base64.b64decode(text.strip().rstrip("=") + "=" * (-len(text.strip().rstrip("=")) % 4))
            except (binascii.Error, ValueError):
                continue
            if 0 < len(one) <= _MOST_SET_BYTES:
                found.append(one)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Section:
    """One m= section. media: `video`, `audio`, `application`... protocol: `RTP/AVP`... control: as written."""

    media: str
    protocol: str
    formats: tuple[Format, ...]
    control: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """control: the session's own (aggregate control), as written, empty where there is none."""

    sections: tuple[Section, ...]
    control: str = ""


@dataclass(slots=True)
class _Open:
    media: str = ""
    protocol: str = ""
    types: list[int] = field(default_factory=list)
    maps: dict[int, tuple[str, int, int]] = field(default_factory=dict)
    parameters: dict[int, dict[str, str]] = field(default_factory=dict)
    control: str = ""

    def closed(self) -> Section:
        formats = []
        for kind in self.types:
            name, clock, channels = self.maps.get(kind) or _STATIC.get(kind) or ("", 0, 1)
            formats.append(Format(kind, name, clock, channels, self.parameters.get(kind, {})))
        return Section(self.media, self.protocol, tuple(formats), self.control)


def read_sdp(body: bytes) -> Description:
    """Raises Malformed where there is no m= line at all, or more than is taken."""
    if len(body) > MOST_BYTES:
        raise Malformed("a session description of more than 64 KiB")
    lines = re.split(r"[\r\n\0]+", body.decode("utf-8", "replace"))
    if len(lines) > MOST_LINES:
        raise Malformed("a session description of too many lines")
    session = _Open()
    sections: list[_Open] = []
    for line in lines:
        kind, equals, value = line.strip().partition("=")
        kind, value = kind.strip().lower(), value.strip()
        if not equals:
            continue
        if kind == "m":
            if len(sections) == MOST_SECTIONS:
                raise Malformed("a session description of too many sections")
            sections.append(_opened(value))
        elif kind == "a":
            _attribute(sections[-1] if sections else session, value)
    if not sections:
        raise Malformed("a session description without a section")
    return Description(tuple(one.closed() for one in sections), session.control)


def _opened(value: str) -> _Open:
    """`video 0 RTP/AVP 96 97`."""
    words = value.split()
    found = _Open(words[0].lower() if words else "", words[2].upper() if len(words) > 2 else "")
    found.types = list(dict.fromkeys(int(one) for one in words[3:19] if _is_type(one)))
    return found


def _is_type(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,3}", text, re.ASCII) is not None and int(text) < 128


def _attribute(of: _Open, value: str) -> None:
    name, _, rest = value.partition(":")
    name, rest = name.strip().lower(), rest.strip()
    if name == "control":
        of.control = of.control or rest
    elif name == "rtpmap":
        found = re.match(
            r"([0-9]{1,3})\s+([^\s/]{1,40})\s*/\s*([0-9]{1,9})(?:\s*/\s*([0-9]{1,2}))?", rest, re.ASCII
        )
        if found and int(found[1]) < 128:
            _listed(of, int(found[1]))
            of.maps[int(found[1])] = (found[2].upper(), int(found[3]), int(found[4] or 1))
    elif name == "fmtp":
        named = re.match(r"([0-9]{1,3})(?![0-9])[\s;]*(.*)", rest, re.ASCII)
        if named and _is_type(named[1]):
            _listed(of, int(named[1]))
            of.parameters.setdefault(int(named[1]), {}).update(_parameters(named[2]))


def _listed(of: _Open, kind: int) -> None:
    """Some cameras name a payload type in an attribute alone and leave the m= line without one."""
    if not of.types and of.media:
        of.types.append(kind)


def _parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in text.split(";")[:64]:
        name, _, value = one.partition("=")
        if name.strip():
            found[name.strip().lower()] = value.strip().strip('"')
    return found
