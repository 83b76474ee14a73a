"""The benchmark runs whole on its smallest campus, and its figures mean what they say."""

import shutil
import struct
from dataclasses import replace

import pytest

from drivers.doors.modbus_mbap import MbapReader
from drivers.doors.modbus_pdu import Read, WriteCoils, decode_request
from edge.bench import bare, figures
from edge.bench.bench import main, parser
from edge.bench.running import Pressed
from edge.bench.size import Measured


def measured(ours: float, bare_ms: float, doors: int = 200) -> Measured:
    """A size where every press of ours took so long, and every one of the bare script's."""
    found = Measured(doors, 50, armed_s=1.0, memory_mib=60.0)
    found.daemon = [Pressed(ours - 1, ours, 500.0, 600.0)] * 20
    found.bare = [Pressed(bare_ms - 1, bare_ms)] * 20
    return found


@pytest.mark.skipif(shutil.which("mosquitto", path="/usr/sbin:/usr/bin") is None, reason="no mosquitto")
def test_four_doors_are_pressed_proven_and_released_and_compared(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--sizes", "4/1", "--presses", "2", "--settle", "0", "--no-hang", "--report-only"]
    assert main(parser().parse_args(arguments)) == 0
    told = capsys.readouterr().out
    assert "4 doors on 1 boards, 2 presses each" in told
    assert "daemon: last proven" in told
    assert "ratio, last written" in told


def test_the_bare_script_writes_all_coils_of_a_board_by_one_frame() -> None:
    [frame] = MbapReader().feed(bare.frame(1, (True, False, False, True)))
    assert decode_request(frame.pdu) == WriteCoils(0, (True, False, False, True))


def test_the_bare_script_reads_the_same_inputs_as_the_daemon() -> None:
    [frame] = MbapReader().feed(bare.read(1, 8))
    assert decode_request(frame.pdu) == Read("discrete_input", 0, 8)


def test_the_bare_script_takes_packets_apart_that_come_in_pieces() -> None:
    packet = b"\x32\x09" + struct.pack(">H", 3) + b"a/b" + b"\x00\x07{}"
    assert bare.packets(packet[:4]) == ([], packet[:4])
    assert bare.packets(packet * 2 + b"\x90") == ([(0x32, packet[2:])] * 2, b"\x90")


def test_a_percentile_is_a_value_that_was_measured() -> None:
    its = figures.spread([float(one) for one in range(1, 21)])
    assert (its.median, its.p95, its.most) == (10.0, 19.0, 20.0)
    assert figures.spread([7.0]) == figures.Spread(7.0, 7.0, 7.0)


def test_nothing_measured_is_no_figure() -> None:
    with pytest.raises(ValueError, match="nothing"):
        figures.spread([])


def test_two_hundred_doors_within_the_targets_miss_nothing() -> None:
    assert figures.missed(measured(14.0, 10.0)) == []


@pytest.mark.parametrize(
    ("found", "what"),
    [
        (measured(16.0, 10.0), "median"),
        (measured(21.0, 10.0), "95th"),
        (replace(measured(10.0, 10.0), armed_s=2.1), "armed"),
        (replace(measured(10.0, 10.0), memory_mib=151.0), "memory"),
    ],
)
def test_each_missed_target_is_named(found: Measured, what: str) -> None:
    assert any(what in one for one in figures.missed(found))


def test_smaller_campuses_are_shown_and_not_judged() -> None:
    assert figures.missed(measured(50.0, 10.0, doors=40)) == []


@pytest.mark.parametrize("size", ["4", "4/0", "3/4", "a/b", "/"])
def test_a_size_that_is_none_is_refused(size: str) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["--sizes", size])
