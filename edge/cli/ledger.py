"""Prints the door ledger: for each door its verdict, when it was told, written and proven, and by what evidence."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from edge.cli.out import age, clock
from edge.cli.table import table

HEADER: Final = (
    "door",
    "verdict",
    "controller",
    "commanded",
    "written",
    "bolt",
    "position",
    "verdict",
    "evidence",
)
EXPLAINED: Final = "commanded: ms after the order; written, bolt, position, verdict: ms after the command"


def ledger(doors: Sequence[Mapping[str, Any]], *, width: int = 140) -> str:
    """doors: as in a snapshot, in the order given. Times are milliseconds; `-` where there is none."""
    rows = []
    for door in doors:
        times: Mapping[str, Any] = door.get("ledger") or {}
        rows.append(
            (
                door["id"],
                verdict(door),
                door.get("controller") or "-",
                _commanded(times),
                *(_ms(times.get(f"{name}_ms")) for name in ("written", "bolt", "position", "verdict")),
                evidence(door),
            )
        )
    return f"{table(HEADER, rows, width=width)}\n({EXPLAINED})"


def verdict(door: Mapping[str, Any]) -> str:
    """The verdict's word; who refused, and the code, where there is one."""
    by, code = door.get("by"), door.get("code") or door.get("held")
    return str(door["verdict"]) + (f" by {by}" if by else "") + (f" ({code})" if code else "")


def evidence(door: Mapping[str, Any]) -> str:
    """What the sensors say, and how old that is: `bolt thrown 0.2 s, closed 0.2 s`."""
    said = [
        _sensor(door.get("bolt"), "bolt thrown", "bolt NOT thrown", "bolt not read"),
        _sensor(door.get("position"), "closed", "OPEN", "position not read"),
    ]
    return ", ".join(one for one in said if one) or "no sensor"


def _sensor(read: Mapping[str, Any] | None, yes: str, no: str, never: str) -> str:
    if read is None:
        return ""
    if read["value"] is None:
        return never
    old = "" if read.get("age_ms") is None else f" {age(read['age_ms'])}"
    return f"{yes if read['value'] else no}{old}{'' if read.get('fresh', True) else ' STALE'}"


def _commanded(times: Mapping[str, Any]) -> str:
    if times.get("commanded_ms") is not None:
        return _ms(times["commanded_ms"])
    return clock(times["commanded_at"]) if times.get("commanded_at") else "-"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
