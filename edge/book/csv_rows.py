"""A file of comma-separated values as rows of what they say of assets: bounded, and each that cannot be read has its line."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, Final

from edge.book import csv_columns as columns
from edge.delimited import delimiter
from rules.book.asset_fields import FIELDS
from rules.model.values import dataclass

MOST_BYTES: Final = 16 * 1024 * 1024
MOST_ROWS: Final = 50_000
MOST_COLUMNS: Final = 200
LONGEST_CELL: Final = 5_000
LONGEST_TEXT: Final = 500


class NotATable(Exception):
    """The file is none that can be read here. code: why, for words."""

    def __init__(self, code: str, **said: str | int) -> None:
        super().__init__(code)
        self.code, self.said = code, said


@dataclass(frozen=True, slots=True)
class Head:
    """encoding: as it was read. columns: each with its field; `""` is let go."""

    encoding: str
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """line: of the file, from 1, where it begins. code: why it is refused before anybody is asked, `""` it is not."""

    line: int
    id: str = ""
    said: dict[str, str] = field(default_factory=dict)
    code: str = ""
    args: tuple[tuple[str, str], ...] = ()
    kept_as_room: bool = False


def text_of(data: bytes) -> tuple[str, str]:
    """(the text, its encoding). Raises NotATable."""
    if len(data) > MOST_BYTES:
        raise NotATable("table_too_large", most=MOST_BYTES // 1024 // 1024)
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            try:
                return _without_nul(data.decode(encoding)), encoding
            except UnicodeError:
                raise NotATable("table_not_text") from None
    try:
        return _without_nul(data.decode("utf-8")), "utf-8"
    except UnicodeError:
        # What spreadsheets of Windows write where nobody asks for another.
        return _without_nul(data.decode("cp1252", errors="replace")), "cp1252"


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise NotATable("table_not_text")
    return text


def read(text: str, encoding: str, zones: Mapping[str, str]) -> tuple[Head, Iterator[Row]]:
    """The head and the rows, read as they are asked for. zones: ids by name and id in lower case. Raises NotATable."""
    csv.field_size_limit(LONGEST_CELL)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text), strict=True)
    try:
        named = next(lines, [])
    except csv.Error:
        raise NotATable("table_no_head") from None
    if not any(one.strip() for one in named):
        raise NotATable("table_no_head")
    if len(named) > MOST_COLUMNS:
        raise NotATable("table_too_wide", most=MOST_COLUMNS)
    fields = columns.fields_of(named)
    if not any(fields):
        raise NotATable("table_no_columns")
    twice = next((one for one in fields if one and one[0] != "+" and fields.count(one) > 1), "")
    if twice:
        raise NotATable("table_twice", field=twice)
    head = Head(encoding, tuple((one.strip()[:100], of) for one, of in zip(named, fields, strict=True)))
    return head, _rows(lines, fields, zones)


def _rows(lines: Any, fields: list[str], zones: Mapping[str, str]) -> Iterator[Row]:
    seen: dict[tuple[str, str], int] = {}
    count = 0
    while True:
        line = lines.line_num + 1
        try:
            cells = next(lines, None)
        except csv.Error as err:
            # What comes behind a quotation that never ends cannot be told apart from it.
            yield Row(line, code="row_unreadable", args=(("why", str(err)[:100]),))
            return
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        count += 1
        if count > MOST_ROWS:
            raise NotATable("table_too_long", most=MOST_ROWS)
        if len(cells) != len(fields):
            yield Row(
                line, code="row_uneven", args=(("cells", str(len(cells))), ("columns", str(len(fields))))
            )
            continue
        yield _once(_row(line, fields, cells, zones), seen)


def _once(row: Row, seen: dict[tuple[str, str], int]) -> Row:
    """The same thing twice in a file is refused at the second."""
    for name, value in (
        ("id", row.id),
        ("tag", row.said.get("tag", "")),
        ("serial", row.said.get("serial", "")),
    ):
        if value and not row.code:
            first = seen.setdefault((name, value), row.line)
            if first != row.line:
                return Row(row.line, code="row_again", args=(("field", name), ("line", str(first))))
    return row


def _row(line: int, fields: list[str], cells: list[str], zones: Mapping[str, str]) -> Row:
    said: dict[str, str] = {}
    months = name = holder = kind = ""
    as_room = False
    for of, cell in zip(fields, cells, strict=True):
        value = columns.unescaped(" ".join(cell.split()))
        if not of or (not value and of != "id"):
            continue
        if not value.isprintable():
            return Row(line, code="row_unprintable", args=(("field", of.lstrip("+")),))
        match of:
            case columns.ID:
                name = value
            case columns.WARRANTY_MONTHS:
                months = value
            case columns.HOLDER:
                holder = value
            case columns.HOLDER_KIND:
                kind = value
            case columns.COST:
                said.setdefault("cost_cents", columns.cents(value))
            case columns.ZONE_OR_ROOM:
                zone, room = columns.place(value, zones)
                if zone:
                    said.setdefault("zone", zone)
                if room:
                    as_room = as_room or not zone
                    said.setdefault("room", room)
            case "zone":
                said["zone"] = zones.get(value.casefold(), value)
            case _:
                said[of] = _value(of, value)
    if holder:
        _with_somebody(said, holder, kind)
    if months and "warranty_until" not in said:
        purchased = said.get("purchased", "")
        until = columns.months_after(purchased, months)
        if until:
            said["warranty_until"] = until
        elif not purchased or columns.is_day(purchased):
            return Row(line, code="row_no_warranty", args=(("months", months[:20]),))
    return Row(line, name, said, kept_as_room=as_room)


def _with_somebody(said: dict[str, str], holder: str, kind: str) -> None:
    """What is with a person is in use, whatever its label says of what it is ready for; else it is told in the note."""
    if kind.casefold() in ("", "user"):
        said["holder"] = holder[: LONGEST_TEXT + 1]
        if said.get("state", "stock") == "stock":
            said["state"] = "deployed"
    else:
        said["note"] = "; ".join(filter(None, (said.get("note", ""), f"{kind}: {holder}")))[
            : LONGEST_TEXT + 1
        ]


def _value(of: str, value: str) -> str:
    match of:
        case "state":
            return columns.state(value)
        case "type" | "role":
            return columns.slug(value) or value
        case "class":
            return value.casefold()
        case "purchased" | "warranty_until" | "supported_until":
            return columns.day(value)
        case _:
            return value if FIELDS[of].where == "field" else value[: LONGEST_TEXT + 1]
