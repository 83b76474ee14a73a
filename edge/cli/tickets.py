"""`tickets` lists or shows them; `ticket` opens, assigns, notes, turns, closes and snoozes one."""

import argparse
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from edge.cli import DID_NOT_HOLD, DONE, USAGE
from edge.cli.calling import NoAnswer, call
from edge.cli.doing import do, read
from edge.cli.out import age, complain, plain, say, say_json
from edge.cli.table import table
from edge.ticket_words import (
    AHEAD,
    CATEGORIES,
    CONFLICT,
    ERASED,
    MERGE_RULES,
    MERGED,
    NOTHING,
    STATES,
    WEIGHTS,
)

DAY_US: Final = 86_400_000_000
NOT_RECORDED: Final = "It is done and NOT yet recorded: the disk takes nothing. See `campus-edge status`."
Document = Mapping[str, Any]


def tickets(args: argparse.Namespace) -> int:
    """A list, what to do next first; or one, whole."""
    try:
        if args.number:
            return _one(args, number_of(args.number))
        asked = {
            "state": "closed" if args.closed else "all" if args.all else "open",
            "limit": args.limit,
            "assigned": [args.assigned] if args.assigned else [],
            **{
                name: getattr(args, name)
                for name in ("weight", "category", "zone", "asset")
                if getattr(args, name)
            },
            "q": args.search or "",
        }
        reply = call(args.config, {"do": "book-read", "query": "tickets", "asked": asked})
    except NoAnswer:
        return DID_NOT_HOLD
    if not reply["ok"]:
        complain(plain(reply["words"]))
        return DID_NOT_HOLD
    page = reply["data"]
    if args.json:
        say_json(page)
        return DONE
    now_us = time.time_ns() // 1000
    rows = [
        (one["number"], one["weight"].upper() if one["weight"] == "safety" else one["weight"],
         _state(one), age(max(0, now_us - one["opened_us"]) / 1000), one["assigned"],
         one["asset"] or one["zone"], one["title"] or ERASED)
        for one in page["items"]
    ]  # fmt: skip
    say(
        table(("no.", "weight", "state", "age", "whose", "where", "what"), rows)
        if rows
        else "No such ticket."
    )
    if page["next"]:
        say("There are more: name a zone, an asset or words, or --limit.")
    return DONE


def _state(one: Document) -> str:
    return STATES.get(one["state"], one["state"]) + (", conflict" if one["conflict"] else "")


