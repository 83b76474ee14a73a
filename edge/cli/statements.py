"""`statements`, `statement approve` and `decline`: words for families and media, judged by a named person with their code."""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any, Final

from edge.cli import USAGE
from edge.cli.doing import do, read
from edge.cli.out import clock, complain, plain
from edge.cli.secret import NoSecret, secret
from edge.statement_words import TO

Document = Mapping[str, Any]
NOT_RECORDED: Final = "It is done and NOT yet recorded: the disk takes nothing. See `campus-edge status`."
HOW: Final = (
    "campus-edge statement approve NUMBER --user NAME, or statement decline NUMBER --user NAME --reason …"
)


def listing(args: argparse.Namespace) -> int:
    """What is kept, whole: it is read before it is judged."""
    return read(args, {"do": "statements"}, _lines)


def approve(args: argparse.Namespace) -> int:
    """They are for the district to send."""
    return _answer(
        args,
        "approved",
        f"Words {args.number} are approved: queued for the district. This box sends nothing.",
    )


def decline(args: argparse.Namespace) -> int:
    """They are not."""
    return _answer(args, "declined", f"Words {args.number} are declined. It is in the record.")


def _answer(args: argparse.Namespace, answer: str, done: str) -> int:
    try:
        code = secret(args.secret, f"Code of {plain(args.user)}: ")
    except NoSecret as err:
        complain(f"{err}. Nothing was changed.")
        return USAGE
    request = {
        "do": "statement", "number": args.number, "answer": answer, "reason": args.reason, "user": args.user, "code": code
    }  # fmt: skip
    return do(args, request, lambda reply: [done], not_durable=NOT_RECORDED)


def _lines(data: Document) -> Iterator[str]:
    items = data["items"]
    if not items:
        yield "No words for families or media are kept."
        return
    if any(one["state"] == "waiting" for one in items):
        yield f"NOT APPROVED: {HOW}"
    if not data["district"]:
        yield "No district is configured: nobody fetches them. This box sends none."
    for one in items:
        what = "all clear" if one["response"] is None else one["response"]
        yield ""
        yield plain(
            f"{one['number']}  {one['kind'].upper()}: {TO[one['to']]}, {what} in {one['zone']}, {clock(one['at'])}"
        )
        yield plain(f"    {one['text'] or 'The words were erased.'}")
        yield plain(f"    {one['owner_words']}: {one['owner_name'] or 'nobody yet'}")
        by = f", by {one['by']}, {clock(one['since'])}" if one["by"] else ""
        reason = f": {one['reason']}" if one["reason"] else ""
        yield plain(f"    {one['words']}{by}{reason}")
