"""Loads `rules/packs/escalation.yaml`, and puts what a site's policies say in place of its lengths of time, by id."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import rules
from edge.config.forms import Wrong, duration_us
from edge.config.pack_tables import BrokenPack
from edge.config.yaml12 import compose, plain_of
from rules.book.kinds import OF_TICKETS
from rules.book.ticket import MOST_TIMES
from rules.book.ticket_fields import FIELDS, WEIGHTS
from rules.book.ticket_pack import Category, Opening, Step, Template, TicketPack
from rules.flag_table import FlagTable

FILE: Final = Path(rules.__file__).parent / "packs" / "escalation.yaml"
_Row = Mapping[str, Any]


_OF_CODES: Final[Mapping[str, str]] = {
    "asset": "other",
    "battery": "button",
    "broker": "network",
    "bundle": "software",
    "button": "button",
    "camera": "camera",
    "coil": "lock",
    "device": "network",
    "door": "door",
    "embedded": "network",
    "evidence": "camera",
    "fire": "fire",
    "firmware": "software",
    "free": "lock",
    "lock": "lock",
    "modbus": "network",
    "mqtt": "network",
    "nc": "lock",
    "network": "network",
    "presses": "network",
    "reports": "network",
    "status": "network",
    "supervision": "button",
    "unlisted": "network",
    "unsupervised": "button",
    "would": "lock",
}
"""The category of a flag that the pack does not name, by the first word of its code; else its thing's, or the computer's.

