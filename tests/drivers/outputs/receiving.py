"""A program that takes webhooks, or answers them badly."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Receiver:
    """answers: what it says to each path. heard: path, headers and body of each request."""

    port: int = 0
    answers: dict[str, web.StreamResponse] = field(default_factory=dict)
    heard: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    endless: int = 0

    async def hear(self, request: web.Request) -> web.StreamResponse:
        self.heard.append((request.path, dict(request.headers), await request.read()))
        match request.path:
            case "/elsewhere":
                raise web.HTTPTemporaryRedirect("/taken")
            case "/silent":
                await asyncio.sleep(60)
            case "/hangs-up":
                assert request.transport is not None
                request.transport.close()
            case "/endless":
                answer = web.StreamResponse()
                await answer.prepare(request)
                with contextlib.suppress(ConnectionError):
                    while True:
                        await answer.write(bytes(65_536))
                        self.endless += 1
        return web.Response(status=int(request.query.get("status", "204")))


@contextlib.asynccontextmanager
async def receiver(tls: ssl.SSLContext | None) -> AsyncIterator[Receiver]:
    found = Receiver()
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", found.hear)
    runner = web.AppRunner(application, shutdown_timeout=0.01)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    assert site._server is not None
    found.port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    try:
        yield found
    finally:
        await runner.cleanup()
