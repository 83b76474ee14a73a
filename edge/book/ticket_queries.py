"""What may be read of tickets: what to do next, what was said, one whole. Pages of at most 200, each within 100 ms."""

import heapq
import sqlite3
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from unicodedata import combining

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from edge.book import merge_queries, photos
from edge.book.asking import NotThere, Page, Word
from edge.book.database import Database, Line
from edge.book.ticket_tables import BEATEN
from edge.journal.stored import microseconds
from rules.book.decision import Now, Refused
from rules.book.ticket import Ticket
from rules.book.ticket_causes import REPORTED
from rules.book.ticket_fields import WEIGHTS
from rules.book.ticket_pack import Step
from rules.book.ticket_sweep import effect, meant
from rules.book.ticket_things import rests_of, things_of
from rules.book.tickets import judge
from rules.model.asset_facts import Pairs
from rules.model.ids import AssetId

LOOKED_THROUGH: Final = 20_000
"""Places of a word that are looked at for one page."""
COLUMNS: Final = (
    "number, state, open, rank, category, zone, asset, assigned, key, before, reporter, opened_us, turned_us, changed_us, "
    "escalated_us, minutes, conflict"
)
UNTRUSTED: Final = f"{REPORTED}:"
"""The key of a ticket that came of reports without a sign-in."""
Number = Annotated[int, Meta(ge=1, le=2**53)]
Cursor = Annotated[str, Meta(max_length=100)]


class TicketsAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """state: those that are not closed, closed, or both, these last. assigned: any of them. q: words, all of them, the last one
    perhaps only begun; then the newest said is first, else the heaviest and oldest. after: `next` of the page before.
    """

    after: Cursor = ""
    limit: Page = 50
    state: Literal["open", "closed", "all"] = "open"
    assigned: Annotated[tuple[Word, ...], Meta(max_length=4)] = ()
    weight: Literal["safety", "urgent", "normal"] | None = None
    category: Word | None = None
    zone: Word | None = None
    asset: Word | None = None
    q: Annotated[str, Meta(max_length=200)] = ""


class TicketAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """now_us: UTC, for ages."""

    number: Number
    now_us: int


class WholeAsked(Struct, frozen=True, forbid_unknown_fields=True):
    after: Annotated[int, Meta(ge=0)] = 0
    limit: Page = 200


class Judged(Struct, frozen=True, forbid_unknown_fields=True):
    lines: Annotated[tuple[Pairs, ...], Meta(max_length=200)]


class PhotoAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """name: of a file in the incoming folder."""

    name: Word


class KeptAsked(Struct, frozen=True, forbid_unknown_fields=True):
    number: Number
    sha256: Word


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """It takes none."""


def tickets(database: Database, asked: TicketsAsked, _now: Now) -> Line:
    """A page: what to do next is first, safety on top."""
    if asked.q.strip():
        return _numbered(database, asked) or _found(database, asked)
    rows: list[Line] = []
    closed = asked.state == "closed" or asked.after.startswith("c")
    if not closed:
        rows = _open(database, asked)
    if asked.state != "open" and len(rows) <= asked.limit:
        rows += _closed(database, asked, asked.limit + 1 - len(rows))
    return _page(database, rows, asked.limit)


def _page(database: Database, rows: list[Line], limit: int) -> Line:
    more = len(rows) > limit
    rows = rows[:limit]
    after = _cursor(rows[-1]) if more else None
    return {"items": [_line(database, one) for one in rows], "next": after}


def _cursor(row: Line) -> str:
    return f"o{row['rank']}.{row['opened_us']}.{row['number']}" if row["open"] else f"c{row['number']}"


