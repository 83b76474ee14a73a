"""The benchmark runs whole on its smallest campus, and its figures mean what they say."""

import json
import shutil
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from drivers.doors.modbus_mbap import MbapReader
from drivers.doors.modbus_pdu import Read, WriteCoils, decode_request
from drivers.simulators.bolts import Board
from drivers.simulators.modbus_rtu_peer import ModbusRtuPeer
from edge.bench import bare, figures, plot
from edge.bench.bare_bus import Bus
from edge.bench.bench import main, parser
from edge.bench.measure import Found, measure
from edge.bench.running import Pressed
from edge.bench.scenarios import BY_NAME, SCENARIOS, Breakage, Scenario, Shape
from edge.bench.stage import How

needs_broker = pytest.mark.skipif(
    shutil.which("mosquitto", path="/usr/sbin:/usr/bin") is None, reason="no mosquitto"
)


def pressed(ours_ms: float, proven_ms: float = 600.0, unwritten: int = 0) -> list[Pressed]:
    """Twenty presses that took so long."""
    return [Pressed(ours_ms - 1, ours_ms, proven_ms, proven_ms, unwritten)] * 20


def found(name: str, ours_ms: float, beside_ms: float, **more: Any) -> Found:
    """A scenario where every press took so long, and every one of what it is held against."""
    scenario = BY_NAME[name]
    its = Found(
        scenario, daemon=pressed(ours_ms), armed_s=[1.0], memory_mib=60.0, reads_s=2.0, unread_ms=501.0
    )
    if scenario.beside == "healthy":
        its.healthy = pressed(beside_ms)
    else:
        its.bare = [Pressed(beside_ms - 1, beside_ms)] * 20
    return replace(its, **more)


def run(*arguments: str) -> int:
    return main(parser().parse_args([*arguments, "--settle", "0", "--report-only"]))


@needs_broker
def test_four_doors_are_pressed_proven_and_released_and_compared(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    written = tmp_path / "found.json", tmp_path / "found.svg"

    assert run("--scenario", "4", "--presses", "2", "--json", str(written[0]), "--plot", str(written[1])) == 0

    told = capsys.readouterr().out
    assert "4: 4 doors on one board" in told
    assert "ours: last proven" in told
    assert "ratio, last written" in told
    assert "Not measured in this run: 40, 200, 1000" in told
    document = json.loads(written[0].read_text())
    [its] = document["scenarios"]
    assert (its["never_written"], its["broken_off"], len(its["presses"]["bare"])) == (0, "", 2)
    assert "loads" in document["not_measured"]
    assert ElementTree.fromstring(written[1].read_text()).tag.endswith("svg")  # noqa: S314  our own


TWO_OF_FOUR: tuple[tuple[Breakage, float], ...] = (("dead", 0.25), ("blackholed", 0.25))


@needs_broker
@pytest.mark.parametrize(
    "scenario",
    [
        Scenario("first", "", Shape(4, 2), 1, restarted=True),
        Scenario("faulty and silent", "", Shape(4, 4), 1, "healthy", lost="silent", broken=TWO_OF_FOUR),
        Scenario("rtu", "", Shape(4, 2, driver="modbus-rtu", baud=115_200), 1),
        Scenario("osdp", "", Shape(2, 2, driver="osdp", baud=115_200), 1, "nothing"),
        Scenario("import", "", Shape(4, 2), 1, "healthy", imported=3_000),
    ],
    ids=lambda one: one.name,
)
def test_every_kind_of_scenario_comes_to_its_end(scenario: Scenario, tmp_path: Path) -> None:
    its = measure(scenario, 1, How(settle_s=0.0), tmp_path)

    assert its.broken_off == ""
    assert figures.unwritten(its) == 0
    assert len(its.daemon) == 1
    assert bool(its.beside) is (scenario.beside != "nothing")
    assert its.reads_s > 1.0
    assert len(its.armed_s) == 1 + scenario.restarted
    assert bool(its.imports_s) is bool(scenario.imported)


def test_what_there_is_to_measure_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--list") == 0

    told = capsys.readouterr().out
    assert all(one.says in told for one in SCENARIOS)


def test_a_scenario_that_is_none_is_refused() -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["--scenario", "none"])


