"""Pages of the inventory: found, looked at, changed; each change is a form that the book answers once it is in every list."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from edge import asset_words
from edge.book.csv_columns import cents
from edge.web import book
from edge.web.pages import assets as views
from edge.web.pages.acting import onward
from edge.web.pages.forms import Form, form_of
from edge.web.pages.language import _, say
from edge.web.pages.showing import scene_of, show
from edge.web.problem import Problem
from edge.web.route import Route, Visit
from rules.book.asset_fields import FIELDS
from rules.model import asset_asks as asks
from rules.model.asset_facts import Pairs
from rules.model.book_asks import BookAsk
from rules.model.ids import AssetId

Document = dict[str, Any]
PAGE: Final = 50


async def listing(visit: Visit) -> web.StreamResponse:
    """The list, with what was asked for."""
    now, given = scene_of(visit), visit.request.query
    asked = {name: given[name][:100] for name in (*views.FILTERS, "after") if given.get(name)}
    found = await book.read(
        visit, "assets", limit=PAGE, **{("class_" if one == "class" else one): asked[one] for one in asked}
    )
    counts = await book.read(visit, "assets.count")
    more = {
        "rows": [views.row(now, one) for one in found["items"]],
        "next": _onward(asked, found["next"]),
        "found": _query({one: asked[one] for one in asked if one != "after"}),
        "counts": views.counted(counts),
        **views.filters(now, asked),
    }
    return show(visit, "plain", seen=now, template="assets.html", more=more)


async def one_asset(visit: Visit) -> web.StreamResponse:
    """One asset with all that is known of it."""
    return await _asset(visit)


async def new_asset(visit: Visit) -> web.StreamResponse:
    """The form of a new one."""
    now = scene_of(visit)
    more = {"fields": views.fields(now, {}), "missing": "", "states": views.steps("")}
    return show(visit, "plain", seen=now, template="asset_new.html", more=more)


async def make_asset(visit: Visit) -> web.StreamResponse:
    """Make one."""
    form = await form_of(visit)
    said = [*_said(form, {}), *([("state", form.text("state"))] if form.text("state") else [])]
    try:
        answered = await book.decide(visit, asks.WriteAsset(None, tuple(said)))
    except Problem as problem:
        now = scene_of(visit)
        kept = {name: form.line(name) for name in views.WRITTEN}
        kept["cost_cents"] = cents(kept["cost"]) if kept["cost"] else ""
        more = {"fields": views.fields(now, kept if kept["cost_cents"].isdigit() else {**kept, "cost_cents": ""}),
                "missing": problem.detail, "states": views.steps("")}  # fmt: skip
        return show(visit, "plain", seen=now, template="asset_new.html", more=more, status=422)
    name = book.subject_of(answered)
    return onward(visit, f"/assets/{name}", say("Asset {id} is made.", id=name))


async def change(visit: Visit) -> web.StreamResponse:
    """Say other things of it: only what the form has otherwise than it was."""
    form = await form_of(visit)
    known = (await book.read(visit, "asset", id=_id(visit)))["said"]
    if other := [asset_words.FIELDS[name] for name in _overtaken(form, known)]:
        what = ", ".join(map(_, other))
        missing = say(
            "Somebody changed this since the page was opened: {what}. Nothing was saved: look, then save again.",
            what=what,
        )
        return await _asset(visit, missing=missing, status=409, typed=form)
    return await _done(visit, asks.WriteAsset(AssetId(_id(visit)), _said(form, known)), typed=form)


def _step(make: Callable[[AssetId, Form], BookAsk]) -> Callable[[Visit], Any]:
    async def handle(visit: Visit) -> web.StreamResponse:
        form = await form_of(visit)
        return await _done(visit, make(AssetId(_id(visit)), form))

    return handle


def _pairs(form: Form, *names: str) -> Pairs:
    return tuple((name, form.line(name)) for name in names if form.line(name))


def _turn(asset: AssetId, form: Form) -> BookAsk:
    state: Any = form.text("state")  # the book refuses what is no state
    return asks.TurnAsset(asset, state, form.line("reason"), _pairs(form, "zone", "room", "responsible"))


def _replace(asset: AssetId, form: Form) -> BookAsk:
    said = _pairs(form, "supported_until", "purchased", "warranty_until")
    return asks.ReplaceAsset(asset, form.line("serial"), form.line("reason"), said)


def _link(asset: AssetId, form: Form) -> BookAsk:
    how: Any = form.text("how")  # as above
    return asks.LinkAssets(asset, AssetId(form.line("on")), how, stands=form.text("stands") != "no")


turn, replace, link = _step(_turn), _step(_replace), _step(_link)
commission = _step(lambda asset, form: asks.CommissionAsset(asset, form.line("by"), form.line("day")))
issue = _step(lambda asset, form: asks.IssueAsset(asset, form.line("person"), form.line("due")))
give_back = _step(lambda asset, form: asks.ReturnAsset(asset, form.line("note")))


async def see(visit: Visit) -> web.StreamResponse:
    """It is here."""
    form = await form_of(visit)
    return await _done(visit, asks.SeeAsset(AssetId(_id(visit)), form.text("zone"), ""), to=form.text("to"))


async def settle(visit: Visit) -> web.StreamResponse:
    """What became of a report."""
    form = await form_of(visit)
    outcome = "taken" if form.text("outcome") == "taken" else "dismissed"
    number = form.number("number")
    try:
        await book.decide(visit, asks.SettleFault(number, outcome, form.line("reason")))  # type: ignore[arg-type]
    except Problem as problem:
        return onward(visit, "/inventory/reports", problem.detail, done=False)
    return onward(visit, "/inventory/reports", say("Report {n} is settled.", n=number))


async def _done(visit: Visit, asked: BookAsk, to: str = "", typed: Form | None = None) -> web.StreamResponse:
    place = f"/assets/{_id(visit)}" if not to.startswith("/inventory/audits/") else to[:100]
    try:
        answered = await book.decide(visit, asked)
    except Problem as problem:
        if problem.status == 503:
            raise
        if to:
            return onward(visit, place, problem.detail, done=False)
        return await _asset(visit, missing=problem.detail, status=422, typed=typed)
    text = _("Saved.") if book.subject_of(answered) else _("It was so already.")
    return onward(visit, place, text)


async def _asset(
    visit: Visit, *, missing: str = "", status: int = 200, typed: Form | None = None
) -> web.Response:
    """typed: what somebody wrote into the form of its fields, and was not saved."""
    now = scene_of(visit)
    asset = views.asset_view(now, await book.read(visit, "asset", id=_id(visit)))
    for each in asset["fields"]:
        each["was"] = each["value"]
        if typed is not None and each["name"] in typed.fields:
            each["value"] = typed.line(each["name"])
    more = {
        "asset": asset,
        "zones": [(str(zone.id), str(zone.name)) for zone in now.plan.zones.values()],
        "missing": missing,
        "today": datetime.now(now.zone).date().isoformat(),
        "me": visit.office.people.name_of(visit.caller) if visit.caller else "",
    }
    return show(visit, "plain", seen=now, template="asset.html", more=more, status=status)


def _said(form: Form, known: Document) -> Pairs:
    """What a form says otherwise than it is known, and than its page showed it."""
    return tuple(
        (field, value)
        for field, was, value in _written(form)
        if value not in (known.get(field, ""), was) and FIELDS[field].by == "anybody"
    )


def _overtaken(form: Form, known: Document) -> list[str]:
    """Fields in which a form says one thing, its page showed another, and somebody said a third meanwhile."""
    return [
        field
        for field, was, value in _written(form)
        if was is not None and value != was and " ".join(known.get(field, "").split()) not in (was, value)
    ]


def _written(form: Form) -> list[tuple[str, str | None, str]]:
    """(field, what the page showed, what was sent); shown None: the page said nothing of it."""
    found: list[tuple[str, str | None, str]] = []
    for name in views.WRITTEN:
        if name in form.fields:
            was, value = (form.line(one) if one in form.fields else None for one in (f"was-{name}", name))
            if name == "cost":
                name, was, value = "cost_cents", was and cents(was), value and cents(value)
            found.append((name, was, value or ""))
    return found


def _query(asked: dict[str, str]) -> str:
    """The same list by another page's address."""
    return f"?{urlencode(asked)}" if asked else ""


