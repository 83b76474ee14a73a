"""How a journal starts: what is found is read, what is damaged is set aside, and a new epoch begins where it
must.
"""

import contextlib
import fcntl
import hashlib
import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from edge.journal.canonical import JSON
from edge.journal.chain import Head
from edge.journal.checkpoint import Checkpoint
from edge.journal.core import Core
from edge.journal.doubts import InDoubt, Why
from edge.journal.faults import error_name, is_damage, is_full
from edge.journal.keys import PRIVATE_NAME, KeyRefused
from edge.journal.mending import (
    TAIL_EVENTS,
    finish,
    gather,
    place_of_end,
    put_back,
    put_in_place,
    salvage,
    storage_answers,
    tail_holds,
)
from edge.journal.places import Places
from edge.journal.spill import Spill
from edge.journal.stamp import Stamped
from edge.journal.store import NotInOrder, Store
from edge.journal.stored import Stored, stored
from edge.journal.upcast import upcast
from edge.journal.witness import Witness, Witnessed, read_witness

LOCKED_S: Final = 1.0
"""Whoever only reads (`prepare`) holds a store for some milliseconds at a time: a start waits for that."""
_SALVAGE_S: Final = 2.0
"""Of a start: 30,000 events. What is not brought over by then stays in the file that is set aside."""


class JournalInUse(Exception):
    """Another process has this journal open: one store directory belongs to one daemon."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What the start found.

    reason: the code of why a new epoch began; None: the old one goes on. Codes: first_start, restored,
        machine_changed, events_lost, witness_differs, chain_broken, journal_corrupt, journal_missing,
        journal_refused.
    head: what the head witness said, for a start that cannot fold the journal; None: nothing known.
    orphans: durable events that no longer fit a chain (their database is gone): to be folded all the same.
    set_aside: files kept under another name, never deleted.
    """

    reason: str | None
    old: Head | None
    witnessed: Witnessed | None
    orphans: tuple[Stored, ...] = ()
    set_aside: tuple[str, ...] = ()

    @property
    def head(self) -> dict[str, JSON] | None:
        return None if self.witnessed is None else self.witnessed.said


