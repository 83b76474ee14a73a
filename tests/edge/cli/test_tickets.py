"""What `tickets` prints of a ticket that campus and district both wrote on."""

import asyncio
import re
from typing import Any

import msgspec

from rules.model.ids import Actor
from rules.model.ticket_asks import ChangeTicket, MergeTicket, OpenTicket
from rules.model.ticket_operations import Operation
from tests.edge.book.paper import PaperBook
from tests.edge.cli.conftest import Run, Site
from tests.edge.control.desks import PaperDesk, serving

ME = Actor("account:3")


def book() -> dict[str, Any]:
    """The book's answers of a ticket that was closed here while the district wrote on it."""
    paper = PaperBook()
    paper.ask(ME, OpenTicket((("title", "Lamp"), ("category", "computer"), ("due", "2026-09-20"))))
    seen = ((paper.database.book.head[0], 1, paper.seq),)
    paper.at_us += 10**9
    paper.ask(ME, ChangeTicket(1, (("title", "Lamp of room 7"), ("state", "closed")), "New lamp"))
    for number, name, value in ((1, "title", "Projector"), (2, "note", "Dark again")):
        made = Operation(
            "campus-1", "district", "hub-1", number, name, value, seen, "ana.lopez", (paper.at_us - 10**9, 0)
        )
        paper.ask(Actor("district"), MergeTicket(made))

    async def read(query: str, **asked: Any) -> Any:
        return msgspec.json.decode(await paper.read_book(query, **asked))

    return {
        "ticket": asyncio.run(read("ticket", number=1, now_us=paper.at_us)),
        "tickets": asyncio.run(read("tickets")),
    }


def test_both_versions_are_printed_with_who_when_and_where(run: Run, site: Site) -> None:
    desk = PaperDesk()
    desk.book = book()
    with serving(site.store, desk):
        shown = run("tickets", "1").stdout
        listed = run("tickets").stdout
    lines = shown.splitlines()
    assert lines[0] == "campus-1: Lamp of room 7"
    assert "open, conflict" in lines[1]
    assert "to be done by 2026-09-20" in lines
    assert (
        "CONFLICT: one side closed it while the other wrote something. Read both, then say what state it is in."
        in lines
    )
    title = lines.index("written on both sides: Title. What was written last holds.")
    when = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert re.fullmatch(rf"  holds  Lamp of room 7  account:3, {when}, campus", lines[title + 1])
    assert re.fullmatch(rf"         Projector  district:ana\.lopez, {when}, district", lines[title + 2])
    assert re.search(rf"^         closed \(New lamp\)  account:3, {when}, campus$", shown, re.MULTILINE)
    assert "conflict" in listed
