"""The way to a number, for one call: datagrams, or one connection by TCP or TLS that is cut into messages. Nothing here waits.

Source: RFC 3261 18.1 (a connection for what is asked by it), 18.3 (on a stream Content-Length says where a message ends), 26.2.1.
"""

import errno
import socket
import ssl
from contextlib import suppress
from typing import Final, Literal, Protocol

from drivers.outputs.sip_message import LONGEST

Transport = Literal["udp", "tcp", "tls"]
MOST_AT_ONCE: Final = 32
"""Messages taken of one number before others have their turn."""
_LENGTH: Final = (b"content-length", b"l")


class Way(Protocol):
    """sock: for select. lost: why nothing goes there any more, `""`: it does."""

    sock: socket.socket
    lost: str

    @property
    def writing(self) -> bool:
        """Whether select is to wait for room, too."""

    def send(self, message: bytes) -> None:
        """It goes as soon as it can."""

    def turn(self) -> list[bytes]:
        """Go on with what is under way; what came."""

    def shut(self) -> None: ...


class Datagrams:
    """By UDP. Connected, so that nobody else is heard, and a port that nobody listens on is told at once."""

    writing = False

    def __init__(self, family: int, host: str, port: int) -> None:
        """Raises OSError."""
        self.lost = ""
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self.sock.setblocking(False)
            self.sock.connect((host, port))
        except BaseException:
            self.sock.close()
            raise

    def send(self, message: bytes) -> None:
        with suppress(OSError):
            self.sock.send(message)

    def turn(self) -> list[bytes]:
        came: list[bytes] = []
        for _ in range(MOST_AT_ONCE):
            try:
                came.append(self.sock.recv(LONGEST + 1))
            except OSError:  # none is left; or nobody listens there (ICMP), and the call gives up by itself
                break
        return came

    def shut(self) -> None:
        self.sock.close()


class Stream:
    """By TCP, or by TLS where `context` is there. lost: `unreachable`, `tls`, `closed`, `garbage`."""

    def __init__(
        self, family: int, host: str, port: int, context: ssl.SSLContext | None = None, name: str = ""
    ) -> None:
        """name: what the certificate has to be for; `""`: the address. Raises OSError where there is no way out."""
        self.lost = ""
        self._state: Literal["connecting", "shaking", "open"] = "connecting"
        self._unsent = b""
        self._came = b""
        self._context, self._name = context, name or host
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            self.sock.setblocking(False)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            begun = self.sock.connect_ex((host, port))
            if begun not in (0, errno.EINPROGRESS):
                raise OSError(begun, "no way there")
        except BaseException:
            self.sock.close()
            raise

    @property
    def writing(self) -> bool:
        return self._state == "connecting" or (self._state == "open" and bool(self._unsent))

    def send(self, message: bytes) -> None:
        self._unsent += message
        self._flush()

    def turn(self) -> list[bytes]:
        if self.lost:
            return []
        if self._state == "connecting":
            self._connected()
        if self._state == "shaking":
            self._shake()
        self._flush()
        if self._state == "open":
            self._read()
        return self._cut()

    def shut(self) -> None:
        self.sock.close()

    def _connected(self) -> None:
        try:
            self.sock.getpeername()
        except OSError:
            if self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self.lost = "unreachable"
            return
        if self._context is None:
            self._state = "open"
            return
        try:
            self.sock = self._context.wrap_socket(
                self.sock, server_hostname=self._name, do_handshake_on_connect=False
            )
        except (OSError, ValueError):
            self.lost = "tls"
            return
        self._state = "shaking"

    def _shake(self) -> None:
        assert isinstance(self.sock, ssl.SSLSocket)  # noqa: S101  # made so before this state
        try:
            self.sock.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except ssl.SSLError:
            self.lost = "tls"
        except OSError:
            self.lost = "unreachable"
        else:
            self._state = "open"

    def _flush(self) -> None:
        while self._unsent and self._state == "open" and not self.lost:
            try:
                self._unsent = self._unsent[self.sock.send(self._unsent) :]
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError:
                self.lost = "closed"

    def _read(self) -> None:
        # To the last octet that is there: what TLS has decrypted no select tells of.
        while not self.lost and len(self._came) <= MOST_AT_ONCE * LONGEST:
            try:
                data = self.sock.recv(LONGEST)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError:
                data = b""
            if not data:
                self.lost = "closed"
            self._came += data

    def _cut(self) -> list[bytes]:
        found: list[bytes] = []
        while True:
            # An empty line between messages keeps a connection alive (RFC 5626, 3.5.1).
            self._came = self._came.lstrip(b"\r\n")
            size = message_size(self._came)
            if size is None:
                self.lost = self.lost or "garbage"
                return found
            if not size or len(self._came) < size:
                return found
            found.append(self._came[:size])
            self._came = self._came[size:]


def message_size(data: bytes) -> int | None:
    """How long the first message of a stream is; 0: its headers are not all there; None: it is none that is taken."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return 0 if len(data) <= LONGEST else None
    length = b"0"
    for line in data[:end].split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() in _LENGTH:
            length = value.strip()
    size = end + 4 + int(length) if length.isdigit() and len(length) <= 6 else LONGEST + 1
    return size if size <= LONGEST else None


def trusting(authority: str) -> ssl.SSLContext:
    """TLS that believes those alone whom a PEM text names; `""`: the system's. Raises ssl.SSLError, a kind of OSError."""
    context = ssl.create_default_context(cadata=authority or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
