"""A daemon and its processes whose wall clock a journey moves while they run. CLOCK_MONOTONIC stays: devices are real."""

import mmap
import struct
from pathlib import Path
from typing import Final

DAY_S: Final = 86_400
_CODE: Final = '''"""How far this process's wall clock is off, from a file beside this one."""

import mmap
import struct
import time
from pathlib import Path

_real_ns = time.time_ns
with (Path(__file__).parent / "off").open("rb") as _file:
    _off = mmap.mmap(_file.fileno(), 8, access=mmap.ACCESS_READ)


def _now_ns():
    return _real_ns() + struct.unpack("<q", _off[:8])[0]


time.time_ns = _now_ns
time.time = lambda: _now_ns() / 1e9
'''


class MovedClock:
    """`environment` is what the daemon is started with."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "off").write_bytes(struct.pack("<q", 0))
        (folder / "sitecustomize.py").write_text(_CODE)
        self.environment = {"PYTHONPATH": str(folder)}
        with (folder / "off").open("r+b") as file:
            self._off = mmap.mmap(file.fileno(), 8)
        self.off_s = 0

    def move(self, seconds: int) -> None:
        """Set it ahead, or back by less than 0."""
        self.off_s += seconds
        self._off[:8] = struct.pack("<q", self.off_s * 1_000_000_000)
