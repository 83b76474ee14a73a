"""The index of published flaws: one SQLite file, looked up by what is flawed, made anew from the kept bundles at any time.

Only flaws of firmware and hardware (CPE parts `o` and `h`) are kept in it: nobody here says what software runs on a device.
"""

import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from edge.flaws.kev import Catalogue
from edge.flaws.nvd import Record
from edge.flaws.taken import Taken
from rules.book.firmware import Bundle
from rules.book.flaws import Configuration, Flaw, Known, key, named
from rules.model.bundle_facts import BundleKind
from rules.model.values import dataclass

FILE: Final = "flaws.db"
FORM: Final = 1
"""Another number: the file is made anew from the kept bundles."""
_KEPT: Final = frozenset({"o", "h"})
_SCHEMA: Final = """
CREATE TABLE bundle (
    sha256 TEXT PRIMARY KEY, kind TEXT NOT NULL, stamp_us INTEGER, taken_us INTEGER NOT NULL,
    count INTEGER NOT NULL, whole INTEGER NOT NULL
) STRICT;
CREATE TABLE flaw (
    cve TEXT PRIMARY KEY, modified TEXT NOT NULL, score INTEGER, exploited INTEGER NOT NULL,
    summary TEXT NOT NULL, body BLOB NOT NULL, bundle TEXT NOT NULL
) STRICT;
CREATE TABLE product (key TEXT NOT NULL, cve TEXT NOT NULL, PRIMARY KEY (key, cve)) STRICT, WITHOUT ROWID;
CREATE INDEX product_cve ON product (cve);
CREATE TABLE exploited (
    cve TEXT PRIMARY KEY, added TEXT NOT NULL, due TEXT NOT NULL, ransomware INTEGER NOT NULL
) STRICT;
"""
_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Published:
    """A flaw with what a person wants to read of it. due: CISA's date for federal agencies; `""`: not in its catalogue."""

    flaw: Flaw
    summary: str
    due: str
    ransomware: bool


class NoIndex(Exception):
    """There is no index, or none that this version reads. It is made anew from the kept bundles."""


def make(file: Path) -> None:
    """An empty index. Raises sqlite3.Error."""
    with closing(sqlite3.connect(file)) as base:
        base.executescript(_SCHEMA)
        base.execute(f"PRAGMA user_version = {FORM}")
        base.commit()


def sound(file: Path) -> bool:
    """Whether there is an index that this version can go on with."""
    try:
        with _reading(file) as base:
            return [tuple(row) for row in base.execute("PRAGMA quick_check(1)")] == [("ok",)]
    except NoIndex:
        return False


def taken(file: Path) -> tuple[Taken, ...]:
    """The bundles of an index, the earliest first. Raises NoIndex."""
    ask = "SELECT kind, sha256, stamp_us, taken_us, count, whole FROM bundle ORDER BY taken_us, sha256"
    with _reading(file) as base:
        return tuple(
            Taken(kind, sha256, stamp_us, taken_us, count, whole=bool(whole))
            for kind, sha256, stamp_us, taken_us, count, whole in base.execute(ask)
        )


def latest(bundles: Iterable[Taken]) -> dict[BundleKind, Bundle]:
    """The youngest of each kind, which is what its age is counted from; one of no known age only where there is no other."""
    found: dict[BundleKind, Bundle] = {}
    for one in bundles:
        its = Bundle(one.kind, one.stamp_us, one.taken_us)
        if one.kind not in found or (its.made_us or 0) >= (found[one.kind].made_us or 0):
            found[one.kind] = its
    return found


