"""What persons ask about tickets: open, change, note, import. Whoever may is not asked here."""

from collections.abc import Iterator, Mapping
from typing import Final

from rules.book.book import Book
from rules.book.decision import Now, Refused
from rules.book.numbering import NAME
from rules.book.ticket import Ticket
from rules.book.ticket_fields import FIELDS, NEXT, WEIGHTS, words_hold
from rules.book.ticket_things import weight_of, zone_of_ticket
from rules.model.asset_facts import Pairs
from rules.model.facts import Because, Entry
from rules.model.ids import Actor, AssetId, ZoneId
from rules.model.ticket_asks import ChangeTicket, ImportTickets, NoteTicket, OpenTicket
from rules.model.ticket_facts import TicketBatchTurned, TicketChanged, TicketNoted, TicketOpened

MOST_LINES: Final = 40
MOST_ROWS: Final = 200_000
MOST_MINUTES: Final = 24 * 60
MOST_PARTS: Final = 50
MOST_PHOTOS: Final = 10
BY_BOOK: Final = frozenset({"before"})
"""Fields that only rules write."""
ASKED: Final = Because("asked")


def subject_of(number: int) -> str:
    """The subject of entries about a ticket."""
    return f"ticket-{number}"


def open_ticket(book: Book, asked: OpenTicket, actor: Actor) -> Iterator[Entry]:
    """A new one. Raises Refused."""
    said = dict(asked.said)
    if len(said) != len(asked.said):
        raise Refused("said_twice")
    if asked.template:
        template = book.campus.tickets.templates.get(asked.template)
        if template is None:
            raise Refused("unknown_template", ("template", asked.template[:64]))
        begun = {"title": template.title, "category": template.category, "weight": template.weight}
        said = {**{name: value for name, value in begun.items() if value}, **said}
    number = book.numbers.get(NAME, 0) + 1
    yield _opened(book, number, tuple(said.items()), actor)


def judge(book: Book, said: Pairs) -> dict[str, str]:
    """What a new ticket holds, if it may be said. Raises Refused with the first thing that may not."""
    checked = _checked(book, said, new=True)
    for name in ("title", "category"):
        if not checked.get(name):
            raise Refused("not_said", ("field", name))
    return checked


def change_ticket(book: Book, asked: ChangeTicket, actor: Actor) -> Iterator[Entry]:
    """Say what is another. Raises Refused."""
    known = _known(book, asked.ticket)
    said = _checked(book, asked.said, new=False)
    _words(asked.why, "why")
    state = said.get("state", known.state)
    if state != known.state and state not in NEXT[known.state]:
        raise Refused("no_such_turn", ("from", known.state), ("to", state))
    fields = {**known.fields, **{name: value for name, value in said.items() if _open(name)}}
    weight = weight_of(book, fields)
    if state == "closed" != known.state and WEIGHTS[0] in (weight, known.field("weight")) and not asked.why:
        raise Refused("why_needed", ("ticket", known.number))
    if {"weight", "asset", "category"} & set(said):
        said["weight"] = weight
    had = {**known.fields, "state": known.state}
    # Of a conflict also the state that it has is said anew: by that a person settles it.
    settled = {"state"} if known.conflict else set()
    new = {
        name: value
        for name, value in said.items()
        if not _open(name) or had.get(name, "") != value or name in settled
    }
    if not new:
        return
    fact = TicketChanged(known.number, "", _of(new, "field"), _of(new, "text"), _of(new, "person"), asked.why)
    yield Entry(fact, subject_of(known.number), actor, because=ASKED)


def note_ticket(book: Book, asked: NoteTicket, actor: Actor) -> Iterator[Entry]:
    """Say or show something. Raises Refused."""
    known = _known(book, asked.ticket)
    _words(asked.text, "text")
    if not 0 <= asked.minutes <= MOST_MINUTES:
        raise Refused("bad_minutes_spent", ("most", MOST_MINUTES))
    if len(asked.parts) > MOST_PARTS or not all(
        FIELDS["title"].holds(name) and FIELDS["before"].holds(count) for name, count in asked.parts
    ):
        raise Refused("bad_parts")
    if len(asked.photos) > MOST_PHOTOS or not all(map(is_sha256, asked.photos)):
        raise Refused("bad_photos")
    if not (asked.text or asked.minutes or asked.parts or asked.photos):
        raise Refused("nothing_noted")
    fact = TicketNoted(known.number, "note", "", asked.minutes, asked.text, asked.parts, asked.photos)
    yield Entry(fact, subject_of(known.number), actor, because=ASKED)


