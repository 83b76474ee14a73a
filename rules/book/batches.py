"""Imports: many decisions under one number, which count as a whole or not at all."""

from collections.abc import Iterator
from typing import Final

from rules.book import assets
from rules.book.asset_fields import date_of, is_slug, is_text
from rules.book.book import Asset, Batch, Book
from rules.book.decision import Now, Refused
from rules.book.steps import ASKED
from rules.model.asset_asks import AddRows, BeginBatch, EndBatch
from rules.model.asset_facts import AssetBatchTurned, AssetWritten, Pairs
from rules.model.facts import Because, Entry
from rules.model.ids import Actor, AssetId

MOST_ROWS: Final = 50_000
WITH_SOMEBODY: Final = frozenset({"deployed", "repair", "lost"})
MOST_AT_ONCE: Final = 50
MOST_UNDER_WAY: Final = 3
RULE: Final = Actor("rule")


def begin(book: Book, asked: BeginBatch, actor: Actor) -> Iterator[Entry]:
    """Begin an import. Raises Refused."""
    if not 0 < asked.rows <= MOST_ROWS or len(asked.sha256) != 64 or not is_slug(asked.sha256):
        raise Refused("bad_import", ("most", MOST_ROWS))
    if sum(one.state == "begun" for one in book.batches.values()) >= MOST_UNDER_WAY:
        raise Refused("imports_under_way")
    number = book.numbers.get("batch", 0) + 1
    yield _turned(number, Batch("begun", asked.rows, asked.sha256, 0), "begun", actor)


def add(book: Book, asked: AddRows, actor: Actor, now: Now) -> Iterator[Entry]:
    """Rows of an import, of which all may be or none. Raises Refused, with the place of the first that may not."""
    _under_way(book, asked.batch)
    if len(asked.rows) > MOST_AT_ONCE:
        raise Refused("bad_import", ("most", MOST_AT_ONCE))
    new = 0
    for place, (name, said, is_new) in enumerate(asked.rows):
        try:
            fact = row(book, asked.batch, name, said, now, new=is_new, before=new)
        except Refused as err:
            raise Refused(err.code, *err.said, ("row", place)) from None
        if fact is not None:
            new += fact.new and name is None
            yield Entry(fact, fact.asset, actor, because=ASKED)


def row(
    book: Book, batch: int, name: AssetId | None, said: Pairs, now: Now, *, new: bool, before: int = 0
) -> AssetWritten | None:
    """What one row comes to; None: nothing that is not so already. before: new ones before it. Raises Refused.

    holder: with whom it is, which is issued with the row.
    """
    known = None if name is None else book.assets.get(name)
    if name is not None:
        if not is_slug(name):
            raise Refused("bad_asset_id", ("asset", name[:64]))
        if known is None and not new:
            raise Refused("unknown_asset", ("asset", name[:64]))
        if known is not None and new:
            raise Refused("asset_known", ("asset", name))
        if (batch, name) in book.staged:
            raise Refused("row_twice", ("asset", name))
    asset = name or assets.next_id(book, before)
    holder = dict(said).get("holder", "")
    held = assets.checked(book, tuple(pair for pair in said if pair[0] != "holder"), known)
    if name is None:
        assets.not_nameless(held)
    if holder:
        held |= _issued(asset, known, held, holder, now)
    return assets.written(asset, known, held, batch)


def _issued(
    asset: AssetId, known: Asset | None, held: dict[str, str], holder: str, now: Now
) -> dict[str, str]:
    """It is with a person from now on, as far as is known here. Raises Refused."""
    state = held.get("state", "" if known is None else known.state)
    if not is_text(holder):
        raise Refused("bad_value", ("field", "holder"), ("form", "text"), ("value", holder[:64]))
    if known is not None and "holder" in known.words:
        raise Refused("still_issued", ("asset", asset))
    if state not in WITH_SOMEBODY:
        raise Refused("bad_step", ("asset", asset), ("was", state or "unknown"), ("state", "deployed"))
    return {"holder": holder, "issued": date_of(now.day)}


def end(book: Book, asked: EndBatch, actor: Actor) -> Iterator[Entry]:
    """Let it count, or let it go. Raises Refused."""
    batch = _under_way(book, asked.batch)
    staged = sum(1 for number, _ in book.staged if number == asked.batch)
    if asked.taken and staged != batch.rows:
        raise Refused("bad_import", ("most", batch.rows))
    yield _turned(asked.batch, batch, "taken" if asked.taken else "abandoned", actor)


def abandoned(book: Book) -> Iterator[Entry]:
    """Imports that nobody goes on with."""
    for number in sorted(book.orphans):
        batch = book.batches.get(number)
        if batch is not None and batch.state == "begun":
            entry = _turned(number, batch, "abandoned", RULE)
            yield Entry(entry.fact, entry.subject, RULE, because=Because("import_ended_early"))


def _under_way(book: Book, number: int) -> Batch:
    batch = book.batches.get(number)
    if batch is None or batch.state != "begun" or number in book.orphans:
        raise Refused("import_over", ("batch", number))
    return batch


def _turned(number: int, batch: Batch, state: str, actor: Actor) -> Entry:
    fact = AssetBatchTurned(number, state, batch.rows, batch.sha256)  # type: ignore[arg-type]  # one of our words
    return Entry(fact, f"batch-{number}", actor, because=ASKED)
