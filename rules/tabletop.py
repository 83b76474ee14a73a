"""Tabletop exercises as persons begin, hold and end them. What the table sees is a view; here is what they decide, and no more.

Nothing here asks for a door, an output or a notice: a tabletop has no incident and no command.
"""

from typing import Final, assert_never

from rules import responses
from rules.decision import RequestAnswer
from rules.model.facts import Because, Fact, RequestRefused
from rules.model.ids import DrillId
from rules.model.kinds import REAL
from rules.model.moments import MINUTE_US
from rules.model.tabletop_asks import (
    DecideAtTabletop,
    EndTabletop,
    FindAtTabletop,
    JoinTabletop,
    StartTabletop,
    TabletopAsked,
)
from rules.model.tabletop_facts import (
    TabletopDecided,
    TabletopEnd,
    TabletopEnded,
    TabletopFound,
    TabletopJoined,
    TabletopStarted,
)
from rules.step import Step
from rules.tabletop_state import (
    LONGEST,
    MOST_AT_TABLE,
    MOST_DECIDED,
    MOST_FOUND,
    MOST_RUNNING,
    Tabletop,
)

MOST_MINUTES: Final = 480
ASKED: Final = Because("asked")


def asked(step: Step, event: TabletopAsked) -> None:
    """A person's request about a tabletop."""
    ask = event.ask
    if isinstance(ask, StartTabletop):
        _start(step, event, ask)
        return
    one = step.record.drills.tabletops.get(ask.id)
    if one is None:
        _refuse(step, event, "unknown_tabletop")
        return
    match ask:
        case JoinTabletop():
            joined = TabletopJoined(one.id, ask.role, ask.name.strip())
            known = any(name == ask.name.strip() for _, name in one.table)
            _say(step, event, joined, ask.name, full=not known and len(one.table) >= MOST_AT_TABLE)
        case DecideAtTabletop():
            decided = TabletopDecided(one.id, ask.inject, ask.at_ms, ask.role, ask.text.strip())
            _say(step, event, decided, ask.text, full=len(one.decided) >= MOST_DECIDED)
        case FindAtTabletop():
            found = TabletopFound(one.id, ask.text.strip())
            _say(step, event, found, ask.text, full=len(one.found) >= MOST_FOUND)
        case EndTabletop():
            _write(step, event, one.id, TabletopEnded(one.id, "asked", ask.reason))
        case _:
            assert_never(ask)


def sweep(step: Step) -> None:
    """A real incident ends every tabletop; else each ends when its time is over, and with the boot it was counted in."""
    running = step.record.drills.tabletops
    if not running:
        return
    real = responses.live_of(step.record, REAL.word, silent=False) is not None
    for one in tuple(running.values()):
        code: TabletopEnd | None = "real_incident" if real else _why_over(step, one)
        if code is not None:
            step.write(TabletopEnded(one.id, code), one.id, because=Because(code))


def _why_over(step: Step, one: Tabletop) -> TabletopEnd | None:
    if one.boot != step.live.boot:
        return "boot"
    return "time" if one.until.since(step.at) <= 0 else None


def _start(step: Step, event: TabletopAsked, ask: StartTabletop) -> None:
    running = step.record.drills.tabletops
    if responses.live_of(step.record, REAL.word, silent=False) is not None:
        _refuse(step, event, "real_incident_live")
    elif len(running) >= MOST_RUNNING:
        _refuse(step, event, "too_many_tabletops")
    elif not 1 <= ask.minutes <= MOST_MINUTES:
        _refuse(step, event, "bad_tabletop_minutes")
    else:
        until, clock = step.at.plus(ask.minutes * MINUTE_US), step.live.clock
        fact = TabletopStarted(
            _fresh(step), ask.source, ask.of, ask.sha256, until.utc_us, until.mono_us, step.live.boot,
            None if clock is None else clock.day, ask.title.strip()[:LONGEST],
        )  # fmt: skip
        _write(step, event, fact.id, fact)


def _fresh(step: Step) -> DrillId:
    """Derived, not random, so that a decision replays."""
    number, drills = step.at.utc_us, step.record.drills
    while (one := DrillId(f"tabletop-{number}")) in drills.tabletops or one in drills.over:
        number += 1
    return one


def _say(
    step: Step,
    event: TabletopAsked,
    fact: TabletopJoined | TabletopDecided | TabletopFound,
    text: str,
    *,
    full: bool,
) -> None:
    if not text.strip() or len(text) > LONGEST:
        _refuse(step, event, "no_text")
    elif full:
        _refuse(step, event, "tabletop_full")
    else:
        _write(step, event, fact.id, fact)


def _write(step: Step, event: TabletopAsked, one: DrillId, fact: Fact) -> None:
    step.write(fact, one, actor=event.actor, because=ASKED)
    step.answer(RequestAnswer(event.request, True, "done", (("tabletop", str(one)),)))


def _refuse(step: Step, event: TabletopAsked, code: str) -> None:
    step.write(RequestRefused("tabletop", code), step.plan.campus, actor=event.actor)
    step.answer(RequestAnswer(event.request, False, code))
