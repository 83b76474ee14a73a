"""A device's life in a real browser on a real daemon: found, described, replaced, labelled, counted offline, reported."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.flow.chromium import Visitor, chromium
from tests.flow.rig import School
from tests.flow.test_page import PASSWORD, account, codes, wrong

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def base(shared: School) -> str:
    return f"http://{shared.tree['web']['listen']}"


def test_a_device_is_found_replaced_counted_without_a_network_and_reported_by_a_stranger(
    shared: School, browser: Browser, base: str
) -> None:
    found: dict[str, list[str]] = {}
    account(shared, "A. Head", "administrator")
    keeper = Visitor(browser, base, "A. Head", PASSWORD, codes(shared, "A. Head")[0])
    door = next(iter(shared.status()["doors"]))["id"]

    def look(page: Page) -> None:
        if faults := wrong(page, "light"):
            found[page.url] = faults
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
        assert sorted(ids) == sorted(set(ids)), page.url

    with keeper.window() as page:
        page.goto(f"{base}/assets")
        page.fill("#search", door)
        page.get_by_role("button", name="Find").click()
        look(page)
        page.get_by_role("link", name="Edit many").click()
        expect(page.locator(".picks input[type=checkbox]")).to_have_count(1)
        page.go_back()
        page.locator(f'a[href="/assets/{door}"]').click()
        page.locator("summary", has_text="Change").click()
        page.fill("#f-responsible", "Facilities")
        page.locator("details", has=page.locator("#f-responsible")).get_by_role("button", name="Save").click()
        expect(page.locator("main")).to_contain_text("Facilities")
        look(page)
        other = page.context.new_page()
        other.goto(page.url)
        for one, text in ((other, "Ms Brown"), (page, "Mr Green")):
            one.locator("summary", has_text="Change").click()
            one.fill("#f-responsible", text)
            one.locator("details", has=one.locator("#f-responsible")).get_by_role(
                "button", name="Save"
            ).click()
        other.close()
        expect(page.locator("main")).to_contain_text(
            "Somebody changed this since the page was opened: Responsible."
        )
        expect(page.locator("#f-responsible")).to_have_value("Mr Green")
        expect(page.locator("main")).to_contain_text("Ms Brown")
        page.locator("summary", has_text="Replace it").click()
        page.fill("#serial", "SN-2026-77")
        page.fill("#why", "Worn out")
        page.get_by_role("button", name="Replace").click()
        expect(page.locator("h2", has_text="Commissioned again")).to_be_visible()
        expect(page.locator("main")).to_contain_text("SN-2026-77")
        page.get_by_role("button", name="It was commissioned").click()
        expect(page.locator("h2", has_text="Commissioned again")).to_be_hidden()
        page.goto(f"{base}/inventory/labels")
        expect(page.locator(".labels li").first.locator("svg.qr")).to_be_visible()
        look(page)

    with keeper.window(viewport=PHONE) as page:
        page.goto(f"{base}/inventory/audits")
        page.get_by_role("button", name="Begin").click()
        expect(page.locator("h1")).to_contain_text("Round 1")
        look(page)
        page.context.set_offline(True)
        page.locator(f"#see-{door}").get_by_role("button", name="It is here").click()
        expect(page.locator("#waiting")).to_contain_text("1 kept on this phone")
        page.context.set_offline(False)
        expect(page.locator("#waiting")).to_be_hidden(timeout=30_000)
        page.reload()
        expect(page.locator(f"#see-{door}")).to_have_count(0)
        page.get_by_role("button", name="End the round").click()
        expect(page.locator("main")).to_contain_text("over since")

    stranger = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]  # as playwright has it
    try:
        page = stranger.new_page()
        page.goto(f"{base}/a/{door}")
        look(page)
        page.fill("#text", "The handle is loose")
        page.get_by_role("button", name="Send").click()
        expect(page.locator("[role=status]")).to_contain_text("Thank you")
    finally:
        stranger.close()
    with keeper.window(viewport=PHONE) as page:
        page.goto(f"{base}/inventory/reports")
        expect(page.locator("main")).to_contain_text("The handle is loose")
        look(page)
    assert keeper.complaints == []
    assert found == {}


# What this browser has none of: a reader of codes. It reads what stands in the window's `label`.
READER = """
window.label = "";
window.BarcodeDetector = class { async detect() { return window.label ? [{rawValue: window.label}] : []; } };
navigator.mediaDevices.getUserMedia = async () => document.createElement("canvas").captureStream(5);
"""


def test_a_label_is_scanned_in_the_round_or_its_id_typed_without_a_network(
    shared: School, browser: Browser, base: str
) -> None:
    found: dict[str, list[str]] = {}
    account(shared, "B. Head", "administrator")
    keeper = Visitor(browser, base, "B. Head", PASSWORD, codes(shared, "B. Head")[0])
    typed, scanned = (one["id"] for one in shared.status()["doors"][:2])
    with keeper.window(viewport=PHONE) as page:
        page.add_init_script(READER)
        page.goto(f"{base}/inventory/audits")
        page.get_by_role("button", name="Begin").click()
        expect(page.locator(f"#see-{scanned}")).to_be_visible()
        page.context.set_offline(True)
        page.fill("#scan-id", typed.upper())
        page.locator("#scanner").get_by_role("button", name="It is here").click()
        expect(page.locator("#scanned")).to_contain_text(f"{typed} was seen")
        page.get_by_role("button", name="Scan with the camera").click()
        expect(page.locator("#scan-view")).to_be_visible()
        page.evaluate("window.label = 'https://elsewhere.example/login'")
        expect(page.locator("#scanned")).to_contain_text("no label of ours")
        page.evaluate(f"window.label = 'https://box.example:8443/a/{scanned}'")
        expect(page.locator("#scanned")).to_contain_text(f"{scanned} was seen")
        expect(page.locator("#waiting")).to_contain_text("2 kept on this phone")
        if faults := wrong(page, "light"):
            found[page.url] = faults
        page.context.set_offline(False)
        expect(page.locator("#waiting")).to_be_hidden(timeout=30_000)
        page.reload()
        for one in (typed, scanned):
            expect(page.locator(f"#see-{one}")).to_have_count(0)
        page.get_by_role("button", name="End the round").click()
        expect(page.locator("main")).to_contain_text("over since")
        expect(page.locator("#scanner")).to_have_count(0)
    assert found == {}