def published(file: Path, known: Iterable[Known]) -> tuple[Published, ...]:
    """The flaws that name any of these as flawed. Raises NoIndex."""
    keys = sorted({_key(one.part, key(one.vendor), key(one.product)) for one in known})
    ask = """
        SELECT DISTINCT f.cve, f.score, f.exploited, f.body, f.summary, e.due, e.ransomware
        FROM product p JOIN flaw f ON f.cve = p.cve LEFT JOIN exploited e ON e.cve = f.cve WHERE p.key = ?
    """
    found: dict[str, Published] = {}
    with _reading(file) as base:
        for each in keys:
            for cve, score, exploited, body, summary, due, ransomware in base.execute(ask, (each,)):
                mark = bool(exploited) or due is not None
                flaw = Flaw(cve, score, mark, _decoder.decode(zlib.decompress(body)))
                found[cve] = Published(flaw, summary, due or "", bool(ransomware))
    return tuple(found[cve] for cve in sorted(found))


def take_catalogue(file: Path, catalogue: Catalogue, bundle: Taken) -> None:
    """Put CISA's catalogue in the place of the one before. Raises sqlite3.Error."""
    rows = {one.cve: (one.cve, one.added, one.due, one.ransomware) for one in catalogue.entries}
    with _writing(file) as base:
        base.execute("DELETE FROM exploited")
        base.executemany("INSERT INTO exploited VALUES (?, ?, ?, ?)", rows.values())
        base.execute("DELETE FROM bundle WHERE kind = 'kev'")
        _enter(base, bundle)


def take_records(file: Path, records: Iterable[Record], sha256: str, bundle: Callable[[], Taken]) -> None:
    """Add records, each where it is not older than the one that is there. Raises sqlite3.Error, and what `records` raises.

    bundle: what is known of it once its records were read. Nothing is in the file until all of it is. Bundles of which no
    record is left are forgotten.
    """
    with _writing(file) as base:
        batch: list[Record] = []
        for record in records:
            batch.append(record)
            if len(batch) >= _BATCH:
                _add(base, batch, sha256)
                batch.clear()
        _add(base, batch, sha256)
        _enter(base, bundle())
        base.execute(
            "DELETE FROM bundle WHERE kind = 'cve' AND sha256 != ? AND sha256 NOT IN (SELECT DISTINCT bundle FROM flaw)",
            (sha256,),
        )


def _enter(base: sqlite3.Connection, bundle: Taken) -> None:
    row = (bundle.sha256, bundle.kind, bundle.stamp_us, bundle.taken_us, bundle.count, bundle.whole)
    base.execute("INSERT OR REPLACE INTO bundle VALUES (?, ?, ?, ?, ?, ?)", row)


def _add(base: sqlite3.Connection, batch: list[Record], sha256: str) -> None:
    for record in batch:
        flaw = record.flaw
        names = {_key(*one) for one in named(flaw) if one[0] in _KEPT}
        held = base.execute("SELECT modified FROM flaw WHERE cve = ?", (flaw.cve,)).fetchone()
        # One that was taken back since (rejected, or of other products now) is remembered, so that no older file revives it.
        if (held is None and not names) or (held is not None and held[0] > record.modified):
            continue
        body = zlib.compress(_encoder.encode(flaw.configurations), 1)
        row = (flaw.cve, record.modified, flaw.score, flaw.exploited, record.summary, body, sha256)
        base.execute("INSERT OR REPLACE INTO flaw VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        if held is not None:
            base.execute("DELETE FROM product WHERE cve = ?", (flaw.cve,))
        base.executemany("INSERT INTO product VALUES (?, ?)", [(one, flaw.cve) for one in names])


def _key(part: str, vendor: str, product: str) -> str:
    return f"{part}:{vendor}:{product}"


@contextmanager
def _reading(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as base:
            if base.execute("PRAGMA user_version").fetchone() != (FORM,):
                raise NoIndex("of another version")
            yield base
    except (sqlite3.Error, zlib.error, msgspec.MsgspecError) as err:
        raise NoIndex(str(err)) from err


@contextmanager
def _writing(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file, isolation_level=None)) as base:
        # It is a copy that nobody reads yet: what power takes away is made again.
        base.execute("PRAGMA journal_mode = MEMORY")
        base.execute("PRAGMA synchronous = FULL")
        base.execute("BEGIN")
        yield base
        base.execute("COMMIT")


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(tuple[Configuration, ...])
