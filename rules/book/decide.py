"""What comes of what a person asks of the book: the index of its rules."""

from collections.abc import Iterator
from typing import assert_never

from rules.book import (
    assessments,
    assets,
    audits,
    batches,
    dependencies,
    exterior,
    faults,
    floorplans,
    inspection_evidence,
    inspections,
    lifecycle,
    merges,
    stock,
    tickets,
    upkeep,
)
from rules.book.book import Book
from rules.book.decision import Now
from rules.model import asset_asks as asks
from rules.model.assessment_asks import AnswerQuestion, BeginAssessment, EndAssessment, ImportChecklist
from rules.model.book_asks import BookAsk, RecordBundle
from rules.model.exterior_asks import SignSweep
from rules.model.facts import Entry
from rules.model.floorplan_asks import DropFloorplan, RefuseFloorplan, TakeFloorplan
from rules.model.ids import Actor
from rules.model.inspection_asks import ImportInspections, PhotographInspection, SignInspection
from rules.model.ticket_asks import (
    BeginUpkeep,
    ChangeTicket,
    EndUpkeep,
    ImportTickets,
    MergeTicket,
    NoteTicket,
    OpenTicket,
)


def decide(book: Book, asked: BookAsk, actor: Actor, now: Now) -> tuple[Entry, ...]:
    """The entries that it makes, whole or not at all. Raises Refused."""
    return tuple(_decided(book, asked, actor, now))


def _decided(book: Book, asked: BookAsk, actor: Actor, now: Now) -> Iterator[Entry]:
    match asked:
        case asks.WriteAsset():
            return assets.write(book, asked, actor)
        case asks.EditAssets():
            return assets.edit(book, asked, actor)
        case asks.TurnAsset():
            return lifecycle.turn(book, asked, actor)
        case asks.ReplaceAsset():
            return lifecycle.replace_piece(book, asked, actor, now)
        case asks.CommissionAsset():
            return lifecycle.commission(book, asked, actor, now)
        case asks.IssueAsset():
            return lifecycle.issue(book, asked, actor, now)
        case asks.ReturnAsset():
            return lifecycle.give_back(book, asked, actor)
        case asks.LinkAssets():
            return dependencies.link(book, asked, actor)
        case asks.SetMinimum():
            return stock.set_minimum(book, asked, actor)
        case asks.BeginAudit():
            return audits.begin(book, asked, actor)
        case asks.SeeAsset():
            return audits.see(book, asked, actor, now)
        case asks.EndAudit():
            return audits.end(book, asked, actor)
        case asks.ReportFault():
            return faults.report(book, asked, actor)
        case asks.SettleFault():
            return faults.settle(book, asked, actor)
        case asks.BeginBatch():
            return batches.begin(book, asked, actor)
        case asks.AddRows():
            return batches.add(book, asked, actor, now)
        case RecordBundle():
            return (Entry(one, one.bundle, actor) for one in (asked.taken, asked.refused) if one is not None)
        case asks.EndBatch():
            return batches.end(book, asked, actor)
        case OpenTicket():
            return tickets.open_ticket(book, asked, actor)
        case ChangeTicket():
            return tickets.change_ticket(book, asked, actor)
        case NoteTicket():
            return tickets.note_ticket(book, asked, actor)
        case MergeTicket():
            return merges.merge_ticket(book, asked, now)
        case ImportTickets():
            return tickets.import_tickets(book, asked, actor, now)
        case BeginUpkeep():
            return upkeep.begin(book, asked, actor, now)
        case EndUpkeep():
            return upkeep.end(book, asked, actor)
        case TakeFloorplan() | RefuseFloorplan() | DropFloorplan():
            return floorplans.decide(book, asked, actor, now)
        case SignSweep():
            return exterior.sign(book, asked, actor)
        case PhotographInspection():
            return inspection_evidence.photograph(book, asked, actor)
        case SignInspection():
            return inspections.sign(book, asked, actor, now)
        case ImportInspections():
            return inspections.import_inspections(book, asked, actor, now)
        case ImportChecklist():
            return assessments.import_checklist(book, asked, actor)
        case BeginAssessment():
            return assessments.begin(book, asked, actor)
        case AnswerQuestion():
            return assessments.answer(book, asked, actor)
        case EndAssessment():
            return assessments.end(book, asked, actor)
        case _:
            assert_never(asked)
