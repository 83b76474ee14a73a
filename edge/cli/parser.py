"""Every verb with its arguments (contract section 2), and the function that runs it, named and not yet imported."""

import argparse
import difflib
import os
import re
from pathlib import Path
from typing import Any, Final, NoReturn, get_args

from edge.cli import parser_map
from edge.cli.asset_verbs import inventory
from edge.cli.drill_verbs import drilling
from edge.cli.hub_verbs import hub
from edge.cli.response_verbs import responding
from edge.cli.tabletop_verbs import tabletop
from edge.cli.ticket_verbs import ticketing
from edge.version import VERSION
from rules import rights
from rules.model.post_facts import INCIDENT_ROLES, ROOM_WORDS, TaskState

DEFAULT_CONFIG: Final = "/etc/campus-edge/campus.yaml"
ENVIRONMENT: Final = "CAMPUS_EDGE_CONFIG"
ROLES: Final = tuple(one for one in rights.ROLES if one in rights.GIVEN)
KINDS: Final = ("real", "drill", "exercise", "test")


class Parser(argparse.ArgumentParser):
    """Takes no abbreviations: `--re` must never be read as `--real`. Says which verb was probably meant."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["allow_abbrev"] = False
        super().__init__(*args, **kwargs)

    def error(self, message: str) -> NoReturn:
        """Exit 2 with the message; argparse's own lists every verb, and here the nearest one is enough."""
        found = re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message)
        if found is not None:
            known = re.findall(r"'?([a-z-]+)'?", found[2])
            near = difflib.get_close_matches(found[1], known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"`{self.prog} --help` lists what there is"
            message = f"there is no {found[1]!r} here; {hint}"
        super().error(message)


def parser() -> Parser:
    """The whole command line."""
    top = Parser(prog="campus-edge", description="The campus-safety appliance: a press locks the campus.")
    top.add_argument("--version", action="version", version=f"campus-edge {VERSION}")
    verbs: Any = top.add_subparsers(metavar="VERB", required=True)
    _daemon(verbs)
    _configuration(verbs)
    _firmware(verbs)
    _persons(verbs)
    _flags(verbs)
    drilling(verbs, _verb)
    tabletop(verbs, _verb)
    _incidents(verbs)
    _post(verbs)
    _journal(verbs)
    _people(verbs)
    _assets(verbs)
    inventory(verbs, _verb, _said)
    ticketing(verbs, _verb, _said)
    _sweeps(verbs)
    _inspections(verbs)
    _assessments(verbs)
    parser_map.add(verbs, _verb)
    _files(verbs)
    hub(verbs, _verb)
    return top


def _verb(verbs: Any, name: str, run: str, text: str, *, config: bool = True, json: bool = False) -> Parser:
    # `help` None keeps a verb out of the list.
    shown = {"help": text} if text else {}
    made: Parser = verbs.add_parser(name, description=text or None, **shown)
    made.set_defaults(verb=f"edge.cli.{run}")
    if config:
        _config(made)
    if json:
        made.add_argument("--json", action="store_true", help="print JSON instead of words")
    return made


def _config(made: Parser) -> None:
    made.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        default=Path(os.environ.get(ENVIRONMENT) or DEFAULT_CONFIG),
        help=f"the configuration (default: ${ENVIRONMENT}, else {DEFAULT_CONFIG})",
    )


def _daemon(verbs: Any) -> None:
    _verb(verbs, "run", "daemon:run", "the daemon in the foreground; SIGHUP reads the configuration again")
    _verb(
        verbs,
        "prepare",
        "daemon:prepare",
        "before an update: have this release fold the journal ahead",
        json=True,
    )
    made = _verb(verbs, "demo", "daemon:demo", "a simulated campus and the daemon on it", config=False)
    made.add_argument("--port", type=_port, metavar="N", help="port of the page on loopback")
    made.add_argument("--press", action="store_true", help="press for real, print the door ledger, and end")
    _verb(verbs, "simulate", "daemon:simulate", "simulators for every device the configuration names")
    _verb(verbs, "bench", "daemon:bench", "", config=False)


def _configuration(verbs: Any) -> None:
    _verb(verbs, "check", "configuration:check", "every problem of a configuration at once", json=True)
    _verb(verbs, "schema", "configuration:schema", "the configuration as a JSON Schema", config=False)
    made = _verb(
        verbs, "doctor", "doctor:doctor", "probe every camera, and find those not configured", json=True
    )
    made.add_argument("--no-search", action="store_true", help="do not look for cameras on the network")
    made.add_argument(
        "--guest-file",
        type=Path,
        metavar="FILE",
        help="user:password to ask cameras with that are not configured; by digest, never in clear",
    )