def _onward(asked: dict[str, str], after: str | None) -> list[tuple[str, str]] | None:
    """What the next page's form sends; None: that was all."""
    return (
        None if after is None else [*((one, asked[one]) for one in asked if one != "after"), ("after", after)]
    )


def _id(visit: Visit) -> str:
    return visit.request.match_info["id"][:100]


ROUTES: Final = (
    Route("GET", "/assets", "assets", listing, page=True),
    Route("POST", "/assets", "assets-write", make_asset, page=True),
    Route("GET", "/inventory/new", "assets-write", new_asset, page=True),
    Route("POST", "/inventory/reports", "assets-write", settle, page=True),
    Route("GET", "/assets/{id}", "assets", one_asset, page=True),
    Route("POST", "/assets/{id}", "assets-write", change, page=True),
    Route("POST", "/assets/{id}/turn", "assets-write", turn, page=True),
    Route("POST", "/assets/{id}/replace", "assets-write", replace, page=True),
    Route("POST", "/assets/{id}/commission", "assets-write", commission, page=True),
    Route("POST", "/assets/{id}/issue", "assets-write", issue, page=True),
    Route("POST", "/assets/{id}/return", "assets-write", give_back, page=True),
    Route("POST", "/assets/{id}/link", "assets-write", link, page=True),
    Route("POST", "/assets/{id}/seen", "assets", see, page=True),
)
