"""`import tickets` and `export tickets`: CSV. All rows of a file or none; every row that may not be, with its line and why."""

import argparse
import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from edge import words
from edge.cli import DID_NOT_HOLD, DONE
from edge.cli.calling import NoAnswer
from edge.cli.out import complain, plain, say, say_json
from edge.cli.written import FORMULA, PHOTOS, NotRead, called, exported, photos_cell
from edge.delimited import delimiter
from edge.words import plural

COLUMNS: Final = (
    "number", "title", "category", "weight", "state", "opened", "zone", "asset", "room", "assigned", "reporter", "text",
)  # fmt: skip
LARGEST: Final = 64 * 1_048_576
MOST_SHOWN: Final = 50
PIECE_BYTES, PIECE_LINES = 40_000, 40

PLACE: Final = "+place"
"""A column that names a zone or, where none is called so, a room."""
NAMES: Final[Mapping[str, str]] = {
    "subject": "title", "name": "title", "issue": "title", "summary": "title",
    "description": "text", "issue description": "text", "content": "text",
    "status": "state", "issue status": "state",
    "priority": "weight", "urgency": "weight",
    "opening date": "opened", "created": "opened", "created date": "opened", "date opened": "opened",
    "location": PLACE, "location name": PLACE, "building": PLACE, "location room": "room",
    "asset tag": "asset", "item": "asset", "device": "asset",
    "requester": "reporter", "requestor": "reporter", "requester - requester": "reporter", "issue for": "reporter",
    "issue type": "category", "issue category": "category",
    "id": "number", "ticket number": "number", "ticket": "number",
}  # fmt: skip
"""Columns of other programs' exports (GLPI, Incident IQ), by what they are here. Case and the spaces around do not count."""
VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "state": {
        "new": "open", "submitted": "open", "processing (assigned)": "progress", "processing (planned)": "progress",
        "in progress": "progress", "processing": "progress", "pending": "waiting", "on hold": "waiting", "solved": "proposed",
        "resolved": "proposed", "completed": "closed", "cancelled": "closed",
    },
    "weight": {
        "very low": "normal", "low": "normal", "medium": "normal", "high": "urgent", "very high": "urgent", "major": "urgent",
        "critical": "urgent",
    },
}  # fmt: skip
UNASSIGNED: Final = "comes_unassigned"
"""What the daemon says of a row that names nobody who is known here."""
Row = dict[str, str]


def importing(args: argparse.Namespace) -> int:
    """Take a file in, whole or not at all."""
    try:
        data = args.path.read_bytes() if args.path.stat().st_size <= LARGEST else b""
        if not data:
            raise NotRead("it is empty, or larger than 64 MiB")
        rows = list(read(data))
    except (NotRead, OSError) as err:
        complain(f"{args.path} cannot be taken in: {plain(err)}. Nothing was changed.")
        return DID_NOT_HOLD
    try:
        rooms = _resolve(args.config, rows)
        wrong, nobodys = [(line, why) for line, _, _, why in rows if why], list[tuple[int, str]]()
        if not wrong:
            wrong, nobodys = _judged(args.config, rows)
        if wrong:
            return told_wrong(args, wrong)
        if not args.json:
            _told_nobodys(args, nobodys)
        if not args.json and (let_go := _let_go(data)):
            say(f"Let go: {', '.join(map(plain, let_go))}.")
        if not args.json and rooms:
            say(f"Of {plural(rooms, 'row')} the place is no zone here and is kept as the room.")
        if args.check:
            say(f"{plural(len(rows), 'ticket')} can be taken in. Nothing was changed.")
            return DONE
        return _take(args, data, rows, nobodys)
    except NoAnswer:
        return DID_NOT_HOLD
    except NotRead as err:
        complain(f"{plain(err)} Nothing of the file counts.")
        return DID_NOT_HOLD


Read = tuple[int, int, Row, str]
"""Line in the file, when it was opened (UTC microseconds, 0: now), what is said, and why it cannot be read; "" it can."""