def _firmware(verbs: Any) -> None:
    made = _verb(verbs, "firmware", "firmware:firmware", "what runs on the devices, and its flaws", json=True)
    made.add_argument("--why", action="store_true", help="every reason, not the first alone")


def _persons(verbs: Any) -> None:
    made = _verb(verbs, "status", "status:status", "armed, zones, doors, what waits for a person", json=True)
    what = made.add_mutually_exclusive_group()
    what.add_argument("--watch", action="store_true", help="live, until Ctrl-C")
    what.add_argument("--leave-safe-mode", action="store_true", help="back to normal work")

    made = _verb(verbs, "press", "asking:press", "press a configured button, by name", json=True)
    made.add_argument("button", metavar="BUTTON")
    kinds = made.add_mutually_exclusive_group(required=True)
    for kind in KINDS:
        kinds.add_argument(f"--{kind}", dest="kind", action="store_const", const=kind)
    made.add_argument("--gesture", metavar="G", help="default: the one of the highest rank")

    for verb, text in (("lock", "lock named doors"), ("release", "return named doors to their rest")):
        made = _verb(verbs, verb, f"asking:{verb}", text, json=True)
        made.add_argument("doors", metavar="DOOR", nargs="+")
        made.add_argument("--reason", type=_said, required=True)
        if verb == "release":
            made.add_argument("--user", required=True, metavar="NAME", help="who releases; asked for a code")
            _secret(made, "--code-file", "their code")

    made = _verb(verbs, "answer", "asking:answer", "answer a press that started nothing by itself", json=True)
    made.add_argument("press", metavar="PRESS", type=int, help="its number in `status`")
    answers = made.add_mutually_exclusive_group(required=True)
    for answer, text in (("start", "start what it asked for"), ("dismiss", "it was nothing; needs a reason")):
        answers.add_argument(f"--{answer}", dest="answer", action="store_const", const=answer, help=text)
    made.add_argument("--reason", default="")

    responding(verbs, _verb, _said)

    made = _verb(verbs, "walk-test", "asking:walk_test", "put named buttons in test", json=True)
    made.add_argument("buttons", metavar="BUTTON", nargs="+")
    made.add_argument("--minutes", type=int, required=True, metavar="N", help="at most 30")
    made.add_argument("--person", required=True, metavar="NAME")

    made = _verb(
        verbs, "selftest", "selftest:selftest", "prove each link from button to bolt, silently", json=True
    )
    made.add_argument("--last", action="store_true", help="show what the last one saw, and test nothing")


def _flags(verbs: Any) -> None:
    _verb(
        verbs, "flags", "flags:flags", "what is wrong, since when, whose it is, and what ends it", json=True
    )
    made: Parser = verbs.add_parser("flag", help="what is done while a flag stands", description="One flag.")
    of: Any = made.add_subparsers(metavar="VERB", required=True)
    made = _verb(of, "measure", "flags:measure", "say what is done meanwhile; it clears nothing", json=True)
    made.add_argument("code", metavar="CODE", help="as `flags` shows it")
    made.add_argument("subject", metavar="SUBJECT")
    made.add_argument("--until", metavar="WHEN", help="12h, 5d, 2026-12-04 (its end) or an RFC 3339 time")
    made.add_argument("--reason", type=_said, help="what is done, and by whom")
    made.add_argument("--end", action="store_true", help="it is over before that")
    _verb(verbs, "rules", "rules:rules", "the rules and limits in force, in plain words", json=True)
    _verb(verbs, "readiness", "flags:readiness", "how ready each zone is, and why not more", json=True)
    made = _verb(
        verbs,
        "dry-run",
        "flags:dry_run",
        "which doors would fail if lockdown were ordered now; nothing is touched",
        json=True,
    )
    made.add_argument("--last", action="store_true", help="show what the last one saw")


