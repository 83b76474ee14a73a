"""Pages of what the inventory adds up to: replacement, what is issued, stock, rounds, reports, imports, edits of many, labels."""

from collections.abc import Generator
from typing import Any, Final

from aiohttp import web

from edge import words
from edge.importing import zones_by_name
from edge.web import book
from edge.web.pages import assets as views
from edge.web.pages import times
from edge.web.pages.acting import onward
from edge.web.pages.assets import FILTERS
from edge.web.pages.forms import form_of
from edge.web.pages.language import _, many, say
from edge.web.pages.qr import square
from edge.web.pages.scene import Scene
from edge.web.pages.showing import pages, scene_of, show
from edge.web.problem import Problem
from edge.web.route import Route, Visit
from rules.model import asset_asks as asks
from rules.model.ids import AssetId

Document = dict[str, Any]
LABELS: Final = 60
"""On one sheet to print."""
NAMED: Final = 100
"""Things of each year of the plan."""
CHOSEN: Final = 200
"""For one edit of many by the page."""


async def plan(visit: Visit) -> web.StreamResponse:
    """Replacement over five years."""
    now = scene_of(visit)
    found = await book.read(visit, "assets.plan", named=NAMED)
    years = [
        {
            "year": one["year"],
            "count": many("{n} thing", "{n} things", one["count"]),
            "overdue": one["overdue"],
            "cost": views.cost(str(one["cost_cents"])),
            "without_cost": one["without_cost"],
            "cut": one["count"] > len(one["items"]),
            "rows": [
                {**views.row(now, each), "cost": views.cost(each["said"].get("cost_cents", ""))}
                for each in one["items"]
            ],
        }
        for one in found["years"]
    ]
    more = {"years": years, "unknown": found["unknown"], "later": found["later"]}
    return show(visit, "plain", seen=now, template="plan.html", more=more)


async def issued(visit: Visit) -> web.StreamResponse:
    """What is with whom, by person."""
    now, given = scene_of(visit), visit.request.query
    person, zone = given.get("person", "")[:100], given.get("zone", "")[:64]
    found = await book.read(visit, "assets.issued", person=person, zone=zone or None)
    by: dict[str, list[Document]] = {}
    for one in found["items"]:
        by.setdefault(one["said"].get("holder", ""), []).append({**views.row(now, one), "late": one["late"]})
    more = {
        "by": sorted(by.items()),
        "person": person,
        **views.filters(now, {"zone": zone}),
        "cut": found["next"] is not None,
    }
    return show(visit, "plain", seen=now, template="issued.html", more=more)


async def stock(visit: Visit) -> web.StreamResponse:
    """What lies in stock, and the minimums."""
    return await _stock(visit)


async def _stock(visit: Visit, *, missing: str = "", status: int = 200) -> web.Response:
    found = await book.read(visit, "stock")
    return show(
        visit,
        "plain",
        template="stock.html",
        more={"rows": found["items"], "missing": missing},
        status=status,
    )


async def set_minimum(visit: Visit) -> web.StreamResponse:
    """Set one."""
    form = await form_of(visit)
    try:
        await book.decide(visit, asks.SetMinimum(form.line("type"), form.number("minimum")))
    except Problem as problem:
        return await _stock(visit, missing=problem.detail, status=422)
    return onward(visit, "/inventory/stock", _("Saved."))


async def audits(visit: Visit) -> web.StreamResponse:
    """Rounds under way and over."""
    return await _audits(visit)


async def _audits(visit: Visit, *, missing: str = "", status: int = 200) -> web.Response:
    now = scene_of(visit)
    found = await book.read(visit, "rounds")
    counts = await book.read(visit, "assets.count")
    more = {
        "rows": [_round(now, one) for one in found["items"]],
        "missing": missing,
        "types": views.counted(counts)["types"],
        **views.filters(now, {}),
    }
    return show(visit, "plain", seen=now, template="audits.html", more=more, status=status)


async def begin_audit(visit: Visit) -> web.StreamResponse:
    """Begin a round."""
    form = await form_of(visit)
    try:
        answered = await book.decide(visit, asks.BeginAudit(form.text("zone"), form.line("type")))
    except Problem as problem:
        return await _audits(visit, missing=problem.detail, status=422)
    number = book.subject_of(answered).rpartition("-")[2]
    return onward(visit, f"/inventory/audits/{number}", say("Round {n} began.", n=number))


async def audit(visit: Visit) -> web.StreamResponse:
    """A round with what nobody saw yet: each is confirmed with a touch, also while the box cannot be reached."""
    now = scene_of(visit)
    found = await book.read(visit, "round", id=visit.request.match_info["id"][:20])
    more = {
        "round": _round(now, found),
        "rows": [views.row(now, one) for one in found["items"]],
        "unseen": found["unseen"],
    }
    return show(visit, "plain", seen=now, template="audit.html", more=more)


async def end_audit(visit: Visit) -> web.StreamResponse:
    """End it: what nobody saw is missing."""
    await form_of(visit)
    number = visit.request.match_info["id"][:15]
    try:
        await book.decide(visit, asks.EndAudit(int(number) if number.isascii() and number.isdigit() else -1))
    except Problem as problem:
        return onward(visit, "/inventory/audits", problem.detail, done=False)
    return onward(visit, f"/inventory/audits/{number}", say("Round {n} is over.", n=number))


async def reports(visit: Visit) -> web.StreamResponse:
    """Reports without a sign-in that wait."""
    now = scene_of(visit)
    found = await book.read(visit, "reports", limit=100)
    more = {"rows": [views.report(now, one) for one in found["items"]]}
    return show(visit, "plain", seen=now, template="reports.html", more=more)


