"""Accounts in a real browser on a real daemon: invited, welcomed, an app set up, and confirmed, without a fault for axe."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.people.totp import STEP_S, code_at
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


def test_somebody_is_invited_comes_sets_up_an_app_and_confirms_all_on_the_page(
    shared: School, browser: Browser, base: str
) -> None:
    found: dict[str, list[str]] = {}
    account(shared, "A. Moreno", "administrator")
    ada = Visitor(browser, base, "A. Moreno", PASSWORD, codes(shared, "A. Moreno")[0])

    def look(page: Page) -> None:
        if faults := wrong(page, "light"):
            found[page.url] = faults

    with ada.window() as page:
        page.goto(f"{base}/people")
        page.fill("#name", "K. Osei")
        page.select_option("#role", "administrator")
        page.get_by_role("button", name="Show the code").click()
        code = page.locator(".secret").inner_text()
        look(page)
        page.get_by_role("link", name="They have it").click()
        expect(page.locator("h1")).to_have_text("K. Osei")
        look(page)
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{base}/welcome")
    page.fill("#name", "K. Osei")
    page.fill("#code", code)
    page.fill("#password", "amber-fjord-92-quiet-loom")
    page.fill("#again", "amber-fjord-92-quiet-loom")
    page.press("#again", "Enter")
    page.wait_for_url(f"{base}/account")
    expect(page.locator("main")).to_contain_text("Your account has no second factor yet.")

    page.goto(f"{base}/close")
    assert "/confirm?back=" in page.url
    look(page)
    page.get_by_role("link", name="Set up a second factor").click()
    page.get_by_text("Set up an app…").click()
    page.fill("#present-totp", "amber-fjord-92-quiet-loom")
    look(page)
    page.get_by_role("button", name="Show the secret").click()
    secret = page.locator(".secret").inner_text().replace(" ", "")
    assert page.locator("svg.qr path").bounding_box() is not None
    look(page)
    page.fill("#code", code_at(secret, int(time.time()) // STEP_S))
    page.get_by_role("button", name="It counts from now on").click()
    expect(page.locator("#said")).to_contain_text("The app counts from now on")
    page.goto(f"{base}/close")
    expect(page.locator("h1")).to_have_text("End the incident")
    context.close()
    assert shared.cli("user", "role", "K. Osei", "--role", "staff").returncode == 0
    assert found == {}
