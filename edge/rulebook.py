"""The rules and limits in force, as somebody reads them who answers for safety: data, with version and hash. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from edge import words
from edge.config.pack_merging import shipped_merging
from edge.flag_ends import ends
from edge.flag_words import FLAGS
from edge.ticket_words import MERGE_RULES, MERGED
from rules.flag_table import FlagTable
from rules.interlock import EXIT_BUTTON_US
from rules.model.moments import SECOND_US
from rules.plan import Plan
from rules.presses import ACTS_UP_TO_US
from rules.requests import WALK_TEST_MOST_MINUTES
from rules.supervision import BATTERY_LOW_PERCENT, UNREADABLE_STANDS_US

Document = dict[str, Any]
DAY_S: Final = 86_400
LIMITS: Final[Mapping[str, str]] = {
    "press_age": "A press older than this starts nothing by itself and waits for a person.",
    "door_freshness": "Older than this a door sensor says nothing any more.",
    "button_silence": "A button not heard for this long is flagged.",
    "camera_offline": "A camera without a picture for this long is flagged.",
    "button_battery": "A button's battery at or below this is flagged.",
    "exit_button": "A magnet is not locked for this long after its exit button.",
    "unreadable": "A device whose message cannot be read is flagged for this long.",
    "walk_test": "A walk-test lasts this long at most.",
    "self_test": "Each link is tested every day at this time.",
    "dry_run": "The doors that would fail are named every day at this time.",
    "measure": "What is done while a flag stands ends within this.",
}


def rulebook(plan: Plan, retention: tuple[int, int] | None, evidence: Document) -> Document:
    """retention: microseconds that incidents and all else are kept, None: for ever. evidence: policies.evidence."""
    return {
        "packs": [
            {"name": name, "version": version, "sha256": digest}
            for name, (version, digest) in sorted(plan.packs.items())
        ],
        "configuration": plan.config_hash,
        "responses": [
            {
                "response": one.response,
                "rank": one.rank,
                "scope": one.scope,
                "silent": one.silent,
                "locks": sorted(one.locks),
                "outputs": one.outputs,
            }
            for one in sorted(plan.responses.values(), key=lambda one: -one.rank)
        ],
        "flags": _flags(plan.flags),
        "doors": [{"verdict": word, "points": points} for word, points in plan.flags.verdicts.items()],
        "merging": [
            {
                "field": name,
                "title": MERGED[name],
                "rule": one.rule,
                "text": MERGE_RULES[one.rule],
                "district": one.district,
            }
            for name, one in shipped_merging().fields.items()
        ],
        "limits": list(_limits(plan)),
        "retention": None
        if retention is None
        else {
            "incidents_days": retention[0] // SECOND_US // DAY_S,
            "other_days": retention[1] // SECOND_US // DAY_S,
        },
        "evidence": evidence,
    }


def _flags(table: FlagTable) -> list[Document]:
    return [
        {
            "code": code,
            "title": words.flag(code, "…", ("…", "…"))[0] if code in FLAGS else code,
            "owner": row.owner,
            "points": row.points,
            "safety": row.safety,
            "ends": ends(row.clears),
            "ticket": None
            if row.ticket is None
            else {"after_s": row.ticket.after_us // SECOND_US, "of": row.ticket.of},
            "measure": row.measure,
        }
        for code, row in table.rows.items()
    ]


def _limits(plan: Plan) -> list[Document]:
    """Each limit that decides something here, with its value: the site's own as what they are least and most."""
    sensors = [
        one.freshness_us
        for door in plan.doors.values()
        for one in (door.bolt, door.position)
        if one is not None
    ]
    silence = [one.silence_limit_us for one in plan.buttons.values() if one.silence_limit_us is not None]
    cameras = [one.offline_after_us for one in plan.cameras.values()]
    found = [
        (
            "press_age",
            _s(ACTS_UP_TO_US),
        ),
        ("door_freshness", _span(sensors)),
        ("button_silence", _span(silence)),
        ("camera_offline", _span(cameras)),
        ("button_battery", f"{BATTERY_LOW_PERCENT} %"),
        ("exit_button", _s(EXIT_BUTTON_US)),
        (
            "unreadable",
            _s(UNREADABLE_STANDS_US),
        ),
        ("walk_test", f"{WALK_TEST_MOST_MINUTES} min"),
        ("self_test", _at(plan.self_test_at)),
        ("dry_run", _at(plan.dry_run_at)),
        ("measure", _s(plan.flags.measure_longest_us)),
    ]
    return [{"limit": name, "text": LIMITS[name], "value": value} for name, value in found if value]


def _span(values: list[int]) -> str:
    """`2 s`, or `2 s to 20 s`; `""` where there is no such thing."""
    if not values:
        return ""
    low, high = min(values), max(values)
    return _s(low) if low == high else f"{_s(low)} to {_s(high)}"


def _s(value_us: int) -> str:
    seconds = value_us / SECOND_US
    for unit, size in (("days", DAY_S), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def _at(minute: int | None) -> str:
    return "" if minute is None else f"{minute // 60:02d}:{minute % 60:02d}"
