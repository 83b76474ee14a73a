"""Which boot of the machine this is."""

import os
from pathlib import Path


def boot_id() -> str:
    """This boot of the machine: CLOCK_MONOTONIC holds within it (Linux, random(4))."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return f"unknown-{os.getpid()}"
