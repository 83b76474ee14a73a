"""Inspections: what is due with its forms, for a phone without a network; one asset's; one that was signed; the checks."""

from typing import Any, Final, cast

from aiohttp import web

from edge.web.api.booking import read_book
from edge.web.api.inspections import DueAsked, asset_of, due_page, number_of, one_of
from edge.web.pages import inspection_views as views
from edge.web.pages.acting import onward
from edge.web.pages.booking import asked_of_book
from edge.web.pages.forms import form_of
from edge.web.pages.language import _
from edge.web.pages.replies import told
from edge.web.pages.showing import scene_of, show
from edge.web.photos import INSPECTION, take_enclosed_photo
from edge.web.problem import Problem
from edge.web.route import Route, Visit
from rules.model.ids import AssetId
from rules.model.inspection_asks import SignInspection

Document = dict[str, Any]
PAGE: Final = 100
ANSWER: Final = "a-"
"""Before the names of a form's answers."""


async def due(visit: Visit) -> web.StreamResponse:
    """What is due, by its day or by zone, each with its form."""
    now, given = scene_of(visit), visit.request.query
    state = given.get("state", "due")
    asked = DueAsked(
        after=given.get("after", "")[:250],
        limit=PAGE,
        state=cast("Any", state if state in dict(views.TABS) else "due"),
        zone=given.get("zone", "")[:64] or None,
    )
    zones = given.get("by") == "zone"
    page, known = await due_page(visit, asked), await read_book(visit, "inspections.checks")
    rows = [views.row(now, one) for one in page["items"]]
    shown = {one["check"] for one in rows}
    said = {"zone": asked.zone or "", "state": asked.state, "by": "zone" if zones else ""}
    more = {
        "groups": views.by_zone(now, rows) if zones else [("", rows)],
        "counts": page["counts"],
        "tabs": views.tabs(asked, zones),
        "other": views.address({**said, "by": "" if zones else "zone"}),
        "zones_on": zones,
        "zones": [(str(one.id), str(one.name), one.id == asked.zone) for one in now.plan.zones.values()],
        "state": asked.state,
        "next": views.address({**said, "after": page["next"]}) if page["next"] else "",
        "checks": [views.check(one, []) for one in known["checks"] if one["id"] in shown],
        **_signer(visit, page["today"]),
    }
    return show(visit, "plain", seen=now, template="inspections.html", more=more)


def _signer(visit: Visit, today: str) -> Document:
    caller = visit.caller
    return {
        "me": visit.office.people.name_of(caller) if caller is not None else "",
        "account": caller.actor if caller is not None else "",
        "role": caller.role if caller is not None else "",
        "signs": visit.may("inspect"),
        "today": today,
    }


async def of_asset(visit: Visit) -> web.StreamResponse:
    """All checks of one asset; `?corrects=N`: the form that takes the place of one."""
    given = visit.request.query.get("corrects", "")
    corrects = int(given) if given.isascii() and given.isdigit() and len(given) < 16 else 0
    return await _of(visit, corrects=corrects)


async def _of(
    visit: Visit, missing: str = "", typed: Document | None = None, corrects: int = 0
) -> web.StreamResponse:
    now, one = scene_of(visit), await asset_of(visit)
    names = _names(visit)
    signed = [views.signed(now, each, names) for each in one["signed"]]
    wrong = next((each for each in signed if each["number"] == corrects), None)
    begun = {} if wrong is None else {"check": wrong["check"], "day": wrong["day"], "person": wrong["person"],
                                      "answers": wrong["answers"]}  # fmt: skip
    more = {
        "asset": one["asset"],
        "name": one["name"] or one["asset"],
        "where": ", ".join(filter(None, (one["room"], now.zone_name(one["zone"]) if one["zone"] else ""))),
        "checks": [views.check(each, each["standing"]) for each in one["checks"]],
        "signed": signed,
        "wrong": wrong,
        "missing": missing,
        "typed": {
            "check": "",
            "day": "",
            "person": "",
            "reason": "",
            "answers": {},
            **begun,
            **(typed or {}),
        },
        **_signer(visit, one["today"]),
    }
    return show(
        visit, "plain", seen=now, template="inspection_of.html", more=more, status=422 if missing else 200
    )


async def sign(visit: Visit) -> web.StreamResponse:
    """Sign for one of the asset's."""
    form = await form_of(visit)
    answers = {name.removeprefix(ANSWER): form.line(name) for name in form.fields if name.startswith(ANSWER)}
    asset = visit.request.match_info["id"][:100]
    caller = visit.caller
    role = "" if caller is None else caller.role
    person = form.line("person") or ("" if caller is None else visit.office.people.name_of(caller))
    reply = await asked_of_book(
        visit,
        form,
        SignInspection(
            AssetId(asset),
            form.line("check"),
            tuple((name, value) for name, value in answers.items() if value),
            person,
            role,
            form.line("day"),
            corrects=form.number("corrects"),
            reason=form.line("reason"),
        ),
    )
    if not reply.done:
        typed = {name: form.line(name) for name in ("check", "day", "reason")}
        return await _of(
            visit, told(reply, ""), {**typed, "person": person, "answers": answers}, form.number("corrects")
        )
    return onward(visit, f"/inspections/of/{asset}", _("It is signed."))


async def one(visit: Visit) -> web.StreamResponse:
    """One that was signed."""
    return await _one(visit)


async def _one(visit: Visit, *, missing: str = "", status: int = 200) -> web.StreamResponse:
    now = scene_of(visit)
    found = views.signed(now, await one_of(visit), _names(visit))
    known = await read_book(visit, "inspections.checks")
    form: list[Document] = next(
        (views.check(each, [])["form"] for each in known["checks"] if each["id"] == found["check"]), []
    )
    more = {
        "one": found,
        "answers": views.answers(found, form),
        "signs": visit.may("inspect"),
        "missing": missing,
    }
    return show(visit, "plain", seen=now, template="inspection.html", more=more, status=status)


async def photo(visit: Visit) -> web.StreamResponse:
    """Add a photo to one, by a form with a file."""
    number = number_of(visit)
    try:
        await take_enclosed_photo(visit, INSPECTION, number)
    except Problem as problem:
        if problem.status in (401, 403, 404):
            raise
        return await _one(visit, missing=problem.detail, status=problem.status)
    return onward(visit, f"/inspections/{number}", _("The photo is kept."))


async def checks(visit: Visit) -> web.StreamResponse:
    """The checks in force, what the site changed of them, and who holds a certificate."""
    known = await read_book(visit, "inspections.checks")
    more = {
        "checks": [views.check(each, []) for each in known["checks"]],
        "certified": known["certified"],
        "version": known["version"],
        "sha256": known["sha256"],
    }
    return show(visit, "plain", template="inspection_checks.html", more=more)


def _names(visit: Visit) -> dict[str, str]:
    accounts = visit.office.people.registrar.book.accounts.values()
    return {one.id: one.name for one in accounts}


ROUTES: Final = (
    Route("GET", "/inspections", "assets", due, page=True),
    Route("GET", "/inspections/checks", "assets", checks, page=True),
    Route("GET", "/inspections/of/{id}", "assets", of_asset, page=True),
    Route("POST", "/inspections/of/{id}", "inspect", sign, page=True),
    Route("GET", "/inspections/{number}", "assets", one, page=True),
    Route("POST", "/inspections/{number}/photo", "inspect", photo, page=True),
)
