"""Firmware as its page shows it: verdicts in words, families with their notes, lists with their age. Pure."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from edge.flaws.words import firmware_of, reason
from edge.web.pages.language import _, many, say
from edge.web.pages.scene import Scene
from rules.book.firmware import STATES

Document = dict[str, Any]

PAGE: Final = 100
VERDICTS: Final[Mapping[str, str]] = {
    "known_exploited": "known flaw that attackers use",
    "known_flaw": "known flaw",
    "unsupported": "unsupported",
    "end_of_life": "end of life",
    "unknown": "unknown",
    "untested": "not tested with this box",
    "tested": "tested with this box",
}
BAD: Final = frozenset({"known_exploited", "known_flaw", "unsupported"})
LISTS: Final[Mapping[str, str]] = {
    "cve": "Published flaws (NVD)",
    "kev": "Flaws that attackers use (CISA)",
}
MISSING: Final[Mapping[str, str]] = {
    "cve": "None was brought. Nobody here knows which of these devices has a published flaw.",
    "kev": "None was brought. Nobody here knows which published flaws attackers use.",
}
_PLACES: Final = {"controller": "/controllers/", "camera": "/cameras/", "button": "/buttons/"}
_SHOWN_FLAWS: Final = 20


def view(scene: Scene, found: Document, state: str, start: int) -> Document:
    """Of the `firmware` document: devices of a state (`""`: all) from the worst on, their families, the lists."""
    devices = sorted(found["devices"], key=lambda one: (-STATES.index(one["state"]), one["name"], one["id"]))
    counts = Counter(one["state"] for one in devices)
    chosen = [one for one in devices if not state or one["state"] == state]
    shown = chosen[start : start + PAGE]
    following = start + PAGE if len(chosen) > start + PAGE else 0
    return {
        "devices": [_device(scene, one) for one in shown],
        "verdicts": [
            (one, _(VERDICTS[one]), counts[one], one in BAD, one == "unknown")
            for one in reversed(STATES)
            if counts[one]
        ],
        "total": many("{n} device", "{n} devices", len(devices)),
        "state": state,
        "next": following,
        "families": families(found["devices"]),
        "lists": lists(found),
    }


def _device(scene: Scene, one: Document) -> Document:
    return {
        "id": one["id"],
        "name": one["name"] or one["id"],
        "href": f"{_PLACES[one['kind']]}{one['id']}" if one["kind"] in _PLACES else "",
        "where": scene.zone_name(one["zone"]) if one["zone"] else "",
        "verdict": _(VERDICTS[one["state"]]),
        "bad": one["state"] in BAD,
        "unknown": one["state"] == "unknown",
        "said": firmware_of(one) or _("nothing was read"),
        "model": one["model"] or _("no model is configured"),
        "note": one["note"],
        "tested": ", ".join(one["tested"]) or _("none"),
        "minimum": _known(one["minimum"]),
        "ends": _known(one["end_of_support"]),
        "reasons": [reason(each["code"], each["args"]) for each in one["reasons"]],
        "flaws": [_flaw(each) for each in one["flaws"][:_SHOWN_FLAWS]],
        "more": max(0, len(one["flaws"]) - _SHOWN_FLAWS),
    }


def _flaw(one: Document) -> Document:
    score = one["score_tenths"]
    return {
        "cve": one["cve"],
        "score": "" if score is None else f"{score / 10:.1f}",
        "exploited": one["exploited"],
        "certain": one["certain"],
        "due": one["due"] or "",
        "summary": one["summary"],
    }


def families(devices: list[Document]) -> list[Document]:
    """Each family with a note that a device here is of, with how many; and what has none."""
    by: dict[str, list[Document]] = {}
    for one in devices:
        by.setdefault(one["note"] or "", []).append(one)
    return [
        {
            "note": name,
            "count": many("{n} device", "{n} devices", len(those)),
            "tested": ", ".join(those[0]["tested"]) or _("none"),
            "minimum": _known(those[0]["minimum"]),
            "ends": _known(those[0]["end_of_support"]),
            "models": ", ".join(sorted({one["model"] for one in those if one["model"]}))[:200],
        }
        for name, those in sorted(by.items(), key=lambda item: (not item[0], item[0]))
    ]


def lists(found: Document) -> list[Document]:
    """Each kind of list, with how old what was brought is; a kind of which none was brought says so."""
    told: list[Document] = []
    for kind, title in LISTS.items():
        those = [one for one in found["bundles"] if one["kind"] == kind]
        if not those:
            told.append({"title": _(title), "lines": [], "out": _(MISSING[kind])})
            continue
        age, limit = min(one["age_days"] for one in those), those[0]["limit_days"]
        out = (
            say(
                "OUT OF DATE: {a} days old, and it may be {b}. What was published since is not known here: bring one of today.",
                a=age,
                b=limit,
            )
            if age > limit
            else ""
        )
        told.append({"title": _(title), "lines": [_list(one) for one in those], "out": out})
    return told


def _list(one: Document) -> Document:
    count = many("{n} record", "{n} records", one["count"])
    age = many("{n} day old", "{n} days old", one["age_days"])
    return {"text": f"{count}, {age}", "part": not one["whole"], "short": one["sha256"][:12]}


def _known(word: str) -> str:
    return _("unknown") if word == "unknown" else word
