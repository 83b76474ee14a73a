"""`make bench`: measures each size, prints figures and ratios, and ends with 1 where a target is missed."""

import argparse
import tempfile
from pathlib import Path
from typing import Final

from edge.bench.children import Lost
from edge.bench.figures import lines, missed, waits_on_nothing
from edge.bench.size import How, Measured, measure
from edge.cli.out import complain, say

SIZES: Final = ("4/1", "40/10", "200/50")


def parser() -> argparse.ArgumentParser:
    """The arguments of `python -m edge.bench`."""
    made = argparse.ArgumentParser(prog="edge.bench", description=__doc__)
    made.add_argument(
        "--sizes", nargs="+", default=[_size(one) for one in SIZES], type=_size, metavar="DOORS/BOARDS"
    )
    made.add_argument("--presses", type=int, default=30, metavar="N", help="of each at each size (30)")
    made.add_argument("--settle", type=float, default=0.3, metavar="S", help="pause before a press (0.3)")
    made.add_argument("--bare-polls", action="store_true", help="the bare script reads the evidence too")
    made.add_argument(
        "--broker-delays", action="store_true", help="leave Nagle's algorithm on in the broker (its default)"
    )
    made.add_argument("--no-hang", action="store_true", help="do not let the journal's disk hang")
    made.add_argument("--report-only", action="store_true", help="exit 0 whatever the figures are")
    return made


def main(args: argparse.Namespace) -> int:
    """0: every target was met, or nobody asked."""
    told: list[str] = []
    for doors, boards in args.sizes:
        hang = not args.no_hang and (doors, boards) == max(args.sizes)
        how = How(args.presses, args.bare_polls, args.settle, not args.broker_delays, hang)
        try:
            found = _one(doors, boards, how)
        except Lost as err:
            complain(f"{doors} doors on {boards} boards: {err}")
            return 1
        say("\n".join(lines(found)))
        if how.hang:
            say("The reflex waits on nothing:")
            for fact in waits_on_nothing(found):
                say(f"  {fact}")
        told += missed(found)
    for one in told:
        complain(f"missed: {one}")
    return 1 if told and not args.report_only else 0


def _one(doors: int, boards: int, how: How) -> Measured:
    with tempfile.TemporaryDirectory(prefix="campus-edge-bench-") as folder:
        return measure(doors, boards, how, Path(folder))


def _size(text: str) -> tuple[int, int]:
    doors, _, boards = text.partition("/")
    try:
        size = int(doors), int(boards)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: write doors/boards, such as 200/50") from None
    if not 1 <= size[1] <= size[0]:
        raise argparse.ArgumentTypeError(f"{text}: there is at least one board, and a door on each")
    return size
