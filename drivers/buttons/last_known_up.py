"""When the presses session was last known up, kept over restarts of the daemon and of the machine.

Times are monotonic microseconds of this boot; what was before it comes out negative.
"""

import json
import threading
from pathlib import Path

from rules.model.moments import Instant

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
FILE_NAME = "mqtt-last-known-up.json"


def boot_id() -> str:
    """This boot of the machine; Linux random(4)."""
    return _BOOT_ID.read_text().strip()


def read(path: Path, now: Instant, boot: str) -> int | None:
    """When it was last known up; None where that is unknown.

    The same boot counts by the monotonic clock. Another boot counts by the wall clock, if its difference
    is positive and no shorter than this boot has lasted: else the clock was set back or is not set yet.
    """
    try:
        value = json.loads(path.read_bytes())
        kept_boot, utc_us, mono_us = str(value["boot"]), int(value["utc_us"]), int(value["mono_us"])
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    if kept_boot == boot:
        return mono_us if mono_us <= now.mono_us else None
    ago_us = now.utc_us - utc_us
    return now.mono_us - ago_us if ago_us >= max(now.mono_us, 1) else None


class LastKnownUp:
    """Keeps the newest moment in the file, from a thread of its own: a hanging disk stops nobody else."""

    def __init__(self, path: Path, boot: str) -> None:
        self._path = path
        self._boot = boot
        self._newest: Instant | None = None
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def touch(self, up: Instant) -> None:
        """Keep this moment. Returns at once; no fsync, for after a power cut the wall clock says as much."""
        self._newest = up
        self._wake.set()
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._write_forever, name="mqtt last known up", daemon=True
            )
            self._thread.start()

    def _write_forever(self) -> None:
        while self._wake.wait():
            self._wake.clear()
            newest = self._newest
            if newest is None:
                return
            text = json.dumps({"boot": self._boot, "utc_us": newest.utc_us, "mono_us": newest.mono_us})
            beside = self._path.with_name(self._path.name + ".new")
            try:
                beside.write_text(text)
                beside.replace(self._path)
            except OSError:
                continue  # the store says so by itself; here it only makes held presses older than they are

    def close(self) -> None:
        """Let the thread end; a hanging one is left behind."""
        self._newest = None
        self._wake.set()
