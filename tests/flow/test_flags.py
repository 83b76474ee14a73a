"""A flag on a real box: seen on a phone, a measure recorded, a restart; and a dry run that names a dead board's doors."""

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.flow.chromium import Visitor, chromium
from tests.flow.mosquitto import Document
from tests.flow.rig import School, running
from tests.flow.school import Tree, door, native, office, school, tcp
from tests.flow.test_page import PASSWORD, account, wrong
from tests.flow.test_selftest import LOCKED, board

LOW = "button_battery_low:pb-native"


def two_boards(out: Path, port: int) -> Tree:
    """A door on each of two boards, and two buttons."""
    tree = school(out, port, buttons=[native("pb-native"), office()], freshness="20s")
    tree["controllers"].append(tcp("far"))
    tree["doors"] = [door("tcp-1", "a-1", "plc", 0, LOCKED), door("far-1", "a-1", "far", 0, LOCKED)]
    return tree


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    folder = tmp_path_factory.mktemp("flags")
    with running(folder, partial(two_boards, folder)) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


def flags(now: Document) -> dict[str, Document]:
    return {one["id"]: one for one in now["flags"]}


def test_on_a_phone_a_flag_leads_to_its_evidence_and_a_measure_stands_beside_it_over_a_restart(
    here: School, browser: Browser
) -> None:
    here.broker.publish("campus/button/pb-native/status", {"battery": 3})
    here.until("the battery is flagged", lambda now: LOW in flags(now))
    account(here, "R. Diaz", "administrator")
    account(here, "T. Lee", "technician")
    base = f"http://{here.tree['web']['listen']}"
    here.until("the page is open", lambda _: here.health("healthz") == 200)
    lee = Visitor(browser, base, "T. Lee", PASSWORD)
    with lee.window(viewport={"width": 390, "height": 844}) as page:
        page.goto(f"{base}/flags")
        row = page.locator("li", has_text="has a low battery")
        expect(row).to_contain_text("Owner: technician")
        row.get_by_role("link", name="Evidence").click()
        expect(page.locator("[data-part=flag]")).to_contain_text("battery 3 %")
        assert wrong(page, "light") == []
        page.fill("#reason", "I carry a radio there")
        page.evaluate("document.querySelector('#day').valueAsDate = new Date(Date.now() + 2 * 86400000)")
        page.get_by_role("button", name="Record it").click()
        # The stream shows it as well, and maybe first.
        expect(page.locator("#said")).to_contain_text("It stands beside the flag")
        expect(page.locator("[data-part=flag]")).to_contain_text("I carry a radio there until")
        page.goto(f"{base}/readiness")
        expect(page.locator("h1")).to_have_text(re.compile(r"Readiness \d+"))
        expect(page.locator("main")).to_contain_text("has a low battery")
        assert wrong(page, "light") == []
        # On a desk what was lost has the width, and what stands beside it does not squeeze it.
        page.set_viewport_size({"width": 1440, "height": 900})
        lost, beside = (
            box["width"] for one in page.locator("main > .col").all() if (box := one.bounding_box())
        )
        assert lost > 2 * beside
    assert lee.complaints == []

    here.kill()
    here.start()
    found = here.until("the measure stands", lambda now: LOW in flags(now))
    assert flags(found)[LOW]["measure"]["text"] == "I carry a radio there"
    over = here.cli("flag", "measure", "button_battery_low", "pb-native", "--end")
    assert over.returncode == 0, over.stderr
    assert flags(here.status())[LOW]["measure"] is None
    assert "Owner: technician" in here.cli("flags").stdout
    assert json.loads(here.cli("readiness", "--json").stdout)["score"] <= 97


def test_a_dry_run_names_the_doors_of_a_board_that_is_gone_until_the_next_one_says_otherwise(
    here: School,
) -> None:
    board(here, up=False)
    writes = len(here.devices.writes("tcp-1"))
    ended = here.cli("dry-run")
    assert ended.returncode == 1
    assert re.search(r"far-1 .*Its controller does not answer", ended.stdout)
    assert "1 door of 2 would fail" in ended.stdout
    here.until("it is a flag", lambda now: "would_not_lock:far-1" in flags(now))
    assert len(here.devices.writes("tcp-1")) == writes
    board(here, up=True)
    here.until("its sensors are read", lambda now: all(one["bolt"]["fresh"] for one in now["doors"]))
    assert here.cli("dry-run").returncode == 0
    here.until("it is one no more", lambda now: "would_not_lock:far-1" not in flags(now))
