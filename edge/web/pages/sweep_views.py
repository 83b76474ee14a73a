"""The weekly sweep of the exterior doors as pages show it: each door in a sentence, each week in a table. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from edge.exterior_words import CODES, RESULTS
from edge.flags import place_of
from edge.web.pages import times
from edge.web.pages.flags import called
from edge.web.pages.language import _, many, say
from edge.web.pages.scene import Scene
from edge.web.pages.verdicts import SHAPES
from rules.model.ids import DoorId

Document = dict[str, Any]
WORST: Final = {"unknown": 0, "exception": 1, "ok": 2}
SYMBOLS: Final = {"unknown": ("unknown", "unk"), "exception": ("ajar", "act"), "ok": ("secured", "ok")}


def current(scene: Scene, week: Mapping[str, Any] | None) -> Document | None:
    """The week under way, with what each door's sensors say this minute."""
    if week is None:
        return None
    found = week_view(scene, week)
    for row in found["doors"]:
        its = scene.state.live.doors.get(DoorId(row["id"]))
        shape = None if its is None else SHAPES.get(its.verdict.word)
        row["now"] = _(shape.word) if shape else ""
    return found


def week_view(scene: Scene, week: Mapping[str, Any]) -> Document:
    """A week: what is not ok first."""
    monday = date.fromisoformat(week["week"])
    sunday = date.fromordinal(monday.toordinal() + 6)
    doors = sorted(week["doors"], key=lambda one: (WORST.get(one["result"], 0), one["name"]))
    rows = [_row(scene, one, week) for one in doors]
    bad = sum(one["result"] != "ok" for one in week["doors"])
    return {
        "week": week["week"],
        "title": say("{monday} to {sunday}", monday=monday.isoformat(), sunday=sunday.isoformat()),
        "until": times.full(week["until_us"] // 1_000, scene.zone),
        "hours": times.lasting(week["whole_s"] * 1_000),
        "doors": rows,
        "ok": many("{n} door ok", "{n} doors ok", len(rows) - bad),
        "bad": many("{n} door not ok", "{n} doors not ok", bad) if bad else "",
        "unsigned": week["unsigned"],
        "open": [one for one in rows if not one["ok"] and not one["signed"]],
        "pack": week["pack"][:12],
        "version": week["version"],
    }


def _row(scene: Scene, one: Mapping[str, Any], week: Mapping[str, Any]) -> Document:
    signed = one["signed"]
    symbol, tone = SYMBOLS.get(one["result"], SYMBOLS["unknown"])
    return {
        "id": one["door"],
        # The picture's name goes before: a door of the plan is called there as everywhere.
        "name": _name(scene, one),
        "now": "",
        "where": scene.zone_name(one["zone"]) if one["zone"] else "",
        "href": place_of(scene.plan, one["door"]),
        "ok": one["result"] == "ok",
        "symbol": symbol,
        "tone": tone,
        "result": _(RESULTS.get(one["result"], one["result"])),
        "why": " ".join(_(CODES.get(code, code)) for code in one["codes"]),
        "opened": many("opened {n} time", "opened {n} times", one["opened"]),
        "open": _longest(one["open_s"], one["longest_open_s"]),
        "unlocked": _longest(one["unlocked_s"], one["longest_unlocked_s"], one["unlatched"]),
        "unknown": _lost(one["unknown_s"], one["lost"]),
        "away": times.lasting(away * 1_000) if (away := week["whole_s"] - one["seen_s"]) > 0 else "",
        "unsensed": bool(one["unsensed_s"]),
        "forced": one["forced"],
        "times": one["opened"],
        "proven": _minute(scene, one["proven_us"]) if one["proven_us"] else _("never"),
        "signed": None
        if signed is None
        else {
            "person": signed["person"] or _("erased"),
            "reason": signed["reason"] or _("erased"),
            "at": _minute(scene, signed["at_us"]),
        },
    }


def _minute(scene: Scene, us: int) -> str:
    """`2026-08-14 09:44`; the sheet says the offset with its head."""
    return f"{times.at_ms(us // 1_000, scene.zone):%Y-%m-%d %H:%M}"


def _name(scene: Scene, one: Mapping[str, Any]) -> str:
    name = called(scene, one["door"])
    return name if name != one["door"] else str(one["name"])


def _longest(total_s: int, longest_s: int, count: int = 0) -> str:
    """How often, how long in all, and at once."""
    if not total_s:
        return ""
    total, longest = times.lasting(total_s * 1_000), times.lasting(longest_s * 1_000)
    lasted = say("{total}, {longest} at once", total=total, longest=longest)
    return f"{many('{n} time', '{n} times', count)}, {lasted}" if count else lasted


def _lost(total_s: int, count: int) -> str:
    """How often its evidence went, and how long there was none."""
    if not total_s:
        return ""
    lasted = times.lasting(total_s * 1_000)
    return f"{many('{n} time', '{n} times', count)}, {lasted}" if count else lasted
