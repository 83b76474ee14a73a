"""When something of CLOCK_MONOTONIC was by the wall clock, and how far that may be off."""

import ctypes
import time
from typing import Final

from edge.media.sealing import Stamp

_UNSYNCHRONISED: Final = 0x40
"""STA_UNSYNC (adjtimex(2))."""


class _Timex(ctypes.Structure):
    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


_libc = ctypes.CDLL(None, use_errno=True)


def error_us() -> int | None:
    """How far the box's clock may be off; None: no time service disciplines it."""
    said = _Timex()
    if _libc.adjtimex(ctypes.byref(said)) < 0 or said.status & _UNSYNCHRONISED:
        return None
    return int(said.maxerror)


def utc(mono_us: int) -> Stamp:
    """The wall clock's time of a moment of CLOCK_MONOTONIC, by the clock as it is now."""
    now_us = time.monotonic_ns() // 1_000
    return Stamp(time.time_ns() // 1_000 - (now_us - mono_us), error_us())
