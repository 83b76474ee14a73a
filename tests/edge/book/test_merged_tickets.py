"""An edit of the district through the book's own process: in the record and every list, the same on both sides."""

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.book.database import Database, remove
from edge.book.merge_queries import plain
from edge.book.ticket_events import told_of
from edge.config.pack_merging import shipped_merging
from edge.operations import NotDone
from rules.book.book import Campus
from rules.book.merging import merged
from rules.book.ticket_operations import Told, operations
from rules.model.facts import Entry, IncidentClosed, IncidentOpened
from rules.model.ids import Actor, IncidentId, ZoneId
from rules.model.ticket_asks import ChangeTicket, MergeTicket, NoteTicket
from rules.model.ticket_facts import TicketChanged, TicketFact, TicketMerged, TicketOpened
from rules.model.ticket_operations import Operation
from tests.edge.book.paper import stored
from tests.edge.book.rig import PERSON, Desk, desk
from tests.edge.book.test_tickets import on_disk

PACK = shipped_merging()
LOCK = {"category": "lock", "asset": "a-101", "title": "Latch of room 101 does not catch"}
HASH = "ab" * 32
LONG_AGO_US = 1_600_000_000_000_000


class Hub:
    """What the district knows: the journal as far as it came up, and how many edits of its own it made of each ticket."""

    def __init__(self, book: Desk) -> None:
        self.book = book
        self.seen: tuple[tuple[str, int, int], ...] = ()
        self.made: dict[int, int] = {}

    async def hear(self) -> None:
        """The journal comes up."""
        last = (await self.book.journal.read())[-1]
        self.seen = ((last.epoch, 1, last.seq),)

    async def write(self, ticket: int, name: str, value: str, why: str = "") -> Operation:
        self.made[ticket] = self.made.get(ticket, 0) + 1
        at_us = (await self.book.journal.read())[-1].at_us
        return Operation(
            f"campus-{ticket}", "district", "hub-1", self.made[ticket], name, value, self.seen, "ana", (at_us, 0), 0, why,
        )  # fmt: skip

    async def say(self, ticket: int, name: str, value: str, why: str = "") -> None:
        await self.send(await self.write(ticket, name, value, why))

    async def send(self, one: Operation) -> str:
        return await self.book.ask(MergeTicket(one))

    async def fold(self, ticket: int) -> dict[str, Any]:
        """The ticket as the hub makes it: of the journal's events alone."""
        told: list[Told] = []
        for event in await self.book.journal.read():
            found = told_of(event)
            if found is not None and found[0] == ticket:
                told.append(found[1])
        return plain(merged(operations(f"campus-{ticket}", told), PACK))


async def one(book: Desk, number: int) -> dict[str, Any]:
    told: dict[str, Any] = await book.read("ticket", number=number, now_us=2_000_000_000_000_000)
    return told


async def beside(book: Desk, number: int) -> dict[str, list[tuple[str, str, bool]]]:
    return {
        each["field"]: [(said["value"], said["actor"], said["holds"]) for said in each["said"]]
        for each in (await one(book, number))["versions"]
    }


