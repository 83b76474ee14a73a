"""Counts starts that ended before READY: after three within a minute the daemon starts in safe mode.

The rule is a function of values; around it one small file in the store. Losing that file costs only the count.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from rules.model.values import dataclass

NAME: Final = "starts.json"
MOST_FAILED: Final = 3
WITHIN_S: Final = 60.0
_LONGEST_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Start:
    """One start of the daemon: which boot of the machine, and seconds of its CLOCK_MONOTONIC."""

    boot: str
    at_s: float


def safe_mode(failed: tuple[Start, ...], now: Start) -> bool:
    """Whether this start is one too many. failed: earlier starts that never became ready, oldest first.

    Starts before a reboot do not count: a machine that boots is not a daemon in a loop.
    """
    recent = [one for one in failed if one.boot == now.boot and 0 <= now.at_s - one.at_s <= WITHIN_S]
    return len(recent) >= MOST_FAILED


def begin(store: Path, now: Start) -> bool:
    """Note this start, and say whether it is to be in safe mode. Never raises: a dead disk stops no start."""
    failed = _load(store / NAME)
    with suppress(OSError):
        _save(store / NAME, (*failed[-(MOST_FAILED + 1) :], now))
    return safe_mode(failed, now)


def ready(store: Path) -> None:
    """This start became ready: the count begins anew. Never raises."""
    with suppress(OSError):
        (store / NAME).unlink(missing_ok=True)


def _load(path: Path) -> tuple[Start, ...]:
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_LONGEST_BYTES), type=tuple[Start, ...])
    except (OSError, msgspec.DecodeError):
        return ()


def _save(path: Path, starts: tuple[Start, ...]) -> None:
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(starts))
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
