"""How a page is answered: the frame, its view, its template; and a problem as a page with a way on."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from edge.web.pages import templates
from edge.web.pages.alert_views import NOTHING, alerts_view
from edge.web.pages.frame import frame
from edge.web.pages.language import _
from edge.web.pages.live import Pages
from edge.web.pages.moment import Moment
from edge.web.pages.scene import Scene
from edge.web.pages.screens import SCREENS, Screen
from edge.web.problem import TITLES, Problem
from edge.web.route import Visit
from edge.web.shared import shared
from rules.model.ids import Actor

HTML: Final = "text/html"
BY_SCRIPT: Final = "X-Requested-With"
"""Sent by the page's own scripts with what they fetch; a redirect takes it along."""
WORTH_PACKING: Final = 4_096


def pages(visit: Visit) -> Pages:
    """What all pages share."""
    return shared(visit.request).pages


def actor_of(visit: Visit) -> Actor:
    """Who acts. Every route that acts names a right, so somebody is known."""
    if visit.caller is None:
        raise Problem(401, "Nobody is signed in here. Nothing was done.")
    return visit.caller.actor


def role_of(visit: Visit) -> str:
    """The role of who acts, for what a response's plan leaves to some."""
    return "" if visit.caller is None else visit.caller.role


def moment_of(visit: Visit) -> Moment:
    """The campus of now, as this visitor may see it, with what others had drawn of it."""
    return pages(visit).moment(duress=visit.may("look-duress"))


def scene_of(visit: Visit) -> Scene:
    """The campus of now, as this visitor may see it."""
    return moment_of(visit).scene


async def show_shared(
    visit: Visit,
    screen: str,
    of: str = "",
    *,
    seen: Moment | None = None,
    more: Mapping[str, Any] | None = None,
) -> web.Response:
    """As `show`, for the pages that many look at: their parts are drawn in bites, once for all who ask at a moment."""
    now, wanted = seen or moment_of(visit), SCREENS[screen]
    view = now.view(wanted, of)
    drawn = {} if view is None else await now.page_parts(wanted, of, pages(visit).courtesy)
    return _show(visit, wanted, of, now.scene, view, wanted.template, 200, {**(more or {}), "drawn": drawn})


def show(
    visit: Visit,
    screen: str,
    of: str = "",
    *,
    seen: Scene | None = None,
    template: str | None = None,
    status: int = 200,
    more: Mapping[str, Any] | None = None,
) -> web.Response:
    """A page of `SCREENS`. template: another than the screen's. more: values beside frame and view.

    Raises Problem 404 where the screen knows nothing of this id.
    """
    wanted, now = SCREENS[screen], seen or scene_of(visit)
    view = wanted.view(now, of)
    return _show(visit, wanted, of, now, view, template or wanted.template, status, more or {})


def _show(
    visit: Visit,
    screen: Screen,
    of: str,
    now: Scene,
    view: Mapping[str, Any] | None,
    template: str,
    status: int,
    more: Mapping[str, Any],
) -> web.Response:
    if view is None:
        raise Problem(
            404, _("There is nothing of this name here. It may have ended, or the configuration changed.")
        )
    # Links to what asks for a second factor are there before it is proven: behind them it is asked for.
    shown = {"alerts": alerts_view(now) if visit.may("alerts") else NOTHING}
    values = {**frame(now, screen.name, of, visit.could), **view, **shown, **_visitor(visit), **more}
    return answer(visit, templates.page(template, values), status)


def answer(visit: Visit, html: str, status: int = 200) -> web.Response:
    """HTML, packed where that is worth it."""
    response = web.Response(text=html, content_type=HTML, charset="utf-8", status=status)
    if len(html) > WORTH_PACKING:
        response.enable_compression()
    return response


def _visitor(visit: Visit) -> dict[str, Any]:
    caller = visit.caller
    # What a script fetches is looked at by nobody: the words are kept for the page that is gone to.
    looked_at = visit.request.headers.get(BY_SCRIPT) is None
    said = pages(visit).said(caller.actor) if caller is not None and looked_at else None
    return {
        "visitor": visit.office.people.name_of(caller) if caller is not None else "",
        "signed_in": caller is not None,
        "lapsed": caller is not None and caller.lapsed,
        "said": said,
    }


def problem_page(problem: Problem) -> web.Response:
    """A problem for people: what happened, what still works, what to do."""
    values = {
        "title": _(TITLES.get(problem.status, "Not done")),
        "detail": problem.detail,
        "status": problem.status,
        "streamed": False,
        "ages": {},
    }
    headers = dict(problem.headers)
    return web.Response(
        text=templates.page("problem.html", values),
        content_type=HTML,
        charset="utf-8",
        status=problem.status,
        headers=headers,
    )
