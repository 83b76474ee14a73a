"""The page of self-tests: looked at by everybody, begun by whoever may."""

from collections.abc import Awaitable
from typing import Final

from aiohttp import web

from edge.control.desk import Reply
from edge.web.pages.acting import decided, onward
from edge.web.pages.forms import form_of
from edge.web.pages.language import _
from edge.web.pages.replies import told
from edge.web.pages.showing import actor_of, pages, scene_of, show
from edge.web.pages.tested import selftest_view
from edge.web.route import Route, Visit
from rules.model.events import SelfTestAsked


async def selftest_page(visit: Visit) -> web.StreamResponse:
    """Look."""
    now = scene_of(visit)
    more = {"may_test": visit.may("selftest"), **selftest_view(now)}
    return show(visit, "plain", seen=now, template="selftest.html", more=more)


async def selftest(visit: Visit) -> web.StreamResponse:
    """Begin one."""
    form = await form_of(visit)

    def ask() -> Awaitable[Reply]:
        return visit.office.submit(actor_of(visit), SelfTestAsked)

    reply = await decided(pages(visit).once.do(actor_of(visit), form.text("key"), ask))
    text = told(reply, _("The self-test has begun. It moves no lock; look again in some seconds."))
    return onward(visit, "/selftest", text, done=reply.done)


ROUTES: Final = (
    Route("GET", "/selftest", "look", selftest_page, page=True),
    Route("POST", "/selftest", "selftest", selftest, page=True),
)
