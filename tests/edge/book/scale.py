"""A hundred thousand tickets in a book: how long lists, search, filters and a sweep take. `python -m tests.edge.book.scale`."""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from rules.book.decision import Now
from rules.book.sweep import sweep
from rules.model.asset_facts import Pairs
from rules.model.facts import Entry
from rules.model.ids import Actor
from rules.model.ticket_facts import TicketChanged, TicketNoted, TicketOpened
from tests.edge.book.paper import PaperBook, stored

DAY_US: Final = 86_400_000_000
CATEGORIES: Final = ("lock", "camera", "computer", "light", "building", "other")
WORDS: Final = (
    "projector",
    "latch",
    "screen",
    "keyboard",
    "window",
    "hinge",
    "battery",
    "cable",
    "printer",
    "door",
)
DOORS: Final = tuple(
    (f"door-{n}", f"zone-{n % 40}", "classroom" if n % 9 else "exterior") for n in range(1_000)
)
ACTOR: Final = Actor("account:1")


def entries(count: int, open_share: float) -> Iterator[tuple[Entry, int]]:
    """Entries with how long before now: each ticket opened, noted, and most of them closed."""
    lots = random.Random(20260814)
    for number in range(1, count + 1):
        door, zone, _ = lots.choice(DOORS)
        weight = lots.choices(("safety", "urgent", "normal"), (1, 3, 6))[0]
        fields: Pairs = (
            ("asset", door), ("assigned", f"account:{lots.randrange(30)}"), ("category", lots.choice(CATEGORIES)),
            ("weight", weight), ("zone", zone),
        )  # fmt: skip
        said = " ".join(lots.choices(WORDS, k=6))
        texts: Pairs = (
            ("text", f"{said} {number}"),
            ("title", f"{lots.choice(WORDS)} of room {number % 400}"),
        )
        age_us = (count - number) * 300_000_000
        subject = f"ticket-{number}"
        yield Entry(TicketOpened(number, 0, "", "", 0, "", 0, fields, texts), subject, ACTOR), age_us
        yield Entry(TicketNoted(number, "note", "", 10, f"{said} seen"), subject, ACTOR), age_us
        if lots.random() > open_share:
            closed: Pairs = (("state", "closed"),)
            yield Entry(TicketChanged(number, "", closed, why=f"{said} done"), subject, ACTOR), age_us


def filled(directory: Path, count: int, open_share: float = 0.05) -> tuple[PaperBook, int, float]:
    """A book of so many tickets, how many events it followed, and how long that took, in seconds."""
    book = PaperBook(directory, DOORS)
    followed, took_s, piece = 0, 0.0, []
    for entry, age_us in entries(count, open_share):
        followed += 1
        piece.append(stored(entry, followed, book.at_us - age_us))
        if len(piece) == 200:
            began_s = time.process_time()
            book.database.follow(piece, more=True)
            took_s += time.process_time() - began_s
            piece = []
    book.database.follow(piece)
    book.seq = followed
    return book, followed, took_s


QUESTIONS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "first page": ("tickets", {}),
    "closed": ("tickets", {"state": "closed"}),
    "open and closed of a zone": ("tickets", {"state": "all", "zone": "zone-7", "limit": 200}),
    "closed, safety, of a door": ("tickets", {"state": "closed", "asset": "door-9", "weight": "safety"}),
    "closed of a category nobody has": ("tickets", {"state": "closed", "category": "medical"}),
    "mine": ("tickets", {"assigned": ["account:3", "role:technician"], "limit": 200}),
    "a common word": ("tickets", {"q": "projector", "state": "all", "limit": 200}),
    "two common words, closed": ("tickets", {"q": "projector latch", "state": "closed"}),
    "two common words, open safety": ("tickets", {"q": "projector latch", "weight": "safety"}),
    "a rare word": ("tickets", {"q": "77", "state": "all"}),
    "the beginning of words": ("tickets", {"q": "p", "state": "all"}),
    "one": ("ticket", {"number": 5, "now_us": 0}),
    "counts": ("tickets.desk", {}),
    "an export's page": ("tickets.whole", {"after": 1_000}),
}


async def measured(book: PaperBook, times: int = 5) -> dict[str, float]:
    """The longest of some tries of each question: milliseconds of the processor, whatever else the machine does."""
    found: dict[str, float] = {}
    for name, (query, asked) in QUESTIONS.items():
        tries = []
        for _ in range(times):
            began_s = time.process_time()
            await book.read_book(query, **asked)
            tries.append((time.process_time() - began_s) * 1_000)
        found[name] = max(tries)
    began_s = time.process_time()
    list(sweep(book.database.book, Now(book.at_us, 0)))
    found["a sweep"] = (time.process_time() - began_s) * 1_000
    return found


def main() -> None:
    """Fill one and measure it."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        book, followed, took_s = filled(Path(folder), count)
        sys.stdout.write(
            f"{count} tickets, {followed} events followed in {took_s:.1f} s: {followed / took_s:.0f}/s\n"
        )
        for name, ms in asyncio.run(measured(book)).items():
            sys.stdout.write(f"{ms:8.1f} ms  {name}\n")
        sys.stdout.write(f"{len(book.database.book.tickets)} open in memory\n")


if __name__ == "__main__":
    main()
