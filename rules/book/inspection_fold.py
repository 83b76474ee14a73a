"""Folds what happened to inspections into the book; nothing of pack or configuration is asked, so a rebuild gives the same."""

from dataclasses import replace
from typing import assert_never

from rules.book.asset_fields import date_of, day_of
from rules.book.book import Batch, Book
from rules.book.inspection import Filed, Inspected, Signed, StagedInspection, kept
from rules.model.ids import AssetId
from rules.model.inspection_facts import (
    InspectionBatchTurned,
    InspectionFact,
    InspectionPhotographed,
    InspectionSigned,
    InspectionsKept,
    KeptLine,
)

NAME = "inspection"


def fold_inspection(book: Book, at_us: int, fact: InspectionFact) -> None:
    """Change the book by `fact`, written at `at_us` (UTC)."""
    match fact:
        case InspectionSigned():
            _number(book, fact.inspection)
            expires = tuple((name, day_of(value)) for name, value in fact.expires)
            signed = Signed(fact.inspection, fact.check, day_of(fact.day), fact.result == "passed", expires)
            if fact.batch:
                book.inspections_staged[fact.inspection] = StagedInspection(
                    fact.batch, fact.asset, fact.key, signed
                )
            else:
                _take(book, at_us, fact.asset, signed, fact.key, fact.corrects)
        case InspectionPhotographed():
            filed = book.filed.get(fact.inspection)
            if filed is not None:
                book.filed[fact.inspection] = replace(filed, photos=filed.photos + fact.count)
        case InspectionsKept():
            _keep(book, at_us, fact)
        case InspectionBatchTurned():
            book.numbers["inspection_batch"] = max(book.numbers.get("inspection_batch", 0), fact.batch)
            book.inspection_batches[fact.batch] = Batch(fact.state, fact.rows, fact.sha256, at_us)
            if fact.state != "begun":
                _end(book, at_us, fact)
        case _:
            assert_never(fact)


def _take(book: Book, at_us: int, asset: AssetId, signed: Signed, key: str, corrects: int) -> None:
    book.filed[signed.number] = Filed(asset, signed.check, day=signed.day)
    if key:
        book.inspection_keys[key] = signed.number
    known = book.inspected.get(asset, Inspected((), at_us))
    others = tuple(one for one in known.signed if one.number != corrects)
    book.inspected[asset] = replace(known, signed=kept((*others, signed)))
    before = book.filed.get(corrects)
    if before is not None:
        book.filed[corrects] = replace(before, corrected_by=signed.number)


def _end(book: Book, at_us: int, fact: InspectionBatchTurned) -> None:
    for number, one in list(book.inspections_staged.items()):
        if one.batch == fact.batch:
            del book.inspections_staged[number]
            if fact.state == "taken":
                _take(book, at_us, one.asset, one.signed, one.key, 0)


def _keep(book: Book, at_us: int, fact: InspectionsKept) -> None:
    asset = book.assets.get(fact.asset)
    if asset is None:
        return
    book.assets[asset.id] = replace(asset, since_us=fact.since_us)
    signed = []
    for number, check, day, result, expires in fact.signed:
        _number(book, number)
        book.filed.setdefault(number, Filed(asset.id, check, day=day_of(day)))
        runs_out = tuple((name, day_of(value)) for name, value in expires)
        signed.append(Signed(number, check, day_of(day), result == "passed", runs_out))
    book.inspected[asset.id] = Inspected(kept(signed), at_us)


def _number(book: Book, number: int) -> None:
    book.numbers[NAME] = max(book.numbers.get(NAME, 0), number)


def line_of(one: Signed) -> KeptLine:
    """A signature as it is said again."""
    expires = tuple((name, date_of(day)) for name, day in one.expires)
    return one.number, one.check, date_of(one.day), "passed" if one.passed else "failed", expires
