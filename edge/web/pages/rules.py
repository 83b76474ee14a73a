"""The page of rules and limits: what somebody reads who answers for safety, and nothing that they can change here."""

from typing import Any, Final

from aiohttp import web

from edge.ticket_words import CAMPUS_ALONE
from edge.web.pages.flags import after
from edge.web.pages.language import _
from edge.web.pages.responses import name
from edge.web.pages.showing import show
from edge.web.pages.verdicts import SHAPES
from edge.web.route import Route, Visit

Document = dict[str, Any]


async def rules(visit: Visit) -> web.StreamResponse:
    """Look."""
    return show(visit, "plain", template="rules.html", more=rules_view(visit.office.rules()))


def rules_view(found: Document) -> Document:
    """`edge.rulebook` in words."""
    return {
        "packs": [{**one, "short": one["sha256"][:12]} for one in found["packs"]],
        "config": found["configuration"][:12],
        "responses": [
            {
                "name": name(one["response"]),
                "rank": one["rank"],
                "locks": ", ".join(_(kind) for kind in one["locks"]) or _("locks nothing"),
                "scope": _("whole campus") if one["scope"] == "campus" else _("its zone"),
                "silent": one["silent"],
                "outputs": one["outputs"],
            }
            for one in found["responses"]
        ],
        "flags": [
            {
                **one,
                "title": _(one["title"]),
                "ends": _(one["ends"]),
                "owner": _(one["owner"].replace("-", " ")),
                "ticket": _("never") if one["ticket"] is None else after(one["ticket"]["after_s"]),
            }
            for one in sorted(
                found["flags"], key=lambda one: (not one["safety"], -one["points"], one["code"])
            )
        ],
        "merging": [
            {"title": _(one["title"]), "text": _(one["text"] if one["district"] else CAMPUS_ALONE)}
            for one in found["merging"]
        ],
        "verdicts": [
            {
                "word": _(SHAPES[one["verdict"]].word) if one["verdict"] in SHAPES else one["verdict"],
                "points": one["points"],
            }
            for one in found["doors"]
            if one["points"]
        ],
        "limits": [{**one, "text": _(one["text"])} for one in found["limits"]],
        "retention": found["retention"],
        "pictures": found["evidence"],
    }


ROUTES: Final = (Route("GET", "/rules", "look", rules, page=True),)
