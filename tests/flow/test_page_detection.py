"""A report that waits for a person, on a phone and a desk in a real browser: seen and answered without scrolling, by who may."""

import base64
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.edge.web.api.served import Served
from tests.flow.chromium import chromium
from tests.flow.rig import rfc3339
from tests.flow.test_detectors import report, waiting, watched
from tests.flow.test_page import wrong

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
IN_REACH = """one => {
    const box = one.getBoundingClientRect(), at = [box.left + box.width / 2, box.top + box.height / 2];
    const there = document.elementFromPoint(...at);
    return box.top >= 0 && box.bottom <= innerHeight && there !== null && (one === there || one.contains(there));
}"""
"""Whole within the window, and covered by nothing."""


def png(width: int, height: int) -> bytes:
    """A picture as large as a camera's: grey."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@contextmanager
def window(browser: Browser, api: Served, role: str, size: dict[str, int]) -> Iterator[Page]:
    context = browser.new_context(viewport=size)  # type: ignore[arg-type]
    context.add_cookies([{"name": "campus-edge", "value": api.keys.cookies[role], "url": api.origin}])
    try:
        yield context.new_page()
    finally:
        context.close()


def test_a_report_is_seen_and_answered_within_the_first_screen_also_behind_all_else_that_waits(
    tmp_path: Path, browser: Browser
) -> None:
    with watched(tmp_path / "school") as api:
        campus = api.campus
        # A button that was found pressed at the start waits for somebody too, and a lockdown is live.
        campus.end()
        campus.devices.hold("pb-office", True)
        campus.start()
        campus.until("the press waits", lambda now: now["unanswered"])
        campus.until("the page is open", lambda _: campus.health("healthz") == 200)
        assert api.start("lockdown").status == 200
        (live,) = campus.status()["incidents"]
        said = {"id": "alert-1", "at": rfc3339(), "detected": "gun", "place": "Door 7, north entrance",
                "camera": "cam-front", "confidence": 93, "picture": base64.b64encode(png(1_600, 1_200)).decode()}  # fmt: skip
        assert report(api, "detectors/gun-front/alerts", said).status == 200
        (one,) = waiting(api)
        for size in (PHONE, DESK):
            with window(browser, api, "staff", size) as page:
                for path in ("/?show=campus", f"/incidents/{live['id']}", f"/incidents/{live['id']}/post"):
                    page.goto(f"{api.origin}{path}")
                    shown = page.locator(f"#detection-{one['number']}")
                    expect(shown).to_contain_text("Door 7, north entrance")
                    for part in (shown.locator("b"), shown.get_by_role("link", name="Look and answer…")):
                        assert part.evaluate(IN_REACH), (path, size)
                    # What is live stays above it, a press that waits comes right behind.
                    tops = [
                        page.locator(where).first.bounding_box()["y"]  # type: ignore[index]
                        for where in (".band", ".help.alert", "[id^=press-]")
                    ]
                    assert tops == sorted(tops), (path, size)
                    for scheme in ("light", "dark"):
                        assert not wrong(page, scheme), (path, size, scheme)
                page.get_by_role("link", name="Look and answer…").click()
                page.wait_for_load_state()
                real = page.get_by_role("button", name="It is real: start Lockdown")
                expect(real).to_be_visible()
                expect(page.locator(".seen-by img").first).to_have_js_property("naturalWidth", 1_600)
                assert page.locator("#report h1").evaluate(IN_REACH), size
                assert page.locator(".seen-by img").first.evaluate(IN_REACH), size
                assert real.evaluate(IN_REACH), size
                for scheme in ("light", "dark"):
                    assert not wrong(page, scheme), (size, scheme)
            with window(browser, api, "viewer", size) as page:
                page.goto(f"{api.origin}/?show=campus")
                expect(page.locator(".band")).to_be_visible()
                assert page.locator(".help.alert").count() == 0
        campus.devices.hold("pb-office", False)
