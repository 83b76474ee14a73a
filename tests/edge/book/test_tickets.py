"""Tickets in the book's own process: lists, words that are found and erased, numbers after a restore, one step once."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from edge.book import photos
from edge.book.database import NAME
from edge.operations import NotDone
from rules.book.kinds import OF_TICKETS
from rules.model.facts import Entry, FlagRaised
from rules.model.ids import Actor
from rules.model.ticket_asks import BeginUpkeep, ChangeTicket, ImportTickets, NoteTicket
from rules.model.ticket_facts import TicketEscalated, TicketOpened
from tests.edge.book.rig import Desk, desk
from tests.edge.book.test_photos import jpeg

DAY_US = 86_400_000_000
LOCK = {"category": "lock", "asset": "a-101", "title": "Latch of room 101 does not catch"}


async def one(book: Desk, number: int) -> dict[str, Any]:
    told: dict[str, Any] = await book.read("ticket", number=number, now_us=2_000_000_000_000_000)
    return told


async def numbers(book: Desk, **asked: object) -> list[int]:
    return [row["number"] for row in (await book.read("tickets", **asked))["items"]]


async def test_a_ticket_is_worked_on_and_its_whole_story_can_be_read(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        number = await book.ticket(**LOCK, text="It springs open", room="101", reporter="Ms Brown")
        await book.ask(ChangeTicket(number, (("state", "progress"), ("assigned", "account:3"))))
        await book.ask(NoteTicket(number, "Strike plate is worn", 20, (("strike plate", "1"),)))
        await book.ask(NoteTicket(number, "", 5))
        with pytest.raises(NotDone, match="why_needed"):
            await book.ask(ChangeTicket(number, (("state", "closed"),)))
        await book.ask(ChangeTicket(number, (("state", "closed"),), "New plate, tested ten times"))
        told = await one(book, number)
        rows = [row for row in await book.journal.read() if row.kind.startswith("ticket.")]

    assert (told["id"], told["state"], told["weight"], told["zone"]) == (
        "campus-1",
        "closed",
        "safety",
        "a-1",
    )
    assert (told["title"], told["text"], told["reported_by"]) == (
        LOCK["title"],
        "It springs open",
        "Ms Brown",
    )
    assert told["minutes"] == 25
    said = [word["value"] for row in told["history"] for word in row["words"]]
    assert said[0] == "New plate, tested ten times"
    assert {"Strike plate is worn", "1 x strike plate"} <= set(said)
    assert b"Brown" not in b"".join(row.body for row in rows)
    assert b"plate" not in b"".join(row.body for row in rows)


async def test_lists_have_safety_on_top_and_go_on_where_a_page_ended(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        for said in (
            {},
            {"assigned": "account:1", "zone": "a"},
            LOCK,
            {"weight": "urgent"},
            {"assigned": "role:it"},
        ):
            await book.ticket(**{"title": "Screen", **said})
        await book.ask(ChangeTicket(1, (("state", "closed"),)))
        assert await numbers(book) == [3, 4, 2, 5]
        assert await numbers(book, state="closed") == [1]
        assert await numbers(book, assigned=["account:1", "role:it"]) == [2, 5]
        assert await numbers(book, asset="a-101") == [3]
        assert await numbers(book, zone="a") == [2]
        assert await numbers(book, weight="safety") == [3]
        page: dict[str, Any] = {"next": ""}
        pages = []
        while page["next"] is not None:
            page = await book.read("tickets", state="all", limit=2, after=page["next"])
            pages.append([row["number"] for row in page["items"]])
        assert pages == [[3, 4], [2, 5], [1]]
        with pytest.raises(NotDone, match="not_there"):
            await book.read("tickets", after="nonsense")


async def test_words_are_found_however_they_are_written_and_in_notes_too(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        await book.ticket(title="Projector in the café is dark")
        await book.ticket(title="Printer", text="Paper jam")
        await book.ask(NoteTicket(2, 'The "PROJECTOR" next to it works'))
        assert await numbers(book, q="projector") == [2, 1]
        assert await numbers(book, q="Cafe proj") == [1]
        assert await numbers(book, q='" OR x*') == []
        assert await numbers(book, q="jam", state="closed") == []
        await book.ask(ChangeTicket(2, (("text", "All is well"),)))
        assert await numbers(book, q="jam") == []
        first = await book.read("tickets", q="projector", limit=1)
        assert [
            row["number"] for row in (await book.read("tickets", q="projector", after=first["next"]))["items"]
        ] == [1]


async def test_what_is_erased_is_found_no_more_and_stands_in_no_file(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        await book.ticket(title="Zanzibarization of room 7", reporter="Quetzalcoatlus")
        await book.ask(NoteTicket(1, "Xylophonist was here", photos=(taken(tmp_path),)))
        kept = next((tmp_path / photos.FOLDER).glob("?" * 64))
        opened, noted = [row for row in await book.journal.read() if row.kind.startswith("ticket.")]
        for row, field in ((opened, "texts"), (opened, "persons"), (noted, "text"), (noted, "photos")):
            assert await book.journal.erase(row.epoch, row.seq, field, "account:1")
        book.operations.grew()
        await book.ticket()
        told = await one(book, 1)
        assert (told["title"], told["reported_by"], told["photos"]) == ("", "", [])
        assert await numbers(book, q="zanzibarization") == []
    assert not kept.exists()
    assert on_disk(tmp_path, b"anzibarization", b"uetzalcoatlus", b"ylophonist") == []


def on_disk(store: Path, *words: bytes) -> list[bytes]:
    """Which of these words stand in the book's files."""
    files = b"".join(place.read_bytes() for place in store.glob(f"{NAME}*"))
    assert b"Screen" in files
    return [word for word in words if word in files]


