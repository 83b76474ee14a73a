"""The district's end of tickets: a hub that knows a desk's journal up to where it was last told, and numbers what it says."""

from dataclasses import replace
from typing import Any

from rules.model.facts import Entry, IncidentOpened
from rules.model.ids import Actor, IncidentId, ZoneId
from rules.model.ticket_asks import MergeTicket
from rules.model.ticket_operations import Operation, Range
from tests.rules.book.desk import Desk


class District:
    """The hub's end: it numbers what it says of a ticket, and knows the journal up to where it was last told."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.knows = desk.book.head[1]
        self.numbers: dict[int, int] = {}

    def hear(self) -> None:
        self.knows = self.desk.book.head[1]

    def op(self, of: int, name: str, value: str, **other: Any) -> Operation:
        self.numbers[of] = self.numbers.get(of, 0) + 1
        seen: tuple[Range, ...] = (("epoch-1", 1, self.knows),)
        made = Operation(
            f"campus-{of}", "district", "hub-1", self.numbers[of], name, value, seen, "ana",
            (self.desk.at_us, 0),
        )  # fmt: skip
        return replace(made, **other)

    def say(self, of: int, name: str, value: str, **other: Any) -> list[Any]:
        """Say it now and have it taken in at once; the facts that it makes."""
        return [one.fact for one in self.send(self.op(of, name, value, **other))]

    def send(self, made: Operation, sent_us: int = 0) -> tuple[Entry, ...]:
        return self.desk.ask(MergeTicket(made, sent_us))


def rig(**said: str) -> tuple[Desk, District, int]:
    """A desk with a ticket that the district knows."""
    desk = Desk()
    number = desk.open(**said)
    return desk, District(desk), number


def in_live(desk: Desk, *, silent: bool = False) -> IncidentId:
    name = IncidentId("i-1")
    desk.enter(
        Entry(IncidentOpened(name, "real", "lockdown", ZoneId("campus"), silent), "campus", Actor("x"))
    )
    return name
