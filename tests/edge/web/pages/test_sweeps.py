"""The page of the weekly sweep: this week so far, what is to be explained and signed by name, six weeks on paper and as CSV."""

import csv
import io
import re
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from playwright.async_api import async_playwright, expect

from edge.book.weeks import mondays
from rules.model.exterior_facts import DoorsWatched, SweepRecorded, Watched
from rules.model.facts import Entry
from rules.model.ids import Actor
from rules.model.selftest_facts import SelfTestEnded
from tests.edge.campus import D1, D2, D3, PLAN
from tests.edge.web.pages.conftest import Office, Serve
from tests.flow.chromium import ARGUMENTS

HOUR_US = 3_600_000_000
PERSON = Actor("account:administrator")
DAEMON = Actor("daemon")
DOORS = (D1, D2, D3)


def office() -> Office:
    """All three doors are exterior ones; the clock stands at noon of a Wednesday."""
    doors = {one: replace(door, kind="exterior") for one, door in PLAN.doors.items()}
    made = Office(plan=replace(PLAN, doors=doors))
    made.book.at_us = int(datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp()) * 1_000_000
    return made


def watch(made: Office, monday: int, from_us: int, hours: int, *others: Watched) -> None:
    """So many hours of a week in which all was locked, but for the last of them, in which `others` were what they were."""
    names = {one[0] for one in others}
    proven = SelfTestEnded(1, "schedule", 1, True, "", tuple(f"lock:{one}" for one in DOORS), (), ())
    entries = [Entry(proven, "hs", DAEMON)]
    for hour in range(hours):
        last = hour == hours - 1
        day, began_us = monday + hour // 24, from_us + hour * HOUR_US
        at_rest = tuple(one for one in DOORS if not last or one not in names)
        fact = DoorsWatched(day, began_us, began_us + HOUR_US, 3_600, at_rest, others if last else ())
        entries.append(Entry(fact, "hs", DAEMON))
    made.book.enter(*entries)


def lived(made: Office, weeks: int = 1) -> Office:
    """Some weeks in which one door was held open and one could not be read; then this week to now."""
    book = made.book
    known = mondays(date(2026, 11, 25).toordinal(), UTC)
    now_us = book.at_us
    for monday, from_us in known[-2 - weeks : -2]:
        book.at_us = from_us + 100 * HOUR_US
        watch(
            made,
            monday,
            from_us,
            168,
            (D1, 900, 700, 0, 0, 0, 0, 12, 0, 0),
            (D2, 0, 0, 0, 0, 0, 3_600, 0, 0, 2),
        )
        book.at_us = from_us + 169 * HOUR_US
        book.sweep()
    monday, from_us = known[-2]
    book.at_us = now_us
    watch(made, monday, from_us, 60)
    return made


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


async def test_this_week_so_far_says_what_each_door_was_and_what_it_is_now(serve: Serve) -> None:
    served = await serve(lived(office()))
    status, page = await served.get("/sweeps", "technician")
    assert status == 200
    so_far = re.findall(r'<li id="now-[^"]+">(.*?)</li>', page, re.DOTALL)
    assert len(so_far) == 3
    for one in so_far:
        assert "ok opened 0 times" in plain(one)
        assert "Now: " in plain(one)
    assert "as of 2026-11-25" in plain(page)


async def test_what_is_not_ok_is_explained_and_signed_and_stands_with_its_week(serve: Serve) -> None:
    served = await serve(lived(office()))
    _, page = await served.get("/sweeps", "technician")
    assert "It was held open." in plain(page)
    assert "Its sensors were not read." in plain(page)
    assert "1 door ok, 2 doors not ok, 2 unsigned" in plain(page)

    form = [
        ("key", "k1"),
        ("door", D1),
        ("door", D2),
        ("reason", "Deliveries; the panel was off for an hour"),
    ]
    for _ in range(2):  # a second tap is the same signature
        status, place, _page = await served.post("/sweeps/2026-11-16/sign", form, "technician")
        assert (status, place) == (303, "/sweeps")

    _, page = await served.get("/sweeps", "technician")
    assert "To be explained" not in page
    assert "R. Diaz, 2026-11-25" in plain(page)
    assert "Deliveries; the panel was off for an hour" in page


async def test_without_a_reason_or_a_door_nothing_is_signed_and_what_was_typed_stays(serve: Serve) -> None:
    served = await serve(lived(office()))
    status, _, page = await served.post("/sweeps/2026-11-16/sign", [("reason", "Deliveries")], "technician")
    assert status == 422
    assert "No door was named" in plain(page)
    assert 'value="Deliveries"' in page
    status, _, page = await served.post(
        "/sweeps/2026-11-16/sign", [("door", D1), ("reason", " ")], "technician"
    )
    assert status == 422
    assert f'name="door" value="{D1}" checked' in page


