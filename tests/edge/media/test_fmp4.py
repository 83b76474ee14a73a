"""What our own muxer writes is played by a demuxer that is not ours, picture by picture as the camera sent it."""

import io
from dataclasses import replace
from itertools import pairwise

import av
import pytest

from drivers.cameras.stream import AccessUnit, Codec, Track
from edge.media.fmp4 import TIMESCALE, Timeline, fragment, init_segment
from edge.media.parameter_sets import codec_string, sample
from tests.edge.media.encoder import encoded

KINDS: list[tuple[Codec, bool]] = [("h264", False), ("h264", True), ("h265", False), ("h265", True)]


def film(units: list[AccessUnit]) -> bytes:
    timeline = Timeline()
    parts = [init_segment(units[0].track)]
    parts += [fragment(unit, timeline.place(unit), number) for number, unit in enumerate(units)]
    return b"".join(parts)


def opened(data: bytes) -> av.container.InputContainer:
    container = av.open(io.BytesIO(data), format="mp4")
    assert isinstance(container, av.container.InputContainer)
    return container


@pytest.mark.parametrize(("codec", "reordered"), KINDS)
def test_every_picture_is_in_the_file_bit_by_bit(codec: Codec, reordered: bool) -> None:
    units = encoded(30, codec, reordered=reordered, at_us=5_000_000)
    with opened(film(units)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert [bytes(packet) for packet in packets] == [sample(unit.data, codec) for unit in units]
    assert [packet.is_keyframe for packet in packets] == [unit.key for unit in units]
    assert [packet.pts for packet in packets] == [unit.rtp + 5 * TIMESCALE for unit in units]
    times = [packet.dts for packet in packets if packet.dts is not None]
    assert times == sorted(set(times))
    assert len(times) == len(units)


@pytest.mark.parametrize(("codec", "reordered"), KINDS)
def test_every_picture_of_it_decodes_in_the_order_of_showing(codec: Codec, reordered: bool) -> None:
    units = encoded(30, codec, reordered=reordered)
    with opened(film(units)) as container:
        shown = [(frame.pts, frame.width, frame.height) for frame in container.decode(video=0)]
    assert shown == [(pts, 320, 240) for pts in sorted(unit.rtp for unit in units)]


def test_pictures_stand_at_the_time_they_came_also_after_the_camera_counts_anew() -> None:
    timeline, track = Timeline(), Track("h264", b"")
    first = timeline.place(AccessUnit(b"", True, 900_000, 10_000_000, track))
    timeline.restart()
    again = timeline.place(AccessUnit(b"", True, 7, 13_000_000, track))
    assert (first.pts, again.pts) == (10 * TIMESCALE, 13 * TIMESCALE)


@pytest.mark.parametrize("speed", [0.98, 0.9995, 1.0005, 1.02])
def test_a_camera_clock_that_drifts_is_followed_and_no_picture_goes_back_in_time(speed: float) -> None:
    timeline, track = Timeline(), Track("h264", b"")
    placed = []
    for number in range(10_000):
        at_us = number * 40_000
        unit = AccessUnit(b"", number % 50 == 0, round(number * 3_600 * speed), at_us, track)
        placed.append(timeline.place(unit))
        off = placed[-1].pts - at_us * 9 // 100
        assert -(2 * TIMESCALE if speed < 0.999 else TIMESCALE // 10) <= off <= 1
    assert all(before.dts < after.dts for before, after in pairwise(placed))


def test_a_picture_that_comes_late_is_as_old_as_it_is() -> None:
    timeline, track = Timeline(), Track("h264", b"")
    for number in range(100):
        late_us = 900_000 if 50 <= number < 60 else 0
        placed = timeline.place(
            AccessUnit(b"", number == 0, number * 3_600, 10_000_000 + number * 40_000 + late_us, track)
        )
        assert abs(placed.pts - (900_000 + number * 3_600)) <= 200


def test_a_camera_without_any_clock_is_placed_by_arrival() -> None:
    timeline, track = Timeline(), Track("h264", b"")
    placed = [
        timeline.place(AccessUnit(b"", number == 0, 0, number * 40_000, track)) for number in range(500)
    ]
    assert abs(placed[-1].pts - 499 * 3_600) <= 2 * TIMESCALE


def test_the_codec_is_named_as_browsers_ask_for_it() -> None:
    assert codec_string(encoded(1)[0].track).startswith("avc1.")
    name = codec_string(encoded(1, "h265")[0].track)
    assert name.startswith("hvc1.1.6.L")


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_broken_parameter_sets_are_refused_and_never_crash(codec: Codec) -> None:
    track = encoded(1, codec)[0].track
    for end in range(len(track.parameter_sets)):
        cut = replace(track, parameter_sets=track.parameter_sets[:end])
        try:
            init_segment(cut)
            codec_string(cut)
        except ValueError:
            continue
