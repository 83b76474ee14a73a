"""`/assets`, `/inventory`, `/audits`, `/fault-reports`: what the campus owns. Read and written by the book's own process."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from edge import words
from edge.web import book
from edge.web.api import asset_forms as forms
from edge.web.api.answering import answer, of
from edge.web.api.forms import Listed
from edge.web.api.reading import query
from edge.web.api.writing import write
from edge.web.route import Handle, Route, Says, Visit
from rules.model import asset_asks as asks
from rules.model.asset_facts import Pairs
from rules.model.book_asks import BookAsk
from rules.model.ids import AssetId

Make = Callable[[Visit, Any], BookAsk]
NOT_THERE = (404, 503)


async def assets(visit: Visit) -> web.StreamResponse:
    """A page of the list."""
    asked = query(visit, forms.AssetsAsked)
    found = await book.read(
        visit,
        "assets",
        after=asked.after,
        limit=asked.limit,
        class_=asked.class_,
        type=asked.type,
        zone=asked.zone,
        state=asked.state,
        unknown=asked.unknown,
        where=asked.where,
        search=asked.search,
    )
    return answer(Listed(items=of(list[forms.Asset], found["items"]), next=found["next"]))


async def asset(visit: Visit) -> web.StreamResponse:
    """One asset."""
    return answer(of(forms.AssetWhole, await book.read(visit, "asset", id=_id(visit))))


async def counts(visit: Visit) -> web.StreamResponse:
    """How many of what."""
    return answer(of(forms.Counts, await book.read(visit, "assets.count")))


async def plan(visit: Visit) -> web.StreamResponse:
    """Replacement over five years."""
    asked = query(visit, forms.PlanAsked)
    return answer(of(forms.Plan, await book.read(visit, "assets.plan", zone=asked.zone, class_=asked.class_)))


async def plan_csv(visit: Visit) -> web.StreamResponse:
    """The same as a table."""
    asked = query(visit, forms.PlanAsked)
    return await _in_pieces(
        visit, "replacement-plan.csv", "assets.plan_csv", 0, zone=asked.zone, class_=asked.class_
    )


async def as_csv(visit: Visit) -> web.StreamResponse:
    """All assets as a table."""
    return await _in_pieces(visit, "assets.csv", "assets.csv", "")


async def _in_pieces(
    visit: Visit, name: str, asks_of: str, after: str | int | None, **said: str | None
) -> web.StreamResponse:
    response = web.StreamResponse(headers=_of_file(name))
    response.content_type, response.charset = "text/csv", "utf-8"
    piece = await book.read(visit, asks_of, after=after, **said)
    await response.prepare(visit.request)
    while True:
        await response.write(piece["text"].encode())
        after = piece["next"]
        if after is None:
            return response
        piece = await book.read(visit, asks_of, after=after, **said)


async def issued(visit: Visit) -> web.StreamResponse:
    """What is with whom."""
    asked = query(visit, forms.IssuedAsked)
    found = await book.read(
        visit, "assets.issued", after=asked.after, limit=asked.limit, person=asked.person, zone=asked.zone
    )
    return answer(Listed(items=of(list[forms.Issued], found["items"]), next=found["next"]))


async def stock(visit: Visit) -> web.StreamResponse:
    """What lies in stock."""
    found = await book.read(visit, "stock")
    return answer(Listed(items=of(list[forms.Stock], found["items"]), next=None))


async def audits(visit: Visit) -> web.StreamResponse:
    """Rounds."""
    found = await book.read(visit, "rounds")
    return answer(Listed(items=of(list[forms.Round], found["items"]), next=None))


async def audit(visit: Visit) -> web.StreamResponse:
    """A round and what nobody saw in it."""
    return answer(of(forms.RoundWhole, await book.read(visit, "round", id=_id(visit))))


async def reports(visit: Visit) -> web.StreamResponse:
    """Reports of whoever did not sign in."""
    found = await book.read(visit, "reports", limit=500)
    return answer(Listed(items=of(list[forms.Report], found["items"]), next=found["next"]))


async def edit(visit: Visit, said: forms.Edit) -> web.Response:
    """Say the same of many, or what that would change."""
    found = await book.read(visit, "assets.edit", assets=said.assets, said=list(said.said.items()))
    items = [
        {**one, "words": words.reply(one["code"], one["args"])} if "code" in one else one
        for one in found["items"]
    ]
    if not said.preview:
        chosen = tuple(AssetId(one) for one in said.assets)
        await book.decide(visit, asks.EditAssets(chosen, _pairs(said.said)))
    changed = sum(one["outcome"] == "change" for one in items)
    return answer(forms.EditAnswer(changed=changed, items=of(list[forms.Edited], items)))


def _decides(make: Make) -> Callable[[Visit, Any], Awaitable[web.Response]]:
    async def do(visit: Visit, said: Any) -> web.Response:
        answered = await book.decide(visit, make(visit, said))
        name = book.subject_of(answered)
        return answer(forms.Written(id=name, words="Done." if name else "It was so already."))

    return do


def _pairs(said: dict[str, str]) -> Pairs:
    return tuple(said.items())


def _id(visit: Visit) -> str:
    return visit.request.match_info["id"][:100]


def _asset(visit: Visit) -> AssetId:
    return AssetId(_id(visit))


def _number(visit: Visit) -> int:
    text = _id(visit)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1


def _of_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


MAKES: dict[str, tuple[type[Any], Make, str]] = {
    "": (
        forms.Write,
        lambda visit, said: asks.WriteAsset(_asset(visit), _pairs(said.said)),
        "Change what is said of it",
    ),
    "/turn": (
        forms.Turn,
        lambda visit, said: asks.TurnAsset(_asset(visit), said.state, said.reason, _pairs(said.said)),
        "Another state of its life",
    ),
    "/replace": (
        forms.Replace,
        lambda visit, said: asks.ReplaceAsset(_asset(visit), said.serial, said.reason, _pairs(said.said)),
        "Another piece under the same id",
    ),
    "/commission": (
        forms.Commission,
        lambda visit, said: asks.CommissionAsset(_asset(visit), said.by, said.day),
        "Say that it was tried out after it was replaced",
    ),
    "/issue": (
        forms.Issue,
        lambda visit, said: asks.IssueAsset(_asset(visit), said.person, said.due or ""),
        "Give it to a person",
    ),
    "/return": (forms.Return, lambda visit, said: asks.ReturnAsset(_asset(visit), said.note), "It came back"),
    "/link": (
        forms.Link,
        lambda visit, said: asks.LinkAssets(_asset(visit), AssetId(said.on), said.how, said.stands),
        "Say what it needs",
    ),
}


def _posts(path: str, model: type[Any], make: Make, summary: str, right: Any = "assets-write") -> Route:
    return Route(
        "POST", path, right, write(model, _decides(make)),
        says=Says(summary, forms.Written, takes=model, problems=(404,)),
    )  # fmt: skip


def _gets(path: str, handle: Handle, summary: str, gives: Any, asks_: Any = None) -> Route:
    return Route("GET", path, "assets", handle, says=Says(summary, gives, asks=asks_, problems=NOT_THERE))


ROUTES = (
    _gets("/api/v1/assets", assets, "Assets", Listed[forms.Asset], forms.AssetsAsked),
    _gets("/api/v1/assets/{id}", asset, "One asset with its needs and history", forms.AssetWhole),
    _posts(
        "/api/v1/assets",
        forms.NewAsset,
        lambda _, said: asks.WriteAsset(
            None if said.id is None else AssetId(said.id), _pairs(said.said), new=said.id is not None
        ),
        "Make an asset",
    ),
    *(_posts(f"/api/v1/assets/{{id}}{path}", *made) for path, made in MAKES.items()),
    _posts(
        "/api/v1/assets/{id}/seen",
        forms.Seen,
        lambda visit, said: asks.SeeAsset(_asset(visit), said.zone or "", said.day or ""),
        "It was seen",
        right="assets",
    ),
    _gets("/api/v1/inventory/counts", counts, "How many there are, and of how many what is unknown", forms.Counts),
    _gets("/api/v1/inventory/plan", plan, "Replacement over five years", forms.Plan, forms.PlanAsked),
    Route(
        "GET", "/api/v1/inventory/plan.csv", "assets", plan_csv,
        says=Says("The same as a table", asks=forms.PlanAsked, problems=(404, 503), media="text/csv"),
    ),
    Route(
        "GET", "/api/v1/inventory/assets.csv", "assets-write", as_csv,
        says=Says("All assets as a table", problems=(404, 503), media="text/csv"),
    ),
    _gets("/api/v1/inventory/issued", issued, "What is with whom", Listed[forms.Issued], forms.IssuedAsked),
    _gets("/api/v1/inventory/stock", stock, "What lies in stock", Listed[forms.Stock]),
    _posts(
        "/api/v1/inventory/stock",
        forms.Minimum,
        lambda _, said: asks.SetMinimum(said.type, said.minimum),
        "How many of a type are to lie in stock",
    ),
    Route(
        "POST", "/api/v1/inventory/edit", "assets-write", write(forms.Edit, edit),
        says=Says("Say the same of many, all or none", forms.EditAnswer, takes=forms.Edit, problems=(404,)),
    ),
    _gets("/api/v1/audits", audits, "Rounds in which each thing is looked for", Listed[forms.Round]),
    _gets("/api/v1/audits/{id}", audit, "One round and what nobody saw", forms.RoundWhole),
    _posts(
        "/api/v1/audits",
        forms.Audit,
        lambda _, said: asks.BeginAudit(said.zone or "", said.type or ""),
        "Begin a round",
    ),
    _posts(
        "/api/v1/audits/{id}/end",
        forms.Return,
        lambda visit, _: asks.EndAudit(_number(visit)),
        "End a round",
    ),
    _gets("/api/v1/fault-reports", reports, "Reports without a sign-in that wait", Listed[forms.Report]),
    _posts(
        "/api/v1/fault-reports/{id}/settle",
        forms.Settle,
        lambda visit, said: asks.SettleFault(_number(visit), said.outcome, said.reason),
        "Say what became of a report",
    ),
)  # fmt: skip
