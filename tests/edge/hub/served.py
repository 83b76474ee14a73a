"""A hub of the test's own: `campus-edge hub` as a person starts it, and a client that speaks to it as a campus does."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import ClientSession

from edge.district import api
from edge.district.api import Directives, Place, Position, Problem, Taken
from edge.district.wire import CONTENT_ENCODING, CONTENT_TYPE
from tests.edge.hub.journals import Chain
from tests.flow.waiting import wait_for


class Hub:
    """The command in the foreground, its processes, its log."""

    def __init__(
        self, url: str, folder: Path, *more: str, processes: int = 1, listen: str = "127.0.0.1:0"
    ) -> None:
        self.url = url
        self.keys = folder / "keys"
        self._log = folder / "hub.log"
        self._out = folder / "hub.out"
        self._command = [
            *campus_edge("hub", "--keys", str(self.keys), "--listen", listen, "--processes", str(processes)), *more,
        ]  # fmt: skip
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log, self._out.open("wb") as out:
            self._child = subprocess.Popen(
                self._command, stdout=out, stderr=log, env=os.environ | {"CAMPUS_EDGE_HUB_DATABASE": self.url}
            )
        try:
            line = wait_for("the hub listens", self._told)
        except BaseException:
            self._child.kill()
            self._child.wait(10)
            raise
        self.address = line.split()[4].rstrip(",")
        # Where it starts again it is found where it was.
        where = self._command.index("--listen") + 1
        self._command[where] = self.address.rpartition("//")[2]

    def _told(self) -> str:
        assert self._child.poll() is None, self.log()
        return self._out.read_text()

    def log(self) -> str:
        return self._log.read_text()

    @property
    def process_id(self) -> int:
        """Of the one that was started."""
        return self._child.pid

    def processes(self) -> list[int]:
        """The ids of those that serve."""
        children = Path(f"/proc/{self._child.pid}/task/{self._child.pid}/children")
        return [int(one) for one in children.read_text().split()]

    def run(self, *words: str, said: str = "") -> str:
        """Another verb on the same database, and what it prints."""
        return self.tried(*words, said=said, code=0).stdout

    def tried(self, *words: str, said: str = "", code: int) -> "subprocess.CompletedProcess[str]":
        ended = subprocess.run(
            campus_edge("hub", words[0], "--keys", str(self.keys), *words[1:]),
            env=os.environ | {"CAMPUS_EDGE_HUB_DATABASE": self.url},
            capture_output=True,
            text=True,
            input=said,
            check=False,
            timeout=120,
        )
        assert ended.returncode == code, ended.stderr
        return ended

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """And wait until it has; the exit code."""
        if self._child.poll() is None:
            self._child.send_signal(how)
        return self._child.wait(60)


def campus_edge(*words: str) -> Sequence[str]:
    return [sys.executable, "-m", "edge", *words]


class Box:
    """A campus as the hub sees it."""

    def __init__(self, session: ClientSession, hub: Hub, token: str, campus: str = "north") -> None:
        self._session = session
        self._hub = hub
        self.campus = campus
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def at(self, path: str) -> str:
        return self._hub.address + path.format(campus=self.campus)

    async def post(self, path: str, body: bytes = b"") -> tuple[int, bytes, Any]:
        headers = self.headers | {"Content-Type": CONTENT_TYPE, "Content-Encoding": CONTENT_ENCODING}
        async with self._session.post(self.at(path), data=io.BytesIO(body), headers=headers) as response:
            return response.status, await response.read(), response.headers

    async def get(self, path: str) -> tuple[int, bytes, Any]:
        async with self._session.get(self.at(path), headers=self.headers) as response:
            return response.status, await response.read(), response.headers

    async def send(self, chain: Chain, after: int = 0, upto: int | None = None) -> Taken | Problem:
        status, body, _ = await self.post(api.EVENTS, chain.packed(after, upto))
        return msgspec.json.decode(body, type=Taken) if status == 200 else problem(status, body)

    async def send_live(self, chain: Chain, *seqs: int) -> int:
        return (await self.post(api.LIVE, chain.packed_live(*seqs)))[0]

    async def position(self) -> Position:
        status, body, _ = await self.get(api.POSITION)
        assert status == 200, body
        return msgspec.json.decode(body, type=Position)

    async def directives(self, after: int, wait_s: int = 0) -> Directives:
        status, body, _ = await self.get(f"{api.DIRECTIVES}?after={after}&wait={wait_s}")
        assert status == 200, body
        return msgspec.json.decode(body, type=Directives)


def problem(status: int, body: bytes) -> Problem:
    found = msgspec.json.decode(body, type=Problem)
    assert found.status == status
    return found


def place(chain: Chain, seq: int | None = None) -> Place:
    head = chain.head(seq)
    return Place(head.epoch, head.seq, head.hash)
