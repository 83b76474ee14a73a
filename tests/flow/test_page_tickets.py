"""A technician's day in a real browser on a real daemon, on a phone; without a fault for axe."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.edge.book.test_photos import SECRET, chunk, png
from tests.flow.chromium import Visitor, chromium
from tests.flow.rig import School
from tests.flow.test_page import PASSWORD, account, codes, wrong


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def base(shared: School) -> str:
    return f"http://{shared.tree['web']['listen']}"


def test_a_technician_works_through_a_day_with_one_hand(shared: School, browser: Browser, base: str) -> None:
    found: dict[str, list[str]] = {}
    account(shared, "P. Head", "administrator")  # without one the box is still to be set up
    account(shared, "T. Okafor", "technician")
    technician = Visitor(browser, base, "T. Okafor", PASSWORD, codes(shared, "T. Okafor")[0])
    door = next(iter(shared.status()["doors"]))["id"]

    def look(page: Page) -> None:
        if faults := wrong(page, "light"):
            found[page.url] = faults

    with technician.window(viewport={"width": 390, "height": 844}) as page:
        page.goto(f"{base}/tickets/new")
        look(page)
        page.fill("#title", "Latch does not catch")
        page.select_option("#category", "lock")
        page.select_option("#asset", door)
        page.get_by_role("button", name="Send the report").click()
        expect(page.locator("h1")).to_contain_text("Latch does not catch")
        expect(page.locator("main")).to_contain_text("safety")
        page.get_by_role("button", name="Start").click()
        expect(page.locator("main")).to_contain_text("in progress")

        page.goto(f"{base}/tickets?mine")
        look(page)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        card = page.locator("section.ticket")
        photo = {"name": "a.png", "mimeType": "image/png", "buffer": png(chunk(b"tEXt", SECRET))}
        with page.expect_navigation():
            card.locator("input.unseen[type=file]").set_input_files(photo)  # type: ignore[arg-type]
        card.locator("summary", has_text="Note").click()
        card.locator("textarea[name=text]").fill("Strike is worn")
        card.locator("input[name=minutes]").fill("20")
        card.get_by_role("button", name="Add note").click()
        expect(page.locator("#said")).to_contain_text("The note is in the record.")
        card.get_by_role("link").first.click()
        expect(page.locator("ol.story")).to_contain_text("Strike is worn")
        assert (
            page.locator(".photos img").evaluate("image => image.decode().then(() => image.naturalWidth)")
            == 4
        )
        look(page)
        page.locator("summary", has_text="Done, close").click()
        page.fill("textarea[name=why]", "New strike, tested")
        page.get_by_role("button", name="Close the ticket").click()
        expect(page.locator("main")).to_contain_text("closed")
        page.goto(f"{base}/upkeep")
        look(page)
    assert found == {}