def taken(store: Path) -> str:
    incoming = store / photos.FOLDER / photos.INCOMING
    incoming.mkdir(parents=True, exist_ok=True)
    (incoming / "one").write_bytes(jpeg())
    return photos.take(store, "one")[0]


async def test_a_photo_is_looked_at_kept_and_shown_by_its_ticket_alone(tmp_path: Path) -> None:
    incoming = tmp_path / photos.FOLDER / photos.INCOMING
    incoming.mkdir(parents=True)
    (incoming / "one").write_bytes(jpeg())
    (incoming / "two").write_bytes(b"no picture")
    async with desk(tmp_path) as book:
        await book.ticket()
        await book.ticket()
        digest = (await book.read("tickets.take_photo", name="one"))["sha256"]
        assert (await book.read("tickets.take_photo", name="two"))["code"] == "photo_no_picture"
        await book.ask(NoteTicket(1, photos=(digest,)))
        assert (await one(book, 1))["photos"] == [digest]
        assert (await book.read("tickets.photo", number=1, sha256=digest))["kind"] == "image/jpeg"
        with pytest.raises(NotDone, match="not_there"):
            await book.read("tickets.photo", number=2, sha256=digest)


async def test_a_killed_book_takes_each_step_once_and_finds_a_closed_ticket_again(tmp_path: Path) -> None:
    """Old tickets by an import: their steps are due at once, and the process is killed while it takes them."""
    async with desk(tmp_path) as book:
        batch = int((await book.ask(ImportTickets(0, 80, "ab" * 32))).rpartition("-")[2])
        lines = tuple((1_700_000_000_000_000, tuple(LOCK.items())) for _ in range(40))
        for _ in range(2):
            await book.ask(ImportTickets(batch, lines=lines))
        await book.ask(ImportTickets(batch, end="taken"))
        for count in (1, 120):
            await book.until(lambda count=count: len(book.facts(TicketEscalated)) >= count)  # type: ignore[misc]
            process = book.operations.process_id
            assert process is not None
            os.kill(process, signal.SIGKILL)
            await book.until(lambda: book.conditions[-1] == ("book_away", True, ("ended",)))
            await book.until_there()
        await book.until(lambda: len(book.facts(TicketEscalated)) >= 80 * 3)
        raised = {fact.code for fact in book.facts(FlagRaised)}
        assert raised & OF_TICKETS == {"lock_ticket_old", "safety_ticket_old"}
        steps = [(fact.ticket, fact.rule) for fact in book.facts(TicketEscalated)]
        assert len(steps) == len(set(steps)) == 80 * 3
        await book.ask(ChangeTicket(7, (("state", "closed"),), "Done"))
        await book.ask(ChangeTicket(7, (("state", "reopened"),)))
        assert (await one(book, 7))["state"] == "reopened"


async def test_a_flag_of_a_device_opens_a_ticket_in_words_that_are_found(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        book.enter(Entry(FlagRaised("lock_not_exercised", "a-101", ("not_read",)), "a-101", Actor("daemon")))
        await book.until(lambda: book.facts(TicketOpened))
        await book.ask(NoteTicket(1, "Seen"))
        assert await numbers(book, q="exercised") == [1]
        told = await one(book, 1)
    assert told["title"] == "The lock of door a-101 was not proven when it was exercised"
    assert (told["key"], told["weight"]) == ("lock_not_exercised:a-101", "safety")


async def test_what_is_put_to_rest_is_listed_with_owner_reason_and_end(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        now_us = time.time_ns() // 1000
        await book.ask(BeginUpkeep("maintenance", "zone", "a", now_us + DAY_US, "Painters"))
        (told,) = await book.read("upkeeps")
    assert (told["owner"], told["reason"], told["until_us"]) == ("person:1", "Painters", now_us + DAY_US)
