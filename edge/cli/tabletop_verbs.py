"""The verbs of `tabletop` and their arguments."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rules.model.post_facts import INCIDENT_ROLES

Parser = argparse.ArgumentParser


def tabletop(verbs: Any, verb: Callable[..., Parser]) -> None:
    """Add them. verb: makes one that talks to the daemon."""
    top: Parser = verbs.add_parser(
        "tabletop",
        help="replay a past or written incident at a table; nothing is live",
        description="Tabletops.",
    )
    of: Any = top.add_subparsers(metavar="VERB", required=True)
    verb(of, "list", "tabletop:listing", "those under way and over, and written incidents", json=True)
    _of(verb(of, "show", "tabletop:show", "what one shows at its moment", json=True))

    made = verb(of, "add", "tabletop:add", "check and keep a written incident (YAML)", json=True)
    made.add_argument("path", metavar="PATH", type=Path)
    made.add_argument("--name", metavar="NAME", help="default: the file's")

    made = _asks(
        verb, of, "start", "begin one; it stands still at its first moment", "source", "of", "minutes"
    )
    what = made.add_mutually_exclusive_group(required=True)
    what.add_argument("--incident", metavar="ID", help="one of this campus that is over")
    what.add_argument("--scenario", metavar="NAME", help="a written one; `tabletop list` shows them")
    made.add_argument("--minutes", type=int, metavar="N", help="it ends by itself then; default 120")

    for name, text in (("pause", "stand still"), ("step", "on to the next moment at which anything happens")):
        _of(_clock(verb, of, name, text))
    made = _of(_clock(verb, of, "play", "on to the next question, or its end", "speed"))
    made.add_argument("--speed", type=int, choices=(1, 5, 20), default=1)
    made = _of(_clock(verb, of, "seek", "stand still at a time", "at_ms"))
    made.add_argument("at_ms", metavar="M:SS", type=_ms)

    made = _of(_asks(verb, of, "join", "somebody sits at the table", "name", "role"))
    made.add_argument("name", metavar="NAME")
    _role(made)
    made = _of(_asks(verb, of, "decide", "what the table decided", "text", "inject", "role"))
    made.add_argument("text", metavar="TEXT")
    made.add_argument("--inject", type=int, metavar="N", help="the question it answers")
    _role(made)
    made = _of(_asks(verb, of, "find", "what would not have gone as it should", "text"))
    made.add_argument("text", metavar="TEXT")
    _of(_asks(verb, of, "end", "end it; its record is `drill show`", "reason")).add_argument("--reason")


def _asks(verb: Callable[..., Parser], of: Any, name: str, text: str, *fields: str) -> Parser:
    made = verb(of, name, "tabletop:asking", text, json=True)
    made.set_defaults(about=name, fields=fields)
    return made


def _clock(verb: Callable[..., Parser], of: Any, name: str, text: str, *fields: str) -> Parser:
    made = verb(of, name, "tabletop:asking", text, json=True)
    made.set_defaults(about="clock", do=name, fields=("do", *fields))
    return made


def _of(made: Parser) -> Parser:
    made.add_argument("tabletop", metavar="ID")
    return made


def _role(made: Parser) -> None:
    made.add_argument("--role", choices=INCIDENT_ROLES, help="default: the whole table")


def _ms(text: str) -> int:
    parts = text.split(":")
    if len(parts) > 3 or not all(one.isascii() and one.isdigit() for one in parts):
        raise argparse.ArgumentTypeError("a time is minutes and seconds, such as 4:30")
    seconds = 0
    for one in parts:
        seconds = seconds * 60 + int(one)
    return seconds * 1_000
