"""Flags as rows: one cause is one row, the worst first; each says what is wrong and what to do."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from edge.flag_evidence import told
from edge.flags import flag_words, place_of
from edge.web.pages import times
from edge.web.pages.language import _, many, say
from edge.web.pages.scene import Scene
from edge.words import LINKS
from rules.model.ids import IncidentId, ZoneId

Document = dict[str, Any]

CAUSED_BY_A_CONTROLLER: Final = frozenset(
    {"door_stale", "door_unknown", "input_unsure", "fire_input_unsure", "button_silent"}
)
"""What a controller that does not answer explains for its own doors, inputs and wired buttons."""
SHOWN_ELSEWHERE: Final = frozenset({"unanswered_press", "not_armed"})
"""What stands at the top of every page already."""
LINK: Final = "link_not_proven"
"""Its subject is a link of a self-test: `kind:id`."""
MOST_NAMED: Final = 5
PLACES: Final[Mapping[str, str]] = {
    "bundle_missing": "/firmware",
    "bundle_old": "/firmware",
    "map_old": "/map",
}
"""Where something is done about a flag that is of no device."""
FAULTS: Final = frozenset({"lock_ticket_old", "safety_ticket_old"})
"""What was reported and nobody mended: shown in an incident too, for it changes what people can rely on there."""


def flag_rows(scene: Scene, only: Callable[[Document], bool] = lambda _: True) -> list[Document]:
    """One row a cause: what a silent controller explains is counted with it, and equal flags stand together."""
    found = [one for one in scene.picture["flags"] if one["code"] not in SHOWN_ELSEWHERE and only(one)]
    down = {one["subject"] for one in found if one["code"] == "controller_down"}
    explained: dict[str, int] = defaultdict(int)
    groups: dict[str, list[Document]] = {}
    for one in found:
        controller = _controller_of(scene, one["subject"]) if one["code"] in CAUSED_BY_A_CONTROLLER else None
        if controller in down:
            explained[str(controller)] += 1
        elif one["code"] != LINK or one["subject"].removeprefix("controller:") not in down:
            # A self-test says of each link why: only those of one reason are one row.
            why = f"-{one['args'][0]}" if one["code"] == LINK and one["args"] else ""
            groups.setdefault(flag_words(scene.plan, one["code"], one["subject"]) + why, []).append(one)
    rows = [_row(scene, words, group, explained) for words, group in groups.items()]
    return sorted(rows, key=lambda row: (row["standing"], not row["safety"], -row["points"], row["title"]))


def _controller_of(scene: Scene, subject: str) -> str | None:
    doors = (one.controller for one in scene.plan.doors.values() if one.id == subject)
    inputs = (one.controller for one in scene.plan.inputs.values() if one.id == subject)
    wired = (one.wired.controller for one in scene.plan.buttons.values() if one.id == subject and one.wired)
    return next(doors, None) or next(inputs, None) or next(wired, None)


def _row(scene: Scene, words: str, group: list[Document], explained: Mapping[str, int]) -> Document:
    first = group[0]
    since = [one["since"] for one in group if one["since"]]
    oldest = min(since, default=None)
    code = first["code"]
    also = sum(explained.get(one["subject"], 0) for one in group) if code == "controller_down" else 0
    named = [_named(scene, one) for one in group] if len(group) > 1 else []
    return {
        "key": f"{words}-{first['subject']}" if len(group) == 1 else words,
        "title": _title(scene, first, len(group)),
        "text": _(first["text"]),
        "names": named[:MOST_NAMED],
        "more": max(0, len(named) - MOST_NAMED),
        "explains": many("{n} door or input with it.", "{n} doors and inputs with it.", also) if also else "",
        "since_ms": times.ms_of(oldest) if oldest else None,
        "since": scene.full(oldest),
        "age_ms": scene.since_ms(oldest),
        "href": PLACES.get(code) or (place_of(scene.plan, first["subject"]) if len(group) == 1 else ""),
        "flag": _page_of(first) if len(group) == 1 else "",
        "owner": _role(first["owner"]),
        "ends": _(first["clears"]["words"]),
        "safety": first["safety"],
        "points": first["points"],
        "measures": [
            _measure(scene, one, called(scene, one["subject"]) if len(group) > 1 else "")
            for one in group
            if one["measure"]
        ],
        # What the configuration itself implies stands until somebody changes it: after what happened.
        "standing": (code, first["subject"]) in scene.plan.standing_flags,
        "count": len(group),
    }


def _title(scene: Scene, first: Document, count: int) -> str:
    """With what people call the thing in its id's place; of several the first, and how many more."""
    subject = str(first["subject"])
    # Of the campus's own flags no title names it, and its id may be any word.
    named = subject and subject != scene.plan.campus
    title = _(first["title"]).replace(subject, called(scene, subject)) if named else _(first["title"])
    return title if count == 1 else f"{title}, " + many("and {n} more", "and {n} more", count - 1)


