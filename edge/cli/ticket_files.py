"""`import tickets` and `export tickets`: CSV. All rows of a file or none; every row that may not be, with its line and why."""

import argparse
import csv
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from edge import words
from edge.cli import DID_NOT_HOLD, DONE
from edge.cli.calling import NoAnswer, call
from edge.cli.out import complain, plain, say, say_json
from edge.words import plural

COLUMNS: Final = (
    "number", "title", "category", "weight", "state", "opened", "zone", "asset", "room", "assigned", "reporter", "text",
)  # fmt: skip
LARGEST: Final = 64 * 1_048_576
MOST_SHOWN: Final = 50
PIECE_BYTES, PIECE_LINES = 40_000, 40
_FORMULA: Final = ("=", "+", "-", "@")
"""A cell that begins so is a formula to a spreadsheet: it is written with an apostrophe before it."""

NAMES: Final[Mapping[str, str]] = {
    "subject": "title", "name": "title", "issue": "title", "summary": "title",
    "description": "text", "issue description": "text", "content": "text",
    "status": "state", "issue status": "state",
    "priority": "weight", "urgency": "weight",
    "opening date": "opened", "created": "opened", "created date": "opened", "date opened": "opened",
    "location": "zone", "building": "zone", "location room": "room",
    "asset tag": "asset", "item": "asset", "device": "asset",
    "requester": "reporter", "requestor": "reporter", "issue for": "reporter",
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
Row = dict[str, str]


class NotRead(Exception):
    """The file cannot be read as tickets; the text says why."""


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
        wrong = [(line, why) for line, _, _, why in rows if why] or list(_judged(args.config, rows))
        if wrong:
            return told_wrong(args, wrong)
        if args.check:
            say(f"{plural(len(rows), 'ticket')} can be taken in. Nothing was changed.")
            return DONE
        return _take(args, data, rows)
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
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
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
    plainly = name.strip().casefold()
    return NAMES.get(plainly, plainly)


def _row(line: int, head: list[str], cells: list[str]) -> Read:
    if len(cells) != len(head):
        return line, 0, {}, f"it has {len(cells)} cells, the first line {len(head)}"
    said: Row = {}
    for name, cell in zip(head, cells, strict=True):
        value = cell.strip().replace("\r\n", "\n")
        if value[:1] == "'" and value[1:2] in _FORMULA:
            value = value[1:]
        if value and name in COLUMNS:
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


def _judged(config: Path, rows: list[Read]) -> Iterator[tuple[int, str]]:
    """Every row that the book would refuse. Raises NoAnswer, NotRead."""
    for piece in _pieces(rows):
        asked = {"lines": [list(said.items()) for _, _, said, _ in piece]}
        reply = called(config, {"do": "book-read", "query": "tickets.judged", "asked": asked})
        for one in reply["data"]:
            yield piece[one["place"]][0], words.reply(one["code"], one["args"])


def _take(args: argparse.Namespace, data: bytes, rows: list[Read]) -> int:
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
        say_json({"taken": len(rows), "batch": batch, "sha256": digest})
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


def called(config: Path, request: Mapping[str, object]) -> dict[str, Any]:
    """The daemon's reply. Raises NoAnswer, NotRead."""
    reply = call(config, request, 60.0)
    if not reply["ok"]:
        raise NotRead(str(reply["words"]))
    return reply


def exporting(args: argparse.Namespace) -> int:
    """Write every ticket into a file, which is there whole or not at all."""
    return exported(args, "tickets.whole", "ticket", COLUMNS, _cells)


def exported(
    args: argparse.Namespace,
    query: str,
    noun: str,
    columns: Sequence[str],
    cells: Callable[[Mapping[str, Any]], Iterator[str]],
) -> int:
    """Write all that a query of the book finds into `args.path`, piece by piece; whole or not at all."""
    draft = args.path.with_name(f"{args.path.name}.part")
    count, after = 0, 0
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            while True:
                asked = {"after": after, "limit": 200}
                rows = called(args.config, {"do": "book-read", "query": query, "asked": asked})["data"]
                if not rows:
                    break
                writer.writerows([cell(one) for one in cells(row)] for row in rows)
                count, after = count + len(rows), rows[-1]["number"]
            file.flush()
            os.fsync(file.fileno())
        draft.replace(args.path)
    except (NoAnswer, NotRead, OSError) as err:
        draft.unlink(missing_ok=True)
        complain(f"{args.path} was not written. {plain(err)}".rstrip())
        return DID_NOT_HOLD
    say(f"{plural(count, noun)} written to {args.path}.")
    return DONE


def _cells(row: Mapping[str, Any]) -> Iterator[str]:
    opened = datetime.fromtimestamp(row["opened_us"] // 1_000_000, UTC).isoformat().replace("+00:00", "Z")
    shown = {**row, "opened": opened, "reporter": row["reported_by"]}
    yield from (str(shown[name]) for name in COLUMNS)


def cell(value: str) -> str:
    """A value as it stands in a table that a spreadsheet may open."""
    return f"'{value}" if value.startswith(_FORMULA) else value
