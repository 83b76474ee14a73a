"""Words for families and media in real browsers on a real daemon: prepared by a drill, approved by a person, sent by nobody."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests.flow.browser import Browser
from tests.flow.chromium import Visitor, chromium
from tests.flow.rig import School
from tests.flow.test_page import PASSWORD, account, codes, wrong
from tests.flow.waiting import wait_for

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
QUEUED = "Queued for the district, not sent by this box"


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as one:
        yield one


def program(school: School, role: str) -> Browser:
    made = school.cli("token", "create", "--name", f"Words {role}", "--role", role, "--json")
    assert made.returncode == 0, made.stderr
    (token,) = json.loads(made.stdout)["data"]["secret"]
    return Browser(school.tree["web"]["listen"], token)


def test_a_drills_words_are_ready_are_approved_by_a_person_alone_and_end_with_it(
    shared: School, browser: Chromium
) -> None:
    base = f"http://{shared.tree['web']['listen']}"
    faults: dict[str, list[str]] = {}
    shared.until("the page is open", lambda _: shared.health("healthz") == 200)
    account(shared, "S. Words", "administrator")
    account(shared, "K. Staff", "staff")
    chief = Visitor(browser, base, "S. Words", PASSWORD, codes(shared, "S. Words")[0])
    staff = Visitor(browser, base, "K. Staff", PASSWORD)
    api = program(shared, "administrator")
    incident = shared.ask({"do": "press", "button": "pb-office", "kind": "drill"})["incident"]

    def look(page: Page, width: int) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") == width
        for scheme in ("light", "dark"):
            if found := wrong(page, scheme):
                faults[f"{page.url} {width} {scheme}"] = found

    def words() -> list[Any]:
        return [one for one in api.get("/api/v1/statements").json["items"] if one["incident"] == incident]

    wait_for("the words", lambda: len(words()) >= 2)
    listed, now = api.get("/api/v1/statements").json, words()
    assert (listed["sent_by_this_box"], listed["district"]) == (False, False)
    assert {one["to"] for one in now} == {"families", "media"}
    assert all(one["text"].startswith("DRILL. Flow School practises a lockdown now.") for one in now)
    assert all(f"(State {one['state_number']})" in one["text"] for one in now)
    families, media = (next(one["number"] for one in now if one["to"] == to) for to in ("families", "media"))
    assert api.post(f"/api/v1/statements/{families}", {"answer": "approved"}).status == 403, "never a program"

    with (
        chief.window(viewport=PHONE) as phone,
        staff.window(viewport=DESK) as desk,
    ):
        phone.goto(f"{base}/incidents/{incident}/post")
        expect(phone.locator("#statements")).to_contain_text(QUEUED)
        expect(phone.locator("#statements")).to_contain_text("DRILL. Flow School practises a lockdown now.")
        look(phone, 390)
        phone.get_by_role("link", name="All words, and approve them").click()
        expect(phone.locator("main")).to_contain_text("This box sends them to nobody")
        expect(phone.locator("main")).to_contain_text("No district is configured: nobody fetches them.")
        look(phone, 390)
        phone.locator(f"#statement-{families}").get_by_role("button", name="Approve these words").click()
        expect(phone.locator("#said")).to_contain_text("Approved: queued for the district.")
        expect(phone.locator(f"#statement-{families}")).to_contain_text(f"Approved. {QUEUED} by S. Words")
        phone.locator(f"#statement-{media} summary").click()
        phone.fill(f"#why-{media}", "nobody asked")
        phone.locator(f"#statement-{media}").get_by_role("button", name="Decline them").click()
        expect(phone.locator(f"#statement-{media}")).to_contain_text("(nobody asked)")

        desk.goto(f"{base}/statements")
        expect(desk.locator(f"#statement-{families}")).to_contain_text("Approved.")
        assert desk.get_by_role("button", name="Approve these words").count() == 0
        look(desk, 1440)

        shared.restart()
        shared.until("the page is open", lambda _: shared.health("healthz") == 200)
        assert shared.cli_close("over").returncode == 0
        wait_for(
            "the words for the end",
            lambda: any(one["response"] is None for one in words()),
        )
        phone.goto(f"{base}/statements")
        expect(phone.locator("main")).to_contain_text("DRILL. The drill at Flow School is over.")
        expect(phone.locator(f"#statement-{families}")).to_contain_text("Approved.")
        phone.goto(f"{base}/incidents/{incident}")
        expect(phone.locator("main")).to_contain_text("2 texts for families and media are ready")

    assert faults == {}
    prepared = [one for one in shared.rows("statements.prepared") if one["incident"] == incident]
    assert [one["data"]["response"] for one in prepared] == ["lockdown", None]
    assert all("texts" in one["sealed"] and one["data"]["kind"] == "drill" for one in prepared)
    assert "practises" not in json.dumps(prepared), "the words are sealed"
    answered = [
        one for one in shared.rows("statement.answered") if one["data"]["number"] in (families, media)
    ]
    assert [(one["data"]["number"], one["data"]["answer"]) for one in answered] == [
        (families, "approved"),
        (media, "declined"),
    ]
    assert all(one["actor"].startswith("account:") for one in answered)
