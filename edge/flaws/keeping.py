"""Takes a bundle into the store: kept as it came, read whole, and only then put in the place of what was there.

    store/flaws/flaws.db                    the index; made anew at any time from
    store/flaws/bundles/<kind>-<sha256>     the files as they came
    store/flaws/sent-*                      one that a browser or a program sends, until it is read

A crash between any two steps leaves the index that was, or the next one; what was only staged is swept away.
"""

import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from edge.flaws.index import FILE, NoIndex, make, sound, take_catalogue, take_records, taken
from edge.flaws.kev import Catalogue, catalogue
from edge.flaws.nvd import Document, Record, records
from edge.flaws.opened import BLOCK, MOST_FILE_BYTES, documents
from edge.flaws.refusal import Refused
from edge.flaws.taken import FOLDER, SENT, Taken
from rules.model.bundle_facts import BundleKind

KEPT: Final = "bundles"
_SENT_S: Final = 86_400
_NEXT: Final = f"{FILE}.next"
_PART: Final = ".part"


def index_of(store: Path) -> Path:
    """Where the index of a store lies."""
    return store / FOLDER / FILE


def take(kind: BundleKind, file: Path, store: Path, now_us: int) -> Taken:
    """Take a file in. now_us: UTC microseconds. Raises Refused, with everything as it was before."""
    folder = store / FOLDER
    try:
        (folder / KEPT).mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        staged, sha256 = _staged(file, folder / KEPT, kind)
        try:
            bundle = _next(folder, kind, staged, sha256, now_us)
            staged.replace(folder / KEPT / f"{kind}-{sha256}")
            _swap(folder)
        finally:
            staged.unlink(missing_ok=True)
            (folder / _NEXT).unlink(missing_ok=True)
        _forget(folder)
    except MemoryError as err:
        raise Refused("too_large", "the file needs more memory than a bundle may take", _LESS) from err
    except (OSError, sqlite3.Error) as err:
        do = "look at the store's room and its owner; what was taken before still holds"
        raise Refused("no_room", f"it could not be kept: {type(err).__name__}", do) from err
    return bundle


