"""A hub of the tests' own that keeps its events in memory, holds to the contract, and does what a test tells it to do wrong."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web

from edge.district import api, wire
from edge.journal.chain import ZEROS

Spoil = Callable[[web.BaseRequest], Awaitable[web.StreamResponse | None]]


class Receiver:
    """events: by epoch, in order. came: numbers of each batch that was taken, in order. live: what came ahead."""

    def __init__(self, campus: str) -> None:
        self._campus = campus
        self.url = ""
        self.events: dict[str, list[wire.Event]] = {}
        self.live: dict[tuple[str, int], wire.Event] = {}
        self.ahead_at: list[int] = []
        """How many events the main lane had brought whenever something came ahead."""
        self.starts: dict[str, api.Place] = {}
        self.came: list[tuple[int, int]] = []
        self.bytes = 0
        self.checkpoints: list[api.CheckpointLine] = []
        self.requests: list[tuple[str, str]] = []
        self.halted = ""
        self.spoil: Spoil | None = None
        self._changed = asyncio.Event()

    @property
    def count(self) -> int:
        return sum(map(len, self.events.values()))

    @property
    def bodies(self) -> list[bytes]:
        """Every event that is held, as it was hashed."""
        return [one.body for events in self.events.values() for one in events]

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(60.0):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests.append((request.method, request.path.rpartition("/")[2]))
        self._changed.set()
        try:
            if self.spoil is not None and (spoilt := await self.spoil(request)) is not None:
                return spoilt
            return await self._answer(request)
        finally:
            self._changed.set()

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        body = await request.read()
        match request.path.rpartition("/")[2]:
            case "position":
                return self._json(api.Position(tuple(map(self._place, self.events)), self.halted))
            case "events":
                return self.take(body)
            case "live":
                found = wire.unpacked_live(body, self._campus)
                self.ahead_at.append(self.count)
                for one in found:
                    self.live[one.epoch, one.event.seq] = one.event
                return self._json(api.TakenLive(tuple(one.event.seq for one in found)))
            case "checkpoints":
                lines = msgspec.json.decode(body, type=api.Checkpoints).checkpoints
                self.checkpoints += lines
                for each in lines:
                    if each.epoch not in self.events:
                        self.starts[each.epoch] = api.Place(each.epoch, each.seq, each.hash)
                signed = [api.Countersignature(each.epoch, each.seq, "0" * 16, "0" * 128) for each in lines]
                return self._json(api.Countersigned(tuple(signed), "pem"))
        return self._problem(404, api.Problem("unknown_campus"))

    def take(self, body: bytes) -> web.Response:
        """A batch: what is new of it is held."""
        try:
            batch = wire.unpacked(body, self._campus)
        except wire.Refused as err:
            return self._problem(400, api.Problem(err.code))
        self.bytes += len(body)
        head = batch.head
        held = self._place(head.epoch)
        if head.after > held.seq:
            return self._problem(409, api.Problem("gap", expected=held))
        first = self.starts[head.epoch].seq if head.epoch in self.starts else 0
        mine = self.events.setdefault(head.epoch, [])
        for one in batch.events:
            if one.seq <= held.seq and mine[one.seq - first - 1].hash != one.hash:
                return self._problem(409, api.Problem("fork", at=held))
        new = [one for one in batch.events if one.seq > held.seq]
        mine += new
        if new:
            self.came.append((new[0].seq, new[-1].seq))
        return self._json(api.Taken(self._place(head.epoch)))

    def _place(self, epoch: str) -> api.Place:
        if self.events.get(epoch):
            last = self.events[epoch][-1]
            return api.Place(epoch, last.seq, last.hash)
        return self.starts.get(epoch, api.Place(epoch, 0, ZEROS))

    def _json(self, answer: Any, status: int = 200) -> web.Response:
        return web.Response(body=msgspec.json.encode(answer), content_type="application/json", status=status)

    def _problem(self, status: int, problem: api.Problem) -> web.Response:
        return self._json(problem, status)


@asynccontextmanager
async def receiving(port: int = 0, campus: str = "campus") -> AsyncIterator[Receiver]:
    """Serves on a spare port of loopback, in clear."""
    receiver = Receiver(campus)
    server = web.Server(receiver.serve, auto_decompress=False)
    runner = web.ServerRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receiver
    finally:
        await runner.cleanup()
