"""The retained state topics of contract section 4, from memory: zones, doors, appliance. Pure: messages in, bytes out.

Zones carry real incidents and drills only. Silent responses, exercises and tests never appear here.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from edge.snapshot import rfc3339
from rules.holding import effective
from rules.model.ids import ZoneId
from rules.model.kinds import KindWord
from rules.model.moments import Instant
from rules.model.verdicts import UNKNOWN
from rules.plan import Plan
from rules.state import Record, State
from rules.supervision import armed

PREFIX: Final = "campus/state/"
APPLIANCE: Final = PREFIX + "appliance"
VALID_FOR_S: Final = 30
REFRESH_S: Final = 10
"""How often `refreshed` is to be published: two lost ones in a row do not let a state lapse."""
SHOWN_KINDS: Final[frozenset[KindWord]] = frozenset({"real", "drill"})

Value = str | int | bool | None
Message = tuple[tuple[str, Value], ...]
"""The fields of one payload, without `at` and `valid_for`, which say only when it was sent."""
Messages = Mapping[str, Message]


def messages(plan: Plan, state: State, epoch: str, since: Instant) -> dict[str, Message]:
    """What each topic has to say now. epoch: the journal's. since: when `armed` last turned."""
    said = {APPLIANCE: _appliance(plan, state, since)}
    record = _shown(plan, state.record)
    for zone in plan.zones:
        said[f"{PREFIX}zone/{zone}"] = _zone(plan, record, zone, epoch)
    for door in plan.doors:
        live = state.live.doors.get(door)
        verdict = live.verdict if live else UNKNOWN
        said[f"{PREFIX}door/{door}"] = (
            ("verdict", verdict.word),
            ("by", verdict.by),
            ("code", verdict.code),
            ("bolt_thrown", verdict.bolt),
            ("closed", verdict.position),
            ("since", rfc3339(live.verdict_at.utc_us) if live and live.verdict_at else None),
        )
    return said


def changed(before: Messages, after: Messages, now: Instant) -> list[tuple[str, bytes]]:
    """What is to be published because it changed; an empty payload clears a topic that is no more."""
    out = [(topic, payload(said, now)) for topic, said in after.items() if before.get(topic) != said]
    return out + [(topic, b"") for topic in before if topic not in after]


def refreshed(said: Messages, now: Instant) -> list[tuple[str, bytes]]:
    """All of it, said again, so that it does not lapse."""
    return [(topic, payload(one, now)) for topic, one in said.items()]


def payload(said: Message, now: Instant) -> bytes:
    """One JSON payload, valid for `VALID_FOR_S` seconds from `now`."""
    fields = {**dict(said), "at": rfc3339(now.utc_us), "valid_for": VALID_FOR_S}
    return json.dumps(fields, ensure_ascii=False).encode()


def _shown(plan: Plan, record: Record) -> Record:
    """The record as anybody may see it.

    The rules keep silent responses and exercises out of the zones already; a sign must not depend on that alone.
    """
    zones = {
        zone: own
        for zone, own in record.zones.items()
        if own.kind in SHOWN_KINDS and not plan.responses[own.response].silent
    }
    return replace(record, zones=zones)


def _zone(plan: Plan, record: Record, zone: ZoneId, epoch: str) -> Message:
    held = effective(plan, record, zone)
    return (
        ("response", held.response if held else None),
        ("epoch", epoch),
        ("number", record.number),
        ("kind", held.kind if held else None),
        ("incident", held.incident if held else None),
        ("since", rfc3339(held.since.utc_us) if held else None),
    )


def _appliance(plan: Plan, state: State, since: Instant) -> Message:
    return (("armed", armed(plan, state)[0]), ("since", rfc3339(since.utc_us)))
