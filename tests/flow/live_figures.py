"""How soon, how late and how dear a live picture is: `python -m tests.flow.live_figures`, for `make bench-cameras`.

One camera of 1080p15 at 2 Mbit/s; a real Chromium; latency from the clock that is burnt into each picture; the server's
own CPU, less what it takes with nobody looking.
"""

import asyncio
import json
import statistics
import sys
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from playwright.sync_api import Browser

from tests.edge.media.sink import Sink
from tests.flow.live_rig import FULL, Server, browsing, looking, serving, shown, until

NO_RTC = "delete window.RTCPeerConnection;"
LIVE = "document.querySelector('figure.camera').dataset.state === 'live'"
BEGUN = "performance.getEntriesByType('resource').find((one) => one.name.endsWith('camera.js')).responseEnd"


def act(server: Server, query: str = "") -> dict[str, Any]:
    """What the server has seen."""
    request = urllib.request.Request(f"{server.base}/act?{query}", method="POST")  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
        return found


def cpu_ms_s(server: Server, seconds: float) -> float:
    """CPU of the server, milliseconds a second, over so many seconds."""
    before = act(server)
    time.sleep(seconds)
    after = act(server)
    spent: float = (after["cpu_ms"] - before["cpu_ms"]) / (after["at"] - before["at"])
    return spent


def percentile(values: list[float], share: float) -> float:
    """The nearest one."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def first_pictures(browser: Browser, key_s: float, before: str, times: int) -> dict[str, float]:
    """Milliseconds from the tile's beginning, its script come, to its first picture shown, and to LIVE."""
    firsts, lives = [], []
    with serving({**FULL, "key_s": key_s}) as server:
        for number in range(times):
            # At another place between two key pictures each time.
            time.sleep(key_s * number / times % key_s / 2)
            with looking(browser, server, before=before) as page:
                until(page, "window.shown.some((one) => one.state === 'live')")
                pictures, begun = shown(page), page.evaluate(BEGUN)
                firsts.append(pictures[0]["at"] - begun)
                lives.append(next(one["at"] for one in pictures if one["state"] == "live") - begun)
    return {
        "first_p50": statistics.median(firsts), "first_p95": percentile(firsts, 0.95),
        "live_p50": statistics.median(lives), "live_p95": percentile(lives, 0.95),
    }  # fmt: skip


def latency(browser: Browser, before: str, seconds: float, key_s: float = 2) -> dict[str, float]:
    """Milliseconds from the painting of a picture to its showing, after the first two seconds."""
    with serving({**FULL, "key_s": key_s}) as server, looking(browser, server, before=before) as page:
        until(page, LIVE)
        page.wait_for_timeout(2_000)
        begun = len(shown(page))
        page.wait_for_timeout(seconds * 1_000)
        ages = [one["age"] for one in shown(page)[begun:]]
        return {"p50": statistics.median(ages), "p95": percentile(ages, 0.95), "fps": len(ages) / seconds}


async def sinks(server: Server, count: int, during: Callable[[], float]) -> float:
    """So many viewers that decode nothing, on one loop; what `during` says, measured in a thread meanwhile."""
    loop, many = asyncio.get_running_loop(), [Sink() for _ in range(count)]

    def posted(sdp: str) -> str:
        place = f"{server.base}/api/v1/cameras/cam-1/whep?stream=main"
        request = urllib.request.Request(place, sdp.encode(), {"Content-Type": "application/sdp"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return str(answer.read().decode())

    for sink in many:
        sink.keep = False
        await sink.take(await loop.run_in_executor(None, posted, await sink.offer()))
    measuring = loop.run_in_executor(None, during)
    while not measuring.done():
        for sink in many:
            await sink.report()
        await asyncio.wait([measuring], timeout=1)
    for sink in many:
        assert sink.came
        await sink.leave()
    return measuring.result()


def beside(server: Server, count: int, seconds: float) -> float:
    """CPU of the server while so many look; in a thread of its own, as playwright has this one's loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(
            lambda: asyncio.run(sinks(server, count, lambda: cpu_ms_s(server, seconds)))
        ).result()


def cost(browser: Browser, seconds: float) -> dict[str, float]:
    """CPU of the server a viewer, milliseconds a second: one and eight by WebRTC (sinks), four browsers' tiles by MSE."""
    with serving(FULL) as server:
        time.sleep(2)
        idle = cpu_ms_s(server, seconds)
        one = beside(server, 1, seconds)
        eight = beside(server, 8, seconds)
        with looking(browser, server) as page:
            until(page, LIVE)
            nine = beside(server, 8, seconds)
        with looking(browser, server, before=NO_RTC) as page:
            until(page, LIVE)
            mse = cpu_ms_s(server, seconds)
    return {
        "idle": idle, "webrtc_1": one - idle, "webrtc_8_each": (eight - idle) / 8,
        "webrtc_8_and_browser_each": (nine - idle) / 9, "mse_1": mse - idle,
    }  # fmt: skip


def main() -> None:
    """All of it, or the parts that are named."""
    parts = sys.argv[1:] or ["first", "latency", "cost"]
    told: dict[str, Any] = {}
    with browsing() as browser:
        if "first" in parts:
            for name, key_s, before in (("rtc", 2, ""), ("rtc", 10, ""), ("mse", 10, NO_RTC)):
                told[f"first {name} {key_s} s"] = first_pictures(browser, key_s, before, 12)
        if "latency" in parts:
            told["latency rtc"] = latency(browser, "", 15)
            told["latency mse"] = latency(browser, NO_RTC, 15)
        if "cost" in parts:
            told["cost"] = cost(browser, 10)
    for name, figures in told.items():
        print(name, {key: round(value, 1) for key, value in figures.items()})  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
