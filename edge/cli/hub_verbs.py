"""The verb `hub`, its own verbs, and their arguments."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

Parser = argparse.ArgumentParser
DATABASE: Final = "CAMPUS_EDGE_HUB_DATABASE"
KEYS: Final = "CAMPUS_EDGE_HUB_KEYS"
DEFAULT_KEYS: Final = "/var/lib/campus-edge-hub"
DEFAULT_LISTEN: Final = "127.0.0.1:8470"
MOST_PROCESSES: Final = 64


def hub(verbs: Any, verb: Callable[..., Parser]) -> None:
    """Add it. verb: of `edge.cli.parser`."""
    top = verb(verbs, "hub", "hub:serve", "the district's receiver, on PostgreSQL", config=False)
    _where(top, given=True)
    top.add_argument(
        "--listen",
        type=_place,
        metavar="HOST:PORT",
        default=DEFAULT_LISTEN,
        help=f"default: {DEFAULT_LISTEN}",
    )
    top.add_argument(
        "--processes", type=_processes, metavar="N", default=1, help="that share the port; default 1"
    )
    top.add_argument("--certificate", type=Path, metavar="FILE", help="PEM; plain HTTP is for loopback alone")
    top.add_argument("--key", type=Path, metavar="FILE", help="its private key, where that is another file")
    top.add_argument(
        "--client-ca", type=Path, metavar="FILE", help="who certifies campuses that show a certificate"
    )
    of: Any = top.add_subparsers(metavar="VERB", required=False)

    made = _verb(verb, of, "enrol", "let a campus in: print its token once, or note its certificate")
    made.add_argument("campus", metavar="CAMPUS")
    made.add_argument("--name", default="", help="as people call it")
    made.add_argument(
        "--checkpoint-key",
        type=Path,
        metavar="FILE",
        help="public key of its checkpoints; else the first that comes",
    )
    made.add_argument(
        "--certificate", type=Path, metavar="FILE", help="PEM: its key speaks for the campus, no token"
    )
    made.add_argument(
        "--days", type=_days, default=400, metavar="N", help="how long the token lives; default 400"
    )
    made.add_argument(
        "--out", type=Path, metavar="FILE", help="write the token there (0600), and do not print it"
    )

    made = _verb(verb, of, "revoke", "end every token and certificate of a campus; its record stays")
    made.add_argument("campus", metavar="CAMPUS")

    _verb(verb, of, "campuses", "every campus: last heard, what is held, what is wrong", json=True)

    made = _verb(
        verb, of, "alarms", "what a person must look at: forks, clones, restored boxes, gaps", json=True
    )
    made.add_argument("--all", action="store_true", help="those that were cleared too")

    made = _verb(verb, of, "clear", "say that you have looked at an alarm; its campus goes on")
    made.add_argument("campus", metavar="CAMPUS")
    made.add_argument("number", metavar="NUMBER", type=int)
    made.add_argument("--by", required=True, metavar="NAME", help="who has looked")
    made.add_argument("--reason", required=True, help="what it was")
    made.add_argument(
        "--begin-anew", action="store_true", help="take its next epoch as it is, whatever it follows"
    )

    made = _verb(verb, of, "directive", "sign a directive for a campus", json=True)
    made.add_argument("campus", metavar="CAMPUS")
    made.add_argument("kind", metavar="KIND", help="such as roster.changed/1")
    made.add_argument("--args", metavar="FILE", default="", help="JSON object; - for standard input")
    made.add_argument("--expires", metavar="TIME", help="RFC 3339; after it the campus refuses it")


def _verb(verb: Callable[..., Parser], of: Any, name: str, text: str, *, json: bool = False) -> Parser:
    made = verb(of, name, f"hub:{name}", text, config=False, json=json)
    _where(made, given=False)
    return made


def _where(made: Parser, *, given: bool) -> None:
    # Said before or behind the verb: what was said before it is not to be lost to a default behind it.
    told = os.environ.get(DATABASE, "") if given else argparse.SUPPRESS
    keys = Path(os.environ.get(KEYS) or DEFAULT_KEYS) if given else argparse.SUPPRESS
    made.add_argument(
        "--database",
        metavar="URL",
        default=told,
        help=f"postgresql://… (default: ${DATABASE}, which no list of processes shows)",
    )
    made.add_argument(
        "--keys",
        type=Path,
        metavar="FOLDER",
        default=keys,
        help=f"of the hub's signing key (default: ${KEYS}, else {DEFAULT_KEYS})",
    )


def _place(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise argparse.ArgumentTypeError("a place to listen is HOST:PORT: 10.0.0.5:8470, or [::1]:8470")
    return text


def _processes(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= MOST_PROCESSES:
        raise argparse.ArgumentTypeError(f"processes are 1 to {MOST_PROCESSES}")
    return int(text)


def _days(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 3_650:
        raise argparse.ArgumentTypeError("days are 1 to 3650")
    return int(text)
