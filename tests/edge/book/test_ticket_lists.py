"""Lists of a hundred thousand tickets: each walks an index in its own order. How long that takes, `scale.py` says."""

from collections.abc import Iterator

import pytest

from edge.book import ticket_queries
from rules.book.decision import Now
from rules.model.facts import Entry
from rules.model.ids import Actor
from rules.model.ticket_facts import TicketOpened
from tests.edge.book.paper import PaperBook, stored
from tests.edge.book.scale import QUESTIONS, entries

NOW = Now(1_786_708_800_000_000, 739_477)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaperBook]:
    made = PaperBook(tmp_path_factory.mktemp("book"))
    made.enter(*(entry for entry, _ in entries(300, 0.3)))
    yield made
    made.database.close()


@pytest.mark.parametrize("name", [name for name, (query, _) in QUESTIONS.items() if query == "tickets"])
def test_a_list_sorts_nothing_and_reads_no_more_than_its_page(
    name: str, book: PaperBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, tuple[str | int | None, ...]]] = []
    lines = book.database.lines

    def noted(query: str, *values: str | int | None) -> list[dict[str, object]]:
        asked.append((query, values))
        return lines(query, *values)

    monkeypatch.setattr(book.database, "lines", noted)
    query, said = QUESTIONS[name]
    kind, read = ticket_queries.QUERIES[query]
    read(book.database, kind(**{**said, "assigned": tuple(said.get("assigned", ()))}), NOW)
    plans = [one["detail"] for each, values in asked for one in lines(f"EXPLAIN QUERY PLAN {each}", *values)]
    assert plans
    assert [one for one in plans if "TEMP B-TREE" in str(one)] == []


def test_only_what_is_open_is_in_memory_and_the_rest_is_found_by_its_number(book: PaperBook) -> None:
    known = book.database.book
    numbers = range(1, 301)
    closed = [number for number in numbers if number not in known.tickets]
    assert 150 < len(closed) < 280
    assert all(known.closed[number].closed for number in closed)
    assert known.closed.get(301) is None
    with pytest.raises(TypeError):
        len(known.closed)
    with pytest.raises(TypeError):
        list(known.closed)


def test_words_that_are_followed_in_haste_are_found_once_it_is_over(book: PaperBook) -> None:
    one = TicketOpened(900, 0, "", "", 0, "", 0, (("category", "other"),), (("title", "Zebra crossing"),))
    book.seq += 1
    book.database.follow([stored(Entry(one, "ticket-900", Actor("a")), book.seq, book.at_us)], more=True)
    book.database.follow([], more=False)
    kind, read = ticket_queries.QUERIES["tickets"]
    assert [row["number"] for row in read(book.database, kind(q="zebra"), NOW)["items"]] == [900]


def test_a_ticket_is_found_by_the_number_that_somebody_said_and_words_with_a_dash_by_how_they_are_written(
    book: PaperBook,
) -> None:
    one = TicketOpened(
        901, 0, "", "", 0, "", 0, (("category", "other"),), (("title", "Room Q-1077, O'Brien, naïve"),)
    )
    book.seq += 1
    book.database.follow([stored(Entry(one, "ticket-901", Actor("a")), book.seq, book.at_us)], more=False)
    kind, read = ticket_queries.QUERIES["tickets"]
    for q in ("901", "#901", "campus-901", "q-1077", "O'Brien", "nai\u0308ve q-10"):
        assert [row["number"] for row in read(book.database, kind(q=q), NOW)["items"]] == [901], q
