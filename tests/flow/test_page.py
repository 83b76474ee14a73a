"""The page in a real browser on a real daemon: it opens incidents by itself, loses nothing typed, and needs no mouse."""

import json
import re
import time
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.flow.chromium import Visitor, chromium
from tests.flow.rig import School
from tests.flow.waiting import wait_for

DOORS = ("tcp-1", "tcp-2")
PAGES = (
    "/?show=campus", "/doors", "/doors/tcp-1", "/buttons", "/buttons/pb-native", "/inputs", "/controllers",
    "/controllers/plc", "/flags", "/readiness", "/rules", "/incidents", "/walk-test", "/drills", "/start", "/release", "/close",
    "/change",
    "/account", "/people", "/tokens", "/firmware", "/firmware/lists", "/firmware/notes/wago-750", "/sweeps",
)  # fmt: skip
HEARD = "node => [...node.childNodes].filter(one => one.ariaHidden !== 'true').map(one => one.textContent).join('')"
PASSWORD = "walnut-ladder-47-violet-moss"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def base(shared: School) -> str:
    return f"http://{shared.tree['web']['listen']}"


def account(school: School, name: str, role: str) -> None:
    request = {"do": "user", "verb": "add", "name": name, "role": role, "password": PASSWORD}
    answer = school.ask(request)
    assert answer["ok"], answer


@pytest.fixture(scope="module")
def diaz(shared: School, browser: Browser, base: str) -> Visitor:
    """The administrator."""
    account(shared, "R. Diaz", "administrator")
    return Visitor(browser, base, "R. Diaz", PASSWORD, codes(shared, "R. Diaz")[0])


@pytest.fixture(scope="module")
def ott(shared: School, browser: Browser, base: str) -> Visitor:
    """A teacher: starts, notes, and ends nothing."""
    account(shared, "J. Ott", "staff")
    return Visitor(browser, base, "J. Ott", PASSWORD)


