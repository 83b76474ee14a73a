"""Loads `rules/packs/drills.yaml`: drill law by state, types of drill, fields of a record; and what the site chose of it."""

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

import rules
from edge.config.model import Config
from edge.config.pack_tables import BrokenPack
from edge.config.yaml12 import compose, plain_of
from rules.drill_law import (
    DayOfYear,
    DrillRules,
    DrillType,
    Law,
    NoticeRule,
    RecordField,
    Requirement,
    day_of,
)
from rules.model.responses import Response

FILE: Final = Path(rules.__file__).parent / "packs" / "drills.yaml"
_KEYS: Final = {"version", "types", "fields", "laws"}
_LAW: Final = {"name", "edition", "source", "requires", "fields"}
_LAW_MAY: Final = {"notes", "notices", "keep", "post", "unverified"}
_REQUIRES: Final = {"id", "types", "count", "per", "title"}
_REQUIRES_MAY: Final = {"by", "month", "within"}


@cache
def shipped_drills() -> tuple[DrillRules, dict[str, Law]]:
    """The pack of this version without a law chosen, and its laws by id. Raises `BrokenPack`."""
    return read_drills(FILE.read_bytes(), FILE.name)


def drills_of(config: Config) -> DrillRules:
    """The pack with the law and the school year that the site chose; a law that is not there chooses none."""
    pack, laws = shipped_drills()
    said = config.policies.drills
    if said is None:
        return pack
    begins = pack.begins if said.first_day is None else day(said.first_day)
    ends = pack.ends if said.last_day is None else day(said.last_day)
    return replace(pack, law=laws.get(said.law), begins=begins, ends=ends)


def day(text: str) -> DayOfYear:
    """(month, day) of MM-DD. Raises ValueError."""
    month, _, number = text.partition("-")
    found = int(month), int(number)
    day_of(2024, found)
    return found


def read_drills(data: bytes, file: str) -> tuple[DrillRules, dict[str, Law]]:
    """The pack in `data`. Raises `BrokenPack` for what does not hold together."""
    root, problems = compose(data, file)
    if root is None or problems:
        raise BrokenPack("; ".join(one.text() for one in problems) or f"{file}: empty")
    try:
        said = cast("dict[str, Any]", plain_of(root))
        _keys(file, said, _KEYS, set())
        types = {name: _type(name, row) for name, row in said["types"].items()}
        fields = {name: _field(name, row) for name, row in said["fields"].items()}
        laws = {name: _law(name, row, set(types), set(fields)) for name, row in said["laws"].items()}
        pack = DrillRules(int(said["version"]), hashlib.sha256(data).hexdigest(), types, fields)
    except (AttributeError, KeyError, TypeError, ValueError) as err:
        raise BrokenPack(f"{file}: {err!r}") from err
    return pack, laws


def _type(name: str, row: dict[str, Any]) -> DrillType:
    _keys(name, row, {"response", "title"}, set())
    if row["response"] not in get_args(Response):
        raise ValueError(f"{name}: there is no response {row['response']!r}")
    return DrillType(row["response"], _text(name, row["title"]))


def _field(name: str, row: dict[str, Any]) -> RecordField:
    _keys(name, row, {"by", "title"}, set())
    if row["by"] not in ("device", "person"):
        raise ValueError(f"{name}: by is device or person")
    return RecordField(row["by"], _text(name, row["title"]))


def _law(name: str, row: dict[str, Any], types: set[str], fields: set[str]) -> Law:
    _keys(name, row, _LAW, _LAW_MAY)
    source = tuple(_text(name, one) for one in row["source"])
    if not source or any(not one.startswith(("https://", "http://")) for one in source):
        raise ValueError(f"{name}: each source is an address that somebody can look at")
    requires = tuple(_requirement(name, one, types) for one in row["requires"])
    if len({one.id for one in requires}) != len(requires):
        raise ValueError(f"{name}: two of its requirements share an id")
    if missing := set(row["fields"]) - fields:
        raise ValueError(f"{name}: there are no fields {sorted(missing)}")
    if unasked := set(row.get("unverified", ())) - set(row["fields"]):
        raise ValueError(f"{name}: {sorted(unasked)} are not verified, and are not asked for")
    return Law(
        name,
        _text(name, row["name"]),
        _text(name, row["edition"]),
        source,
        tuple(_text(name, one) for one in row.get("notes", ())),
        requires,
        tuple(_notice(name, one, types) for one in row.get("notices", ())),
        tuple(row["fields"]),
        _count(name, row["keep"]) if "keep" in row else None,
        _count(name, row["post"]) if "post" in row else None,
        tuple(row.get("unverified", ())),
    )


def _requirement(law: str, row: dict[str, Any], types: set[str]) -> Requirement:
    _keys(law, row, _REQUIRES, _REQUIRES_MAY)
    if not row["types"] or set(row["types"]) - types:
        raise ValueError(f"{law}: {row['id']} asks for a type there is not")
    if row["per"] not in ("year", "month") or (row["per"] == "month" and set(row) & _REQUIRES_MAY):
        raise ValueError(f"{law}: {row['id']} is per year, or per month and nothing else")
    if len(set(row) & _REQUIRES_MAY) > 1:
        raise ValueError(f"{law}: {row['id']} has more than one of {sorted(_REQUIRES_MAY)}")
    month = row.get("month")
    if month is not None and month not in range(1, 13):
        raise ValueError(f"{law}: {row['id']} names a month there is not")
    return Requirement(
        _text(law, row["id"]),
        tuple(row["types"]),
        _count(law, row["count"]),
        cast("Literal['year', 'month']", row["per"]),
        _text(law, row["title"]),
        day(row["by"]) if "by" in row else None,
        month,
        _count(law, row["within"]) if "within" in row else None,
    )


def _notice(law: str, row: dict[str, Any], types: set[str]) -> NoticeRule:
    _keys(law, row, {"whom", "hours", "title"}, {"types"})
    if set(row.get("types", ())) - types:
        raise ValueError(f"{law}: a notice names a type there is not")
    title = _text(law, row["title"])
    return NoticeRule(_text(law, row["whom"]), _count(law, row["hours"]), tuple(row.get("types", ())), title)


def _keys(of: str, row: dict[str, Any], must: set[str], may: set[str]) -> None:
    if not must <= set(row) <= must | may:
        raise ValueError(f"{of}: its keys are {sorted(must)}, and perhaps {sorted(may)}")


def _count(of: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 1_000:
        raise ValueError(f"{of}: {value!r} is no count")
    return value


def _text(of: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{of}: a text is missing")
    return value
