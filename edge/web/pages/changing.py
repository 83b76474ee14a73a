"""Change what holds in a zone: what may take its place, what may not and why, done by holding or a typed word, with a reason.

The transitions are the pack's; the rules judge again when it is sent, so that a page that lay open changes nothing by surprise.
"""

from collections.abc import Awaitable
from typing import Any, Final, cast

from aiohttp import web

from edge.control.desk import Reply
from edge.web.pages.acting import confirmed, decided, onward
from edge.web.pages.forms import form_of
from edge.web.pages.language import _, say
from edge.web.pages.replies import told
from edge.web.pages.responses import name, titled
from edge.web.pages.scene import Scene
from edge.web.pages.showing import actor_of, pages, role_of, scene_of, show
from edge.web.route import Route, Visit
from rules.model.events import StartAsked
from rules.model.ids import ZoneId
from rules.model.kinds import Drill, Real, kind_of
from rules.model.responses import Response
from rules.transition_table import BESIDE, CHANGE, RAISE

Document = dict[str, Any]

WORD: Final = "CHANGE"


def held(scene: Scene) -> list[Document]:
    """Each zone with a response of its own, the widest first: what may follow there, and what may not and why."""
    plan, zones = scene.plan, scene.state.record.zones
    there = [(plan.zones[zone], own) for zone, own in zones.items() if zone in plan.zones]
    there.sort(key=lambda one: (-len(one[0].within), one[0].name))
    return [
        {
            "zone": zone.id,
            "where": _("Whole campus") if zone.id == plan.campus else zone.name,
            "seen": f"{own.kind} {own.response}",
            "title": titled(own.kind, own.response),
            "may": [
                {"response": one, "name": name(one)}
                for one, why in _following(scene, own.response)
                if not why
            ],
            "not": [
                {"response": one, "name": name(one), "why": _(why)}
                for one, why in _following(scene, own.response)
                if why
            ],
        }
        for zone, own in there
    ]


def _following(scene: Scene, was: Response) -> list[tuple[Response, str]]:
    """(response, why it may not follow): the gravest first, calls for help left out."""
    table, rows = scene.plan.transitions, []
    for one in sorted(scene.plan.responses.values(), key=lambda one: -one.rank):
        verdict = table.verdicts.get((was, one.response), BESIDE)
        if verdict != BESIDE:
            why = "" if verdict in (RAISE, CHANGE) else table.reasons.get(verdict, verdict)
            rows.append((one.response, why))
    return rows


async def change_page(visit: Visit) -> web.StreamResponse:
    """What holds where, and what may take its place."""
    return _page(visit)


def _page(visit: Visit, *, missing: str = "", zone: str = "", reason: str = "") -> web.Response:
    now = scene_of(visit)
    more = {"held": held(now), "missing": missing, "zone": zone, "reason": reason}
    return show(visit, "plain", seen=now, template="change.html", more=more, status=422 if missing else 200)


async def change(visit: Visit) -> web.StreamResponse:
    """Put another response in the place of a zone's own."""
    form = await form_of(visit)
    zone, wanted, reason = form.text("zone"), form.text("response"), form.line("reason")
    own = next((one for one in held(scene_of(visit)) if one["zone"] == zone), None)

    def lacks(missing: str) -> web.Response:
        return _page(visit, missing=missing, zone=zone, reason=reason)

    if own is None or own["seen"] != form.text("seen"):
        return lacks(
            _("What holds there changed since this page was opened. Nothing was changed: look again.")
        )
    if wanted not in {one["response"] for one in (*own["may"], *own["not"])}:
        return lacks(_("Choose what takes its place. Nothing was changed."))
    if not reason:
        return lacks(_("Write why. Nothing was changed."))
    if not confirmed(form, _(WORD)):
        return lacks(_("Hold the button, or type CHANGE beside it. Nothing was changed."))
    kind = cast("Real | Drill", kind_of(own["seen"].partition(" ")[0]))
    response, role = cast("Response", wanted), role_of(visit)

    def ask() -> Awaitable[Reply]:
        return visit.office.submit(
            actor_of(visit),
            lambda at, number, actor: StartAsked(
                at, number, actor, response, (ZoneId(zone),), kind, reason, role, change=True
            ),
        )

    reply = await decided(pages(visit).once.do(actor_of(visit), form.text("key"), ask))
    done = say("{what} holds now: {where}.", what=titled(kind.word, response), where=own["where"])
    place = f"/incidents/{reply.incident}" if reply.incident else "/change"
    return onward(visit, place, told(reply, done, scene_of(visit)), done=reply.done)


ROUTES: Final = (
    Route("GET", "/change", "close", change_page, page=True),
    Route("POST", "/change", "close", change, page=True),
)