def _post(verbs: Any) -> None:
    made: Parser = verbs.add_parser(
        "post", help="tasks, roles, timers and rooms of a live incident", description="The command post."
    )
    of: Any = made.add_subparsers(metavar="VERB", required=True)

    def verb(name: str, text: str) -> Parser:
        one = _verb(of, name, f"post:{name}", text, json=True)
        one.add_argument("--incident", metavar="ID", help="default: the only live one")
        return one

    verb("show", "who does what, what is late, which rooms are silent")
    made = verb("task", "take a task or timer, or say what became of it")
    made.add_argument("task", metavar="N", type=int)
    made.add_argument("state", choices=get_args(TaskState))
    made.add_argument("--reason", default="")
    made = verb("add", "one more task or timer")
    made.add_argument("text", metavar="TEXT", type=_said)
    made.add_argument("--role", choices=INCIDENT_ROLES, default="operations")
    made.add_argument("--minutes", type=int, default=0, metavar="N", help="until it is due")
    made.add_argument("--timer", action="store_true", help="it runs out, and is named when it does")
    made.add_argument("--every", action="store_true", help="a timer that comes again once it was done")
    made = verb("role", "who holds an ICS role from now on")
    made.add_argument("role", choices=INCIDENT_ROLES)
    whom = made.add_mutually_exclusive_group(required=True)
    whom.add_argument("--to", metavar="NAME", type=_said)
    whom.add_argument("--nobody", action="store_true")
    made.add_argument("--reason", default="")
    made = verb("responder", "who responds at the scene")
    made.add_argument("name", metavar="NAME", type=_said)
    made.add_argument("--gone", action="store_true", help="no longer")
    made.add_argument("--reason", default="")
    made = verb("room", "how a room is")
    made.add_argument("word", choices=ROOM_WORDS)
    made.add_argument("--room", metavar="ID", default="", help="a classroom's door, or its button")
    made.add_argument("--text", default="", help="the place, where it is no room; or what is wrong")
    made.add_argument("--people", type=int, metavar="N")


def _incidents(verbs: Any) -> None:
    made: Parser = verbs.add_parser("incident", help="the record of incidents", description="The record.")
    of: Any = made.add_subparsers(metavar="VERB", required=True)
    _verb(of, "list", "incident:listing", "all incidents", json=True)
    for name, text in (("show", "one incident: doors and timeline"), ("replay", "fold its record once more")):
        made = _verb(of, name, f"incident:{name}", text, json=True)
        made.add_argument("incident", metavar="ID")
    made = _verb(of, "export", "incident:export", "write an export that a stranger can verify")
    made.add_argument("incident", metavar="ID")
    made.add_argument("--out", type=Path, required=True, metavar="FILE")
    made.add_argument("--redact", action="store_true", help="leave names, free text and pictures out")
    made = _verb(of, "verify", "incident:verify", "verify an export", config=False, json=True)
    made.add_argument("file", type=Path, metavar="FILE")
    made.add_argument("--key", type=Path, metavar="PEM", help="the campus's public key, from elsewhere")


def _people(verbs: Any) -> None:
    made: Parser = verbs.add_parser("user", help="accounts of persons", description="Accounts of persons.")
    of: Any = made.add_subparsers(metavar="VERB", required=True)
    for name, text in (
        ("add", "add a person"),
        (
            "invite",
            "a one-use code with which a person sets their own password; without --role: who is there",
        ),
        ("role", "give a person another role"),
        ("remove-factors", "take a lost authenticator and lost codes away; their sessions end"),
        ("disable", "let a person do nothing any more, from now on"),
        ("enable", "let a person in again"),
        ("password", "give a person another password; their sessions end"),
        ("totp", "a new secret for an authenticator app, shown once"),
        ("codes", "ten new printed codes, shown once; those before them end"),
        ("sign-out", "end all sessions of a person"),
    ):
        made = _verb(of, name, "people:user", text, json=True)
        made.add_argument("name", metavar="NAME")
        made.set_defaults(about=name)
        if name in ("add", "invite", "role"):
            made.add_argument("--role", required=name != "invite", metavar="R", help=", ".join(ROLES))
        if name in ("add", "password"):
            _secret(made, "--password-file", "the password")
    _verb(of, "list", "people:users", "who there is", json=True)

    made = verbs.add_parser("token", help="tokens of programs", description="Tokens of programs.")
    of = made.add_subparsers(metavar="VERB", required=True)
    made = _verb(of, "create", "people:create", "let a program in; its token is shown once", json=True)
    made.add_argument("--name", required=True, metavar="N")
    made.add_argument("--role", required=True, metavar="R", help=", ".join(ROLES))
    made.add_argument(
        "--expires", metavar="WHEN", help="90d, 12h, 2027-06-30 or an RFC 3339 time; default: never"
    )
    made.add_argument(
        "--room", metavar="ROOM", default="", help="of role device: the screen of this room alone"
    )
    made = _verb(of, "revoke", "people:revoke", "let a program do nothing any more, from now on", json=True)
    made.add_argument("name", metavar="NAME", help="its name or id")
    _verb(of, "list", "people:tokens", "which there are", json=True)