def _open(database: Database, asked: TicketsAsked) -> list[Line]:
    where, values = _filters(asked)
    if asked.after:
        try:
            rank, opened_us, number = (int(one) for one in asked.after.removeprefix("o").split("."))
        except ValueError:
            raise NotThere from None
        where += " AND (rank, opened_us, number) > (?, ?, ?)"
        values = (*values, rank, opened_us, number)
    # One walk of an index for each: with OR, everything found would be sorted.
    walks: list[tuple[str, tuple[str, ...]]] = [
        (" AND assigned = ?", (one,)) for one in dict.fromkeys(asked.assigned)
    ] or [("", ())]
    found = [
        database.lines(
            f"SELECT {COLUMNS} FROM tickets WHERE there = 1 AND open = 1{where}{of} "  # noqa: S608  # words of ours
            "ORDER BY rank, opened_us, number LIMIT ?",
            *values,
            *who,
            asked.limit + 1,
        )
        for of, who in walks
    ]
    merged = heapq.merge(*found, key=lambda one: (one["rank"], one["opened_us"], one["number"]))
    return list(islice(merged, asked.limit + 1))


def _closed(database: Database, asked: TicketsAsked, limit: int) -> list[Line]:
    where, values = _filters(asked)
    if asked.assigned:
        where += f" AND assigned IN ({', '.join('?' * len(asked.assigned))})"
        values = (*values, *asked.assigned)
    if asked.after.startswith("c"):
        if not asked.after[1:].isdecimal():
            raise NotThere
        where += " AND number < ?"
        values = (*values, int(asked.after[1:]))
    return database.lines(
        f"SELECT {COLUMNS} FROM tickets NOT INDEXED WHERE there = 1 AND open = 0{where} ORDER BY number DESC LIMIT ?",  # noqa: S608
        *values,
        limit,
    )


def _filters(asked: TicketsAsked) -> tuple[str, tuple[Any, ...]]:
    said: dict[str, Any] = {
        "rank": None if asked.weight is None else WEIGHTS.index(asked.weight),
        "category": asked.category,
        "zone": asked.zone,
        "asset": asked.asset,
    }
    said = {name: value for name, value in said.items() if value is not None}
    return "".join(f" AND {name} = ?" for name in said), tuple(said.values())


def _numbered(database: Database, asked: TicketsAsked) -> Line | None:
    """The ticket whose number was asked for, open or not, before whatever else says it; None: it is no ticket's number."""
    number = asked.q.strip().removeprefix(f"{database.book.campus.id}-").removeprefix("#")
    if asked.after or not (number.isascii() and number.isdecimal() and len(number) < 16):
        return None
    rows = database.lines(f"SELECT {COLUMNS} FROM tickets WHERE there = 1 AND number = ?", int(number))  # noqa: S608
    if not rows:
        return None
    more = _found(database, replace(asked, limit=max(1, asked.limit - 1)))
    others = [one for one in more["items"] if one["number"] != int(number)]
    return {"items": [_line(database, rows[0]), *others], "next": more["next"]}


def _tokens(word: str) -> str:
    """A word as the index has it: `a-101` is two, one behind the other; accents are none of it."""
    plain = "".join(one if one.isalnum() else " " for one in word if not combining(one))
    return " ".join(plain.split())


