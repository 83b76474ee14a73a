"""The processes of the benchmark: broker, boards, daemon, bare script and presser, each ended by its id."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final

from drivers.buttons.broker import find_mosquitto

START_S: Final = 20.0
BROKER: Final = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence false
set_tcp_nodelay {nodelay}
"""


class Lost(Exception):
    """A process that is measured, or that measures, is gone or does not answer; the text says which."""


class Child:
    """A child that obeys `edge.bench.lines`."""

    def __init__(self, name: str, orders: IO[bytes], answers: IO[bytes]) -> None:
        self._name = name
        self._orders = orders
        self._answers = answers
        self._read()

    def do(self, what: str, **more: object) -> dict[str, Any]:
        """Give one order and wait for its answer. Raises Lost."""
        try:
            self._orders.write(json.dumps({"do": what, **more}).encode() + b"\n")
            self._orders.flush()
        except OSError as err:
            raise Lost(f"the {self._name} is gone") from err
        return self._read()

    def _read(self) -> dict[str, Any]:
        line = self._answers.readline()
        if not line:
            raise Lost(f"the {self._name} is gone")
        found: dict[str, Any] = json.loads(line)
        return found


@contextlib.contextmanager
def obeying(name: str, module: str, *arguments: str) -> Iterator[Child]:
    """A child of this package's."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", module, *arguments]
    with started(command, None, stdin=pipe, stdout=pipe) as process:
        if process.stdin is None or process.stdout is None:
            raise Lost(f"the {name} has no pipes")
        yield Child(name, process.stdin, process.stdout)


@contextlib.contextmanager
def broker(folder: Path, port: int, *, nodelay: bool) -> Iterator[None]:
    """A mosquitto. Raises Lost where there is none."""
    program = find_mosquitto()
    if program is None:
        raise Lost("mosquitto is not installed: ./install.sh --packages")
    config = folder / "mosquitto.conf"
    text = BROKER.format(port=port, nodelay="true" if nodelay else "false")
    config.write_text(text + ("user root\n" if os.geteuid() == 0 else ""))
    with started([str(program), "-c", str(config)], folder / "mosquitto.log"):
        ends = time.monotonic() + START_S
        while not _listens(port):
            if time.monotonic() > ends:
                raise Lost("mosquitto does not listen")
            time.sleep(0.02)
        yield


class Log:
    """The daemon's log on its way to a file, as through systemd's journal; `hang` is its disk hanging. file: the daemon's end."""

    def __init__(self, file: int, taker: "subprocess.Popen[bytes]") -> None:
        self.file = file
        self._taker = taker

    def hang(self) -> None:
        """From now on nothing is taken: whoever writes waits, until `resume`."""
        self._taker.send_signal(signal.SIGSTOP)
        os.set_blocking(self.file, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(self.file, b"the disk of the log hangs\n")
        os.set_blocking(self.file, True)

    def resume(self) -> None:
        """Take again."""
        self._taker.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def log(path: Path) -> Iterator[Log]:
    """Takes what is written to it into a file."""
    with path.open("wb") as file, started(["cat"], None, stdin=subprocess.PIPE, stdout=file) as taker:
        if taker.stdin is None:
            raise Lost("the log has no pipe")
        found = Log(taker.stdin.fileno(), taker)
        try:
            yield found
        finally:
            found.resume()


@contextlib.contextmanager
def daemon(config: Path, log: Log) -> Iterator["subprocess.Popen[bytes]"]:
    """`campus-edge run`."""
    command = [sys.executable, "-m", "edge", "run", "--config", str(config)]
    with started(command, log.file) as process:
        yield process


def memory_mib(pid: int) -> float:
    """The proportional set size of a process and all below it (proc(5), smaps_rollup), in MiB."""
    kib = 0
    for one in family(pid):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    kib += int(line.split()[1])
    return kib / 1024


def other_threads(pid: int) -> list[int]:
    """Every thread of a process but the first, in which the loop runs."""
    return [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir() if task.name != str(pid)]


def family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += family(int(child))
    return found


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
        return True
    return False


@contextlib.contextmanager
def started(
    command: Sequence[str],
    log: Path | int | None,
    stdin: int | None = None,
    stdout: int | IO[bytes] | None = None,
) -> Iterator["subprocess.Popen[bytes]"]:
    """A program of ours, ended by its id. log: takes what it says where nothing else does."""
    with contextlib.ExitStack() as stack:
        words = stack.enter_context(log.open("wb")) if isinstance(log, Path) else log
        process = subprocess.Popen(  # noqa: S603  our own programs
            command, stdin=stdin or subprocess.DEVNULL, stdout=stdout or words, stderr=words
        )
        try:
            yield process
        finally:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    process.terminate()
    try:
        process.wait(5.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
