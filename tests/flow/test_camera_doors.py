"""Every door to a live picture before the real daemon, in a browser that is forced through it: WebRTC and then Media
Source Extensions missing, UDP that no network carries, WebSockets that a proxy drops. What the tile says of a picture's
age is held against the clock that the camera burnt into it.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from drivers.simulators.camera_loop import StreamSettings
from tests.flow.cameras import Cameras, Journal, until_seen, with_cameras
from tests.flow.chromium import Visitor
from tests.flow.live_rig import browsing, shown, until
from tests.flow.rig import School, running
from tests.flow.school import Tree, school
from tests.flow.waiting import wait_for

FRONT: Final = "cam-front"
LIVE_CLOCK: Final = StreamSettings(width=640, height=360, fps=10, gop=10, bit_rate=1_000_000, live=True)
SLOW: Final = "cam-slow"
HEVC: Final = "cam-hevc"
SLOWLY: Final = replace(LIVE_CLOCK, gop=100)
"""Ten seconds from one key picture to the next."""
STREAMS: Final = {FRONT: LIVE_CLOCK, SLOW: SLOWLY, HEVC: replace(SLOWLY, codec="h265")}
PASSWORD: Final = "walnut-ladder-47-violet-moss"
# What the box's side of a call is reached by leads to a port where nobody is: as a firewall has it that lets no UDP through.
NO_UDP: Final = r"""(() => {
  const its = RTCPeerConnection.prototype, taken = its.setRemoteDescription;
  its.setRemoteDescription = function ({ type, sdp }) {
    return taken.call(this, { type, sdp: sdp.replace(/^(a=candidate:(?:\S+ ){5})\d+/gm, "$19") });
  };
})();"""
NO_RTC: Final = "delete window.RTCPeerConnection;"
NO_MSE: Final = "delete window.MediaSource;"
NO_SOCKET: Final = "delete window.WebSocket;"
WITHOUT: Final = {"rtc": "", "mse": NO_RTC, "jpeg": NO_RTC + NO_MSE}
LATE_MS: Final = 2_500
"""Two seconds, and the way of a picture from its camera to the box on two busy cores."""
TILE: Final = f"document.querySelector('figure.camera[data-camera={FRONT}]')"

# Twenty times a second: what the tile says, and by the bar code in the bottom strip how old the picture is that it shows.
WATCH: Final = """(() => {
  window.shown = [];
  const bars = document.createElement("canvas"), pen = bars.getContext("2d", { willReadFrequently: true });
  const age = (picture, wide, high) => {
    bars.width = wide; bars.height = 1;
    pen.drawImage(picture, 0, high - Math.floor(high / 40) - 1, wide, 1, 0, 0, wide, 1);
    const data = pen.getImageData(0, 0, wide, 1).data;
    let code = 0;
    for (let bit = 0; bit < 40; bit++) code = code * 2 + (data[4 * Math.floor((2 * bit + 1) * wide / 80)] > 125 ? 1 : 0);
    // Black: a video element has its first picture a moment before it can be drawn from.
    return code ? { code, age: ((Date.now() % 2 ** 40) - code + 2 ** 40) % 2 ** 40 } : {};
  };
  setInterval(() => {
    const tile = document.querySelector("figure.camera[data-camera=NAME]");
    if (!tile || !tile.dataset.state) return;
    const video = tile.querySelector("video"), still = tile.querySelector("canvas");
    const picture = video.hidden ? still : video;
    const [wide, high] = video.hidden ? [still.width, still.height] : [video.videoWidth, video.videoHeight];
    const { state, door } = tile.dataset, text = tile.querySelector(".shown").textContent;
    window.shown.push({ state, door, text, age: null, code: null, ...(wide < 100 ? {} : age(picture, wide, high)) });
  }, 50);
})();"""


@pytest.fixture(scope="module")
def cameras(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cameras]:
    made = Cameras(tmp_path_factory.mktemp("pictures"), STREAMS)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory, cameras: Cameras) -> Iterator[School]:
    folder = tmp_path_factory.mktemp("looked-at")

    def make(port: int) -> Tree:
        sections = [cameras.section(name, "a-1") for name in STREAMS]
        return with_cameras(school(folder, port), sections, folder)

    with running(folder, make) as here:
        until_seen(here, *STREAMS)
        wait_for("the page", lambda: here.health("healthz") == 200)
        # Before there is one, every page is the first set-up.
        account(here, "R. Diaz", "administrator")
        yield here


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as one:
        yield one


def account(campus: School, name: str, role: str) -> None:
    request = {"do": "user", "verb": "add", "name": name, "role": role, "password": PASSWORD}
    answer = campus.ask(request)
    assert answer["ok"], answer


def technician(campus: School, browser: Browser, name: str) -> Visitor:
    """Somebody who may look, and whose looks are recorded; another for each test, for a look is told once in ten minutes."""
    account(campus, name, "technician")
    return Visitor(browser, f"http://{campus.tree['web']['listen']}", name, PASSWORD)


def opened(page: Page, who: Visitor, before: str, name: str = FRONT) -> None:
    page.add_init_script(before + WATCH.replace("NAME", name))
    page.goto(f"{who.base}/cameras" + ("" if name == FRONT else f"/{name}"))


def is_live_by(page: Page, door: str) -> None:
    """Until the tile is live, its picture read for a while."""
    until(page, f"window.shown.at(-1)?.state === 'live' && window.shown.at(-1).door === '{door}'")
    said = len(shown(page))
    until(page, f"window.shown.length > {said} + 20 && window.shown.at(-1).state === 'live'")


def says_its_age(found: list[dict[str, Any]]) -> None:
    """Nothing that was ever called live was older than that; all else said how old it was, or that nothing came yet."""
    live = [one for one in found if one["state"] == "live"]
    assert {one["text"] for one in live} == {"LIVE"}
    ages = [one["age"] for one in live if one["age"] is not None]
    assert len(ages) > 20
    assert max(ages) <= LATE_MS
    others = {one["text"] for one in found if one["state"] != "live"}
    assert {one for one in others if not one.startswith("OLD, ") and one != "No picture yet"} == set()


@pytest.mark.parametrize("door", ["rtc", "mse", "jpeg"])
def test_a_picture_is_live_by_each_door_says_how_old_it_is_when_it_stops_and_is_live_again(
    campus: School, cameras: Cameras, browser: Browser, door: str
) -> None:
    until_seen(campus, FRONT)
    who, journal = technician(campus, browser, f"By {door}"), Journal(campus)
    with who.window() as page:
        opened(page, who, WITHOUT[door])
        is_live_by(page, door)
        cameras.fault(FRONT, "media_stopped")
        try:
            until(page, "window.shown.at(-1).state === 'old' && window.shown.at(-1).age > 4000")
            assert page.evaluate(f"getComputedStyle({TILE}.querySelector('.shot canvas')).opacity") != "1"
        finally:
            cameras.fault(FRONT, "none")
        before = len(shown(page))
        until(page, f"window.shown.slice({before}).some((one) => one.state === 'live')")
        found = shown(page)

    says_its_age(found)
    assert "OLD, 3 s ago" in {one["text"] for one in found}
    assert who.complaints == []
    how = "snapshot" if door == "jpeg" else "live"
    journal.until("the look is in the record", lambda: how in str(journal.data("camera.viewed")))


def test_where_no_udp_gets_through_the_socket_serves_and_where_no_socket_does_jpegs(
    campus: School, browser: Browser
) -> None:
    until_seen(campus, FRONT)
    who = technician(campus, browser, "Behind a proxy")
    with who.window() as page:
        opened(page, who, NO_UDP)
        is_live_by(page, "mse")
        says_its_age(shown(page))
    with who.window() as page:
        page.route_web_socket("**/mse*", lambda socket: socket.close())
        opened(page, who, NO_UDP)
        is_live_by(page, "jpeg")
        says_its_age(shown(page))
    assert who.complaints == []


@pytest.mark.parametrize("name", [SLOW, HEVC])
def test_the_last_door_shows_the_newest_picture_where_key_pictures_are_ten_seconds_apart(
    campus: School, browser: Browser, name: str
) -> None:
    until_seen(campus, name)
    who = technician(campus, browser, f"At {name}")
    with who.window() as page:
        opened(page, who, NO_RTC + NO_MSE + NO_SOCKET, name)
        is_live_by(page, "jpeg")
        # Of four seconds in which one key picture came, if any: five pictures that were called live.
        newest = (
            "window.shown.slice(-80).filter((one) => one.state === 'live' && one.code).map((one) => one.code)"
        )
        until(page, f"new Set({newest}).size >= 5")
        codes = page.evaluate(newest)
        found = shown(page)
    says_its_age(found)
    assert codes == sorted(codes)
    assert who.complaints == []
