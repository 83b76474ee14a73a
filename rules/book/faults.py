"""Reports of whoever did not sign in: never trusted, bounded, and for a person to look at."""

from collections.abc import Iterator
from typing import Final

from rules.book.asset_fields import LONGEST_TEXT
from rules.book.book import Book
from rules.book.decision import Refused
from rules.book.steps import ASKED
from rules.model.asset_asks import ReportFault, SettleFault
from rules.model.asset_facts import FaultReported, FaultSettled
from rules.model.facts import Because, Entry
from rules.model.ids import Actor

STRANGER: Final = Actor("page:stranger")
MOST_OF_ONE: Final = 5
MOST: Final = 500
"""Reports that wait, of one asset and in all: whoever wants to fill a disk with them gets no further."""


def report(book: Book, asked: ReportFault, actor: Actor) -> Iterator[Entry]:
    """Something is wrong with it, says somebody. Raises Refused."""
    if asked.asset not in book.assets:
        raise Refused("unknown_label", ("asset", asked.asset[:64]))
    text, name = asked.text.strip(), asked.name.strip()
    if not 0 < len(text) <= LONGEST_TEXT or len(name) > 64 or not (text + name).isprintable():
        raise Refused("bad_report", ("most", LONGEST_TEXT))
    of_this = sum(1 for one in book.faults.values() if one.asset == asked.asset)
    if of_this >= MOST_OF_ONE or len(book.faults) >= MOST:
        raise Refused("reported_already")
    number = book.numbers.get("fault", 0) + 1
    yield Entry(FaultReported(number, asked.asset, text, name), asked.asset, actor, because=Because("label"))


def settle(book: Book, asked: SettleFault, actor: Actor) -> Iterator[Entry]:
    """What became of a report. Raises Refused."""
    fault = book.faults.get(asked.number)
    if fault is None:
        raise Refused("unknown_report", ("number", asked.number))
    reason = asked.reason.strip()
    if (
        len(reason) > LONGEST_TEXT
        or not reason.isprintable()
        or (asked.outcome == "dismissed" and not reason)
    ):
        raise Refused("no_reason")
    fact = FaultSettled(asked.number, fault.asset, asked.outcome, reason)
    yield Entry(fact, fault.asset, actor, because=ASKED)
