"""`make bench`: measures each size, prints figures and ratios, and ends with 1 where a target is missed."""

import argparse
import tempfile
from pathlib import Path
from typing import Final

from edge.bench import listened_figures
from edge.bench.children import Lost
from edge.bench.figures import lines, missed, waits_on_nothing
from edge.bench.listened import HowListened, measure_listened
from edge.bench.size import How, Measured, measure
from edge.cli.out import complain, say

SIZES: Final = ("4/1", "40/10", "200/50")
PRESSES: Final = 30
PRESSES_LISTENED: Final = 100
"""So that the 95th percentile has five values above it."""


def parser() -> argparse.ArgumentParser:
    """The arguments of `python -m edge.bench`."""
    made = argparse.ArgumentParser(prog="edge.bench", description=__doc__)
    made.add_argument(
        "--sizes", nargs="+", default=[_size(one) for one in SIZES], type=_size, metavar="DOORS/BOARDS"
    )
    made.add_argument(
        "--presses", type=int, metavar="N", help="of each (30 at each size, 100 with --listened)"
    )
    made.add_argument("--settle", type=float, default=0.3, metavar="S", help="pause before a press (0.3)")
    made.add_argument("--bare-polls", action="store_true", help="the bare script reads the evidence too")
    made.add_argument(
        "--broker-delays", action="store_true", help="leave Nagle's algorithm on in the broker (its default)"
    )
    made.add_argument("--no-hang", action="store_true", help="do not let the journal's disk hang")
    made.add_argument(
        "--listened",
        action="store_true",
        help="instead: 200 doors with nobody and with all listening by turns; how soon all pages have a change; the first "
        "view's bytes and paint (12 minutes)",
    )
    made.add_argument("--pages", type=_some, default=300, metavar="N", help="open pages that listen (300)")
    made.add_argument(
        "--programs", type=_some, default=1, metavar="N", help="programs that listen beside the pages (1)"
    )
    made.add_argument("--no-browser", action="store_true", help="leave out the first paint in Chromium")
    made.add_argument("--report-only", action="store_true", help="exit 0 whatever the figures are")
    return made


def main(args: argparse.Namespace) -> int:
    """0: every target was met, or nobody asked."""
    try:
        told = _listened(args) if args.listened else _sizes(args)
    except Lost as err:
        complain(str(err))
        return 1
    for one in told:
        complain(f"missed: {one}")
    return 1 if told and not args.report_only else 0


def _listened(args: argparse.Namespace) -> list[str]:
    how = HowListened(
        args.presses or PRESSES_LISTENED,
        args.pages,
        args.programs,
        args.settle,
        not args.broker_delays,
        not args.no_browser,
    )
    with tempfile.TemporaryDirectory(prefix="campus-edge-bench-") as folder:
        found = measure_listened(how, Path(folder))
    say("\n".join(listened_figures.lines(found)))
    return listened_figures.missed(found)


def _sizes(args: argparse.Namespace) -> list[str]:
    told: list[str] = []
    for doors, boards in args.sizes:
        hang = not args.no_hang and (doors, boards) == max(args.sizes)
        how = How(args.presses or PRESSES, args.bare_polls, args.settle, not args.broker_delays, hang)
        try:
            found = _one(doors, boards, how)
        except Lost as err:
            raise Lost(f"{doors} doors on {boards} boards: {err}") from None
        say("\n".join(lines(found)))
        if how.hang:
            say("The reflex waits on nothing:")
            for fact in waits_on_nothing(found):
                say(f"  {fact}")
        told += missed(found)
    return told


def _one(doors: int, boards: int, how: How) -> Measured:
    with tempfile.TemporaryDirectory(prefix="campus-edge-bench-") as folder:
        return measure(doors, boards, how, Path(folder))


def _some(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: one at least")
    return int(text)


def _size(text: str) -> tuple[int, int]:
    doors, _, boards = text.partition("/")
    try:
        size = int(doors), int(boards)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: write doors/boards, such as 200/50") from None
    if not 1 <= size[1] <= size[0]:
        raise argparse.ArgumentTypeError(f"{text}: there is at least one board, and a door on each")
    return size
