"""To whom a ticket may be given: a role, or somebody who is known here; what only looks like one would be nobody's."""

from dataclasses import replace
from typing import Final

import msgspec

from edge.operations import NotDone
from edge.people.book import Book
from rules.model.asset_facts import Pairs
from rules.model.book_asks import BookAsk
from rules.model.ids import Actor
from rules.model.ticket_asks import ChangeTicket, ImportTickets, OpenTicket
from rules.rights import ROLES

UNASSIGNED: Final = "comes_unassigned"
_ROLE: Final = "role:"


def to_somebody(asked: BookAsk, asking: Actor, people: Book) -> BookAsk:
    """The same, with an account's name as its id. Raises NotDone: nobody is called so.

    What comes from elsewhere is nobody's where nobody here is called so (`from_elsewhere` says which).
    """
    if isinstance(asked, ImportTickets):
        lines = tuple((opened_us, _known(said, asking, people)[0]) for opened_us, said in asked.lines)
        return replace(asked, lines=lines)
    if not isinstance(asked, OpenTicket | ChangeTicket) or "assigned" not in dict(asked.said):
        return asked
    said = tuple(
        (field, _actor(value, asking, people) if field == "assigned" else value)
        for field, value in asked.said
    )
    return replace(asked, said=said)


def from_elsewhere(lines: object, people: Book) -> tuple[object, list[dict[str, object]]]:
    """(lines of an import as they would come in, those that come in as nobody's, by place); others than lines as they are."""
    try:
        read = msgspec.convert(lines, list[tuple[tuple[str, str], ...]])
    except msgspec.ValidationError:
        return lines, []
    named = [_known(said, Actor(""), people) for said in read]
    told: list[dict[str, object]] = [
        {"place": place, "code": UNASSIGNED, "args": {"whom": whom[:64]}}
        for place, (_, whom) in enumerate(named)
        if whom
    ]
    return [said for said, _ in named], told


def _known(said: Pairs, asking: Actor, people: Book) -> tuple[Pairs, str]:
    """(what is said, as it comes in; to whom nobody can give it, `""` where somebody can)."""
    whom = dict(said).get("assigned", "")
    others = tuple(pair for pair in said if pair[0] != "assigned")
    try:
        return ((*others, ("assigned", _actor(whom, asking, people))) if whom else others), ""
    except NotDone:
        return others, whom


def _actor(whom: str, asking: Actor, people: Book) -> str:
    if whom in ("", asking) or (whom.startswith(_ROLE) and whom.removeprefix(_ROLE) in ROLES):
        return whom
    if whom in people.accounts or whom in people.tokens:
        return whom
    named = [
        one.id
        for one in people.accounts.values()
        if one.name.casefold() == whom.casefold() and not one.disabled
    ]
    if len(named) == 1:
        return named[0]
    raise NotDone("nobody_so_called", (("whom", whom[:64]),))
