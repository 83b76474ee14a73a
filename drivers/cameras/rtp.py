"""One RTP stream: its packets in, their payloads out in order, what never came counted. Pure.

Source: RFC 3550 sections 5.1 (header), 5.3.1 (extension), 6.4.1 and A.8 (jitter), A.1 and A.3 (sequence, loss).
Called for each packet: 200 a second and camera, so that nothing is made here that need not be.
"""

import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Protocol, runtime_checkable

from drivers.cameras.malformed import Malformed
from drivers.cameras.rtcp import Reception, Report
from drivers.cameras.stream import SenderClock

HEADER: Final = struct.Struct(">BBHII")
_FRAMES: Final = {size: struct.Struct(f">6sH{8 + size}s") for size in (2, 3)}
"""An interleaved frame's header (RFC 2326 section 10.12), the RTP header in it, and what a fragment begins with: what is the
same in all of a run, the number, what is the same again."""
MOST_AT_ONCE: Final = 96
"""Frames: as many of the usual size as the receive buffer holds."""
_HEAD: Final = struct.Struct(">HHH")
_TIME_AND_SOURCE: Final = struct.Struct(">II")
_LEAST: Final = HEADER.size
MOST_DROPOUT: Final = 3_000
MOST_MISORDER: Final = 100
CLOCK_SET_S: Final = 10
"""A camera's time that leaps further than ours went on was set, not waited for."""
MOST_BAD: Final = 200
"""Packets in a row that are no RTP of this stream."""

Buffer = bytes | bytearray


class Depacketizer(Protocol):
    """Makes pictures or sound of payloads."""

    def payload(self, data: Buffer, start: int, end: int, rtp: int, marker: bool, at_us: int) -> None:
        """`data[start:end]`, at least one byte, valid only for the time of the call. Raises `Unserved`."""

    def gap(self) -> None:
        """Packets are missing between the last payload and the next."""


@runtime_checkable
class Fragments(Protocol):
    """A depacketizer that lets the middle fragments of a NAL unit be put into its picture directly.

    middle: what such a fragment's payload begins with; empty while no unit is open. parts: where the rest of it goes.
    """

    middle: bytes
    parts: list[Buffer]

    def ran(self, size: int, at_us: int) -> None:
        """So many bytes were put into `parts`."""