async def importing(visit: Visit) -> web.StreamResponse:
    """Where a list is chosen; the page's script sends it, and shows what it would come to."""
    return show(visit, "plain", template="import.html")


async def editing(visit: Visit) -> web.StreamResponse:
    """Choose of what a list found; then what is to be said of all of them."""
    now, given = scene_of(visit), visit.request.query
    asked = {name: given[name][:100] for name in FILTERS if given.get(name)}
    found = await book.read(
        visit, "assets", limit=CHOSEN, **{("class_" if one == "class" else one): asked[one] for one in asked}
    )
    more = {
        "rows": [views.row(now, one) for one in found["items"]],
        "cut": found["next"] is not None,
        "names": [
            one for one in views.fields(now, {}) if one["name"] not in ("name", "serial", "tag", "cost")
        ],
        "preview": None,
        "missing": "",
    }
    return show(visit, "plain", seen=now, template="edit.html", more=more)


async def edit(visit: Visit) -> web.StreamResponse:
    """Show what it would change; sent again from there, do it."""
    form, now = await form_of(visit), scene_of(visit)
    chosen, field, value = form.all("asset")[:CHOSEN], form.text("field")[:64], form.line("value")
    if field == "zone":
        value = zones_by_name(now.plan).get(value.casefold(), value)
    found = await book.read(visit, "assets.edit", assets=chosen, said=[[field, value]])
    changed = sum(one["outcome"] == "change" for one in found["items"])
    missing = ""
    if form.text("sure") == "yes":
        try:
            await book.decide(visit, asks.EditAssets(tuple(map(AssetId, chosen)), ((field, value),)))
        except Problem as problem:
            missing = problem.detail
        else:
            return onward(visit, "/assets", many("{n} asset changed.", "{n} assets changed.", changed))
    items = [
        {
            "id": one["id"],
            "name": one.get("name") or one["id"],
            "was": views.value_of(now, field, one.get("was", {}).get(field, "")),
            "outcome": one["outcome"],
            "why": words.reply(one["code"], one["args"]) if "code" in one else "",
        }
        for one in found["items"]
    ]
    preview = {
        "field": field,
        "label": next((each["label"] for each in views.fields(now, {}) if each["name"] == field), field),
        "value": value,
        "shown": views.value_of(now, field, value),
        "rows": items,
        "changed": changed,
        "refused": sum(one["outcome"] == "refused" for one in items),
    }
    more = {"preview": preview, "missing": missing, "rows": [], "names": [], "cut": False}
    return show(visit, "plain", seen=now, template="edit.html", more=more, status=422 if missing else 200)


async def labels(visit: Visit) -> web.StreamResponse:
    """A sheet of labels to print: of what a list found, or of one."""
    given = visit.request.query
    asked = {name: given[name][:100] for name in (*FILTERS, "after") if given.get(name)}
    if given.get("id"):
        found: Document = {"items": [await book.read(visit, "asset", id=given["id"][:100])], "next": None}
    else:
        found = await book.read(
            visit,
            "assets",
            limit=LABELS,
            **{("class_" if one == "class" else one): asked[one] for one in asked},
        )
    # By the name that this browser reached the box by: so do the phones that scan it.
    origin = f"{visit.request.scheme}://{visit.request.host}"
    now = scene_of(visit)
    drawn = await pages(visit).courtesy.in_bites(_labels(now, origin, found["items"]))
    after = (
        [*((one, asked[one]) for one in asked if one != "after"), ("after", found["next"])]
        if found["next"]
        else None
    )
    return show(visit, "plain", seen=now, template="labels.html", more={"labels": drawn, "next": after})


def _labels(now: Scene, origin: str, items: list[Document]) -> Generator[None, None, list[Document]]:
    made = []
    for one in items:
        row = views.row(now, one)
        made.append(
            {
                "id": row["id"],
                "name": row["name"],
                "where": row["where"],
                "qr": square(f"{origin}/a/{row['id']}"),
            }
        )
        yield
    return made


def _round(now: Scene, one: Document) -> Document:
    zone = now.zone_name(one["zone"]) if one["zone"] else ""
    return {
        "number": one["number"],
        "scope": ", ".join(each for each in (zone, one["type"]) if each) or _("everything"),
        "began": times.full(times.ms_of(one["began_at"]), now.zone),
        "ended": times.full(times.ms_of(one["ended_at"]), now.zone) if one["ended_at"] else "",
        "seen": say("{n} of {all} seen", n=one["seen"], all=one["expected"]),
        "missing": one["missing"],
    }


ROUTES: Final = (
    Route("GET", "/inventory/plan", "assets", plan, page=True),
    Route("GET", "/inventory/issued", "assets", issued, page=True),
    Route("GET", "/inventory/stock", "assets", stock, page=True),
    Route("POST", "/inventory/stock", "assets-write", set_minimum, page=True),
    Route("GET", "/inventory/audits", "assets", audits, page=True),
    Route("POST", "/inventory/audits", "assets-write", begin_audit, page=True),
    Route("GET", "/inventory/audits/{id}", "assets", audit, page=True),
    Route("POST", "/inventory/audits/{id}/end", "assets-write", end_audit, page=True),
    Route("GET", "/inventory/reports", "assets", reports, page=True),
    Route("GET", "/inventory/import", "assets-write", importing, page=True),
    Route("GET", "/inventory/edit", "assets-write", editing, page=True),
    Route("POST", "/inventory/edit", "assets-write", edit, page=True),
    Route("GET", "/inventory/labels", "assets", labels, page=True),
)