async def test_a_ticket_that_both_sides_edit_comes_to_the_same_on_both_and_shows_both(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        hub = Hub(book)
        number = await book.ticket(**LOCK)
        await hub.hear()
        # The line is cut: both write.
        await book.ask(ChangeTicket(number, (("assigned", "account:3"), ("title", "Latch is worn"))))
        await book.ask(NoteTicket(number, "Plate ordered", 20, (("strike plate", "1"),)))
        waiting = [
            await hub.write(number, name, value)
            for name, value in (
                ("title", "Room 101 latch"), ("assigned", "district:ben"), ("note", "Same in room 102"),
                ("minutes", "5"), ("part", "2 x latch"), ("photo", HASH), ("zone", "a"), ("due", "2026-09-01"),
            )
        ]  # fmt: skip
        for each in waiting:
            assert await hub.send(each) == f"ticket-{number}"
        for each in waiting:  # and once more, for the answer was lost
            await hub.send(each)
        told = await one(book, number)
        shown = await beside(book, number)
        listed = (await book.read("tickets", q="worn"))["items"]
        whole = await book.read("ticket.operations", number=number)
        await hub.hear()
        assert whole["merged"] == await hub.fold(number)
        rows = [row for row in await book.journal.read() if row.kind == "ticket.merged/1"]

    assert len(rows) == len(waiting)
    assert (told["title"], told["assigned"], told["due"], told["minutes"]) == (
        "Room 101 latch", "district:ben", "2026-09-01", 25,
    )  # fmt: skip
    assert (told["zone"], told["conflict"]) == ("a", False)
    assert (told["photos"], told["photos_away"]) == ([], [HASH])
    assert shown["title"] == [("Room 101 latch", "district:ana", True), ("Latch is worn", "person:1", False)]
    assert shown["assigned"] == [("district:ben", "district:ana", True), ("account:3", "person:1", False)]
    assert set(shown) == {"title", "assigned"}  # the district had seen what zone it was
    assert [row["number"] for row in listed] == [number]  # what is kept is found as well
    said = [(word["name"], word["value"]) for row in told["history"] for word in row["words"]]
    assert {("note", "Same in room 102"), ("part", "2 x latch"), ("title", "Latch is worn")} <= set(said)
    assert b"room 102" not in b"".join(row.body for row in rows)
    assert whole["version"] == PACK.version
    assert whole["sha256"] == PACK.sha256


async def test_a_close_that_knew_nothing_of_the_other_side_is_a_conflict_until_a_person_settles_it(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as book:
        hub = Hub(book)
        number = await book.ticket(**LOCK)
        await hub.hear()
        await book.ask(ChangeTicket(number, (("state", "closed"),), "New plate, tested ten times"))
        await hub.say(number, "note", "It springs open again")
        told = await one(book, number)
        assert (told["state"], told["open"], told["conflict"]) == ("open", True, True)
        (state,) = told["versions"]
        assert [(each["value"], each["why"], each["holds"]) for each in state["said"]] == [
            ("open", "", True), ("closed", "New plate, tested ten times", False),
        ]  # fmt: skip
        assert (await book.read("tickets"))["items"][0]["conflict"] is True
        assert (await book.read("ticket.operations", number=number))["merged"] == await hub.fold(number)
        turned_us = told["turned_us"]
        await book.ask(ChangeTicket(number, (("state", "open"),)))
        told = await one(book, number)
        assert (told["state"], told["conflict"], told["versions"]) == ("open", False, [])
        assert told["turned_us"] == turned_us
        # Now the district closes it, having seen all; without the reason it may not.
        await hub.hear()
        with pytest.raises(NotDone, match="why_needed"):
            await hub.say(number, "state", "closed")
        await hub.say(number, "state", "closed", "Its plate was bent")
        told = await one(book, number)
        assert (told["state"], told["conflict"]) == ("closed", False)
        assert (await book.read("ticket.operations", number=number))["merged"] == await hub.fold(number)


async def test_words_that_were_beaten_are_kept_and_an_older_edit_that_comes_late_stands_behind(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as book:
        hub = Hub(book)
        number = await book.ticket(title="First", text="Dark")
        await hub.hear()
        late = replace(await hub.write(number, "title", "Of the district"), hlc=(LONG_AGO_US, 0))
        await book.ask(ChangeTicket(number, (("title", "Of the campus"),)))
        await hub.send(late)
        assert (await one(book, number))["title"] == "Of the campus"
        assert [value for value, _, _ in (await beside(book, number))["title"]] == [
            "Of the campus",
            "Of the district",
        ]
        assert (await book.read("ticket.operations", number=number))["merged"] == await hub.fold(number)
        await book.ask(ChangeTicket(number, (("title", "Settled"),)))
        told = await one(book, number)
        assert (told["title"], told["versions"]) == ("Settled", [])
        said = {word["value"] for row in told["history"] for word in row["words"]}
        assert {"Of the district", "Settled"} <= said


async def test_nothing_is_taken_from_sight_while_an_incident_is_live(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        hub = Hub(book)
        number = await book.ticket(title="Screen")
        await hub.hear()
        book.enter(
            Entry(
                IncidentOpened(IncidentId("i-1"), "real", "lockdown", ZoneId("campus"), False),
                "campus",
                Actor("x"),
            )
        )
        close = await hub.write(number, "state", "closed")
        with pytest.raises(NotDone, match="not_now"):
            await hub.send(close)
        await hub.say(number, "note", "Police are told")
        book.enter(Entry(IncidentClosed(IncidentId("i-1"), "real", ""), "campus", Actor("x")))

        async def taken() -> bool:
            try:
                await hub.send(close)
            except NotDone as no:
                assert no.code == "not_now"  # noqa: PT017  # until then
                return False
            return True

        await book.until_read(taken, bool)  # the book follows in its own time
        assert (await one(book, number))["state"] == "closed"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("colour", "red", "unknown_field"),
        ("zone", "moon", "unknown_zone"),
        ("weight", "normal", "safety_kept"),
    ],
)
async def test_what_may_not_be_is_refused_whole_and_nothing_is_written(
    name: str, value: str, code: str, tmp_path: Path
) -> None:
    async with desk(tmp_path) as book:
        hub = Hub(book)
        number = await book.ticket(**LOCK)
        await hub.hear()
        with pytest.raises(NotDone) as refused:
            await hub.say(number, name, value)
        assert refused.value.code == code
        assert book.facts(TicketMerged) == []
        with pytest.raises(NotDone, match="not_there"):
            await book.read("ticket.operations", number=99)


def test_what_is_told_of_a_ticket_is_in_the_journal_s_order_over_a_restore_whatever_the_clock_said(
    tmp_path: Path,
) -> None:
    database = Database.open(tmp_path, Campus("campus", merging=PACK))
    opened = TicketOpened(1, 0, "", "", 0, "", 0, (("category", "other"),), (("title", "x"),))
    facts: list[TicketFact] = [opened, *(TicketChanged(1, "", (("zone", zone),)) for zone in "abc")]
    places = [("f0", 1), ("f0", 2), ("a1", 1), ("a1", 2)]  # the second epoch is the smaller word
    for (epoch, seq), fact, at_us in zip(
        places, facts, (40 * 10**9, 50 * 10**9, 10 * 10**9, 20 * 10**9), strict=True
    ):
        event = stored(Entry(fact, "ticket-1", PERSON), seq, at_us)
        database.follow([msgspec.structs.replace(event, epoch=epoch)])
    assert [(one.epoch, one.seq) for one in database.book.told[1]] == places
    assert database.book.head == ("a1", 2)
    found = merged(operations("campus-1", database.book.told[1]), PACK)
    assert (found.value("zone"), found.fields["zone"].beside) == ("c", ())
    database.close()


async def test_an_edit_of_the_wrong_types_is_no_request_and_the_book_works_on(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        hub = Hub(book)
        number = await book.ticket(**LOCK)
        made = await hub.write(number, "note", "x")
        for wrong in (
            {"ticket": 1}, {"number": "1"}, {"seen": [["a", 1]]}, {"seen": "a"}, {"hlc": [1]}, {"value": None}, {"site": "moon"},
        ):  # fmt: skip
            with pytest.raises(NotDone, match="bad_request"):
                await hub.send(replace(made, **wrong))
        await hub.send(made)
        assert len(book.facts(TicketMerged)) == 1


async def test_a_killed_book_and_one_made_anew_from_the_journal_know_the_same_merged_ticket(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as book:
        hub = Hub(book)
        number = await book.ticket(**LOCK)
        await hub.hear()
        await book.ask(ChangeTicket(number, (("title", "Latch is worn"), ("state", "progress"))))
        await hub.say(number, "title", "Room 101 latch")
        await hub.say(number, "state", "proposed")
        known = await book.read("ticket.operations", number=number), await one(book, number)
        process = book.operations.process_id
        assert process is not None
        os.kill(process, signal.SIGKILL)
        await book.until(lambda: book.conditions[-1] == ("book_away", True, ("ended",)))
        await book.until_there()
        assert (await book.read("ticket.operations", number=number), await one(book, number)) == known
    remove(tmp_path)
    async with desk(tmp_path) as book:
        assert (await book.read("ticket.operations", number=number), await one(book, number)) == known
        assert known[1]["title"] == "Room 101 latch"


async def test_words_of_the_district_are_erased_like_any_other_and_both_sides_agree_still(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as book:
        hub = Hub(book)
        number = await book.ticket(title="Screen", text="It is dark")
        await hub.say(number, "text", "Zanzibarization")
        await hub.say(number, "note", "Quetzalcoatlus was here")
        sent = await hub.write(number, "note", "Xylophonist too")
        await hub.send(sent)
        for row in await book.journal.read():
            if row.kind == "ticket.merged/1":
                assert await book.journal.erase(row.epoch, row.seq, "words", "account:1")
        book.operations.grew()
        await book.ticket(title="Screen again")
        told = await one(book, number)
        assert (await book.read("ticket.operations", number=number))["merged"] == await hub.fold(number)
        await hub.send(sent)  # the hub sends it again, with its words: it was taken in before
        assert len(book.facts(TicketMerged)) == 3
        assert await book.read("tickets", q="xylophonist") == {"items": [], "next": None}
    assert "" in {each["value"] for field in told["versions"] for each in field["said"]}
    assert on_disk(tmp_path, b"anzibar", b"uetzal", b"ylopho") == []
