"""What was measured, as an SVG written by hand: which share of a scenario's presses had written its last door by when. Pure."""

from collections.abc import Sequence
from html import escape
from typing import Final

from edge.bench.measure import Found

WIDE: Final = 300
HIGH: Final = 130
_LEFT, _TOP, _RIGHT, _BELOW = 36, 34, 14, 30
_COLUMNS: Final = 3
_LINES: Final = (("ours", "#0b57d0", ""), ("bare", "#b3261e", "5 3"), ("ours, no fault", "#188038", "2 2"))


def svg(all_found: Sequence[Found]) -> str:
    """A panel a scenario; time from 0 to the slowest press, in ms."""
    panels = [one for one in all_found if one.daemon]
    rows = -(-len(panels) // _COLUMNS) or 1
    wide, high = _COLUMNS * (_LEFT + WIDE + _RIGHT), 30 + rows * (_TOP + HIGH + _BELOW)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-family="sans-serif" font-size="11">',
        f'<rect width="{wide}" height="{high}" fill="#fff"/>',
    ]
    for place, (name, colour, dashes) in enumerate(_LINES):
        x = _LEFT + place * 150
        parts.append(_line(f"M{x} 14h24", colour, dashes) + f'<text x="{x + 30}" y="18">{name}</text>')
    for number, found in enumerate(panels):
        x = number % _COLUMNS * (_LEFT + WIDE + _RIGHT) + _LEFT
        y = 30 + number // _COLUMNS * (_TOP + HIGH + _BELOW) + _TOP
        parts.append(f'<g transform="translate({x} {y})">{_panel(found)}</g>')
    return "\n".join([*parts, "</svg>", ""])


def _panel(found: Found) -> str:
    series = [[one.last_written for one in some] for some in (found.daemon, found.bare, found.healthy)]
    most = max(max(some, default=0.0) for some in series) or 1.0
    title = f"{found.scenario.name}: {found.scenario.says}"
    parts = [
        f'<text y="-8" font-weight="bold">{escape(title[:52])}</text>',
        f'<path d="M0 0V{HIGH}H{WIDE}" fill="none" stroke="#444"/>',
    ]
    for share in (0.5, 0.95):
        y = HIGH * (1 - share)
        parts.append(f'<path d="M0 {y:.1f}H{WIDE}" stroke="#ccc"/>')
        parts.append(f'<text x="-6" y="{y + 4:.1f}" text-anchor="end">{share * 100:.0f} %</text>')
    for part in (0.0, 0.5, 1.0):
        words = f"{most * part:.3g}{' ms' if part == 1 else ''}"
        anchor = "start" if part == 0 else "middle" if part < 1 else "end"
        parts.append(f'<text x="{WIDE * part:.0f}" y="{HIGH + 14}" text-anchor="{anchor}">{words}</text>')
    for some, (_, colour, dashes) in zip(series, _LINES, strict=True):
        if some:
            parts.append(_line(_steps(some, most), colour, dashes))
    return "".join(parts)


def _steps(values: Sequence[float], most: float) -> str:
    """The empirical distribution: a step up at each value."""
    path = f"M0 {HIGH}"
    for number, value in enumerate(sorted(values), 1):
        path += f"H{value / most * WIDE:.1f}V{HIGH * (1 - number / len(values)):.1f}"
    return path + f"H{WIDE}"


def _line(path: str, colour: str, dashes: str) -> str:
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.5" stroke-dasharray="{dashes}"/>'
