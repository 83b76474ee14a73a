"""Folds facts into the book: after they are in the journal, and the same at a rebuild."""

from dataclasses import replace
from typing import Final

from rules.book import exterior, floorplans, set_back
from rules.book.assessment_fold import fold_assessment
from rules.book.assets import without
from rules.book.book import Batch, Book, Fault, Minimum, Round, Standing
from rules.book.firmware import Said
from rules.book.fold_assets import fold_asset, take
from rules.book.inspection import Walked
from rules.book.inspection_fold import fold_inspection
from rules.book.ticket_causes import MISSED, OF_THINGS, REPORTED, is_missed, is_reported
from rules.book.ticket_fold import fold_signal, fold_ticket
from rules.model.assessment_facts import AssessmentFact
from rules.model.asset_facts import (
    AssetBatchTurned,
    AssetMissed,
    AssetSeen,
    AssetTurned,
    AuditTurned,
    FaultReported,
    FaultSettled,
    StockMinimumSet,
)
from rules.model.camera_facts import CameraIdentified, CameraTurned
from rules.model.device_facts import DeviceIdentified
from rules.model.exterior_facts import DoorsWatched, SweepRecorded, SweepSigned
from rules.model.facts import (
    ButtonTurned,
    ControllerTurned,
    Entry,
    FlagCleared,
    FlagRaised,
    IncidentClosed,
    IncidentOpened,
    InputTurned,
    PressRecorded,
    VerdictReached,
)
from rules.model.floorplan_facts import FloorplanFact
from rules.model.ids import AssetId
from rules.model.inspection_facts import InspectionFact
from rules.model.selftest_facts import SelfTestEnded
from rules.model.ticket_facts import TicketFact

HEARD: Final = (
    ControllerTurned, ButtonTurned, CameraTurned, InputTurned, PressRecorded, DeviceIdentified, CameraIdentified,
    DoorsWatched, VerdictReached, SelfTestEnded, IncidentOpened, IncidentClosed,
)  # fmt: skip
"""Facts of the reflex that tell of a device whether it is heard, what it says it is, and what its sensors say; and which
incidents are live, in which the district takes nothing from sight."""
BY_THE_DEVICE: Final = frozenset({"mqtt", "wired"})
"""Paths of a press that only the button itself can have gone."""


