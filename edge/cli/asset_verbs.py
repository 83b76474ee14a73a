"""The verbs of `asset`, `audit` and `upkeep` and their arguments."""

import argparse
from collections.abc import Callable
from typing import Any, Final

Parser = argparse.ArgumentParser
FIELDS: Final = "as `export assets` names them: serial=SN-1 responsible='Facilities' zone=a-1; an empty value takes one away"


def inventory(verbs: Any, verb: Callable[..., Parser], said: Callable[[str], str]) -> None:
    """Add them. verb: makes one that talks to the daemon. said: takes words, and no empty ones."""
    _one(
        _top(verbs, "asset", "make, change, replace, issue one; stock, plan, reports", "One asset."),
        verb,
        said,
    )
    _audit(_top(verbs, "audit", "rounds in which each thing is looked for", "Rounds of the audit."), verb)
    _upkeep(_top(verbs, "upkeep", "what is put to rest, by whom, why and until when", "Rest."), verb, said)


def _top(verbs: Any, name: str, text: str, description: str) -> Any:
    top: Parser = verbs.add_parser(name, help=text, description=description)
    return top.add_subparsers(metavar="VERB", required=True)


def _one(of: Any, verb: Callable[..., Parser], said: Callable[[str], str]) -> None:
    made = verb(of, "new", "inventory:new", "make one", json=True)
    made.add_argument("said", metavar="FIELD=VALUE", nargs="+", help=FIELDS)
    made.add_argument("--id", metavar="ID", help="of your own; default: the next number")
    made = verb(
        of, "set", "inventory:change", "say something of one, or the same of many, all or none", json=True
    )
    made.add_argument("said", metavar="ID… FIELD=VALUE…", nargs="+", help=FIELDS)
    made.add_argument("--preview", action="store_true", help="say what it would change, and change nothing")
    made = _step(of, verb, "turn", "another state of its life; deployed again is another place or person")
    made.add_argument("state", metavar="STATE", help="ordered, stock, deployed, repair, lost or retired")
    _says(made)
    made = _step(of, verb, "replace", "another piece under the same id; it is commissioned again")
    made.add_argument("--serial", type=said, required=True, metavar="S", help="of the new piece")
    _says(made)
    made = _step(of, verb, "commission", "say by name that what was replaced was tried out")
    made.add_argument("--by", type=said, required=True, metavar="NAME")
    made.add_argument("--day", required=True, metavar="DATE", help="on which it was tried out: 2026-08-31")
    made = _step(of, verb, "issue", "give it to a person")
    made.add_argument("--to", type=said, required=True, metavar="NAME")
    made.add_argument("--due", default="", metavar="DATE", help="when it is to be back")
    made = _step(of, verb, "return", "it came back")
    made.add_argument("--note", default="")
    made = _step(of, verb, "link", "say what it needs: what fails takes it down")
    made.add_argument("on", metavar="ON", help="the id of the other")
    made.add_argument("how", choices=("power", "network", "licence", "carries"))
    made.add_argument("--no-longer", dest="stands", action="store_false")
    made = _step(of, verb, "seen", "it is here")
    made.add_argument("--zone", default="", metavar="Z", help="where, if not where it is said to be")
    made.add_argument("--day", default="", metavar="DATE", help="when it was not today")
    made = verb(of, "issued", "inventory:issued", "what is with whom", json=True)
    made.add_argument("--person", default="", metavar="P", help="part of a name")
    made.add_argument("--zone", metavar="Z")
    verb(of, "stock", "inventory:stock", "what lies in stock, and how much should", json=True)
    made = verb(
        of, "minimum", "inventory:minimum", "how many of a type are to lie in stock; 0: none", json=True
    )
    made.add_argument("type", metavar="TYPE")
    made.add_argument("minimum", metavar="N", type=int)
    made = verb(
        of, "plan", "inventory:plan", "what is to be replaced in this year and the four after it", json=True
    )
    made.add_argument("--zone", default="", metavar="Z")
    made.add_argument("--class", dest="class_", metavar="C")
    verb(of, "reports", "inventory:reports", "reports without a sign-in that wait", json=True)
    made = verb(of, "settle", "inventory:settle", "say what became of such a report", json=True)
    made.add_argument("number", metavar="N", type=int)
    made.add_argument("outcome", choices=("taken", "dismissed"))
    made.add_argument("--reason", default="", help="a dismissed one needs it")


def _step(of: Any, verb: Callable[..., Parser], name: str, text: str) -> Parser:
    made = verb(of, name, f"inventory:{'give_back' if name == 'return' else name}", text, json=True)
    made.add_argument("id", metavar="ID")
    return made


def _says(made: Parser) -> None:
    made.add_argument(
        "--say", dest="said", action="append", default=[], metavar="FIELD=VALUE", help=f"also: {FIELDS}"
    )
    made.add_argument("--reason", default="")


def _audit(of: Any, verb: Callable[..., Parser]) -> None:
    verb(of, "list", "audits:listing", "rounds under way, and those that are over", json=True)
    made = verb(of, "begin", "audits:begin", "begin one", json=True)
    made.add_argument(
        "--zone", default="", metavar="Z", help="only what is in it and below; default: everything"
    )
    made.add_argument("--type", default="", metavar="T", help="only what is of it")
    for name, text in (
        ("show", "one, and what nobody saw in it"),
        ("end", "end one: what nobody saw is missing"),
    ):
        made = verb(of, name, f"audits:{name}", text, json=True)
        made.add_argument("number", metavar="N", type=int)


def _upkeep(of: Any, verb: Callable[..., Parser], said: Callable[[str], str]) -> None:
    verb(of, "list", "upkeep:listing", "what rests now, or will", json=True)
    made = verb(
        of,
        "begin",
        "upkeep:begin",
        "maintenance of a device or zone: no ticket is opened there meanwhile",
        json=True,
    )
    made.add_argument("of", choices=("device", "zone"))
    made.add_argument("subject", metavar="ID")
    made.add_argument("--days", type=int, required=True, metavar="N")
    made.add_argument("--reason", type=said, required=True)
    made.add_argument(
        "--owner", default="", metavar="WHO", help="an account by its name, or role:…; default: you"
    )
    made = verb(of, "end", "upkeep:end", "end one before its time", json=True)
    made.add_argument("number", metavar="N", type=int)