def _assets(verbs: Any) -> None:
    made = _verb(verbs, "assets", "assets:assets", "what the campus owns; with an id, one of them", json=True)
    made.add_argument("id", metavar="ID", nargs="?")
    for flag, text in (
        ("--class", "safety, operational or digital"),
        ("--type", "of this type"),
        ("--zone", "in this zone and below it"),
        ("--state", "ordered, stock, deployed, repair, lost or retired"),
        ("--unknown", "of which this is not known: name, zone, responsible, role, supported_until or any"),
        ("--search", "with these letters in any of its words"),
    ):
        made.add_argument(flag, metavar=flag[2].upper(), dest=flag[2:].replace("class", "class_"), help=text)


def _secret(made: Parser, flag: str, what: str) -> None:
    """A secret stands in no argument: other users of the machine see those."""
    made.add_argument(flag, dest="secret", metavar="FILE", help=f"{what}, first line; - is standard input")


def _journal(verbs: Any) -> None:
    made = _verb(verbs, "verify-journal", "journal:verify", "check the whole record, link by link", json=True)
    made.add_argument("--rebuild", action="store_true", help="make the views again and compare")
    made.add_argument(
        "--evidence", action="store_true", help="read each file of pictures whole; takes its time"
    )


def _sweeps(verbs: Any) -> None:
    text = "the exterior doors by the week, from their own sensors, and what is to be explained"
    _weeks(_verb(verbs, "sweeps", "sweeps:sweeps", text, json=True))
    top: Parser = verbs.add_parser(
        "sweep", help="explain what a week found", description="The sweep of a week."
    )
    of: Any = top.add_subparsers(metavar="VERB", required=True)
    made = _verb(of, "sign", "sweeps:signing", "explain by name what a week found at these doors", json=True)
    made.add_argument("week", metavar="WEEK", help="its Monday: 2026-11-30")
    made.add_argument("doors", metavar="DOOR", nargs="+")
    made.add_argument("--reason", type=_said, required=True, help="as somebody saw who went there")
    made.add_argument("--person", required=True, metavar="NAME", help="who signs")


def _weeks(made: Parser) -> None:
    made.add_argument(
        "--weeks", type=int, default=6, metavar="N", help="so many that are over, at most 60; default: 6"
    )


def _inspections(verbs: Any) -> None:
    top: Parser = verbs.add_parser(
        "inspection", help="dated checks, and who signed", description="Inspections."
    )
    of: Any = top.add_subparsers(metavar="VERB", required=True)
    _verb(of, "list", "inspections:listing", "the checks in force, how often, and which are off", json=True)
    made = _verb(of, "due", "inspections:due", "what is due, the first day first", json=True)
    for name in ("zone", "type", "asset"):
        made.add_argument(f"--{name}", metavar=name[0].upper())
    states = ("due", "failed", "overdue", "never", "soon", "good", "all")
    made.add_argument("--state", choices=states, default="due", help="default: all but what is in time")
    made.add_argument("--limit", type=int, default=100, metavar="N", help="at most 500")
    made = _verb(of, "show", "inspections:show", "one that was signed", json=True)
    made.add_argument("number", metavar="N", type=int)
    made = _verb(of, "photo", "photos:of_inspection", "add a photo to one that was signed", json=True)
    made.add_argument("number", metavar="N", type=int)
    made.add_argument("path", type=Path, metavar="FILE")
    made = _verb(of, "history", "inspections:history", "what was signed, the newest first", json=True)
    made.add_argument("asset", metavar="ASSET", nargs="?")
    made.add_argument("--limit", type=int, default=50, metavar="N", help="at most 500")
    made = _verb(of, "sign", "inspections:sign", "sign for one, or correct one", json=True)
    made.add_argument("asset", metavar="ASSET")
    made.add_argument("check", metavar="CHECK")
    made.add_argument(
        "--answer", action="append", default=[], metavar="NAME=VALUE", help="one for each question"
    )
    made.add_argument("--person", type=_said, required=True, metavar="NAME", help="who inspected")
    made.add_argument("--day", default="", metavar="DATE", help="when it was not today: 2026-08-31")
    made.add_argument("--corrects", type=int, default=0, metavar="N", help="the one whose place it takes")
    made.add_argument("--reason", default="", help="why that one was wrong")


