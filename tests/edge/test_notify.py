"""What systemd hears, on a real socket, and that its absence hurts nobody."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.notify import notify, ready, reloading, stopping, watchdog, watchdog_s


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    path = tmp_path / "notify"
    monkeypatch.setenv("NOTIFY_SOCKET", str(path))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(path))
        sock.settimeout(5)
        yield sock


def test_systemd_hears_each_state_in_its_words(manager: socket.socket) -> None:
    assert ready("armed, 24 doors")
    assert watchdog()
    assert reloading()
    assert stopping()

    heard = [manager.recv(4096).decode() for _ in range(4)]
    assert heard[0] == "READY=1\nSTATUS=armed, 24 doors"
    assert heard[1] == "WATCHDOG=1"
    state, _, stamp = heard[2].partition("\nMONOTONIC_USEC=")
    assert state == "RELOADING=1"
    assert stamp.isdigit()
    assert heard[3] == "STOPPING=1"


def test_a_line_break_in_a_status_cannot_become_a_state_of_its_own(manager: socket.socket) -> None:
    notify("STATUS=disk says\nWATCHDOG=trigger")

    assert manager.recv(4096) == b"STATUS=disk says WATCHDOG=trigger"


def test_an_abstract_socket_is_spoken_to() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind("")
        sock.settimeout(5)
        name = "@" + sock.getsockname()[1:].decode()

        assert notify("READY=1", environ={"NOTIFY_SOCKET": name})
        assert sock.recv(64) == b"READY=1"


@pytest.mark.parametrize("address", ["", "relative", "/nowhere/at/all", "/" + "x" * 300])
def test_no_manager_or_a_deaf_one_is_no_reason_to_stop(address: str) -> None:
    assert notify("READY=1", environ={"NOTIFY_SOCKET": address}) is False


def test_a_manager_that_reads_nothing_never_blocks_the_loop(manager: socket.socket) -> None:
    sent = [watchdog() for _ in range(10_000)]

    assert sent[0] is True
    assert sent[-1] is False


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "10000000"}, 10.0),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
    ids=["watched", "another process is watched", "not a number", "not watched"],
)
def test_the_watchdogs_limit_is_read_only_when_it_is_ours(
    environ: dict[str, str], seconds: float | None
) -> None:
    assert watchdog_s(environ) == seconds