def read(data: bytes) -> Iterator[Read]:
    """The rows of a file. Raises NotRead."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise NotRead(f"it is not UTF-8, from byte {err.start} on: save it as CSV UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text), strict=True)
    try:
        head = [_column(one) for one in next(reader, [])]
        known = [one for one in head if one in COLUMNS]
        if "title" not in known or len(set(known)) != len(known):
            raise NotRead("its first line names no `title`, or a column twice")
        for cells in reader:
            if any(cells):
                yield _row(reader.line_num, head, cells)
    except csv.Error as err:
        raise NotRead(f"line {reader.line_num}: {err}") from None


def _column(name: str) -> str:
    # `AssetTag` as `asset tag`.
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace("_", " "))
    plainly = " ".join(apart.casefold().split())
    return NAMES.get(plainly, plainly)


def _let_go(data: bytes) -> list[str]:
    """Columns of a file that was read, of which nothing is taken."""
    text = data.decode("utf-8-sig")
    head = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text)), [])
    return [one.strip() for one in head if one.strip() and _column(one) not in (*COLUMNS, PLACE)]


def _row(line: int, head: list[str], cells: list[str]) -> Read:
    if len(cells) != len(head):
        return line, 0, {}, f"it has {len(cells)} cells, the first line {len(head)}"
    said: Row = {}
    for name, cell in zip(head, cells, strict=True):
        value = cell.strip().replace("\r\n", "\n")
        if value[:1] == "'" and value[1:2] in FORMULA:
            value = value[1:]
        if value and name in (*COLUMNS, PLACE):
            said[name] = VALUES.get(name, {}).get(value.casefold(), value)
    said.pop("number", None)  # it gets one of ours
    for name in ("category", "weight", "state"):
        if name in said:
            said[name] = said[name].casefold()
    said.setdefault("category", "other")
    opened = said.pop("opened", "")
    try:
        return line, _moment(opened), said, ""
    except ValueError:
        return line, 0, said, f"`opened` is no date: {opened[:40]}"


def _moment(text: str) -> int:
    if not text:
        return 0
    if len(text) == 10:
        at = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    else:
        at = datetime.fromisoformat(text.replace("Z", "+00:00"))
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0, int(at.timestamp()) * 1_000_000)


def _resolve(config: Path, rows: list[Read]) -> int:
    """Zones by their names, other places as rooms, assets by their tags; how many rooms. Raises NoAnswer, NotRead."""
    said = [one[2] for one in rows]
    ids: dict[str, str] = {}
    if any("zone" in one or PLACE in one for one in said):
        for one in called(config, {"do": "status"})["data"]["zones"]:
            ids |= {one["name"].casefold(): one["id"], one["id"]: one["id"]}
    rooms = 0
    for one in said:
        if "zone" in one:
            one["zone"] = ids.get(one["zone"].casefold(), one["zone"])
        place = one.pop(PLACE, "")
        if place.casefold() in ids:
            one.setdefault("zone", ids[place.casefold()])
        elif place:
            one.setdefault("room", place)
            rooms += 1
    for tag in sorted({one["asset"] for one in said if "asset" in one}):
        asked = {"search": tag[:100], "limit": 50}
        found = called(config, {"do": "book-read", "query": "assets", "asked": asked})["data"]["items"]
        tagged = [one["id"] for one in found if one["said"].get("tag") == tag]
        if len(tagged) == 1 and tag not in [one["id"] for one in found]:
            for one in said:
                one |= {"asset": tagged[0]} if one.get("asset") == tag else {}
    return rooms


def _pieces(rows: list[Read]) -> Iterator[list[Read]]:
    piece: list[Read] = []
    size = 0
    for row in rows:
        more = len(json.dumps(row[2]))
        if piece and (len(piece) == PIECE_LINES or size + more > PIECE_BYTES):
            yield piece
            piece, size = [], 0
        piece.append(row)
        size += more
    if piece:
        yield piece


def _told_nobodys(args: argparse.Namespace, nobodys: list[tuple[int, str]]) -> None:
    for line, why in nobodys[:MOST_SHOWN]:
        say(f"{args.path}:{line}: {plain(why)}")
    if len(nobodys) > MOST_SHOWN:
        say(f"and {len(nobodys) - MOST_SHOWN} more: --json names all of them")


def _judged(config: Path, rows: list[Read]) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Rows that the book would refuse, and those that come in as nobody's, with why. Raises NoAnswer, NotRead."""
    wrong: list[tuple[int, str]] = []
    nobodys: list[tuple[int, str]] = []
    for piece in _pieces(rows):
        asked = {"lines": [list(said.items()) for _, _, said, _ in piece]}
        reply = called(config, {"do": "book-read", "query": "tickets.judged", "asked": asked})
        for one in reply["data"]:
            told = nobodys if one["code"] == UNASSIGNED else wrong
            told.append((piece[one["place"]][0], words.reply(one["code"], one["args"])))
    return wrong, nobodys


def _take(args: argparse.Namespace, data: bytes, rows: list[Read], nobodys: list[tuple[int, str]]) -> int:
    digest = hashlib.sha256(data).hexdigest()
    reply = _asked(args.config, {"batch": 0, "rows": len(rows), "sha256": digest})
    batch = int(str(reply["args"]["subject"]).rpartition("-")[2])
    try:
        for piece in _pieces(rows):
            lines = [(opened_us, list(said.items())) for _, opened_us, said, _ in piece]
            _asked(args.config, {"batch": batch, "lines": lines})
        _asked(args.config, {"batch": batch, "end": "taken"})
    except NotRead:
        _asked(args.config, {"batch": batch, "end": "abandoned"})
        raise
    if args.json:
        unassigned = [{"line": line, "why": why} for line, why in nobodys]
        say_json({"taken": len(rows), "batch": batch, "sha256": digest, "unassigned": unassigned})
    else:
        say(f"{plural(len(rows), 'ticket')} taken in.")
    return DONE


def told_wrong(args: argparse.Namespace, wrong: list[tuple[int, str]]) -> int:
    """Say each row that may not be, by its line."""
    if args.json:
        say_json({"taken": 0, "refused": [{"line": line, "why": why} for line, why in wrong]})
        return DID_NOT_HOLD
    for line, why in wrong[:MOST_SHOWN]:
        complain(f"{args.path}:{line}: {plain(why)}")
    if len(wrong) > MOST_SHOWN:
        complain(f"and {len(wrong) - MOST_SHOWN} more: --json names all of them")
    complain(f"{plural(len(wrong), 'row')} cannot be taken in, so nothing was. Correct them and try again.")
    return DID_NOT_HOLD


def _asked(config: Path, asked: Mapping[str, object]) -> dict[str, Any]:
    return called(config, {"do": "book-ask", "verb": "ticket.import", "asked": asked})


def exporting(args: argparse.Namespace) -> int:
    """Write every ticket into a file, which is there whole or not at all."""
    return exported(args, "tickets.whole", "ticket", (*COLUMNS, PHOTOS), _cells)


def _cells(row: Mapping[str, Any]) -> Iterator[str]:
    opened = datetime.fromtimestamp(row["opened_us"] // 1_000_000, UTC).isoformat().replace("+00:00", "Z")
    shown = {**row, "opened": opened, "reporter": row["reported_by"]}
    yield from (str(shown[name]) for name in COLUMNS)
    yield photos_cell(row)
