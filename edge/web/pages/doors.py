"""Doors: the list, and one door with its evidence, its hardware record, its history, and what would hold it back."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from edge import words
from edge.web.pages import times
from edge.web.pages.cameras import shown_by
from edge.web.pages.devices import called
from edge.web.pages.language import _, many, say
from edge.web.pages.scene import Scene
from edge.web.pages.tested import tested
from edge.web.pages.verdicts import SHAPES, door_row, worst_first
from rules.interlock import covered, judge, wanted
from rules.model.ids import DoorId
from rules.plan import DoorPlan, Sensor

Document = dict[str, Any]

KINDS: Final[Mapping[str, str]] = {
    "classroom": "Classroom",
    "exterior": "Exterior",
    "interior": "Interior",
    "stair": "Stair",
}
TYPES: Final[Mapping[str, str]] = {
    "electrified-lockset": "electrified lockset",
    "strike": "strike",
    "maglock": "magnet",
    "panic-latch-retraction": "latch retraction on a panic bar",
    "delayed-egress": "delayed egress",
}
EGRESS: Final[Mapping[str, str]] = {
    "free-mechanical": "The inside handle always opens it.",
    "sensor-release": "A sensor at the door frees it for whoever leaves.",
    "hardware-release": "Its own hardware frees it for whoever leaves.",
    "delayed": "It opens after its own delay.",
}
POWER: Final[Mapping[str, str]] = {"secure": "stays locked from outside", "safe": "unlocks"}
SILENCE: Final[Mapping[str, str]] = {"hold": "stays as it was", "locked": "locks", "unlocked": "unlocks"}
LANES: Final[tuple[tuple[str, str, frozenset[str]], ...]] = (
    ("locked", "ok", frozenset({"secured", "secured_partial", "closed_locked"})),
    ("closed", "calm", frozenset({"closed_unlocked", "released", "pending"})),
    ("open", "act", frozenset({"open", "ajar", "forced", "opened", "egress", "not_latched", "refused"})),
    ("not known", "unk", frozenset({"unknown", "stale", "no_answer", "unconfirmed"})),
)
"""Of the plot, from above: word, tone, verdicts."""
PLOT_MS: Final = 24 * 3_600_000
PLOT_WIDTH: Final = 600


def doors_view(scene: Scene, of: str = "") -> Document:
    """All doors, those that need somebody first, each zone's beside its name."""
    rows = sorted((door_row(scene, one) for one in scene.picture["doors"]), key=worst_first)
    return {
        "rows": [row for row in rows if row["attention"]],
        "others": [row for row in rows if not row["attention"]],
        "total": len(rows),
    }


def door_view(scene: Scene, of: str) -> Document | None:
    """One door; None: there is none of this id."""
    found = next((one for one in scene.picture["doors"] if one["id"] == of), None)
    planned = scene.plan.doors.get(DoorId(of))
    if found is None or planned is None:
        return None
    return {
        "row": door_row(scene, found),
        "id": of,
        "kind": _(KINDS.get(planned.kind, planned.kind)),
        "zone": scene.zone_name(planned.zone),
        "controller": planned.controller,
        "since": scene.full(found["since"]),
        "inside": _inside(planned),
        "evidence": [
            _evidence(_("Bolt"), planned.bolt, found["bolt"], _("thrown"), _("back")),
            _evidence(_("Door"), planned.position, found["position"], _("closed"), _("open")),
        ],
        "order": _order(scene, found),
        "times": ledger_times(found),
        "tries": found["tries"],
        "code": found["code"] if found["by"] == "device" else "",
        "hardware": _hardware(planned),
        "defects": [_(words.held(code)) for code in planned.defects],
        "would": _would(scene, planned),
        "proven_ms": scene.since_ms(found["last_proven"]),
        "tested": tested(scene, f"lock:{of}"),
        "fire": [called(scene, one) for one in planned.fire],
        "exits": [called(scene, one) for one in (*planned.rex, *planned.exit_buttons)],
        "cameras": shown_by(scene, of),
    }


def _inside(planned: DoorPlan) -> str:
    if planned.hardware is None:
        return _("It has no commissioning record: nobody has said how one leaves there. Look.")
    return _(EGRESS.get(planned.hardware.egress, planned.hardware.egress))


def _evidence(title: str, sensor: Sensor | None, read: Document | None, yes: str, no: str) -> Document:
    if sensor is None or read is None:
        return {"title": title, "value": _("not wired"), "age_ms": None, "tone": "none", "limit": ""}
    limit = say("limit {n} s", n=f"{sensor.freshness_us / 1e6:g}")
    value = read["value"]
    if value is None:
        return {"title": title, "value": _("never read"), "age_ms": None, "tone": "unk", "limit": limit}
    word = yes if value else no
    if not read["fresh"]:
        return {
            "title": title,
            "value": say("not known; last read {was}", was=word),
            "age_ms": read["age_ms"],
            "tone": "unk",
            "limit": limit,
        }
    return {"title": title, "value": word, "age_ms": read["age_ms"], "tone": "ok", "limit": limit}


