"""What self-tests saw, as a part of the live picture: link by link, with when each was last proven."""

import functools
from typing import Any, Final

from edge import words
from edge.journal.stored import rfc3339 as _rfc3339
from rules.exercising import exercised
from rules.links import links
from rules.model.ids import ButtonId, DoorId, ZoneId
from rules.plan import DoorPlan, Plan
from rules.state import State

Document = dict[str, Any]
rfc3339: Final = functools.lru_cache(256)(_rfc3339)
"""Nearly all links of a test were proven by it, at one moment."""


def self_test(plan: Plan, state: State) -> Document:
    """`running`: one is under way; `number`: of the last one begun; `last`: of the last that came to its end, or null.

    `holds`: no link was seen not to work. `exercises`: doors whose locks are exercised out of hours.
    """
    tests, run = state.record.self_tests, state.live.self_test
    return {
        "running": run is not None,
        "number": tests.number,
        "last": _last(plan, state),
        "exercises": [_exercise(state, door) for door in exercised(plan)],
    }


def _last(plan: Plan, state: State) -> Document | None:
    last, proven_at = state.record.self_tests.last, state.record.self_tests.proven
    if last is None:
        return None
    proven = frozenset(last.proven)
    rows: list[Document] = []
    for link in links(plan):
        outcome, code = ("proven", "") if link.name in proven else last.others.get(link.name, ("", ""))
        if not outcome:
            # It came with a later configuration: the next test tells of it.
            continue
        at = proven_at.get(link.name)
        rows.append(
            {
                "id": link.name,
                "kind": link.kind,
                "subject": link.subject,
                "name": _called(plan, link.subject),
                "outcome": outcome,
                "code": code,
                "words": words.test_code(code),
                "last_proven": None if at is None else rfc3339(at.utc_us),
            }
        )
    return {
        "number": last.number,
        "at": rfc3339(last.at.utc_us),
        "cause": last.cause,
        "holds": not any(row["outcome"] == "not_proven" for row in rows),
        "links": rows,
    }


def _called(plan: Plan, subject: str) -> str:
    door, button = plan.doors.get(DoorId(subject)), plan.buttons.get(ButtonId(subject))
    zone = plan.zones.get(ZoneId(subject))
    return next((one.name for one in (door, button, zone) if one is not None), subject)


def _exercise(state: State, door: DoorPlan) -> Document:
    last = state.record.self_tests.exercises.get(door.id)
    return {
        "door": door.id,
        "name": door.name,
        "under_way": door.id in state.live.exercises,
        "at": None if last is None else rfc3339(last.at.utc_us),
        "outcome": None if last is None else last.outcome,
        "code": "" if last is None else last.code,
        "words": "" if last is None else words.test_code(last.code),
    }
