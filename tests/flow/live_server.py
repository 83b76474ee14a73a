"""All three doors to a live picture behind a small web server, in a process of its own, fed by `live_camera`.

`python -m tests.flow.live_server '{…}'` prints one line, `{"port": …}`, when it has pictures. What it serves is what the
product's own pages do: the tile's script, the product's security headers, and the addresses of contract.md.
"""

import asyncio
import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web
from aiortc import RTCDtlsTransport
from aiortc.rtp import is_rtcp

from drivers.cameras.stream import AccessUnit, Track
from edge.media.following import Followers
from edge.media.hub import Hub
from edge.media.live_fmp4 import CHUNK, TEXT, Fmp4Door
from edge.media.live_jpeg import JpegDoor
from edge.media.live_whep import NotServed, Viewers
from edge.media.looking import Looking, NotSeen, Picture
from edge.media.still import picture
from edge.web.headers import CSP
from tests.flow.live_camera import HEAD

STATIC = Path(__file__).parents[2] / "edge" / "web" / "static"
POLICY = CSP + "; media-src blob:"
PAGE = """<!doctype html><html lang="en" class="script" data-now="{now}"><meta charset="utf-8"><title>Live</title>
<link rel="stylesheet" href="/static/page.css"><link rel="stylesheet" href="/static/camera.css"><link rel="icon" href="data:,">
<body><main class="{css}">{tiles}</main><script type="module" src="/static/camera.js"></script></body></html>"""


class Wire:
    """Between the server and every browser: loses packets when told to, once, or whenever they are sent again."""

    def __init__(self) -> None:
        self._left = 0
        self._for_good: set[bytes] = set()
        self._again = False
        true_send = RTCDtlsTransport._send_rtp

        async def sent(dtls: RTCDtlsTransport, data: bytes) -> None:
            if is_rtcp(data) or not self._loses(data[2:4]):
                await true_send(dtls, data)

        RTCDtlsTransport._send_rtp = sent  # type: ignore[method-assign, assignment]

    def lose(self, packets: int, *, for_good: bool) -> None:
        """The next ones."""
        self._left, self._again = packets, for_good

    def _loses(self, sequence: bytes) -> bool:
        if self._left:
            self._left -= 1
            if self._again:
                self._for_good.add(sequence)
            return True
        return sequence in self._for_good


