"""The book without its process: what is asked is decided, entered and followed at once. For pages, and for measuring."""

import tempfile
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from edge import codec
from edge.book import ticket_queries
from edge.book.database import Database
from edge.book.messages import Answered
from edge.book.queries import QUERIES, NotThere
from edge.book.weeks import mondays
from edge.config.pack_merging import shipped_merging
from edge.config.pack_sweep import shipped_sweep
from edge.config.pack_tickets import shipped_tickets
from edge.journal.stored import Stored
from edge.operations import NotDone
from rules.book.book import Campus, Device
from rules.book.decide import decide
from rules.book.decision import Now, Refused
from rules.book.sweep import sweep
from rules.model.book_asks import BookAsk
from rules.model.facts import Entry
from rules.model.ids import Actor, AssetId, ZoneId

EPOCH = "00000000-0000-4000-8000-000000000001"


def stored(entry: Entry, seq: int, at_us: int) -> Stored:
    """An entry as the journal has it, unhashed."""
    data, opened = codec.plain(entry.fact)
    at = datetime.fromtimestamp(at_us / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return Stored(
        EPOCH, seq, "", f"e{seq}", at, "b", 0, None, entry.fact.KIND, entry.subject, entry.actor, None, None,
        data, {}, "", opened, b"",
    )  # fmt: skip


class PaperBook:
    """at_us: the clock, which stands until somebody moves it."""

    def __init__(
        self,
        directory: Path | None = None,
        doors: Iterable[tuple[str, str, str]] = (),
        zones: Mapping[ZoneId, tuple[ZoneId, ...]] | None = None,
        campus: str = "campus",
    ) -> None:
        devices = {
            AssetId(one): Device(AssetId(one), "door", ZoneId(zone), door=kind) for one, zone, kind in doors
        }
        around = zones or {ZoneId(campus): (ZoneId(campus),)}
        self.directory = directory or Path(tempfile.mkdtemp())
        self.database = Database.open(
            self.directory,
            Campus(
                campus, devices, around, None, shipped_tickets(), shipped_sweep(), merging=shipped_merging()
            ),
        )
        self.at_us = time.time_ns() // 1_000
        self.seq = 0

    @property
    def now(self) -> Now:
        day = datetime.fromtimestamp(self.at_us / 1e6, UTC).toordinal()
        return Now(self.at_us, 0, mondays(day, UTC))

    def enter(self, *entries: Entry) -> None:
        events = []
        for one in entries:
            self.seq += 1
            events.append(stored(one, self.seq, self.at_us))
        self.database.follow(events)

    def sweep(self) -> None:
        """Whatever is due, until nothing is."""
        while due := list(sweep(self.database.book, self.now)):
            self.enter(*due)

    async def ask_book(self, actor: Actor, asked: BookAsk) -> Answered:
        return self.ask(actor, asked)

    def ask(self, actor: Actor, asked: BookAsk) -> Answered:
        try:
            entries = decide(self.database.book, asked, actor, self.now)
        except Refused as err:
            raise NotDone(err.code, tuple(err.said)) from None
        self.enter(*entries)
        return Answered(1, "done", (("subject", entries[0].subject if entries else ""),))

    async def read_book(self, query: str, **asked: Any) -> msgspec.Raw:
        kind, read = {**QUERIES, **ticket_queries.QUERIES}[query]
        try:
            return msgspec.Raw(
                msgspec.json.encode(read(self.database, msgspec.convert(asked, kind), self.now))
            )
        except NotThere:
            raise NotDone("not_there") from None
