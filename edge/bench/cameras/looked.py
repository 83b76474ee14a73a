"""What a person waits for: the first picture and how old pictures are on the screen, in a real browser; and what viewers cost."""

import time
from pathlib import Path
from typing import Final

from edge.bench.cameras.driven import name
from edge.bench.cameras.part import Part, p95
from edge.bench.cameras.peers import View, below, cpu_ms, simulated
from edge.bench.cameras.viewers import Browser, browsing, looked, sinks, until_live
from edge.bench.children import Lost
from edge.bench.guests import WATCHES, invite
from edge.bench.scenarios import Shape
from edge.bench.stage import How, Stage, stage
from edge.simulated.addresses import spare_port

FIRST_MS, LATENCY_MS = 500.0, 250.0
VIEWER_MS, MSE_MS = 15.0, 5.0
"""ms of CPU a second that a 1080p viewer costs (reference, section 8)."""
KEY_S: Final = (2, 10)
PICTURES: Final = 150
"""Ten seconds of them."""
SQUEEZED: Final = 15
SINKS: Final = 8
WINDOW_S: Final = 10.0


def looked_at(tries: int, folder: Path) -> Part:
    """Through the daemon's page, one camera with a key picture every 2 s and one with one every 10 s, by turns on the air."""
    part = Part("live", "1080p15 at 2 Mbit/s through the daemon's own page and tile, in Chromium on loopback")
    ports = [spare_port() for _ in KEY_S]
    cameras = [
        {"id": name(at), "name": f"Camera {at}", "zone": "a", "url": f"rtsp://127.0.0.1:{port}/main"}
        for at, port in enumerate(ports)
    ]
    try:
        with stage(Shape(4, 1), folder, How(), {"cameras": cameras}) as here:
            guests = invite(here.socket, here.listen)
            part.head("ms")
            with browsing(here.listen, guests.cookies[WATCHES]) as browser:
                for at, key_s in enumerate(KEY_S):
                    view = View(gop=15 * key_s, live=True, seconds=2 * key_s)
                    with simulated(folder, view, port=ports[at]):
                        until_live(here, guests.tokens[0], name(at))
                        _watched(browser, name(at), key_s, tries, part)
                        if at == 0:
                            _cost(here, guests.tokens[0], browser, name(at), part)
    except Lost as err:
        part.broken_off = str(err)
    return part


def _watched(browser: Browser, camera: str, key_s: int, tries: int, part: Part) -> None:
    for door, webrtc in (("WebRTC", True), ("MSE", False)):
        browser.look(camera, 1, webrtc=webrtc)  # the browser's own first one warms it up
        first = []
        for number in range(tries):
            time.sleep(number * 0.618 % 1 * 0.3)
            seen = browser.look(camera, 1, webrtc=webrtc)
            first.append(seen.at[0])
        what = f"{door}, key every {key_s} s: first picture"
        part.spread(what, first)
        part.at_most(f"ms, {what}, p95", p95(first), FIRST_MS)
        its = browser.look(camera, PICTURES, webrtc=webrtc, read=True)
        # What came before it is shown first, squeezed, and never called live: from where it has caught up on.
        fresh = next((at for at, age in enumerate(its.ages) if age <= LATENCY_MS), len(its.ages) - 1)
        ages = its.ages[max(fresh, SQUEEZED) :]
        part.figures[f"{door}, key every {key_s} s: caught up after, ms"] = its.at[fresh]
        what = f"{door}, key every {key_s} s: capture to screen"
        part.spread(f"{what} (caught up at {its.at[fresh]:.0f})", ages)
        part.figures[f"{what}, pictures shown"] = len(its.at)
        if webrtc:
            part.at_most(f"ms, {what}, p95", p95(ages), LATENCY_MS)


def _cost(here: Stage, token: str, browser: Browser, camera: str, part: Part) -> None:
    """ms of CPU a second that a viewer adds to the camera process and the daemon together."""
    media = below(here.process.pid, "edge.media.process")
    pids = (here.process.pid, media)
    with browser.page(webrtc=True):
        # Who has a page open costs something without any picture.
        alone = _window(pids)
    with sinks(here, token, camera, SINKS) as child, browser.page(webrtc=True) as page:
        looked(page, camera, 15, read=False)
        before = sum(child.do("packets")["packets"])
        many = _window(pids)
        packets = sum(child.do("packets")["packets"]) - before
    with browser.page(webrtc=False) as page:
        looked(page, camera, 15, read=False)
        one_mse = _window(pids)
    webrtc, mse = (sum(many) - sum(alone)) / (SINKS + 1), sum(one_mse) - sum(alone)
    part.rows += [
        f"  CPU ms a second: {sum(alone):.1f} with nobody looking; a WebRTC viewer adds {webrtc:.1f} ({SINKS} that decode "
        f"nothing and one browser, {packets / SINKS / WINDOW_S:.0f} packets a second each)",
        f"  one by MSE adds {mse:.1f}, of that {one_mse[0] - alone[0]:.1f} in the daemon",
    ]
    part.figures |= {"nobody_ms": sum(alone), "webrtc_viewer_ms": webrtc, "mse_viewer_ms": mse}
    part.at_most("ms CPU a second, a WebRTC viewer", webrtc, VIEWER_MS)
    part.at_most("ms CPU a second, a viewer by MSE", mse, MSE_MS)


def _window(pids: tuple[int, ...]) -> list[float]:
    """ms of CPU a second of each."""
    before, began = [cpu_ms(pid) for pid in pids], time.monotonic()
    time.sleep(WINDOW_S)
    took = time.monotonic() - began
    return [(cpu_ms(pid) - then) / took for pid, then in zip(pids, before, strict=True)]
