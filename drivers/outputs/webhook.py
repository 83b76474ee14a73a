"""A message to a program: one POST of signed JSON, over TLS, to where it is configured and nowhere else."""

import asyncio
import importlib
import time
from dataclasses import field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final

from drivers.base import Emit, checked_notice
from drivers.outputs.deliveries import Deliveries, Said
from drivers.outputs.route import Wording
from drivers.outputs.trust import believing
from drivers.outputs.webhook_message import body, signed
from rules.model.ids import OutputId
from rules.model.notices import Notice
from rules.model.values import dataclass

if TYPE_CHECKING:
    import aiohttp

WITHIN_S: Final = 10.0
"""For a notice, its second attempt included."""


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """campus: its id. url: https, or http on loopback. secret: the bytes that sign.

    authority: PEM of who vouches for the receiver's certificate; None: the system's authorities.
    """

    output: OutputId
    campus: str
    url: str
    secret: bytes = field(repr=False)
    authority: str | None = field(default=None, repr=False)


class _Broken(Exception):
    """No answer came. sent: whether any of the request had left."""

    def __init__(self, code: str, sent: bool) -> None:
        super().__init__(code)
        self.code = code
        self.sent = sent


class Webhook:
    """The route of one `webhook` output. Belongs to the loop's thread."""

    def __init__(self, config: WebhookConfig, within_s: float = WITHIN_S) -> None:
        self.output = config.output
        self._config = config
        self._deliveries = Deliveries(config.output, self._deliver, within_s)
        self._session: aiohttp.ClientSession | None = None

    def tell(self, notice: Notice, wording: Wording) -> None:
        """See `Route.tell`."""
        checked_notice(notice, self.output)
        self._deliveries.take(notice, wording)

    async def run(self, emit: Emit) -> None:
        """See `Route.run`."""
        # In a thread: a third of a second that no press may wait for.
        await asyncio.to_thread(importlib.import_module, "aiohttp")
        import aiohttp

        try:
            context = await asyncio.to_thread(believing, self._config.authority)
        except (OSError, ValueError):
            context = None
        if context is None:
            await self._deliveries.run(emit)
            return
        begun = aiohttp.TraceConfig()
        begun.on_request_headers_sent.append(_has_left)
        self._session = aiohttp.ClientSession(
            # Each on a connection of its own: one that idled may be dead without a sign.
            connector=aiohttp.TCPConnector(ssl=context, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            headers={"User-Agent": "campus-edge", "Content-Type": "application/json"},
            trace_configs=[begun],
        )
        async with self._session:
            await self._deliveries.run(emit)

    async def _deliver(self, notice: Notice, wording: Wording, by: float) -> Said:
        if self._session is None:
            return Said("failed", "tls", 0, 1)
        content = body(self._config.campus, notice, wording, datetime.now(UTC))
        try:
            async with asyncio.timeout(by - time.monotonic()):
                try:
                    code = await self._posted(self._session, notice, content)
                except _Broken as broken:
                    if broken.sent or broken.code == "tls":
                        raise
                    code = await self._posted(self._session, notice, content)
        except TimeoutError:
            code = "timeout"
        except _Broken as broken:
            code = broken.code
        return Said("failed", code, 0, 1) if code else Said("received", told=1, of=1)

    async def _posted(self, session: "aiohttp.ClientSession", notice: Notice, content: bytes) -> str:
        """`""` where it was taken, else the code of the answer: redirected, refused, or deferred. Raises `_Broken`."""
        import aiohttp

        config, left = self._config, SimpleNamespace(sent=False)
        headers = signed(config.secret, config.campus, notice, content, int(time.time()))
        try:
            async with session.post(
                config.url, data=content, headers=headers, allow_redirects=False, trace_request_ctx=left
            ) as answer:
                status = answer.status
                # Its body is nobody's, and may have no end.
                answer.close()
        except aiohttp.ClientSSLError:
            raise _Broken("tls", left.sent) from None
        except aiohttp.ClientConnectorError:
            raise _Broken("unreachable", left.sent) from None
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise _Broken("closed", left.sent) from None
        if 200 <= status < 300:
            return ""
        if status < 400:
            return "redirected"
        return "deferred" if status == 429 or status >= 500 else "refused"


async def _has_left(_session: object, context: SimpleNamespace, _sent: object) -> None:
    context.trace_request_ctx.sent = True
