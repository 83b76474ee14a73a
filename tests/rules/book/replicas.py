"""Replicas of one ticket that write, hear one another or not, and have clocks of their own."""

from dataclasses import dataclass, field, replace

from edge.config.pack_merging import shipped_merging
from rules.book.merging import Merged, heard, issued, joined, merged, ranges
from rules.model.ticket_operations import Operation, Site

TICKET = "campus-7"
PACK = shipped_merging()
NOON_US = 1_786_708_800_000_000
MINUTE_US = 60_000_000
DAY_US = 24 * 60 * MINUTE_US


@dataclass
class Replica:
    """skew_us: what its clock is ahead of the true time."""

    line: str
    site: Site
    skew_us: int = 0
    known: frozenset[Operation] = field(default_factory=frozenset)
    written: int = 0

    def say(self, name: str, value: str, at_us: int, why: str = "") -> Operation:
        """An operation of its own, by somebody who has seen all that it knows."""
        self.written += 1
        others = ranges((one.line, one.number, one.number) for one in self.known if one.line != self.line)
        now_us = at_us + self.skew_us
        # The campus's event says when it was, and that is recorded with it.
        recorded_us = now_us if self.site == "campus" else 0
        made = Operation(
            TICKET, self.site, self.line, self.written, name, value, others, f"p-{self.line}",
            issued(now_us, self.known), 0, why, recorded_us,
        )  # fmt: skip
        self.known |= {made}
        return made

    def hear(self, other: "Replica", at_us: int, only: "frozenset[str] | None" = None) -> None:
        """Take in what the other has. only: ids, for a line that breaks in the middle."""
        sent = [one for one in other.known if only is None or one.id in only]
        now_us = at_us + self.skew_us
        # As the pieces are heard, in no order that means anything.
        for one in sorted(sent, key=lambda one: one.id, reverse=True):
            taken = one if one.line == self.line else heard(one, now_us, at_us + other.skew_us, self.known)
            self.known = joined(self.known, (taken,))

    @property
    def ticket(self) -> Merged:
        return merged(self.known, PACK)


def sides(campus_ahead_us: int = 0) -> tuple[Replica, Replica]:
    """A campus that has opened the ticket, and a district that knows it."""
    campus, district = Replica("epoch-1", "campus", campus_ahead_us), Replica("hub-1", "district")
    for name, value in (("state", "open"), ("title", "Door"), ("weight", "normal")):
        campus.say(name, value, NOON_US)
    meet(campus, district, at_us=NOON_US)
    return campus, district


def meet(*replicas: Replica, at_us: int) -> None:
    """Each hears each, until nothing is new."""
    while True:
        before = [one.known for one in replicas]
        for one in replicas:
            for other in replicas:
                if one is not other:
                    one.hear(other, at_us)
        if before == [one.known for one in replicas]:
            return


def blind(one: Operation) -> Operation:
    """The same by somebody who says that they had seen nothing of others."""
    return replace(one, seen=())
