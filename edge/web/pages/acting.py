"""What is started, answered, written and ended from a page: plain forms, each done once however often it is sent."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final, get_args

from aiohttp import web

from edge.control.desk import Reply
from edge.web.pages.confirming import ours
from edge.web.pages.forms import Form, form_of
from edge.web.pages.language import _, say
from edge.web.pages.proving import asks_first, proof_of
from edge.web.pages.replies import told
from edge.web.pages.responses import bands, name, standing, titled
from edge.web.pages.showing import actor_of, pages, role_of, scene_of, show
from edge.web.pages.times import ms_of
from edge.web.problem import Problem
from edge.web.route import Route, Visit
from edge.web.sight import is_silent
from rules.model.events import AnswerAsked, CloseAsked, NoteAsked, StartAsked
from rules.model.ids import IncidentId, ZoneId
from rules.model.kinds import DRILL, EXERCISE, REAL, Drill, Exercise, Real
from rules.model.responses import Response

SUBMIT_S: Final = 10.0
END, RELEASE = "END", "RELEASE"
ASKS_FIRST: Final = frozenset({"factor_first", "second_person_first"})
"""Refusals of an end that a release session answers."""
WORDS: Final = (END, RELEASE)
"""What is typed where a button is not held."""
RESPONSES: Final[tuple[Response, ...]] = get_args(Response)


async def decided(waiting: Awaitable[Reply]) -> Reply:
    """What a request came to; a loop in trouble is told as what it is."""
    try:
        async with asyncio.timeout(SUBMIT_S):
            return await waiting
    except TimeoutError:
        return Reply(False, "late", (("seconds", int(SUBMIT_S)),))


def onward(visit: Visit, to: str, text: str, *, done: bool = True) -> web.StreamResponse:
    """Say what became of it on the next page, and go there."""
    pages(visit).say(actor_of(visit), text, done=done)
    raise web.HTTPSeeOther(to)


# --- starting ---------------------------------------------------------------------------------


async def starting(visit: Visit) -> web.StreamResponse:
    """Every response, for the whole campus or one zone: for those whose list in the bar is not enough."""
    return show(visit, "plain", template="start.html", more={"all": _all(visit)})


def _all(visit: Visit) -> list[dict[str, str]]:
    plan = visit.office.plan
    known = sorted(plan.responses.values(), key=lambda one: -one.rank)
    return [{"response": one.response, "name": name(one.response)} for one in known if not one.silent]


async def start(visit: Visit) -> web.StreamResponse:
    """Start a real response. Never blocked: a session that ran out may, and no limit stands in its way."""
    form = await form_of(visit)
    return await _started(visit, form, REAL)


async def start_drill(visit: Visit) -> web.StreamResponse:
    """Start a drill or an exercise: another page, another form, another right, another route."""
    form = await form_of(visit)
    kinds: dict[str, Drill | Exercise] = {"drill": DRILL, "exercise": EXERCISE}
    kind = kinds.get(form.text("kind"))
    if kind is None:
        raise Problem(422, _("Say whether it is a drill or an exercise. Nothing was started."))
    return await _started(visit, form, kind)


async def _started(visit: Visit, form: Form, kind: Real | Drill | Exercise) -> web.StreamResponse:
    wanted = form.text("response")
    response = next((one for one in RESPONSES if one == wanted), None)
    if response is None or response not in visit.office.plan.responses:
        raise Problem(422, _("There is no such response. Nothing was started: choose one from the list."))
    silent = is_silent(visit.office.plan, response)
    if silent and (not isinstance(kind, Real) or not visit.role_may("look-duress")):
        raise Problem(422, _("A silent response is started by its button. Nothing was started."))
    zones = tuple(ZoneId(one) for one in form.all("zone")) or (visit.office.plan.campus,)
    reason, role = form.line("reason"), role_of(visit)

    def ask() -> Awaitable[Reply]:
        return visit.office.submit(
            actor_of(visit),
            lambda at, request, actor: StartAsked(at, request, actor, response, zones, kind, reason, role),
        )

    def stands(reply: Reply) -> bool:
        """A page that lay open starts again what was ended meanwhile: a call for help is never answered by an old one."""
        return reply.done and reply.incident in visit.office.state.record.incidents

    key = _key_of(form, response, zones, kind)
    reply = await decided(pages(visit).once.do(actor_of(visit), key, ask, stands=stands))
    where = ", ".join(scene_of(visit).zone_name(one) for one in zones)
    text = told(reply, say("{what} started: {where}.", what=titled(kind.word, response), where=where))
    place = f"/incidents/{reply.incident}" if reply.incident else ours(form.text("back"))
    return onward(visit, place if visit.may("look") else "/sign-in", text, done=reply.done)


def _key_of(form: Form, response: Response, zones: tuple[ZoneId, ...], kind: Real | Drill | Exercise) -> str:
    """The same touch, however often it is sent: another choice from the same list is another."""
    key = form.text("key")
    return f"{key} {kind.word} {response} {' '.join(zones)}" if key else ""


# --- answering an unanswered press ------------------------------------------------------------


def _waiting(visit: Visit, key: str, *, start: bool) -> int:
    """The number of the press that a form means, among those that this visitor may know of.

    start: a session that ran out names what it was shown before, a silent one too: starting it is never blocked.
    """
    duress = visit.role_may("look-duress") if start else visit.may("look-duress")
    waiting = pages(visit).moment(duress=duress).scene.picture["unanswered"]
    return next((int(one["number"]) for one in waiting if _key(one) == key), 0)


def _key(press: dict[str, Any]) -> str:
    return f"{press['button']}-{ms_of(press['at'])}"


async def answer_page(visit: Visit) -> web.StreamResponse:
    """One press that waits: start it, or say why it was nothing."""
    key = visit.request.match_info["key"]
    now = scene_of(visit)
    if not any(_key(one) == key for one in now.picture["unanswered"]):
        return onward(
            visit, "/", _("Nothing waits for an answer there: somebody answered before."), done=False
        )
    return show(visit, "plain", seen=now, template="answer.html", more={"key": key, "missing": ""})


async def acknowledge(visit: Visit) -> web.StreamResponse:
    """Start what an unanswered press asked for: one touch."""
    form = await form_of(visit)
    return await _answered(visit, form, start=True)


async def dismiss(visit: Visit) -> web.StreamResponse:
    """An unanswered press was nothing; why, is a must."""
    form = await form_of(visit)
    if not form.line("reason"):
        more = {"key": form.text("press"), "missing": _("Write why it was nothing. Nothing was changed.")}
        return show(visit, "plain", template="answer.html", more=more, status=422)
    return await _answered(visit, form, start=False)


async def _answered(visit: Visit, form: Form, *, start: bool) -> web.StreamResponse:
    number, reason = _waiting(visit, form.text("press"), start=start), form.line("reason")

    def ask() -> Awaitable[Reply]:
        return visit.office.submit(
            actor_of(visit),
            lambda at, request, actor: AnswerAsked(at, request, actor, number, start, reason),
        )

    if number == 0:
        reply = Reply(False, "already_answered")
    else:
        reply = await decided(
            pages(visit).once.do(actor_of(visit), f"answer {form.text('press')} {start}", ask)
        )
    done = _("The press was answered: started.") if start else _("The press was answered: it was nothing.")
    place = f"/incidents/{reply.incident}" if reply.incident else "/"
    return onward(visit, place if visit.may("look") else "/sign-in", told(reply, done), done=reply.done)


# --- notes and the end ------------------------------------------------------------------------


async def note(visit: Visit) -> web.StreamResponse:
    """Write into an incident's timeline."""
    form = await form_of(visit)
    of = IncidentId(visit.request.match_info["id"])
    text = form.text("text").strip()
    live = visit.office.state.record.incidents.get(of)
    if live is not None and live.silent and not visit.may("look-duress"):
        live = None  # looked for and answered like one that never was
    if live is None and not await _in_record(visit, of):
        raise Problem(404, _("There is no such incident. Nothing was written."))

    silent = visit.may("look-duress")

    def ask() -> Awaitable[Reply]:
        return visit.office.submit(
            actor_of(visit), lambda at, request, actor: NoteAsked(at, request, actor, of, text, silent)
        )

    if not text:
        reply = Reply(False, "no_text")
    else:
        reply = await decided(pages(visit).once.do(actor_of(visit), form.text("key"), ask))
    done = _("The note is in the record.") if reply.durable else _("The note is taken.")
    place = f"/incidents/{of}/post#notes" if form.text("to") == "post" else f"/incidents/{of}#said"
    return onward(visit, place, told(reply, done), done=reply.done)


