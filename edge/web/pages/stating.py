"""Words for families and media: what is queued for the district, and the two answers of a person."""

from collections.abc import Awaitable
from typing import Final

from aiohttp import web

from edge.control.desk import Reply
from edge.web.pages.acting import decided, onward
from edge.web.pages.forms import form_of
from edge.web.pages.language import _
from edge.web.pages.replies import told
from edge.web.pages.showing import actor_of, pages, scene_of, show
from edge.web.pages.statement_rows import statement_rows
from edge.web.problem import Problem
from edge.web.route import Route, Visit
from rules.model.statements import StatementAsked


async def all_of(visit: Visit) -> web.StreamResponse:
    """What is kept, the newest first."""
    return _page(visit)


def _page(visit: Visit, missing: str = "") -> web.Response:
    now = scene_of(visit)
    more = {
        "rows": statement_rows(now),
        "missing": missing,
        "district": now.plan.district,
        "may_speak": visit.could("speak"),
    }
    return show(
        visit, "plain", seen=now, template="statements.html", more=more, status=422 if missing else 200
    )


async def answered(visit: Visit) -> web.StreamResponse:
    """Approve or decline one."""
    form, text = await form_of(visit), visit.request.match_info["number"]
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Problem(404, _("There is nothing of this name here."))
    number, reason, approve = int(text), form.line("reason"), form.text("answer") == "approved"
    if not approve and form.text("answer") != "declined":
        raise Problem(422, _("Say whether they are approved. Nothing was changed."))
    if not approve and not reason:
        return _page(visit, _("Say why they are declined. Nothing was changed."))

    def ask() -> Awaitable[Reply]:
        return visit.office.submit(
            actor_of(visit),
            lambda at, request, actor: StatementAsked(
                at, request, actor, number, "approved" if approve else "declined", reason
            ),
        )

    reply = await decided(pages(visit).once.do(actor_of(visit), f"statement {number} {approve}", ask))
    said = (
        _("Approved: queued for the district. This box sends nothing.")
        if approve
        else _("Declined. It is in the record.")
    )
    return onward(visit, "/statements", told(reply, said), done=reply.done)


ROUTES: Final = (
    Route("GET", "/statements", "coordinate", all_of, page=True),
    Route("POST", "/statements/{number}", "speak", answered, page=True),
)