def fold(book: Book, at_us: int, entry: Entry, *, sure: bool = False) -> None:
    """Change the book by `entry`, written at `at_us` (UTC); facts that it does not know change nothing. sure: see `set_back`."""
    set_back.told(book, at_us, sure=sure)
    fact = entry.fact
    match fact:
        case AssetBatchTurned():
            _batch(book, at_us, fact)
        case StockMinimumSet():
            if fact.minimum:
                book.minimums[fact.type] = Minimum(fact.minimum, at_us)
            else:
                book.minimums.drop(fact.type)
        case AuditTurned():
            _audit(book, at_us, fact)
        case FaultReported():
            if not is_reported(book, fact.asset):
                fold_signal(book, at_us, (REPORTED, fact.asset), raised=True)
            book.faults[fact.number] = Fault(fact.asset, at_us)
            _numbered(book, "fault", fact.number)
        case FaultSettled():
            book.faults.drop(fact.number)
            # What was taken on is to be mended: its ticket is proposed to be closed by whoever mended it.
            if fact.outcome == "dismissed" and not is_reported(book, fact.asset):
                fold_signal(book, at_us, (REPORTED, fact.asset), raised=False)
        case DeviceIdentified():
            said = Said(fact.vendor, fact.model, fact.firmware)
            book.identities[AssetId(fact.controller)] = said
        case CameraIdentified():
            book.identities[AssetId(fact.camera)] = Said(fact.manufacturer, fact.model, fact.firmware)
        case FlagRaised():
            known = book.flags.get((fact.code, fact.subject))
            since_us = at_us if known is None else known.since_us
            if known is None and fact.code not in OF_THINGS:
                fold_signal(book, at_us, (fact.code, fact.subject), raised=True)
            book.flags[fact.code, fact.subject] = Standing(fact.args, since_us)
        case FlagCleared():
            if (fact.code, fact.subject) in book.flags:
                del book.flags[fact.code, fact.subject]
                if fact.code not in OF_THINGS:
                    fold_signal(book, at_us, (fact.code, fact.subject), raised=False)
        case ControllerTurned():
            _hear(book, fact.controller, fact.up)
        case CameraTurned():
            _hear(book, fact.camera, fact.up)
        case ButtonTurned():
            _hear(book, fact.button, fact.state == "heard")
        case InputTurned():
            _hear(book, fact.input, fact.state != "unsure")
        case PressRecorded():
            if fact.path in BY_THE_DEVICE:
                _hear(book, fact.button, True)
                if fact.standing == "test":
                    book.walked[AssetId(fact.button)] = Walked(at_us, fact.press, fact.age_us)
        case IncidentOpened():
            book.live[fact.id] = True
        case IncidentClosed():
            book.live.drop(fact.id)
        case DoorsWatched():
            exterior.fold_watched(book, fact)
        case VerdictReached():
            exterior.fold_verdict(book, at_us, fact)
        case SelfTestEnded():
            exterior.fold_tested(book, at_us, fact)
        case SweepRecorded():
            exterior.fold_recorded(book, fact)
        case SweepSigned():
            exterior.fold_signed(book, at_us, fact)
        case _ if isinstance(fact, TicketFact):
            fold_ticket(book, at_us, fact)
        case AssetMissed() | AssetSeen() | AssetTurned():
            was = is_missed(book, fact.asset)
            fold_asset(book, at_us, fact)
            if was != (missed := is_missed(book, fact.asset)):
                fold_signal(book, at_us, (MISSED, fact.asset), raised=missed)
            if not isinstance(fact, AssetTurned):
                _in_round(book, fact)
        case _ if isinstance(fact, InspectionFact):
            fold_inspection(book, at_us, fact)
        case _ if isinstance(fact, FloorplanFact):
            floorplans.fold(book, at_us, fact)
        case _ if isinstance(fact, AssessmentFact):
            fold_assessment(book, at_us, fact)
        case _:
            fold_asset(book, at_us, fact)


def forget(book: Book, owner: str, name: str, words: tuple[str, ...]) -> None:
    """These words of a thing were erased. owner: as `edge.book.tables` keeps them, `asset` or `staged:BATCH`."""
    if owner == "asset":
        asset = book.assets.get(AssetId(name))
        if asset is not None:
            book.assets[asset.id] = without(asset, words)
        return
    kind, _, number = owner.partition(":")
    if kind == "staged":
        key = int(number), AssetId(name)
        row = book.staged.get(key)
        if row is not None:
            book.staged[key] = replace(row, words=tuple(one for one in row.words if one not in words))


def _hear(book: Book, device: str, up: bool) -> None:
    if book.heard.get(AssetId(device)) != up:
        book.heard[AssetId(device)] = up


def _batch(book: Book, at_us: int, fact: AssetBatchTurned) -> None:
    _numbered(book, "batch", fact.batch)
    if fact.state == "begun":
        book.batches[fact.batch] = Batch(fact.state, fact.rows, fact.sha256, at_us)
        return
    rows = [(key, row) for key, row in book.staged.items() if key[0] == fact.batch]
    for key, row in rows:
        if fact.state == "taken":
            take(book, key[1], row)
        del book.staged[key]
    book.batches.drop(fact.batch)
    book.orphans.discard(fact.batch)


def _audit(book: Book, at_us: int, fact: AuditTurned) -> None:
    _numbered(book, "round", fact.round)
    if fact.state == "begun":
        book.rounds[fact.round] = Round(fact.zone, fact.type, fact.expected, at_us)
    else:
        book.rounds.drop(fact.round)


def _in_round(book: Book, fact: AssetSeen | AssetMissed) -> None:
    audit = book.rounds.get(fact.round)
    if audit is not None and isinstance(fact, AssetSeen):
        book.rounds[fact.round] = replace(audit, seen=audit.seen | {fact.asset})


def _numbered(book: Book, what: str, number: int) -> None:
    book.numbers[what] = max(book.numbers.get(what, 0), number)
