"""What a visitor waits for: the bytes of a page with all that it is drawn and moved with, and its first paint in Chromium."""

import re
import shutil
from dataclasses import dataclass, field
from typing import Any, Final

from edge.bench.children import Lost
from edge.bench.guests import request

VISITS: Final = 10
"""Each in a browser context of its own: nothing is cached."""
PAINTED: Final = """() => new Promise((seen) => new PerformanceObserver((_, observer) => {
    if (performance.getEntriesByName("first-contentful-paint").length) { observer.disconnect(); seen(); }
}).observe({type: "paint", buffered: true}))"""
PAINT: Final = """() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  const page = performance.getEntriesByType("navigation")[0];
  return paint ? [paint.startTime, page.responseStart] : null;
}"""


@dataclass(slots=True)
class FirstView:
    """paints: ms from navigation start to `first-contentful-paint` (W3C Paint Timing), one a visit. why_not: of none.

    bytes_at: ms until the first byte had come: the rest is the browser's own.
    """

    page: str
    transferred: int
    paints: list[float] = field(default_factory=list)
    bytes_at: list[float] = field(default_factory=list)
    why_not: str = ""


def first_views(listen: str, cookie: str, incident: str, *, browser: bool) -> list[FirstView]:
    """Home and the incident, each from nothing. Raises Lost where a page does not answer."""
    pages = {"home": "/?show=campus", "incident": f"/incidents/{incident}"}
    found = {name: FirstView(name, transferred(listen, path, cookie)) for name, path in pages.items()}
    why_not = _paint(listen, cookie, pages, found) if browser else "not asked for"
    for view in found.values():
        view.why_not = why_not
    return list(found.values())


def transferred(listen: str, path: str, cookie: str) -> int:
    """Bytes of the page and of the style and scripts that it names, and that those import, as a browser asks for them."""
    headers = {"Cookie": cookie, "Accept-Encoding": "gzip, deflate, br", "Accept": "text/html"}
    page = request(listen, path, headers)
    if page.status != 200:
        raise Lost(f"{path} answered {page.status}")
    plain = request(listen, path, {"Cookie": cookie, "Accept": "text/html"}).body.decode()
    named = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', plain))
    size, asked = page.size, set[str]()
    while named - asked:
        name = (named - asked).pop()
        asked.add(name)
        size += request(listen, name, headers).size
        folder = name.rpartition("/")[0]
        text = request(listen, name, {}).body.decode() if name.endswith(".js") else ""
        named |= {f"{folder}/{one}" for one in re.findall(r'from "\./([\w.]+)"', text)}
    return size


def _paint(listen: str, cookie: str, pages: dict[str, str], found: dict[str, FirstView]) -> str:
    """Look at each page; `""`, or why nobody could."""
    program = shutil.which("chromium")
    if program is None:
        return "chromium is not installed: ./install.sh --packages"
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        return "playwright is not installed: make setup"
    name, _, value = cookie.partition("=")
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=arguments)
        try:
            _visit(chromium, listen, pages["home"], name, value)  # the browser's own first page warms it up
            for _ in range(VISITS):
                for page, path in pages.items():
                    painted, first_byte = _visit(chromium, listen, path, name, value)
                    found[page].paints.append(painted)
                    found[page].bytes_at.append(first_byte)
        except Error as err:
            # Of a run of ten minutes only this is lost, and it is said.
            return f"Chromium: {err.message.splitlines()[0]}"
        finally:
            chromium.close()
    return ""


def _visit(chromium: Any, listen: str, path: str, name: str, value: str) -> tuple[float, float]:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    try:
        context.add_cookies([{"name": name, "value": value, "url": f"http://{listen}"}])
        page = context.new_page()
        page.goto(f"http://{listen}{path}", wait_until="load")
        # Asked of the observer: a condition that is polled is text to be evaluated, which the page's policy forbids.
        page.evaluate(PAINTED)
        painted = page.evaluate(PAINT)
    finally:
        context.close()
    if painted is None:
        raise Lost(f"{path} was never painted")
    return float(painted[0]), float(painted[1])
