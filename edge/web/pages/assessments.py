"""Assessments: rounds through a checklist, answered question by question on a phone, over days, and printed."""

from collections.abc import Sequence
from typing import Any, Final, cast

from aiohttp import web

from edge.web import book
from edge.web.api.assessments import MOST_TOLD, Word, number_of, whole, worded
from edge.web.api.booking import read_book
from edge.web.checklists import take_enclosed
from edge.web.pages import times
from edge.web.pages.acting import onward
from edge.web.pages.forms import form_of
from edge.web.pages.language import _, many, say
from edge.web.pages.scene import Scene
from edge.web.pages.showing import scene_of, show
from edge.web.problem import Problem
from edge.web.route import Route, Visit
from rules.model.assessment_asks import BeginAssessment, EndAssessment

Document = dict[str, Any]
ANSWERS: Final = {"yes": "Yes", "no": "No", "na": "Does not apply"}


async def listing(visit: Visit) -> web.StreamResponse:
    """Rounds, and the checklists to begin one with."""
    return await _listing(visit)


async def _listing(
    visit: Visit, *, missing: str = "", wrong: Sequence[tuple[int, str]] = (), status: int = 200
) -> web.StreamResponse:
    now = scene_of(visit)
    found, lists = await read_book(visit, "assessments"), await read_book(visit, "checklists")
    more = {
        "rounds": [_round(now, one) for one in found],
        "checklists": [(one["id"], one["title"]) for one in lists],
        "zones": [(str(one.id), str(one.name)) for one in now.plan.zones.values()],
        "missing": missing,
        "wrong": [(say("Line {n}: {why}", n=line, why=why)) for line, why in wrong[:MOST_TOLD]],
    }
    return show(visit, "plain", seen=now, template="assessments.html", more=more, status=status)


async def bring(visit: Visit) -> web.StreamResponse:
    """Take a checklist in, by a form with a file."""
    try:
        came = await take_enclosed(visit)
    except Problem as problem:
        if problem.status in (401, 403):
            raise
        return await _listing(visit, missing=problem.detail, status=problem.status)
    if came.wrong:
        text = many(
            "{n} question may not be as it stands: nothing of the file counts.",
            "{n} questions may not be as they stand: nothing of the file counts.",
            len(came.wrong),
        )
        return await _listing(visit, missing=text, wrong=came.wrong, status=409)
    return onward(
        visit, "/assessments", many("{n} question taken in.", "{n} questions taken in.", came.questions)
    )


def _round(scene: Scene, one: Document) -> Document:
    ended = one["ended_at"]
    return {
        **one,
        "zone": scene.zone_name(one["zone"]),
        "begun": times.full(times.ms_of(one["begun_at"]), scene.zone),
        "day": times.full(times.ms_of(one["begun_at"]), scene.zone)[:10],
        "ended": times.full(times.ms_of(ended), scene.zone) if ended else "",
        "progress": say("{a} of {q} answered, {n} no", a=one["answered"], q=one["questions"], n=one["no"]),
    }


async def one(visit: Visit) -> web.StreamResponse:
    """One round, section by section."""
    now, told = scene_of(visit), await whole(visit)
    sections: dict[str, list[Document]] = {}
    for item in told["items"]:
        sections.setdefault(item["section"], []).append(_question(item))
    more = {
        "one": _round(now, told),
        "former": told["former"],
        "former_no": told["former_no"],
        "sections": [
            (name, items, sum(each["answer"] != "" for each in items)) for name, items in sections.items()
        ],
        "answers": [(word, _(text)) for word, text in ANSWERS.items()],
        "signs": visit.may("inspect") and not told["ended_at"],
        "account": visit.caller.actor if visit.caller is not None else "",
        "me": visit.office.people.name_of(visit.caller) if visit.caller is not None else "",
    }
    return show(visit, "plain", seen=now, template="assessment.html", more=more)


def _question(item: Document) -> Document:
    was = item["was"]
    return {
        **item,
        "answer": item["answer"] or "",
        "word": _(ANSWERS[item["answer"]]) if item["answer"] else "",
        "before": say("last time: {answer}", answer=_(ANSWERS[was])) if was else "",
        "changed": bool(was and item["answer"] and was != item["answer"]),
    }


async def begin(visit: Visit) -> web.StreamResponse:
    """Begin a round."""
    form = await form_of(visit)
    try:
        answered = await book.decide(visit, BeginAssessment(form.line("checklist"), form.line("zone")))
    except Problem as problem:
        return onward(visit, "/assessments", problem.detail, done=False)
    number = book.subject_of(answered).removeprefix("assessment-")
    return onward(visit, f"/assessments/{number}", say("Round {n} began.", n=number))


async def respond(visit: Visit) -> web.StreamResponse:
    """Answer a question."""
    form = await form_of(visit)
    word, place = form.text("answer"), f"/assessments/{number_of(visit)}"
    if word not in ANSWERS:
        return onward(visit, place, _("Choose an answer. Nothing was changed."), done=False)
    try:
        asked = await worded(visit, form.line("question"), cast("Word", word), form.line("comment"))
        await book.decide(visit, asked)
    except Problem as problem:
        return onward(visit, place, problem.detail, done=False)
    return onward(visit, place, _("Answered."))


async def end(visit: Visit) -> web.StreamResponse:
    """End a round."""
    await form_of(visit)
    place = f"/assessments/{number_of(visit)}"
    try:
        await book.decide(visit, EndAssessment(number_of(visit)))
    except Problem as problem:
        return onward(visit, place, problem.detail, done=False)
    return onward(visit, place, _("The round is over."))


ROUTES: Final = (
    Route("GET", "/assessments", "assets", listing, page=True),
    Route("POST", "/assessments", "assets-write", begin, page=True),
    Route("POST", "/assessments/checklists", "assets-write", bring, page=True),
    Route("GET", "/assessments/{number}", "assets", one, page=True),
    Route("POST", "/assessments/{number}/answers", "inspect", respond, page=True),
    Route("POST", "/assessments/{number}/end", "assets-write", end, page=True),
)
