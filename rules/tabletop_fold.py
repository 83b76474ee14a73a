"""Folds the facts of a tabletop exercise into what the record keeps of drills: at its end it is one of those that are over."""

from dataclasses import replace
from typing import assert_never

from rules.drill_state import MOST_OVER, DrillOver, Drills, Finding
from rules.model.moments import Instant
from rules.model.tabletop_facts import (
    TabletopDecided,
    TabletopEnded,
    TabletopFact,
    TabletopFound,
    TabletopJoined,
    TabletopStarted,
)
from rules.tabletop_state import (
    MOST_AT_TABLE,
    MOST_DECIDED,
    MOST_FOUND,
    MOST_RUNNING,
    TABLETOP,
    Decided,
    Tabletop,
)


def fold_tabletop(drills: Drills, at: Instant, fact: TabletopFact) -> Drills:
    """What is kept of drills after a fact of a tabletop; the same object where there is none such."""
    if isinstance(fact, TabletopStarted):
        begun = Tabletop(
            fact.id, fact.source, fact.of, fact.sha256, fact.title, at, Instant(fact.until_utc_us, fact.until_mono_us),
            fact.boot, fact.day,
        )  # fmt: skip
        return _with(drills, begun)
    one = drills.tabletops.get(fact.id)
    if one is None:
        return drills
    match fact:
        case TabletopJoined():
            others = tuple(each for each in one.table if each[1] != fact.name)
            return _with(drills, replace(one, table=(*others, (fact.role, fact.name))[-MOST_AT_TABLE:]))
        case TabletopDecided():
            decided = Decided(at, fact.inject, fact.at_ms, fact.role, fact.text)
            return _with(drills, replace(one, decided=(*one.decided, decided)[-MOST_DECIDED:]))
        case TabletopFound():
            return _with(drills, replace(one, found=(*one.found, fact.text)[:MOST_FOUND]))
        case TabletopEnded():
            over = {**drills.over, one.id: _over(one, at, fact)}
            left = {name: each for name, each in drills.tabletops.items() if name != one.id}
            return replace(drills, tabletops=left, over=dict(list(over.items())[-MOST_OVER:]))
        case _:
            assert_never(fact)


def _with(drills: Drills, one: Tabletop) -> Drills:
    return replace(drills, tabletops=dict(list({**drills.tabletops, one.id: one}.items())[-MOST_RUNNING:]))


def _over(one: Tabletop, at: Instant, fact: TabletopEnded) -> DrillOver:
    return DrillOver(
        one.id, TABLETOP, "exercise", None, (), (), one.day, None, one.started, at, fact.code, False, None,
        findings=tuple(Finding(TABLETOP, text) for text in one.found), note=one.title, tabletop=one,
    )  # fmt: skip
