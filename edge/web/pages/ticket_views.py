"""Tickets as pages show them: names for ids, ages, what happened in words. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from edge.flags import place_of
from edge.ticket_words import (
    AHEAD,
    CAMPUS_ALONE,
    CATEGORIES,
    ERASED,
    MERGE_RULES,
    MERGED,
    NOTHING,
    STATES,
    WEIGHTS,
)
from edge.web.api.tickets import Which
from edge.web.pages import times
from edge.web.pages.account import ROLES
from edge.web.pages.flags import called
from edge.web.pages.language import _, say
from edge.web.pages.scene import Scene

Document = dict[str, Any]
Names = Mapping[str, str]

TURNS: Final[Mapping[str, tuple[str, ...]]] = {
    "open": ("progress", "waiting", "proposed"),
    "reopened": ("progress", "waiting", "proposed"),
    "progress": ("waiting", "proposed"),
    "waiting": ("progress", "proposed"),
    "proposed": ("progress",),
    "closed": ("reopened",),
}
BUTTONS: Final[Mapping[str, str]] = {
    "progress": "Start",
    "waiting": "It waits",
    "proposed": "Done: to be looked at",
    "reopened": "Open it again",
}
"""What a touch makes of a ticket; closing has a form of its own, for the words with it."""


def row(scene: Scene, one: Mapping[str, Any], names: Names) -> Document:
    """One in a list."""
    return {
        "number": one["number"],
        "title": one["title"] or _(ERASED),
        "state": _(STATES.get(one["state"], one["state"])),
        "turns": [*_settle(one), *((to, _(BUTTONS[to])) for to in TURNS.get(one["state"], ()))],
        "weight": one["weight"],
        "weighs": _(WEIGHTS.get(one["weight"], one["weight"])),
        "safety": one["weight"] == "safety",
        "closed": not one["open"],
        "category": category(one["category"]),
        "where": called(scene, one["asset"]) if one["asset"] else _zone(scene, one["zone"]),
        "whose": who(one["assigned"], names) if one["assigned"] else _("nobody's"),
        "age_ms": max(0, scene.now_ms - one["opened_us"] // 1_000),
        "escalated": bool(one["escalated_us"]),
        "conflict": one["conflict"],
        "untrusted": one["untrusted"],
    }


def _settle(one: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Of a conflict: that it stays what it is, for by a state a person settles it."""
    state = _(STATES.get(one["state"], one["state"]))
    return [(one["state"], say("It stays {state}", state=state))] if one["conflict"] else []


