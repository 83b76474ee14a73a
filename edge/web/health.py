"""`/healthz` and `/readyz` (contract section 5), over TLS 1.2 or newer, or plain on loopback.

A taken port or a certificate that cannot be used never disarms anybody: it is told, and tried again every 5 s.
An expired certificate is told too and served meanwhile: a page behind a browser's warning is better than none.
aiohttp is imported by the first `run`, which comes after the doors are armed: it costs 200 ms.
"""

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog

from edge.web.certificate import not_after

if TYPE_CHECKING:
    from aiohttp import web

AGAIN_S: Final = 5.0
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


class Health:
    """Serves until `run` is cancelled.

    is_armed: asked at each request, on the loop's thread. tell: told of `web_port` and `web_certificate`
    when they turn.
    """

    def __init__(
        self, listen: Listen, is_armed: Callable[[], bool], tell: Tell, *, again_s: float = AGAIN_S
    ) -> None:
        self._listen = listen
        self._is_armed = is_armed
        self._tell = tell
        self._again_s = again_s
        self._trouble: tuple[str, str] | None = None
        self.port = 0
        """The port that is open, 0 while none is; for a `listen` with port 0."""
        self.opened = asyncio.Event()
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
        from aiohttp import web

        tls, pair = self._tls()
        app = web.Application(client_max_size=1_024)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.on_response_prepare.append(_headers)
        runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            keepalive_timeout=15.0,
            shutdown_timeout=1.0,
            max_line_size=LONGEST_HEAD,
            max_field_size=LONGEST_HEAD,
        )
        await runner.setup()
        try:
            site = web.TCPSite(
                runner, self._listen.host, self._listen.port, ssl_context=tls, reuse_address=True
            )
            await site.start()
            self.port = int(runner.addresses[0][1])
            self.opened.set()
            log.info("web.open", host=self._listen.host, port=self.port)
            await self._until_renewed(pair)
        finally:
            self.opened.clear()
            self.port = 0
            await runner.cleanup()

    async def _healthz(self, request: "web.Request") -> "web.Response":
        """200 while the loop turns: a loop that does not turn cannot answer."""
        from aiohttp import web

        return web.json_response({"alive": True})

    async def _readyz(self, request: "web.Request") -> "web.Response":
        """No names: who may hear them needs an account (part 2)."""
        from aiohttp import web

        armed = self._is_armed()
        return web.json_response({"armed": armed}, status=200 if armed else 503)

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


async def _headers(request: "web.BaseRequest", response: Any) -> None:
    """What every answer carries; the server's name and version are nobody's business."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    response.headers["Server"] = "campus-edge"
