"""`assets`, `import assets`, `export assets`: the inventory on the command line."""

import argparse
import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from typing import Any, Final

from edge import asset_words
from edge.cli import DID_NOT_HOLD, DONE, USAGE
from edge.cli.calling import NoAnswer, call
from edge.cli.out import complain, plain, say, say_json
from edge.cli.store import bring, socket_of
from edge.cli.table import table
from edge.words import plural

PAGE: Final = 500
PATIENCE_S: Final = 600.0
"""Twenty thousand rows take some ten seconds, and a busy box longer."""
FILTERS: Final = ("class_", "type", "zone", "state", "unknown", "search")
Document = Mapping[str, Any]


class Refused(Exception):
    """The daemon said no; why was printed."""


def assets(args: argparse.Namespace) -> int:
    """List assets, or show one."""
    try:
        if args.id:
            one = _read(args, "asset", {"id": args.id})
            if args.json:
                say_json(one)
            else:
                for line in _one(one):
                    say(line)
            return DONE
        found = list(_all(args))
    except (NoAnswer, Refused):
        return DID_NOT_HOLD
    if args.json:
        say_json({"items": found})
        return DONE
    rows = [
        (
            one["id"],
            one["said"].get("name", ""),
            one["said"].get("type", ""),
            one["said"].get("zone", ""),
            asset_words.STATES.get(one["said"].get("state", ""), ""),
            ", ".join(asset_words.QUESTIONS.get(each, each) for each in one["unknown"]),
        )
        for one in found
    ]
    width = shutil.get_terminal_size((110, 50)).columns
    if rows:
        say(table(("id", "name", "type", "zone", "state", "not known"), rows, width=width))
    unknown = sum(bool(one["unknown"]) for one in found)
    say(f"{plural(len(found), 'asset')}; of {unknown} something is not known.")
    return DONE


def bring_in(args: argparse.Namespace) -> int:
    """Import a file: every refused row with its line, and nothing half."""
    store = socket_of(args.config).parent
    name = f"import-{secrets.token_hex(8)}.csv"
    try:
        bring(args.path, store / name)
    except OSError as err:
        complain(
            f"{plain(args.path)} could not be read or brought to the store: {err.strerror}. Nothing was imported."
        )
        return USAGE
    request = {
        "do": "import-assets",
        "file": name,
        "take": not args.preview,
        "without_refused": args.without_refused,
    }
    try:
        reply = call(args.config, request, PATIENCE_S)
    except NoAnswer:
        return DID_NOT_HOLD
    finally:
        with contextlib.suppress(OSError):
            (store / name).unlink(missing_ok=True)
    if args.json:
        say_json({one: value for one, value in reply.items() if one != "more"})
        return DONE if reply["ok"] else DID_NOT_HOLD
    for line in _report(reply.get("data") or {}):
        say(line)
    if not reply["ok"]:
        complain(plain(reply["words"]))
        return DID_NOT_HOLD
    data = reply["data"]
    say(
        "Nothing was changed: this was a preview."
        if args.preview
        else f"{plural(data['taken'], 'asset')} imported."
    )
    return DONE


def take_out(args: argparse.Namespace) -> int:
    """Write all assets into a new file, for its owner alone."""
    try:
        file = os.open(args.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as err:
        complain(f"{plain(args.path)} could not be made: {err.strerror}. Nothing was exported.")
        return USAGE
    after: str | None = ""
    try:
        with os.fdopen(file, "w", encoding="utf-8", newline="") as out:
            while after is not None:
                piece = _read(args, "assets.csv", {"after": after})
                out.write(piece["text"])
                after = piece["next"]
    except (NoAnswer, Refused, OSError) as err:
        if isinstance(err, OSError):
            complain(f"{plain(args.path)} could not be written: {err.strerror}. It was taken away again.")
        args.path.unlink(missing_ok=True)
        return DID_NOT_HOLD
    say(f"Exported to {plain(args.path)}. It names persons: keep it where only you read it.")
    return DONE


def _all(args: argparse.Namespace) -> Iterator[Document]:
    after: str | None = ""
    asked = {name: value for name in FILTERS if (value := getattr(args, name)) is not None}
    while after is not None:
        page = _read(args, "assets", {**asked, "after": after, "limit": PAGE})
        yield from page["items"]
        after = page["next"]


def _read(args: argparse.Namespace, query: str, asked: Document) -> Any:
    reply = call(args.config, {"do": "book", "query": query, "asked": asked})
    if not reply["ok"]:
        complain(plain(reply["words"]))
        raise Refused
    return reply["data"]


def _report(data: Document) -> Iterator[str]:
    if not data:
        return
    ours = ", ".join(
        f"{one['column']} → {one['field'].lstrip('+')}" for one in data["columns"] if one["field"]
    )
    other = [one["column"] for one in data["columns"] if not one["field"]]
    yield f"Read as {data['encoding']}: {plain(ours)}."
    if other:
        yield f"Let go: {plain(', '.join(other))}."
    yield (
        f"{plural(data['new'], 'new asset')}, {data['change']} changed, {data['same']} as they are, "
        f"{data['refused_count']} refused."
    )
    if data["as_room"]:
        yield f"Of {plural(len(data['as_room']), 'row')} the place is no zone here and is kept as the room."
    if data["refused"]:
        yield table(("line", "why"), [(one["line"], one["words"]) for one in data["refused"]])


def _one(one: Document) -> Iterator[str]:
    said = one["said"]
    yield f"{one['id']}: {plain(said.get('name', 'no name said'))}"
    rows = [(asset_words.FIELDS.get(name, name), value) for name, value in said.items() if name != "name"]
    yield table(("", ""), rows)
    if one["told_serial"]:
        yield f"It says of itself: serial number {plain(one['told_serial'])}"
    if one["unknown"]:
        yield "NOT KNOWN: " + ", ".join(asset_words.QUESTIONS.get(each, each) for each in one["unknown"])
    for need in one["needs"]:
        down = asset_words.DOWN.get(need["down"], need["down"])
        state = f"; NOW {down}" if down else ""
        yield f"Needs {need['id']} ({asset_words.HOW.get(need['how'], need['how'])}){state}"
    falls = ", ".join(each["id"] for each in one["if_it_fails"])
    if falls:
        yield f"If it fails, {one['if_it_fails_count']} fail with it: {plain(falls)}"
    for report in one["reports"]:
        yield f"Reported without a sign-in at {report['at']}: {plain(report.get('text', ''))}"
    shown = [(each["at"][:16].replace("T", " "), each["kind"], each["actor"]) for each in one["changes"][:10]]
    yield table(("changed (UTC)", "", "by"), shown)
