"""The book's process on a real journal: what it decides is entered as the daemon's loop would enter it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from edge import codec
from edge.book.messages import DeviceLine, Open
from edge.config.pack_merging import shipped_merging
from edge.config.pack_tickets import shipped_tickets
from edge.journal.journal import Journal
from edge.operations import TERMS, Operations
from rules.model.asset_facts import Pairs
from rules.model.book_asks import BookAsk, WriteAsset
from rules.model.book_events import BookDecided
from rules.model.events import ConditionChanged, Event
from rules.model.facts import Entry, Fact
from rules.model.ids import Actor, AssetId
from rules.model.moments import Instant
from rules.model.ticket_asks import OpenTicket

PATIENCE_S = 120.0
PERSON = Actor("person:1")
MADE = codec.Made("pack", "code")
DEVICES = (
    DeviceLine("plc", "controller", "campus", "", "wago-750", None),
    DeviceLine("a-101", "door", "a-1", "Room 101", "", "plc", "classroom"),
    DeviceLine("cam-1", "camera", "a", "Front", "axis", None),
)
ZONES = {"campus": ("campus",), "a": ("a", "campus"), "a-1": ("a-1", "a", "campus")}


def opened(store: Path, **other: Any) -> Open:
    said: dict[str, Any] = {
        "campus": "campus",
        "timezone": "America/Chicago",
        "devices": DEVICES,
        "zones": ZONES,
        "tickets": shipped_tickets(),
        "merging": shipped_merging(),
    }
    return Open(str(store), **{**said, **other})


class Desk:
    """What the daemon is to the book."""

    def __init__(self, journal: Journal, store: Path) -> None:
        self.journal = journal
        self.store = store
        self.operations = Operations(self._emitted, journal, lambda: False, TERMS)
        self.entries: list[Entry] = []
        self.conditions: list[tuple[str, bool, tuple[str, ...]]] = []
        self._came = asyncio.Event()

    def _emitted(self, event: Event) -> None:
        match event:
            case BookDecided():
                self.enter(*event.entries, at=event.at)
            case ConditionChanged():
                self.conditions.append((event.code, event.active, event.args))
        self._came.set()

    def enter(self, *entries: Entry, at: Instant | None = None) -> None:
        moment = at or Instant(1_786_708_800_000_000, 5_000_000)
        self.entries.extend(entries)
        self.journal.append([codec.row(one, moment, MADE) for one in entries], None, None)

    def facts(self, kind: type[Fact]) -> list[Any]:
        return [one.fact for one in self.entries if isinstance(one.fact, kind)]

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                self._came.clear()
                await self._came.wait()

    async def until_read(self, read: Callable[[], Awaitable[Any]], holds: Callable[[Any], object]) -> None:
        """Until what is read says so: what nobody decided comes to the book in its own time."""
        async with asyncio.timeout(PATIENCE_S):
            while not holds(await read()):
                pass

    async def until_there(self) -> None:
        """Until the process lives; what is asked then waits until it has followed everything."""
        await self.until(lambda: self.conditions and self.conditions[-1] == ("book_away", False, ()))

    async def write(self, asset: str | None, **said: str) -> str:
        """Write an asset; its id."""
        pairs: Pairs = tuple(said.items())
        answered = await self.operations.ask(
            PERSON, WriteAsset(None if asset is None else AssetId(asset), pairs)
        )
        return str(dict(answered.args)["subject"])

    async def ticket(self, **said: str) -> int:
        """Open a ticket; its number."""
        whole = {"title": "Screen", "category": "computer", **said}
        return int((await self.ask(OpenTicket(tuple(whole.items())))).rpartition("-")[2])

    async def read(self, query: str, **asked: Any) -> Any:
        return msgspec.json.decode(await self.operations.read(query, **asked))

    async def ids(self) -> list[str]:
        """Assets that nobody configured."""
        return [one["id"] for one in (await self.read("assets"))["items"] if not one["device"]]

    async def ask(self, asked: BookAsk) -> str:
        """Have something decided; its subject."""
        return str(dict((await self.operations.ask(PERSON, asked)).args)["subject"])


@asynccontextmanager
async def desk(store: Path, **other: Any) -> AsyncIterator[Desk]:
    journal = Journal.open(store, "campus", machine_id_file=store / "no-machine-id")
    made = Desk(journal, store)
    loop = asyncio.get_running_loop()

    def followed(_: object) -> None:
        loop.call_soon_threadsafe(made.operations.grew)

    journal.start(loop, lambda *_: None, follow=followed)
    made.operations.configure(opened(store, **other))
    page_open = asyncio.Event()
    page_open.set()
    running = asyncio.create_task(made.operations.run(page_open, settled_s=0.0))
    try:
        await made.until_there()
        yield made
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await journal.close()
