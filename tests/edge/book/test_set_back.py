"""Lists and one ticket as the book's process tells them after the clock was set right, and again from the journal."""

from pathlib import Path

from edge.book.database import remove
from rules.model.facts import Entry, FlagRaised
from rules.model.ids import Actor
from rules.model.moments import Instant
from rules.model.ticket_facts import TicketOpened
from tests.edge.book.rig import PERSON, Desk, desk

NOW_US = 1_786_708_800_000_000
HOUR_US = 3_600_000_000
YEAR_US = 365 * 24 * HOUR_US


def opened(book: Desk, number: int, at_us: int) -> None:
    fields = (("asset", "a-101"), ("category", "lock"), ("weight", "safety"))
    fact = TicketOpened(number, 0, "", "", 1, "ab", 0, fields, (("title", f"Lock {number}"),))
    book.enter(Entry(fact, f"ticket-{number}", PERSON), at=Instant(at_us, 1))


async def told(book: Desk) -> tuple[list[tuple[str, int]], dict[str, object]]:
    page = await book.read("tickets")
    one = await book.read("ticket", number=2, now_us=NOW_US + 3 * HOUR_US)
    shown = {name: one[name] for name in ("opened_us", "turned_us", "age_us", "clock_was_ahead")}
    # What a rule opens meanwhile is of now.
    rows = [(row["title"], row["opened_us"]) for row in page["items"] if row["title"].startswith("Lock")]
    return rows, shown


async def test_a_list_stands_in_its_order_and_a_ticket_says_that_the_clock_was_ahead(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        opened(book, 1, NOW_US)
        opened(book, 2, NOW_US + YEAR_US)
        fact = FlagRaised("disk_low", "campus")
        book.enter(Entry(fact, "campus", Actor("daemon")), at=Instant(NOW_US + YEAR_US + HOUR_US, 1))
        opened(book, 3, NOW_US + HOUR_US)

        async def three() -> list[str]:
            return [row["title"] for row in (await book.read("tickets"))["items"]]

        await book.until_read(three, lambda found: {"Lock 1", "Lock 2", "Lock 3"} <= set(found))
        rows, one = before = await told(book)
        assert rows == [("Lock 1", NOW_US), ("Lock 2", NOW_US), ("Lock 3", NOW_US + HOUR_US)]
        assert one == {
            "opened_us": NOW_US,
            "turned_us": NOW_US,
            "age_us": 3 * HOUR_US,
            "clock_was_ahead": True,
        }
        history = (await book.read("ticket", number=2, now_us=NOW_US))["history"]
        assert [line["kind"] for line in history][-1] == "ticket.opened/1"
        assert history[-1]["at"].startswith("2027-08")
    remove(tmp_path)
    async with desk(tmp_path) as again:
        assert await told(again) == before