async def test_the_bare_script_of_a_bus_writes_each_unit_in_turn(tmp_path: Path) -> None:
    boards = {1: Board(), 2: Board()}
    peer = ModbusRtuPeer(boards, tmp_path / "line", answer_after_s=0.05, baud=115_200)
    peer.start()
    bus = Bus(str(peer.port), 115_200, [3, 1])
    try:
        bus.write(on=True)
        await bus.written()
    finally:
        bus.close()
        peer.stop()

    assert [board.coils[:4] for board in boards.values()] == [
        [True, True, True, False],
        [True, False, False, False],
    ]
    apart_us = boards[2].written_at_us[0] - boards[1].written_at_us[2]
    assert apart_us > 50_000, "the second is asked after the first's answer, and takes as long"


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
    assert (its.median, its.p95, its.p99, its.most) == (10.0, 19.0, 20.0, 20.0)
    assert figures.spread([7.0]) == figures.Spread(7.0, 7.0, 7.0, 7.0)


def test_nothing_measured_is_no_figure() -> None:
    with pytest.raises(ValueError, match="nothing"):
        figures.spread([])


def test_presses_within_the_targets_miss_nothing() -> None:
    assert figures.missed(found("200", 12.0, 10.0)) == []


@pytest.mark.parametrize(
    ("its", "what"),
    [
        (found("200", 13.0, 10.0), "median over the bare"),
        (found("200", 16.0, 10.0), "95th percentile over the bare"),
        (found("200", 21.0, 10.0), "maximum over the bare"),
        (found("200", 10.0, 10.0, armed_s=[1.0, 2.1]), "armed"),
        (found("200", 10.0, 10.0, memory_mib=151.0), "memory"),
        (found("200", 10.0, 10.0, reads_s=1.4), "reads a board"),
        (found("200", 10.0, 10.0, daemon=pressed(10.0, 1_511.0)), "to proven"),
        (found("200", 10.0, 10.0, daemon=pressed(10.0, unwritten=1)), "never written"),
        (found("200", 10.0, 10.0, broken_off="the daemon ended"), "the daemon ended"),
        (found("200-instant", 31.0, 10.0), "median over the bare"),
        (found("1000", 14.0, 10.0), "median over the bare"),
        (found("faulty", 12.0, 10.0), "median over our own"),
        (found("fin", 13.0, 10.0), "median over the bare"),
        (found("silent", 11.0, 11.0), "median in ms"),
        (found("first", 14.0, 10.0), "median over the bare"),
    ],
)
def test_each_missed_target_is_named(its: Found, what: str) -> None:
    assert any(what in one for one in figures.missed(its))


def test_what_the_issue_names_no_figure_for_is_shown_and_not_judged() -> None:
    assert figures.missed(found("40", 50.0, 10.0)) == []
    assert figures.missed(found("rst", 50.0, 10.0)) == []


def test_what_could_not_be_measured_is_said() -> None:
    told = "\n".join(figures.lines(found("loads", 50.0, 10.0, skipped=["strace is not installed"])))
    assert "not measured: strace is not installed" in told


def test_a_plot_has_a_panel_for_each_scenario_that_was_pressed() -> None:
    drawn = plot.svg([found("200", 12.0, 10.0), found("faulty", 12.0, 10.0), Found(BY_NAME["40"])])

    drawing = ElementTree.fromstring(drawn)  # noqa: S314  our own
    titles = [one.text or "" for one in drawing.iter() if one.get("font-weight")]
    assert [one.split(":")[0] for one in titles] == ["200", "faulty"]
