"""Views of the inventory: what the book tells, in words and links. Pure but for the words."""

from collections.abc import Mapping
from typing import Any, Final

from edge import asset_words, words
from edge.web.pages import times
from edge.web.pages.language import _, many, say
from edge.web.pages.scene import Scene
from rules.book.asset_fields import CLASSES, FIELDS, STATES
from rules.book.assets import QUESTIONS
from rules.book.steps import MAY_FOLLOW

Document = dict[str, Any]
FILTERS: Final = ("class", "type", "zone", "state", "unknown", "where", "search")
"""By which the list is narrowed."""

WRITTEN: Final[tuple[str, ...]] = (
    "name", "class", "type", "zone", "room", "responsible", "role", "supported_until", "tag", "serial", "maker", "model",
    "purchased", "cost", "warranty_until", "replace_year", "life_years", "quantity", "contract", "supplier", "order", "note",
)  # fmt: skip
"""What the form of an asset asks for, in this order; `cost` is `cost_cents` as people write it."""
DATES: Final = frozenset(name for name, one in FIELDS.items() if one.form.startswith("date"))
KINDS: Final[Mapping[str, str]] = {
    "asset.written/1": "was changed",
    "asset.device/1": "was told of by the configuration",
    "asset.turned/1": "went on in its life",
    "asset.replaced/1": "was replaced",
    "asset.commissioned/1": "was commissioned",
    "asset.issued/1": "was issued",
    "asset.returned/1": "came back",
    "asset.linked/1": "needs another thing, or no longer",
    "audit.seen/1": "was seen",
    "audit.missed/1": "was not found",
    "inspection.signed/1": "was inspected",
    "fault.reported/1": "was reported without a sign-in",
    "fault.settled/1": "a report of it was settled",
}
"""Its history, in words."""


def cost(cents: str) -> str:
    """`123450` as `1,234.50`."""
    return f"{int(cents) // 100:,}.{int(cents) % 100:02}" if cents else ""


def value_of(scene: Scene, name: str, value: str) -> str:
    """A field's value as people read it."""
    match name:
        case "class":
            return _(asset_words.CLASSES.get(value, value))
        case "state":
            return _(asset_words.STATES.get(value, value))
        case "zone":
            return scene.zone_name(value)
        case "cost_cents":
            return cost(value)
        case _:
            return value


def row(scene: Scene, one: Document) -> Document:
    """One row of a list."""
    said = one["said"]
    return {
        "id": one["id"],
        "name": said.get("name") or one["id"],
        "type": said.get("type", ""),
        "where": ", ".join(
            each for each in (scene.zone_name(said.get("zone", "")), said.get("room", "")) if each
        ),
        "state": _(asset_words.STATES.get(said.get("state", ""), "")),
        "holder": said.get("holder", ""),
        "due": said.get("due", ""),
        "unknown": [_(asset_words.QUESTIONS[each]) for each in one["unknown"]],
        "unknown_count": many("{n} question open", "{n} questions open", len(one["unknown"]))
        if one["unknown"]
        else "",
    }


def counted(counts: Document) -> Document:
    """How many there are, and of how many what is unknown."""
    return {
        "total": many("{n} asset", "{n} assets", counts["total"]),
        "unknown": [
            (
                name,
                many("{n} without", "{n} without", counts["unknown"][name]),
                _(asset_words.QUESTIONS[name]),
            )
            for name in QUESTIONS
            if counts["unknown"][name]
        ],
        "reports": counts["reports"],
        "types": sorted(one for one in counts["types"] if one),
    }


def filters(scene: Scene, asked: Mapping[str, str]) -> Document:
    """The form that finds assets, as it was sent."""
    return {
        "asked": {one: asked.get(one, "") for one in FILTERS},
        "narrowed": any(asked.get(one) for one in FILTERS if one != "search"),
        "classes": [(one, _(asset_words.CLASSES[one])) for one in CLASSES],
        "states": [(one, _(asset_words.STATES[one])) for one in STATES],
        "zones": [(one.id, str(one.name)) for one in scene.plan.zones.values()],
        "questions": [("any", _("anything"))] + [(one, _(asset_words.QUESTIONS[one])) for one in QUESTIONS],
    }


