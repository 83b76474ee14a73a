"""Says beforehand what an import or an edit of many would come to: each row new, another, the same, or refused and why."""

from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from edge.book import pieces
from edge.book.asking import Asked, Said, Word
from edge.book.database import Database, Line
from rules.book import batches
from rules.book.asset_fields import FIELDS
from rules.book.assets import MOST_AT_ONCE, checked, written
from rules.book.decision import Now, Refused
from rules.model.asset_asks import EditAssets
from rules.model.ids import AssetId

MOST_CHECKED: Final = 200


class RowAsked(Struct, frozen=True, array_like=True):
    """A row of a file: its line, the id that it names or `""`, what it says."""

    line: int
    id: Annotated[str, Meta(max_length=200)]
    said: Said


class RowsAsked(Asked, frozen=True):
    rows: Annotated[list[RowAsked], Meta(max_length=MOST_CHECKED)]


def rows(database: Database, asked: RowsAsked, now: Now) -> Line:
    """What each row comes to. A row without an id is of the asset with its tag, else of that with its serial number."""
    return {"rows": [_checked(database, one, now) for one in asked.rows]}


def _checked(database: Database, row: RowAsked, now: Now) -> Line:
    try:
        name, new = _whose(database, row)
        kept = database.words("asset", name) if name is not None and not new else {}
        said = [
            [field, value] for field, value in row.said if kept.get(field, "") != value or not _sealed(field)
        ]
        pairs = tuple((field, value) for field, value in said)
        pieces.listed(database, name or "", dict(pairs).get(pieces.SERIAL, ""))
        fact = batches.row(database.book, 0, None if name is None else AssetId(name), pairs, now, new=new)
    except Refused as err:
        return {"line": row.line, "outcome": "refused", "code": err.code, "args": dict(err.said)}
    if fact is None:
        return {"line": row.line, "outcome": "same", "id": name}
    known = "new" if fact.new else "change"
    return {"line": row.line, "outcome": known, "id": name, "said": said, "new": new}


def _sealed(field: str) -> bool:
    known = FIELDS.get(field)
    return known is not None and known.where != "field"


def _whose(database: Database, row: RowAsked) -> tuple[str | None, bool]:
    """(the asset, whether it is new under a name of its own); (None, True) for a new one without one. Raises Refused."""
    if row.id:
        return row.id, AssetId(row.id) not in database.book.assets
    said = dict(row.said)
    for field in ("tag", "serial"):
        value = said.get(field, "")
        if value:
            found = database.lines(
                "SELECT id FROM texts WHERE owner = 'asset' AND name = ? AND value = ? LIMIT 2", field, value
            )
            if len(found) > 1:
                raise Refused("ambiguous", ("field", field))
            if found:
                return str(found[0]["id"]), False
    return None, True


class EditAsked(Asked, frozen=True):
    assets: Annotated[list[Word], Meta(max_length=MOST_AT_ONCE)]
    said: Said


def edit(database: Database, asked: EditAsked, now: Now) -> Line:
    """What the same words said of many would change, of each."""
    items: list[Line] = []
    pairs = tuple((field, value) for field, value in asked.said)
    for name in asked.assets:
        known = database.book.assets.get(AssetId(name))
        try:
            if known is None:
                raise Refused("unknown_asset", ("asset", name))
            pieces.another(database, EditAssets(tuple(map(AssetId, asked.assets)), pairs))
            fact = written(known.id, known, checked(database.book, pairs, known))
        except Refused as err:
            items.append({"id": name, "outcome": "refused", "code": err.code, "args": dict(err.said)})
            continue
        words = database.words("asset", name)
        was = {field: {**words, **known.fields}.get(field, "") for field, _ in pairs}
        items.append(
            {
                "id": name,
                "outcome": "same" if fact is None else "change",
                "name": words.get("name", ""),
                "was": was,
            }
        )
    return {"items": items}


QUERIES: Final[dict[str, tuple[type[Any], Any]]] = {
    "import.rows": (RowsAsked, rows),
    "assets.edit": (EditAsked, edit),
}