def _assessments(verbs: Any) -> None:
    top: Parser = verbs.add_parser(
        "assessment", help="rounds through a checklist", description="Assessments."
    )
    of: Any = top.add_subparsers(metavar="VERB", required=True)
    _verb(of, "list", "assessments:listing", "checklists, and how far each round is", json=True)
    made = _verb(of, "begin", "assessments:begin", "begin a round through a checklist", json=True)
    made.add_argument("checklist", metavar="CHECKLIST")
    made.add_argument("--zone", metavar="Z", help="default: the campus")
    for name, text in (("show", "one, beside the one before"), ("end", "end one")):
        made = _verb(of, name, f"assessments:{name}", text, json=True)
        made.add_argument("number", metavar="N", type=int)
    made = _verb(of, "answer", "assessments:answer", "answer a question; a no becomes a ticket", json=True)
    made.add_argument("number", metavar="N", type=int)
    made.add_argument("question", metavar="QUESTION")
    made.add_argument("answer", choices=("yes", "no", "na"))
    made.add_argument("--comment", default="", metavar="TEXT")


def _files(verbs: Any) -> None:
    """What comes in and goes out as a file: one verb each way, for every noun."""
    made: Parser = verbs.add_parser(
        "import", help="take a file in", description="Take a file in, whole or not at all."
    )
    of: Any = made.add_subparsers(metavar="WHAT", required=True)
    for kind, text in (
        ("cve", "published flaws: NVD, API 2.0 or a yearly file; JSON, gzip or a zip of pages"),
        ("kev", "flaws that attackers use: CISA's catalogue, JSON"),
    ):
        made = _verb(of, kind, "firmware:take", text, json=True)
        made.add_argument("file", metavar="FILE", type=Path)
        made.set_defaults(kind=kind)
    made = _verb(
        of, "assets", "assets:bring_in", "a list of assets as CSV, as a whole or not at all", json=True
    )
    made.add_argument("path", metavar="PATH", type=Path)
    made.add_argument("--preview", action="store_true", help="say what it would do, and change nothing")
    made.add_argument("--without-refused", action="store_true", help="the other rows, where some are refused")
    made = _verb(of, "tickets", "ticket_files:importing", "tickets from CSV", json=True)
    made.add_argument("path", type=Path, metavar="PATH")
    made.add_argument("--check", action="store_true", help="only say what would be refused")

    made = _verb(of, "checklist", "assessments:importing", "a checklist from CSV or YAML", json=True)
    made.add_argument("path", type=Path, metavar="PATH")
    made.add_argument("--id", required=True, metavar="ID", help="alike for every edition of it")
    made.add_argument(
        "--title", default="", metavar="T", help="what it is called, where the file does not say"
    )
    made.add_argument("--check", action="store_true", help="only say what would be refused")
    made = _verb(of, "inspections", "inspection_files:importing", "inspections from CSV", json=True)
    made.add_argument("path", type=Path, metavar="PATH")
    made.add_argument("--check", action="store_true", help="only say what would be refused")

    parser_map.floorplan(
        _verb(of, "floorplan", "floorplans:bring_in", "a floor plan: SVG, PNG, GeoJSON or IMDF", json=True)
    )
    made = verbs.add_parser("export", help="take files out", description="Files out.")
    of = made.add_subparsers(metavar="WHAT", required=True)
    made = _verb(of, "assets", "assets:take_out", "all assets as CSV, which `import assets` reads again")
    made.add_argument("path", metavar="PATH", type=Path)
    made = _verb(
        of, "inspections", "inspection_files:exporting", "inspections as CSV, or with photos as .zip"
    )
    made.add_argument("path", type=Path, metavar="PATH")
    made = _verb(of, "floorplan", "floorplans:take_out", "the map as GeoJSON, which `import floorplan` reads")
    made.add_argument("path", type=Path, metavar="PATH")
    made = _verb(of, "tickets", "ticket_files:exporting", "tickets as CSV, or with their photos as .zip")
    made.add_argument("path", type=Path, metavar="PATH")
    made = _verb(of, "sweeps", "sweeps:exporting", "the weekly sweep of the exterior doors as CSV")
    made.add_argument("path", type=Path, metavar="PATH")
    _weeks(made)


def _said(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("say why, in words: it goes into the record")
    return text


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError("a port is 1 to 65535")
    return int(text)
