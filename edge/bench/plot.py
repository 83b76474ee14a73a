"""What was measured, as an SVG written by hand: which share of a scenario's presses had written its last door by when. Pure."""

import math
from collections.abc import Sequence
from html import escape
from typing import Final

from edge.bench.measure import Found
from rules.model.values import dataclass

WIDE: Final = 300
HIGH: Final = 130
LEAST_MS: Final = 0.1
FITS: Final = 46
"""Letters of a title."""
_LEFT, _TOP, _RIGHT, _BELOW = 36, 34, 24, 30
_COLUMNS: Final = 3
_LINES: Final = (("ours", "#0b57d0", ""), ("bare", "#b3261e", "5 3"), ("ours, without", "#188038", "2 2"))


COLOURS: Final = len(_LINES)


@dataclass(frozen=True, slots=True)
class Panel:
    """series: ms, one for each colour. words: what each is, written into the panel where one legend for all would not do."""

    title: str
    series: tuple[Sequence[float], ...]
    words: tuple[str, ...] = ()


def svg(all_found: Sequence[Found]) -> str:
    """A panel a scenario; time in ms, by tens (a logarithmic axis): one slow press hides no others."""
    panels = [
        Panel(
            f"{one.scenario.name}: {one.scenario.says}",
            tuple([press.last_written for press in some] for some in (one.daemon, one.bare, one.healthy)),
        )
        for one in all_found
        if one.daemon
    ]
    legend = []
    for place, (name, colour, dashes) in enumerate(_LINES):
        x = _LEFT + place * 150
        legend.append(_line(f"M{x} 14h24", colour, dashes) + f'<text x="{x + 30}" y="18">{name}</text>')
    return drawing(panels, legend)


def drawing(panels: Sequence[Panel], legend: Sequence[str] = ()) -> str:
    """All panels, in rows."""
    rows = -(-len(panels) // _COLUMNS) or 1
    wide, high = _COLUMNS * (_LEFT + WIDE + _RIGHT), 30 + rows * (_TOP + HIGH + _BELOW)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-family="sans-serif" font-size="11">',
        f'<rect width="{wide}" height="{high}" fill="#fff"/>',
        *legend,
    ]
    for number, panel in enumerate(panels):
        x = number % _COLUMNS * (_LEFT + WIDE + _RIGHT) + _LEFT
        y = 30 + number // _COLUMNS * (_TOP + HIGH + _BELOW) + _TOP
        parts.append(f'<g transform="translate({x} {y})">{_panel(panel)}</g>')
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel) -> str:
    values = [max(value, LEAST_MS) for some in panel.series for value in some]
    first, last = math.floor(math.log10(min(values))), math.floor(math.log10(max(values))) + 1

    def x(value: float) -> float:
        return (math.log10(max(value, LEAST_MS)) - first) / (last - first) * WIDE

    title = panel.title
    parts = [
        f'<text y="-8" font-weight="bold">{escape(title if len(title) <= FITS else title[:FITS] + "…")}</text>',
        f'<path d="M0 0V{HIGH}H{WIDE}" fill="none" stroke="#444"/>',
    ]
    for share in (0.5, 0.95):
        y = HIGH * (1 - share)
        parts.append(f'<path d="M0 {y:.1f}H{WIDE}" stroke="#ccc"/>')
        parts.append(f'<text x="-6" y="{y + 4:.1f}" text-anchor="end">{share * 100:.0f} %</text>')
    for power in range(first, last):
        for times in range(1, 10):
            at = x(times * 10.0**power)
            parts.append(f'<path d="M{at:.1f} {HIGH}v{-5 if times == 1 else -2}" stroke="#444"/>')
    for power in range(first, last + 1):
        words = f"{10.0**power:g}{' ms' if power == last else ''}"
        parts.append(f'<text x="{x(10.0**power):.0f}" y="{HIGH + 14}" text-anchor="middle">{words}</text>')
    for some, (_, colour, dashes) in zip(panel.series, _LINES, strict=False):
        if some:
            parts.append(_line(_steps([x(value) for value in some]), colour, dashes))
    for place, (words, (_, colour, _)) in enumerate(zip(panel.words, _LINES, strict=False)):
        parts.append(f'<text x="4" y="{12 + 13 * place}" fill="{colour}">{escape(words)}</text>')
    return "".join(parts)


def _steps(places: Sequence[float]) -> str:
    """The empirical distribution: a step up at each value."""
    path = f"M0 {HIGH}"
    for number, place in enumerate(sorted(places), 1):
        path += f"H{place:.1f}V{HIGH * (1 - number / len(places)):.1f}"
    return path + f"H{WIDE}"


def _line(path: str, colour: str, dashes: str) -> str:
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.5" stroke-dasharray="{dashes}"/>'