def fields(scene: Scene, said: Mapping[str, str], device: str = "") -> list[Document]:
    """The form's fields with what is said now. choices: of those that are chosen and not typed."""
    shown = []
    for name in WRITTEN:
        value = cost(said.get("cost_cents", "")) if name == "cost" else said.get(name, "")
        label = "Cost" if name == "cost" else asset_words.FIELDS[name]
        choices: list[tuple[str, str]] = []
        if name == "class":
            choices = [("", ""), *((one, _(asset_words.CLASSES[one])) for one in CLASSES)]
        elif name == "zone":
            choices = [("", ""), *((str(one.id), str(one.name)) for one in scene.plan.zones.values())]
        form = FIELDS["cost_cents" if name == "cost" else name].form
        shown.append(
            {
                "name": name,
                "label": _(label),
                "value": value,
                "choices": choices,
                "hint": "" if form in ("text", "cents", "class", "zone") else _(asset_words.FORMS[form]),
                "fixed": bool(device) and name == "zone",
            }
        )
    return shown


def steps(state: str) -> list[tuple[str, str]]:
    """The states that may follow, for choosing one."""
    return [(one, _(asset_words.STATES[one])) for one in MAY_FOLLOW.get(state, ())]


def asset_view(scene: Scene, one: Document) -> Document:
    """Everything on an asset's page."""
    said = one["said"]
    hidden = {"name", "state"}
    return {
        "id": one["id"],
        "name": said.get("name") or one["id"],
        "device": one["device"],
        "state": said.get("state", ""),
        "state_words": _(asset_words.STATES.get(said.get("state", ""), "")),
        "lines": [
            (_(asset_words.FIELDS.get(name, name)), value_of(scene, name, value))
            for name in FIELDS
            if (value := said.get(name, "")) and name not in hidden
        ]
        + ([(_("Serial number that it says"), one["told_serial"])] if one["told_serial"] else []),
        "told_serial": one["told_serial"],
        "serial": said.get("serial", ""),
        "unknown": [_(asset_words.QUESTIONS[each]) for each in one["unknown"]],
        "flags": [words.flag(each["code"], one["id"], each["args"]) for each in one["flags"]],
        "down": _(asset_words.DOWN.get(one["down"], one["down"])),
        "down_by": _needs(one["down_by"], "why") if one["down_by"] else None,
        "needs": [_needs(each, "down") for each in one["needs"]],
        "falls": [
            {
                "id": each["id"],
                "name": each["name"] or each["id"],
                "how": _(asset_words.HOW.get(each["how"], each["how"])),
            }
            for each in one["if_it_fails"]
        ],
        "falls_count": one["if_it_fails_count"],
        "reports": [report(scene, each) for each in one["reports"]],
        "changes": [_change(scene, each) for each in one["changes"]],
        "holder": said.get("holder", ""),
        "recommission": said.get("recommission", ""),
        "steps": steps(said.get("state", "")),
        "fields": fields(scene, said, one["device"]),
        "hows": [(each, _(asset_words.HOW[each])) for each in ("power", "network", "licence", "carries")],
    }


def _needs(one: Document, why: str) -> Document:
    return {
        "id": one["id"],
        "name": one["name"] or one["id"],
        "how": _(asset_words.HOW.get(one["how"], one["how"])),
        "how_code": one["how"],
        "down": _(asset_words.DOWN.get(one[why], one[why])),
    }


def report(scene: Scene, one: Document) -> Document:
    """A report of whoever did not sign in; its words are nobody's we know."""
    return {
        "number": one["number"],
        "at": times.full(times.ms_of(one["at"]), scene.zone),
        "text": one.get("text", ""),
        "name": one.get("name", ""),
        "asset": one.get("asset", ""),
        "asset_name": one.get("asset_name", "") or one.get("asset", ""),
    }


def _change(scene: Scene, one: Document) -> Document:
    data, shown = one["data"], []
    for name, value in data.get("fields", []):
        label = _(asset_words.FIELDS.get(name, name))
        shown.append(
            f"{label}: {value_of(scene, name, value)}" if value else say("{label}: taken away", label=label)
        )
    shown += [_(asset_words.FIELDS.get(name, name)) for name in data.get("named", [])]
    if one["kind"] == "asset.turned/1":
        shown.append(_(asset_words.STATES.get(data.get("state", ""), "")))
    if one["kind"] == "asset.linked/1":
        shown.append(f"{data.get('on', '')} ({_(asset_words.HOW.get(data.get('how', ''), ''))})")
    return {
        "at": times.full(times.ms_of(one["at"]), scene.zone),
        "what": _(KINDS.get(one["kind"], one["kind"])),
        "shown": ", ".join(shown),
        "said": " · ".join(one["said"].values()),
        "actor": one["actor"],
    }
