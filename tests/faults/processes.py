"""The processes of a faulty campus: the daemon with somebody who starts it again, and the boards. All end by their id."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.flow.waiting import PATIENCE_S, wait_for

ROOT: Final = Path(__file__).parents[2]
MOST_STARTS: Final = 400
"""Of one daemon; more is a daemon that cannot live."""


class Boards:
    """A process of `tests.faults.boards`."""

    def __init__(self, config: Path, controllers: Sequence[str], before: Sequence[str] = ()) -> None:
        """before: what the command is run by, such as `ip netns exec NAME`."""
        command = [*before, sys.executable, "-m", "tests.faults.boards", str(config), *controllers]
        pipe = subprocess.PIPE
        self._child = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, env=_environment({}))
        self._lock = threading.Lock()
        self._read()

    def do(self, what: str, **more: object) -> dict[str, Any]:
        """One order and its answer."""
        with self._lock:
            assert self._child.stdin is not None
            self._child.stdin.write(json.dumps({"do": what, **more}).encode() + b"\n")
            self._child.stdin.flush()
            return self._read()

    @property
    def pid(self) -> int:
        return self._child.pid

    def signal(self, number: signal.Signals) -> None:
        self._child.send_signal(number)

    def end(self) -> None:
        self._child.send_signal(signal.SIGCONT)
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        _ended(self._child)

    def _read(self) -> dict[str, Any]:
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        assert line, "a process of boards is gone"
        found: dict[str, Any] = json.loads(line)
        return found


@dataclass(slots=True)
class Run:
    """One run of the daemon. Times are CLOCK_MONOTONIC in seconds. code: how it ended; None: it runs."""

    pid: int
    exec_s: float
    code: int | None = None
    ended_s: float | None = None


class Supervised:
    """`campus-edge run`, started again at once when it ends, as systemd does after its `RestartSec`."""

    def __init__(self, config: Path, log: Path, restart_s: float = 0.0) -> None:
        self._config = config
        self._log = log
        self._restart_s = restart_s
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._may_start = threading.Event()
        self._may_start.set()
        self._thread = threading.Thread(target=self._supervise, daemon=True)
        self.environment: dict[str, str] = {}
        """More of it, from the next start on."""
        self.before: list[str] = []
        """What the next start is run by."""
        self.at_start: Callable[[int], None] = lambda _pid: None
        """Told each new process id, before anything else."""
        self.runs: list[Run] = []

    def start(self) -> None:
        self._thread.start()
        wait_for("the daemon was started", lambda: bool(self.runs))

    @property
    def pid(self) -> int:
        return self.runs[-1].pid

    @property
    def restarts(self) -> int:
        return len(self.runs) - 1

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the run of now."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def hold(self) -> None:
        """Do not start it again until `let_go`."""
        self._may_start.clear()

    def let_go(self) -> None:
        self._may_start.set()

    def until_ended(self) -> None:
        """Until the run of now has ended."""
        run = self.runs[-1]
        wait_for("the daemon ended", lambda: run.code is not None)

    def until_started_again(self, after: int) -> None:
        """Until there were more than `after` restarts."""
        wait_for("the daemon was started again", lambda: self.restarts > after)

    def other_threads(self) -> list[int]:
        """Every thread but the first, in which the loop runs."""
        found = Path(f"/proc/{self.pid}/task")
        return [int(task.name) for task in found.iterdir() if task.name != str(self.pid)]

    def end(self) -> None:
        self._stopping.set()
        self._may_start.set()
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGCONT)
            _ended(self._process)
        self._thread.join(PATIENCE_S)

    def _supervise(self) -> None:
        while len(self.runs) < MOST_STARTS:
            self._may_start.wait()
            if self._stopping.is_set():
                return
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    [*self.before, sys.executable, "-m", "edge", "run", "--config", str(self._config)],
                    cwd=ROOT,
                    stdout=log,
                    stderr=log,
                    env=_environment(self.environment),
                )
            run = Run(self._process.pid, time.monotonic())
            self.at_start(run.pid)
            self.runs.append(run)
            code = self._process.wait()
            run.ended_s = time.monotonic()
            run.code = code
            self._stopping.wait(self._restart_s)


def stopped(pid: int) -> bool:
    """Whether a signal has stopped this process (state T, proc(5))."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    return False


def _environment(more: dict[str, str]) -> dict[str, str]:
    # The daemon as it runs at a school: asyncio's debug mode, which the tests set, is another program.
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONASYNCIODEBUG"}
    return {**plain, **more}


def _ended(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(PATIENCE_S)


def traceable() -> str:
    """Why strace can break nothing here; empty: it can."""
    try:
        done = subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        return "strace is not installed"
    return "" if done.returncode == 0 else "strace may not trace here"
