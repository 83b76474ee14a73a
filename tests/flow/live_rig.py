"""A live server and a real browser before it: what the tests of the tiles and their measurements share."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.flow.chromium import ARGUMENTS

Said = dict[str, Any]
SMALL: Said = {
    "width": 640,
    "height": 360,
    "fps": 15,
    "key_s": 2,
    "codec": "h264",
    "reordered": False,
    "bit_rate": 800_000,
}
FULL: Said = {**SMALL, "width": 1920, "height": 1080, "bit_rate": 2_000_000}
MOST_S = 90

# Every picture that the browser shows: when (ms after the navigation began), its bar code and age by it, what the tile says.
WATCH = """() => {
  window.shown = [];
  const bars = (video) => {
    const canvas = window.bars || (window.bars = document.createElement("canvas"));
    canvas.width = video.videoWidth; canvas.height = 1;
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(video, 0, video.videoHeight / 16, video.videoWidth, 1, 0, 0, video.videoWidth, 1);
    const data = pen.getImageData(0, 0, canvas.width, 1).data, bar = Math.floor(canvas.width / 40);
    let code = 0;
    for (let bit = 0; bit < 40; bit++) code = code * 2 + (data[4 * (bit * bar + (bar >> 1))] > 128 ? 1 : 0);
    return { code, age: ((Date.now() % 2 ** 40) - code + 2 ** 40) % 2 ** 40 };
  };
  const follow = (video) => {
    const one = () => {
      const tile = video.closest("figure");
      window.shown.push({ at: performance.now(), ...bars(video), state: tile.dataset.state, door: tile.dataset.door });
      video.requestVideoFrameCallback(one);
    };
    video.requestVideoFrameCallback(one);
  };
  document.addEventListener("DOMContentLoaded", () => { for (const video of document.querySelectorAll("video")) follow(video); });
}"""


class Server:
    """A `tests.flow.live_server` of its own."""

    def __init__(self, process: subprocess.Popen[bytes], base: str) -> None:
        self.process, self.base = process, base

    def act(self, page: Page, query: str = "") -> Said:
        """What it has seen so far; and pause or break the stream."""
        seen: Said = page.request.post(f"{self.base}/act?{query}").json()
        return seen


@contextmanager
def serving(said: Said) -> Iterator[Server]:
    """Listens on loopback; ended by its process."""
    command = [sys.executable, "-m", "tests.flow.live_server", json.dumps(said)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            yield Server(process, f"http://{said.get('host', '127.0.0.1')}:{told['port']}")
        finally:
            process.terminate()


@contextmanager
def browsing(*more: str) -> Iterator[Browser]:
    """Chromium that may connect a call over loopback, which no page's visitor needs."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("NO BROWSER: chromium is not installed, so no picture was looked at (install.sh)")
    arguments = [
        *ARGUMENTS,
        "--allow-loopback-in-peer-connection",
        "--autoplay-policy=user-gesture-required",
        *more,
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def looking(browser: Browser, server: Server, query: str = "", before: str = "") -> Iterator[Page]:
    """A page with tiles, every picture of which is written down; a complaint of the browser fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    complaints: list[str] = []
    try:
        page = context.new_page()
        page.on("pageerror", lambda failed: complaints.append(str(failed)))
        page.on(
            "console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None
        )
        page.add_init_script(f"({WATCH})(); {before}")
        page.goto(f"{server.base}/?{query}")
        yield page
        assert not complaints
    finally:
        context.close()


def until(page: Page, condition: str) -> None:
    """Until the page's `condition` holds; fails with what the tiles show."""
    deadline = time.monotonic() + MOST_S
    while not page.evaluate(condition):
        if time.monotonic() > deadline:
            tiles = page.evaluate("[...document.querySelectorAll('figure')].map((one) => ({...one.dataset}))")
            pytest.fail(
                f"never: {condition}: {tiles}, {len(shown(page))} pictures, the last: {shown(page)[-3:]}"
            )
        page.wait_for_timeout(20)


def shown(page: Page) -> list[Said]:
    """All pictures so far."""
    found: list[Said] = page.evaluate("window.shown")
    return found