def whole(scene: Scene, one: Mapping[str, Any], names: Names) -> Document:
    """One with all of it."""
    next_us, rest_us = one.get("next_step_in_us"), one.get("resting_until_us", 0)
    return {
        **row(scene, one, names),
        "id": one["id"],
        "assigned": one["assigned"],
        "text": one["text"],
        "room": one["room"],
        "asset": one["asset"],
        "asset_name": called(scene, one["asset"]) if one["asset"] else "",
        "href": place_of(scene.plan, one["asset"]) if one["asset"] else "",
        "alike": f"/tickets?{urlencode({'asset': one['asset']})}",
        "zone": _zone(scene, one["zone"]),
        "reporter": one["reported_by"] or who(one["reporter"], names),
        "opened": times.full(one["opened_us"] // 1_000, scene.zone),
        "open_for": times.lasting(one.get("age_us", 0) // 1_000),
        "ahead": _(AHEAD) if one.get("clock_was_ahead") else "",
        "minutes": one["minutes"],
        "by_rule": bool(one["key"]),
        "before": one["before"],
        "supported_until": one["supported_until"],
        "due": one["due"],
        "versions": [_versions(scene, each, names) for each in one["versions"]],
        "steps": one.get("steps", []),
        "next_step": _next(scene, one.get("next_does", {}), names) if one.get("next_step") else "",
        "next_in": "" if next_us is None else times.lasting(next_us // 1_000),
        "rests_until": times.full(rest_us // 1_000, scene.zone) if rest_us else "",
        "photos": one["photos"],
        "away": len(one["photos_away"]),
        "reports": [
            {**each, "at": times.full(times.ms_of(each["at"]), scene.zone)} for each in one["reports"]
        ],
        "history": [_event(scene, event, names) for event in one["history"]],
    }


KINDS: Final[Mapping[str, str]] = {
    "ticket.opened/1": "opened",
    "ticket.changed/1": "changed",
    "ticket.noted/1": "noted",
    "ticket.merged/1": "wrote",
    "ticket.escalated/1": "escalated",
}
FIELDS: Final[Mapping[str, str]] = {
    "assigned": "given to {value}",
    "weight": "weighs {value}",
    "category": "about {value}",
    "asset": "at {value}",
    "zone": "in {value}",
    "due": "to be done by {value}",
}

FLAGGED: Final = "shown as a flag until it is closed"


def _event(scene: Scene, event: Mapping[str, Any], names: Names) -> Document:
    at_ms = times.ms_of(event["at"])
    data = event["data"]
    by_rule = event["actor"] == "rule"
    # How it was called first stands on top, until somebody calls it otherwise.
    unsaid = ("photo", "title") if event["kind"] == "ticket.opened/1" else ("photo",)
    return {
        "at": times.full(at_ms, scene.zone),
        "who": _("a rule") if by_rule else who(event["actor"], names),
        "did": _(KINDS.get(event["kind"], event["kind"])),
        "what": ", ".join(_changes(scene, event["kind"], data, names)),
        "rule": say("rule {rule}", rule=data["rule"]) if data.get("rule") else "",
        "words": [one["value"] for one in event["words"] if one["name"] not in unsaid],
        "photos": [one["value"] for one in event["words"] if one["name"] == "photo"],
        "minutes": data.get("minutes", 0),
    }


def _changes(scene: Scene, kind: str, data: Mapping[str, Any], names: Names) -> list[str]:
    if kind == "ticket.noted/1":
        return [_("what it was opened for is gone")] if data.get("note") == "recovered" else []
    if kind == "ticket.merged/1":
        return list(_merge(scene, data, names))
    pairs = dict(data.get("fields", [])) if kind != "ticket.escalated/1" else dict(data)
    found = []
    if "state" in pairs:
        found.append(_(STATES.get(pairs["state"], pairs["state"])))
    values = {name: str(value) for name, value in pairs.items() if name in FIELDS and value}
    found += [
        say(FIELDS[name], value=_called(scene, name, values[name], names))
        for name in FIELDS
        if name in values
    ]
    return found


def _merge(scene: Scene, data: Mapping[str, Any], names: Names) -> Iterator[str]:
    """What an edit of the district says, and what became of it."""
    name, value = data["field"], data["value"]
    if name == "acknowledged":
        yield _("has seen it")
    else:
        yield _(MERGED.get(name, name)) + (f" {_value(scene, name, value, names)}" if value else "")
    if data["outcome"] == "kept":
        yield _("it does not hold")
    if data["conflict"]:
        yield _("it stands open as a conflict")


def _versions(scene: Scene, one: Mapping[str, Any], names: Names) -> Document:
    """Both sides' words, with who, when and where."""
    return {
        "title": _(MERGED.get(one["field"], one["field"])),
        "rule": _(MERGE_RULES.get(one["rule"], one["rule"])),
        "said": [
            {
                "value": _value(scene, one["field"], each["value"], names) if each["value"] else _(NOTHING),
                "who": who(each["actor"], names),
                "at": times.full(each["at_us"] // 1_000, scene.zone),
                "where": _("on campus") if each["site"] == "campus" else _("at the district"),
                "why": each["why"],
                "holds": each["holds"],
            }
            for each in one["said"]
        ],
    }


def _value(scene: Scene, name: str, value: str, names: Names) -> str:
    if name == "state":
        return _(STATES.get(value, value))
    return _called(scene, name, value, names) if name in FIELDS and name != "due" else value


def _next(scene: Scene, does: Mapping[str, str], names: Names) -> str:
    told = [
        say(FIELDS[name], value=_called(scene, name, does[name], names)) for name in FIELDS if name in does
    ]
    return ", ".join((*told, *([_(FLAGGED)] if "flag" in does else ())))


def _called(scene: Scene, name: str, value: str, names: Names) -> str:
    match name:
        case "assigned":
            return who(value, names)
        case "weight":
            return _(WEIGHTS.get(value, value))
        case "category":
            return category(value)
        case "asset":
            return called(scene, value)
        case "due":
            return value
        case _:
            return _zone(scene, value)


def upkeep(scene: Scene, one: Mapping[str, Any], names: Names) -> Document:
    """What rests."""
    ticket = one["of"] == "ticket"
    return {
        "number": one["number"],
        "title": say("Ticket {n}", n=one["subject"]) if ticket else called(scene, one["subject"]),
        "href": f"/tickets/{one['subject']}" if ticket else place_of(scene.plan, one["subject"]),
        "snooze": one["what"] == "snooze",
        "owner": who(one["owner"], names),
        "until": times.full(one["until_us"] // 1_000, scene.zone),
        "reason": one["reason"],
    }


def places(scene: Scene) -> list[tuple[str, str]]:
    """Zones and devices that can be put to rest."""
    plan = scene.plan
    found = [(f"zone:{one.id}", one.name) for one in plan.zones.values()]
    found += [(f"device:{one.id}", one.id) for one in plan.controllers.values()]
    for things in (plan.doors, plan.buttons, plan.cameras):
        found += [(f"device:{name}", one.name) for name, one in things.items()]
    return found


def tabs(*, mine: bool, safety: bool, closed: bool) -> list[tuple[str, str, bool]]:
    """(address, words, here)."""
    every = not (mine or safety or closed)
    return [
        ("/tickets?mine", _("Mine"), mine),
        ("/tickets", _("All"), every),
        ("/tickets?weight=safety", _("Safety"), safety and not mine),
        ("/tickets?state=closed", _("Closed"), closed),
    ]


def address(asked: Which, after: str) -> str:
    """Where a list goes on."""
    said = {
        "after": after,
        "state": asked.state,
        "weight": asked.weight,
        "zone": asked.zone,
        "asset": asked.asset,
    }
    given = {name: value for name, value in {**said, "q": asked.q}.items() if value}
    return f"/tickets?{urlencode(given)}{'&mine' if asked.mine else ''}"


def categories(known: Mapping[str, Any], chosen: str) -> list[tuple[str, str, bool]]:
    """(word, words, chosen)."""
    return [(word, category(word), word == chosen) for word in known]


def category(word: str) -> str:
    """What it is about."""
    return _(CATEGORIES.get(word, word))


def who(actor: str, names: Names) -> str:
    """An actor as people call it."""
    if actor.startswith("role:"):
        return role(actor.removeprefix("role:"))
    if actor == "rule":
        return _("a rule")
    if actor.startswith("district:"):
        return say("{who} at the district", who=actor.removeprefix("district:"))
    return names.get(actor, actor)


def role(word: str) -> str:
    """Whoever has a role."""
    return say("any {role}", role=_(ROLES.get(word, word)))


def _zone(scene: Scene, zone: str) -> str:
    return scene.zone_name(zone) if zone else ""


ALSO_SAID: Final = (
    *STATES.values(), *WEIGHTS.values(), *CATEGORIES.values(), ERASED, NOTHING, CAMPUS_ALONE, *MERGED.values(),
    *MERGE_RULES.values(),
)  # fmt: skip
"""For the catalogue."""
