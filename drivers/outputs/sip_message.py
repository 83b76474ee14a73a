"""SIP messages, read and written, and the little SDP that a page needs. Pure.

Source: RFC 3261 (7: messages; 7.3.1: headers, folded and compact; 18.3: one message a datagram; 20: what each means), RFC 8866
and 3264 (offer and answer), RFC 3551 (payload types 0 and 8 need no rtpmap). What is no SIP raises Malformed and nothing else.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Final

from rules.model.values import dataclass

LONGEST: Final = 8_192
"""Bytes of one datagram; RFC 3261 18.1.1 has large ones go by TCP, which a page never needs."""
MOST_HEADERS: Final = 96
MOST_LINES: Final = 128
"""Of an SDP body."""
_COMPACT: Final[Mapping[str, str]] = {
    "i": "call-id", "m": "contact", "e": "content-encoding", "l": "content-length", "c": "content-type", "f": "from",
    "s": "subject", "k": "supported", "t": "to", "v": "via",
}  # fmt: skip
"""RFC 3261 7.3.3."""
_REQUEST: Final = re.compile(r"([A-Z]{1,32}) (\S{1,1024}) SIP/2\.0")
_STATUS: Final = re.compile(r"SIP/2\.0 ([1-6]\d\d)(?: (.{0,256}))?")
_NAME: Final = re.compile(r"[A-Za-z0-9.!%*_+`'~-]{1,64}", re.ASCII)
_TAG: Final = re.compile(r";\s*tag\s*=\s*([A-Za-z0-9.!%*_+`'~-]{1,128})", re.ASCII | re.IGNORECASE)
_BRANCH: Final = re.compile(r";\s*branch\s*=\s*([A-Za-z0-9.!%*_+`'~-]{1,256})", re.ASCII | re.IGNORECASE)
_URI: Final = re.compile(
    r"<\s*(sips?:[^>\s\x00-\x1f\x7f]{1,512})>|^\s*(sips?:[^;,\s<>\x00-\x1f\x7f]{1,512})", re.IGNORECASE
)
_CSEQ: Final = re.compile(r"(\d{1,10})\s+([A-Z]{1,32})", re.ASCII)
_MEDIA: Final = re.compile(r"m=audio (\d{1,5})(?:/\d+)? RTP/AVP((?: \d{1,3}){1,32})\s*", re.ASCII)
_CONNECTION: Final = re.compile(r"c=IN IP[46] ([0-9A-Fa-f.:]{2,45})(?:/\S*)?", re.ASCII)


class Malformed(Exception):
    """It is no SIP message, or one that is not taken."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request has a method and a uri, a response a status (100 to 699). Names of headers are in small letters."""

    method: str = ""
    uri: str = ""
    status: int = 0
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)

    def all(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        return [value for key, value in self.headers if key == name]

    def first(self, name: str) -> str:
        """`""`: there is none."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def sequence(self) -> tuple[int, str]:
        """Number and method of CSeq; (-1, ""): none that can be read."""
        found = _CSEQ.fullmatch(self.first("cseq").strip())
        return (-1, "") if found is None else (int(found[1]), found[2])


def parse(data: bytes) -> Message:
    """One datagram. Raises Malformed."""
    if len(data) > LONGEST:
        raise Malformed("too long")
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        raise Malformed("it has no end of its headers")
    try:
        lines = re.sub(r"\r\n[ \t]+", " ", head.decode("utf-8")).split("\r\n")
    except UnicodeDecodeError:
        raise Malformed("no text") from None
    if len(lines) > MOST_HEADERS:
        raise Malformed("too many headers")
    headers = tuple(_header(line) for line in lines[1:])
    request, status = _REQUEST.fullmatch(lines[0]), _STATUS.fullmatch(lines[0])
    if request is not None:
        made = Message(request[1], request[2], headers=headers)
    elif status is not None:
        made = Message(status=int(status[1]), reason=status[2] or "", headers=headers)
    else:
        raise Malformed("no first line of SIP")
    length = made.first("content-length").strip()
    if length:
        if not (length.isascii() and length.isdigit() and len(length) <= 6) or int(length) > len(body):
            raise Malformed("its body is cut off")
        body = body[: int(length)]
    return Message(made.method, made.uri, made.status, made.reason, headers, body)


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    name = name.rstrip(" \t")
    if not colon or not _NAME.fullmatch(name) or any(ord(one) < 32 and one != "\t" for one in value):
        raise Malformed("no header")
    low = name.lower()
    return _COMPACT.get(low, low), value.strip()


def render(first: str, headers: Sequence[tuple[str, str]], body: bytes = b"", kind: str = "") -> bytes:
    """A message as it goes on the wire. Raises ValueError where a line would break out of its header."""
    lines = [first, *(f"{name}: {value}" for name, value in headers)]
    if body:
        lines.append(f"Content-Type: {kind}")
    lines.append(f"Content-Length: {len(body)}")
    if any(ord(one) < 32 or ord(one) == 127 for line in lines for one in line):
        raise ValueError("a control character in a header")
    return "\r\n".join([*lines, "", ""]).encode() + body


def tag_of(value: str) -> str:
    """The tag of a From or To; `""`: none."""
    # Behind the address: what stands in <> or quotes is no parameter of ours.
    found = _TAG.search(value.rpartition(">")[2])
    return "" if found is None else found[1]


def branch_of(value: str) -> str:
    """The branch of a Via."""
    found = _BRANCH.search(value)
    return "" if found is None else found[1]


def uri_of(value: str) -> str:
    """The address of a Contact, To or Record-Route; `""`: none."""
    found = _URI.search(value)
    return "" if found is None else found[1] or found[2]


# --- SDP -----------------------------------------------------------------------------------------

PAYLOADS: Final[Mapping[int, str]] = {0: "PCMU/8000", 8: "PCMA/8000"}


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the other end takes sound, and which payload types, the one that it likes best first."""

    host: str
    port: int
    payloads: tuple[int, ...]


def offer(host: str, port: int, payloads: Sequence[int], session: int) -> bytes:
    """One stream of sound, from us to them and, for adapters that refuse anything else, back."""
    family = "IP6" if ":" in host else "IP4"
    lines = [
        "v=0",
        f"o=campus-edge {session} {session} IN {family} {host}",
        "s=page",
        f"c=IN {family} {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {' '.join(str(one) for one in payloads)}",
        *(f"a=rtpmap:{one} {PAYLOADS[one]}" for one in payloads),
        "a=ptime:20",
        "a=sendrecv",
    ]
    return "\r\n".join([*lines, ""]).encode()


def answer(body: bytes) -> Answer:
    """Raises Malformed: there is no stream of sound, or it is refused (port 0)."""
    try:
        lines = body.decode("utf-8").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError:
        raise Malformed("no text") from None
    if len(lines) > MOST_LINES:
        raise Malformed("too many lines")
    host, port, payloads, inside = "", 0, "", False
    for line in lines:
        if line.startswith("m="):
            media = _MEDIA.fullmatch(line)
            inside = media is not None and not payloads
            if media is not None and not payloads:
                port, payloads = int(media[1]), media[2]
        elif (found := _CONNECTION.fullmatch(line.rstrip())) and (inside or not payloads):
            host = found[1]  # the stream's own counts before the session's
    if not host or not 0 < port <= 65_535:
        raise Malformed("no stream of sound")
    return Answer(host, port, tuple(int(one) for one in payloads.split()))
