"""Firmware as the book's process knows it: notes, what devices say, and the index of flaws, judged anew where one changed.

The index is beside `book.db` and derived as that is: where it is missing or unsound a process of its own makes it again
from the kept bundles, and until then every device is `unknown`.
"""

import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import edge
from edge.config.notes import Front, for_rules, notes_of
from edge.config.pack_firmware import shipped_limits
from edge.flaws.index import FILE, NoIndex, Published, latest, published, taken
from edge.flaws.taken import Taken
from rules.book.book import Book
from rules.book.firmware import Device, Judgement, Said, age_days, judge, known_names
from rules.book.flaws import Known
from rules.model.ids import AssetId

FOLDER: Final = "flaws"
KEPT: Final = "bundles"
KINDS: Final = frozenset({"controller", "camera", "button"})
SETTLED_S: Final = 600.0
"""So long after its start a device that has not yet said what it is counts as one that says nothing."""
_DAY_US: Final = 86_400_000_000
_AGAIN_S: Final = 60.0

Document = dict[str, Any]
_Seen = tuple[int, int, int] | None
_Key = tuple[Front | None, Said | None, str, str, _Seen]


class Firmware:
    """Belongs to the book's thread."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._index = store / FOLDER / FILE
        self._began_s = time.monotonic()
        self._seen: _Seen = None
        self._bundles: tuple[Taken, ...] = ()
        self._usable = False
        self._flaws: dict[tuple[Known, ...], tuple[Published, ...] | None] = {}
        self._keys: dict[AssetId, _Key] = {}
        self._judged: dict[AssetId, Judgement] = {}
        self._day = 1
        self._mending: subprocess.Popen[bytes] | None = None
        self._mend_at_s = 0.0

    def refresh(self, book: Book, day: int | None = None) -> None:
        """Bring the book's judgements up to date. day: of the campus's calendar; None: as before."""
        self._day = self._day if day is None else day
        self._look()
        today = date.fromordinal(self._day).isoformat()
        notes = notes_of()
        devices = [one for one in book.campus.devices.values() if one.kind in KINDS]
        for device in devices:
            front = notes.of(device.model or None)
            said = book.identities.get(device.id)
            key = (front, said, device.model, today, self._seen)
            if self._keys.get(device.id) == key:
                continue
            note = None if front is None else for_rules(front)
            its = Device(device.id, device.model or None, note, said)
            found = None if note is None else self._of(known_names(note, its.model, said))
            self._judged[device.id] = judge(
                its, None if found is None else [one.flaw for one in found], today
            )
            self._keys[device.id] = key
        for gone in set(self._judged) - {one.id for one in devices}:
            del self._judged[gone], self._keys[gone]
        book.judgements = tuple(self._judged[one.id] for one in devices)
        book.bundles = latest(self._bundles)
        book.oldest_us = shipped_limits()
        book.settled = time.monotonic() - self._began_s > SETTLED_S

    def view(self, book: Book, now_us: int) -> Document:
        """Everything that is to be shown of firmware: state in, dict out. Devices as configured, each with its reasons."""
        self.refresh(book)
        notes = notes_of()
        return {
            "devices": [
                self._device(book, one, notes.of(book.campus.devices[AssetId(one.device)].model or None))
                for one in book.judgements
            ],
            "bundles": [_bundle(one, now_us, book.oldest_us) for one in self._bundles],
            "missing": sorted(kind for kind in book.oldest_us if kind not in book.bundles),
        }

    def _device(self, book: Book, judged: Judgement, front: Front | None) -> Document:
        device = book.campus.devices[AssetId(judged.device)]
        said = book.identities.get(device.id)
        found: tuple[Published, ...] = ()
        if front is not None:
            found = self._of(known_names(for_rules(front), device.model or None, said)) or ()
        by_cve = {one.flaw.cve: one for one in found}
        return {
            "id": device.id,
            "kind": device.kind,
            "zone": device.zone,
            "name": device.name,
            "model": device.model or None,
            "note": None if front is None else front.model,
            "said": None
            if said is None
            else {"vendor": said.vendor, "model": said.model, "firmware": said.firmware},
            "tested": [] if front is None else list(front.tested),
            "minimum": "unknown" if front is None else front.minimum,
            "end_of_support": "unknown" if front is None else front.end_of_support,
            "state": judged.state,
            "reasons": [
                {"state": one.state, "code": one.code, "args": list(one.args)} for one in judged.reasons
            ],
            "flaws": [
                {
                    "cve": its.flaw.cve,
                    "score_tenths": its.flaw.score,
                    "exploited": its.flaw.exploited,
                    "due": its.due or None,
                    "certain": one.code == "flaw",
                    "summary": its.summary,
                }
                for one in judged.reasons
                if one.code.startswith("flaw") and (its := by_cve.get(one.args[0])) is not None
            ],
        }

    def _of(self, known: tuple[Known, ...]) -> tuple[Published, ...] | None:
        if not self._usable:
            return None
        if known not in self._flaws:
            try:
                self._flaws[known] = published(self._index, known)
            except NoIndex:
                self._flaws[known] = None
        return self._flaws[known]

    def _look(self) -> None:
        """See whether the index is another than before, and have it made again where it is missing."""
        try:
            found = self._index.stat()
            seen: _Seen = (found.st_mtime_ns, found.st_size, found.st_ino)
        except OSError:
            seen = None
        if seen != self._seen or (seen is not None and not self._usable):
            self._seen = seen
            self._flaws.clear()
            self._keys.clear()
            try:
                self._bundles = taken(self._index)
            except NoIndex:
                self._bundles = ()
            self._usable = any(one.kind == "cve" for one in self._bundles)
        if not self._bundles:
            self._mend()

    def _mend(self) -> None:
        if self._mending is not None and self._mending.poll() is None:
            return
        self._mending = None
        kept = self._store / FOLDER / KEPT
        if time.monotonic() < self._mend_at_s or not kept.is_dir() or not any(kept.iterdir()):
            return
        self._mend_at_s = time.monotonic() + _AGAIN_S
        self._mending = subprocess.Popen(  # noqa: S603  # ours; it ends with us (prctl)
            [sys.executable, "-m", "edge.flaws.process", "rebuild", "-", str(self._store), "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=Path(edge.__file__).parent.parent,
        )


def _bundle(one: Taken, now_us: int, oldest_us: Mapping[Any, int]) -> Document:
    its = latest([one])[one.kind]
    return {
        "kind": one.kind,
        "sha256": one.sha256,
        "count": one.count,
        "whole": one.whole,
        "stamp_us": one.stamp_us,
        "taken_us": one.taken_us,
        "age_days": age_days(its, now_us),
        "limit_days": oldest_us[one.kind] // _DAY_US,
    }
