"""The file of a clip: the camera's bytes as they were, playable wherever it was cut off, ordinary once it is closed."""

import struct
from pathlib import Path

import pytest

from drivers.cameras.stream import START_CODE, AccessUnit, AudioFrame, Codec, Track
from edge.media.clip_timing import Timeline, reorder_depth
from edge.media.mp4 import Mp4, ReadAt, Sample, taken_at, whole_until
from edge.media.mp4_entries import lengths_for_start_codes
from tests.edge.media.encoding import complaints, decoded, encode, moving, play

PER_FRAGMENT = 5
UTC_US = 1_790_000_000_123_456


def grown(units: list[AccessUnit], sounds: list[AudioFrame] | None = None) -> tuple[Mp4, list[bytes]]:
    """The file, and its pieces: the head, then the fragments."""
    made = Mp4(units[0].track, sounds[0] if sounds else None)
    timeline, pieces = Timeline(reorder_depth(units)), [made.head()]
    for at in range(0, len(units), PER_FRAGMENT):
        pictures = []
        for unit in units[at : at + PER_FRAGMENT]:
            dts, pts = timeline.place(unit, after_break=False)
            pictures.append(Sample(unit.data, dts, pts - dts, unit.key))
        sound = [Sample(one.data, one.rtp) for one in (sounds or [])[at : at + PER_FRAGMENT]]
        pieces.append(made.fragment(pictures, sound, UTC_US + at))
    return made, pieces


def closed(made: Mp4, pieces: list[bytes]) -> bytes:
    whole = bytearray(b"".join(pieces) + made.tail())
    offset, patch = made.patch()
    whole[offset : offset + len(patch)] = patch
    return bytes(whole)


def reading(content: bytes) -> ReadAt:
    """As a file is read."""
    return lambda offset, count: content[offset : offset + count]


@pytest.mark.parametrize("codec", ["h264", "h265"])
@pytest.mark.parametrize("reordered", [False, True], ids=["in order", "B-frames"])
def test_each_access_unit_comes_out_bit_by_bit_while_it_grows_and_when_it_is_closed(
    tmp_path: Path, codec: Codec, reordered: bool
) -> None:
    units = list(encode(moving(3), codec=codec, reordered=reordered))
    made, pieces = grown(units)
    for name, content in (("growing.mp4", b"".join(pieces)), ("closed.mp4", closed(made, pieces))):
        (tmp_path / name).write_bytes(content)
        data, times = play(str(tmp_path / name), codec)
        assert data == [unit.data for unit in units]
        assert decoded(str(tmp_path / name)) == len(units)
        first = min(pts for _, pts in times)
        assert sorted(pts - first for _, pts in times) == sorted(unit.rtp for unit in units)
        assert complaints(tmp_path / name) == []


def test_a_file_cut_off_anywhere_is_whole_up_to_its_last_fragment() -> None:
    made, pieces = grown(list(encode(moving(1))))
    content = b"".join(pieces)
    ends = [sum(map(len, pieces[: count + 1])) for count in range(len(pieces))]
    for size in [*range(0, ends[1], 7), *range(ends[1], len(content), 97), *ends]:
        until, is_closed = whole_until(size, reading(content[:size]))
        assert until == max((end for end in ends if end <= size), default=0)
        assert not is_closed
    whole = closed(made, pieces)
    assert whole_until(len(whole), reading(whole)) == (len(whole), True)


def test_a_fragment_whose_bytes_a_power_cut_took_is_not_whole() -> None:
    _, pieces = grown(list(encode(moving(1))))
    zeroed = pieces[-1][: pieces[-1].index(b"mdat") + 4]
    content = b"".join(pieces[:-1]) + zeroed + bytes(len(pieces[-1]) - len(zeroed))
    until, _ = whole_until(len(content), reading(content))
    assert until == sum(map(len, pieces[:-1]))


def test_the_file_says_when_its_pictures_were_taken() -> None:
    _, pieces = grown(list(encode(moving(1))))
    content = b"".join(pieces)
    stamps = taken_at(len(content), reading(content))
    assert [
        abs(stamp - UTC_US - at) <= 1 for stamp, at in zip(stamps, range(0, 15, PER_FRAGMENT), strict=True)
    ]
    assert len(stamps) == 3


@pytest.mark.parametrize(
    "like",
    [
        AudioFrame("aac", b"", 0, 0, 16000, 1, bytes.fromhex("1408")),
        AudioFrame("pcmu", b"", 0, 0, 8000),
        AudioFrame("pcma", b"", 0, 0, 8000),
    ],
    ids=lambda like: like.codec,
)
def test_sound_comes_out_as_it_was(tmp_path: Path, like: AudioFrame) -> None:
    import av

    units = list(encode(moving(1)))
    frames = [
        AudioFrame(like.codec, bytes([number + 1] * 60), number * 533, 0, like.clock, 1, like.config)
        for number in range(15)
    ]
    made, pieces = grown(units, frames)
    for name, content in (("growing.mp4", b"".join(pieces)), ("closed.mp4", closed(made, pieces))):
        (tmp_path / name).write_bytes(content)
        with av.open(str(tmp_path / name)) as container:
            stream = container.streams.audio[0]
            assert (
                stream.codec_context.name
                == {"aac": "aac", "pcmu": "pcm_mulaw", "pcma": "pcm_alaw"}[like.codec]
            )
            assert stream.codec_context.sample_rate == like.clock
            heard = b"".join(bytes(packet) for packet in container.demux(stream) if packet.size)
        assert heard == b"".join(frame.data for frame in frames)
        assert play(str(tmp_path / name), "h264")[0] == [unit.data for unit in units]


def test_a_picture_keeps_its_length_and_all_its_bytes_but_the_start_codes() -> None:
    data = START_CODE + b"\x67ab" + START_CODE + b"\x65\0\0\3\1\0" + START_CODE + b"\x41"
    turned = lengths_for_start_codes(data)
    assert turned == b"\0\0\0\3\x67ab\0\0\0\6\x65\0\0\3\1\0\0\0\0\1\x41"


def test_what_has_no_parameter_sets_makes_no_file() -> None:
    for sets in (b"", START_CODE + b"\x67", START_CODE + b"\x67\x64\0\x1f" + START_CODE + b"\x68"):
        with pytest.raises(ValueError):  # noqa: PT011
            Mp4(Track("h264", sets)).head()


def test_an_empty_fragment_is_not_whole_whatever_stands_behind_it() -> None:
    _, pieces = grown(list(encode(moving(1))))
    moof = pieces[1][pieces[1].index(b"moof") - 4 : pieces[1].index(b"mdat") - 4]
    content = pieces[0] + moof + b"\0\0\0\x08mdat" + b"\0\0\0\x08free"
    assert whole_until(len(content), reading(content)) == (len(pieces[0]), False)


def test_a_length_in_eight_bytes_that_does_not_hold_its_own_head_is_no_box() -> None:
    """Found by fuzzing: what was cut off behind it was read otherwise than before it was cut."""
    content = struct.pack(">I4s16x", 24, b"ftyp") + struct.pack(">I4sQ", 1, b"moov", 8)

    assert whole_until(len(content), reading(content)) == (0, False)