class RtpStream:
    """One payload type of one source. `missing` is told how many packets never came, or came too late."""

    def __init__(
        self, payload_type: int, clock: int, depacketizer: Depacketizer, missing: Callable[[int], None]
    ) -> None:
        self._type, self._rate = payload_type, clock
        self._payload = depacketizer.payload
        self._depacketizer = depacketizer
        self._fragments = depacketizer if isinstance(depacketizer, Fragments) else None
        self._missing = missing
        self.ssrc = -1
        """-1 until the first packet."""
        self.received = 0
        self.strange = 0
        """Packets dropped for what they are: of another payload type, too short, or late."""
        self._bad = 0
        self._next = -1
        self._stamp = -1
        self._time = 0
        self._at_us = 0
        self._cycles = 0
        self._first = 0
        self._jitter = 0.0
        self._transit: float | None = None
        self._reported = (0, 0)
        self._last_report: tuple[int, int] | None = None

    def packet(self, data: Buffer, start: int, end: int, at_us: int) -> None:
        """One packet: `data[start:end]`. Raises Malformed where nothing but strange ones come."""
        if end - start <= _LEAST:
            # A header alone is no mistake: some cameras keep paths open with it.
            self._dropped()
            return
        first, second, sequence, stamp, ssrc = HEADER.unpack_from(data, start)
        if first & 0xC0 != 0x80 or second & 0x7F != self._type:
            self._dropped()
            return
        if (sequence != self._next or ssrc != self.ssrc) and not self._jumped(sequence, ssrc, at_us):
            return
        start += _LEAST
        if first != 0x80:
            start, end = inside(data, start, end, first)
            if start >= end:
                # Kept in count, or the next one would look like a loss.
                self._took(sequence)
                return
        if stamp != self._stamp:
            if self._stamp >= 0:
                self._time += self._ahead(stamp, at_us)
            self._stamp = stamp
            self._measure(at_us)
        self._at_us = at_us
        self._bad = 0
        self._next = (sequence + 1) & 0xFFFF
        if not self._next:
            self._cycles += 1
        self.received += 1
        self._payload(data, start, end, self._time, second > 0x7F, at_us)

    def run(self, buffer: bytearray, start: int, end: int, tag: int, at_us: int) -> int:
        """Interleaved frames that go on with the fragments of one NAL unit, taken in one loop; where it stopped.

        Nine of ten packets are such. Each is looked at as closely as in `packet`: what is in any way different is left to it.
        """
        pictures = self._fragments
        if pictures is None or not pictures.middle:
            return start
        # The first says how long they are: all but the last one of a NAL unit are as long as fits into a packet.
        size = buffer[start + 2] << 8 | buffer[start + 3] if end - start > 4 else 0
        frame = _FRAMES[len(pictures.middle)]
        skip, unpack = frame.size, frame.unpack_from
        head = _HEAD.pack(tag, size, 0x8000 | self._type)
        tail = _TIME_AND_SOURCE.pack(self._stamp & 0xFFFF_FFFF, self.ssrc) + pictures.middle
        append, begun, before, following = pictures.parts.append, start, self._next, self._next
        stride = size + 4
        last = end - stride if stride > skip else -1
        count = (end - start) // stride
        if 1 < count <= MOST_AT_ONCE and last >= 0 and following + count < 0xFFFF:
            # All that a picture has of them mostly lie here together, and are looked at in one step.
            found = _frames(skip - 8, stride - skip, count).unpack_from(buffer, start)
            heads, tails = found[::4], found[2::4]
            if heads.count(head) == count == tails.count(tail) and found[1::4] == tuple(
                range(following, following + count)
            ):
                pictures.parts += found[3::4]
                following += count
                start += count * stride
        while start <= last:
            its_head, number, its_tail = unpack(buffer, start)
            if number != following or its_head != head or its_tail != tail or number == 0xFFFF:
                break
            append(buffer[start + skip : start + stride])
            following += 1
            start += stride
        if start != begun:
            self._next = following
            self.received += following - before
            self._at_us = at_us
            pictures.ran(start - begun, at_us)
        return start

    def report(self, report: Report, at_us: int) -> SenderClock | None:
        """What a sender report says of this stream's clock; None before the first packet, or where it is not of it."""
        if report.ssrc != self.ssrc or self._stamp < 0:
            return None
        self._last_report = (report.middle, at_us)
        ahead = ((report.rtp - self._stamp + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000
        return SenderClock(self._time + ahead, report.wall_us, at_us)

    def reception(self, now_us: int) -> Reception | None:
        """For a receiver report, its loss counted since the last one; None before the first packet."""
        if self._next < 0:
            return None
        highest = (self._cycles << 16) + self._next - 1
        expected = highest - self._first + 1
        lost = expected - self.received
        new_expected, new_lost = expected - self._reported[0], lost - self._reported[1]
        self._reported = (expected, lost)
        fraction = min(255, new_lost * 256 // new_expected) if new_expected > 0 and new_lost > 0 else 0
        last, since = 0, 0
        if self._last_report is not None:
            last, since = self._last_report[0], (now_us - self._last_report[1]) * 65_536 // 1_000_000
        return Reception(self.ssrc, fraction, lost, highest, int(self._jitter), last, since)

    def _ahead(self, stamp: int, at_us: int) -> int:
        """Ticks since the packet before; by our clock where the camera's own was set meanwhile."""
        ahead = ((stamp - self._stamp + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000
        most = CLOCK_SET_S * self._rate
        if -most < ahead < most:
            return ahead
        ours = (at_us - self._at_us) * self._rate // 1_000_000
        return ahead if -most < ahead - ours < most else max(1, ours)

    def _jumped(self, sequence: int, ssrc: int, at_us: int) -> bool:
        """Not the packet that was due. False: it is to be dropped."""
        if self._next < 0 or ssrc != self.ssrc:
            self._restarted(sequence, ssrc, at_us)
            return True
        ahead = (sequence - self._next) & 0xFFFF
        if ahead < MOST_DROPOUT:
            self._missing(ahead)
            self._depacketizer.gap()
            if sequence < self._next:
                self._cycles += 1
            return True
        if ahead >= 0x10000 - MOST_MISORDER:
            self.strange += 1
            return False
        self._restarted(sequence, ssrc, at_us)
        return True

    def _restarted(self, sequence: int, ssrc: int, at_us: int) -> None:
        """The camera counts anew. Its time goes on by our clock, for the two have nothing in common."""
        if self._stamp >= 0:
            self._depacketizer.gap()
            self._time += max(1, (at_us - self._at_us) * self._rate // 1_000_000)
        self.ssrc, self._stamp, self._transit = ssrc, -1, None
        self._first, self._cycles, self.received, self._reported = sequence, 0, 0, (0, 0)
        self._last_report = None

    def _took(self, sequence: int) -> None:
        self._next = (sequence + 1) & 0xFFFF
        if not self._next:
            self._cycles += 1
        self.received += 1

    def _dropped(self) -> None:
        self.strange += 1
        self._bad += 1
        if self._bad > MOST_BAD:
            raise Malformed("what comes is no RTP of this stream")

    def _measure(self, at_us: int) -> None:
        """Jitter by the first packet of each picture: those behind it only tell how a camera paces one picture."""
        transit = at_us * self._rate / 1_000_000 - self._time
        if self._transit is not None:
            self._jitter += (abs(transit - self._transit) - self._jitter) / 16
        self._transit = transit


@lru_cache(maxsize=1_024)
def _frames(tail: int, rest: int, count: int) -> struct.Struct:
    """As `_FRAMES`, so many of them one behind the other, each with what it carries."""
    return struct.Struct(">" + f"6sH{tail}s{rest}s" * count)


def inside(data: Buffer, start: int, end: int, first: int) -> tuple[int, int]:
    """Bounds of the payload of a packet with contributing sources, an extension or padding; an empty one if broken."""
    start += 4 * (first & 0x0F)
    if first & 0x10:
        if start + 4 > end:
            return end, end
        start += 4 + 4 * (data[start + 2] << 8 | data[start + 3])
    if first & 0x20 and end > start:
        padding = data[end - 1]
        if padding == 0:
            return end, end
        end -= padding
    return start, max(start, end)
