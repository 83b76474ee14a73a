"""Words for families and media as the pages show them. Pure."""

from typing import Any, Final

from edge import statement_words
from edge.statements import statement_documents
from edge.web.pages.language import _, say
from edge.web.pages.responses import MARKS, titled
from edge.web.pages.scene import Scene

TONES: Final = {"waiting": "unk", "approved": "ok", "declined": "unk", "overtaken": "unk"}


def statement_rows(scene: Scene, of: str | None = None) -> list[dict[str, Any]]:
    """Those of one incident, or all, as a page shows them."""
    found = statement_documents(scene.plan, scene.state, scene.called, of)
    return [_row(scene, one) for one in found]


def _row(scene: Scene, one: dict[str, Any]) -> dict[str, Any]:
    what = _("All clear") if one["response"] is None else titled(one["kind"], one["response"])
    by = one["by"] or ""
    return {
        "number": one["number"],
        "incident": one["incident"],
        "kind": one["kind"],
        "mark": _(MARKS.get(one["kind"], "")),
        "to": _(statement_words.TO[one["to"]]),
        "what": what,
        "text": one["text"] or _("The words were erased."),
        "owner": say("{role}: {name}", role=_(one["owner_words"]), name=one["owner_name"] or _("nobody yet")),
        "at": scene.clock(one["at"]),
        "open": one["state"] == "waiting",
        "current": one["state"] in ("waiting", "approved"),
        "tone": TONES[one["state"]],
        "word": _(one["words"]),
        "by": say("by {name}, {at}", name=by, at=scene.clock(one["since"])) if by else "",
        "reason": one["reason"],
    }
