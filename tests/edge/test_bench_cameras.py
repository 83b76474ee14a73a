"""The benchmark of cameras measures what it says: its targets, its reading of clips, and what it breaks."""

import json
import os
import socket
from pathlib import Path

import pytest

from drivers.cameras.stream import START_CODE
from edge.bench import plot
from edge.bench.cameras.bench import PARTS, main, parser
from edge.bench.cameras.clips import _access_units
from edge.bench.cameras.part import Part, document, lines, missed
from edge.bench.cameras.peers import below, cpu_ms, rss_mib
from edge.bench.cameras.wire import dropped
from edge.bench.children import Lost


def test_a_target_that_is_missed_is_told_and_one_that_is_met_is_not() -> None:
    part = Part("lost", "cameras")
    part.at_most("ms to lost", 99.0, 100)
    part.at_most("ms to live", 1_001.0, 1_000)
    assert missed(part) == ["lost: ms to live: 1001.00, and at most 1000 is wanted"]
    assert [line.split()[0] for line in lines(part)[1:]] == ["met", "MISSED"]


def test_a_part_that_was_broken_off_missed_though_all_that_it_judged_was_met() -> None:
    part = Part("live", "pictures", broken_off="the browser is gone")
    part.at_most("ms", 1.0, 100)
    assert missed(part) == ["live: broken off: the browser is gone"]
    assert lines(part)[-1] == "  broken off: the browser is gone"


def test_every_value_is_in_the_document_and_in_the_drawing() -> None:
    part = Part("press", "doors")
    part.spread("last written <ms>", [3.0, 1.0, 2.0])
    found = json.loads(json.dumps(document(part)))
    assert found["values"] == {"last written <ms>": [3.0, 1.0, 2.0]}
    assert found["spreads"]["last written <ms>"]["median"] == 2.0
    drawn = plot.drawing([plot.Panel(part.name, ([3.0, 1.0, 2.0],), ("last written <ms>",))])
    assert "last written &lt;ms&gt;" in drawn


def test_a_clip_is_cut_into_pictures_where_a_first_slice_begins() -> None:
    sets, key, more, second = b"\x67set", b"\x65\x88a", b"\x65\x08b", b"\x41\x9ac"
    stream = b"".join(START_CODE + nal for nal in (b"\x09\xf0", sets, key, more, second))
    assert _access_units(stream) == [(key, more), (second,)]


def test_dropped_packets_never_arrive_and_come_again_when_the_wire_is_mended() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as ours, listening.accept()[0] as theirs:
            theirs.setblocking(False)
            ours.settimeout(10.0)
            with dropped(os.getpid(), port):
                theirs.send(b"lost on its way")
                ours.setblocking(False)
                with pytest.raises(BlockingIOError):
                    ours.recv(100)
                ours.settimeout(10.0)
            # Sent again by the kernel, which had no acknowledgement.
            assert ours.recv(100) == b"lost on its way"


def test_what_is_gone_is_told_and_not_measured_as_nothing() -> None:
    with pytest.raises(Lost):
        cpu_ms(2**22 + 1)
    with pytest.raises(Lost):
        below(os.getpid(), "edge.no.such.module")
    assert cpu_ms(os.getpid()) > 0
    assert rss_mib(os.getpid()) > 1


def test_its_list_names_every_part_and_measures_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(parser().parse_args(["--list", "--json", str(tmp_path / "none")])) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(PARTS)
    assert not (tmp_path / "none").exists()
