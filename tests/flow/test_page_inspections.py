"""An overdue extinguisher becomes flag and ticket, is inspected on a phone without a network, comes back, and the flag goes."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.flow.chromium import Visitor, chromium
from tests.flow.rig import School
from tests.flow.test_page import PASSWORD, account, codes, wrong

PATIENCE_S = 60.0
ASSET = "ext-hall"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def base(shared: School) -> str:
    return f"http://{shared.tree['web']['listen']}"


def read(school: School, query: str, **asked: Any) -> Any:
    reply = school.ask({"do": "book-read", "query": query, "asked": asked})
    assert reply["ok"], reply
    return reply["data"]


def until(holds: Callable[[], object]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends


def overdue(school: School, folder: Path) -> None:
    """An extinguisher that was inspected 40 days ago, from files as they come from elsewhere."""
    today = date.fromisoformat(read(school, "inspections.due")["today"])
    assets, signed = folder / "assets.csv", folder / "signed.csv"
    assets.write_text(
        "id,name,type,class,state,zone,room\n"
        f"{ASSET},Extinguisher in the hall,extinguisher,safety,deployed,{school.tree['campus']['id']},Hall\n"
    )
    signed.write_text(
        f"asset,check,day,result,person\n{ASSET},extinguisher-monthly,{today - timedelta(days=40)},pass,Ms Brown\n"
    )
    for what, file in (("assets", assets), ("inspections", signed)):
        done = school.cli("import", what, str(file))
        assert done.returncode == 0, done.stderr


def flagged(school: School) -> bool:
    return "inspection_overdue" in {one["code"] for one in read(school, "asset", id=ASSET)["flags"]}


def fill(page: Page, **other: str) -> None:
    """The form that is open, as for one that is well."""
    form = page.locator("details.inspect[open] form")
    well = {**dict.fromkeys(("place", "full", "seal", "damage", "label"), "yes"), "gauge": "green", **other}
    for name, value in well.items():
        form.locator(f"input[name=a-{name}][value={value}]").check()
    form.get_by_role("button", name="Sign").click()


def test_an_overdue_extinguisher_is_inspected_in_a_cellar_and_its_flag_goes(
    shared: School, browser: Browser, base: str, tmp_path: Path
) -> None:
    account(shared, "I. Head", "administrator")
    account(shared, "M. Ode", "technician")
    overdue(shared, tmp_path)
    until(lambda: flagged(shared))
    until(lambda: read(shared, "tickets", asset=ASSET)["items"])
    (ticket,) = read(shared, "tickets", asset=ASSET)["items"]
    assert ticket["key"] == f"inspection_overdue:{ASSET}"

    technician = Visitor(browser, base, "M. Ode", PASSWORD, codes(shared, "M. Ode")[0])
    with technician.window(viewport={"width": 390, "height": 844}) as page:
        page.goto(f"{base}/inspections?state=overdue")
        assert wrong(page, "light") == []
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        row = page.locator(f"details.inspect[data-asset={ASSET}][data-check=extinguisher-monthly]")
        page.context.set_offline(True)
        row.locator("summary").click()
        assert wrong(page, "light") == []
        fill(page)
        expect(page.locator("#kept")).to_contain_text("Kept on this phone: 1")
        expect(page.locator("#kept")).to_contain_text("Extinguisher in the hall")
        assert flagged(shared)
        # Whatever it kept is there as long as it was not sent, and nobody else sends it in their own name.
        page.context.set_offline(False)
        expect(page.locator("#kept")).to_be_hidden(timeout=40_000)
        expect(row.locator("summary")).to_contain_text("Signed: it passed.")
        expect(page.get_by_role("link", name="Add a photo")).to_be_visible()
        until(lambda: not flagged(shared))
        (signed,) = [
            one for one in read(shared, "inspections", asset=ASSET)["items"] if one["person"] == "M. Ode"
        ]
        assert (signed["check"], signed["result"]) == ("extinguisher-monthly", "passed")

        # What the box refuses stays, with why, until somebody throws it away.
        page.goto(f"{base}/inspections/of/{ASSET}?corrects={signed['number']}")
        assert wrong(page, "light") == []
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        correction = {
            "asset": ASSET,
            "check": "extinguisher-monthly",
            "role": "technician",
            "person": "I. Head",
            "corrects": signed["number"],
            "reason": "Somebody was quicker",
            "answers": list(signed["answers"].items()),
        }
        done = shared.ask({"do": "book-ask", "verb": "inspection.sign", "asked": correction})
        assert done["ok"], done
        page.locator("details.inspect[open] input[name=reason]").fill("It was the other one")
        fill(page, gauge="low")
        expect(page.locator("#kept")).to_contain_text("The box did not take it")
        page.reload()
        page.locator("#kept").get_by_role("button", name="Throw it away").click()
        expect(page.locator("#kept")).to_be_hidden()
        page.goto(f"{base}/inspections/{signed['number']}")
        expect(page.locator("main")).to_contain_text("Corrected by")
        assert wrong(page, "light") == []
        page.goto(f"{base}/inspections/checks")
        expect(page.locator("main")).to_contain_text(re.compile("every 30 days"))
        assert wrong(page, "light") == []
        # A no of a checklist, said in the cellar too, is one ticket once the phone is back.
        walk = tmp_path / "walk.csv"
        walk.write_text(
            "question,section,text\nw-1,Cellar,Is the shut-off marked?\nw-2,Cellar,Is the way out free?\n"
        )
        for arguments in (
            ("import", "checklist", str(walk), "--id", "walk", "--title", "Walk"),
            ("assessment", "begin", "walk"),
        ):
            done_there = shared.cli(*arguments)
            assert done_there.returncode == 0, done_there.stderr
        number = read(shared, "assessments")[0]["number"]
        page.goto(f"{base}/assessments/{number}")
        assert wrong(page, "light") == []
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.context.set_offline(True)
        question = page.locator("#q-w-1")
        question.locator("input[name=comment]").fill("No label")
        question.get_by_role("button", name="No", exact=True).click()
        expect(page.locator("#kept")).to_contain_text("Kept on this phone: 1")
        page.context.set_offline(False)
        expect(page.locator("#kept")).to_be_hidden(timeout=40_000)
        (item, _) = read(shared, "assessment", number=number)["items"]
        assert (item["answer"], item["comment"], item["ticket"] > 0) == ("no", "No label", True)
    assert technician.complaints == []
