"""Flags as rows: one cause is one row, the worst first; each says what is wrong and what to do."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from edge.snapshot import flag_words
from edge.web.pages import times
from edge.web.pages.language import _, many
from edge.web.pages.scene import Scene
from edge.words import LINKS

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
FAULTS: Final = frozenset({"lock_ticket_old", "safety_ticket_old"})
"""What was reported and nobody mended: shown in an incident too, for it changes what people can rely on there."""


def flag_rows(scene: Scene, only: frozenset[str] | None = None) -> list[Document]:
    """One row a cause: what a silent controller explains is counted with it, and equal flags stand together.

    only: of these codes alone.
    """
    flags = scene.picture["flags"]
    found = [
        one for one in flags if one["code"] not in SHOWN_ELSEWHERE and (only is None or one["code"] in only)
    ]
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
    return sorted(rows, key=lambda row: (row["standing"], row["title"]))


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
    named = [_named(scene, one["subject"]) for one in group] if len(group) > 1 else []
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
        "href": place_of(scene, first["subject"]) if len(group) == 1 else "",
        # What the configuration itself implies stands until somebody changes it: after what happened.
        "standing": (code, first["subject"]) in scene.plan.standing_flags,
        "count": len(group),
    }


def _title(scene: Scene, first: Document, count: int) -> str:
    """With what people call the thing in its id's place; of several the first, and how many more."""
    subject = str(first["subject"])
    title = _(first["title"]).replace(subject, called(scene, subject)) if subject else _(first["title"])
    return title if count == 1 else f"{title}, " + many("and {n} more", "and {n} more", count - 1)


def _named(scene: Scene, subject: str) -> Document:
    return {"name": called(scene, subject), "href": place_of(scene, subject)}


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


def place_of(scene: Scene, subject: str) -> str:
    """Where a thing with an id, or a link to it, has its own page; `""`: nowhere."""
    subject = subject.rpartition(":")[2]
    for things, place in (
        (scene.plan.doors, "/doors/"),
        (scene.plan.buttons, "/buttons/"),
        (scene.plan.controllers, "/controllers/"),
    ):
        if any(one == subject for one in things):
            return f"{place}{subject}"
    return "/inputs" if any(one == subject for one in scene.plan.inputs) else ""


def flags_view(scene: Scene, of: str = "") -> Document:
    """The page of all flags."""
    return {"rows": flag_rows(scene)}