async def test_who_may_not_sign_reads_and_who_may_not_see_the_inventory_does_not(serve: Serve) -> None:
    served = await serve(lived(office()))
    _, page = await served.get("/sweeps", "staff")
    assert "To be explained" in page
    assert "/sign" not in page.replace("/sign-out", "")
    form = [("door", D1), ("reason", "x")]
    assert (await served.post("/sweeps/2026-11-16/sign", form, "staff"))[0] == 403
    assert (await served.get("/sweeps", "viewer"))[0] == 403


async def test_six_weeks_are_a_sheet_for_paper_and_one_for_programs(serve: Serve) -> None:
    made = lived(office(), weeks=7)
    served = await serve(made)
    sign = [("door", D1), ("reason", "=HYPERLINK(1)")]
    assert (await served.post("/sweeps/2026-11-16/sign", sign, "administrator"))[0] == 303

    _, page = await served.get("/sweeps/paper", "auditor")
    assert re.findall(r'id="week-([\d-]+)"', page) == [
        "2026-11-16", "2026-11-09", "2026-11-02", "2026-10-26", "2026-10-19", "2026-10-12",
    ]  # fmt: skip
    assert page.count("<tr>") == 6 * 4
    assert "12 times" in plain(page)
    assert 'aria-label="not signed"' in page

    _, text = await served.get("/sweeps/exterior-doors.csv", "auditor")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 18
    first = next(one for one in rows if one["door"] == D1)
    assert (first["week"], first["result"], first["codes"]) == ("2026-11-16", "exception", "held_open")
    assert (first["signed_by"], first["reason"]) == ("R. Diaz", "'=HYPERLINK(1)")
    assert len(first["pack_sha256"]) == 64 or first["pack_sha256"] == ""


async def test_a_campus_without_exterior_doors_says_so(serve: Serve) -> None:
    served = await serve(Office())
    _, page = await served.get("/sweeps", "technician")
    assert "No exterior door is configured" in page
    _, page = await served.get("/sweeps/paper", "technician")
    assert "None yet" in page


async def test_a_signature_that_was_erased_says_so_and_still_stands(serve: Serve) -> None:
    made = lived(office())
    served = await serve(made)
    form = [("door", D1), ("reason", "Deliveries")]
    await served.post("/sweeps/2026-11-16/sign", form, "technician")
    # As `sealed.erased/1` leaves it.
    made.book.database._connection.execute("DELETE FROM texts WHERE owner = 'sweep'")
    _, page = await served.get("/sweeps", "technician")
    assert "erased" in plain(page)
    assert "Deliveries" not in page
    assert len([one for one in made.book.database.book.sweeps.values() if dict(one.signed)]) == 1
    assert SweepRecorded.KIND == "exterior.week/1"


@pytest.mark.parametrize(
    ("wide", "scripts"), [(1440, True), (390, False)], ids=["desk", "phone without script"]
)
async def test_somebody_explains_and_signs_a_week_in_a_real_browser(
    serve: Serve, wide: int, scripts: bool
) -> None:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("NO BROWSER: chromium is not installed, so the page was looked at by nobody (install.sh)")
    served = await serve(lived(office()))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        context = await browser.new_context(
            viewport={"width": wide, "height": 900}, java_script_enabled=scripts
        )
        await context.add_cookies([{"name": "campus-edge", "value": "technician", "url": served.url}])
        page = await context.new_page()
        await page.goto(f"{served.url}/sweeps")
        week = page.locator("#open-2026-11-16")
        await expect(week).to_contain_text("It was held open.")
        if scripts:
            assert await page.evaluate("document.documentElement.scrollWidth") == wide
        for door in (D1, D2):
            await week.locator(f"input[value={door}]").check()
        await week.locator("input[name=reason]").fill("Deliveries; the panel was off for an hour")
        await week.get_by_role("button", name="Sign as").click()
        await expect(page.locator("#said")).to_be_visible()
        await expect(page.locator("#open-2026-11-16")).to_have_count(0)
        await page.locator("details.week summary").first.click()
        await expect(page.locator("details.week").first).to_contain_text("Deliveries; the panel was off")
        await page.get_by_role("link", name="Six weeks on paper").click()
        await expect(page.locator("#week-2026-11-16")).to_contain_text("R. Diaz")
        await browser.close()