def rebuild(store: Path) -> tuple[Taken, ...]:
    """Make the index anew from the kept bundles where it is missing or unsound; what it holds then.

    A kept bundle that no longer reads is left out: its file stays for a person to look at.
    """
    folder = store / FOLDER
    if sound(folder / FILE):
        return taken(folder / FILE)
    kept = folder / KEPT
    files = sorted(kept.glob("*-*"), key=lambda one: one.stat().st_mtime_ns) if kept.is_dir() else []
    if not files:
        return ()
    _sweep(folder)
    (folder / FILE).unlink(missing_ok=True)
    for one in files:
        kind, _, sha256 = one.name.partition("-")
        if kind in ("cve", "kev"):
            with suppress(Refused):
                _next(folder, "cve" if kind == "cve" else "kev", one, sha256, one.stat().st_mtime_ns // 1_000)
                _swap(folder)
    (folder / _NEXT).unlink(missing_ok=True)
    return taken(folder / FILE) if sound(folder / FILE) else ()


_LESS: Final = "bring a file of one year, or of the vendors that the school has"


def _staged(file: Path, kept: Path, kind: BundleKind) -> tuple[Path, str]:
    """A copy of the file, so that what is read, hashed and kept is one and the same."""
    digest = hashlib.sha256()
    staged = kept / f"{kind}{_PART}"
    size = 0
    try:
        with file.open("rb") as source, staged.open("wb") as copy:
            while block := source.read(BLOCK):
                size += len(block)
                if size > MOST_FILE_BYTES:
                    raise Refused("too_large", "the file is larger than a bundle may be", _LESS)
                digest.update(block)
                copy.write(block)
            copy.flush()
            os.fsync(copy.fileno())
    except OSError as err:
        staged.unlink(missing_ok=True)
        do = "let the appliance's user read it, or copy it where that user may"
        raise Refused("unreadable", f"the file cannot be read or copied: {err.strerror}", do) from err
    except Refused:
        staged.unlink(missing_ok=True)
        raise
    return staged, digest.hexdigest()


def _next(folder: Path, kind: BundleKind, staged: Path, sha256: str, now_us: int) -> Taken:
    """The index with the bundle in it, beside the one that is used."""
    following = folder / _NEXT
    following.unlink(missing_ok=True)
    if sound(folder / FILE):
        shutil.copyfile(folder / FILE, following)
    else:
        make(following)
    bundle = Taken(kind, sha256, None, now_us, 0, whole=True)
    if kind == "kev":
        its = _catalogue(staged)
        bundle = replace(bundle, stamp_us=its.stamp_us, count=len(its.entries))
        _not_older(folder, bundle)
        take_catalogue(following, its, bundle)
        return bundle
    reading = _Reading(staged)
    made: list[Taken] = []

    def known() -> Taken:
        made.append(reading.bundle(bundle))
        return made[0]

    take_records(following, reading, sha256, known)
    return made[0]


def _catalogue(staged: Path) -> Catalogue:
    found = [catalogue(blocks) for blocks in documents(staged)]
    if len(found) != 1 or not found[0].entries:
        raise Refused("empty", "the file holds no catalogue, or several", "bring one catalogue")
    return found[0]


class _Reading:
    """The records of all documents of a file."""

    def __init__(self, staged: Path) -> None:
        self._staged = staged
        self._read: list[Document] = []

    def __iter__(self) -> Iterator[Record]:
        for blocks in documents(self._staged):
            about = Document()
            yield from records(blocks, about)
            self._read.append(about)

    def bundle(self, bundle: Taken) -> Taken:
        """Raises Refused where there was nothing."""
        count = sum(one.count for one in self._read)
        if not count:
            raise Refused("empty", "the file names no flaw", "bring the file again from the NVD")
        stamps = [one.stamp_us for one in self._read if one.stamp_us is not None]
        # Pages of one list: the oldest says how old the whole is, and none does where one does not say its own age.
        stamps = stamps if len(stamps) == len(self._read) else []
        whole = count >= max(one.total for one in self._read)
        return replace(bundle, stamp_us=min(stamps, default=None), count=count, whole=whole)


def _not_older(folder: Path, bundle: Taken) -> None:
    """An older catalogue would take marks away, and one of no known age may be older.

    A stamp later than its arrival is none: it would keep out all that follow.
    """
    try:
        before = [one for one in taken(folder / FILE) if one.kind == bundle.kind]
    except NoIndex:
        return
    stamps = [one.stamp_us for one in before if one.stamp_us is not None and one.stamp_us <= one.taken_us]
    latest = max(stamps, default=None)
    if latest is not None and bundle.stamp_us is None:
        what = "the catalogue has no `dateReleased` that can be read, so nobody knows whether it is newer than the one here"
        raise Refused("undated", what, "bring it again from CISA; the one that is here still holds")
    if latest is not None and bundle.stamp_us is not None and bundle.stamp_us < latest:
        do = "bring the newest from CISA; the one that is here still holds"
        raise Refused("older", "the catalogue is older than the one that was taken before", do)


def _swap(folder: Path) -> None:
    (folder / _NEXT).replace(folder / FILE)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _forget(folder: Path) -> None:
    """Kept files that the index has nothing of any more."""
    names = {f"{one.kind}-{one.sha256}" for one in taken(folder / FILE)}
    for one in (folder / KEPT).iterdir():
        if one.name not in names:
            one.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """What a crash left staged, or sent."""
    for sent in folder.glob(f"{SENT}*"):
        if sent.stat().st_mtime < time.time() - _SENT_S:
            sent.unlink(missing_ok=True)
    for one in (
        (folder / KEPT).glob(f"*{_PART}"),
        folder.glob(f"{FILE}.next*"),
        folder.glob(f"{FILE}-journal"),
    ):
        for left in one:
            left.unlink(missing_ok=True)
