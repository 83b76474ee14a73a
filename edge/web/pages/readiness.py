"""How ready the campus is, why not more, how that went, and which doors would fail. Pure."""

import re
from collections.abc import Sequence
from typing import Any, Final

from edge.flag_words import FLAGS
from edge.flags import place_of
from edge.web.pages import times
from edge.web.pages.flags import called
from edge.web.pages.language import _, many, say
from edge.web.pages.scene import Scene
from edge.web.pages.verdicts import SHAPES
from rules.model.ids import ZoneId

Document = dict[str, Any]
WIDTH, HEIGHT = 400, 120
MOST_LISTED: Final = 40


def readiness_view(scene: Scene, of: str = "") -> Document:
    """The number by zone, each lost point with what it is lost for, and the last dry run."""
    found = scene.picture["readiness"]
    return {
        "score": found["score"],
        "lost": found["lost"],
        "below": found["lost"] > 100,
        "zones": [
            {
                "id": one["zone"],
                "name": one["name"],
                "score": one["score"],
                "depth": min(3, len(scene.plan.zones[ZoneId(one["zone"])].above) - 1),
            }
            for one in found["zones"]
        ],
        "points": [_lost(scene, one) for one in found["points"]],
        "run": _run(scene),
    }


_SAID: Final = re.compile(r"\{\d\}")


def _lost(scene: Scene, one: Document) -> Document:
    return {
        "key": f"{one['code']}-{one['subject']}",
        "points": one["points"],
        "title": _title(scene, one),
        "where": ", ".join(scene.zone_name(zone) for zone in one["zones"][:3]),
        "owner": _(one["owner"].replace("-", " ")),
        "behind": _called(one["behind"]),
        "unknown": one["unknown"],
        "href": f"/flags/{one['flag']}" if one["flag"] else one["place"],
        "age_ms": scene.since_ms(one["since"]),
    }


def _title(scene: Scene, one: Document) -> str:
    subject = str(one["subject"])
    if one["code"] not in FLAGS:
        shape = SHAPES.get(one["code"])
        return f"{called(scene, subject)}: {_(shape.word) if shape else one['code']}"
    title = _(one["title"])
    return title.replace(subject, called(scene, subject)) if subject != scene.plan.campus else title


def _called(code: str) -> str:
    """What a flag is about, without its subject and what else is said of each."""
    if code not in FLAGS:
        return code
    title = _(FLAGS[code][0]).replace(" {subject}", "").replace("{subject}", _("it"))
    return _SAID.sub("…", title)


def _run(scene: Scene) -> Document:
    found = scene.picture["dry_run"]
    last = found["last"]
    return {
        "running": found["running"],
        "tested": last is not None,
        "at": scene.full(last["at"]) if last else "",
        "asked": last["asked"] if last else 0,
        "rows": [
            {
                "id": one["door"],
                "name": one["name"],
                "where": scene.zone_name(one["zone"]),
                "href": place_of(scene.plan, one["door"]),
                "why": " ".join(_(each["words"]) for each in one["reasons"]),
            }
            for one in (last["doors"] if last else [])
        ],
    }


def past_view(scene: Scene, lines: Sequence[Document]) -> Document:
    """How it went, from the record's lines, the newest first: a stepped line to now, and the same as a list.

    A number stood until the next one was written down; the line ends where it stands now.
    """
    told = [(times.ms_of(str(one["at"])), int(one["score"]), one["causes"]) for one in lines]
    told = sorted((at, score, causes) for at, score, causes in told if at <= scene.now_ms)
    rows = [
        {"at": times.full(at, scene.zone), "score": score, "why": _why(causes)}
        for at, score, causes in reversed(told[-MOST_LISTED:])
    ]
    if not told:
        return {"rows": rows, "path": "", "first": "", "last": "", "now": "", "says": ""}
    now = scene.picture["readiness"]["score"]
    first_ms, scores = told[0][0], [score for _at, score, _causes in told]
    span = max(1, scene.now_ms - first_ms)
    path = ""
    for at, score, _causes in told:
        x, y = round(WIDTH * (at - first_ms) / span, 1), _y(score)
        path += f"M{x} {y}" if not path else f"H{x}V{y}"
    return {
        "rows": rows,
        "path": f"{path}H{WIDTH}V{_y(now)}",
        "first": times.full(first_ms, scene.zone),
        "last": times.clock(scene.now_ms, scene.zone),
        "now": say("now {score}", score=now),
        "says": say(
            "Between {low} and {high} since {at}; now {now}.",
            low=min(*scores, now),
            high=max(*scores, now),
            at=times.full(first_ms, scene.zone),
            now=now,
        ),
    }


def _y(score: int) -> float:
    return round(HEIGHT * (1 - score / 100), 1)


def _why(causes: Sequence[Document]) -> str:
    if not causes:
        return _("no point was lost")
    first = causes[0]
    more = len(causes) - 1
    said = f"-{first['points']} {_called(str(first['code']))}"
    return said + (", " + many("{n} more reason", "{n} more reasons", more) if more else "")
