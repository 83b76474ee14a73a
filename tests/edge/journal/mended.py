"""A store with its copy, what damages it, and what is told of it: shared by the tests of mending."""

import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from edge.journal.journal import Journal
from edge.journal.row import Row
from edge.journal.stored import Stored
from tests.edge.journal.test_good_copy import copying

Open = Callable[..., Any]
Add = Callable[..., Any]
MakeRow = Callable[..., Row]
Disk = Callable[[int], Path]
Until = Callable[[Callable[[], object]], Awaitable[None]]
HEAD = {"number": 3, "zones": {"a": {"response": "lockdown", "kind": "real"}}}
PAGE = 4096


def presses(make_row: MakeRow, first: int, last: int) -> list[Row]:
    return [make_row(number, sealed={"word": f"word {number}"}) for number in range(first, last)]


async def half_copied(store: Path, opened: Open, add: Add, make_row: MakeRow) -> Path:
    """A store with two hundred presses, closed; its copy holds the first hundred and fifty."""
    async with opened() as journal:
        await add(journal, presses(make_row, 0, 150), HEAD)
        await journal.checkpoint()
    copying(store).keep_up(0.0)
    async with opened() as journal:
        await add(journal, presses(make_row, 150, 200), HEAD)
    return store


async def start(opened: Open, **options: Any) -> tuple[Journal, list[Stored]]:
    async with opened(**options) as journal:
        return journal, await journal.read(None, 1000)


def numbers(events: list[Stored]) -> list[int]:
    found = [event for event in events if event.kind == "press.heard/1"]
    assert all(event.opened == {"word": f"word {event.data['number']}"} for event in found)
    return [int(str(event.data["number"])) for event in found]


def told(events: list[Stored]) -> dict[str, Any]:
    (event,) = [event for event in events if event.kind == "journal.rebuilt/1"]
    return dict(event.data)


def spoil(file: Path, *pages: int) -> None:
    """Noise over these pages, counted from 0."""
    with file.open("r+b") as out:
        for page in pages:
            out.seek(page * PAGE)
            out.write(random.Random(page).randbytes(PAGE))


def page_of(file: Path, text: bytes) -> int:
    return file.read_bytes().index(text) // PAGE


def aside(store: Path) -> list[str]:
    return sorted(file.name for file in store.glob("journal.db.corrupt-*"))
