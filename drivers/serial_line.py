"""A serial port as bytes on the asyncio loop: opened by pyserial, read by the loop, lost loudly."""

import asyncio
import contextlib
import os
import stat
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import serial

Parity = Literal["none", "even", "odd"]

_PARITY = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}
_PTY_MAJORS = range(136, 144)
"""Device numbers of pseudo-terminals (Linux, Documentation/admin-guide/devices.txt)."""
_MOST_UNREAD_BYTES = 4_096


class LineLost(Exception):
    """The port cannot be opened, or is gone: unplugged, hung up, in use by another program."""


async def open_line(path: str, baud: int, parity: Parity, stirred: Callable[[], None]) -> "SerialLine":
    """Open the port, for us alone. Raises LineLost.

    stirred: called on the loop whenever bytes came or the port was lost.
    """
    try:
        port = await asyncio.to_thread(_open, path, baud, parity)
    except (OSError, ValueError, termios.error) as error:
        raise LineLost(f"cannot open {path}: {error}") from error
    return SerialLine(port, stirred)


def _open(path: str, baud: int, parity: Parity) -> serial.Serial:
    # A pty has no parity, and glibc's tcsetattr refuses the even one with EINVAL.
    if parity != "none" and _is_pty(path):
        parity = "none"
    return serial.Serial(path, baud, parity=_PARITY[parity], timeout=0, exclusive=True)


def _is_pty(path: str) -> bool:
    found = Path(path).stat()
    return stat.S_ISCHR(found.st_mode) and os.major(found.st_rdev) in _PTY_MAJORS


class SerialLine:
    """An open port. Reads and writes never block; both raise LineLost once it is gone."""

    def __init__(self, port: serial.Serial, stirred: Callable[[], None]) -> None:
        self._port = port
        self._descriptor = port.fileno()
        self._stirred = stirred
        self._unread = bytearray()
        self._lost: str | None = None
        self._reading = True
        asyncio.get_running_loop().add_reader(self._descriptor, self._readable)

    def write(self, frame: bytes) -> None:
        """Hand it to the port whole; a frame of Modbus, or a short message, always fits a tty's buffer."""
        self._check()
        try:
            written = os.write(self._descriptor, frame)
        except OSError as error:
            raise LineLost(f"cannot write to {self._port.port}: {error}") from error
        if written != len(frame):
            raise LineLost(f"{self._port.port} takes no more bytes: is its flow control off?")

    def take(self) -> bytes:
        """What has arrived since the last call."""
        self._check()
        taken = bytes(self._unread)
        self._unread.clear()
        return taken

    def close(self) -> None:
        self._stop_reading()
        # Else closing waits for bytes that a dead port never sends, up to 30 s, with the loop standing still.
        with contextlib.suppress(termios.error, OSError):
            termios.tcflush(self._descriptor, termios.TCIOFLUSH)
        with contextlib.suppress(OSError):
            self._port.close()

    def _check(self) -> None:
        if self._lost is not None:
            raise LineLost(self._lost)

    def _readable(self) -> None:
        try:
            data = os.read(self._descriptor, 512)
        except BlockingIOError:
            return
        except OSError as error:
            data, why = b"", str(error)
        else:
            why = "hung up"
        if data:
            if len(self._unread) < _MOST_UNREAD_BYTES:
                self._unread += data
        else:
            # A hung-up descriptor stays readable: left in the loop it costs a whole core.
            self._stop_reading()
            self._lost = f"{self._port.port} is gone: {why}"
        self._stirred()

    def _stop_reading(self) -> None:
        if self._reading:
            self._reading = False
            asyncio.get_running_loop().remove_reader(self._descriptor)