def _found(database: Database, asked: TicketsAsked) -> Line:
    """Tickets in which all the words were said, in whatever was said last first."""
    words = [_tokens(word) for word in asked.q.split()]
    words = [one for one in words if one][:10]
    if not words:
        return {"items": [], "next": None}
    matched = " ".join(f'"{one}"' for one in words) + "*"
    below = int(asked.after[1:]) if asked.after[:1] == "q" and asked.after[1:].isdecimal() else 2**62
    where, values = _filters(asked)
    where += {"open": " AND tickets.open = 1", "closed": " AND tickets.open = 0", "all": ""}[asked.state]
    if asked.assigned:
        where += f" AND assigned IN ({', '.join('?' * len(asked.assigned))})"
        values = (*values, *asked.assigned)
    # Walked newest first, and no further than the page needs: FTS5 gives its places in that order without sorting, and
    # CROSS JOIN keeps them in it (SQLite, "Manual Control Of Query Plans Using CROSS JOIN").
    try:
        found = database.lines(
            "SELECT place, tickets.number FROM (SELECT rowid AS place FROM ticket_index WHERE ticket_index MATCH ? "  # noqa: S608
            "AND rowid < ? ORDER BY rowid DESC LIMIT ?) CROSS JOIN ticket_words ON ticket_words.id = place "
            f"CROSS JOIN tickets ON tickets.number = ticket_words.number WHERE there = 1{where} LIMIT ?",
            matched,
            below,
            LOOKED_THROUGH,
            *values,
            asked.limit * 10,
        )
    except sqlite3.OperationalError:
        raise NotThere from None
    numbers: dict[int, None] = {}
    last = 0
    for one in found:
        if one["number"] not in numbers and len(numbers) == asked.limit:
            break
        numbers[one["number"]], last = None, one["place"]
    all_used = not found or last == found[-1]["place"]
    query = f"SELECT {COLUMNS} FROM tickets WHERE number = ?"  # noqa: S608
    rows = [database.lines(query, number)[0] for number in numbers]
    items = [_line(database, row) for row in rows]
    if not all_used or len(found) == asked.limit * 10:
        return {"items": items, "next": f"q{last}"}
    return {"items": items, "next": _further(database, matched, below)}


def _further(database: Database, matched: str, below: int) -> str | None:
    """Where a search goes on behind all places that were looked at; None: nothing is left."""
    query = (
        "SELECT MIN(place) AS last, COUNT(*) AS count FROM (SELECT rowid AS place FROM ticket_index "
        "WHERE ticket_index MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?)"
    )
    looked = database.lines(query, matched, below, LOOKED_THROUGH)[0]
    return f"q{looked['last']}" if looked["count"] == LOOKED_THROUGH else None


def _line(database: Database, row: Line) -> Line:
    title = database.lines(
        "SELECT value FROM ticket_words WHERE number = ? AND name = 'title'", row["number"]
    )
    rank = row.pop("rank")
    return {
        "id": f"{database.book.campus.id}-{row['number']}",
        **row,
        "open": bool(row["open"]),
        "conflict": bool(row["conflict"]),
        "weight": WEIGHTS[rank] if rank < len(WEIGHTS) else "safety",
        "title": title[0]["value"] if title else "",
        "untrusted": row["key"].startswith(UNTRUSTED),
    }


def ticket(database: Database, asked: TicketAsked, _now: Now) -> Line:
    """One ticket with all that was said and done, the newest first. Raises NotThere."""
    rows = database.lines(
        f"SELECT {COLUMNS} FROM tickets WHERE number = ? AND there = 1",  # noqa: S608
        asked.number,
    )
    if not rows:
        raise NotThere
    told = _line(database, rows[0])
    words = database.lines(
        "SELECT name, value, epoch, seq FROM ticket_words WHERE number = ? ORDER BY id", asked.number
    )
    now = {one["name"]: one["value"] for one in words}
    told |= {"text": now.get("text", ""), "room": now.get("room", ""), "reported_by": now.get("reporter", "")}
    said: dict[tuple[str, int], list[Line]] = {}
    for one in words:
        name = one["name"].removeprefix(BEATEN)
        said.setdefault((one["epoch"], one["seq"]), []).append({"name": name, "value": one["value"]})
    changes = database.lines(
        "SELECT at, actor, kind, data, epoch, seq FROM changes WHERE owner = 'ticket' AND id = ? "
        "ORDER BY min(at) OVER (PARTITION BY epoch) DESC, seq DESC LIMIT 200",
        str(asked.number),
    )
    told["history"] = [
        {
            "at": one["at"],
            "actor": one["actor"],
            "kind": one["kind"],
            "data": msgspec.json.decode(one["data"]),
            "words": said.get((one["epoch"], one["seq"]), []),
        }
        for one in changes
    ]
    shown = [one["value"] for one in words if one["name"] == "photo"]
    told["photos"] = [one for one in shown if (database.directory / photos.FOLDER / one).exists()]
    told["photos_away"] = [one for one in shown if one not in told["photos"]]
    told["reports"] = _reports(database, told["asset"]) if told["untrusted"] else []
    known = database.book.ticket(asked.number)
    told["due"] = "" if known is None else known.field("due")
    if known is not None:
        told |= _ageing(database, known, asked.now_us)
    told["versions"] = merge_queries.versions(database, asked.number)
    asset = database.book.assets.get(AssetId(told["asset"]))
    told["supported_until"] = "" if asset is None else asset.fields.get("supported_until", "")
    return told


