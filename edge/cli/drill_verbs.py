"""The verbs of `drill` and their arguments."""

import argparse
from collections.abc import Callable
from typing import Any, Final

Parser = argparse.ArgumentParser
FAILURE: Final = "door:a-101, output:strobe-a or button:pb-101 counts as failed; nothing is touched"


def drilling(verbs: Any, verb: Callable[..., Parser]) -> None:
    """Add them. verb: makes one that talks to the daemon."""
    top: Parser = verbs.add_parser(
        "drill", help="drills: due, planned, begun, recorded", description="Drills."
    )
    of: Any = top.add_subparsers(metavar="VERB", required=True)
    verb(of, "list", "drills:listing", "every drill, the newest first", json=True)
    verb(of, "due", "drills:due", "what the chosen law asks for: done, due, overdue", json=True)
    verb(of, "show", "drills:show", "the record of one that is over", json=True).add_argument(
        "drill", metavar="ID"
    )

    made = _asks(verb, of, "plan", "plan one; it never starts by itself")
    _what(made, "date", "time", "announced", "note")
    made.add_argument("--date", required=True, metavar="YYYY-MM-DD")
    made.add_argument("--time", required=True, metavar="HH:MM")
    made.add_argument("--unannounced", dest="announced", action="store_false", default=None)
    made.add_argument("--note")

    made = _asks(verb, of, "begin", "begin one that nobody planned, now")
    _what(made, "minutes", "waits")
    _enrolled(made)

    made = _asks(verb, of, "start", "start a planned one, now", "drill")
    made.set_defaults(fields=("minutes", "waits"))
    _enrolled(made)

    for name, text in (("end", "end the one under way"), ("cancel", "cancel a planned one")):
        made = _asks(verb, of, name, text, "drill")
        made.set_defaults(fields=("reason",))
        made.add_argument("--reason")

    made = _asks(verb, of, "notice", "record that somebody was told of a planned one", "drill", "whom")
    made.set_defaults(fields=("whom", "how"))
    made.add_argument("--how", required=True)

    made = _asks(verb, of, "log", "log one that this box had no part in", "type")
    made.set_defaults(fields=("type", "date", "time", "note"))
    made.add_argument("--date", required=True, metavar="YYYY-MM-DD")
    made.add_argument("--time", required=True, metavar="HH:MM")
    made.add_argument("--note", required=True, help="who says so, and how it went")

    made = _asks(verb, of, "field", "fill in a field of its record", "drill", "field", "text")
    made.set_defaults(fields=("field", "text"))

    made = _asks(verb, of, "finding", "close a finding with a ticket or a change of the plan", "drill")
    made.set_defaults(fields=("ticket", "change"))
    made.add_argument("finding", metavar="NUMBER", type=int)
    how = made.add_mutually_exclusive_group(required=True)
    how.add_argument("--ticket", metavar="N")
    how.add_argument("--change", metavar="WORDS", help="how the plan is changed")


def _asks(verb: Callable[..., Parser], of: Any, name: str, text: str, *words: str) -> Parser:
    made = verb(of, name, "drills:asking", text, json=True)
    made.set_defaults(about=name)
    for one in words:
        made.add_argument(one, metavar="ID" if one == "drill" else one.upper())
    return made


def _what(made: Parser, *more: str) -> None:
    made.set_defaults(fields=("type", "kind", "response", "zones", "buttons", "failures", *more))
    made.add_argument("type", metavar="TYPE", help="of rules/packs/drills.yaml: lockdown, fire, tornado, ...")
    made.add_argument(
        "--zone", dest="zones", action="append", required=True, metavar="ZONE", help="may be repeated"
    )
    made.add_argument(
        "--button", dest="buttons", action="append", metavar="BUTTON", help="enrolled; may be repeated"
    )
    made.add_argument("--fails", dest="failures", action="append", metavar="WHAT:ID", help=FAILURE)
    made.add_argument("--response", metavar="R", help="default: that of the type")
    made.add_argument(
        "--exercise", dest="kind", action="store_const", const="exercise", help="screens and record only"
    )


def _enrolled(made: Parser) -> None:
    made.add_argument(
        "--minutes", type=int, metavar="N", help="enrolled buttons are real again then; default 30"
    )
    made.add_argument("--waits", action="store_true", default=None, help="the first enrolled press opens it")
