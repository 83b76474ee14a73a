"""The listened-to benchmark runs whole on a small campus, reads what servers send, and its figures mean what they say."""

import shutil
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from edge.bench import listened_figures
from edge.bench.crowd import Crowd
from edge.bench.first_view import FirstView
from edge.bench.listened import HowListened, Listened, Phase, measure_listened
from edge.bench.running import Pressed

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def phase(ours_ms: float, bare_ms: float) -> Phase:
    """A phase in which every press took so long."""
    return Phase([Pressed(ours_ms, ours_ms)] * 100, [Pressed(bare_ms, bare_ms)] * 100)


def listened(ours_ms: float = 12.0) -> Listened:
    """A run that meets every target, but for what the test makes of it."""
    return Listened(
        200,
        300,
        1,
        idle=phase(20.0, 10.0),
        listened=phase(2 * ours_ms, 12.0),
        changes={"door opened": [40.0] * 40},
        views=[FirstView("home", 20_000, [200.0] * 10)],
    )


@pytest.mark.skipif(shutil.which("mosquitto", path="/usr/sbin:/usr/bin") is None, reason="no mosquitto")
def test_a_small_campus_is_pressed_with_and_without_listeners(tmp_path: Path) -> None:
    found = measure_listened(HowListened(1, 20, 3, 0.0, True, browser=False, doors=4, boards=1), tmp_path)

    assert len(found.idle.daemon) == len(found.listened.bare) == 1
    assert found.unheard == []
    assert {what: len(times) for what, times in found.changes.items()} == {
        "incident opened": 1,
        "last door secured": 1,
        "door opened in a lockdown": 4,
    }
    assert all(view.transferred > 5_000 for view in found.views)
    told = "\n".join(listened_figures.lines(found))
    assert "20 pages and 3 programs" in told
    assert "NOT MEASURED" in told


def test_the_crowd_takes_messages_out_of_chunks_that_come_in_pieces() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        crowd = Crowd("127.0.0.1", server.getsockname()[1])
        crowd.connect([{"path": "/", "headers": {}}] * 2, [])
        sent = HEAD + b"7\r\nfirst\n\n\r\n" + b"8\r\nsecond\n\n\r\n"
        ends = [server.accept()[0] for _ in range(2)]
        for piece in (sent[:50], sent[50:-5], sent[-5:]):
            for one in ends:
                one.sendall(piece)
            crowd.turn(1.0)

        assert crowd.obey({"do": "heard", "mark": "second", "after_us": 0, "within_s": 5})["pages"] == 2
        assert crowd.obey({"do": "heard", "mark": "third", "after_us": 0, "within_s": 0})["pages"] == 0
        for one in ends:
            one.close()
        crowd.turn(1.0)
        crowd.turn(1.0)
        assert crowd.obey({"do": "traffic"})["lost"] == 2


def test_a_run_within_the_targets_misses_nothing() -> None:
    assert listened_figures.missed(listened()) == []


@pytest.mark.parametrize(
    ("found", "what"),
    [
        (listened(ours_ms=14.0), "moved"),
        (replace(listened(), unwritten=1), "unwritten"),
        (replace(listened(), lost=1), "lost"),
        (replace(listened(), unheard=["incident opened: 299 of 300 pages had it"]), "299"),
        (replace(listened(), changes={"door opened": [101.0] * 40}), "last page"),
        (replace(listened(), views=[FirstView("home", 100_001, [200.0])]), "bytes"),
        (replace(listened(), views=[FirstView("home", 20_000, [501.0])]), "paint"),
        (replace(listened(), views=[FirstView("home", 20_000, why_not="chromium is not installed")]), "not measured"),
    ],
)  # fmt: skip
def test_each_missed_target_is_named(found: Listened, what: str) -> None:
    assert any(what in one for one in listened_figures.missed(found))


def test_too_few_presses_are_said_to_be_too_few() -> None:
    found = replace(listened(), listened=Phase([Pressed(1.0, 1.0)] * 9, [Pressed(1.0, 1.0)] * 9))
    assert "too few" in listened_figures.lines(found)[-1]
