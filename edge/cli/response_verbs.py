"""The verbs that start, change and end responses, and that judge what detectors report and the school says."""

import argparse
from collections.abc import Callable
from typing import Any, Final, get_args

from rules.model.responses import Response

Parser = argparse.ArgumentParser
KINDS: Final = ("real", "drill", "exercise")


def responding(verbs: Any, verb: Callable[..., Parser], said: Callable[[str], str]) -> None:
    """Add them. verb: makes one that talks to the daemon; said: takes a reason that is one."""
    made = verb(verbs, "start", "asking:start", "start a response; no code is asked for", json=True)
    _what(made, KINDS)
    made.add_argument("--reason", default="")

    made = verb(
        verbs, "change", "asking:change", "put a less grave response in the place of what holds", json=True
    )
    _what(made, KINDS[:2])
    made.add_argument("--reason", type=said, required=True)

    made = verb(verbs, "close", "asking:close", "close what is live; doors stay as they are", json=True)
    made.add_argument("--reason", default="")
    made.add_argument("--incident", metavar="ID", help="this one only; default: all that are live")
    made.add_argument(
        "--user", default="", metavar="NAME", help="who ends it, where its plan asks; gives a code"
    )
    made.add_argument(
        "--code-file", dest="secret", metavar="FILE", help="their code, first line; - is standard input"
    )
    made.add_argument("--second", default="", metavar="NAME", help="the other named person, likewise")
    made.add_argument("--second-code-file", dest="second_secret", metavar="FILE", help="that person's code")

    verb(verbs, "detections", "detections:listing", "what detectors report and waits for a person", json=True)
    top: Parser = verbs.add_parser(
        "detection", help="say that a report is real, or nothing", description="One report of a detector."
    )
    of: Any = top.add_subparsers(metavar="VERB", required=True)
    made = verb(of, "confirm", "detections:confirm", "it is real: starts its response, at once", json=True)
    made.add_argument("number", metavar="N", type=int, help="as `status` and `detections` show it")
    made.add_argument("--reason", default="")
    made = verb(of, "dismiss", "detections:dismiss", "it was nothing; needs a reason", json=True)
    made.add_argument("number", metavar="N", type=int, help="as `status` and `detections` show it")
    made.add_argument("--reason", type=said, required=True)

    verb(
        verbs, "statements", "statements:listing", "words for families and media, for the district", json=True
    )
    top = verbs.add_parser(
        "statement", help="approve words for families or media, or decline them", description="One text."
    )
    of = top.add_subparsers(metavar="VERB", required=True)
    made = verb(
        of, "approve", "statements:approve", "the district may send them; this box never does", json=True
    )
    _whose_words(made)
    made.add_argument("--reason", default="")
    made = verb(
        of, "decline", "statements:decline", "not for the district to send; needs a reason", json=True
    )
    _whose_words(made)
    made.add_argument("--reason", type=said, required=True)


def _whose_words(made: Parser) -> None:
    made.add_argument("number", metavar="N", type=int, help="as `statements` shows it")
    made.add_argument("--user", required=True, metavar="NAME", help="who answers for it; asked for a code")
    made.add_argument(
        "--code-file", dest="secret", metavar="FILE", help="their code, first line; - is standard input"
    )


def _what(made: Parser, kinds: tuple[str, ...]) -> None:
    made.add_argument("response", metavar="RESPONSE", choices=get_args(Response), help="lockdown, secure, …")
    group = made.add_mutually_exclusive_group(required=True)
    for kind in kinds:
        group.add_argument(f"--{kind}", dest="kind", action="store_const", const=kind)
    made.add_argument(
        "--zone", dest="zones", action="append", metavar="ZONE", help="may be repeated; default: the campus"
    )
