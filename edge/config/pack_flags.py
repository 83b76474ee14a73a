"""Loads `rules/packs/flags.yaml`, which no site overrides: what each flag means and costs."""

import hashlib
from typing import Final, cast, get_args

from edge.config.forms import Wrong, duration_us, of_day
from edge.config.pack_tables import BrokenPack
from edge.config.yaml12 import compose, plain_of
from edge.flag_ends import ENDS
from edge.flag_words import FLAGS
from rules.flag_table import DAY_US, THINGS, FlagRow, FlagTable, TicketRule
from rules.model.verdicts import SECURED, VerdictWord
from rules.rights import GIVEN, Role

CODES: Final = frozenset(FLAGS) - {one for one in FLAGS if one.endswith("_wired")}
"""Every flag there is: what only words a wired button's flag otherwise is none of its own."""
SILENT: Final = "unanswered_press"
"""May be of a silent call: no number may fall by it, and nothing be written beside it."""
_KEYS: Final = {"version", "dry_run", "measures", "map", "stated", "verdicts", "unknown", "unlisted", "flags"}
_ROW: Final = {"owner", "points", "safety", "clears", "ticket"}


def read_flags(data: bytes, file: str) -> FlagTable:
    """The table in `data`: each flag of this version has its line, and no other has one. Raises `BrokenPack`."""
    root, problems = compose(data, file)
    if root is None or problems:
        raise BrokenPack("; ".join(one.text() for one in problems) or f"{file}: empty")
    try:
        pack = cast("dict[str, dict[str, object]]", plain_of(root))
        _same("keys", set(pack), _KEYS)
        rows = {code: _row(code, cast("dict[str, object]", row)) for code, row in pack["flags"].items()}
        _same("flags", set(rows), CODES)
        if rows[SILENT].points or rows[SILENT].measure:
            raise ValueError(f"{SILENT}: it may be silent; it costs no point and takes no measure")
        verdicts = {word: _points(word, points) for word, points in pack["verdicts"].items()}
        _same("verdicts", set(verdicts), set(get_args(VerdictWord)))
        if any(verdicts[word] for word in SECURED) or not verdicts["unknown"] or not verdicts["stale"]:
            raise ValueError("verdicts: what is secured costs nothing, and what is not known costs something")
        unknown = cast("dict[str, str]", pack["unknown"])
        _same("unknown", set(unknown), set(THINGS))
        if missing := {code for code in unknown.values() if not rows[code].points}:
            raise ValueError(f"unknown: {sorted(missing)} cost nothing")
        stated = pack["stated"]
        return FlagTable(
            version=cast("int", pack["version"]),
            hash=hashlib.sha256(data).hexdigest(),
            rows=rows,
            unlisted=_row("unlisted", pack["unlisted"]),
            verdicts=verdicts,
            unknown=unknown,
            dry_run_at=of_day(cast("str", pack["dry_run"]["at"])),
            measure_longest_us=duration_us(cast("str", pack["measures"]["longest"])),
            stated_us=(
                duration_us(cast("str", stated["at_most_every"])),
                duration_us(cast("str", stated["at_least_every"])),
            ),
            map_days=duration_us(cast("str", pack["map"]["verified_within"])) // DAY_US,
        )
    except (AttributeError, KeyError, TypeError, ValueError, Wrong) as err:
        raise BrokenPack(f"{file}: {err!r}") from err


def _row(code: str, row: dict[str, object]) -> FlagRow:
    if not _ROW <= set(row) <= _ROW | {"measure"}:
        raise ValueError(f"{code}: its keys are {sorted(_ROW)}, and measure: never")
    if not isinstance(row["safety"], bool) or row.get("measure", "never") != "never":
        raise ValueError(f"{code}: safety is true or false, measure only never")
    if row["clears"] not in ENDS:
        raise ValueError(f"{code}: nothing says in words how {row['clears']!r} ends it")
    ticket = row["ticket"]
    if ticket != "never" and (not isinstance(ticket, dict) or set(ticket) != {"after", "of"}):
        raise ValueError(f"{code}: a ticket is {{after, of}} or never")
    return FlagRow(
        owner=_role(code, row["owner"]),
        points=_points(code, row["points"]),
        safety=row["safety"],
        clears=cast("str", row["clears"]),
        ticket=None
        if not isinstance(ticket, dict)
        else TicketRule(duration_us(cast("str", ticket["after"])), _role(code, ticket["of"])),
        measure="measure" not in row,
    )


def _role(code: str, value: object) -> Role:
    """A role that somebody can have now: an owner that nobody can be is none."""
    if value not in GIVEN:
        raise ValueError(f"{code}: {value!r} is no role that is given out")
    return value


def _points(of: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 100:
        raise ValueError(f"{of}: {value!r} is no number of points")
    return value


def _same(what: str, found: set[str], wanted: "set[str] | frozenset[str]") -> None:
    if found != wanted:
        raise ValueError(f"{what}: {sorted(found ^ wanted)} missing or unknown")
