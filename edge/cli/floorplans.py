"""`import floorplan`, `export floorplan` and `map`: files of floor plans in and out, and what the map says."""

import argparse
import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from edge.cli import DID_NOT_HOLD, DONE, USAGE
from edge.cli.calling import NoAnswer, call
from edge.cli.out import complain, plain, say, say_json
from edge.cli.store import socket_of
from edge.cli.table import table
from edge.words import plural

PATIENCE_S: Final = 120.0
Document = Mapping[str, Any]


def bring_in(args: argparse.Namespace) -> int:
    """Import a file, as a whole or not at all."""
    store = socket_of(args.config).parent
    name = f"import-{secrets.token_hex(8)}.plan"
    told = {
        "level": args.level, "level_name": args.level_name, "ordinal": args.ordinal, "scale": args.scale,
        "north": args.north, "x": args.at[0], "y": args.at[1], "cell": args.grid, "verified": args.verified, "by": args.by,
    }  # fmt: skip
    try:
        _copy(args.path, store / name)
    except OSError as err:
        why = err.strerror or "it cannot be read"
        complain(
            f"{plain(args.path)} could not be read or brought to the store: {why}. Nothing was imported."
        )
        return USAGE
    try:
        request = {"do": "import-floorplan", "file": name, "told": told, "check": args.check}
        reply = call(args.config, request, PATIENCE_S)
    except NoAnswer:
        return DID_NOT_HOLD
    finally:
        with contextlib.suppress(OSError):
            (store / name).unlink(missing_ok=True)
    if args.json:
        say_json({one: value for one, value in reply.items() if one != "more"})
        return DONE if reply["ok"] else DID_NOT_HOLD
    if not reply["ok"]:
        complain(plain(reply["words"]))
        return DID_NOT_HOLD
    found = reply["data"]
    rows = [
        (one["level"], one["layer"], str(one["features"]), one["verified"] or "never said")
        for one in found["layers"]
    ]
    say(table(("level", "layer", "things", "verified"), rows))
    if found["left"]:
        say("Not taken: " + ", ".join(f"{count} {what}" for what, count in found["left"].items()) + ".")
    done = "Nothing was changed: this was a check." if args.check else "On the map now."
    say(f"{found['format']}, SHA-256 {found['sha256'][:16]}. {done}")
    return DONE


def take_out(args: argparse.Namespace) -> int:
    """Write the map into a new file, for its owner alone."""
    try:
        found = _read(args.config, what="geojson")
    except NoAnswer:
        return DID_NOT_HOLD
    try:
        file = os.open(args.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as out:
            json.dump(found, out, ensure_ascii=False, indent=1)
            out.write("\n")
    except OSError as err:
        complain(f"{plain(args.path)} could not be written: {err.strerror}. Nothing was exported.")
        return USAGE
    count = len(found["features"])
    nowhere = "" if found["campus_map"]["placed_on_earth"] else " Nobody said where on Earth it lies."
    say(
        f"{plural(count, 'thing')} exported to {plain(args.path)}, GeoJSON.{nowhere} It is for responders alone."
    )
    return DONE


def levels(args: argparse.Namespace) -> int:
    """Print the levels and layers of the map."""
    try:
        found = _read(args.config, what="levels")
    except NoAnswer:
        return DID_NOT_HOLD
    if args.json:
        say_json(found)
        return DONE
    rows = [
        (level["id"], level["name"], one["layer"], str(one["features"]), _verified(one))
        for level in found["levels"]
        for one in level["layers"]
    ]
    if not rows:
        say("No floor plan was brought: campus-edge import floorplan PATH.")
        return DONE
    grid = found["grid"]
    say(table(("level", "name", "layer", "things", "verified"), rows))
    say(f"Grid {grid['first']} to {grid['last']}, {grid['cell']:g} m a cell.")
    return DONE


def _verified(layer: Document) -> str:
    if layer["lost"]:
        return "NOT IN THE STORE ANY MORE: bring its file again"
    if not layer["verified"]:
        return "NEVER SAID"
    return f"{layer['verified']}{' OLD' if layer['old'] else ''}"


def differences(args: argparse.Namespace) -> int:
    """Print what differs; 0 only if nothing does."""
    try:
        found = _read(args.config, what="differences")
    except NoAnswer:
        return DID_NOT_HOLD
    if args.json:
        say_json({"items": found})
    elif not found:
        say("Map and inventory say the same.")
    else:
        rows = [
            (one["kind"], one["id"] or "", one["name"], one["level"] or "", one["cell"] or "", one["words"])
            for one in found
        ]
        say(table(("what", "id", "name", "level", "cell", "what is wrong, and what to do"), rows))
    return DID_NOT_HOLD if found else DONE


def cell(args: argparse.Namespace) -> int:
    """Print what lies in a cell."""
    try:
        found = _read(args.config, what="cell", cell=args.cell, level=args.level or "")
    except NoAnswer:
        return DID_NOT_HOLD
    if args.json:
        say_json({"items": found})
        return DONE if found else DID_NOT_HOLD
    if not found:
        complain(
            f"There is no cell {plain(args.cell)} on the map. `campus-edge map levels` says how far it goes."
        )
        return DID_NOT_HOLD
    for one in found:
        say(f"{one['cell']}, {one['level_name']}:")
        for name in ("rooms", "doors", "cameras", "others"):
            for each in one[name]:
                ref = f" ({each['ref']})" if each["ref"] else ""
                say(f"  {each['kind']}: {plain(each['name'])}{ref}")
    return DONE


def drop(args: argparse.Namespace) -> int:
    """Take a level or a layer off the map."""
    try:
        reply = call(
            args.config, {"do": "drop-floorplan", "level": args.level, "layer": args.layer or ""}, PATIENCE_S
        )
    except NoAnswer:
        return DID_NOT_HOLD
    if not reply["ok"]:
        complain(plain(reply["words"]))
        return DID_NOT_HOLD
    say("Off the map. Its file stays in the store.")
    return DONE


def _read(config: Path, **asked: str) -> Any:
    reply = call(config, {"do": "map", **asked}, PATIENCE_S)
    if not reply["ok"]:
        complain(plain(reply["words"]))
        raise NoAnswer
    return reply["data"]


def _copy(source: Path, target: Path) -> None:
    """Into the store, where the daemon may read it whoever calls. Raises OSError."""
    with source.open("rb") as data:
        file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as out:
            owner = target.parent.stat()
            if owner.st_uid != os.geteuid():
                os.fchown(out.fileno(), owner.st_uid, owner.st_gid)
            shutil.copyfileobj(data, out)
