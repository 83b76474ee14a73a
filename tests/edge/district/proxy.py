"""A line to the hub that does what lines do: requests doubled, held back, cut short, changed on the way, answers lost."""

import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from aiohttp import web

FAULTS: Final = ("doubled", "late again", "cut short", "changed", "answer lost", "answer changed", "refused")


class Proxy:
    """Passes requests on to `to`; of a hundred, `faults` go wrong. up: whether anything gets through at all."""

    def __init__(self, to: str, faults: int, seed: int) -> None:
        self.to = to
        self.url = ""
        self.faults = faults
        self.up = True
        self.did: Counter[str] = Counter()
        self._chance = random.Random(seed)
        self._session: aiohttp.ClientSession
        self._late: list[tuple[str, str, dict[str, str], bytes]] = []

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        if not self.up:
            return self._lost(request)
        fault = self._chance.choice(FAULTS) if self._chance.randrange(100) < self.faults else ""
        self.did[fault] += 1
        headers = {
            name: request.headers[name]
            for name in ("Authorization", "Content-Type", "Content-Encoding", "Accept")
            if name in request.headers
        }
        asked = request.method, request.path_qs, headers, body
        match fault:
            case "refused":
                return self._lost(request)
            case "doubled":
                await self._passed(asked)
            case "late again" if request.method == "POST":
                self._late.append(asked)
            case "cut short" if body:
                asked = *asked[:3], body[: self._chance.randrange(len(body))]
            case "changed" if body:
                asked = *asked[:3], self._flipped(body)
        if self._late and not self._chance.randrange(5):
            await self._passed(self._late.pop(0))
        found = await self._passed(asked)
        if found is None or fault == "answer lost":
            return self._lost(request)
        status, kind, answer = found
        if fault == "answer changed" and answer:
            answer = self._flipped(answer)
        return web.Response(status=status, body=answer, content_type=kind)

    async def _passed(self, asked: tuple[str, str, dict[str, str], bytes]) -> tuple[int, str, bytes] | None:
        method, path, headers, body = asked
        try:
            async with self._session.request(
                method, self.to + path, headers=headers, data=body or None
            ) as answer:
                return answer.status, answer.content_type, await answer.read()
        except aiohttp.ClientError:
            return None

    def _flipped(self, data: bytes) -> bytes:
        at = self._chance.randrange(len(data))
        return data[:at] + bytes([data[at] ^ 1 << self._chance.randrange(8)]) + data[at + 1 :]

    def _lost(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=502)


@asynccontextmanager
async def proxied(to: str, faults: int = 0, seed: int = 1) -> AsyncIterator[Proxy]:
    """A proxy on a spare port of loopback."""
    proxy = Proxy(to, faults, seed)
    runner = web.ServerRunner(web.Server(proxy.serve, auto_decompress=False))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    proxy.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        proxy._session = session
        try:
            yield proxy
        finally:
            await runner.cleanup()
