"""RTSP on the wire: messages and interleaved frames out of one stream, requests into it. Pure.

Source: RFC 2326 sections 4 to 7 (messages), 10.12 (interleaved binary data). A frame may stand between any two messages,
also before the answer to PLAY. Whatever a length says, no more than one item of bounded size is kept.
"""

import re
from collections.abc import Callable
from typing import Final

from drivers.cameras.malformed import Malformed
from rules.model.values import dataclass

ROOM: Final = 131_072
"""Bytes of the one buffer: the longest frame is 65,539, the longest message 81,920."""
MOST_HEAD: Final = 16_384
MOST_BODY: Final = 65_536
MOST_HEADERS: Final = 100
MOST_JUNK: Final = 32
"""Lines between two messages that belong to none: a camera that counts its Content-Length short leaves some."""
MOST_A_SECOND: Final = 100_000
"""Frames and messages: 4K at the highest rates is some 10,000. More is no camera, and would take the loop from all others."""
_SECOND_US: Final = 1_000_000
_RUN_BYTES: Final = 256
"""So much of a run counts as one frame."""
_LEAST_READ: Final = 16_384
_DOLLAR: Final = 0x24
_BLANK: Final = re.compile(rb"[\r\n\0 \t]+")
_STATUS: Final = re.compile(rb"RTSP/[0-9]\.[0-9][ \t]+([0-9]{3})(?:[ \t]+(.*))?$", re.IGNORECASE)
_REQUEST: Final = re.compile(rb"([A-Z_]{3,20})[ \t]+(\S{1,2048})[ \t]+RTSP/[0-9]\.[0-9]\s*$")

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. Names of headers in small letters."""

    status: int
    reason: str
    headers: Headers = ()
    body: bytes = b""

    def get(self, name: str) -> str:
        """The first header of that name, or nothing."""
        return _first(self.headers, name)

    def all(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each == name]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request from the camera: OPTIONS, GET_PARAMETER, SET_PARAMETER, ANNOUNCE, REDIRECT, TEARDOWN..."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""

    def get(self, name: str) -> str:
        return _first(self.headers, name)


Frames = Callable[[bytearray, int, int, int], None]
"""Takes one interleaved frame: buffer, start, end, at_us; what it is given is valid only for the time of the call."""


Run = Callable[[bytearray, int, int, int, int], int]
"""buffer, start, end, the first two bytes of a frame of its channel, at_us: takes as many whole frames as it likes from
`start` on, and returns where it stopped."""


def _first(headers: Headers, name: str) -> str:
    for each, value in headers:
        if each == name:
            return value
    return ""


def encode_request(method: str, url: str, headers: Headers) -> bytes:
    """Without a body: we never send one. Raises Malformed for what would break the line."""
    return _encode(f"{method} {url} RTSP/1.0", headers)


def encode_answer(status: int, reason: str, headers: Headers) -> bytes:
    return _encode(f"RTSP/1.0 {status} {reason}", headers)


def _encode(first: str, headers: Headers) -> bytes:
    lines = [first, *(f"{name}: {value}" for name, value in headers)]
    if any(re.search(r"[\x00-\x08\x0a-\x1f\x7f]", line) for line in lines):
        raise Malformed("a line break in what would be sent")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "replace")


class RtspReader:
    """Cuts a stream. Read into `room()`, then say how much came with `filled`.

    channels: who takes the frames of a channel; what comes on another is counted in `strange` and dropped.
    """

    def __init__(self, message: Callable[[Answer | Asked], None]) -> None:
        self.channels: dict[int, Frames] = {}
        self.runs: dict[int, Run] = {}
        """Who may take several frames of a channel at one call; asked behind each frame of it."""
        self.strange = 0
        self._message = message
        self._buffer = bytearray(ROOM)
        self._view = memoryview(self._buffer)
        self._start = self._end = 0
        self._junk = 0
        self._wanted = self._looked = 0
        """Of a message that is not all here: bytes without which it is not read again; where its head was looked through."""
        self._items = self._since_us = 0
        self._stopped = False

    def stop(self) -> None:
        """Nothing is handed over any more, not even the rest of what came."""
        self._stopped = True

    def room(self) -> memoryview:
        """Where the next bytes belong; never empty."""
        start, end = self._start, self._end
        if start == end:
            self._start = self._end = end = 0
        elif ROOM - end < _LEAST_READ:
            self._buffer[: end - start] = self._buffer[start:end]
            self._start, self._end = 0, end - start
            end -= start
        return self._view[end:]

    @property
    def full(self) -> bool:
        """Whether what came last filled all of `room()`: more may be there already."""
        return self._end == ROOM

    def filled(self, count: int, at_us: int) -> None:
        """So many bytes came, at CLOCK_MONOTONIC `at_us`. Raises Malformed: then the stream is of no more use."""
        buffer, start, end, channels = self._buffer, self._start, self._end + count, self.channels
        runs = self.runs
        items = 0
        self._end = end
        while end - start >= 4 and not self._stopped:
            items += 1
            if buffer[start] == _DOLLAR:
                stop = start + 4 + (buffer[start + 2] << 8 | buffer[start + 3])
                if stop > end:
                    break
                take = channels.get(buffer[start + 1])
                if take is not None:
                    take(buffer, start + 4, stop, at_us)
                else:
                    self.strange += 1
                channel = buffer[start + 1]
                start = stop
                if channel in runs:
                    start = runs[channel](buffer, start, end, _DOLLAR << 8 | channel, at_us)
                    items += (start - stop) // _RUN_BYTES
            else:
                stop = self._text(start, end)
                if stop == start:
                    break
                start = stop
                self._wanted = self._looked = 0
        self._start = start
        self._counted(items, at_us)

    def _counted(self, items: int, at_us: int) -> None:
        if at_us - self._since_us >= _SECOND_US:
            self._since_us, self._items = at_us, 0
        self._items += items
        if self._items > MOST_A_SECOND:
            raise Malformed("more packets a second than any camera sends")

    def _text(self, start: int, end: int) -> int:
        """Read a message, or pass over what is none; where the next item begins, `start` where more must come."""
        buffer = self._buffer
        if end - start < self._wanted:
            return start
        if blank := _BLANK.match(buffer, start, end):
            return blank.end()
        line_end = buffer.find(b"\n", start, min(end, start + MOST_HEAD))
        if line_end < 0:
            if end - start >= MOST_HEAD:
                raise Malformed("a line that does not end")
            return start
        line = bytes(buffer[start:line_end]).rstrip()
        status, request = _STATUS.match(line), _REQUEST.match(line)
        if not status and not request:
            self._junk += 1
            if self._junk > MOST_JUNK:
                raise Malformed("what comes is not RTSP")
            return line_end + 1
        body_start, place = _behind_head(
            buffer, max(line_end, start + self._looked), min(end, start + MOST_HEAD)
        )
        if not body_start:
            self._looked = place - start
            if end - start >= MOST_HEAD:
                raise Malformed("a message whose head does not end")
            return start
        headers = read_headers(bytes(buffer[line_end + 1 : body_start]))
        body_end = body_start + _length(headers)
        if body_end > end:
            self._wanted = body_end - start
            return start
        self._junk = 0
        body = bytes(buffer[body_start:body_end])
        if status:
            reason = (status[2] or b"").decode("utf-8", "replace")[:200]
            self._message(Answer(int(status[1]), reason, headers, body))
        elif request:
            url = request[2].decode("utf-8", "replace")
            self._message(Asked(request[1].decode("ascii"), url, headers, body))
        return body_end


def _behind_head(buffer: bytearray, line_end: int, end: int) -> tuple[int, int]:
    """Where the body begins: behind the first empty line, whose line end may be a bare LF; 0: not here yet.

    And the last line end that was looked behind: where to go on once there is more.
    """
    place = line_end
    while True:
        following = place + 1
        if buffer[following : following + 1] == b"\r":
            following += 1
        if following >= end:
            return 0, place
        if buffer[following] == 0x0A:
            return following + 1, place
        further = buffer.find(b"\n", following, end)
        if further < 0:
            return 0, place
        place = further


def read_headers(head: bytes) -> Headers:
    """The header lines of a head; a folded line goes on with the one before it, one without a colon is passed over."""
    found: list[tuple[str, str]] = []
    for raw in head.decode("utf-8", "replace").split("\n"):
        line = raw.rstrip("\r")
        if line[:1] in (" ", "\t") and found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}".strip())
            continue
        name, colon, value = line.partition(":")
        if colon:
            if len(found) == MOST_HEADERS:
                raise Malformed("a message of too many headers")
            found.append((name.strip().lower(), value.strip()))
    return tuple(found)


def _length(headers: Headers) -> int:
    said = _first(headers, "content-length")
    if not said:
        return 0
    if not re.fullmatch(r"[0-9]{1,9}", said, re.ASCII) or int(said) > MOST_BODY:
        raise Malformed("a Content-Length that is none, or too long")
    return int(said)
