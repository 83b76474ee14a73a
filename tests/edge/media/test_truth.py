"""What is true of a stream, told from its pictures: nothing is live that is old, nothing is known that was not seen."""

import pytest

from drivers.cameras.stream import VIDEO_CLOCK, AccessUnit, SenderClock, Track
from edge.media.sealing import Stamp
from edge.media.truth import DRIFT_US, LIVE_US, Gap, Moment, Truth

TRACK = Track("h264", b"", 1920, 1080)
UTC_US = 1_790_000_000_000_000
FPS = 15


def utc(mono_us: int) -> Stamp:
    return Stamp(UTC_US + mono_us, 700)


def unit(
    number: int, *, key: bool = False, size: int = 1000, whole: bool = True, fast: float = 1
) -> AccessUnit:
    rtp = round(number * VIDEO_CLOCK / FPS * fast)
    return AccessUnit(bytes(size), key, rtp, number * 1_000_000 // FPS, TRACK, whole)


def playing(seconds: int, gop: int = 30, fast: float = 1) -> Truth:
    truth = Truth(utc)
    truth.opened("own", "tcp", TRACK)
    for number in range(seconds * FPS):
        truth.unit(unit(number, key=number % gop == 0, size=9000 if number % gop == 0 else 1000, fast=fast))
    return truth


def test_a_stream_that_plays_says_how_many_pictures_come_and_how_heavy_they_are() -> None:
    figures = playing(30).figures(30_000_000 - 1)
    assert figures.connected
    assert figures.live
    assert figures.fps == FPS
    assert figures.bit_rate == pytest.approx(8 * FPS * (29 * 1000 + 9000) / 30, rel=0.1)
    assert figures.key_interval_us == 2_000_000
    assert figures.pictures == 30 * FPS
    assert (figures.gaps, figures.missing, figures.lost) == (0, 0, "")
    assert figures.first == Moment(utc(0), 0, 0)
    last = 30 * FPS - 1
    assert figures.last == Moment(utc(last * 1_000_000 // FPS), last * 1_000_000 // FPS, last * 6000)
    assert figures.track is TRACK
    assert (figures.engine, figures.transport) == ("own", "tcp")


def test_nothing_older_than_two_seconds_is_live_and_its_age_is_said() -> None:
    truth = playing(5)
    last_us = (5 * FPS - 1) * 1_000_000 // FPS
    assert truth.figures(last_us + LIVE_US).live
    old = truth.figures(last_us + LIVE_US + 1)
    assert not old.live
    assert old.age_us == LIVE_US + 1


def test_a_stream_that_stalls_falls_in_its_figures_while_it_stalls() -> None:
    truth = playing(30)
    assert truth.figures(35_000_000).fps == pytest.approx(FPS / 2)
    assert truth.figures(50_000_000).fps == 0
    assert truth.figures(50_000_000).key_interval_us == 22_000_000


def test_before_the_first_picture_nothing_is_known() -> None:
    truth = Truth(utc)
    for figures in (truth.figures(5), truth.figures(50_000_000)):
        assert not figures.connected
        assert not figures.live
        assert (figures.age_us, figures.fps, figures.bit_rate, figures.key_interval_us) == (None,) * 4
        assert (figures.first, figures.skew_us, figures.drift_ppm) == (None,) * 3


def test_what_is_lost_is_not_live_however_young_its_picture_is() -> None:
    truth = playing(5)
    truth.lost("closed")
    figures = truth.figures(5_000_000)
    assert not figures.connected
    assert not figures.live
    assert figures.lost == "closed"
    assert figures.gap == Gap((5 * FPS - 1) * 1_000_000 // FPS, None)


def test_a_gap_lasts_from_the_last_whole_picture_to_the_next_key_picture_and_is_counted_once() -> None:
    truth = playing(2)
    truth.missing(4)
    truth.unit(unit(30, whole=False))
    truth.unit(unit(31, whole=False))
    truth.lost("silent")
    truth.opened("own", "udp", TRACK)
    truth.unit(unit(100, key=True))
    figures = truth.figures(100 * 1_000_000 // FPS)
    assert figures.gaps == 1
    assert figures.gap == Gap(29 * 1_000_000 // FPS, 100 * 1_000_000 // FPS)
    assert figures.missing == 4
    assert figures.key_interval_us is None, "a gap says nothing of the camera's key interval"


def test_a_camera_that_was_never_there_has_no_gap() -> None:
    truth = Truth(utc)
    truth.lost("unreachable")
    assert truth.figures(9).gaps == 0
    assert truth.figures(9).lost == "unreachable"


def test_the_cameras_clock_is_compared_with_ours() -> None:
    truth = playing(2)
    truth.clock(SenderClock(0, UTC_US + 1_000_000 - 3_600_000_000, 1_000_000))
    assert truth.figures(2_000_000).skew_us == -3_600_000_000


def test_rtp_time_that_runs_too_fast_is_seen_and_only_over_a_long_time() -> None:
    seconds = DRIFT_US // 1_000_000
    assert playing(seconds - 1, fast=1.0001).figures(0).drift_ppm is None
    drift = playing(seconds * 4, fast=1.0001).figures(0).drift_ppm
    assert drift == pytest.approx(100, abs=2)
    assert playing(seconds * 4).figures(0).drift_ppm == pytest.approx(0, abs=2)


def test_b_frames_are_seen_in_the_order_of_their_coming() -> None:
    truth = Truth(utc)
    truth.opened("own", "tcp", TRACK)
    for number in (0, 3, 1, 2):
        truth.unit(unit(number, key=number == 0))
    assert truth.figures(0).reordered
    assert not playing(2).figures(0).reordered


def test_two_units_of_one_rtp_time_are_one_picture_a_second() -> None:
    truth = Truth(utc)
    truth.opened("own", "tcp", TRACK)
    for number in range(10 * FPS):
        truth.unit(unit(number, key=number % 30 == 0))
        truth.unit(unit(number))
    assert truth.figures(10_000_000).fps == FPS


def test_predicted_pictures_that_collapse_stand_out_against_the_usual() -> None:
    truth = playing(60)
    for number in range(60 * FPS, 64 * FPS):
        truth.unit(unit(number, key=number % 30 == 0, size=9000 if number % 30 == 0 else 40))
    truth.unit(unit(64 * FPS, key=True))
    figures = truth.figures(64_000_000)
    assert figures.predicted_bytes == 40
    assert figures.usual_bytes is not None
    assert figures.usual_bytes > 900