`lock` and `door` are what `lock_ticket_old` looks for: a door that would not lock is no matter of a computer.
"""


@cache
def shipped_tickets() -> TicketPack:
    """The pack of this version, with an opening for each flag that becomes a ticket. Raises `BrokenPack`."""
    from edge.config.pack_flags import read_flags

    flags = FILE.with_name("flags.yaml")
    return with_flags(read_tickets(FILE.read_bytes(), FILE.name), read_flags(flags.read_bytes(), flags.name))


def with_flags(pack: TicketPack, flags: FlagTable) -> TicketPack:
    """What flags.yaml says becomes a ticket does, also where escalation.yaml says nothing closer of it."""
    named = {one.flag for one in pack.opens} | OF_TICKETS
    more = (
        Opening(
            code.replace("_", "-"),
            code,
            row.ticket.after_us,
            _OF_CODES.get(code.partition("_")[0], "computer"),
            "safety" if row.safety else "normal",
            of_thing=code.partition("_")[0] not in _OF_CODES,
        )
        for code, row in sorted(flags.rows.items())
        if row.ticket is not None and code not in named
    )
    return _checked(replace(pack, opens=(*pack.opens, *more)))


def with_policies(pack: TicketPack, after: Mapping[str, int]) -> TicketPack:
    """The pack with other lengths of time, microseconds by id of a step or an opening; with a hash of both."""
    if not after:
        return pack
    said = "".join(f"{name} {after[name]}\n" for name in sorted(after))
    return replace(
        pack,
        sha256=hashlib.sha256(f"{pack.sha256}\n{said}".encode()).hexdigest(),
        steps=tuple(replace(one, after_us=after.get(one.id, one.after_us)) for one in pack.steps),
        opens=tuple(replace(one, after_us=after.get(one.id, one.after_us)) for one in pack.opens),
    )


def read_tickets(data: bytes, file: str) -> TicketPack:
    """The pack in `data`. Raises `BrokenPack` for what does not hold together."""
    root, problems = compose(data, file)
    if root is None or problems:
        raise BrokenPack("; ".join(one.text() for one in problems) or f"{file}: empty")
    try:
        return _checked(_pack(cast("_Row", plain_of(root)), hashlib.sha256(data).hexdigest()))
    except (AttributeError, KeyError, TypeError, ValueError, Wrong) as err:
        raise BrokenPack(f"{file}: {err!r}") from err


def _pack(said: _Row, digest: str) -> TicketPack:
    _known("", said, {"version", "categories", "opens", "flaps", "settled", "reopened_within", "still_standing",
                      "proposed_closes", "longest", "steps", "templates", "things"})  # fmt: skip
    return TicketPack(
        int(said["version"]),
        digest,
        {name: _category(name, row) for name, row in said["categories"].items()},
        tuple(map(_opening, said["opens"])),
        tuple(map(_step, said["steps"])),
        {name: _template(name, row) for name, row in said["templates"].items()},
        int(said["flaps"]["count"]),
        duration_us(said["flaps"]["within"]),
        duration_us(said["settled"]),
        duration_us(said["reopened_within"]),
        duration_us(said["still_standing"]),
        duration_us(said["proposed_closes"]),
        duration_us(said["longest"]["snooze"]),
        duration_us(said["longest"]["maintenance"]),
        dict(said["things"]),
    )


def _category(name: str, row: _Row) -> Category:
    _known(name, row, {"desk", "weight", "safety_on"})
    if row["desk"] not in ("it", "facilities"):
        raise ValueError(f"{name}: desk {row['desk']!r}")
    return Category(row["desk"], _weight(row["weight"]), tuple(row.get("safety_on", ())))


def _opening(row: _Row) -> Opening:
    _known(row["id"], row, {"id", "flag", "after", "category", "weight", "of_thing"})
    weight, of_thing = _weight(row["weight"]), row.get("of_thing", False)
    if not isinstance(of_thing, bool):
        raise ValueError(f"{row['id']}: of_thing {of_thing!r}")
    return Opening(row["id"], row["flag"], duration_us(row["after"]), row["category"], weight, of_thing)


def _step(row: _Row) -> Step:
    _known(row["id"], row, {"id", "category", "weights", "on", "after", "flag", "weight", "assign"})
    weight, assign = row.get("weight", ""), row.get("assign", "")
    if assign and not FIELDS["assigned"].holds(assign):
        raise ValueError(f"{row['id']}: assign {assign!r}")
    return Step(
        row["id"],
        duration_us(row["after"]),
        tuple(row.get("category", ())),
        tuple(map(_weight, row.get("weights", ()))),
        tuple(row.get("on", ())),
        row.get("flag", ""),
        _weight(weight) if weight else "",
        assign,
    )


def _template(name: str, row: _Row) -> Template:
    _known(name, row, {"title", "category", "text", "weight"})
    if not FIELDS["title"].holds(row["title"]) or not FIELDS["text"].holds(row.get("text", "-")):
        raise ValueError(f"{name}: title or text")
    return Template(row["title"], row["category"], row.get("text", ""), row.get("weight", ""))


def _checked(pack: TicketPack) -> TicketPack:
    """Raises ValueError."""
    categories = set(pack.categories)
    used = {one.category for one in pack.opens} | {one.category for one in pack.templates.values()}
    used |= {name for one in pack.steps for name in one.category} | set(pack.things.values())
    ids = [one.id for one in pack.opens] + [one.id for one in pack.steps]
    flags = [one.flag for one in pack.opens]
    unknown = {one.flag for one in pack.steps} - {"", *OF_TICKETS}
    if used - categories or unknown:
        raise ValueError(f"unknown: {sorted((used - categories) | unknown)}")
    if len(set(ids)) != len(ids) or len(set(flags)) != len(flags):
        raise ValueError("an id twice, or two openings of one flag")
    if not 2 <= pack.flaps <= MOST_TIMES:
        raise ValueError(f"flaps: 2 to {MOST_TIMES}")
    return pack


def _known(of: str, row: _Row, names: set[str]) -> None:
    if unknown := set(row) - names:
        raise ValueError(f"{of}: {sorted(unknown)} unknown")


def _weight(word: str) -> Any:
    if word not in WEIGHTS:
        raise ValueError(f"weight {word!r}")
    return word