def _order(scene: Scene, door: Document) -> str:
    order = door["order"]
    if order is None:
        return _("None since start of the record.")
    what = {
        "lock": _("Told to lock"),
        "rest": _("Returned to its rest"),
        "free": _("Freed by the fire rule"),
    }.get(order["word"], order["word"])
    return f"{what}, {scene.full(order['since'])}"


def ledger_times(door: Document) -> list[Document]:
    """The last command's steps, in milliseconds, each with its name; none before any command."""
    ledger = door["ledger"]
    return [] if ledger is None else _steps(*(ledger[key] for key in STEPS))


STEPS: Final = ("commanded_ms", "written_ms", "bolt_ms", "position_ms", "verdict_ms")


@lru_cache(4_096)
def _steps(*took_ms: float | None) -> list[Document]:
    """Not to be changed: the same for every door that took as long."""
    titles = (_("told"), _("written"), _("bolt"), _("door"), _("verdict"))
    return [
        {"title": title, "text": took(ms)}
        for title, ms in zip(titles, took_ms, strict=True)
        if ms is not None
    ]


@lru_cache(4_096)
def took(ms: float) -> str:
    """`3 ms`, `0.42 s`."""
    return say("{n} ms", n=round(ms)) if ms < 100 else say("{n} s", n=f"{ms / 1_000:.2f}")


def _hardware(planned: DoorPlan) -> list[tuple[str, str]]:
    record = planned.hardware
    if record is None:
        return []
    found = [
        (_("Lock"), _(TYPES.get(record.type, record.type))),
        (_("Without power"), _(POWER[record.on_power_loss])),
        (_("When its board hears nothing"), _(SILENCE[record.on_comm_loss])),
        (_("Its rest"), _(record.rest)),
        (_("The bolt needs"), took(record.travel_us / 1_000)),
        (_("Fire-rated"), _("yes") if record.fire_rated else _("no")),
        (_("The fire alarm frees it"), _("yes") if covered(planned) else _("no")),
        (_("Commissioned"), f"{record.commissioned}, {record.by}"),
    ]
    if record.fire_release_tested:
        found.append((_("Fire release tested"), record.fire_release_tested))
    if record.reentry_release:
        found.append((_("Re-entry release"), record.reentry_release))
    if record.ahj_note:
        found.append((_("Note of the authority"), record.ahj_note))
    return found


def _would(scene: Scene, planned: DoorPlan) -> Document:
    """Whether the interlock would let a lock command out now, asked of the interlock itself; it sends nothing."""
    drive = wanted(planned, "lock")
    if drive is None:
        return {"passes": False, "words": _(words.held("no_record"))}
    live = scene.state.live
    code = judge(scene.plan, scene.state.record, live, planned, drive, "lock", live.now)
    if code:
        return {"passes": False, "words": _(words.held(code))}
    away = next(
        (not one["up"] for one in scene.picture["controllers"] if one["id"] == planned.controller), False
    )
    if away:
        return {
            "passes": True,
            "words": _("Its controller does not answer: a command would not arrive. Use a key."),
        }
    return {"passes": True, "words": _("Nothing would hold a lock command back now.")}


# --- history ----------------------------------------------------------------------------------


def history(scene: Scene, verdicts: Sequence[Mapping[str, Any]]) -> Document:
    """A door's verdicts of the last 24 h as a plot, and all that were read as a list, the newest first.

    verdicts: lines of the views' table, the newest first.
    """
    begin_ms = scene.now_ms - PLOT_MS
    bars: list[list[Document]] = [[] for _lane in LANES]
    until_ms = scene.now_ms
    for line in verdicts:
        at_ms = times.ms_of(str(line["at"]))
        start_ms = max(at_ms, begin_ms)
        lane = next((place for place, one in enumerate(LANES) if line["verdict"] in one[2]), len(LANES) - 1)
        if until_ms > start_ms:
            left = PLOT_WIDTH * (start_ms - begin_ms) / PLOT_MS
            width = max(3.0, PLOT_WIDTH * (until_ms - start_ms) / PLOT_MS)
            bars[lane].append({"x": round(left, 1), "width": round(width, 1)})
        until_ms = min(until_ms, at_ms)
        if at_ms <= begin_ms:
            break
    return {
        "lanes": [
            {"word": _(word), "tone": tone, "bars": drawn}
            for (word, tone, _verdicts), drawn in zip(LANES, bars, strict=True)
        ],
        "width": PLOT_WIDTH,
        "from": times.full(begin_ms, scene.zone),
        "lines": [
            {
                "at": times.full(times.ms_of(str(line["at"])), scene.zone),
                "word": _(SHAPES[line["verdict"]].word)
                if line["verdict"] in SHAPES
                else str(line["verdict"]),
                "code": line["code"] or "",
            }
            for line in verdicts[:20]
        ],
        "label": many(
            "{n} change of verdict is in the record.",
            "{n} changes of verdict are in the record.",
            len(verdicts),
        ),
    }