def import_tickets(book: Book, asked: ImportTickets, actor: Actor, now: Now) -> Iterator[Entry]:
    """A piece of an import: all of its lines or none. Raises Refused."""
    if not asked.batch:
        if not 0 < asked.rows <= MOST_ROWS or not is_sha256(asked.sha256):
            raise Refused("bad_import", ("most", MOST_ROWS))
        taken = (one for one in book.ticket_batches.values() if one.state == "taken")
        if any(one.sha256 == asked.sha256 for one in taken):
            raise Refused("imported_before")
        number = book.numbers.get("ticket_batch", 0) + 1
        yield _turned(number, "begun", asked.rows, asked.sha256, actor)
        return
    batch = book.ticket_batches.get(asked.batch)
    if batch is None or batch.state != "begun":
        raise Refused("unknown_import", ("batch", asked.batch))
    if len(asked.lines) > MOST_LINES:
        raise Refused("bad_import", ("most", MOST_LINES))
    last = book.numbers.get(NAME, 0)
    for place, (opened_us, said) in enumerate(asked.lines):
        if not 0 <= opened_us <= now.utc_us:
            raise Refused("bad_value", ("field", "opened"), ("form", "date"), ("value", ""))
        yield _opened(book, last + place + 1, said, actor, asked.batch, opened_us)
    if asked.end:
        yield _turned(asked.batch, asked.end, batch.rows, batch.sha256, actor)


def is_sha256(value: str) -> bool:
    """Whether it is one, in lower-case hex."""
    return len(value) == 64 and all(one in "0123456789abcdef" for one in value)


def _opened(book: Book, number: int, pairs: Pairs, actor: Actor, batch: int = 0, opened_us: int = 0) -> Entry:
    said = judge(book, pairs)
    said["weight"] = weight_of(book, said)
    zone = zone_of_ticket(book, said)
    if zone:
        said["zone"] = zone
    if said.get("state") == "open":
        del said["state"]
    fact = TicketOpened(
        number, batch, "", "", 0, "", opened_us, _of(said, "field"), _of(said, "text"), _of(said, "person")
    )
    return Entry(fact, subject_of(number), actor, because=ASKED)


def _turned(batch: int, state: str, rows: int, sha256: str, actor: Actor) -> Entry:
    fact = TicketBatchTurned(batch, state, rows, sha256)  # type: ignore[arg-type]
    return Entry(fact, f"ticket-batch-{batch}", actor, because=ASKED)


def _known(book: Book, number: int) -> Ticket:
    found = book.ticket(number)
    if found is None:
        raise Refused("unknown_ticket", ("ticket", number))
    return found


def _checked(book: Book, pairs: Pairs, *, new: bool) -> dict[str, str]:
    said = dict(pairs)
    if len(said) != len(pairs):
        raise Refused("said_twice")
    for name, value in said.items():
        known = FIELDS.get(name)
        if known is None or name in BY_BOOK:
            raise Refused("unknown_field", ("field", name[:64]))
        if value and not known.holds(value):
            if name == "category":
                raise no_category(book, value)
            raise no_value(name, known.form, value)
        if not value and name in ("state", "category", "title"):
            raise Refused("not_said", ("field", name))
    check_places(book, said)
    return {name: value for name, value in said.items() if value} if new else said


def check_places(book: Book, said: Mapping[str, str]) -> None:
    """Raises Refused for a category, zone or asset that there is not."""
    category, zone, asset = (said.get(name, "") for name in ("category", "zone", "asset"))
    if category and category not in book.campus.tickets.categories:
        raise no_category(book, category)
    if zone and ZoneId(zone) not in book.campus.zones:
        raise Refused("unknown_zone", ("zone", zone))
    if asset and AssetId(asset) not in book.assets and AssetId(asset) not in book.campus.devices:
        raise Refused("unknown_asset", ("asset", asset))


def no_category(book: Book, category: str) -> Refused:
    """Why there is none, with those that there are."""
    known = ", ".join(book.campus.tickets.categories)
    return Refused("unknown_category", ("category", category[:64]), ("known", known))


def no_value(name: str, form: str, value: str) -> Refused:
    """Why a field does not hold a value."""
    if name == "due":
        return Refused("no_such_day", ("value", value[:64]))
    return Refused("bad_value", ("field", name), ("form", form), ("value", value[:64]))


def _words(text: str, field: str) -> None:
    if text and not words_hold(text):
        raise Refused("bad_value", ("field", field), ("form", "words"), ("value", text[:64]))


def _open(name: str) -> bool:
    return FIELDS[name].where == "field"


def _of(said: Mapping[str, str], where: str) -> Pairs:
    return tuple(sorted((name, value) for name, value in said.items() if FIELDS[name].where == where))
