"""What a long journal costs the book grows as it should, counted in steps of SQLite's machine; figures are `sizes.py`'s."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from drivers.lines import line
from edge.book import haste
from edge.book.database import Database
from edge.book.messages import Answered, Ask, Decided
from edge.config.pack_tickets import shipped_tickets
from rules.book.book import Campus
from rules.book.decision import Now
from rules.model.ids import Actor
from rules.model.ticket_asks import OpenTicket
from rules.model.ticket_facts import TicketOpened
from tests.edge.book import long_journal, scale, sizes

SOME, MANY = 300, 1_200


class Followed:
    """A journal of so many assets and tickets, followed, and how many steps that took a thousand events."""

    def __init__(self, directory: Path, count: int) -> None:
        long_journal.write(directory / "store", long_journal.mixed(count, count, count * 6))
        self.desk = sizes.Desk(directory / "store", directory)
        self.database: Database
        self.desk.follow()
        assert self.desk.process.database is not None
        self.database = self.desk.process.database

    def steps(self, what: Callable[[], object]) -> int:
        """Hundreds of instructions that SQLite's machine takes for it."""
        count = 0

        def tick() -> int:
            nonlocal count
            count += 1
            return 0

        self.database._connection.set_progress_handler(tick, 100)
        try:
            what()
        finally:
            self.database._connection.set_progress_handler(None, 100)
        return count


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Followed, Followed]]:
    made = [Followed(tmp_path_factory.mktemp("sizes"), count) for count in (SOME, MANY)]
    yield made[0], made[1]
    for one in made:
        one.desk.close()


PAGES = (
    "assets: first page",
    "assets: one",
    "tickets: first page",
    "tickets: closed",
    "tickets: mine",
    "tickets: one",
)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_costs_the_same_however_much_there_is(name: str, both: tuple[Followed, Followed]) -> None:
    query, asked = sizes.QUESTIONS[name]
    some, many = (one.steps(lambda one=one: one.desk.read(query, asked)) for one in both)  # type: ignore[misc]
    assert many <= 1.5 * some + 20


@pytest.mark.parametrize(
    "name", [name for name in sizes.QUESTIONS if name not in PAGES and "page" not in name]
)
def test_what_goes_through_everything_grows_no_faster_than_that(
    name: str, both: tuple[Followed, Followed]
) -> None:
    query, asked = sizes.QUESTIONS[name]
    some, many = (one.steps(lambda one=one: one.desk.read(query, asked)) for one in both)  # type: ignore[misc]
    assert many <= 1.5 * (MANY / SOME) * some + 20


def test_a_sweep_pauses_after_every_few_hundred_things(both: tuple[Followed, Followed]) -> None:
    from rules.book.sweep import paced

    book = both[1].database.book
    pauses = sum(entry is None for entry in paced(book, Now(0, 739_000)))
    assert pauses >= (len(book.assets) + len(book.tickets)) // 500


def _schema(database: Database) -> set[tuple[object, ...]]:
    return {tuple(row.values()) for row in database.lines("SELECT type, name, tbl_name FROM sqlite_master")}


def test_a_book_made_in_haste_has_every_index_once_it_has_caught_up(
    tmp_path: Path, both: tuple[Followed, Followed]
) -> None:
    fresh = Database.open(tmp_path, Campus("campus", tickets=shipped_tickets()))
    assert _schema(both[1].database) == _schema(fresh)
    assert haste.LATER.keys() <= {str(name) for _, name, _ in _schema(fresh)}
    fresh.close()


def test_a_book_that_was_left_in_its_haste_goes_on_and_ends_it(tmp_path: Path) -> None:
    long_journal.write(tmp_path / "store", long_journal.mixed(100, 100, 5_000))
    desk = sizes.Desk(tmp_path / "store", tmp_path)
    pieces = list(desk._pieces(desk.opened()))
    for piece in pieces[:-1]:
        desk.take(piece)
    assert desk.process.database is not None
    assert desk.process.database.position is not None
    assert haste.under_way(desk.process.database._connection)
    desk.close()
    again = sizes.Desk(tmp_path / "store", tmp_path)
    again.follow()
    assert again.process.database is not None
    assert not haste.under_way(again.process.database._connection)
    assert 0 < again.followed < desk.followed
    found = msgspec.json.decode(again.read("tickets", {"state": "all", "limit": 200}))
    assert len(found["items"]) == 100
    again.close()


def test_who_asks_while_a_thousand_steps_are_due_is_not_kept_waiting_for_them(tmp_path: Path) -> None:
    long_journal.write(tmp_path / "store", scale.entries(1_000, 1.0))
    desk = sizes.Desk(tmp_path / "store", tmp_path)
    desk.follow()
    first = desk.heard(Decided)
    assert len(first) == 1, "the sweep is on, and its first entries are on their way"
    asked = OpenTicket((("category", "other"), ("title", "Screen")))
    desk.take(line(Ask(7, Actor("account:1"), OpenTicket.VERB, msgspec.Raw(msgspec.json.encode(asked)))))
    desk.enter(first[0])
    second = desk.heard(Decided)[1]
    assert [one.kind for one in second.entries] == [TicketOpened.KIND]
    desk.enter(second)
    assert [one.code for one in desk.heard(Answered)] == ["done"]
    assert len(desk.heard(Decided)) == 3, "and then the sweep goes on"
    desk.close()
