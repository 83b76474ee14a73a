"""`status --watch` in a real terminal: it draws, says when it is no longer live, and outlives a restart of the daemon."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.edge.campus import D1, D2, locked_down
from tests.edge.cli.conftest import ROOT, Site
from tests.edge.control.desks import PaperDesk, serving


class Terminal:
    """What a person would see, as the bytes that came."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.text = ""

    def until(self, wanted: str, within_s: float = 15.0) -> None:
        """Read on until `wanted` comes after what was waited for before."""
        end = time.monotonic() + within_s
        while wanted not in self.text:
            ready, _, _ = select.select([self._fd], [], [], end - time.monotonic())
            assert ready, f"{wanted!r} did not come in {self.text[-2_000:]!r}"
            self.text += os.read(self._fd, 65_536).decode(errors="replace")
        self.text = self.text.partition(wanted)[2]


@contextmanager
def watching(site: Site) -> Iterator[tuple[subprocess.Popen[bytes], Terminal]]:
    ours, theirs = pty.openpty()
    environ = {**os.environ, "CAMPUS_EDGE_CONFIG": str(site.config), "COLUMNS": "120", "LINES": "60"}
    with subprocess.Popen(
        # A suite that runs in the background of a shell ignores SIGINT, and so would what it starts.
        ["env", "--default-signal=INT", sys.executable, "-m", "edge", "status", "--watch"],
        cwd=ROOT,
        env=environ,
        stdout=theirs,
        stderr=theirs,
    ) as watcher:
        os.close(theirs)
        try:
            yield watcher, Terminal(ours)
        finally:
            watcher.kill()
            watcher.wait()
            os.close(ours)


def test_it_draws_again_and_again_and_survives_a_restart_of_the_daemon(site: Site) -> None:
    desk = PaperDesk()
    with watching(site) as (watcher, screen):
        screen.until("NOT LIVE")
        screen.until("systemctl start campus-edge")

        with serving(site.store, desk):
            screen.until("\x1b[H")
            screen.until("No response.")
            desk.state = locked_down({D1: "secured", D2: "pending"})
            screen.until("REAL: lockdown in hs")

        screen.until("NOT LIVE")
        screen.until("REAL: lockdown in hs")

        with serving(site.store, desk):
            screen.until("\x1b[HLincoln High School")

        watcher.send_signal(signal.SIGINT)
        assert watcher.wait(10) == 130


def test_as_json_it_is_a_line_a_picture(site: Site) -> None:
    environ = {**os.environ, "CAMPUS_EDGE_CONFIG": str(site.config)}
    with (
        serving(site.store, PaperDesk()),
        subprocess.Popen(
            [sys.executable, "-m", "edge", "status", "--watch", "--json"],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
        ) as watcher,
    ):
        assert watcher.stdout is not None
        pictures = [json.loads(watcher.stdout.readline()) for _ in range(3)]
        watcher.kill()

    assert all(one["appliance"]["armed"] for one in pictures)
