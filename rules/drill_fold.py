"""Folds facts into what the record keeps of drills: its own kinds, and of a drill under way what doors and buttons did."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from rules.drill_state import MOST_OVER, MOST_PLANNED, DrillOver, DrillRun, Drills, Finding, PlannedDrill
from rules.model.drill_facts import (
    DrillButtonsReal,
    DrillCancelled,
    DrillEnded,
    DrillFieldFilled,
    DrillFindingClosed,
    DrillLogged,
    DrillNoticeGiven,
    DrillPlanned,
    DrillStarted,
)
from rules.model.facts import DoorsOrdered, Entry, IncidentOpened, PressRecorded, VerdictReached
from rules.model.ids import DrillId
from rules.model.moments import Instant
from rules.model.tabletop_facts import TabletopFact
from rules.model.verdicts import SECURED
from rules.tabletop_fold import fold_tabletop

V = TypeVar("V")


def fold_drills(drills: Drills, at: Instant, entry: Entry) -> Drills:
    """What is kept of drills after `entry`; the same object where it says nothing of them."""
    fact = entry.fact
    match fact:
        case DrillPlanned():
            one = PlannedDrill(
                fact.id, fact.type, fact.kind, fact.response, fact.zones, fact.buttons,
                fact.failures, fact.day, fact.minute, fact.announced, fact.note,
            )  # fmt: skip
            return replace(drills, planned=_newest({**drills.planned, fact.id: one}, MOST_PLANNED))
        case DrillCancelled():
            return replace(drills, planned=_without(drills.planned, fact.id))
        case DrillNoticeGiven() if fact.id in drills.planned:
            planned = drills.planned[fact.id]
            told = replace(planned, notices=(*planned.notices, (fact.whom, fact.how, at.utc_us)))
            return replace(drills, planned={**drills.planned, fact.id: told})
        case DrillStarted():
            run = DrillRun(
                fact.id, fact.type, fact.kind, fact.response, fact.zones, fact.buttons, fact.buttons, fact.failures,
                at, Instant(fact.until_utc_us, fact.until_mono_us), fact.boot, fact.day, drills.planned.get(fact.id),
            )  # fmt: skip
            return replace(drills, run=run, planned=_without(drills.planned, fact.id))
        case DrillLogged():
            logged = DrillOver(
                fact.id, fact.type, "drill", None, (), (), fact.day, fact.minute, None, None, "logged", True, None,
                note=fact.note,
            )  # fmt: skip
            return _over(drills, logged)
        case DrillFieldFilled() if fact.id in drills.over:
            one_over = drills.over[fact.id]
            return _again(drills, replace(one_over, fields={**one_over.fields, fact.field: fact.text}))
        case DrillFindingClosed() if fact.id in drills.over:
            return _closed(drills, drills.over[fact.id], fact)
        case _ if isinstance(fact, TabletopFact):
            return fold_tabletop(drills, at, fact)
        case _ if drills.run is not None:
            return _of_run(drills, drills.run, at, entry)
        case _:
            return drills


def _of_run(drills: Drills, run: DrillRun, at: Instant, entry: Entry) -> Drills:
    fact = entry.fact
    match fact:
        case DrillButtonsReal() if fact.id == run.id:
            left = tuple(one for one in run.enrolled if one not in fact.buttons)
            return replace(drills, run=replace(run, enrolled=left))
        case DrillEnded() if fact.id == run.id:
            return _over(replace(drills, run=None), _ended(run, at, fact))
        case IncidentOpened() if run.incident is None and fact.kind == run.kind and not fact.silent:
            return replace(drills, run=replace(run, incident=fact.id))
        case PressRecorded() if fact.button in run.enrolled and _pressed(fact):
            return replace(drills, run=replace(run, pressed={**run.pressed, fact.button: at}))
        case DoorsOrdered() if (
            fact.order == "lock" and entry.incident is not None and entry.incident == run.incident
        ):
            told = {**dict.fromkeys(fact.doors, at), **run.ordered}
            held = {**run.held, **dict(fact.held)}
            return replace(drills, run=replace(run, ordered=told, held=held))
        case VerdictReached() if (
            fact.verdict in SECURED and fact.door in run.ordered and fact.door not in run.secured
        ):
            took = at.since(run.ordered[fact.door])
            return replace(drills, run=replace(run, secured={**run.secured, fact.door: max(0, took)}))
        case _:
            return drills


def _pressed(fact: PressRecorded) -> bool:
    """A person's press by name is no press of the button."""
    return fact.kind == "drill" and fact.standing in ("acted", "joined") and fact.path != "cli"


def _ended(run: DrillRun, at: Instant, fact: DrillEnded) -> DrillOver:
    return DrillOver(
        run.id, run.type, run.kind, run.response, run.zones, run.failures, run.day, None, run.started, at, fact.code,
        False, run.planned, run.incident, fact.doors, fact.unsecured, fact.pressed, fact.silent, fact.heard, fact.unheard,
        tuple(Finding(code, subject) for code, subject in fact.findings), fact.rooms_heard, fact.rooms_silent,
    )  # fmt: skip


def _over(drills: Drills, one: DrillOver) -> Drills:
    return replace(drills, over=_newest({**drills.over, one.id: one}, MOST_OVER))


def _again(drills: Drills, one: DrillOver) -> Drills:
    return replace(drills, over={**drills.over, one.id: one})


def _closed(drills: Drills, one: DrillOver, fact: DrillFindingClosed) -> Drills:
    findings = tuple(
        replace(finding, ticket=fact.ticket, change=fact.change) if number == fact.finding else finding
        for number, finding in enumerate(one.findings)
    )
    return _again(drills, replace(one, findings=findings))


def _newest(kept: dict[DrillId, V], most: int) -> Mapping[DrillId, V]:
    return dict(list(kept.items())[-most:])


def _without(old: Mapping[DrillId, V], key: DrillId) -> Mapping[DrillId, V]:
    return {other: value for other, value in old.items() if other != key}
