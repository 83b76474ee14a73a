"""A device that flaps all day is one ticket and one flag; when it has rested its ticket is proposed to close; what rests ends."""

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.flow.chromium import Visitor, chromium
from tests.flow.moved_clock import DAY_S, MovedClock
from tests.flow.rig import School, running
from tests.flow.school import native, school
from tests.flow.test_page import PASSWORD, account, codes, wrong
from tests.flow.waiting import wait_for

FLAPS = 20
KEY = "button_battery_low:pb-native"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


def read(here: School, query: str, **asked: Any) -> Any:
    reply = here.ask({"do": "book-read", "query": query, "asked": asked})
    return reply["data"] if reply["ok"] else {"items": []}


def flap(here: School) -> None:
    """Flat and whole again, so often that each is a flag and its end."""
    for _ in range(FLAPS):
        here.broker.publish("campus/button/pb-native/status", {"battery": 3})
        here.until("flagged", lambda now: KEY in {one["id"] for one in now["flags"]})
        here.broker.publish("campus/button/pb-native/status", {"battery": 90})
        here.until("over", lambda now: KEY not in {one["id"] for one in now["flags"]})


def opened(here: School) -> list[str]:
    return [one["data"]["key"] for one in here.rows("ticket.opened")]


def test_many_flaps_are_one_ticket_and_one_flag_and_what_rests_has_owner_reason_and_end(
    tmp_path: Path, browser: Browser
) -> None:
    folder, clock = tmp_path / "school", MovedClock(tmp_path / "clock")
    with running(folder, partial(school, folder, buttons=[native("pb-native")]), started=False) as here:
        here.environment = clock.environment
        here.start()
        flap(here)
        here.until(
            "it changes often",
            lambda now: "changes_often:pb-native" in {one["id"] for one in now["flags"]},
        )
        page_of = wait_for(
            "its ticket", lambda: [one for one in read(here, "tickets")["items"] if one["key"] == KEY]
        )
        (ticket,) = page_of
        assert opened(here).count(KEY) == 1
        often = [one for one in here.rows("flag.raised") if one["data"]["code"] == "changes_often"]
        assert len(often) == 1
        assert len([one for one in here.rows("flag.raised") if one["subject"] == "pb-native"]) > FLAPS
        told = here.cli("tickets")
        assert told.stdout.count("Button pb-native has a low battery") == 1, told.stdout
        assert "changes" in here.cli("flags").stdout

        # It rests: what stands then is evidence and a proposal, and a person closes.
        clock.move(3_600)
        number = ticket["id"]
        wait_for("recovery is noted", lambda: here.rows("ticket.noted"))
        shown = wait_for(
            "it is proposed to close",
            lambda: found if "proposed" in (found := here.cli("tickets", number).stdout) else None,
        )
        assert "recovered" in json.dumps([one["data"] for one in here.rows("ticket.noted")])
        assert ticket["number"] in [one["number"] for one in read(here, "tickets")["items"]], shown
        here.until(
            "it is quiet", lambda now: "changes_often:pb-native" not in {one["id"] for one in now["flags"]}
        )

        # What is put to rest has an owner, a reason and an end, or is refused.
        assert here.cli("upkeep", "begin", "device", "pb-native", "--days", "1").returncode == 2
        assert (
            here.cli("upkeep", "begin", "device", "pb-native", "--days", "0", "--reason", "x").returncode != 0
        )
        begun = here.cli("upkeep", "begin", "device", "pb-native", "--days", "1", "--reason", "new batteries")
        assert begun.returncode == 0, begun.stderr
        assert here.cli("ticket", "snooze", number, "--days", "2", "--reason", "ordered").returncode == 0
        rests = json.loads(here.cli("upkeep", "list", "--json").stdout)
        assert len(rests) == 2
        assert all(one["owner"] and one["reason"] and one["until_us"] for one in rests), rests

        account(here, "R. Diaz", "administrator")
        base = f"http://{here.tree['web']['listen']}"
        diaz = Visitor(browser, base, "R. Diaz", PASSWORD, codes(here, "R. Diaz")[0])
        with diaz.window() as page:
            page.goto(f"{base}/upkeep")
            for said in ("new batteries", "ordered"):
                expect(page.locator("main")).to_contain_text(said)
            assert wrong(page, "light") == []
            page.goto(f"{base}/tickets")
            expect(page.locator("main").get_by_text("has a low battery")).to_have_count(1)
            page.get_by_role("link", name=re.compile("has a low battery")).first.click()
            expect(page.locator("main")).to_contain_text("Rests until")
            assert wrong(page, "light") == []
        assert diaz.complaints == []

        clock.move(3 * DAY_S)
        wait_for("both are over", lambda: len(here.rows("upkeep.ended")) == 2)
        assert {one["data"]["code"] for one in here.rows("upkeep.ended")} == {"over"}
        assert opened(here).count(KEY) == 1
        assert here.cli("verify-journal").returncode == 0
