"""An MP4 that grows by fragments and ends as an ordinary one: plays after a kill, and seeks once it is closed. Pure.

ISO/IEC 14496-12:2015. While it grows: ftyp, free, moov, then moof and mdat by turns. Closed: the free box becomes the
head of one mdat around all that follows it, and a moov with whole tables stands at the end.
"""

import struct
from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Final

from drivers.cameras.stream import VIDEO_CLOCK, AudioFrame, Track
from edge.media.mp4_entries import audio_entry, box, full, lengths_for_start_codes, video_entry
from rules.model.values import dataclass

FTYP: Final = box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso6avc1mp41")
PLACE: Final = box(b"free", bytes(8))
"""Where the head of the closed file's mdat will stand; 16 bytes, as a head with a long size."""
VIDEO, AUDIO = 1, 2
"""Track numbers."""
_SYNC, _NOT_SYNC = 0x02000000, 0x01010000
_MATRIX = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_NTP_FROM_UNIX = 2_208_988_800


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture (Annex B) or frame of sound. Times in ticks of its track; `shift` is shown minus decoded."""

    data: bytes
    dts: int
    shift: int = 0
    key: bool = True


class _Table:
    """All samples of one track, some 20 bytes each."""

    def __init__(self, number: int, clock: int, entry: bytes, track: Track | None) -> None:
        self.number, self.clock, self.entry, self.track = number, clock, entry, track
        self.sizes, self.dts, self.shifts, self.keys = array("I"), array("q"), array("i"), array("I")
        self.chunks: list[tuple[int, int]] = []
        """Offset in the file and count of samples."""
        self.step = clock // 25
        """The newest distance of two samples: what the last one is taken to last."""

    def add(self, samples: Sequence[Sample], offset: int) -> None:
        if self.dts:
            self.step = max(1, min(samples[0].dts - self.dts[-1], self.clock))
        if len(samples) > 1:
            self.step = max(1, samples[-1].dts - samples[-2].dts)
        for sample in samples:
            self.sizes.append(len(sample.data))
            self.dts.append(sample.dts)
            self.shifts.append(sample.shift)
            if sample.key:
                self.keys.append(len(self.sizes))
        self.chunks.append((offset, len(samples)))

    @property
    def duration(self) -> int:
        return self.dts[-1] + self.step if self.dts else 0

    def durations(self) -> list[int]:
        return [b - a for a, b in zip(self.dts, self.dts[1:], strict=False)] + [self.step]


class Mp4:
    """One file: give `head` first, then fragments; `tail` and `patch` close it. Keeps only tables, no pictures."""

    def __init__(self, track: Track, sound: AudioFrame | None = None) -> None:
        """sound: any frame like those that will come. Raises `ValueError`."""
        self._tables = {VIDEO: _Table(VIDEO, VIDEO_CLOCK, video_entry(track), track)}
        if sound is not None:
            self._tables[AUDIO] = _Table(AUDIO, sound.clock, audio_entry(sound), None)
        self.size = 0
        """Bytes given out: where the next fragment begins."""
        self._fragments = 0

    def head(self) -> bytes:
        """What the file begins with."""
        said = FTYP + PLACE + self._moov(whole=False)
        self.size = len(said)
        return said

    def fragment(
        self, pictures: Sequence[Sample], sounds: Sequence[Sample] = (), utc_us: int | None = None
    ) -> bytes:
        """The next piece of the file, complete in itself. Raises `ValueError`; nothing is counted then.

        utc_us: when the first picture was taken; written beside its time in the file (prft, 8.16.5).
        """
        given = {number: samples for number, samples in ((VIDEO, pictures), (AUDIO, sounds)) if samples}
        # Not one of them is taken before all are turned: a picture that cannot be turned leaves nothing half done.
        payload: list[bytes | bytearray] = []
        for number, samples in given.items():
            payload += [lengths_for_start_codes(one.data) if number == VIDEO else one.data for one in samples]
        stamp = b""
        if utc_us is not None and pictures:
            seconds, rest = divmod(utc_us, 1_000_000)
            ntp = seconds + _NTP_FROM_UNIX << 32 | (rest << 32) // 1_000_000
            shown = pictures[0].dts + pictures[0].shift
            stamp = full(b"prft", 1, 24, struct.pack(">IQQ", VIDEO, ntp & (1 << 64) - 1, max(shown, 0)))
        moof_size = len(self._moof(given, 0))
        moof = self._moof(given, moof_size + 8)
        offset = self.size + len(stamp) + moof_size + 8
        for number, samples in given.items():
            self._tables[number].add(samples, offset)
            offset += sum(len(one.data) for one in samples)
        self._fragments += 1
        mdat = struct.pack(">I4s", 8 + sum(map(len, payload)), b"mdat")
        said = b"".join((stamp, moof, mdat, *payload))
        self.size += len(said)
        return said

    def tail(self) -> bytes:
        """What stands at the end of a closed file."""
        return self._moov(whole=True)

    def patch(self) -> tuple[int, bytes]:
        """Offset and bytes of what turns it into an ordinary file, once the tail is safely written."""
        return len(FTYP), struct.pack(">I4sQ", 1, b"mdat", self.size - len(FTYP))

    def _moof(self, given: dict[int, Sequence[Sample]], offset: int) -> bytes:
        runs = []
        for number, samples in given.items():
            step = self._tables[number].step
            dts = [one.dts for one in samples]
            lasts = [b - a for a, b in pairwise(dts)]
            lasts.append(lasts[-1] if lasts else step)
            run = b"".join(
                struct.pack(">IIIi", last, len(one.data), _SYNC if one.key else _NOT_SYNC, one.shift)
                for one, last in zip(samples, lasts, strict=True)
            )
            runs.append(
                box(
                    b"traf",
                    full(b"tfhd", 0, 0x020000, struct.pack(">I", number)),
                    full(b"tfdt", 1, 0, struct.pack(">Q", dts[0])),
                    full(b"trun", 1, 0xF01, struct.pack(">Ii", len(samples), offset), run),
                )
            )
            offset += sum(len(one.data) for one in samples)
        return box(b"moof", full(b"mfhd", 0, 0, struct.pack(">I", self._fragments + 1)), *runs)

    def _moov(self, *, whole: bool) -> bytes:
        lasts = [table.duration * VIDEO_CLOCK // table.clock for table in self._tables.values()]
        mvhd = struct.pack(">QQIQIH10x", 0, 0, VIDEO_CLOCK, max(lasts) if whole else 0, 0x10000, 0x100)
        tracks = [_trak(table, whole=whole) for table in self._tables.values()]
        if not whole:
            trex = (full(b"trex", 0, 0, struct.pack(">5I", number, 1, 0, 0, 0)) for number in self._tables)
            tracks.append(box(b"mvex", *trex))
        return box(b"moov", full(b"mvhd", 1, 0, mvhd, _MATRIX, bytes(24), struct.pack(">I", 3)), *tracks)


_TOP_LEVEL: Final = (b"ftyp", b"free", b"moov", b"moof", b"mdat", b"prft")


def _trak(table: _Table, *, whole: bool) -> bytes:
    duration = table.duration if whole else 0
    video = table.track
    width, height = (video.width, video.height) if video is not None else (0, 0)
    tkhd = struct.pack(
        ">QQI4xQ8xHHH2x",
        0,
        0,
        table.number,
        duration * VIDEO_CLOCK // table.clock,
        0,
        0,
        0 if video else 0x100,
    )
    mdhd = struct.pack(">QQIQHH", 0, 0, table.clock, duration, 0x55C4, 0)
    handler = struct.pack(">I4s12x", 0, b"vide" if video else b"soun") + b"campus-edge\0"
    head = full(b"vmhd", 0, 1, bytes(8)) if video else full(b"smhd", 0, 0, bytes(4))
    here = box(b"dinf", full(b"dref", 0, 0, struct.pack(">I", 1), full(b"url ", 0, 1)))
    described = full(b"stsd", 0, 0, struct.pack(">I", 1), table.entry)
    stbl = box(b"stbl", described, *(_tables(table) if whole else _empty_tables()))
    return box(
        b"trak",
        full(b"tkhd", 1, 3, tkhd, _MATRIX, struct.pack(">II", width << 16, height << 16)),
        box(b"mdia", full(b"mdhd", 1, 0, mdhd), full(b"hdlr", 0, 0, handler), box(b"minf", head, here, stbl)),
    )


def _empty_tables() -> tuple[bytes, ...]:
    return (
        full(b"stts", 0, 0, bytes(4)),
        full(b"stsc", 0, 0, bytes(4)),
        full(b"stsz", 0, 0, bytes(8)),
        full(b"stco", 0, 0, bytes(4)),
    )


def _tables(table: _Table) -> list[bytes]:
    made = [
        full(b"stts", 0, 0, _runs(table.durations(), ">II")),
        full(b"stsc", 0, 0, _first_chunks([count for _, count in table.chunks])),
        full(b"stsz", 0, 0, struct.pack(">II", 0, len(table.sizes)), _big_endian(table.sizes)),
        full(b"co64", 0, 0, struct.pack(">I", len(table.chunks)),
             b"".join(struct.pack(">Q", offset) for offset, _ in table.chunks)),
    ]  # fmt: skip
    if any(table.shifts):
        made.append(full(b"ctts", 1, 0, _runs(list(table.shifts), ">Ii")))
    if table.track is not None:
        made.append(full(b"stss", 0, 0, struct.pack(">I", len(table.keys)), _big_endian(table.keys)))
    return made


def _runs(values: list[int], shape: str) -> bytes:
    runs = [(sum(1 for _ in same), value) for value, same in groupby(values)]
    return struct.pack(">I", len(runs)) + b"".join(struct.pack(shape, *run) for run in runs)


def _first_chunks(counts: list[int]) -> bytes:
    runs, number = [], 1
    for count, same in groupby(counts):
        runs.append(struct.pack(">III", number, count, 1))
        number += sum(1 for _ in same)
    return struct.pack(">I", len(runs)) + b"".join(runs)


def _big_endian(values: "array[int]") -> bytes:
    return struct.pack(f">{len(values)}I", *values)


ReadAt = Callable[[int, int], bytes]
"""(offset, count) -> bytes."""


def boxes(size: int, read: ReadAt) -> Iterator[tuple[bytes, int, int]]:
    """Kind, offset and length of each box that is whole, as long as they are those of a file of ours."""
    at, before = 0, b""
    while at + 8 <= size:
        length, kind = struct.unpack(">I4s", read(at, 8))
        head = 8
        if length == 1 and at + 16 <= size:
            length, head = int.from_bytes(read(at + 8, 8), "big"), 16
        if length < head or at + length > size or kind not in _TOP_LEVEL:
            return
        if kind == b"mdat" and before == b"moof" and not any(read(at + 8, min(4, length - 8))):
            return  # the file had its length already, but not its bytes
        yield kind, at, length
        at, before = at + length, kind


def whole_until(size: int, read: ReadAt) -> tuple[int, bool]:
    """Of a file that grew and was cut off anywhere: how many of its bytes are whole, and whether it was closed.

    0 bytes: not even its head is whole.
    """
    until, before, fragmented = 0, b"", False
    for kind, at, length in boxes(size, read):
        fragmented = fragmented or kind == b"moof"
        if kind == b"moov" and before == b"mdat":
            return (until, False) if fragmented else (at + length, True)
        if (kind == b"moov" and not fragmented) or (kind == b"mdat" and before == b"moof"):
            until = at + length
        before = kind
    return until, False


def taken_at(size: int, read: ReadAt) -> list[int]:
    """When the first picture of each whole fragment was taken: UTC microseconds, from its prft."""
    stamps = (read(at + 16, 8) for kind, at, length in boxes(size, read) if kind == b"prft" and length == 32)
    return [
        ((ntp >> 32) - _NTP_FROM_UNIX) * 1_000_000 + ((ntp & 0xFFFFFFFF) * 1_000_000 >> 32)
        for ntp in (int.from_bytes(stamp, "big") for stamp in stamps)
    ]