def _reports(database: Database, asset: str) -> list[Line]:
    """What was reported of a thing without a sign-in, the newest first; its words are nobody's whom we know."""
    found = database.lines(
        "SELECT number, at, outcome FROM faults WHERE asset = ? ORDER BY number DESC LIMIT 20", asset
    )
    return [{"text": "", "name": "", **one, **database.words("fault", str(one["number"]))} for one in found]


def _ageing(database: Database, known: Ticket, now_us: int) -> Line:
    """How old it is, what it came to, and what comes next by itself."""
    book = database.book
    rests = list(rests_of(book, known))
    age_us = known.age_us(now_us, rests)
    things = things_of(book, known.field("asset"))
    left = [one for one in book.campus.tickets.steps if one.id not in known.steps]
    following: Step | None = min(
        (one for one in left if meant(one, known, things) and any(effect(one, known))),
        key=lambda one: one.after_us,
        default=None,
    )
    resting = [until for begin, until in rests if begin <= now_us < until]
    return {
        "age_us": age_us,
        "clock_was_ahead": known.ahead,
        "steps": list(known.steps),
        "resting_until_us": max(resting, default=0),
        "next_step": None if following is None or known.closed else following.id,
        "next_does": {} if following is None else _does(following, known),
        "next_step_in_us": None if following is None else max(0, following.after_us - age_us),
    }


def _does(step: Step, known: Ticket) -> Line:
    said = dict(zip(("weight", "assigned", "flag"), effect(step, known), strict=True))
    return {name: value for name, value in said.items() if value}


def needed(database: Database, _asked: Nothing, _now: Now) -> Line:
    """Since when the journal tells of what is not done: open tickets, reports that wait, weeks of sweeps that nobody signed."""
    found = database.lines(
        "SELECT MIN(c.at) AS at FROM tickets t JOIN changes c ON c.owner = 'ticket' AND c.id = CAST(t.number AS TEXT) "
        "WHERE t.open = 1 UNION ALL SELECT MIN(at) FROM faults WHERE outcome = 'waits'"
    )
    times = [microseconds(one["at"]) for one in found if one["at"]]
    times += [one.until_us for one in database.book.sweeps.values() if one.unsigned]
    return {"since_us": min(times, default=None)}


def judged(database: Database, asked: Judged, _now: Now) -> list[Line]:
    """Of an import's lines, those that may not be, by place."""
    found: list[Line] = []
    for place, said in enumerate(asked.lines):
        try:
            judge(database.book, said)
        except Refused as err:
            found.append({"place": place, "code": err.code, "args": dict(err.said)})
    return found


def whole(database: Database, asked: WholeAsked, _now: Now) -> list[Line]:
    """Tickets by their numbers, with what they are in words: for an export."""
    rows = database.lines(
        f"SELECT {COLUMNS} FROM tickets WHERE there = 1 AND number > ? ORDER BY number LIMIT ?",  # noqa: S608
        asked.after,
        asked.limit,
    )
    if not rows:
        return []
    words = database.lines(
        "SELECT number, name, value FROM ticket_words WHERE number BETWEEN ? AND ? "
        "AND name IN ('title', 'text', 'room', 'reporter', 'photo') ORDER BY id",
        rows[0]["number"],
        rows[-1]["number"],
    )
    said: dict[int, Line] = {}
    for one in words:
        of = said.setdefault(one["number"], {})
        if one["name"] == "photo":
            of["photos"] = [*of.get("photos", []), one["value"]]
        else:
            of[one["name"]] = one["value"]
    return [
        {**_line(database, row), "text": "", "room": "", "photos": [], "reported_by": now.get("reporter", "")}
        | now
        for row in rows
        for now in [said.get(row["number"], {})]
    ]


