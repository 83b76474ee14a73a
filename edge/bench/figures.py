"""The figures of a benchmark: medians, percentiles, ratios, and which targets were missed. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

from edge.bench.campus import TRAVEL_MS
from edge.bench.measure import Found
from edge.bench.running import Pressed
from rules.model.values import dataclass

POLL_MS: Final = 500.0
READS_A_SECOND: Final = 1000 / POLL_MS
PROVEN_TARGET_MS: Final = TRAVEL_MS + 2 * POLL_MS
"""Issue 4, How it will be judged: within travel and two polls."""
_EDGE_READS: Final = 0.5
"""Of a window of 2 s the first or last read may lie just outside."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds."""

    median: float
    p95: float
    p99: float
    most: float


def spread(values: Sequence[float]) -> Spread:
    """By nearest rank: a value that was measured, never one in between. Raises ValueError without any."""
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)

    def rank(share: float) -> float:
        return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]

    return Spread(rank(0.5), rank(0.95), rank(0.99), ordered[-1])


def last_written(presses: Sequence[Pressed]) -> Spread:
    return spread([one.last_written for one in presses])


def to_proven(presses: Sequence[Pressed]) -> list[float]:
    """From the last door written to the last one proven, in ms."""
    return [one.last_proven - one.last_written for one in presses if one.last_proven is not None]


def unwritten(found: Found) -> int:
    """Doors on sound boards that a press of ours never wrote."""
    return sum(one.unwritten for one in (*found.daemon, *found.healthy))


@dataclass(frozen=True, slots=True)
class Judged:
    """One target: what was measured, and at most (least, where `least`) what is wanted."""

    what: str
    value: float
    wanted: float
    least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.wanted if self.least else self.value <= self.wanted

    def __str__(self) -> str:
        side = "least" if self.least else "most"
        return f"{self.what}: {self.value:.2f}, and at {side} {self.wanted:g} is wanted"


def judged(found: Found) -> list[Judged]:
    """Every target of a scenario that came to its end."""
    wanted, shape = found.scenario.wanted, found.scenario.shape
    told = [Judged("doors on sound boards never written", unwritten(found), 0)]
    if shape.driver == "modbus-tcp" and not found.scenario.loaded:
        told.append(
            Judged("reads a board and second", found.reads_s, READS_A_SECOND - _EDGE_READS, least=True)
        )
        told.append(Judged("ms from written to proven", max(to_proven(found.daemon)), PROVEN_TARGET_MS))
    ours = last_written(found.daemon)
    if found.beside:
        their, name = last_written(found.beside), _NAMES[found.scenario.beside]
        for what, value, most in (
            (f"median over {name}", ours.median / their.median, wanted.median),
            (f"95th percentile over {name}", ours.p95 / their.p95, wanted.p95),
            (f"ms of the maximum over {name}", ours.most - their.most, wanted.most_over_ms),
        ):
            if most is not None:
                told.append(Judged(what, value, most))
    for what, value, most in (
        ("median in ms", ours.median, wanted.median_ms),
        ("seconds from exec to armed", max(found.armed_s), wanted.armed_s),
        ("MiB of memory", found.memory_mib, wanted.memory_mib),
    ):
        if most is not None:
            told.append(Judged(what, value, most))
    return told


_NAMES: Final = {"bare": "the bare script's", "healthy": "our own without", "nothing": ""}


def missed(found: Found) -> list[str]:
    """In words; a scenario that was broken off missed everything."""
    name = found.scenario.name
    if found.broken_off:
        return [f"{name}: broken off: {found.broken_off}"]
    return [f"{name}: {one}" for one in judged(found) if not one.met]


def lines(found: Found) -> list[str]:
    """One scenario, to be read by people."""
    scenario, shape = found.scenario, found.scenario.shape
    at = f", {shape.baud} baud" if shape.baud else f", {shape.answer_ms:g} ms a board"
    rows = [f"{scenario.name}: {scenario.says} ({shape.doors} doors{at}); ms after the publish of the press"]
    rows.append(f"  {'':27}{'median':>9}{'p95':>9}{'p99':>9}{'max':>9}   presses, doors never written")
    for name, presses in (("ours", found.daemon), ("ours, without", found.healthy), ("bare", found.bare)):
        if presses:
            rows.append(row(f"{name}: first written", [one.first_written for one in presses]))
            its = row(f"{name}: last written", [one.last_written for one in presses])
            rows.append(f"{its}   {len(presses)}, {sum(one.unwritten for one in presses)}")
    proven = [one.last_proven for one in found.daemon if one.last_proven is not None]
    if proven:
        rows.append(row("ours: last proven", proven))
        rows.append(row("ours: written to proven", to_proven(found.daemon)))
    if found.daemon and found.beside:
        ours, their = last_written(found.daemon), last_written(found.beside)
        rows.append(
            f"  {'ratio, last written':27}{ours.median / their.median:>8.2f}x{ours.p95 / their.p95:>8.2f}x"
            f"{ours.p99 / their.p99:>8.2f}x{ours.most / their.most:>8.2f}x   over "
            + _NAMES[found.scenario.beside]
        )
    longest = "not told" if found.longest_ms is None else f"{found.longest_ms:.1f} ms"
    rows.append(
        f"  armed {max(found.armed_s, default=0):.2f} s after exec, every door read after {found.complete_s:.2f} s; "
        f"{found.memory_mib:.0f} MiB; longest event on the loop {longest}"
    )
    rows.append(
        f"  evidence in quiet time: the least read board {found.reads_s:.1f} times a second, "
        f"the longest pause {found.unread_ms:.0f} ms"
    )
    if found.imports_s:
        each = ", ".join(f"{one:.1f}" for one in found.imports_s)
        rows.append(f"  imports of {scenario.imported} rows meanwhile, s each: {each}")
    rows += [f"  not measured: {one}" for one in found.skipped]
    rows += [f"  broken off: {found.broken_off}"] if found.broken_off else []
    return rows


def row(name: str, values: Sequence[float], width: int = 27) -> str:
    """A line of the table: median, 95th and 99th percentile, maximum."""
    its = spread(values)
    return f"  {name:{width}}{its.median:>9.1f}{its.p95:>9.1f}{its.p99:>9.1f}{its.most:>9.1f}"


def document(found: Found) -> dict[str, Any]:
    """One scenario as JSON: its row, its figures, its targets, and every press."""

    def figures(presses: Sequence[Pressed], of: Callable[[Sequence[Pressed]], list[float]]) -> Any:
        values = of(presses)
        return asdict(spread(values)) if values else None

    return {
        "scenario": asdict(found.scenario),
        "last_written_ms": {
            name: figures(presses, lambda some: [one.last_written for one in some])
            for name, presses in (("ours", found.daemon), ("healthy", found.healthy), ("bare", found.bare))
        },
        "written_to_proven_ms": figures(found.daemon, to_proven),
        "never_written": unwritten(found),
        "reads_a_second": found.reads_s,
        "longest_unread_ms": found.unread_ms,
        "armed_s": found.armed_s,
        "complete_s": found.complete_s,
        "memory_mib": found.memory_mib,
        "longest_event_ms": found.longest_ms,
        "targets": [] if found.broken_off else [{**asdict(one), "met": one.met} for one in judged(found)],
        "imports_s": found.imports_s,
        "broken_off": found.broken_off,
        "not_measured": found.skipped,
        "presses": {
            "ours": [asdict(one) for one in found.daemon],
            "healthy": [asdict(one) for one in found.healthy],
            "bare": [asdict(one) for one in found.bare],
        },
    }
