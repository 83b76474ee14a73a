"""The path of SVG (SVG 1.1 section 8.3; 2 section 9.3) as points: curves become a few straight pieces. Pure."""

import itertools
import math
import re
from collections.abc import Iterator
from typing import Final

from edge.floorplans.drawn import Point

STEPS: Final = 8
"""Pieces of a curve: on a wall of ten metres that errs by a hand's breadth."""
MOST_NUMBERS: Final = 400_000
_TOKEN: Final = re.compile(
    r"([MmLlHhVvCcSsQqTtAaZz])|([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)|([\s,]+)|(.)", re.S
)
_TAKES: Final = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}
Piece = tuple[list[Point], bool]


class NoPath(Exception):
    """It is no path."""


def pieces(text: str) -> Iterator[Piece]:
    """Each piece of a path: its points, and whether it is closed. Raises NoPath."""
    points: list[Point] = []
    here, start = (0.0, 0.0), (0.0, 0.0)
    before, control = "", (0.0, 0.0)
    for command, numbers in _commands(text):
        word, relative = command.upper(), command.islower()
        if not before and word != "M":
            raise NoPath
        if word == "Z":
            if points:
                yield points, True
            here, points = start, []
            before = word
            continue
        at = here if relative else (0.0, 0.0)
        if word == "M":
            if len(points) > 1:
                yield points, False
            here = start = (at[0] + numbers[0], at[1] + numbers[1])
            points = [here]
            before = word
            continue
        if not points:
            points = [here]
        if word in "HV":
            x, y = (at[0] + numbers[0], here[1]) if word == "H" else (here[0], at[1] + numbers[0])
            points.append((x, y))
        elif word == "L":
            points.append((at[0] + numbers[0], at[1] + numbers[1]))
        elif word == "A":
            points += _arc(here, numbers, (at[0] + numbers[5], at[1] + numbers[6]))
        else:
            given = [(at[0] + x, at[1] + y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
            if word in "ST":
                mirrored = before in ("CS" if word == "S" else "QT")
                first = (2 * here[0] - control[0], 2 * here[1] - control[1]) if mirrored else here
                given = [first, *given]
            control = given[-2]
            points += _bezier([here, *given])
        here, before = points[-1], word
    if len(points) > 1:
        yield points, False


def _commands(text: str) -> Iterator[tuple[str, list[float]]]:
    numbers: list[float] = []
    command, count = "", 0
    for found in _TOKEN.finditer(text):
        letter, number, _space, other = found.groups()
        if other:
            raise NoPath
        if letter:
            if numbers or (command and not count and command not in "Zz"):
                raise NoPath
            command, count = letter, 0
            if command in "Zz":
                yield command, []
        elif number:
            count += 1
            if not command or command in "Zz" or count > MOST_NUMBERS:
                raise NoPath
            numbers.append(_finite(number))
            if len(numbers) == _TAKES[command.upper()]:
                yield command, numbers
                numbers = []
                # What follows a move without a letter of its own is a line.
                command = {"M": "L", "m": "l"}.get(command, command)
    if numbers or (command and not count and command not in "Zz"):
        raise NoPath


def _finite(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise NoPath
    return found


def _bezier(given: list[Point]) -> list[Point]:
    """De Casteljau, for two or three control points."""
    found = []
    for step in range(1, STEPS + 1):
        part, row = step / STEPS, given
        while len(row) > 1:
            row = [
                (a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part) for a, b in itertools.pairwise(row)
            ]
        found.append(row[0])
    return found


def _arc(here: Point, numbers: list[float], end: Point) -> list[Point]:
    """SVG 1.1 appendix F.6: from end points to the centre."""
    rx, ry, turn = abs(numbers[0]), abs(numbers[1]), math.radians(math.fmod(numbers[2], 360.0))
    large, sweep = bool(numbers[3]), bool(numbers[4])
    if rx < 1e-9 or ry < 1e-9 or here == end or max(rx, ry) > 1e9:
        return [end]
    cos, sin = math.cos(turn), math.sin(turn)
    dx, dy = (here[0] - end[0]) / 2, (here[1] - end[1]) / 2
    x, y = cos * dx + sin * dy, -sin * dx + cos * dy
    grow = (x / rx) ** 2 + (y / ry) ** 2
    if grow > 1:
        rx, ry = rx * math.sqrt(grow), ry * math.sqrt(grow)
    under = (rx * y) ** 2 + (ry * x) ** 2
    if under <= 0:
        return [end]
    root = math.sqrt(max(0.0, ((rx * ry) ** 2 - under) / under)) * (-1 if large == sweep else 1)
    cx, cy = root * rx * y / ry, -root * ry * x / rx
    first, last = math.atan2((y - cy) / ry, (x - cx) / rx), math.atan2((-y - cy) / ry, (-x - cx) / rx)
    span = last - first
    if sweep and span < 0:
        span += 2 * math.pi
    elif not sweep and span > 0:
        span -= 2 * math.pi
    mid = (here[0] + end[0]) / 2, (here[1] + end[1]) / 2
    steps = max(2, math.ceil(abs(span) / (math.pi / 12)))
    found = []
    for step in range(1, steps):
        angle = first + span * step / steps
        px, py = rx * math.cos(angle) + cx, ry * math.sin(angle) + cy
        found.append((cos * px - sin * py + mid[0], sin * px + cos * py + mid[1]))
    return [*found, end]