def take_photo(database: Database, asked: PhotoAsked, _now: Now) -> Line:
    """Have a photo that was sent looked at and kept: `sha256`, or why not in `code`."""
    try:
        digest, size = photos.take(database.directory, asked.name)
    except photos.NoPhoto as err:
        return {"sha256": "", "size": 0, "code": err.code}
    except OSError:
        return {"sha256": "", "size": 0, "code": "photo_not_kept"}
    return {"sha256": digest, "size": size, "code": ""}


def photo(database: Database, asked: KeptAsked, _now: Now) -> Line:
    """A photo that a ticket shows: its size and media type. Raises NotThere."""
    known = database.lines(
        "SELECT 1 FROM ticket_words WHERE number = ? AND name = 'photo' AND value = ?",
        asked.number,
        asked.sha256,
    )
    if not known:
        raise NotThere
    return kept_photo(database.directory, asked.sha256)


def kept_photo(store: Path, sha256: str) -> Line:
    """Size and media type of a photo that is kept. Raises NotThere."""
    place = store / photos.FOLDER / sha256
    try:
        with place.open("rb") as file:
            kind = photos.kind_of(file.read(16))
        return {"size": place.stat().st_size, "kind": kind}
    except OSError:
        raise NotThere from None


def upkeeps(database: Database, asked: Nothing, _now: Now) -> list[Line]:
    """What is put to rest, or will be, and is not over."""
    reasons = database.lines("SELECT id, value FROM texts WHERE owner = 'upkeep' AND name = 'reason'")
    why = {one["id"]: one["value"] for one in reasons}
    return [
        {
            "number": number,
            "what": one.what,
            "of": one.of,
            "subject": one.subject,
            "owner": one.owner,
            "from_us": one.from_us,
            "until_us": one.until_us,
            "reason": why.get(str(number), ""),
        }
        for number, one in sorted(database.book.upkeeps.items())
        if not one.ended_us
    ]


def desk(database: Database, asked: Nothing, _now: Now) -> Line:
    """What a form of a ticket offers, and how many wait."""
    pack = database.book.campus.tickets
    found = database.lines(
        "SELECT rank, COUNT(*) AS count FROM tickets WHERE there = 1 AND open = 1 GROUP BY rank"
    )
    count = {one["rank"]: one["count"] for one in found}
    return {
        "version": pack.version,
        "sha256": pack.sha256,
        "categories": {
            name: {"desk": one.desk, "weight": one.weight} for name, one in pack.categories.items()
        },
        "templates": {
            name: {"title": one.title, "category": one.category, "text": one.text}
            for name, one in pack.templates.items()
        },
        "steps": [{"id": one.id, "after_us": one.after_us, "flag": one.flag} for one in pack.steps],
        "open": {weight: count.get(rank, 0) for rank, weight in enumerate(WEIGHTS)},
        "snooze_us": pack.snooze_us,
        "maintenance_us": pack.maintenance_us,
    }


QUERIES: Final[Mapping[str, tuple[type[Any], Callable[..., Any]]]] = {
    "tickets": (TicketsAsked, tickets),
    "ticket": (TicketAsked, ticket),
    "tickets.whole": (WholeAsked, whole),
    "tickets.judged": (Judged, judged),
    "ticket.operations": (merge_queries.OperationsAsked, merge_queries.operations_of),
    "tickets.desk": (Nothing, desk),
    "tickets.take_photo": (PhotoAsked, take_photo),
    "tickets.photo": (KeptAsked, photo),
    "upkeeps": (Nothing, upkeeps),
    "needed": (Nothing, needed),
}
