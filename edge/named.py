"""What people call an actor, and whom a name means: an account's, else a name without one."""

from typing import Final

from edge.people.book import Book
from rules.model.ids import Actor

COMMAND_LINE: Final = "command line"
"""Who is root or the daemon's own user, and has no account: whoever sat there."""


def called(book: Book, actor: str) -> str:
    """A name to show; `""` for nobody, and for what was erased its opaque id."""
    account, token = book.accounts.get(actor), book.tokens.get(actor)
    if account is not None:
        return account.name
    if token is not None:
        return token.name
    return COMMAND_LINE if actor.startswith("socket:") else str(actor)


def whose(book: Book, name: str) -> tuple[Actor, str]:
    """(actor, `""`) of the one account of this name, else (`""`, the name as written): police have no account here."""
    line = " ".join(name.split())
    found = [
        one.id
        for one in book.accounts.values()
        if one.name.casefold() == line.casefold() and not one.disabled
    ]
    return (Actor(found[0]), "") if len(found) == 1 else (Actor(""), line)
