"""Loads `rules/packs/inspections.yaml`, and puts what a site's policies say in its place: intervals, checks that are not done."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final, cast, get_args

import rules
from edge.config.forms import Wrong, duration_us, interval_of
from edge.config.model import Config
from edge.config.pack_tables import BrokenPack
from edge.config.yaml12 import compose, plain_of
from rules.book.asset_fields import is_slug, is_text
from rules.book.inspection_pack import (
    Answer,
    Certified,
    Check,
    Choice,
    FormField,
    InspectionPack,
    Interval,
    Unit,
)
from rules.rights import ROLES

FILE: Final = Path(rules.__file__).parent / "packs" / "inspections.yaml"
DAY_US: Final = 86_400_000_000
_FIELD_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_Row = Mapping[str, Any]


@cache
def shipped_inspections() -> InspectionPack:
    """The pack of this version. Raises `BrokenPack`."""
    return read_inspections(FILE.read_bytes(), FILE.name)


def read_inspections(data: bytes, file: str) -> InspectionPack:
    """The pack in `data`. Raises `BrokenPack` for what does not hold together."""
    root, problems = compose(data, file)
    if root is None or problems:
        raise BrokenPack("; ".join(one.text() for one in problems) or f"{file}: empty")
    try:
        said = cast("_Row", plain_of(root))
        _known("", said, {"version", "checks"})
        checks = {name: _check(name, row) for name, row in said["checks"].items()}
        return InspectionPack(int(said["version"]), hashlib.sha256(data).hexdigest(), checks)
    except (AttributeError, KeyError, TypeError, ValueError, Wrong) as err:
        raise BrokenPack(f"{file}: {err!r}") from err


def interval(text: str) -> Interval:
    """`30 days`, `1 month`, `6 years`. Raises `Wrong`."""
    count, unit = interval_of(text)
    return Interval(count, cast("Unit", f"{unit}s"))


def inspections_of(config: Config) -> InspectionPack:
    """The pack in force at a site."""
    said = config.policies.inspections
    people = (Certified(one.name, one.holds, one.until, one.number or "") for one in said.certified)
    return with_inspection_policies(shipped_inspections(), said.every, said.off, people)


def with_inspection_policies(
    pack: InspectionPack,
    every: Mapping[str, str],
    off: Mapping[str, str],
    certified: Iterable[Certified],
) -> InspectionPack:
    """The pack with other intervals by id, without checks that the site does not do, and with whoever holds a certificate.

    The hash is of all of it; an id that is not in the pack changes nothing (`edge.config.policies` refuses it).
    """
    people = tuple(certified)
    if not every and not off and not people:
        return pack
    said = "".join(f"every {name} {every[name]}\n" for name in sorted(every))
    said += "".join(f"off {name} {off[name]}\n" for name in sorted(off))
    said += "".join(
        f"certified {one.name} {' '.join(one.holds)} {one.until} {one.number}\n" for one in people
    )
    checks = {}
    for name, check in pack.checks.items():
        other = interval(every[name]) if name in every else check.every
        shipped = check.every if other != check.every else None
        checks[name] = replace(check, every=other, shipped=shipped, off=off.get(name, ""))
    digest = hashlib.sha256(f"{pack.sha256}\n{said}".encode()).hexdigest()
    return InspectionPack(pack.version, digest, checks, people)


def _check(name: str, row: _Row) -> Check:
    _known(
        name,
        row,
        {
            "of",
            "title",
            "edition",
            "every",
            "soon",
            "weight",
            "sign",
            "certificate",
            "source",
            "form",
            "walk_test",
        },
    )
    form = tuple(_field(name, one) for one in row["form"])
    soon_us = duration_us(row["soon"])
    roles = tuple(row["sign"])
    ids = [one.id for one in form]
    if not is_slug(name) or not row["of"] or not all(map(is_slug, row["of"])):
        raise ValueError(f"{name}: of")
    if not roles or set(roles) - set(ROLES):
        raise ValueError(f"{name}: sign {sorted(set(roles) - set(ROLES))}")
    if not form or len(set(ids)) != len(ids):
        raise ValueError(f"{name}: a form has questions, each id once")
    if row.get("walk_test", False) not in (True, False) or (row.get("walk_test") and row["of"] != ["button"]):
        raise ValueError(f"{name}: walk_test is of buttons")
    if row["weight"] not in ("safety", "normal") or soon_us % DAY_US or not soon_us:
        raise ValueError(f"{name}: weight is safety or normal, soon whole days")
    for key in ("title", "edition", "source"):
        _text(name, row[key])
    return Check(
        name,
        tuple(row["of"]),
        row["title"],
        row["edition"],
        interval(row["every"]),
        soon_us // DAY_US,
        row["weight"],
        roles,
        row["source"],
        form,
        row.get("certificate", ""),
        walk_test=row.get("walk_test", False),
    )


def _field(name: str, row: _Row) -> FormField:
    known = {"id", "ask", "kind", "passes", "choices", "unit", "least", "most", "good", "expires", "optional"}
    _known(name, row, known)
    of = f"{name}.{row['id']}"
    kind = row["kind"]
    choices = tuple(Choice(word, _text(of, text)) for word, text in row.get("choices", {}).items())
    passes = tuple(row.get("passes", ()))
    words = {one.word for one in choices} if kind == "choice" else {"yes", "no"}
    good = row.get("good")
    if not _FIELD_ID.fullmatch(row["id"]) or kind not in get_args(Answer):
        raise ValueError(f"{of}: id or kind")
    if (
        (kind == "choice") != bool(choices)
        or (passes and kind not in ("choice", "yes_no"))
        or set(passes) - words
    ):
        raise ValueError(f"{of}: choices and passes")
    if (good is not None or {"unit", "least", "most"} & set(row)) and kind != "number":
        raise ValueError(f"{of}: only a number has bounds")
    if row.get("expires", False) and kind != "date":
        raise ValueError(f"{of}: only a date runs out")
    return FormField(
        row["id"],
        _text(of, row["ask"]),
        kind,
        passes,
        choices,
        row.get("unit", ""),
        float(row.get("least", 0)),
        float(row.get("most", 1_000_000)),
        None if good is None else (float(good[0]), float(good[1])),
        row.get("expires", False),
        row.get("optional", False),
    )


def _text(of: str, text: str) -> str:
    if not is_text(text):
        raise ValueError(f"{of}: {text!r}")
    return text


def _known(of: str, row: _Row, names: set[str]) -> None:
    if unknown := set(row) - names:
        raise ValueError(f"{of}: {sorted(unknown)} unknown")
