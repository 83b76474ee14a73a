"""`make bench-cameras`: measures each part with real processes; ends with 1 where a target is missed."""

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.bench import plot
from edge.bench.cameras.clips import clips
from edge.bench.cameras.cost import cost
from edge.bench.cameras.looked import looked_at
from edge.bench.cameras.lost import lost
from edge.bench.cameras.part import Part, document, lines, missed
from edge.bench.cameras.press import pressed
from edge.cli.out import complain, say
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class _Measured:
    """tries: of what is repeated, where nobody says how many."""

    says: str
    tries: int
    measure: Callable[[int, argparse.Namespace, Path], Part]


PARTS: Final = {
    "cost": _Measured(
        "CPU and memory of 1, 16 and 64 cameras beside one ffmpeg a camera (--cameras, --seconds)",
        1,
        lambda _, args, folder: cost(tuple(args.cameras), args.seconds, folder),
    ),
    "lost": _Measured(
        "time to lost and back to live: socket closed, SIGSTOP, media frozen, packets dropped",
        10,
        lambda tries, _, folder: lost(tries, folder),
    ),
    "clips": _Measured(
        "clips held against the source bit by bit, also after kill -9",
        3,
        lambda tries, _, folder: clips(tries, folder),
    ),
    "live": _Measured(
        "first picture and latency in Chromium by WebRTC and MSE, cost of viewers",
        20,
        lambda tries, _, folder: looked_at(tries, folder),
    ),
    "press": _Measured(
        "200 doors pressed with 32 cameras, 8 viewers and clips being written, by turns with none",
        20,
        lambda tries, _, folder: pressed(tries, folder),
    ),
}
"""In the order in which they are measured."""


def parser() -> argparse.ArgumentParser:
    """The arguments of `python -m edge.bench.cameras`."""
    made = argparse.ArgumentParser(prog="edge.bench.cameras", description=__doc__)
    add = made.add_argument
    add("--list", action="store_true", help="say which parts there are, and measure nothing")
    add("--only", nargs="+", choices=list(PARTS), metavar="PART", help="these (else all, 12 minutes)")
    add("--press", action="store_const", dest="only", const=["press"], help="as --only press")
    add("--tries", type=_some, metavar="N", help="of what is repeated (else as --list says)")
    add("--cameras", type=_some, nargs="+", default=[1, 16, 64], metavar="N", help="of cost (1 16 64)")
    add("--seconds", type=float, default=10.0, metavar="S", help="each window of cost (10)")
    add("--json", type=Path, metavar="FILE", help="write figures and every value")
    add("--plot", type=Path, metavar="FILE", help="write the distributions as an SVG")
    add("--report-only", action="store_true", help="exit 0 whatever the figures are")
    return made


def main(args: argparse.Namespace) -> int:
    """0: every target was met, or nobody asked."""
    if args.list:
        say("\n".join(f"{name:8}{one.tries:>4} tries  {one.says}" for name, one in PARTS.items()))
        return 0
    chosen = [name for name in PARTS if args.only is None or name in args.only]
    began, found = time.monotonic(), list[Part]()
    for name in chosen:
        one = PARTS[name]
        with tempfile.TemporaryDirectory(prefix="campus-edge-bench-") as folder:
            found.append(one.measure(args.tries or one.tries, args, Path(folder)))
        say("\n".join(lines(found[-1])) + "\n")
        # After each: who breaks a long run off keeps what it has.
        if args.json is not None:
            args.json.write_text(json.dumps(_document(found, chosen), indent=1) + "\n")
        if args.plot is not None:
            args.plot.write_text(plot.drawing([panel for part in found for panel in _panels(part)]))
    say(f"{len(chosen)} parts in {(time.monotonic() - began) / 60:.1f} minutes.")
    told = [words for part in found for words in missed(part)]
    for words in told:
        complain(f"missed: {words}")
    return 1 if told and not args.report_only else 0


def _document(found: list[Part], chosen: list[str]) -> dict[str, object]:
    return {
        "machine": {"system": platform.platform(), "python": platform.python_version()},
        "parts": [document(part) for part in found],
        "not_measured": [name for name in PARTS if name not in chosen],
    }


def _panels(part: Part) -> list[plot.Panel]:
    """One for each few of what was measured, for a panel has so many colours."""
    series = [(what, values) for what, values in part.series.items() if values]
    groups = [series[at : at + plot.COLOURS] for at in range(0, len(series), plot.COLOURS)]
    return [
        plot.Panel(part.name, tuple(values for _, values in some), tuple(what for what, _ in some))
        for some in groups
    ]


def _some(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: one at least")
    return int(text)
