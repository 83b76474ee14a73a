"""Change what holds in a zone: what may take its place, what may not and why, done by holding or a typed word, with a reason.

The transitions are the pack's; the rules judge again when it is sent, so that a page that lay open changes nothing by surprise.
"""

from collections.abc import Awaitable, Mapping
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
from rules.model.ids import Actor, RequestId, ZoneId
from rules.model.kinds import Drill, Real, kind_of
from rules.model.responses import Response
from rules.state import ZoneState
from rules.transition_table import BESIDE
from rules.transitions import not_theirs, would_refuse

Document = dict[str, Any]

WORD: Final = "CHANGE"
WHY: Final[Mapping[str, str]] = {
    "holds_above": "{was} holds in {where} and covers this zone too, so nothing would change here. "
    "Start {was} by name in the parts that keep it, then change {where}.",
    "not_in_plan": "The plan of {was} leaves changing it to others than your role: call who may.",
}
NOT_TO_START: Final = "The plan of {response} leaves starting it to others than your role: call who may."
NO_DRILLS: Final = "Your role starts no drills, and so changes none: call who may."


def held(scene: Scene, role: str, *, drills: bool) -> list[Document]:
    """Each zone with a response of its own, the widest first: what may follow there now, and what may not and why.

    role: of who asks, for the plans' own lists of who may. drills: whether they may start drills, and so change one.
    """
    plan, zones = scene.plan, scene.state.record.zones
    there = [(plan.zones[zone], own) for zone, own in zones.items() if zone in plan.zones]
    there.sort(key=lambda one: (-len(one[0].within), one[0].name))
    following = {zone.id: _following(scene, zone.id, own, role, drills=drills) for zone, own in there}
    return [
        {
            "zone": zone.id,
            "where": _called(scene, zone.id),
            "seen": f"{own.kind} {own.response}",
            "title": titled(own.kind, own.response),
            "may": [{"response": one, "name": name(one)} for one, why in following[zone.id] if not why],
            "not": [
                {"response": one, "name": name(one), "why": why} for one, why in following[zone.id] if why
            ],
        }
        for zone, own in there
    ]


def _following(
    scene: Scene, zone: ZoneId, own: ZoneState, role: str, *, drills: bool
) -> list[tuple[Response, str]]:
    """(response, why it may not follow): the gravest first, calls for help left out."""
    rows = []
    for one in sorted(scene.plan.responses.values(), key=lambda one: -one.rank):
        if scene.plan.transitions.verdicts.get((own.response, one.response), BESIDE) != BESIDE:
            rows.append((one.response, _why_not(scene, zone, own, one.response, role, drills=drills)))
    return rows


def _why_not(scene: Scene, zone: ZoneId, own: ZoneState, wanted: Response, role: str, *, drills: bool) -> str:
    """In words; `""`: it may follow. The rules are asked as they would be if it were sent."""
    plan = scene.plan
    kind = cast("Real | Drill", kind_of(own.kind))
    if isinstance(kind, Drill) and not drills:
        return _(NO_DRILLS)
    if not_theirs(plan, wanted, role):
        return say(NOT_TO_START, response=name(wanted))
    now, nobody = scene.state.live.now, Actor("")
    asked = StartAsked(now, RequestId(0), nobody, wanted, (zone,), kind, "asked", role, change=True)
    refused = would_refuse(plan, scene.state.record, asked)
    if refused is None:
        return ""
    if refused.code in WHY:
        return say(WHY[refused.code], was=name(refused.was), where=_called(scene, refused.held_in))
    return _(plan.transitions.reasons.get(refused.code, refused.code))


def _called(scene: Scene, zone: ZoneId) -> str:
    return _("Whole campus") if zone == scene.plan.campus else scene.zone_name(zone)


def _held(visit: Visit) -> list[Document]:
    return held(scene_of(visit), role_of(visit), drills=visit.may("start-drill"))


async def change_page(visit: Visit) -> web.StreamResponse:
    """What holds where, and what may take its place."""
    return _page(visit)


def _page(visit: Visit, *, missing: str = "", zone: str = "", reason: str = "") -> web.Response:
    now = scene_of(visit)
    more = {"held": _held(visit), "missing": missing, "zone": zone, "reason": reason}
    return show(visit, "plain", seen=now, template="change.html", more=more, status=422 if missing else 200)


async def change(visit: Visit) -> web.StreamResponse:
    """Put another response in the place of a zone's own."""
    form = await form_of(visit)
    zone, wanted, reason = form.text("zone"), form.text("response"), form.line("reason")
    own = next((one for one in _held(visit) if one["zone"] == zone), None)

    def lacks(missing: str) -> web.Response:
        return _page(visit, missing=missing, zone=zone, reason=reason)

    if own is None or own["seen"] != form.text("seen"):
        return lacks(
            _("What holds there changed since this page was opened. Nothing was changed: look again.")
        )
    if wanted not in {one["response"] for one in (*own["may"], *own["not"])}:
        return lacks(_("Choose what takes its place. Nothing was changed."))
    if own["seen"].startswith("drill ") and not visit.may("start-drill"):
        return lacks(f"{_(NO_DRILLS)} {_('Nothing was changed.')}")
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
