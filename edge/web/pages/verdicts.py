"""How a door's verdict is shown: outer shape, inside mark, word; and in which order. page.md section 3.

The worst come first. Not known is its own kind, dashed and blue, and never counts as secured.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from edge import words
from edge.web.pages import times
from edge.web.pages.language import _, say
from edge.web.pages.scene import Scene
from rules.model.ids import DoorId
from rules.model.values import dataclass
from rules.plan import DoorPlan

Tone = Literal["act", "unk", "ok", "calm"]
"""act: proven not secured. unk: not known. ok: proven, or on its way. calm: of no concern in quiet times."""
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """symbol: of `templates/shapes.svg`. word: English, in the catalogue."""

    symbol: str
    tone: Tone
    word: str


SHAPES: Final[Mapping[str, Shape]] = {
    "forced": Shape("forced", "act", "forced"),
    "ajar": Shape("ajar", "act", "ajar"),
    "opened": Shape("opened", "act", "opened"),
    "not_latched": Shape("notlatched", "act", "not latched"),
    "refused": Shape("refused", "act", "refused"),
    "freed": Shape("freed", "act", "free for fire"),
    "no_answer": Shape("noanswer", "unk", "no answer"),
    "stale": Shape("stale", "unk", "stale"),
    "unconfirmed": Shape("unconfirmed", "unk", "unconfirmed"),
    "unknown": Shape("unknown", "unk", "not known"),
    "pending": Shape("pending", "ok", "locking"),
    "egress": Shape("egress", "ok", "opened from inside"),
    "secured_partial": Shape("partial", "ok", "secured, one sensor"),
    "secured": Shape("secured", "ok", "secured"),
    "released": Shape("released", "ok", "released"),
    "open": Shape("open", "calm", "open"),
    "closed_unlocked": Shape("closed", "calm", "closed"),
    "closed_locked": Shape("locked", "calm", "locked"),
}
"""In the order in which they are listed. `freed` is ours: the fire rule holds a door free that was to be locked."""
_ORDER: Final = {word: place for place, word in enumerate(SHAPES)}
NOBODY_ASKED: Final = Shape("unknown", "unk", "not known")


def worst_first(row: Document) -> tuple[int, int, str]:
    """Sorts rows of `door_row`: those that need a person, then by verdict, then by name."""
    needs = {"not_secured": 0, "look": 1}.get(row["attention"], 2)
    return needs, _ORDER.get(row["verdict"], 0), row["name"]


def shown_as(door: Document) -> str:
    """The verdict's key in `SHAPES`."""
    freed = door["order"] is not None and door["order"]["word"] == "free"
    if freed and door["verdict"] in (
        "open",
        "closed_unlocked",
        "closed_locked",
        "released",
        "refused",
        "unconfirmed",
    ):
        return "freed"
    return str(door["verdict"])


def door_row(scene: Scene, door: Document) -> Document:
    """One row of any list of doors; made once for each scene, and not to be changed."""
    known = scene.rows.get(door["id"])
    if known is None:
        known = scene.rows[door["id"]] = _door_row(scene, door)
    return known


def _door_row(scene: Scene, door: Document) -> Document:
    verdict = shown_as(door)
    shape = SHAPES.get(verdict, NOBODY_ASKED)
    age_ms = evidence_age_ms(door)
    planned = scene.plan.doors.get(DoorId(door["id"]))
    limit_ms = _limit_ms(planned)
    return {
        "id": door["id"],
        "name": door["name"],
        "verdict": verdict,
        "symbol": shape.symbol,
        "tone": shape.tone,
        "word": _(shape.word),
        **_fact_and_task(says(scene, door, shape), _since(scene, door, shape)),
        "attention": door["attention"],
        "age_ms": age_ms,
        "limit_ms": limit_ms,
        "old": age_ms is None or (limit_ms is not None and age_ms > max(limit_ms, 2_000)),
        "order": door["order"],
        "zone": scene.zone_name(door["zone"]),
    }


def evidence_age_ms(door: Document) -> float | None:
    """Of the older of what is wired; None: nothing is wired, or one of it was never read."""
    wired = [one for one in (door["bolt"], door["position"]) if one is not None]
    ages = [one["age_ms"] for one in wired]
    if not ages or None in ages:
        return None
    return float(max(ages))


def _limit_ms(planned: DoorPlan | None) -> int | None:
    sensors = [one for one in (planned.bolt, planned.position) if one is not None] if planned else []
    return min((one.freshness_us // 1_000 for one in sensors), default=None)


def _fact_and_task(text: str, since: str) -> Document:
    """A sentence that says what is so, and those that say what to do: these stand out."""
    fact, stop, task = text.partition(". ")
    return {"fact": f"{since} {fact}{stop.strip()}".strip(), "task": task}


def _since(scene: Scene, door: Document, shape: Shape) -> str:
    """Since when an open door is open."""
    if (
        shape.tone != "act"
        or not door["since"]
        or door["verdict"] not in ("forced", "ajar", "opened", "egress")
    ):
        return ""
    return say("since {at}.", at=times.clock(times.ms_of(door["since"]), scene.zone))


def says(scene: Scene, door: Document, shape: Shape) -> str:
    """The sentences under a door's name: what is so, what to do."""
    if shape.symbol == "freed" and not door["held"]:
        text = _(words.HELD["fire_freed"])
    elif door["verdict"] == "refused" and door["by"] == "device" and not door["held"]:
        text = say(words.SAID_NO, code="")
    else:
        text = _(door["words"])
    return text


def counted(rows: list[Document]) -> Document:
    """Doors that were told to lock, by what is known of them: `open`, `unsure`, `moving`, `partial`, `secured`."""
    found = {"open": 0, "unsure": 0, "moving": 0, "partial": 0, "secured": 0}
    for row in rows:
        if row["tone"] == "act":
            found["open"] += 1
        elif row["tone"] == "unk":
            found["unsure"] += 1
        elif row["verdict"] == "secured":
            found["secured"] += 1
        elif row["verdict"] == "secured_partial":
            found["partial"] += 1
        elif row["attention"] == "not_secured":
            found["moving"] += 1
        else:
            found["unsure"] += 1
    total = len(rows)
    return {**found, "total": total, "not_secured": total - found["secured"] - found["partial"]}
