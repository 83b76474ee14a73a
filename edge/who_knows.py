"""Who was told what, as the live picture tells of it: sent, received and acknowledged, for each route and each room."""

from typing import Any

from edge.journal.stored import rfc3339
from rules.interlock_notices import SCREENS
from rules.model.ids import OutputId
from rules.notice_state import NoticeMemory, SecondMemory
from rules.plan import OutputPlan, Plan
from rules.screens import has, has_answered, reached, rooms_of, shown
from rules.second_channel import tried, unheard
from rules.state import State

Document = dict[str, Any]


def notices(plan: Plan, state: State, output: OutputId) -> list[Document]:
    """Of one output, for each zone the last."""
    return [_notice(plan, state, one) for one in state.record.notices.values() if one.output == output]


def rooms(plan: Plan, state: State, output: OutputPlan) -> list[Document]:
    """Of screens, each room: when its screen drew what is on, and what was answered. Not there: not heard from."""
    on = shown(plan, state.record, output.id)
    if on is None or output.driver not in SCREENS:
        return []
    found, heard = [], state.record.rooms
    for room in rooms_of(output):
        known = heard.get(room)
        drawn, answered = has(heard, room, on), has_answered(heard, room, on)
        found.append(
            {
                "room": room,
                "asked": bool(output.rooms),
                "number": on.number,
                "drawn": rfc3339(known.drawn.utc_us) if known and known.drawn and drawn else None,
                "answer": known.answer if known and (answered or known.answer == "help") else None,
                "answered": rfc3339(known.answered.utc_us) if known and known.answered and answered else None,
            }
        )
    return found


def _notice(plan: Plan, state: State, one: NoticeMemory) -> Document:
    reach, told, of = reached(plan, state.record, one)
    return {
        "zone": one.zone,
        "incident": one.incident,
        "kind": one.kind,
        "response": one.response,
        "number": one.number,
        "state": reach,
        "code": one.code,
        "told": told,
        "of": of,
        "since": rfc3339(one.since.utc_us),
        "first": rfc3339(one.first.utc_us),
        "unacknowledged": [room or None for room in unheard(plan, state.record, one)],
        "second": _second(tried(state.record, one)),
    }


def _second(one: SecondMemory | None) -> Document | None:
    """By what those who did not acknowledge were tried; output null: there is no second channel. None: not tried."""
    if one is None:
        return None
    return {
        "output": one.output or None,
        "rooms": list(one.rooms),
        "at": rfc3339(one.at.utc_us),
        "state": one.state,
        "code": one.code,
        "told": one.told,
        "of": one.of,
        "since": rfc3339(one.since.utc_us),
    }
