"""A real Chromium before a real daemon: Debian's browser, driven by playwright, which downloads nothing here."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The one browser of a session; where the distribution has none, the tests say so and are skipped."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("NO BROWSER: chromium is not installed, so the page was looked at by nobody (install.sh)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """Somebody signed in, with their own windows. complaints: what their browser said of the page's scripts.

    code: of their second factor, for who does more than look and call.
    """

    def __init__(self, browser: Browser, base: str, name: str, password: str, code: str = "") -> None:
        self._browser = browser
        self.base = base
        self.complaints: list[str] = []
        with self.window() as page:
            page.goto(f"{base}/sign-in")
            page.fill("#name", name)
            page.fill("#password", password)
            page.fill("#code", code)
            page.press("#password", "Enter")
            page.wait_for_selector("main#main .card, .band")
            self._state: Any = page.context.storage_state()

    @contextmanager
    def window(self, **more: Any) -> Iterator[Page]:
        """A page of this visitor in a context of its own."""
        state = getattr(self, "_state", None)
        options = {"viewport": {"width": 1280, "height": 900}, **more}
        context: BrowserContext = self._browser.new_context(storage_state=state, **options)
        try:
            page = context.new_page()
            page.on("console", self._said)
            page.on("pageerror", lambda failed: self.complaints.append(str(failed)))
            yield page
        finally:
            context.close()

    def _said(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)
