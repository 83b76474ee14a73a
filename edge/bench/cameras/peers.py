"""What stands around the measured camera process: simulated cameras, ffmpeg beside it, and what the kernel counts of each."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from edge.bench.children import Lost, family, started
from edge.simulated.cameras import kept_pictures
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """What the cameras send. live: encoded as it is sent, the true time burnt in; else a loop that was packed before."""

    size: str = "1920x1080"
    fps: int = 15
    gop: int = 30
    bit_rate: int = 2_000_000
    seconds: int = 8
    sub: bool = False
    live: bool = False

    @property
    def words(self) -> list[str]:
        """As `drivers.simulators.camera` takes them."""
        words = ["--size", self.size, "--fps", str(self.fps), "--gop", str(self.gop)]
        words += ["--bit-rate", str(self.bit_rate), "--seconds", str(self.seconds)]
        return words + ([] if self.sub else ["--no-sub"]) + (["--live"] if self.live else [])


FULL: Final = View()
"""Issue 5, How it will be judged: 1080p15 at 2 Mbit/s, a key picture every 2 s."""
SMALL: Final = View(size="320x180", bit_rate=300_000, gop=15)


class Simulated:
    """A process with some simulated cameras."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.urls: list[str] = self._read()["ready"]

    def order(self, camera: int, kind: str) -> None:
        """Break or mend one; returns once that is in force. Raises Lost."""
        if self.process.stdin is None:
            raise Lost("the simulated cameras have no pipe")
        self.process.stdin.write(json.dumps({"camera": camera, "kind": kind}).encode() + b"\n")
        self.process.stdin.flush()
        answer = self._read()
        if "done" not in answer:
            raise Lost(f"the simulated cameras refused: {answer}")

    def signal(self, what: signal.Signals) -> None:
        """Stop or continue it, or kill it."""
        self.process.send_signal(what)

    def _read(self) -> dict[str, Any]:
        line = b"" if self.process.stdout is None else self.process.stdout.readline()
        if not line:
            raise Lost("the simulated cameras are gone")
        found: dict[str, Any] = json.loads(line)
        return found


@contextlib.contextmanager
def simulated(folder: Path, view: View, count: int = 1, port: int = 0) -> Iterator[Simulated]:
    """Cameras that play. port: of the first; 0: spare ones. What is encoded is kept for the next run where it can be."""
    command = [
        sys.executable,
        "-m",
        "drivers.simulators.camera",
        "--cameras",
        str(count),
        "--port",
        str(port),
    ]
    command += ["--cache", str(kept_pictures() or folder / "pictures"), *view.words]
    with started(command, folder / "cameras.log", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Simulated(process)


@contextlib.contextmanager
def ffmpegs(folder: Path, urls: Sequence[str]) -> Iterator[list[int]]:
    """One `ffmpeg -c copy -f segment` a camera; their process ids. Raises Lost where there is no ffmpeg."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise Lost("ffmpeg is not installed: ./install.sh --packages")
    with contextlib.ExitStack() as stack:
        found = []
        for number, url in enumerate(urls):
            command = [program, "-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp", "-i", url]
            command += ["-c", "copy", "-f", "segment", "-segment_time", "4", "-segment_wrap", "2"]
            command += [str(folder / f"{number}-%d.mp4")]
            found.append(stack.enter_context(started(command, folder / "ffmpeg.log")).pid)
        yield found


def cpu_ms(pid: int) -> float:
    """What the scheduler gave to the living threads of a process (proc(5), task/*/schedstat), in ms. Raises Lost."""
    total = 0
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError):  # a thread that ended meanwhile
                total += int((task / "schedstat").read_text().split()[0])
    except OSError:
        raise Lost(f"process {pid} is gone") from None
    return total / 1e6


def rss_mib(pid: int) -> float:
    """The resident set of a process and of all below it, in MiB; what they share is counted in each."""
    page, pages = os.sysconf("SC_PAGE_SIZE"), 0
    for one in family(pid):
        with contextlib.suppress(OSError):
            pages += int(Path(f"/proc/{one}/statm").read_text().split()[1])
    return pages * page / 2**20


def below(pid: int, module: str) -> int:
    """The process below `pid` that runs a module of ours. Raises Lost."""
    for one in family(pid):
        with contextlib.suppress(OSError):
            if module.encode() in Path(f"/proc/{one}/cmdline").read_bytes().split(b"\0"):
                return one
    raise Lost(f"there is no {module}")
