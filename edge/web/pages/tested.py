"""What self-tests saw, as rows: each link with when it was last proven, the worst first. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from edge.flags import place_of
from edge.web.pages.language import _
from edge.web.pages.scene import Scene
from edge.words import LINKS

Document = dict[str, Any]

SHOWN_AS: Final[Mapping[str, tuple[str, str, str]]] = {
    # word, tone, symbol; the worst first
    "not_proven": ("not proven", "act", "refused"),
    "behind": ("not reached", "unk", "noanswer"),
    "untestable": ("cannot be tested silently", "unk", "unconfirmed"),
    "proven": ("proven", "ok", "secured"),
}
ORDER: Final = {outcome: place for place, outcome in enumerate(SHOWN_AS)}


def selftest_view(scene: Scene) -> Document:
    """The last one, link by link; and the locks that are exercised out of hours."""
    found = scene.picture["self_test"]
    last = found["last"]
    rows = [] if last is None else [_row(scene, one) for one in last["links"]]
    rows.sort(key=lambda row: ORDER[row["outcome"]])
    return {
        "running": found["running"],
        "tested": last is not None,
        "at": scene.full(last["at"]) if last else "",
        "age_ms": scene.since_ms(last["at"]) if last else None,
        "red": sum(row["outcome"] == "not_proven" for row in rows),
        "rows": [row for row in rows if row["outcome"] != "proven"],
        "proven": [row for row in rows if row["outcome"] == "proven"],
        "exercises": [_exercise(scene, one) for one in found["exercises"]],
    }


def _row(scene: Scene, link: Document) -> Document:
    word, tone, symbol = SHOWN_AS[link["outcome"]]
    return {
        "id": link["id"],
        "outcome": link["outcome"],
        "kind": _(LINKS[link["kind"]]),
        "name": link["name"],
        "href": place_of(scene.plan, link["subject"]),
        "word": _(word),
        "tone": tone,
        "symbol": symbol,
        "says": _(link["words"]),
        "age_ms": scene.since_ms(link["last_proven"]),
    }


def _exercise(scene: Scene, one: Document) -> Document:
    word, tone, symbol = SHOWN_AS.get(one["outcome"] or "", ("not yet", "unk", "unknown"))
    if one["outcome"] == "untestable":
        word = "kept from it"
    return {
        "door": one["door"],
        "name": one["name"],
        "word": _("under way") if one["under_way"] else _(word),
        "tone": tone,
        "symbol": symbol,
        "says": _(one["words"]),
        "age_ms": scene.since_ms(one["at"]),
    }


def tested(scene: Scene, link: str) -> Document | None:
    """One link's row, with `tested_ms`: how long ago the last self-test was; None: it has not been tested yet."""
    last = scene.picture["self_test"]["last"]
    found = next((one for one in last["links"] if one["id"] == link), None) if last else None
    return None if found is None else {**_row(scene, found), "tested_ms": scene.since_ms(last["at"])}
