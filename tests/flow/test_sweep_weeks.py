"""Six weeks of a real daemon beside one exterior door: what nobody saw is never ok, is explained by name, and is printed."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.flow.chromium import Visitor, chromium
from tests.flow.moved_clock import DAY_S, MovedClock
from tests.flow.rig import School, flags, running
from tests.flow.test_exterior import with_an_exterior_door
from tests.flow.test_page import PASSWORD, account, codes, wrong
from tests.flow.waiting import wait_for

WEEKS = 6


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


def told(here: School) -> Any:
    return json.loads(here.cli("sweeps", "--json").stdout or "{}") or {"weeks": [], "current": None}


def test_six_weeks_come_from_the_sensors_are_explained_by_name_and_fit_on_paper(
    tmp_path: Path, browser: Browser
) -> None:
    folder, clock = tmp_path / "school", MovedClock(tmp_path / "clock")
    with running(folder, lambda port: with_an_exterior_door(folder, port), started=False) as here:
        here.environment = clock.environment
        here.start()
        wait_for("the week so far", lambda: told(here)["current"])
        for number in range(1, WEEKS + 1):
            # The sensors of a running box saw minutes of it: of the rest of the week nobody knows anything.
            clock.move(7 * DAY_S)
            wait_for(f"week {number} is over", lambda number=number: len(told(here)["weeks"]) >= number)  # type: ignore[misc]
        weeks = told(here)["weeks"]
        days = [one["week"] for one in weeks]
        assert len(set(days)) == WEEKS
        assert days == sorted(days, reverse=True)
        assert {one["result"] for week in weeks for one in week["doors"]} == {"unknown"}
        assert here.cli("sweeps").returncode == 1
        here.until("what nobody signed is a flag", lambda now: "sweep_unsigned" in flags(now))

        # One by the command line, and the others on the page; each by name, and never without a reason.
        newest, *others = days
        assert (
            here.cli("sweep", "sign", newest, "tcp-1", "--reason", " ", "--person", "R. Diaz").returncode != 0
        )
        signed = here.cli(
            "sweep", "sign", newest, "tcp-1", "--reason", "The box was off", "--person", "T. Lee"
        )
        assert signed.returncode == 0, signed.stderr
        account(here, "R. Diaz", "administrator")
        base = f"http://{here.tree['web']['listen']}"
        diaz = Visitor(browser, base, "R. Diaz", PASSWORD, codes(here, "R. Diaz")[0])
        with diaz.window() as page:
            for week in others:
                page.goto(f"{base}/sweeps")
                form = page.locator(f"#open-{week}")
                expect(form).to_contain_text("The box was off, or did not watch it")
                form.get_by_role("checkbox").check()
                form.locator("input[name=reason]").fill("Walked there every morning")
                form.get_by_role("button", name="Sign as R. Diaz").click()
                expect(page.locator(f"#open-{week}")).to_have_count(0)
            assert wrong(page, "light") == []
            page.goto(f"{base}/sweeps/paper")
            assert re.findall(r'id="week-([\d-]+)"', page.content()) == days
            page.emulate_media(media="print")
            for week in days:
                expect(page.locator(f"#week-{week}")).to_be_visible()
            expect(page.locator("body")).to_contain_text("The box was off")
            assert page.pdf().startswith(b"%PDF-")
        assert diaz.complaints == []
        assert here.cli("sweeps").returncode == 0
        here.until("nothing waits for a name", lambda now: "sweep_unsigned" not in flags(now))
        sheet = folder / "sweeps.csv"
        assert here.cli("export", "sweeps", str(sheet)).returncode == 0
        with sheet.open(newline="", encoding="utf-8") as file:
            assert {row["signed_by"] for row in csv.DictReader(file)} == {"R. Diaz", "T. Lee"}
        assert here.cli("verify-journal").returncode == 0