async def _in_record(visit: Visit, of: IncidentId) -> bool:
    found = await visit.office.views(lambda views: views.incidents(1_000))
    return any(one["incident"] == of and (not one["silent"] or visit.may("look-duress")) for one in found)


async def closing(visit: Visit) -> web.StreamResponse:
    """What ending means, before it is done."""
    return _closing(visit)


def _closing(visit: Visit, missing: str = "", reason: str = "") -> web.Response:
    status = 422 if missing else 200
    more = {"missing": missing, "reason": reason, "asks_first": asks_first(visit)}
    return show(visit, "plain", template="close.html", more=more, status=status)


async def close(visit: Visit) -> web.StreamResponse:
    """End what is live: held or typed, with a reason. Doors stay as they are."""
    form = await form_of(visit)
    if not confirmed(form, _(END)):
        missing = _("Hold the button, or type END beside it. Nothing was changed.")
        return _closing(visit, missing, form.line("reason"))
    # What is ended is what was seen: a form that lay open while something began or rose ends nothing.
    if {standing(one) for one in bands(scene_of(visit))} - set(form.all("seen")):
        missing = _(
            "Something began or changed since this page was opened. Nothing was ended: look, then end it."
        )
        return _closing(visit, missing, form.line("reason"))
    reason, silent, role = form.line("reason"), visit.may("look-duress"), role_of(visit)
    fresh, second = proof_of(visit)
    named = visit.caller is not None and visit.caller.by != "token"

    def ask() -> Awaitable[Reply]:
        return visit.office.submit(
            actor_of(visit),
            lambda at, request, actor: CloseAsked(
                at, request, actor, reason, None, silent, role, fresh, second, named
            ),
        )

    reply = await decided(pages(visit).once.do(actor_of(visit), form.text("key"), ask))
    text = told(reply, _("Ended."))
    if reply.code in ASKS_FIRST:
        return _closing(visit, text, reason)
    return onward(visit, "/", text, done=reply.done)


def confirmed(form: Form, word: str) -> bool:
    """Whether the button was held (the page's script says so) or its word typed."""
    return form.text("held") == "held" or form.line("word").casefold() == word.casefold()


ROUTES: Final = (
    Route("GET", "/start", "start", starting, page=True),
    Route("POST", "/start", "start", start, page=True),
    Route("POST", "/drills", "start-drill", start_drill, page=True),
    Route("GET", "/presses/{key}", "look", answer_page, page=True),
    Route("POST", "/presses/start", "acknowledge", acknowledge, page=True),
    Route("POST", "/presses/dismiss", "dismiss", dismiss, page=True),
    Route("POST", "/incidents/{id}/notes", "note", note, page=True),
    Route("GET", "/close", "close", closing, page=True),
    Route("POST", "/close", "close", close, page=True),
)
