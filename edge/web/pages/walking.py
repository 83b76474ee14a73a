"""Walk-tests: put named buttons in test for a person, for a while; all others stay real."""

from collections.abc import Awaitable
from typing import Final

from aiohttp import web

from edge.control.desk import Reply
from edge.web.pages.acting import decided, onward
from edge.web.pages.campus import walk_test_rows
from edge.web.pages.devices import button_row
from edge.web.pages.forms import form_of
from edge.web.pages.language import _, many
from edge.web.pages.replies import told
from edge.web.pages.showing import actor_of, pages, scene_of, show
from edge.web.route import Route, Visit
from rules.model.events import WalkTestAsked
from rules.model.ids import ButtonId
from rules.requests import WALK_TEST_MOST_MINUTES

MINUTES: Final = (5, 10, 20, 30)


def _page(
    visit: Visit, missing: str = "", status: int = 200, chosen: list[str] | None = None
) -> web.Response:
    now = scene_of(visit)
    more = {
        "rows": [button_row(now, one) for one in now.picture["buttons"]],
        "running": walk_test_rows(now),
        "minutes": [one for one in MINUTES if one <= WALK_TEST_MOST_MINUTES],
        "missing": missing,
        "chosen": chosen or [],
        "person": visit.office.people.name_of(visit.caller) if visit.caller else "",
    }
    return show(visit, "plain", seen=now, template="walk_test.html", more=more, status=status)


async def walk_test_page(visit: Visit) -> web.StreamResponse:
    """Choose buttons."""
    return _page(visit)


async def walk_test(visit: Visit) -> web.StreamResponse:
    """Begin."""
    form = await form_of(visit)
    buttons = tuple(ButtonId(one) for one in form.all("button"))
    minutes, person = form.number("minutes"), form.line("person")
    if not buttons:
        return _page(visit, _("Choose each button that is to be tested. Every button is real."), 422)

    def ask() -> Awaitable[Reply]:
        return visit.office.submit(
            actor_of(visit),
            lambda at, request, actor: WalkTestAsked(at, request, actor, buttons, minutes, person),
        )

    reply = await decided(pages(visit).once.do(actor_of(visit), form.text("key"), ask))
    if not reply.done:
        return _page(visit, told(reply, ""), 422, list(buttons))
    done = many(
        "TEST: {n} button is in a walk-test. All others are real.",
        "TEST: {n} buttons are in a walk-test. All others are real.",
        len(buttons),
    )
    return onward(visit, "/walk-test", told(reply, done))


ROUTES: Final = (
    Route("GET", "/walk-test", "walk-test", walk_test_page, page=True),
    Route("POST", "/walk-test", "walk-test", walk_test, page=True),
)