@pytest.fixture(autouse=True)
def nothing_complains(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    for name in ("diaz", "ott"):
        if name in request.fixturenames:
            visitor: Visitor = request.getfixturevalue(name)
            assert visitor.complaints == []


def codes(school: School, name: str) -> list[str]:
    found: list[str] = school.ask({"do": "user", "verb": "codes", "name": name})["data"]["secret"]
    return found


def live(page: Page) -> None:
    expect(page.locator("#live")).to_have_text(re.compile("^Live"), timeout=10_000)


def tab_to(page: Page, selector: str, most: int = 120) -> None:
    """Press Tab until this has the focus, which must be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline == "solid", f"the focus on {selector} is not seen"
            return
    raise AssertionError(f"{selector} is not reached by Tab")


# --- opening by itself ------------------------------------------------------------------------


def test_an_incident_opens_by_itself_and_its_doors_fill_in(campus: School, diaz: Visitor) -> None:
    with diaz.window() as page:
        page.goto(f"{diaz.base}/")
        live(page)
        expect(page.locator("h1.state")).to_have_text(re.compile("^Armed"))
        page.evaluate("window.sameDocument = true")

        began = time.monotonic()
        campus.ask({"do": "press", "button": "pb-native", "kind": "real", "gesture": "hold"})
        page.wait_for_selector(".band", timeout=5_000)
        shown_s = time.monotonic() - began
        page.wait_for_selector("[data-part=count]", timeout=5_000)
        campus.until_secured()
        expect(page.locator("h2.count b")).to_have_text("0", timeout=5_000)

        assert page.title().startswith("Lockdown · ")
        assert page.evaluate("window.sameDocument")
        assert page.locator("[data-part=ledger] li").count() == 5
        expect(page.locator("[data-part=timeline]")).to_contain_text("Press of", timeout=10_000)
        assert shown_s < 2

        campus.end_incident("flow")
        expect(page.locator("h1.state")).to_have_text(re.compile("^Armed"), timeout=5_000)


def test_what_is_typed_stays_when_an_incident_begins(campus: School, diaz: Visitor) -> None:
    with diaz.window() as page:
        page.goto(f"{diaz.base}/doors/tcp-1")
        live(page)
        page.fill("#reason", "half a sent")
        page.evaluate("document.querySelector('#reason').setSelectionRange(4, 4)")

        campus.ask({"do": "press", "button": "pb-native", "kind": "real", "gesture": "hold"})
        page.wait_for_selector("a.band")
        campus.until_secured()
        expect(page.locator("[data-part=door] .row b").first).to_have_text(
            re.compile("secured", re.IGNORECASE)
        )

        assert page.input_value("#reason") == "half a sent"
        assert page.evaluate("document.activeElement.id + document.activeElement.selectionStart") == "reason4"


def test_silence_is_noticed_by_the_page_itself_and_so_is_the_end_of_it(campus: School, diaz: Visitor) -> None:
    with diaz.window() as page:
        page.clock.install()
        page.goto(f"{diaz.base}/doors")
        live(page)
        assert page.locator("#notlive").is_hidden()

        assert campus.daemon is not None
        page.context.set_offline(True)
        page.route("**/events/page*", lambda route: route.abort())
        page.evaluate("window.dispatchEvent(new Event('online'))")
        page.clock.run_for(20_000)
        expect(page.locator("#notlive")).to_contain_text("NOT LIVE for")
        assert page.locator("html.notlive .row .was").first.is_visible()
        # Who hears the page hears that once, and not each second of it.
        for running in ("#notlive", "#live"):
            assert not re.search(r"\d", page.locator(running).evaluate(HEARD))
        campus.ask({"do": "press", "button": "pb-native", "kind": "drill", "gesture": "hold"})
        campus.until_secured()

        page.unroute("**/events/page*")
        page.context.set_offline(False)
        expect(page.locator("#notlive")).to_contain_text("Live again", timeout=10_000)
        expect(page.locator("#notlive li")).to_contain_text(["Room tcp-1 secured"])
        # What is shown a moment after the stream is back was not seen either.
        campus.end_incident("flow")
        expect(page.locator("#notlive li")).not_to_contain_text(["Room tcp-1 secured"])
        page.clock.run_for(60_000)
        page.click("#notlive button")
        assert page.locator("#notlive").is_hidden()
        diaz.complaints.clear()


def test_a_silent_incident_opens_for_the_duress_right_alone(
    campus: School, diaz: Visitor, ott: Visitor
) -> None:
    with diaz.window() as knowing, ott.window() as plain:
        for page, visitor in ((knowing, diaz), (plain, ott)):
            page.goto(f"{visitor.base}/")
            live(page)

        campus.ask({"do": "press", "button": "pb-duress", "kind": "real", "gesture": "single"})
        knowing.wait_for_selector(".band.silent")

        assert plain.locator(".band").count() == 0
        plain.reload()
        live(plain)
        assert "Silent duress" not in plain.content()
        assert plain.locator(".band").count() == 0


def test_a_row_that_was_opened_stays_open_and_what_is_in_it_stays_true(campus: School, diaz: Visitor) -> None:
    with diaz.window(viewport={"width": 390, "height": 844}) as page:
        campus.devices.fault("plc", "dead")
        campus.until("silent", lambda now: any(not one["up"] for one in now["controllers"]))
        campus.ask({"do": "press", "button": "pb-native", "kind": "drill", "gesture": "hold"})
        page.goto(f"{diaz.base}/")
        live(page)
        expect(page.locator("#cause-plc summary")).to_contain_text(
            re.compile(r"[23] doors not known\. Treat as open\.")
        )
        assert page.locator("#door-tcp-1").is_hidden()

        page.locator("#cause-plc summary").focus()
        page.keyboard.press("Enter")
        assert page.locator("#cause-plc #door-tcp-1").is_visible()
        page.evaluate("document.activeElement.blur()")
        campus.devices.fault("bus", "dead")
        campus.until("both silent", lambda now: sum(not one["up"] for one in now["controllers"]) > 1)
        assert page.locator("#cause-plc #door-tcp-1").is_visible()

        campus.devices.fault("plc", "none")
        expect(page.locator("#cause-plc")).to_have_count(0, timeout=20_000)
        campus.devices.fault("bus", "none")
        campus.until("both answer", lambda now: all(one["up"] for one in now["controllers"]))


# --- by hand ----------------------------------------------------------------------------------


def test_start_note_release_and_end_by_keyboard_alone(campus: School, diaz: Visitor) -> None:
    printed = codes(campus, "R. Diaz")
    with diaz.window() as page:
        page.goto(f"{diaz.base}/")
        live(page)
        tab_to(page, "#start > summary")
        page.keyboard.press("Enter")
        tab_to(page, "#start button[value=lockdown]", 3)
        page.keyboard.press("Enter")
        page.wait_for_url("**/incidents/**")
        campus.until_secured()

        tab_to(page, "#note")
        page.keyboard.type("SRO at east gate")
        tab_to(page, "#note-card button", 2)
        page.keyboard.press("Enter")
        expect(page.locator("#said")).to_contain_text("The note is in the record.")
        expect(page.locator("[data-part=timeline] .note")).to_contain_text("SRO at east gate")

        tab_to(page, "a[href='/release']")
        page.keyboard.press("Enter")
        page.wait_for_selector("#code")
        tab_to(page, "#code")
        page.keyboard.type(printed[0])
        page.keyboard.press("Enter")
        page.wait_for_selector("input[name=door]")
        tab_to(page, "input[value=tcp-1]")
        page.keyboard.press("Space")
        tab_to(page, "#reason")
        page.keyboard.type("responder inside")
        tab_to(page, "button.hold", 2)
        page.keyboard.down("Enter")
        page.wait_for_timeout(700)
        page.keyboard.up("Enter")
        assert campus.devices.locked("tcp-1"), "let go too early, and something happened"
        page.keyboard.down("Enter")
        expect(page.locator("#said")).to_contain_text("returns to its rest", timeout=8_000)
        page.keyboard.up("Enter")
        campus.until_at_rest("tcp-1")
        assert campus.devices.locked("tcp-2")

        page.goto(f"{diaz.base}/close")
        tab_to(page, "#word")
        page.keyboard.type("END")
        page.keyboard.press("Enter")
        expect(page.locator("#said")).to_contain_text("Ended.")
    assert campus.status()["incidents"] == []


def test_a_double_touch_starts_nothing(campus: School, ott: Visitor) -> None:
    with ott.window(viewport={"width": 390, "height": 844}, has_touch=True) as page:
        page.goto(f"{ott.base}/")
        live(page)
        box = page.locator("#start > summary").bounding_box()
        assert box is not None
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

        page.touchscreen.tap(*middle)
        page.touchscreen.tap(*middle)
        page.wait_for_timeout(500)

        assert campus.status()["incidents"] == []


def test_a_start_that_cannot_be_sent_is_sent_until_it_arrives_once(campus: School, ott: Visitor) -> None:
    with ott.window() as page:
        page.goto(f"{ott.base}/doors")
        live(page)
        page.route("**/start", lambda route: route.abort())
        page.click("#start > summary")
        page.wait_for_timeout(450)
        page.click("#start button[value=secure]")
        expect(page.locator("#start .sending")).to_contain_text("Trying again")
        assert campus.status()["incidents"] == []

        page.unroute("**/start")
        page.wait_for_url("**/incidents/**", timeout=10_000)

        assert [one["response"] for one in campus.status()["incidents"]] == ["secure"]
    ott.complaints.clear()


def test_a_tab_that_lay_open_ends_no_incident_that_it_did_not_show(campus: School, diaz: Visitor) -> None:
    campus.ask({"do": "press", "button": "pb-native", "kind": "drill", "gesture": "hold"})
    with diaz.window() as page:
        page.goto(f"{diaz.base}/close")
        page.fill("#reason", "drill is over")
        campus.ask({"do": "press", "button": "pb-native", "kind": "real", "gesture": "hold"})
        page.fill("#word", "END")
        page.press("#word", "Enter")

        expect(page.locator("#missing")).to_contain_text("Nothing was ended")
        assert page.input_value("#reason") == "drill is over"
        assert [one["kind"] for one in campus.status()["incidents"]] == ["real"]


def test_the_first_row_on_a_phone_is_the_worst_door_with_what_to_do(campus: School, diaz: Visitor) -> None:
    campus.devices.jam("tcp-2")
    campus.devices.fault("bus", "dead")
    campus.ask({"do": "press", "button": "pb-native", "kind": "real", "gesture": "hold"})
    campus.until("not latched", lambda now: any(one["verdict"] == "not_latched" for one in now["doors"]))
    with diaz.window(viewport={"width": 390, "height": 844}) as page:
        page.goto(f"{diaz.base}/")
        live(page)
        first = page.locator("[data-part=count] .rows > li").first
        row, bar = first.bounding_box(), page.locator(".acts").bounding_box()

        expect(first).to_have_id("door-tcp-2")
        expect(first.locator(".does b")).to_have_text("Send a person with a key.")
        assert row is not None
        assert bar is not None
        assert row["y"] + row["height"] < bar["y"], "the worst door is not on the first screen"
    campus.devices.jam("tcp-2", stuck=False)
    campus.devices.fault("bus", "none")
    campus.until("all answer", lambda now: all(one["up"] for one in now["controllers"]))


def test_without_a_script_it_is_right_at_its_time_and_works(campus: School, ott: Visitor) -> None:
    with ott.window(java_script_enabled=False, viewport={"width": 390, "height": 844}) as page:
        page.goto(f"{ott.base}/")
        assert re.search(r"As of \d\d:\d\d:\d\d -0[56]:00, does not update", page.inner_text("#live"))
        page.click("#start > summary")
        page.wait_for_timeout(450)
        page.click("#start button[value=lockdown]")
        page.wait_for_url("**/incidents/**")
        campus.until_secured()
        page.click("text=Reload")

        assert "0" in page.inner_text("h2.count b")
        page.fill("#note", "by hand")
        page.click("#note-card button")
        assert "The note is in the record." in page.inner_text("#said")


# --- for everybody ----------------------------------------------------------------------------


def wrong(page: Page, theme: str) -> list[str]:
    # What a theme changes is colour; the rest is judged once.
    only = {"runOnly": {"type": "rule", "values": ["color-contrast"]}} if theme == "dark" else None
    found = Axe().run(page, options=only).response["violations"]
    return [f"{one['id']}: {json.dumps([node['target'] for node in one['nodes']][:4])}" for one in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(campus: School, diaz: Visitor, base: str, theme: str) -> None:
    found: dict[str, list[str]] = {}
    with diaz.window(color_scheme=theme) as page:
        for path in PAGES:
            page.goto(base + path)
            if faults := wrong(page, theme):
                found[path] = faults
        campus.devices.jam("tcp-2")
        campus.ask({"do": "press", "button": "pb-native", "kind": "real", "gesture": "hold"})
        campus.until("not latched", lambda now: any(one["verdict"] == "not_latched" for one in now["doors"]))
        for path in ("/", "/doors", "/flags", "/close"):
            page.goto(base + path)
            if faults := wrong(page, theme):
                found[f"{path} in a lockdown"] = faults
        page.context.clear_cookies()
        for path in ("/sign-in", "/welcome"):
            page.goto(base + path)
            if faults := wrong(page, theme):
                found[path] = faults
    campus.devices.jam("tcp-2", stuck=False)
    assert found == {}


def test_at_320_pixels_nothing_is_cut_and_every_target_is_large(campus: School, diaz: Visitor) -> None:
    campus.ask({"do": "press", "button": "pb-native", "kind": "drill", "gesture": "hold"})
    campus.until_secured()
    small = """() => [...document.querySelectorAll('a, button, summary, input:not([type=hidden]), textarea')]
        .filter(one => one.checkVisibility() && !one.closest('.unseen, .skip, .why, .fine, dd, .lines, nav, details:not([open])'))
        .map(one => [one, (one.closest('label') || one).getBoundingClientRect()])
        .filter(([one, box]) => box.height < 44 && box.width > 0)
        .map(([one, box]) => `${one.outerHTML.slice(0, 60)} ${Math.round(box.height)}`)"""
    with diaz.window(viewport={"width": 320, "height": 700}) as page:
        for path in ("/", *PAGES):
            page.goto(diaz.base + path)
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
            assert page.evaluate(small) == [], path
        page.goto(f"{diaz.base}/")
        assert page.title().startswith("DRILL ")
        # The letters twice as large: no word is broken, and nothing goes out of the side.
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        skip = page.locator(".skip").bounding_box()
        assert skip is not None
        assert skip["y"] + skip["height"] <= 0, "the skip link covers the top without having the focus"
        summary = page.locator(".menu > summary")
        lines = "one => one.getBoundingClientRect().height / parseFloat(getComputedStyle(one).fontSize)"
        assert summary.evaluate(lines) < 2
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_first_view_paints_soon_and_is_small(campus: School, diaz: Visitor) -> None:
    with diaz.window() as page:
        page.goto(f"{diaz.base}/?show=campus")
        paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
        found = wait_for("a first paint", lambda: page.evaluate(paint))
        sent = page.evaluate(
            "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))"
            ".reduce((sum, one) => sum + one.transferSize, 0)"
        )
        assert found < 2_000
        assert sent < 100_000
