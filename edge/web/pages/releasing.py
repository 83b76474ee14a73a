"""Release: a second factor opens five minutes, in which doors are named one by one with a reason, and held or typed for.

A release returns a door to its rest and to nothing else; the page says so before and after.
"""

from collections.abc import Awaitable
from typing import Any, Final

from aiohttp import web

from edge.control.desk import Reply
from edge.people.people import NotSignedIn
from edge.web.cookies import renew_cookie
from edge.web.pages.acting import RELEASE, confirmed, decided, onward
from edge.web.pages.confirming import HOW, factor_of
from edge.web.pages.forms import form_of
from edge.web.pages.language import _, many
from edge.web.pages.replies import told
from edge.web.pages.scene import Scene
from edge.web.pages.showing import actor_of, pages, scene_of, show
from edge.web.pages.verdicts import door_row
from edge.web.problem import Problem
from edge.web.route import Route, Visit
from rules.model.events import LockAsked, ReleaseAsked
from rules.model.ids import DoorId

Document = dict[str, Any]

WHY_NOT: Final = {
    "wrong": "This code or sign-in does not fit. No door was released. " + HOW,
    "wait": "Too many tries from here: wait, then try again. No door was released.",
    "disabled": "This account is switched off. No door was released.",
    "no_factor": "This account has no second factor yet: use a printed code, or a second named person.",
    "no_right": "This session may not release any more. Sign in again. No door was released.",
}


def doors_to_release(scene: Scene) -> list[Document]:
    """Doors that an order holds, each with what its rest is; the whole campus is never one choice."""
    rows = []
    for door in scene.picture["doors"]:
        planned = scene.plan.doors.get(DoorId(door["id"]))
        if (
            planned is None
            or planned.hardware is None
            or door["order"] is None
            or door["order"]["word"] == "rest"
        ):
            continue
        rest = _("rest: unlocked") if planned.hardware.rest == "unlocked" else _("rest: locked")
        rows.append({**door_row(scene, door), "rest": rest})
    return sorted(rows, key=lambda row: (row["zone"], row["name"]))


async def release_page(visit: Visit) -> web.StreamResponse:
    """The second factor; once it opened, the doors."""
    return _page(visit)


def _page(
    visit: Visit,
    *,
    missing: str = "",
    status: int = 200,
    chosen: list[str] | None = None,
    reason: str = "",
    other_name: str = "",
) -> web.Response:
    now = scene_of(visit)
    left_s = visit.office.people.release_left_s(_caller(visit)) if visit.caller else 0
    more = {
        "left_s": left_s,
        "until_ms": now.now_ms + left_s * 1_000,
        "doors": doors_to_release(now) if left_s else [],
        "held_count": len(doors_to_release(now)),
        "missing": missing,
        "other_name": other_name,
        "chosen": chosen or [],
        "reason": reason,
    }
    return show(visit, "plain", seen=now, template="release.html", more=more, status=status)


def _caller(visit: Visit) -> Any:
    if visit.caller is None or visit.caller.by != "session":
        raise Problem(403, _("Doors are released by a person who signed in, never by a program."))
    return visit.caller


async def open_release(visit: Visit) -> web.StreamResponse:
    """Give the second factor: a code of one's own, or a second named person's sign-in."""
    form = await form_of(visit)
    source = visit.request.remote or ""
    opened = await visit.office.people.open_release(_caller(visit), factor_of(form), source)
    if isinstance(opened, NotSignedIn):
        why = _(WHY_NOT[opened.why])
        if opened.wait_s:
            why += " " + many("Wait {n} second.", "Wait {n} seconds.", opened.wait_s)
        return _page(visit, missing=why, status=422, other_name=form.line("other_name"))
    response = web.HTTPSeeOther("/release")
    await renew_cookie(visit, response)
    raise response


async def release(visit: Visit) -> web.StreamResponse:
    """Return the named doors to their rest."""
    form = await form_of(visit)
    if visit.office.people.release_left_s(_caller(visit)) <= 0:
        return onward(
            visit,
            "/release",
            _("The five minutes are over. No door was released: give a code again."),
            done=False,
        )
    named, reason = form.all("door"), form.line("reason")
    if not named:
        return _page(visit, missing=_("Name each door. No door was released."), status=422, reason=reason)
    if not reason:
        return _page(visit, missing=_("Write why. No door was released."), status=422, chosen=named)
    if not confirmed(form, _(RELEASE)):
        missing = _("Hold the button, or type RELEASE beside it. No door was released.")
        return _page(visit, missing=missing, status=422, chosen=named, reason=reason)
    doors = tuple(DoorId(one) for one in named)

    def ask() -> Awaitable[Reply]:
        return visit.office.submit(
            actor_of(visit),
            lambda at, request, actor: ReleaseAsked(at, request, actor, doors, reason, visit.came),
        )

    reply = await decided(pages(visit).once.do(actor_of(visit), form.text("key"), ask))
    done = many("{n} door returns to its rest.", "{n} doors return to their rest.", len(doors))
    return onward(visit, "/release", told(reply, done, scene_of(visit)), done=reply.done)


async def lock(visit: Visit) -> web.StreamResponse:
    """Lock one named door, from its own page."""
    form = await form_of(visit)
    of = DoorId(visit.request.match_info["id"])
    reason = form.line("reason") or _("Locked from its page.")

    def ask() -> Awaitable[Reply]:
        return visit.office.submit(
            actor_of(visit), lambda at, request, actor: LockAsked(at, request, actor, (of,), reason)
        )

    reply = await decided(pages(visit).once.do(actor_of(visit), form.text("key"), ask))
    return onward(
        visit,
        f"/doors/{of}",
        told(reply, _("Told to lock. Its sensors will say whether it did."), scene_of(visit)),
        done=reply.done,
    )


ROUTES: Final = (
    Route("GET", "/release", "release", release_page, page=True, own_factor=True),
    Route("POST", "/release/open", "release", open_release, page=True, own_factor=True),
    Route("POST", "/release", "release", release, page=True, own_factor=True),
    Route("POST", "/doors/{id}/lock", "lock", lock, page=True),
)
