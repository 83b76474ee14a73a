"""An incident's post in real browsers on a real daemon: a phone, a desk, a room without script; it stands over a restart."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.flow.chromium import Visitor, chromium
from tests.flow.rig import School
from tests.flow.test_page import PASSWORD, account, codes, wrong

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def base(shared: School) -> str:
    return f"http://{shared.tree['web']['listen']}"


def test_a_coordinator_and_a_teacher_go_through_an_incident_and_a_restart(
    shared: School, browser: Browser, base: str
) -> None:
    faults: dict[str, list[str]] = {}
    account(shared, "P. Chief", "administrator")
    account(shared, "T. Room", "staff")
    coordinator = Visitor(browser, base, "P. Chief", PASSWORD, codes(shared, "P. Chief")[0])
    teacher = Visitor(browser, base, "T. Room", PASSWORD)
    incident = shared.ask({"do": "press", "button": "pb-office", "kind": "drill"})["incident"]

    def look(page: Page, width: int) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") == width
        for scheme in ("light", "dark"):
            if found := wrong(page, scheme):
                faults[f"{page.url} {width} {scheme}"] = found

    with (
        coordinator.window(viewport=PHONE) as phone,
        teacher.window(viewport=PHONE, java_script_enabled=False) as room,
    ):
        phone.goto(f"{base}/incidents/{incident}")
        expect(phone.locator("main")).to_contain_text("NOBODY COORDINATES.")
        look(phone, 390)
        phone.get_by_role("link", name="Coordinate: tasks, roles, rooms").click()
        expect(phone.locator("#vacant")).to_contain_text("NOBODY COORDINATES.")
        look(phone, 390)
        phone.get_by_role("button", name="I coordinate").click()
        expect(phone.locator("#said")).to_contain_text("It is in the record.")
        expect(phone.locator("#roles")).to_contain_text("P. Chief")
        expect(phone.locator("#vacant")).to_have_count(0)

        first = phone.locator("#tasks .tasks > li").first
        expect(first).to_contain_text("DRILL: say who would phone 911")
        first.get_by_role("button", name="Take", exact=True).click()
        expect(phone.locator("#tasks")).to_contain_text("taken by P. Chief")
        phone.locator("summary", has_text="Add a task or a timer…").click()
        phone.fill("#task-text", "Ask police again")
        phone.fill("#minutes", "10")
        phone.check("input[name=timer]")
        phone.get_by_role("button", name="Add it").click()
        expect(phone.locator("#timers")).to_contain_text("Ask police again")

        # A room on another phone, without a script; the coordinator's page hears of it by itself.
        room.goto(f"{base}/classroom")
        look_at = room.locator("a.row.plain").first
        name = look_at.inner_text()
        look_at.click()
        expect(room.locator("main")).to_contain_text("DRILL.")
        expect(room.locator("main")).to_contain_text("Nobody has heard from this room yet.")
        room.locator("summary", has_text="REPORT").click()
        room.fill("#people", "22")
        room.get_by_role("button", name="Needs help").click()
        expect(room.locator("#said")).to_contain_text("Whoever coordinates sees it now.")
        expect(room.locator("main")).to_contain_text("Needs help · 22 people")
        expect(phone.locator("#rooms .rows")).to_contain_text(name)
        expect(phone.locator("#rooms .rows")).to_contain_text("Needs help")

        # Who coordinates does not go to the door as well, unless they say why.
        phone.goto(f"{base}/incidents/{incident}/responder")
        expect(phone.locator("main")).to_contain_text("22 counted")
        look(phone, 390)
        phone.get_by_role("button", name="I respond").click()
        expect(phone.locator("#said")).to_contain_text(
            "Who coordinates does not respond at the scene as well"
        )
        phone.fill("#responder-why", "a child calls")
        phone.get_by_role("button", name="I respond").click()
        expect(phone.locator("#said")).to_contain_text("It is in the record.")

    shared.restart()
    shared.until("the page is open", lambda _: shared.health("healthz") == 200)
    with coordinator.window(viewport=DESK) as desk:
        desk.goto(f"{base}/incidents/{incident}/post")
        main = desk.locator("main")
        for words in (
            "P. Chief",
            "COORDINATES AND RESPONDS",
            "Ask police again",
            "taken by P. Chief",
            "Needs help",
        ):
            expect(main).to_contain_text(words)
        look(desk, 1440)
        desk.goto(f"{base}/incidents/{incident}/responder")
        look(desk, 1440)
        desk.goto(f"{base}/incidents/{incident}")
        expect(desk.locator("ol.log")).to_contain_text("Incident commander: P. Chief")
        desk.goto(f"{base}/classroom")
        look(desk, 1440)
        desk.locator("a.row.plain").first.click()
        expect(desk.locator("main")).to_contain_text("Needs help")
        look(desk, 1440)
    shared.end_incident("the test is over")
    assert faults == {}
    assert not coordinator.complaints
    assert not teacher.complaints