def lock(places: Places) -> int | None:
    """Claim the directory for this process. Raises JournalInUse; None where the disk has no place for a
    lock.
    """
    try:
        places.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(places.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return None
    ends_s = time.monotonic() + LOCKED_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > ends_s:
                os.close(descriptor)
                raise JournalInUse(f"{places.directory} is in use by another campus-edge") from None
            time.sleep(0.01)
        else:
            return descriptor


def start_up(core: Core) -> Opened:
    """Read the three files, fold the spill in, and begin a new epoch where the old one cannot go on.

    Never raises for what a disk does: what refuses is trouble, and is tried again by the writer.
    """
    made = _open_files(core)
    witnessed = _witnessed(core)
    found = _open_store(core, witnessed)
    store, aside = found.store, list(found.aside)
    instead_of = found.instead_of
    broken = store is not None and not tail_holds(store, core.campus)
    orphans: tuple[Stored, ...] = ()
    gap = False
    if store is not None:
        orphans, gap = _fold(core, store)
    if orphans:
        with contextlib.suppress(OSError):
            aside = [*aside, *filter(None, [core.set_spill_aside("orphans")])]
    old = _old_head(core, witnessed, orphans)
    try:
        if instead_of is not None and store is not None and _all_there(store, witnessed, gap=gap):
            instead_of = None
        reason = _reason(core, witnessed, old, instead_of=instead_of, broken=broken, gap=gap)
    except sqlite3.Error as err:
        core.refuse(error_name(err))
        reason = "journal_refused"
    if found.rebuilt is not None:
        core.trouble("journal_corrupt", instead_of is not None, ())
        core.trouble("journal_rebuilt", instead_of is None, ())
    with core.baton:
        if reason is not None:
            if reason not in ("chain_broken", "witness_differs"):
                _close_epoch(core)  # our signature on a chain that does not hold would vouch for it
            core.start_epoch(reason, old, _lost(witnessed, old))
        elif old is not None:
            core.stamper.head = old
        if made and reason != "first_start":
            core.stamp([core.own("witness.made/1", {"found": "missing" if made == 1 else "damaged"})])
        if found.rebuilt is not None:
            core.stamp([core.own("journal.rebuilt/1", found.rebuilt)])
        elif aside:
            names: list[JSON] = list(aside)
            core.stamp([core.own("journal.set_aside/1", {"files": names, "orphans": len(orphans)})])
    if witnessed is not None:
        core.bearing.said = witnessed.said
    core.flush()
    if reason is not None and core.store is not None:
        with contextlib.suppress(OSError):
            core.places.restored.unlink(missing_ok=True)
    return Opened(reason, old, witnessed, orphans, tuple(aside))


def _open_files(core: Core) -> int:
    """Open witness and spill. 0: the witness was there; 1: it was missing; 2: none of it was whole."""
    made = 0
    try:
        core.bearing.witness = Witness.open(core.places.witness)
        if core.bearing.witness.last is None:
            made = 1 if core.bearing.witness.made else 2
    except OSError as err:
        core.trouble("witness_refused", True, (str(err.strerror),))
    try:
        core.spill = Spill.open(core.places.spill)
    except OSError as err:
        core.spill_ails = True
        core.trouble("spill_refused", True, (str(err.strerror),))
    return made


def _witnessed(core: Core) -> Witnessed | None:
    """What the witness says, also where the disk lets it be read and not written."""
    if core.bearing.witness is not None:
        return core.bearing.witness.last
    with contextlib.suppress(OSError):
        return read_witness(core.places.witness)
    return None


@dataclass(slots=True)
class _Found:
    """The database, taken into use; None: the disk refuses.

    instead_of: why it is not the one that lay there, as the code of a new epoch. rebuilt: what was put together, for the
        journal; None: nothing was. aside: what is kept under another name.
    """

    store: Store | None = None
    instead_of: str | None = None
    rebuilt: dict[str, JSON] | None = None
    aside: tuple[str, ...] = ()


def _open_store(core: Core, witnessed: Witnessed | None) -> _Found:
    places = core.places
    try:
        # A directory that may not be entered (PermissionError) hides what lies there: it refuses, and nothing is missing.
        restored = places.restored.exists()  # whoever brings back an old journal wants it as it is
        core.doubts.reached = None if witnessed is None or restored else witnessed.head
        cut_off = None if restored else finish(places, core.now()[0])
        if not restored and not places.database.exists() and places.copy.exists():
            return _rebuilt(core, witnessed, None, "gone")
        store, fault = _opened(core, witnessed)
        if store is None:
            storage_answers(places.directory)
            core.trouble("journal_corrupt", True, (fault,))
            return _rebuilt(core, witnessed, None, "damaged")
        if not restored and places.copy.exists() and (lacking := _lacks(core, store, witnessed)):
            return _rebuilt(core, witnessed, store, lacking)
        core.adopt(store)
        if cut_off is None:
            return _Found(store)
        files: list[JSON] = list(cut_off)
        return _Found(store, "journal_corrupt", {"why": "cut_off", "files": files}, cut_off)
    except (sqlite3.Error, OSError, InDoubt) as err:
        core.trouble("journal_corrupt", False, ())
        core.refused(err)
        core.retry_later()  # behind the start
    return _Found()


def _opened(core: Core, witnessed: Witnessed | None) -> tuple[Store | None, str]:
    """The database, asked all that a start asks; None, and what it says: it is damaged, and said so twice.

    Raises sqlite3.Error where the disk refuses.
    """
    fault = ""
    for _ in range(3):
        try:
            store = Store.open(core.places.database)
            try:
                _ask_all(store, witnessed)
            except BaseException:
                store.close()
                raise
            return store, ""
        except (sqlite3.Error, TypeError, ValueError) as err:
            if is_full(err, core.places.directory) and core.room.give_up():
                continue
            if not is_damage(err):
                raise
            if fault:
                break
            fault = error_name(err)
    return None, fault


def _lacks(core: Core, store: Store, witnessed: Witnessed | None) -> Why | None:
    """Why the copy may hold what this database does not; None: it need not."""
    if not tail_holds(store, core.campus):
        return "broken"
    if witnessed is None or (core.spill is not None and not core.spill.empty):
        return None
    head = witnessed.head
    there = store.hash_at(head.epoch, head.seq)
    if there == head.hash or (there is None and store.holds(head.epoch, head.seq)):
        return None
    return "shorter"


def _rebuilt(core: Core, witnessed: Witnessed | None, store: Store | None, why: Why) -> _Found:
    """Put a database together from the copy and from what lies there.

    store: one that still works, and stays where nothing better comes of it. Raises sqlite3.Error, OSError, and InDoubt
    where it would take too long now: then it is done behind the start.
    """
    places, until_s = core.places, time.monotonic() + _SALVAGE_S
    made = gather(places, core.campus)
    remains = store or _remains(places)
    if remains is not None and not salvage(made, remains, until_s):
        made.mirror.store.close()
        remains.close()
        raise InDoubt(why)
    better = (
        witnessed is not None and made.holds(witnessed.head) and store is not None and made.holds(store.head)
    )
    if store is not None and not better:
        put_back(places, made)
        core.adopt(store)
        return _Found(store)
    if remains is not None:
        remains.close()
    unread = made.mirror.unread
    copied, salvaged, end = made.copied, made.salvaged, made.head
    fresh, aside = put_in_place(places, made, core.now()[0])
    core.adopt(fresh)
    code = "journal_missing" if why == "gone" else "journal_corrupt"
    if end is None:
        return _Found(fresh, code, None, aside)
    files: list[JSON] = list(aside)
    told: dict[str, JSON] = {
        "why": why,
        "copied": copied,
        "salvaged": salvaged,
        "epoch": end.epoch,
        "seq": end.seq,
    }
    if unread:
        core.trouble("sealed_lost", True, (str(unread),))
    return _Found(fresh, code, {**told, "sealed_lost": unread, "files": files}, aside)


def _remains(places: Places) -> Store | None:
    if not places.database.exists():
        return None
    with contextlib.suppress(sqlite3.Error, TypeError, ValueError):
        return Store.open(places.database, make=False)
    return None


def _all_there(store: Store, witnessed: Witnessed | None, *, gap: bool) -> bool:
    """Whether a database that was rebuilt holds all that the head witness saw."""
    if witnessed is None or gap:
        return False
    return store.hash_at(witnessed.head.epoch, witnessed.head.seq) == witnessed.head.hash


def _ask_all(store: Store, witnessed: Witnessed | None) -> None:
    """Everything that a start asks: a damaged page is found here, where it can be mended, or when it is read."""
    store.raw_after(0 if store.head is None else max(0, place_of_end(store) - TAIL_EVENTS), TAIL_EVENTS)
    store.segments()
    if store.head is not None:
        store.last_checkpoint(store.head.epoch)
    if witnessed is not None:
        store.hash_at(witnessed.head.epoch, witnessed.head.seq)


def _fold(core: Core, store: Store) -> tuple[tuple[Stored, ...], bool]:
    """Fold the spill in; what does not follow the database is returned, and whether there was such."""
    if core.spill is None or core.spill.empty:
        return (), False
    try:
        core.fold_spill(store)
    except NotInOrder:
        return tuple(typed(each) for each in core.spill.read() if not store.holds(each.epoch, each.seq)), True
    except (sqlite3.Error, OSError) as err:
        core.refuse(error_name(err) if isinstance(err, sqlite3.Error) else str(err.strerror))
    return (), False


def typed(event: Stamped) -> Stored:
    """An event of the spill as if it had been read from the database."""
    opened = {each.field: msgspec.json.decode(each.value) for each in event.sealed}
    return upcast(stored(event.body, event.hash, opened))


def _old_head(core: Core, witnessed: Witnessed | None, orphans: tuple[Stored, ...]) -> Head | None:
    """Where the chain stood: by a spill not folded, else by the database, else by what was left of it."""
    last = None
    if core.spill is not None and not core.spill.empty:
        with contextlib.suppress(OSError):
            for event in core.spill.read():
                last = event.head
    if last is None and core.store is not None:
        last = core.store.head
    if last is None and orphans:
        last = Head(orphans[-1].epoch, orphans[-1].seq, orphans[-1].hash)
    if last is None and witnessed is not None:
        last = witnessed.head
    return last


def _reason(
    core: Core,
    witnessed: Witnessed | None,
    old: Head | None,
    *,
    instead_of: str | None,
    broken: bool,
    gap: bool,
) -> str | None:
    """The code of why the old epoch cannot go on; None: it can."""
    store = core.store
    spilled = core.spill is not None and not core.spill.empty
    if store is not None and instead_of is not None:
        return instead_of
    if store is None:
        # What the database holds is not known: only a spill that ends where the witness stood goes on.
        known = spilled and old is not None and (witnessed is None or witnessed.head == old)
        return None if known else "journal_refused"
    if store.head is None and not spilled:
        # The key is made behind the first commit: where it lies, there was a journal.
        begun = witnessed is not None or (core.places.directory / PRIVATE_NAME).exists()
        return "journal_missing" if begun else "first_start"
    if core.places.restored.exists():
        return "restored"
    if broken:
        return "chain_broken"
    if gap or (store.head is not None and store.last_checkpoint(store.head.epoch) > store.head.seq):
        return "events_lost"
    if witnessed is not None and old is not None:
        fault = _against_witness(store, witnessed.head, old)
        if fault is not None:
            return fault
    begun_on = store.epochs[-1].machine if store.epochs else None
    if begun_on is not None and core.machine is not None and begun_on != core.machine:
        return "machine_changed"
    return None


def _against_witness(store: Store, witnessed: Head, old: Head) -> str | None:
    if witnessed.epoch == old.epoch:
        if witnessed.seq > old.seq:
            return "events_lost"
        there = old.hash if witnessed.seq == old.seq else store.hash_at(witnessed.epoch, witnessed.seq)
        return "witness_differs" if there not in (witnessed.hash, None) else None
    # Of an earlier epoch: the power went between a new epoch's commit and its witness.
    return None if store.place_of(witnessed.epoch, 1) is not None else "events_lost"


def _lost(witnessed: Witnessed | None, old: Head | None) -> dict[str, JSON]:
    """What the witness knew beyond the journal's own end."""
    if witnessed is None or witnessed.head == old:
        return {}
    head = witnessed.head
    return {"witness_epoch": head.epoch, "witness_seq": head.seq, "witness_hash": head.hash}


def _close_epoch(core: Core) -> Checkpoint | None:
    """The old epoch's last checkpoint, so that an export can end there."""
    if core.store is None or core.store.head is None:
        return None
    with contextlib.suppress(KeyRefused, sqlite3.Error):
        return core.checkpoint(last_of_epoch=True)
    return None


def machine_digest(campus: str, machine_id_file: Path) -> str | None:
    """Tells this machine from another without giving its id away; None where it has none."""
    try:
        text = machine_id_file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return hashlib.sha256(f"campus-edge {campus} {text}".encode()).hexdigest() if text else None
