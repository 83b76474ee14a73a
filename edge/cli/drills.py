"""`drill`: what the law asks for; plan, begin, end and record one. None starts by a clock."""

import argparse
import shutil
from collections.abc import Iterator, Mapping
from typing import Any, Final

from edge.cli import DID_NOT_HOLD, DONE
from edge.cli.calling import NoAnswer, call
from edge.cli.doing import do
from edge.cli.out import complain, plain, say, say_json
from edge.cli.table import table

Document = Mapping[str, Any]
NOT_RECORDED: Final = "It is done and NOT yet recorded: the disk takes nothing. See `campus-edge status`."
STATES: Final = {"planned": "planned", "under_way": "UNDER WAY", "over": "over"}


def listing(args: argparse.Namespace) -> int:
    """Every drill; 0."""
    return _read(args, lambda told: [_drills(told["drills"])], None)


def due(args: argparse.Namespace) -> int:
    """What the law asks for; 1 where anything is overdue."""
    return _read(args, lambda told: list(_due(told)), None)


def show(args: argparse.Namespace) -> int:
    """The record of one."""
    return _read(args, lambda told: list(_record(told)), args.drill)


def asking(args: argparse.Namespace) -> int:
    """Ask for what a verb says."""
    asked = {name: value for name in args.fields if (value := getattr(args, name)) is not None}
    if "failures" in asked:
        asked["failures"] = [
            dict(zip(("what", "id"), one.split(":", 1), strict=False)) for one in args.failures
        ]
    request = {
        "do": "drill",
        "verb": args.about,
        "drill": getattr(args, "drill", ""),
        "finding": getattr(args, "finding", -1),
        "asked": asked,
    }
    return do(args, request, lambda reply: [_said(args, reply)], not_durable=NOT_RECORDED)


def _said(args: argparse.Namespace, reply: Document) -> str:
    drill = reply["args"].get("drill", "")
    incident = f", incident {reply['incident']}" if reply.get("incident") else ""
    match args.about:
        case "plan":
            return f"Planned: {drill}. It starts by a person's word and by nothing else."
        case "begin" | "start":
            buttons = reply["args"].get("buttons", 0)
            waits = " It waits for the first press of an enrolled button." if args.waits else ""
            return (
                f"DRILL {drill} is under way{incident}.{waits} Buttons enrolled: {buttons}; every other button is real, "
                "and so is an enrolled one that is pressed twice within 10 s."
            )
        case "end":
            return f"DRILL {drill} has ended. Doors stay as they are: release them by name."
        case _:
            return f"Done: {drill}."


def _read(args: argparse.Namespace, lines: Any, drill: str | None) -> int:
    try:
        reply = call(args.config, {"do": "drills", "drill": drill})
    except NoAnswer:
        return DID_NOT_HOLD
    if not reply["ok"]:
        complain(plain(reply["words"]))
        return DID_NOT_HOLD
    told = reply["data"]
    if args.json:
        say_json(told)
    else:
        for line in lines(told):
            say(line)
    overdue = (
        drill is None
        and args.verb.endswith(":due")
        and any(one["progress"] == "overdue" for one in told["items"])
    )
    return DID_NOT_HOLD if overdue else DONE


def _drills(drills: list[Document]) -> str:
    rows = [
        (
            one["id"],
            f"{one['date'] or '?'} {one['time'] or '?'}",
            one["kind"].upper(),
            one["title"],
            STATES[one["state"]],
            _short(one),
        )
        for one in drills
    ]
    width = shutil.get_terminal_size((110, 50)).columns
    return (
        table(("id", "when", "kind", "type", "state", "what"), rows, width=width) if rows else "No drill yet."
    )


def _short(one: Document) -> str:
    if one["state"] != "over":
        return ", ".join(zone["name"] for zone in one["zones"])
    if one["logged"]:
        return "logged, without evidence"
    return (
        f"{len(one['doors'])} secured, {len(one['unsecured'])} not, slowest {_took(one['slowest_ms'])}, "
        f"{len(one['silent'])} silent, {one['open_findings']} open; {one['words']}"
    )


def _due(told: Document) -> Iterator[str]:
    if told["law"] is None:
        yield "No drill law is chosen: write policies.drills: {law: ...}. Nothing is due."
        return
    yield f"{told['law_name']}, {told['edition']}. As of {told['as_of']}."
    rows = [
        (one["words"], one["title"], f"{one['done']} of {one['needed']}", one["next"] or "")
        for one in told["items"]
    ]
    yield table(("state", "what", "held", "next by"), rows, width=shutil.get_terminal_size((110, 50)).columns)
    yield from (f"Note: {note}" for note in told["law_notes"])
    yield from (f"Source: {one}" for one in told["source"])


def _record(told: Document) -> Iterator[str]:
    yield f"{told['kind'].upper()} {told['title']}, {told['date'] or '?'} {told['time'] or '?'}: {told['words']}"
    before = [one["slowest_ms"] for one in told["last"] if one["slowest_ms"] is not None]
    for door in told["doors"]:
        earlier = [one["doors"][door["door"]] for one in told["last"] if door["door"] in one["doors"]]
        against = f" (last {len(earlier)}: {', '.join(map(_took, earlier))})" if earlier else ""
        yield f"  {door['name']}: secured after {_took(door['ms'])}{against}"
    yield from (f"  {door['name']}: NEVER secured. {door['words']}" for door in told["unsecured"])
    if before:
        yield f"  slowest door {_took(told['slowest_ms'])}; last {len(before)}: {', '.join(map(_took, before))}"
    yield from (f"  {one['name']}: no press came" for one in told["silent"])
    rooms = len(told["rooms_heard"]) + len(told["rooms_silent"])
    if rooms:
        yield f"  rooms heard from: {len(told['rooms_heard'])} of {rooms}"
    yield from (f"  {one['name']}: heard from after {_took(one['ms'])}" for one in told["rooms_heard"])
    yield from (f"  {one['name']}: NOT heard from" for one in told["rooms_silent"])
    yield from (f"  {one['output']}: {one['words']}" for one in told["unheard"])
    for one in told["findings"]:
        closed = f"ticket {one['ticket']}" if one["ticket"] else one["change"]
        yield f"  finding {one['number']}: {one['words']}. " + (
            "OPEN" if one["open"] else f"Closed: {plain(closed)}"
        )
    yield from (
        f"  {one['title']}: {plain(one['value']) or 'MISSING'}"
        + ("" if one["verified"] else " (not verified that the law asks for it)")
        for one in told["fields"]
    )


def _took(ms: int | None) -> str:
    return "none" if ms is None else f"{ms / 1_000:.1f} s"
