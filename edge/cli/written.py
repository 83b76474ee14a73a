"""Lists of the book as files: a table (CSV), or an archive (`.zip`) of it with the photos that it names; whole or not at all."""

import argparse
import csv
import io
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from edge.cli import DID_NOT_HOLD, DONE
from edge.cli.calling import NoAnswer, call
from edge.cli.out import complain, plain, say
from edge.cli.store import store_of
from edge.journal.places import TICKET_PHOTOS
from edge.words import plural

Row = Mapping[str, Any]
PHOTOS: Final = "photos"
"""A folder of the archive; and a column of its table that is written and not read: their names there."""
_JPEG: Final = b"\xff\xd8\xff"
_PIECE: Final = 200
FORMULA: Final = ("=", "+", "-", "@")
"""A cell that begins so is a formula to a spreadsheet: it is written with an apostrophe before it."""


class NotRead(Exception):
    """A file, or what the book answers, cannot be read; the text says why."""


def called(config: Path, request: Mapping[str, object]) -> dict[str, Any]:
    """The daemon's reply. Raises NoAnswer, NotRead."""
    reply = call(config, request, 60.0)
    if not reply["ok"]:
        raise NotRead(str(reply["words"]))
    return reply


def exported(
    args: argparse.Namespace,
    query: str,
    noun: str,
    columns: Sequence[str],
    cells: Callable[[Row], Iterator[str]],
) -> int:
    """Write all that a query of the book finds into `args.path`, piece by piece; whole or not at all."""
    draft = args.path.with_name(f"{args.path.name}.part")
    archive = args.path.suffix.casefold() == ".zip"
    try:
        with draft.open("wb") as file:
            if archive:
                count, photos, lost = _archive(args, file, query, f"{noun}s.csv", columns, cells)
            else:
                count, photos, lost = _table(args, file, query, columns, cells), 0, 0
            file.flush()
            os.fsync(file.fileno())
        draft.replace(args.path)
    except (NoAnswer, NotRead, OSError) as err:
        draft.unlink(missing_ok=True)
        complain(f"{args.path} was not written. {plain(err)}".rstrip())
        return DID_NOT_HOLD
    more = f" with {plural(photos, 'photo')}" if archive else ""
    say(f"{plural(count, noun)}{more} written to {args.path}.")
    if lost:
        complain(f"{plural(lost, 'photo')} could not be read from the store and is missing in it.")
        return DID_NOT_HOLD
    return DONE


def _rows(args: argparse.Namespace, query: str) -> Iterator[Row]:
    after = 0
    while True:
        asked = {"after": after, "limit": _PIECE}
        rows = called(args.config, {"do": "book-read", "query": query, "asked": asked})["data"]
        if not rows:
            return
        yield from rows
        after = rows[-1]["number"]


def _table(
    args: argparse.Namespace,
    file: IO[bytes],
    query: str,
    columns: Sequence[str],
    cells: Callable[[Row], Iterator[str]],
    seen: Callable[[Row], None] = lambda row: None,
) -> int:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer, count = csv.writer(text), 0
    writer.writerow(columns)
    for row in _rows(args, query):
        writer.writerow([cell(one) for one in cells(row)])
        seen(row)
        count += 1
    text.detach()
    return count


def _archive(
    args: argparse.Namespace,
    file: IO[bytes],
    query: str,
    name: str,
    columns: Sequence[str],
    cells: Callable[[Row], Iterator[str]],
) -> tuple[int, int, int]:
    """(rows, photos that are in it, photos that could not be read)."""
    store, named = store_of(args.config), dict[str, None]()
    lost = 0
    with zipfile.ZipFile(file, "w") as archive:
        with archive.open(name, "w", force_zip64=True) as table:
            count = _table(
                args, table, query, columns, cells, lambda row: named.update(dict.fromkeys(row["photos"]))
            )
        for one in named:
            try:
                data = (store / TICKET_PHOTOS / one).read_bytes()
            except OSError:
                lost += 1
                continue
            archive.writestr(f"{PHOTOS}/{one}{'.jpg' if data.startswith(_JPEG) else '.png'}", data)
    return count, len(named) - lost, lost


def photos_cell(row: Row) -> str:
    """The photos that a row names, by their SHA-256, which is their name in the archive."""
    return "; ".join(row["photos"])


def cell(value: str) -> str:
    """A value as it stands in a table that a spreadsheet may open."""
    return f"'{value}" if value.startswith(FORMULA) else value
