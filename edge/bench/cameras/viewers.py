"""Who looks through the measured daemon's cameras: viewers that decode nothing, and one real browser with the page's own tile."""

import contextlib
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any, Final

from edge.bench import children
from edge.bench.children import Child, Lost
from edge.bench.stage import Stage
from edge.web.pages.statics import url
from rules.model.values import dataclass

LIVE_S: Final = 40.0
PACKETS_S: Final = 10.0
PICTURES_MS: Final = 30_000
BARS: Final = 40
"""Of the clock that a simulated camera burns into the bottom strip of each picture, most significant bit first."""

# One tile put into an open page, as the page's own are made; every picture that the browser really shows is noted, until
# there are so many: ms after the tile was put there, and ms since the time that is burnt into it.
LOOK: Final = """([script, camera, wanted, read, most]) => new Promise((done) => {
  const make = (name, into) => into.appendChild(document.createElement(name));
  const main = document.querySelector("main") || document.body;
  const figure = document.createElement("figure"), shot = make("div", figure);
  figure.className = "camera"; shot.className = "shot";
  Object.assign(figure.dataset, { camera, streams: "main" });
  figure.style.width = "960px";
  const still = make("canvas", shot), video = make("video", shot);
  video.muted = video.playsInline = true; video.hidden = true; video.style.width = "960px"; still.style.width = "960px";
  const caption = make("figcaption", figure); make("span", caption).className = "shown";
  const bars = document.createElement("canvas"), pen = bars.getContext("2d", { willReadFrequently: true });
  const age = () => {
    const now = Date.now(), wide = video.videoWidth, high = video.videoHeight;
    bars.width = wide; bars.height = 1;
    pen.drawImage(video, 0, high - Math.floor(high / 40) - 1, wide, 1, 0, 0, wide, 1);
    const data = pen.getImageData(0, 0, wide, 1).data;
    let code = 0;
    for (let bit = 0; bit < 40; bit++) code = code * 2 + (data[4 * Math.floor((2 * bit + 1) * wide / 80)] > 125 ? 1 : 0);
    return ((now % 2 ** 40) - code + 2 ** 40) % 2 ** 40;
  };
  const began = performance.now(), shown = [], ages = [];
  const end = () => done({ at: shown, ages, door: figure.dataset.door, state: figure.dataset.state });
  setTimeout(end, most);
  const one = () => {
    shown.push(performance.now() - began);
    if (read) ages.push(age());
    if (shown.length >= wanted) end(); else video.requestVideoFrameCallback(one);
  };
  video.requestVideoFrameCallback(one);
  main.prepend(figure);
  import(script);
})"""
NO_WEBRTC: Final = "delete window.RTCPeerConnection;"
ARGUMENTS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--allow-loopback-in-peer-connection",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)


@dataclass(frozen=True, slots=True)
class Looked:
    """at: ms from the tile's place on the page to each picture on the screen. ages: ms since each was taken, where read."""

    at: list[float]
    ages: list[float]
    door: str


@contextlib.contextmanager
def sinks(here: Stage, token: str, camera: str, count: int) -> Iterator[Child]:
    """So many look by WebRTC and decode nothing, connected and fed. Raises Lost."""
    with children.obeying("viewers", "edge.bench.cameras.sinks") as child:
        places = []
        for _ in range(count):
            place, answer = _whep(here, token, camera, child.do("offer")["sdp"])
            places.append(place)
            child.do("take", answer=answer)
        ends = time.monotonic() + PACKETS_S
        while not all(child.do("packets")["packets"]):
            if time.monotonic() > ends:
                raise Lost("not every viewer gets packets")
            time.sleep(0.05)
        try:
            yield child
        finally:
            for place in places:
                with contextlib.suppress(OSError):
                    _request(here, token, place, "DELETE").close()
            child.do("leave")


def until_live(here: Stage, token: str, camera: str) -> None:
    """Until a viewer of it gets pictures: it is up at its first picture, and decodes from its first key picture on."""
    ends = time.monotonic() + LIVE_S
    while time.monotonic() < ends:
        place = f"/api/v1/cameras/{camera}/snapshot.jpg?width=320"
        # Any other answer than a picture is raised, as an OSError.
        with contextlib.suppress(OSError), _request(here, token, place, "GET"):
            return
        time.sleep(0.1)
    raise Lost(f"{camera} is not live")


def _whep(here: Stage, token: str, camera: str, offer: str) -> tuple[str, str]:
    try:
        place = f"/api/v1/cameras/{camera}/whep?stream=main"
        with _request(here, token, place, "POST", offer.encode()) as answer:
            return answer.headers["Location"], answer.read().decode()
    except urllib.error.HTTPError as err:
        raise Lost(f"a viewer was refused: {err.code} {err.read()[:200]!r}") from None


def _request(here: Stage, token: str, path: str, method: str, body: bytes | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token}"} | ({"Content-Type": "application/sdp"} if body else {})
    asked = urllib.request.Request(f"http://{here.listen}{path}", body, headers, method=method)
    return urllib.request.urlopen(asked, timeout=20.0)  # noqa: S310


@dataclass(frozen=True, slots=True)
class Browser:
    """A Chromium with somebody signed in."""

    chromium: Any
    listen: str
    cookie: str

    @contextlib.contextmanager
    def page(self, *, webrtc: bool) -> Iterator[Any]:
        """The campus's page in a context of its own, without a tile yet."""
        name, _, value = self.cookie.partition("=")
        context = self.chromium.new_context(viewport={"width": 1280, "height": 900})
        try:
            context.add_cookies([{"name": name, "value": value, "url": f"http://{self.listen}"}])
            page = context.new_page()
            if not webrtc:
                page.add_init_script(NO_WEBRTC)
            page.goto(f"http://{self.listen}/?show=campus", wait_until="load")
            yield page
        finally:
            context.close()

    def look(self, camera: str, pictures: int, *, webrtc: bool, read: bool = False) -> Looked:
        """Put a tile on the page and wait for so many pictures. Raises Lost where none comes."""
        with self.page(webrtc=webrtc) as page:
            return looked(page, camera, pictures, read=read)


def looked(page: Any, camera: str, pictures: int, *, read: bool) -> Looked:
    """See `Browser.look`."""
    found = page.evaluate(LOOK, [url("camera.js"), camera, pictures, read, PICTURES_MS])
    if not found["at"]:
        raise Lost(f"no picture of {camera} was ever shown")
    return Looked(found["at"], found["ages"], found["door"])


@contextlib.contextmanager
def browsing(listen: str, cookie: str) -> Iterator[Browser]:
    """Raises Lost where there is no browser."""
    program = shutil.which("chromium")
    if program is None:
        raise Lost("chromium is not installed: ./install.sh --packages")
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise Lost("playwright is not installed: make setup") from None
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        try:
            yield Browser(chromium, listen, cookie)
        except Error as err:
            raise Lost(f"Chromium: {err.message.splitlines()[0]}") from None
        finally:
            chromium.close()
