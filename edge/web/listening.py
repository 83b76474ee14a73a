"""Where the page listens: over TLS 1.2 or newer, or plain on loopback; whatever application it serves.

A taken port or a certificate that cannot be used never disarms anybody: it is told, and tried again every 5 s.
An expired certificate is told too and served meanwhile: a page behind a browser's warning is better than none.
aiohttp is imported by the first `run`, which comes after the doors are armed: it costs 200 ms.
"""

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import structlog

from edge.web.admission import AT_ONCE, Admission, Entrance, most
from edge.web.certificate import not_after
from rules.model.values import dataclass

if TYPE_CHECKING:
    from aiohttp import web

AGAIN_S: Final = 5.0
IDLE_S: Final = 10.0
"""For a head to be whole, and between two requests: who sends a byte now and then holds no place for long."""
LONGEST_HEAD: Final = 8_190

Tell = Callable[[str, bool, tuple[str, ...]], None]
"""A condition of the box (`ConditionChanged`): code, whether it holds, arguments for its text."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen. certificate and private_key: PEM files, or neither on loopback."""

    host: str
    port: int
    certificate: Path | None = None
    private_key: Path | None = None


class _Certificate(Exception):
    """Certificate or key cannot be used."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """Certificate and key as they lie in their files, and until when the certificate holds."""

    certificate: bytes
    private_key: bytes
    not_after: datetime


class Listener:
    """Serves until `run` is cancelled.

    make: makes the application, whenever the port is opened. tell: told of `web_port` and `web_certificate`
    when they turn. opened: the event that is set while the port is open.
    """

    def __init__(
        self,
        listen: Listen,
        make: "Callable[[], web.Application]",
        tell: Tell,
        opened: asyncio.Event | None = None,
        *,
        again_s: float = AGAIN_S,
    ) -> None:
        self._listen = listen
        self._make = make
        self._tell = tell
        self._again_s = again_s
        self._trouble: tuple[str, str] | None = None
        self.port = 0
        """The port that is open, 0 while none is; for a `listen` with port 0."""
        self.opened = opened or asyncio.Event()
        """Set while the port is open."""

    async def run(self) -> None:
        """Listen, and try again as long as that does not work."""
        while True:
            try:
                await self._serve()
                continue  # a renewed certificate: nothing is in the way
            except _Certificate as err:
                self._in_trouble("web_certificate", str(err))
            except OSError as err:
                self._in_trouble(
                    "web_port", f"{self._listen.host}:{self._listen.port}: {err.strerror or err}"
                )
            await asyncio.sleep(self._again_s)

    async def _serve(self) -> None:
        from edge.web.protocol import Runner

        tls, pair = self._tls()
        opened: list[asyncio.Server] = []
        runner = Runner(
            self._make(),
            access_log=None,
            handle_signals=False,
            keepalive_timeout=IDLE_S,
            shutdown_timeout=1.0,
            # Nobody sends us packed bodies: unpacking is work for whoever sends garbage, and a traceback in the log each.
            auto_decompress=False,
            max_line_size=LONGEST_HEAD,
            max_field_size=LONGEST_HEAD,
        )
        await runner.setup()
        try:
            self.port = await self._open(runner, tls, opened)
            self.opened.set()
            log.info("web.open", host=self._listen.host, port=self.port)
            await self._until_renewed(pair)
        finally:
            self.opened.clear()
            self.port = 0
            for server in opened:
                server.close()
            await runner.cleanup()

    async def _open(
        self, runner: "web.AppRunner", tls: ssl.SSLContext | None, opened: list[asyncio.Server]
    ) -> int:
        """Listen on every address of the host, adding to `opened`; the port. Raises OSError."""
        loop, admission = asyncio.get_running_loop(), Admission(most())
        found = await loop.getaddrinfo(
            self._listen.host, self._listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        make, ports = cast("Callable[[], asyncio.Protocol]", runner.server), []
        for family, _, _, _, address in found:
            entrance = Entrance.at(family, address, admission)
            ports.append(int(entrance.getsockname()[1]))
            opened.append(
                await loop.create_server(
                    make,
                    sock=entrance,
                    ssl=tls,
                    backlog=AT_ONCE,
                    # A greeting that does not come holds a place for no longer than a request that does not.
                    ssl_handshake_timeout=None if tls is None else IDLE_S,
                    ssl_shutdown_timeout=None if tls is None else 1.0,
                )
            )
        return ports[0]

    def _tls(self) -> tuple[ssl.SSLContext | None, _Pair | None]:
        """The context, and what it was made of; None for plain HTTP. Raises _Certificate."""
        certificate, key = self._listen.certificate, self._listen.private_key
        if certificate is None or key is None:
            if not is_loopback(self._listen.host):
                raise _Certificate("plain HTTP is for loopback only; name certificate and private_key")
            return None, None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            read = certificate.read_bytes(), key.read_bytes()
            # A key with a passphrase would ask on the terminal, and hang the daemon there.
            context.load_cert_chain(certificate, key, password=lambda: b"")
            return context, _Pair(*read, not_after(read[0]))
        except ssl.SSLError as err:
            raise _Certificate(
                f"{certificate} with {key}: {err.reason or 'not PEM, or not a pair'}"
            ) from None
        except OSError as err:
            raise _Certificate(f"{err.filename or certificate}: {err.strerror}") from None
        except ValueError as err:
            raise _Certificate(f"{certificate}: {err}") from None

    async def _until_renewed(self, pair: _Pair | None) -> None:
        """Watch what is in use; return when the files hold another pair that can be used."""
        while True:
            if pair is not None and pair.not_after < datetime.now(UTC):
                self._in_trouble("web_certificate", f"it expired at {pair.not_after:%Y-%m-%d %H:%M} UTC")
            else:
                self._in_order()
            await asyncio.sleep(self._again_s)
            with contextlib.suppress(_Certificate):
                if pair is not None and self._tls()[1] != pair:
                    return

    def _in_trouble(self, code: str, detail: str) -> None:
        if self._trouble == (code, detail):
            return
        if self._trouble is not None and self._trouble[0] != code:
            self._tell(self._trouble[0], False, ())
        self._trouble = code, detail
        log.warning("web.trouble", code=code, detail=detail, again_s=self._again_s)
        self._tell(code, True, (detail,))

    def _in_order(self) -> None:
        if self._trouble is not None:
            self._tell(self._trouble[0], False, ())
            self._trouble = None


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can come in by `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
