"""Inspections as pages show them: what is due, forms, what was signed. Pure but for the words."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from edge.inspection_words import RESULTS, STATES
from edge.web.api.inspections import DueAsked
from edge.web.pages import times
from edge.web.pages.flags import called
from edge.web.pages.language import _, many, say
from edge.web.pages.scene import Scene

Document = dict[str, Any]
Said = Mapping[str, Any]
TABS: Final = (("due", "Due"), ("overdue", "Late"), ("failed", "Not passed"), ("all", "All"))


def row(scene: Scene, one: Said) -> Document:
    """One thing that is due."""
    bad = one["state"] in ("failed", "overdue")
    where = [one["room"], scene.zone_name(one["zone"]) if one["zone"] else ""]
    return {
        "asset": one["asset"],
        "check": one["check"],
        "name": one["name"] or called(scene, one["asset"]),
        "where": ", ".join(filter(None, where)),
        "zone": one["zone"],
        "bad": bad,
        **standing(one),
    }


def standing(one: Said) -> Document:
    """How a check stands, in words."""
    item = say("{title}: {item}", title=_(one["title"]), item=one["item"]) if one["item"] else _(one["title"])
    return {
        "title": item,
        "state": one["state"],
        "word": _(STATES[one["state"]]),
        "until": one["until"],
        "when": _when(one),
        "last": one["last"] or "",
        "line": _when(one)
        if one["state"] == "failed"
        else say("until {day}", day=one["until"]) + f" · {_when(one)}",
    }


def _when(one: Said) -> str:
    days = one["days"]
    if one["state"] == "failed":
        return say("since {day}", day=one["until"])
    if days < 0:
        return many("since {n} day", "since {n} days", -days)
    return _("until today") if days == 0 else many("{n} day left", "{n} days left", days)


def by_zone(scene: Scene, rows: list[Document]) -> list[tuple[str, list[Document]]]:
    """(what the zone is called, what is due in it), as they follow."""
    zones: dict[str, list[Document]] = {}
    for one in rows:
        zones.setdefault(scene.zone_name(one["zone"]) if one["zone"] else _("nobody said where"), []).append(
            one
        )
    return sorted(zones.items())


def check(one: Said, standing_of: list[Said]) -> Document:
    """A check with its form."""
    changed = one["shipped_every"]
    return {
        "id": one["id"],
        "title": _(one["title"]),
        "edition": one["edition"],
        "of": ", ".join(one["of"]),
        "every": say("every {every}", every=_(one["every"])),
        "changed": say("the pack says every {every}", every=_(changed)) if changed else "",
        "off": one["off"],
        "source": one["source"],
        "roles": list(one["roles"]),
        "certificate": one["certificate"],
        "safety": one["weight"] == "safety",
        "form": [_question(each) for each in one["form"]],
        "standing": [standing(each) for each in standing_of],
    }


def _question(one: Said) -> Document:
    choices = [("yes", _("Yes")), ("no", _("No"))] if one["kind"] == "yes_no" else []
    choices += [(word, _(text)) for word, text in one["choices"]]
    return {
        "id": one["id"],
        "ask": _(one["ask"]),
        "kind": one["kind"],
        "choices": choices,
        "unit": one["unit"],
        "optional": one["optional"],
    }


def signed(scene: Scene, one: Said, names: Mapping[str, str]) -> Document:
    """One that was signed."""
    return {
        "number": one["number"],
        "asset": one["asset"],
        "check": one["check"],
        "title": _(one["title"]),
        "day": one["day"],
        "passed": one["result"] == "passed",
        "result": _(RESULTS[one["result"]]),
        "person": one["person"] or (_("a walk-test") if one["evidence"] else _("(its words were erased)")),
        "evidence": _evidence(scene, one["evidence"]),
        "photos": list(one["photos"]),
        "certificate": one["certificate"],
        "by": names.get(one["actor"], one["actor"]),
        "at": times.full(times.ms_of(one["at"]), scene.zone),
        "corrects": one["corrects"],
        "corrected_by": one["corrected_by"],
        "reason": one["reason"],
        "version": one["version"],
        "pack": one["pack"],
        "answers": dict(one["answers"]),
        "failed": list(one["failed"]),
    }


def _evidence(scene: Scene, evidence: Said) -> str:
    """By what it counts where nobody signed; empty: somebody did."""
    if not evidence:
        return ""
    at = times.full(int(evidence.get("at_us", "0")) // 1_000, scene.zone)
    text = say("Its press in a walk-test came through at {at}.", at=at)
    age = evidence.get("age_ms")
    return text if age is None else f"{text} " + say("It was at most {n} ms old.", n=age)


def answers(one: Document, form: list[Document]) -> list[tuple[str, str, bool]]:
    """(question, answer, whether it was not passed) of one that was signed."""
    asks = {each["id"]: each for each in form}
    found = []
    for name in [
        *(each for each in asks if each in one["answers"]),
        *(each for each in one["answers"] if each not in asks),
    ]:
        question, value = asks.get(name), one["answers"][name]
        words = dict(question["choices"]) if question else {}
        unit = f" {question['unit']}" if question and question["unit"] else ""
        asked = question["ask"] if question else name
        found.append((asked, words.get(value, value) + unit, name in one["failed"]))
    return found


def tabs(asked: DueAsked, zones: bool) -> list[tuple[str, str, bool]]:
    """(address, words, here)."""
    more = {"zone": asked.zone or "", "by": "zone" if zones else ""}
    return [(address({**more, "state": word}), _(text), asked.state == word) for word, text in TABS]


def address(said: Mapping[str, str]) -> str:
    """Of the list, with what is asked for."""
    given = {name: value for name, value in said.items() if value and (name, value) != ("state", "due")}
    return f"/inspections?{urlencode(given)}" if given else "/inspections"


ALSO_SAID: Final = (*STATES.values(), *RESULTS.values(), *(text for _word, text in TABS))
"""For the catalogue."""