class Served:
    """The server's state: one hub a stream, every door, and what tests may do to them."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.said = said
        self.hubs = {name: Hub("cam-1", name) for name in ("main", "sub")}
        self.viewers = Viewers(most=said.get("most", 32), ended=lambda viewer, why: self.ends.append(why))
        self.door = Fmp4Door()
        self.looking = Looking()
        self.followers = Followers()
        self.jpeg = JpegDoor(self._newest)
        self.wire = Wire()
        self.ends: list[str] = []
        self.paused = False
        self.asked: list[str] = []
        self.units = 0

    async def feed(self, stream: str) -> None:
        """Read the camera's process and hand on what it says, as an engine does."""
        what: dict[str, Any] = {**self.said, **(self.said.get("sub") or {})} if stream == "sub" else self.said
        camera = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.flow.live_camera",
            json.dumps(what),
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 22,
        )
        assert camera.stdout is not None
        track = Track("h264", b"")
        try:
            while True:
                length, kind, rtp, at_us = HEAD.unpack(await camera.stdout.readexactly(HEAD.size))
                data = await camera.stdout.readexactly(length)
                if kind == 2:
                    told = json.loads(data)
                    sets = bytes.fromhex(told["sets"])
                    track = Track(
                        what["codec"], sets, what["width"], what["height"], told["level"], what["reordered"]
                    )
                elif not self.paused:
                    self.units += 1
                    self.hubs[stream].unit(AccessUnit(data, bool(kind), rtp, at_us, track))
        finally:
            camera.terminate()
            await camera.wait()

    async def page(self, request: web.Request) -> web.Response:
        query = request.query
        tile = (
            f'<figure class="camera" data-camera="cam-1" data-streams="{"main sub" if self.said.get("sub") else "main"}">'
            '<div class="shot"><canvas></canvas><video muted playsinline hidden></video></div><figcaption><b>Camera 1</b> '
            '<span class="shown"></span> <button type="button" class="enlarge">Larger</button></figcaption></figure>'
        )
        tiles = "".join(tile for _ in range(int(query.get("tiles", "1")))) + '<p class="space"></p>'
        body = PAGE.format(css=query.get("class", ""), tiles=tiles, now=time.time_ns() // 1_000_000)
        return web.Response(text=body, content_type="text/html", headers={"Content-Security-Policy": POLICY})

    async def whep(self, request: web.Request) -> web.Response:
        self.asked.append(f"whep {request.query['stream']}")
        transport = request.transport
        assert transport is not None
        address = transport.get_extra_info("sockname")[0]
        try:
            made = await self.viewers.offer(self.hubs[request.query["stream"]], await request.text(), address)
        except NotServed as refused:
            return web.json_response({"code": refused.code}, status=409)
        place = f"/api/v1/cameras/cam-1/whep/{made.viewer}"
        return web.Response(
            status=201, text=made.sdp, content_type="application/sdp", headers={"Location": place}
        )

    async def leave(self, request: web.Request) -> web.Response:
        return web.Response(status=200 if await self.viewers.end(request.match_info["viewer"]) else 404)

    async def mse(self, request: web.Request) -> web.WebSocketResponse:
        self.asked.append(f"mse {request.query['stream']}")
        answer = web.WebSocketResponse(compress=False)
        await answer.prepare(request)
        ours, theirs = socket.socketpair()
        _, writer = await asyncio.open_connection(sock=ours)
        reader, _writer = await asyncio.open_connection(sock=theirs, limit=1 << 20)
        serving = asyncio.create_task(self.door.serve(self.hubs[request.query["stream"]], writer))

        async def passed_on() -> None:
            while True:
                kind, length = CHUNK.unpack(await reader.readexactly(CHUNK.size))
                payload = await reader.readexactly(length)
                await (answer.send_str(payload.decode()) if kind == TEXT else answer.send_bytes(payload))

        passing = asyncio.create_task(passed_on())
        try:
            async for message in answer:
                if message.type != WSMsgType.TEXT:
                    break
        finally:
            passing.cancel()
            _writer.close()
            serving.cancel()
            await asyncio.gather(passing, serving, return_exceptions=True)
        return answer

    async def snapshot(self, request: web.Request) -> web.Response:
        self.asked.append("jpeg")
        hub = self.hubs["sub" if request.query.get("stream") == "sub" else "main"]
        made = await self.jpeg.snapshot(hub, int(request.query["width"]))
        age_us = time.monotonic_ns() // 1_000 - made.at_us
        headers = {"X-Age-Ms": str(-(-age_us // 1_000)), "Cache-Control": "no-store"}
        return web.Response(body=made.jpeg, content_type="image/jpeg", headers=headers)

    async def _newest(self, hub: Hub, width: int) -> Picture:
        try:
            return await self.followers.picture(hub, width)
        except NotSeen:
            return await picture(self.looking, hub, width, 0, None)

    async def act(self, request: web.Request) -> web.Response:
        """A test's own: `paused`, `broken`; answers with what was seen so far."""
        if "paused" in request.query:
            self.paused = request.query["paused"] == "1"
        if "lose" in request.query:
            self.wire.lose(int(request.query["lose"]), for_good=request.query.get("for_good") == "1")
        if "broken" in request.query:
            for hub in self.hubs.values():
                hub.broken()
        cpu = time.process_time_ns() / 1e6
        seen = {
            "viewers": self.viewers.count,
            "ends": self.ends,
            "asked": self.asked,
            "cpu_ms": cpu,
            "at": time.monotonic(),
        }
        return web.json_response(
            {**seen, "watched": sum(hub.watched for hub in self.hubs.values()), "units": self.units}
        )


async def main() -> None:
    """Until it is told to end."""
    np.seterr(all="raise")
    served = Served(json.loads(sys.argv[1]))
    app = web.Application()
    app.router.add_get("/", served.page)
    app.router.add_static("/static", STATIC)
    base = "/api/v1/cameras/cam-1"
    app.router.add_post(f"{base}/whep", served.whep)
    app.router.add_delete(f"{base}/whep/{{viewer}}", served.leave)
    app.router.add_get(f"{base}/mse", served.mse)
    app.router.add_get(f"{base}/snapshot.jpg", served.snapshot)
    app.router.add_post("/act", served.act)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    host = served.said.get("host", "127.0.0.1")
    await web.TCPSite(runner, host, 0).start()
    streams = ["main", "sub"] if served.said.get("sub") else ["main"]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(served.looking.serve())
        for stream in streams:
            tasks.create_task(served.feed(stream))
        while not all(served.hubs[stream].gop for stream in streams):
            await asyncio.sleep(0.01)
        print(json.dumps({"port": runner.addresses[0][1], "pid": os.getpid()}), flush=True)  # noqa: T201 - for the test


if __name__ == "__main__":
    asyncio.run(main())
