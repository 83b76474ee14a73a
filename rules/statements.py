"""What families and media may be told: words of the pack for each state of an incident, ready for the district. Issue 7, B6.

This box tells neither of them anything: it queues the words, as entries of its journal, and a person approves them. The first
word says whether it is a drill or real, whatever the pack says (features.md, P27). Nothing of a silent incident is said,
and an exercise and a test have no words.
"""

import re
from collections.abc import Mapping
from typing import Final

from rules.decision import RequestAnswer
from rules.model.facts import Because, RequestRefused
from rules.model.ids import IncidentId, ZoneId
from rules.model.kinds import KindWord
from rules.model.responses import Response
from rules.model.statements import StatementAnswered, StatementAsked, StatementsPrepared
from rules.plan import StatementPlan
from rules.statement_state import Stated
from rules.step import Step

MARKS: Final[Mapping[KindWord, str]] = {"real": "REAL. ", "drill": "DRILL. "}
"""What a text begins with; the kinds that have none have no words."""
OVER: Final = "over"
"""Of a pack's texts, those for the end."""
PLACES: Final = frozenset({"campus", "where", "number"})
"""What may stand in braces in a text: the campus's name, the zone's, the state number."""
_PLACE: Final = re.compile(r"\{([a-z]+)\}")


def sweep(step: Step) -> None:
    """Make words ready for what an incident is now, and for its end; nobody waits for it, and a restart forgets none."""
    known = step.record.statements.stated
    for live in tuple(step.record.incidents.values()):
        before = known.get(live.id)
        if live.silent or live.kind not in MARKS or before == Stated(live.kind, live.response, live.zone):
            continue
        words = step.plan.statements.get(live.response, ())
        if words or before is not None:
            _prepare(step, live.id, live.kind, live.response, live.zone, words)
    for incident, before in known.items():
        if incident not in step.record.incidents:
            # Beside a real one nobody reads that a drill is over.
            real = any(one.kind == "real" and not one.silent for one in step.record.incidents.values())
            words = () if before.kind != "real" and real else step.plan.statements.get(OVER, ())
            _prepare(step, incident, before.kind, None, before.zone, words)


def answer(step: Step, event: StatementAsked) -> None:
    """A person approves words, or declines them with a reason; each once."""
    one = step.record.statements.kept.get(event.number)
    reason = event.reason.strip()
    if one is None:
        _refuse(step, event, "unknown_statement")
    elif one.state == "overtaken":
        _refuse(step, event, "statement_overtaken")
    elif one.state != "waiting":
        _refuse(step, event, "statement_stands")
    elif event.answer == "declined" and not reason:
        _refuse(step, event, "no_reason_statement")
    else:
        fact = StatementAnswered(event.number, event.answer, reason)
        step.write(fact, one.incident, actor=event.actor, incident=one.incident, because=Because("asked"))
        step.answer(RequestAnswer(event.request, True, "done"))


def worded(step: Step, one: StatementPlan, kind: KindWord, zone: ZoneId) -> str:
    """The text of a template: its first word is this box's, and so are the names of campus and zone."""
    zones = step.plan.zones
    campus = zones[step.plan.campus].name
    values = {
        "campus": campus,
        "where": zones[zone].name if zone in zones else campus,
        "number": str(step.record.number),
    }
    text = one.real if kind == "real" else one.drill
    # In one pass: a name with braces in it is a name.
    return MARKS[kind] + _PLACE.sub(lambda found: values.get(found[1], found[0]), text)


def _prepare(
    step: Step,
    incident: IncidentId,
    kind: KindWord,
    response: Response | None,
    zone: ZoneId,
    words: tuple[StatementPlan, ...],
) -> None:
    first = step.record.statements.last + 1
    fact = StatementsPrepared(
        incident,
        kind,
        response,
        zone,
        step.record.number,
        tuple((first + n, one.id, one.to, one.owner) for n, one in enumerate(words)),
        tuple(worded(step, one, kind, zone) for one in words),
    )
    step.write(fact, incident, incident=incident, because=Because("response"))


def _refuse(step: Step, event: StatementAsked, code: str) -> None:
    step.write(RequestRefused("statement", code), step.plan.campus, actor=event.actor)
    step.answer(RequestAnswer(event.request, False, code, (("statement", event.number),)))
