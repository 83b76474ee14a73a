"""The figures of a benchmark: medians, 95th percentiles, ratios, targets. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge.bench.running import Pressed
from edge.bench.size import Measured

MEDIAN_TARGET: Final = 1.5
P95_TARGET: Final = 2.0
"""Issue 2, How it will be judged: last of 200 doors written, daemon over bare script."""
ARMED_TARGET_S: Final = 2.0
MEMORY_TARGET_MIB: Final = 150.0
JUDGED_DOORS: Final = 200


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds."""

    median: float
    p95: float
    most: float


def spread(values: Sequence[float]) -> Spread:
    """By nearest rank: a value that was measured, never one in between. Raises ValueError without any."""
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)

    def rank(share: float) -> float:
        return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]

    return Spread(rank(0.5), rank(0.95), ordered[-1])


def last_written(presses: Sequence[Pressed]) -> Spread:
    return spread([one.last_written for one in presses])


def ratios(found: Measured) -> tuple[float, float]:
    """Last door written, daemon over bare script: (of the medians, of the 95th percentiles)."""
    ours, bare = last_written(found.daemon), last_written(found.bare)
    return ours.median / bare.median, ours.p95 / bare.p95


def lines(found: Measured) -> list[str]:
    """One size, to be read by people."""
    rows = [
        f"{found.doors} doors on {found.boards} boards, {len(found.daemon)} presses each (ms after publish)"
    ]
    rows.append(f"  {'':24}{'median':>9}{'p95':>9}{'max':>9}")
    for name, presses in (("daemon", found.daemon), ("bare", found.bare), ("daemon, disk hangs", found.hung)):
        if presses:
            rows.append(row(f"{name}: first written", [one.first_written for one in presses]))
            rows.append(row(f"{name}: last written", [one.last_written for one in presses]))
    proven = [one for one in found.daemon if one.first_proven is not None and one.last_proven is not None]
    rows.append(row("daemon: first proven", [one.first_proven or 0.0 for one in proven]))
    rows.append(row("daemon: last proven", [one.last_proven or 0.0 for one in proven]))
    median, p95 = ratios(found)
    rows.append(f"  {'ratio, last written':24}{median:>8.2f}x{p95:>8.2f}x")
    longest = "not told" if found.longest_ms is None else f"{found.longest_ms:.1f} ms"
    rows.append(
        f"  armed {found.armed_s:.2f} s after exec, every door read after {found.complete_s:.2f} s; "
        f"{found.memory_mib:.0f} MiB; longest event on the loop {longest}"
    )
    rows.append(f"  evidence polled meanwhile: {found.polls_s:.1f} reads a board and second in quiet times")
    return rows


def row(name: str, values: Sequence[float], width: int = 24) -> str:
    """A line of the table: median, 95th percentile, maximum."""
    its = spread(values)
    return f"  {name:{width}}{its.median:>9.1f}{its.p95:>9.1f}{its.most:>9.1f}"


def missed(found: Measured) -> list[str]:
    """The targets that this size missed, in words; only the judged size has any."""
    if found.doors != JUDGED_DOORS:
        return []
    median, p95 = ratios(found)
    told = []
    for what, value, target in (
        ("last door written, median over the bare script's", median, MEDIAN_TARGET),
        ("last door written, 95th percentile over the bare script's", p95, P95_TARGET),
        ("seconds from exec to armed", found.armed_s, ARMED_TARGET_S),
        ("MiB of memory", found.memory_mib, MEMORY_TARGET_MIB),
    ):
        if value > target:
            told.append(f"{what}: {value:.2f}, and at most {target:g} is wanted")
    return told


def waits_on_nothing(found: Measured) -> list[str]:
    """What the run shows about what a press does not wait for."""
    told = [
        f"evidence: it was polled all the time ({found.polls_s:.1f} reads a board and second)",
        f"proof: the last door was written {_median(found, 'last_proven') - _median(found, 'last_written'):.0f} ms "
        "before the last one was proven",
    ]
    if found.hung:
        slow, usual = last_written(found.hung).median, last_written(found.daemon).median
        told.append(
            f"the journal: with each sync of its disk 2 s late, {slow:.1f} ms in place of {usual:.1f} ms at the median"
        )
    elif found.hang_skipped:
        told.append(f"the journal: not shown, {found.hang_skipped}")
    return told


def _median(found: Measured, what: str) -> float:
    return spread([getattr(one, what) for one in found.daemon]).median
