"""A box whose clock is a year ahead, and is set right while it runs: its ticket is as old as it is, and says what happened."""

import re
import time
from functools import partial
from pathlib import Path

from tests.flow.moved_clock import DAY_S, MovedClock
from tests.flow.rig import School, flags, running
from tests.flow.school import native, school
from tests.flow.waiting import wait_for


def test_a_ticket_opened_while_the_clock_was_ahead_is_as_old_as_it_is(tmp_path: Path) -> None:
    folder, clock = tmp_path / "school", MovedClock(tmp_path / "clock")
    with running(folder, partial(school, folder, buttons=[native("pb-native")]), started=False) as here:
        here.environment = clock.environment
        here.start()
        first = opened(here, "Lamp is dark")
        clock.move(365 * DAY_S)
        ahead = opened(here, "Screen is black")
        future_us = (time.time_ns() + 300 * DAY_S * 1_000_000_000) // 1_000
        wait_for("it is of the future", lambda: opened_us(here, ahead) > future_us)
        clock.move(-365 * DAY_S)
        # Something that happens then shows it.
        here.broker.publish("campus/button/pb-native/status", {"battery": 3})
        here.until("flagged", lambda now: "button_battery_low" in flags(now))
        wait_for("it says so", lambda: "clock was ahead" in here.cli("tickets", ahead).stdout)
        shown = here.cli("tickets").stdout
        ages = re.findall(r"(?:open) +([\d.]+ (?:s|min|h|days))", shown)
        assert len(ages) >= 2
        assert all(age.endswith((" s", " min")) for age in ages), shown
        assert "escalated" not in here.cli("tickets", ahead).stdout
        assert shown.index("Lamp is dark") < shown.index("Screen is black")
        assert "clock was ahead" not in here.cli("tickets", first).stdout
        assert here.cli("verify-journal").returncode == 0


def opened(here: School, title: str) -> str:
    done = here.cli("ticket", "open", title, "--category", "computer")
    assert done.returncode == 0, done.stderr
    found = re.search(r"Ticket (\d+)", done.stdout)
    assert found, done.stdout
    return found[1]


def opened_us(here: School, number: str) -> int:
    reply = here.ask({"do": "book-read", "query": "ticket", "asked": {"number": int(number), "now_us": 0}})
    return int(reply["data"]["opened_us"]) if reply["ok"] else 0
