"""A desk of a few lines, behind a real server on a real socket: the appliance as tests of the socket and the CLI see it."""

import asyncio
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import msgspec

from edge import drill_views
from edge.book.messages import Answered
from edge.config.pack_rights import shipped_rights
from edge.control.desk import Make, Reply
from edge.control.path import NAME
from edge.control.server import ControlServer
from edge.flaws.taken import Taken
from edge.floorplans.shelf import Floorplans
from edge.importing import Imports
from edge.operations import NotDone
from edge.people.people import People
from edge.rulebook import rulebook
from edge.snapshot import snapshot
from edge.tabletops import Tabletops
from rules.model.book_asks import BookAsk
from rules.model.bundle_facts import BundleKind
from rules.model.events import Asked
from rules.model.ids import Actor, IncidentId, RequestId
from rules.state import State
from tests.edge.campus import BOX, NOON, PLAN, quiet
from tests.edge.people.someone import Someone


class PaperDesk:
    """Answers `reply` to every request, and keeps what was asked."""

    def __init__(self, state: State | None = None, reply: Reply | None = None) -> None:
        self.state = state or quiet()
        self.reply = reply or Reply(True, incident=IncidentId("inc-1"))
        self.asked: list[Asked] = []
        self.actors: list[Actor] = []
        self.rows_by_incident: dict[str | None, list[dict[str, Any]]] = {}
        self.exports: dict[str, Path] = {}
        self.verified: dict[str, Any] = {"holds": True, "text": ["The record holds."]}
        self.bundle: Taken | Exception = NotDone("book_away")
        self.book: dict[str, Any] = {}
        """Answers of the book, by query."""
        self.hold = asyncio.Event()
        """Cleared: requests are not answered."""
        self.hold.set()
        self.bug: Exception | None = None
        self.rights = shipped_rights()
        self.plan = PLAN
        self.store = Path(tempfile.gettempdir())
        self.someone = Someone(Path(tempfile.gettempdir()) / "nowhere")
        self.people: People = self.someone
        self.sent = 0
        """Batches of rows that were asked for so far."""

    def drills(self, drill: str | None) -> dict[str, Any] | None:
        return drill_views.told(self.plan, self.state, UTC, drill)

    def rules(self) -> dict[str, Any]:
        evidence = {"before_s": 30, "disk_gb": 50, "reserve_gb": 2, "drills_days": 30}
        return rulebook(self.plan, (86_400_000_000 * 365, 86_400_000_000 * 30), evidence)

    def snapshot(self) -> dict[str, Any]:
        if self.bug is not None:
            raise self.bug
        return snapshot(self.plan, self.state, NOON, BOX)

    async def submit(self, actor: Actor, make: Make) -> Reply:
        self.asked.append(make(NOON, RequestId(len(self.asked) + 1), actor))
        self.actors.append(actor)
        await self.hold.wait()
        return self.reply

    @property
    def tabletops(self) -> Tabletops:
        raise NotDone("tabletop_busy")

    @property
    def imports(self) -> Imports:
        raise NotDone("book_away")

    @property
    def floorplans(self) -> Floorplans:
        return Floorplans(self.store, self.ask_book, self.read_book)

    async def ask_book(self, actor: Actor, asked: BookAsk) -> Answered:
        raise NotDone("book_away")

    async def read_book(self, query: str, **asked: Any) -> msgspec.Raw:
        if query not in self.book:
            raise NotDone("book_away")
        return msgspec.Raw(msgspec.json.encode(self.book[query]))

    async def take_bundle(self, actor: Actor, kind: BundleKind, file: str) -> Taken:
        self.actors.append(actor)
        if isinstance(self.bundle, Exception):
            raise self.bundle
        return self.bundle

    async def leave_safe_mode(self, actor: Actor) -> Reply:
        return self.reply

    async def verify_journal(self, rebuild: bool, evidence: bool) -> dict[str, Any]:
        return {**self.verified, "rebuild": rebuild}

    async def rows(self, incident: str | None) -> AsyncIterator[Sequence[dict[str, Any]]]:
        for row in self.rows_by_incident.get(incident, []):
            self.sent += 1
            yield [row]

    async def export(self, incident: str, redact: bool, by: Actor, *, names: bool = True) -> Path:
        return self.exports[incident]


@asynccontextmanager
async def with_people(store: Path, desk: PaperDesk) -> AsyncIterator[Path]:
    """The desk served on this loop, with people behind it; the path of its socket."""
    server = ControlServer(store / NAME, desk)
    desk.people = desk.someone = Someone(store)
    await desk.people.load()
    await server.start()
    yield store / NAME
    await server.stop()
    await desk.people.close()


@contextmanager
def serving(store: Path, desk: PaperDesk) -> Iterator[None]:
    """The desk served from a thread of its own, for tests that call the CLI as a process."""
    started, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        desk.people = desk.someone = Someone(store)
        await desk.people.load()
        server = ControlServer(store / NAME, desk, watch_every_s=0.05)
        await server.start()
        started.set()
        await stop.wait()
        await server.stop()
        await desk.people.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert started.wait(10)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
