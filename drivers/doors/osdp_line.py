"""One serial port, never waited for: what is there is read, what does not fit is not written."""

import errno
import fcntl
import os
import termios

BAUDS = {baud: getattr(termios, f"B{baud}") for baud in (9600, 19200, 38400, 57600, 115200, 230400)}
"""The speeds of SIA OSDP 2.2."""
_NOT_NOW = (errno.EAGAIN, errno.EINTR)


class LineLost(Exception):
    """The port cannot be opened or has gone away; try again later. The text is the system's reason."""


class Line:
    """An open port, 8N1, raw, ours alone. Not pyserial: its `write` spins while the port takes nothing."""

    def __init__(self, port: str, baud: int) -> None:
        try:
            self._fd = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError as err:
            raise LineLost(err.strerror or "cannot be opened") from err
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            speed = BAUDS[baud]
            control = termios.CS8 | termios.CREAD | termios.CLOCAL
            characters = termios.tcgetattr(self._fd)[6]
            # With VMIN 1 nothing there is EAGAIN, and an empty read can only be a hang-up.
            characters[termios.VMIN], characters[termios.VTIME] = 1, 0
            termios.tcsetattr(self._fd, termios.TCSANOW, [0, 0, control, 0, speed, speed, characters])
            termios.tcflush(self._fd, termios.TCIOFLUSH)
        except (OSError, termios.error) as err:
            os.close(self._fd)
            raise LineLost("is no serial port, or in use") from err

    def fileno(self) -> int:
        return self._fd

    def read(self) -> bytes:
        """What has come, perhaps nothing. Raises `LineLost` when the port hung up."""
        try:
            data = os.read(self._fd, 4096)
        except OSError as err:
            if err.errno in _NOT_NOW:
                return b""
            raise LineLost(err.strerror or "gone") from err
        if not data:
            raise LineLost("hung up")
        return data

    def write(self, data: bytes) -> bool:
        """Whether all of it was taken. Half a frame is as good as none: the reader drops it, and so do we."""
        try:
            return os.write(self._fd, data) == len(data)
        except OSError:
            return False

    def discard_input(self) -> None:
        try:
            termios.tcflush(self._fd, termios.TCIFLUSH)
        except termios.error as err:
            raise LineLost("gone") from err

    def close(self) -> None:
        os.close(self._fd)
