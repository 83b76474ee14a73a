"""A page whose connection is cut: a note is tried until it arrives, what ends or releases never goes by itself."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

from tests.flow.chromium import Visitor, chromium
from tests.flow.rig import School
from tests.flow.test_page import PASSWORD, account, codes, live


@pytest.fixture(scope="module")
def kim(shared: School) -> Iterator[Visitor]:
    """An administrator of these journeys alone."""
    account(shared, "A. Kim", "administrator")
    with chromium() as browser:
        yield Visitor(browser, f"http://{shared.tree['web']['listen']}", "A. Kim", PASSWORD)


def test_a_note_is_tried_until_it_arrives_and_survives_a_reload_meanwhile(
    campus: School, kim: Visitor
) -> None:
    campus.ask({"do": "press", "button": "pb-native", "kind": "drill", "gesture": "hold"})
    with kim.window() as page:
        page.goto(f"{kim.base}/")
        live(page)
        page.fill("#note", "smoke in the east stair")
        page.context.set_offline(True)
        page.click("#note-card button")
        expect(page.locator("#note-card .sending")).to_contain_text("tried again until it arrives")
        assert page.input_value("#note") == "smoke in the east stair"
        with pytest.raises(PlaywrightError):
            page.reload()
        page.context.set_offline(False)
        page.goto(f"{kim.base}/")
        expect(page.locator("#note")).to_have_value("smoke in the east stair")

        page.context.set_offline(True)
        page.click("#note-card button")
        expect(page.locator("#note-card .sending")).to_contain_text("tried again until it arrives")
        page.context.set_offline(False)
        expect(page.locator("#said")).to_contain_text("The note is in the record.", timeout=10_000)
        expect(page.locator("#note")).to_have_value("")
        page.reload()
        expect(page.locator("#note")).to_have_value("")
        kim.complaints.clear()


def test_what_ends_or_releases_is_never_sent_by_itself_and_what_was_typed_stays(
    campus: School, kim: Visitor
) -> None:
    printed = codes(campus, "A. Kim")
    campus.ask({"do": "press", "button": "pb-native", "kind": "drill", "gesture": "hold"})
    campus.until_secured()
    with kim.window() as page:
        # The reader's clock is a day wrong: the five minutes are the box's.
        page.clock.install(time=datetime.now(UTC) - timedelta(days=1))
        page.goto(f"{kim.base}/release")
        page.fill("#code", printed[0])
        page.press("#code", "Enter")
        page.wait_for_selector("input[name=door]")
        expect(page.locator("time[data-until]")).to_have_text(re.compile(r"^4 min \d+ s$"))
        page.check("input[value=tcp-1]")
        page.fill("#reason", "responder inside")
        page.fill("#word", "RELEASE")
        page.context.set_offline(True)
        page.press("#word", "Enter")
        expect(page.locator("main .sending")).to_contain_text(
            "Nothing was done; what you typed is still here."
        )
        page.clock.run_for(60_000)
        page.context.set_offline(False)
        page.clock.run_for(20_000)
        live(page)
        assert page.input_value("#reason") == "responder inside"
        assert page.is_checked("input[value=tcp-1]")
        assert campus.devices.locked("tcp-1"), "it was released by itself once the connection was back"

        page.press("#word", "Enter")
        expect(page.locator("#said")).to_contain_text("returns to its rest", timeout=10_000)
        campus.until_at_rest("tcp-1")
        page.eval_on_selector("time[data-until]", "one => { one.dataset.until = Date.now() - 86_400_000; }")
        page.clock.run_for(2_000)
        expect(page.locator("time[data-until]")).to_have_text("no longer: give a code again")
