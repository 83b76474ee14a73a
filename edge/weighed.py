"""Readiness and the dry run as the live picture tells of them."""

from collections.abc import Generator
from typing import Any

from edge import words
from edge.flag_words import FLAGS
from edge.flags import BITE, flag_words, key_of, place_of
from edge.journal.stored import rfc3339
from rules.model.ids import DoorId
from rules.plan import Plan
from rules.readiness import Lost, readiness
from rules.state import State

Document = dict[str, Any]


class Weighed:
    """The last readiness worked out: it stands while flags, doors and what is heard of do. Told by identity."""

    def __init__(self) -> None:
        self._known: tuple[tuple[object, ...], frozenset[str], Document] | None = None

    def of(self, plan: Plan, state: State) -> Generator[None, None, Document]:
        """`score`, `lost`, `zones`, `points`; not to be changed. It stops now and then, for the loop to do its own work."""
        live = state.live
        made_of = (plan, state.record.flags, live.doors, live.conditions)
        heard = frozenset(
            (
                *live.cameras,
                *live.controllers,
                *(one for one, its in live.buttons.items() if its.heard is not None),
            )
        )
        known = self._known
        if (
            known is None
            or known[1] != heard
            or any(was is not now for was, now in zip(known[0], made_of, strict=True))
        ):
            known = self._known = made_of, heard, (yield from _readiness(plan, state))
        return known[2]


def _readiness(plan: Plan, state: State) -> Generator[None, None, Document]:
    found = readiness(plan, state)
    yield
    points = []
    for count, one in enumerate(found.lost):
        if count % BITE == BITE - 1:
            yield
        points.append(_lost(plan, state, one))
    return {
        "score": found.campus.score,
        "lost": found.campus.lost,
        "version": plan.flags.version,
        "weights": plan.flags.hash,
        "zones": [
            {"zone": zone, "name": plan.zones[zone].name, "score": one.score, "lost": one.lost}
            for zone, one in found.zones.items()
        ],
        "points": points,
    }


def _lost(plan: Plan, state: State, one: Lost) -> Document:
    flag = state.record.flags.get((one.code, one.subject))
    if one.code in FLAGS:
        args = flag.args if flag is not None else state.live.conditions.get(one.code, ())
        title, text = words.flag(flag_words(plan, one.code, one.subject), one.subject, args)
    else:
        title, text = f"Door {one.subject}: {one.code.replace('_', ' ')}", words.verdict(one.code)
    return {
        "points": one.points,
        "code": one.code,
        "subject": one.subject,
        "zones": list(one.zones),
        "behind": one.behind,
        "unknown": one.unknown,
        "title": title,
        "text": text,
        "owner": plan.flags.of(one.code).owner,
        "place": place_of(plan, one.subject),
        "flag": None if flag is None else key_of(one.code, one.subject),
        "since": None if flag is None else rfc3339(flag.since.utc_us),
    }


def dry_run(plan: Plan, state: State) -> Document:
    """`last` null: none came to its end yet. doors: each that would fail, with every reason, the first first."""
    last = state.record.dry_run
    return {
        "running": state.live.dry_run is not None,
        "number": last.number,
        "last": None
        if last.at is None
        else {
            "number": last.number,
            "at": rfc3339(last.at.utc_us),
            "cause": last.cause,
            "asked": last.asked,
            "doors": [_door(plan, door, codes) for door, codes in last.doors.items()],
        },
    }


def _door(plan: Plan, door: DoorId, codes: tuple[str, ...]) -> Document:
    planned = plan.doors.get(door)
    return {
        "door": door,
        "name": planned.name if planned else door,
        "zone": planned.zone if planned else plan.campus,
        "reasons": [{"code": code, "words": words.would_fail(code)} for code in codes],
    }
