"""`import inspections` and `export inspections`: CSV. All rows of a file or none; each refused row with its line and why."""

import argparse
import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from edge import words
from edge.cli import DID_NOT_HOLD, DONE
from edge.cli.calling import NoAnswer
from edge.cli.inspections import by
from edge.cli.out import complain, plain, say, say_json
from edge.cli.ticket_files import told_wrong
from edge.cli.written import PHOTOS, NotRead, called, exported, photos_cell
from edge.delimited import delimiter
from edge.words import plural

COLUMNS: Final = (
    "number",
    "asset",
    "check",
    "day",
    "result",
    "person",
    "note",
    "expires",
    "answers",
    "corrects",
)
"""expires, answers: `name=value`, with `;` between them. answers and corrects are written and not read; by its number one that
came from here is known.
"""
LARGEST: Final = 16 * 1_048_576
PIECE: Final = 40
HERE: Final = "here"
"""What the book says of a row that it has."""
RESULTS: Final[Mapping[str, str]] = {
    "passed": "passed", "pass": "passed", "ok": "passed", "yes": "passed", "good": "passed",
    "failed": "failed", "fail": "failed", "no": "failed", "not passed": "failed", "deficient": "failed",
}  # fmt: skip
Line = dict[str, Any]


def importing(args: argparse.Namespace) -> int:
    """Take a file in, whole or not at all."""
    try:
        data = args.path.read_bytes() if args.path.stat().st_size <= LARGEST else b""
        if not data:
            raise NotRead("it is empty, or larger than 16 MiB")
        lines, wrong = read(data)
    except (NotRead, OSError) as err:
        complain(f"{args.path} cannot be taken in: {plain(err)}. Nothing was changed.")
        return DID_NOT_HOLD
    try:
        digest = hashlib.sha256(data).hexdigest()
        here, refused = ([], []) if wrong else _judged(args.config, lines, digest)
        if wrong := wrong or refused:
            return told_wrong(args, wrong)
        lines = [one for one in lines if one["line"] not in set(here)]
        if args.check or not lines:
            return _told(args, digest, len(lines), len(here))
        return _take(args, digest, lines, len(here))
    except NoAnswer:
        return DID_NOT_HOLD
    except NotRead as err:
        complain(f"{plain(err)} Nothing of the file counts.")
        return DID_NOT_HOLD


def read(data: bytes) -> tuple[list[Line], list[tuple[int, str]]]:
    """(rows of a file, those that cannot be read with why). Raises NotRead."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise NotRead(f"it is not UTF-8, from byte {err.start} on: save it as CSV UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text), strict=True)
    found: list[Line] = []
    wrong: list[tuple[int, str]] = []
    try:
        head = [one.strip().casefold() for one in next(reader, [])]
        if not {"asset", "check", "day", "result"} <= set(head) or len(set(head)) != len(head):
            raise NotRead(
                "its first line does not name asset, check, day and result, or names a column twice"
            )
        for cells in reader:
            if any(cells):
                if len(cells) != len(head):
                    wrong.append((reader.line_num, f"it has {len(cells)} cells, the first line {len(head)}"))
                    continue
                line, why = _row(reader.line_num, dict(zip(head, map(_plain, cells), strict=True)))
                found.append(line)
                wrong += [(reader.line_num, why)] if why else []
    except csv.Error as err:
        raise NotRead(f"line {reader.line_num}: {err}") from None
    if not found and not wrong:
        raise NotRead("it holds no inspection")
    return found, wrong


def _plain(text: str) -> str:
    value = " ".join(text.split())
    return value[1:] if value[:1] == "'" and value[1:2] in ("=", "+", "-", "@") else value


def _row(number: int, said: Mapping[str, str]) -> tuple[Line, str]:
    result = RESULTS.get(said["result"].casefold(), "")
    expires = [tuple(one.strip().split("=", 1)) for one in said.get("expires", "").split(";") if one.strip()]
    line = {
        "line": number, "asset": said["asset"], "check": said["check"], "day": said["day"], "result": result or "failed",
        "number": int(own) if (own := said.get("number", "")).isascii() and own.isdigit() and len(own) < 16 else 0,
        "person": said.get("person", ""), "note": said.get("note", ""), "expires": expires,
    }  # fmt: skip
    if not result:
        return line, f"`result` is passed or failed, and not {said['result'][:40]}"
    if any(len(one) != 2 for one in expires):
        return line, "`expires` is name=date, with ; between them"
    try:
        date.fromisoformat(said["day"])
    except ValueError:
        return line, f"`day` is no date: {said['day'][:40]}"
    return line, ""


def _judged(config: Path, lines: list[Line], digest: str) -> tuple[list[int], list[tuple[int, str]]]:
    """(rows that are here already, rows that the book would refuse with why), by line. Raises NoAnswer, NotRead."""
    here: list[int] = []
    refused: list[tuple[int, str]] = []
    for start in range(0, len(lines), PIECE):
        piece = lines[start : start + PIECE]
        asked = {"lines": piece, "sha256": digest}
        for one in called(config, {"do": "book-read", "query": "inspections.judged", "asked": asked})["data"]:
            line = piece[one["place"]]["line"]
            if one["code"] == HERE:
                here.append(line)
            else:
                refused.append((line, words.reply(one["code"], one["args"])))
    return here, refused


def _told(args: argparse.Namespace, digest: str, new: int, here: int, batch: int = 0) -> int:
    """What came of it. batch: 0: nothing was changed."""
    if args.json:
        say_json({"taken": new if batch else 0, "new": new, "here": here, "batch": batch, "sha256": digest})
        return DONE
    said = f"{plural(new, 'inspection')} {'taken in' if batch else 'can be taken in'}. " if new else ""
    before = f"Here already: {here}; what was taken in before counts once. " if here else ""
    say(f"{said}{before}{'' if batch else 'Nothing was changed.'}".strip())
    return DONE


def _take(args: argparse.Namespace, digest: str, lines: list[Line], here: int) -> int:
    begun = _asked(args.config, {"batch": 0, "rows": len(lines), "sha256": digest})
    batch = int(str(begun["args"]["subject"]).rpartition("-")[2])
    try:
        for start in range(0, len(lines), PIECE):
            _asked(args.config, {"batch": batch, "lines": lines[start : start + PIECE]})
        _asked(args.config, {"batch": batch, "end": "taken"})
    except NotRead:
        _asked(args.config, {"batch": batch, "end": "abandoned"})
        raise
    return _told(args, digest, len(lines), here, batch)


def _asked(config: Path, asked: Mapping[str, object]) -> dict[str, Any]:
    return called(config, {"do": "book-ask", "verb": "inspection.import", "asked": asked})


def exporting(args: argparse.Namespace) -> int:
    """Write every inspection into a file, which is there whole or not at all."""
    return exported(args, "inspections.whole", "inspection", (*COLUMNS, PHOTOS), _cells)


def _cells(row: Mapping[str, Any]) -> Iterator[str]:
    answers = {name: value for name, value in row["answers"].items() if name != "note"}
    joined = {
        name: "; ".join(f"{one}={value}" for one, value in said.items())
        for name, said in (("answers", answers), ("expires", row["expires"]))
    }
    shown = {**row, **joined, "person": by(row), "note": row["answers"].get("note", "")}
    yield from (str(shown[name]) for name in COLUMNS)
    yield photos_cell(row)
