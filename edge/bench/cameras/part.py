"""What every part of the benchmark of cameras gives: rows for people, targets, values to draw. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from edge.bench.figures import Judged, row, spread


@dataclass(slots=True)
class Part:
    """rows: to be read. judged: targets. series: every value that was measured, by what it is, ms.

    skipped: what could not be had, and why. broken_off: why it did not come to its end; then it missed.
    """

    name: str
    says: str
    rows: list[str] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)
    series: dict[str, list[float]] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    broken_off: str = ""

    def head(self, unit: str) -> None:
        """The line over rows of spreads."""
        self.rows.append(f"  {unit:39}{'median':>9}{'p95':>9}{'p99':>9}{'max':>9}   tries")

    def spread(self, what: str, values: Sequence[float]) -> None:
        """One line of the table, and its values for the drawing."""
        self.series[what] = list(values)
        self.rows.append(f"{row(what, values, 39)}   {len(values)}")

    def at_most(self, what: str, value: float, wanted: float) -> None:
        """A target."""
        self.judged.append(Judged(what, value, wanted))


def p95(values: Sequence[float]) -> float:
    """By nearest rank. Raises ValueError without any."""
    return spread(values).p95


def lines(part: Part) -> list[str]:
    """To be read by people."""
    targets = [f"  {'met   ' if one.met else 'MISSED'} {one}" for one in part.judged]
    left = [f"  not measured: {one}" for one in part.skipped]
    broken = [f"  broken off: {part.broken_off}"] if part.broken_off else []
    return [f"{part.name}: {part.says}", *part.rows, *targets, *left, *broken]


def missed(part: Part) -> list[str]:
    """In words; a part that was broken off missed everything."""
    if part.broken_off:
        return [f"{part.name}: broken off: {part.broken_off}"]
    return [f"{part.name}: {one}" for one in part.judged if not one.met]


def document(part: Part) -> dict[str, Any]:
    """As JSON."""
    return {
        "name": part.name,
        "figures": part.figures,
        "targets": [{**asdict(one), "met": one.met} for one in part.judged],
        "spreads": {what: asdict(spread(values)) for what, values in part.series.items() if values},
        "values": part.series,
        "not_measured": part.skipped,
        "broken_off": part.broken_off,
    }