def _named(scene: Scene, flag: Document) -> Document:
    return {"name": called(scene, flag["subject"]), "href": _page_of(flag)}


def _page_of(flag: Document) -> str:
    return f"/flags/{quote(flag['id'], safe=':')}"


def _role(role: str) -> str:
    return _(role.replace("-", " "))


def _measure(scene: Scene, flag: Document, of: str) -> Document:
    """What is done meanwhile, until when; of: whose, where several stand together."""
    measure = flag["measure"]
    return {"text": measure["text"], "until": scene.full(measure["until"]), "of": of}


def called(scene: Scene, subject: str) -> str:
    """What people call a thing with an id; of a link of a self-test with what it is."""
    kind, stands, subject = subject.rpartition(":")
    if stands:
        return f"{_(LINKS.get(kind, kind))} {called(scene, subject)}"
    for things in (scene.plan.doors, scene.plan.buttons, scene.plan.zones):
        for one, planned in things.items():
            if one == subject:
                return str(planned.name)
    return subject


def flags_view(scene: Scene, of: str = "") -> Document:
    """The page of all flags."""
    return {"rows": flag_rows(scene)}


def flag_view(scene: Scene, of: str) -> Document | None:
    """One flag with all that is known of it; None: it does not stand, or not for this onlooker."""
    found = next((one for one in scene.picture["flags"] if one["id"] == of), None)
    if found is None:
        return None
    ticket = found["ticket"]
    return {
        "id": of,
        "title": _title(scene, found, 1),
        "text": _(found["text"]),
        "since": scene.full(found["since"]),
        "age_ms": scene.since_ms(found["since"]),
        "owner": _role(found["owner"]),
        "ends": _(found["clears"]["words"]),
        "points": found["points"],
        "safety": found["safety"],
        "zones": ", ".join(scene.zone_name(zone) for zone in found["zones"]),
        "place": found["place"],
        "ticket": ""
        if ticket is None
        else say("{age}, for the {role}", age=after(ticket["after_s"]), role=_role(ticket["of"])),
        "evidence": [told(one, lambda at: scene.full(at) or _("never"), _) for one in found["evidence"]],
        "may_measure": found["may_measure"],
        "measure": _measure(scene, found, "") if found["measure"] else None,
    }


def after(seconds: int) -> str:
    """How long something stands before more comes of it."""
    if seconds == 0:
        return _("at once")
    if seconds < 3_600:
        return many("after {n} minute", "after {n} minutes", seconds // 60)
    if seconds < 86_400:
        return many("after {n} hour", "after {n} hours", seconds // 3_600)
    return many("after {n} day", "after {n} days", seconds // 86_400)


def flags_here(scene: Scene, incident: str, zone: str) -> Document:
    """What is wrong in an incident's zones and may make somebody less safe now; the rest waits behind a count."""
    held = {one["id"] for one in scene.picture["zones"] if one["incident"] == incident} | {zone}
    live = scene.state.record.incidents.get(IncidentId(incident))
    held |= {str(one) for one, _response in live.played} if live is not None else set()
    planned = [scene.plan.zones[ZoneId(one)] for one in held if ZoneId(one) in scene.plan.zones]
    zones = {str(one) for its in planned for one in (*its.within, *its.above)}
    faults = {one["id"] for one in scene.picture["flags"] if one["code"] in FAULTS}
    here = [one["id"] for one in scene.picture["flags"] if one["safety"] and zones & set(one["zones"])]
    # What was reported and nobody mended has its own place there, of the whole campus.
    here = [one for one in here if one not in faults]
    rows = flag_rows(scene, lambda one: one["id"] in set(here))
    waiting = sum(
        one["id"] not in {*here, *faults} and one["code"] not in SHOWN_ELSEWHERE
        for one in scene.picture["flags"]
    )
    return {"rows": rows[:MOST_HERE], "more": max(0, len(rows) - MOST_HERE), "waiting": waiting}


MOST_HERE: Final = 8
