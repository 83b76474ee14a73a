"""The figures of the listened-to campus: what each phase came to, ratios, targets. Pure."""

from collections.abc import Sequence
from typing import Final

from edge.bench.figures import last_written, row, spread
from edge.bench.listened import Listened, Phase
from edge.bench.running import Pressed

RATIO_TARGET: Final = 1.15
CHANGE_TARGET_MS: Final = 100.0
PAINT_TARGET_MS: Final = 500.0
BYTES_TARGET: Final = 100_000
"""Issue 3, How it will be judged."""
TELLING: Final = 100
"""Presses of a phase from which on its 95th percentile has five values above it."""


def p95_ratio(phase: Phase) -> float:
    """Last door written, daemon over bare script, 95th percentiles."""
    return last_written(phase.daemon).p95 / last_written(phase.bare).p95


def unmoved(found: Listened) -> float:
    """The listened-to ratio over the idle one of the same run."""
    return p95_ratio(found.listened) / p95_ratio(found.idle)


def lines(found: Listened) -> list[str]:
    """To be read by people."""
    presses = len(found.listened.daemon)
    rows = [
        f"{found.doors} doors, {presses} presses each with nobody and with {found.pages} pages and "
        f"{found.programs} program{'' if found.programs == 1 else 's'} listening"
    ]
    rows.append(f"  {'ms after publish':40}{'median':>9}{'p95':>9}{'p99':>9}{'max':>9}")
    for name, phase in (("nobody", found.idle), ("all", found.listened)):
        rows.append(row(f"{name}: daemon, last written", _written(phase.daemon), 40))
        rows.append(row(f"{name}: bare, last written", _written(phase.bare), 40))
    idle, listened = p95_ratio(found.idle), p95_ratio(found.listened)
    rows.append(
        f"  p95 ratio to the bare script: nobody {idle:.2f}, all {listened:.2f}; moved by {unmoved(found):.2f}"
    )
    rows.append(f"  {'ms from event to the last page':40}{'median':>9}{'p95':>9}{'p99':>9}{'max':>9}")
    for what, times in found.changes.items():
        rows.append(row(f"{what} ({len(times)})", times, 40))
    rows.append(
        f"  sent by one press to all of them: {found.mib_a_press:.1f} MiB; streams lost: {found.lost}"
    )
    for view in found.views:
        rows.append(f"  first view of {view.page}: {view.transferred / 1000:.1f} kB as transferred")
        if view.paints:
            rows.append(row(f"first paint of {view.page} ({len(view.paints)})", view.paints, 40))
            if view.bytes_at:
                rows.append(row("  of which until the first byte", view.bytes_at, 40))
        else:
            rows.append(f"  first paint of {view.page}: NOT MEASURED, {view.why_not}")
    if presses < TELLING:
        rows.append(f"  {presses} presses: too few for a 95th percentile; {TELLING} and more tell")
    return rows


def missed(found: Listened) -> list[str]:
    """The targets that this run misses. What nobody measured is missed too, unless nobody asked."""
    told = list(found.unheard)
    if (moved := unmoved(found)) > RATIO_TARGET:
        told.append(
            f"the press, moved by those who listen: {moved:.2f}, and at most {RATIO_TARGET} is wanted"
        )
    if found.unwritten:
        told.append(f"{found.unwritten} presses left a door unwritten")
    if found.lost:
        told.append(f"{found.lost} streams were lost")
    for what, times in found.changes.items():
        if (p95 := spread(times).p95) > CHANGE_TARGET_MS:
            told.append(f"{what}: {p95:.0f} ms to the last page, and at most {CHANGE_TARGET_MS:g} is wanted")
    for view in found.views:
        if view.transferred > BYTES_TARGET:
            told.append(f"first view of {view.page}: {view.transferred} bytes, at most {BYTES_TARGET} wanted")
        if view.paints and (p95 := spread(view.paints).p95) > PAINT_TARGET_MS:
            told.append(f"first paint of {view.page}: {p95:.0f} ms, at most {PAINT_TARGET_MS:g} wanted")
        if view.why_not and view.why_not != "not asked for":
            told.append(f"first paint of {view.page}: not measured, {view.why_not}")
    return told


def _written(presses: Sequence[Pressed]) -> list[float]:
    return [one.last_written for one in presses]
