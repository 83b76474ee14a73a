"""What happens in the life of an asset: steps, replacement under the same id, issue to a person and return."""

from collections.abc import Iterator, Mapping
from typing import Final

from rules.book import assets
from rules.book.asset_fields import OF_THE_PIECE, date_of, day_of, is_date, is_text
from rules.book.book import Asset, Book
from rules.book.decision import Now, Refused
from rules.book.steps import ASKED, MAY_FOLLOW, NEEDS_REASON, refused_step, turned
from rules.model.asset_asks import CommissionAsset, IssueAsset, ReplaceAsset, ReturnAsset, TurnAsset
from rules.model.asset_facts import (
    AssetCommissioned,
    AssetIssued,
    AssetReplaced,
    AssetReturned,
)
from rules.model.facts import Entry
from rules.model.ids import Actor, AssetId

ISSUED_FROM: Final = frozenset({"", "stock", "deployed"})


def turn(book: Book, asked: TurnAsset, actor: Actor) -> Iterator[Entry]:
    """From one state to another, or to another place and person. Raises Refused."""
    known = _known(book, asked.asset)
    if asked.state not in MAY_FOLLOW[known.state]:
        raise refused_step(known, asked.state)
    if (known.state, asked.state) in NEEDS_REASON and not asked.reason:
        raise Refused("no_reason")
    if "holder" in known.words and asked.state != "lost":
        raise Refused("still_issued", ("asset", known.id))
    reason = _words(asked.reason, "reason")
    said = assets.checked(book, tuple(pair for pair in asked.said if pair[0] != "state"), known)
    yield turned(known, asked.state, reason, actor)
    fact = assets.written(known.id, known, said)
    if fact is not None:
        yield Entry(fact, known.id, actor, because=ASKED)


def replace_piece(book: Book, asked: ReplaceAsset, actor: Actor, now: Now) -> Iterator[Entry]:
    """Another piece under the same id: what belonged to the former is known no longer. Raises Refused."""
    known = _known(book, asked.asset)
    if known.state == "retired":
        raise refused_step(known, "deployed")
    if not is_text(asked.serial):
        raise Refused("bad_value", ("field", "serial"), ("form", "text"), ("value", asked.serial[:64]))
    reason = _words(asked.reason, "reason")
    said = assets.checked(book, asked.said, known)
    if {"state", "serial"} & said.keys():
        raise Refused("said_twice")
    number = int(known.fields.get("replacements", "0")) + 1
    fact = AssetReplaced(known.id, number, date_of(now.day), asked.serial, reason)
    yield Entry(fact, known.id, actor, because=ASKED)
    more = assets.written(known.id, known, said)
    if more is not None:
        yield Entry(more, known.id, actor, because=ASKED)


def commission(book: Book, asked: CommissionAsset, actor: Actor, now: Now) -> Iterator[Entry]:
    """Somebody says by name that the new piece was tried out. Raises Refused."""
    known = _known(book, asked.asset)
    by = _words(asked.by, "by", needed=True)
    if not is_date(asked.day) or day_of(asked.day) > now.day:
        raise Refused("bad_value", ("field", "day"), ("form", "date_past"), ("value", asked.day[:64]))
    since = known.fields.get("recommission", "")
    if since and asked.day < since:
        raise Refused("before_replaced", ("asset", known.id), ("day", since))
    yield Entry(AssetCommissioned(known.id, asked.day, by), known.id, actor, because=ASKED)


def issue(book: Book, asked: IssueAsset, actor: Actor, now: Now) -> Iterator[Entry]:
    """Give it to a person. Raises Refused."""
    known = _known(book, asked.asset)
    person = _words(asked.person, "person", needed=True)
    if "holder" in known.words:
        raise Refused("still_issued", ("asset", known.id))
    if known.state not in ISSUED_FROM:
        raise refused_step(known, "deployed")
    if asked.due and (not is_date(asked.due) or day_of(asked.due) < now.day):
        raise Refused("bad_value", ("field", "due"), ("form", "date_to_come"), ("value", asked.due[:64]))
    if known.state != "deployed":
        yield turned(known, "deployed", "", actor)
    yield Entry(AssetIssued(known.id, date_of(now.day), asked.due, person), known.id, actor, because=ASKED)


def give_back(book: Book, asked: ReturnAsset, actor: Actor) -> Iterator[Entry]:
    """It came back, and lies in stock. Raises Refused."""
    known = _known(book, asked.asset)
    if "issued" not in known.fields:
        raise Refused("not_issued", ("asset", known.id))
    yield Entry(AssetReturned(known.id, _words(asked.note, "note")), known.id, actor, because=ASKED)
    if known.state in ("deployed", "lost"):
        yield turned(known, "stock", "", actor)


def after_replacing(fields: Mapping[str, str]) -> dict[str, str]:
    """What is still known of an asset when another piece is in its place."""
    return {name: value for name, value in fields.items() if name not in (*OF_THE_PIECE, "commissioned")}


def _known(book: Book, asset: AssetId) -> Asset:
    known = book.assets.get(asset)
    if known is None:
        raise Refused("unknown_asset", ("asset", asset[:64]))
    return known


def _words(text: str, field: str, *, needed: bool = False) -> str:
    said = text.strip()
    if (said or needed) and not is_text(said):
        raise Refused("bad_value", ("field", field), ("form", "text"), ("value", said[:64]))
    return said
