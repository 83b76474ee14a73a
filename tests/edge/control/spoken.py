"""A state with words for families and media that wait."""

from dataclasses import replace

from rules.model.facts import Entry, Fact
from rules.model.ids import Actor, IncidentId
from rules.model.statements import StatementAnswered, StatementsPrepared
from rules.record import fold
from rules.state import State
from tests.edge.campus import NOON, PLAN, quiet

FAMILIES, MEDIA = 1, 2
READY = StatementsPrepared(
    IncidentId("inc-1"),
    "drill",
    "lockdown",
    PLAN.campus,
    7,
    (
        (FAMILIES, "lockdown-families", "families", "public-information"),
        (MEDIA, "lockdown-media", "media", "public-information"),
    ),
    ("DRILL. Students are safe (7).", "DRILL. A drill is held (7)."),
)


def spoken(*answers: StatementAnswered) -> State:
    state = quiet()
    record = state.record
    facts: list[Fact] = [READY, *answers]
    for fact in facts:
        record = fold(record, NOON, Entry(fact, "inc-1", Actor("account:kim")))
    return replace(state, record=record)
