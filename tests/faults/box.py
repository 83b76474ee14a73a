"""The box fails: the process is killed, frozen, out of memory, out of descriptors, or has hardly any processor."""

import contextlib
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final

from tests.faults.campus import Campus
from tests.faults.fault import A_START_S, Fault, Phase
from tests.flow.waiting import wait_for

EATER: Final = (
    "import sys, time\nheld = []\nwhile True:\n    held.append(b'x' * 1048576)\n    time.sleep(0.001)\n"
)
GROUP_BYTES: Final = 48 * 1024 * 1024
QUOTA_US, PERIOD_US = 3_000, 100_000
"""What the daemon needs while nothing happens is nearly as much."""
CALLERS: Final = 40


class Killed(Fault):
    """`kill -9`, some milliseconds behind the press; it is started again at once."""

    name = "kill -9"
    within_s = A_START_S
    follows = True

    def __init__(self, seed: int = 7) -> None:
        self._chance = random.Random(seed)

    def strike(self, campus: Campus) -> None:
        time.sleep(self._chance.uniform(0.0, 0.012))
        before = campus.daemon.restarts
        campus.daemon.kill()
        campus.daemon.until_started_again(before)


class Terminated(Fault):
    """It is told to end (SIGTERM), as an update does, and is started again at once."""

    name = "SIGTERM"
    within_s = A_START_S
    follows = True

    def strike(self, campus: Campus) -> None:
        campus.daemon.kill(signal.SIGTERM)


class Frozen(Fault):
    """SIGSTOP for a second, as a hypervisor or a disk in trouble does; then everything is due at once."""

    def __init__(self, seconds: float = 1.0) -> None:
        self.name = f"SIGSTOP {seconds:.3g} s"  # type: ignore[misc]
        self.within_s = seconds + 0.3  # type: ignore[misc]
        self._seconds = seconds

    def strike(self, campus: Campus) -> None:
        campus.daemon.kill(signal.SIGSTOP)
        threading.Timer(self._seconds, campus.daemon.kill, (signal.SIGCONT,)).start()

    def mend(self, campus: Campus) -> None:
        campus.daemon.kill(signal.SIGCONT)


class OutOfMemory(Fault):
    """The kernel ends the daemon for want of memory (a memory group whose other member eats all of it)."""

    name = "OOM"
    within_s = A_START_S
    follows = True

    def missing(self) -> str:
        return _group_missing("memory")

    def strike(self, campus: Campus) -> None:
        group = _group("memory")
        before, pid = campus.daemon.restarts, campus.daemon.pid
        eater: subprocess.Popen[bytes] | None = None
        try:
            (group / "memory.limit_in_bytes").write_text(str(GROUP_BYTES))
            Path(f"/proc/{pid}/oom_score_adj").write_text("1000")
            (group / "cgroup.procs").write_text(str(pid))
            eater = subprocess.Popen([sys.executable, "-S", "-c", EATER])
            (group / "cgroup.procs").write_text(str(eater.pid))
            campus.daemon.until_started_again(before)
        finally:
            if eater is not None:
                eater.kill()
                eater.wait(10)
            _drop(group)
        if campus.daemon.runs[before].code != -signal.SIGKILL:
            raise AssertionError("the daemon was not ended by the kernel")


class LittleProcessor(Fault):
    """Three hundredths of one processor are left to the daemon."""

    name = "3 % of a CPU"
    within_s = 3.0

    def __init__(self) -> None:
        self._group: Path | None = None
        self._settled = False

    def missing(self) -> str:
        return _group_missing("cpu")

    def strike(self, campus: Campus) -> None:
        group = self._group = _group("cpu")
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (group / "cpu.cfs_quota_us").write_text(str(QUOTA_US))
        (group / "cgroup.procs").write_text(str(campus.daemon.pid))

    def settle(self, campus: Campus) -> None:
        time.sleep(0.5)
        self._settled = True

    def shown(self, campus: Campus) -> str:
        assert self._group is not None
        counted = dict(line.split() for line in (self._group / "cpu.stat").read_text().splitlines())
        return (
            ""
            if int(counted["nr_throttled"]) or not self._settled
            else "the daemon was never held back: nothing was shown"
        )

    def mend(self, campus: Campus) -> None:
        if self._group is not None:
            _drop(self._group)
            self._group, self._settled = None, False


class NoDescriptors(Fault):
    """Not one descriptor is left: every one that the limit still allows is taken by callers."""

    name = "no descriptors"

    def within_of(self, phase: Phase) -> float:
        # A person's release comes over a new connection: asyncio takes up accepting again after a second.
        return 2.5 if phase == "release" else self.within_s

    def __init__(self) -> None:
        self._callers: list[socket.socket] = []

    def strike(self, campus: Campus) -> None:
        pid = campus.daemon.pid
        used = [int(one.name) for one in Path(f"/proc/{pid}/fd").iterdir()]
        if not used:
            raise ProcessLookupError(f"process {pid} just ended")
        _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (max(used) + 1, hard))
        host, _, port = str(campus.tree["web"]["listen"]).rpartition(":")
        for _ in range(CALLERS):
            with contextlib.suppress(OSError):
                self._callers.append(socket.create_connection((host, int(port)), timeout=1))

    def mend(self, campus: Campus) -> None:
        for caller in self._callers:
            caller.close()
        self._callers.clear()
        with contextlib.suppress(ProcessLookupError):
            _, hard = resource.prlimit(campus.daemon.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(campus.daemon.pid, resource.RLIMIT_NOFILE, (min(4096, hard), hard))


def boxes() -> list[Fault]:
    """Every way in which the box fails."""
    return [Killed(), Terminated(), Frozen(), OutOfMemory(), LittleProcessor(), NoDescriptors()]


def _controller(name: str) -> Path | None:
    """Where the version 1 hierarchy of a resource is mounted."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, options, *_ = line.split()
        if kind == "cgroup" and name in options.split(","):
            return Path(place)
    return None


def _group_missing(name: str) -> str:
    place = _controller(name)
    if place is None:
        return f"there is no version 1 control group for {name} here"
    try:
        _drop(_group(name))
    except OSError as err:
        return f"a control group for {name} may not be made here: {err.strerror}"
    return ""


def _group(name: str) -> Path:
    place = _controller(name)
    assert place is not None
    group = place / f"campus-edge-faults-{os.getpid()}"
    group.mkdir(exist_ok=True)
    return group


def _drop(group: Path) -> None:
    """Give every member back and remove the group."""
    for pid in (group / "cgroup.procs").read_text().split():
        with contextlib.suppress(OSError):
            (group.parent / "cgroup.procs").write_text(pid)
    wait_for("the group is empty", lambda: not (group / "cgroup.procs").read_text().split())
    group.rmdir()
