"""A book with a small campus, and a clock that a test moves: what is decided is folded as the journal would have it."""

from collections.abc import Iterable
from typing import Any

import pytest

from edge.config.pack_merging import shipped_merging
from rules.book.asset_fields import day_of
from rules.book.book import Book, Campus, Device
from rules.book.decide import decide
from rules.book.decision import Now, Refused
from rules.book.fold import fold
from rules.book.sweep import sweep
from rules.book.ticket import Ticket
from rules.book.ticket_operations import Told
from rules.book.ticket_pack import Category, Opening, Step, Template, TicketPack
from rules.model.book_asks import BookAsk
from rules.model.facts import Entry, FlagCleared, FlagRaised
from rules.model.ids import Actor, AssetId, ZoneId
from rules.model.ticket_asks import ChangeTicket, NoteTicket, OpenTicket
from rules.model.ticket_facts import (
    TicketChanged,
    TicketEscalated,
    TicketMerged,
    TicketNoted,
    TicketOpened,
)

START_US = 1_786_708_800_000_000
MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
PERSON = Actor("account:7")
PACK = TicketPack(
    version=3,
    sha256="ab" * 32,
    categories={
        "lock": Category("facilities", "urgent", ("exterior", "classroom")),
        "camera": Category("it", "urgent"),
        "computer": Category("it", "normal", ("safety",)),
    },
    opens=(
        Opening("camera-offline", "camera_offline", 30 * MINUTE_US, "camera", "urgent"),
        Opening("coil-differs", "coil_differs", 0, "lock", "safety"),
    ),
    steps=(
        Step("lock-exterior-old", 3 * DAY_US, ("lock",), (), ("exterior",), "lock_ticket_old", "safety"),
        Step("lock-old", 14 * DAY_US, ("lock",), flag="lock_ticket_old"),
        Step("safety-unassigned", 4 * HOUR_US, weights=("safety",), assign="role:administrator"),
        Step("normal-old", 60 * DAY_US, weights=("normal",), weight="urgent"),
    ),
    templates={"lock-broken": Template("Lock does not lock", "lock", "Which side?", "safety")},
)
DEVICES = (
    Device(AssetId("plc"), "controller", ZoneId("campus")),
    Device(AssetId("east"), "door", ZoneId("a"), of=AssetId("plc"), door="exterior"),
    Device(AssetId("a-101"), "door", ZoneId("a"), of=AssetId("plc"), door="classroom"),
    Device(AssetId("cam-1"), "camera", ZoneId("b")),
)
ZONES = {
    ZoneId("campus"): (ZoneId("campus"),),
    ZoneId("a"): (ZoneId("a"), ZoneId("campus")),
    ZoneId("b"): (ZoneId("b"), ZoneId("campus")),
}


ABOUT_ONE = (TicketOpened, TicketChanged, TicketNoted, TicketEscalated, TicketMerged)


class Desk:
    """`at_us` is the clock. Every entry, of a person or by rule, is in `entries`."""

    def __init__(self, pack: TicketPack = PACK) -> None:
        devices = {one.id: one for one in DEVICES}
        self.book = Book(Campus("campus", devices, ZONES, tickets=pack, merging=shipped_merging()))
        self.at_us = START_US
        self.entries: list[Entry] = []
        self.told: dict[int, list[Told]] = {}
        self.book.told = self.told
        self.book.head = ("epoch-1", 0)
        self.sweep()  # the configured devices are listed
        self.entries.clear()

    @property
    def now(self) -> Now:
        return Now(self.at_us, day_of("2026-08-14") + (self.at_us - START_US) // DAY_US)

    def enter(self, *entries: Entry) -> None:
        for one in entries:
            fold(self.book, self.at_us, one)
            self.entries.append(one)
            epoch, seq = self.book.head
            self.book.head = (epoch, seq + 1)
            if isinstance(one.fact, ABOUT_ONE):
                told = Told(epoch, seq + 1, self.at_us, one.actor, one.fact)
                self.told.setdefault(one.fact.ticket, []).append(told)

    def ask(self, asked: BookAsk, actor: Actor = PERSON) -> tuple[Entry, ...]:
        made = decide(self.book, asked, actor, self.now)
        self.enter(*made)
        return made

    def refused(self, asked: BookAsk) -> tuple[str, dict[str, Any]]:
        with pytest.raises(Refused) as no:
            decide(self.book, asked, PERSON, self.now)
        return no.value.code, dict(no.value.said)

    def open(self, template: str = "", **said: str) -> int:
        """A ticket; its number."""
        given = {"title": "Something is wrong", "category": "computer"} if not template else {}
        (entry,) = self.ask(OpenTicket(tuple({**given, **said}.items()), template))
        return int(entry.subject.removeprefix("ticket-"))

    def change(self, number: int, why: str = "", **said: str) -> None:
        self.ask(ChangeTicket(number, tuple(said.items()), why))

    def note(self, number: int, text: str) -> None:
        self.ask(NoteTicket(number, text))

    def later(self, us: int) -> None:
        self.at_us += us

    def flag(self, code: str, subject: str) -> None:
        self.enter(Entry(FlagRaised(code, subject), subject, Actor("daemon")))

    def clear(self, code: str, subject: str) -> None:
        self.enter(Entry(FlagCleared(code, subject), subject, Actor("daemon")))

    def sweep(self) -> list[Any]:
        """The facts that are due, entered, until nothing is."""
        found: list[Any] = []
        while entries := list(sweep(self.book, self.now)):
            self.enter(*entries)
            found += [one.fact for one in entries]
            assert len(found) < 10_000
        return found

    def ticket(self, number: int) -> Ticket:
        found = self.book.ticket(number)
        assert found is not None
        return found

    def facts(self, kind: type) -> list[Any]:
        return of_kind((one.fact for one in self.entries), kind)


def of_kind(facts: Iterable[Any], kind: type) -> list[Any]:
    return [one for one in facts if isinstance(one, kind)]