def _one(args: argparse.Namespace, number: int) -> int:
    asked = {"number": number, "now_us": time.time_ns() // 1000}
    request = {"do": "book-read", "query": "ticket", "asked": asked}
    return read(args, request, lambda found: map(plain, _lines(found)))


def _lines(one: Document) -> Iterator[str]:
    yield f"{one['id']}: {one['title'] or ERASED}"
    category = CATEGORIES.get(one["category"], one["category"])
    state = _state(one)
    yield f"{category}, {one['weight']}, {state}, open for {age(one.get('age_us', 0) / 1000)}, {one['minutes']} min spent"
    where = [one["asset"], one["room"], one["zone"]]
    yield f"where: {', '.join(filter(None, where)) or 'not said'}; whose: {one['assigned'] or 'nobody yet'}"
    if one["due"]:
        yield f"to be done by {one['due']}"
    if one["conflict"]:
        yield CONFLICT
    for each in one["versions"]:
        yield f"written on both sides: {MERGED[each['field']]}. {MERGE_RULES[each['rule']]}"
        yield from map(_version, each["said"])
    if one["key"]:
        yield f"opened by rule for the flag {one['key']}"
    if one["untrusted"]:
        yield "NOT CHECKED: it was reported by a label, without a sign-in. Look at the thing first."
        for each in one["reports"]:
            yield f"  {each['at'][:19]}Z  {each['name'] or 'no name'}: {each['text'] or ERASED} ({each['outcome']})"
    if one.get("clock_was_ahead"):
        yield AHEAD
    if one.get("resting_until_us"):
        yield "it rests: it does not age now"
    if one.get("next_step"):
        yield f"by itself in {age(one['next_step_in_us'] / 1000)}: {', '.join(_next(one['next_does']))}"
    if one["photos_away"]:
        yield f"photos that are not on this box: {len(one['photos_away'])}"
    if one["text"]:
        yield one["text"]
    for event in one["history"]:
        said = "; ".join(f"{word['name']}: {word['value']}" for word in event["words"])
        changed = ", ".join(f"{name} {value}" for name, value in event["data"].get("fields", []))
        yield f"{event['at'][:19]}Z  {event['actor']}  {event['kind']}  {' · '.join(filter(None, (changed, said)))}"


def _version(one: Document) -> str:
    """One side's words, with who, when and where."""
    mark = "holds" if one["holds"] else "     "
    why = f" ({one['why']})" if one["why"] else ""
    at = datetime.fromtimestamp(one["at_us"] / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"  {mark}  {one['value'] or NOTHING}{why}  {one['actor']}, {at}, {one['site']}"


def _next(does: Mapping[str, str]) -> Iterator[str]:
    if "assigned" in does:
        role = does["assigned"].removeprefix("role:")
        yield f"given to any {role.replace('-', ' ')}" if role != does["assigned"] else f"given to {role}"
    if "weight" in does:
        yield f"weighs {WEIGHTS.get(does['weight'], does['weight'])}"
    if "flag" in does:
        yield "shown as a flag until it is closed"


def number_of(text: str) -> int:
    """`187`, or `lincoln-hs-187`. 0: none."""
    last = text.rpartition("-")[2]
    return int(last) if last.isascii() and last.isdigit() and len(last) < 16 else 0


def opening(args: argparse.Namespace) -> int:
    """Open one."""
    names = ("category", "weight", "zone", "asset", "room", "text", "assigned", "reporter", "due")
    said = [["title", args.title]] if args.title else []
    said += [[name, getattr(args, name)] for name in names if getattr(args, name)]
    asked = {"said": said, "template": args.template or ""}
    return _ask(
        args, "ticket.open", asked, lambda subject: f"Ticket {subject.removeprefix('ticket-')} is open."
    )


def assigning(args: argparse.Namespace) -> int:
    """Give it to somebody: an actor's id, or `role:…`; `-` takes it from everybody."""
    return _change(args, {"assigned": "" if args.whom == "-" else args.whom}, "")


def turning(args: argparse.Namespace) -> int:
    """Another state."""
    return _change(args, {"state": args.state}, args.why)


def dating(args: argparse.Namespace) -> int:
    """By which day it is to be done; `-`: none is said."""
    return _change(args, {"due": "" if args.day == "-" else args.day}, "")


def closing(args: argparse.Namespace) -> int:
    """Close it."""
    return _change(args, {"state": "closed"}, args.why)


def noting(args: argparse.Namespace) -> int:
    """Words, time spent, parts."""
    parts = [
        (one.rpartition("=")[0] or one, one.rpartition("=")[2] if "=" in one else "1") for one in args.part
    ]
    asked = {"ticket": number_of(args.number), "text": args.text, "minutes": args.minutes, "parts": parts}
    return _ask(args, "ticket.note", asked, lambda _: f"Noted with ticket {args.number}.")


def snoozing(args: argparse.Namespace) -> int:
    """Let it rest."""
    until_us = time.time_ns() // 1000 + args.days * DAY_US
    asked = {
        "what": "snooze", "of": "ticket", "subject": str(number_of(args.number)), "until_us": until_us, "reason": args.reason,
    }  # fmt: skip
    return _ask(args, "upkeep.begin", asked, lambda _: f"Ticket {args.number} rests for {args.days} days.")


def _change(args: argparse.Namespace, said: Mapping[str, str], why: str) -> int:
    if not number_of(args.number):
        complain(f"{plain(args.number)} is no number of a ticket. Nothing was changed.")
        return USAGE
    asked = {"ticket": number_of(args.number), "said": list(said.items()), "why": why}
    return _ask(args, "ticket.change", asked, lambda _: f"Ticket {args.number} is changed.")


def _ask(args: argparse.Namespace, verb: str, asked: Document, said: Any) -> int:
    request = {"do": "book-ask", "verb": verb, "asked": asked}
    return do(
        args, request, lambda reply: [said(str(reply["args"].get("subject", "")))], not_durable=NOT_RECORDED
    )
