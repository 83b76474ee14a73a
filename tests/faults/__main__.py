"""`make faults`: breaks the running daemon in every way there is a recipe for, and says what that did. Exit 1: not all held.

`python -m tests.faults [matrix|restarts|cuts|kills|schedules ...] [--only TEXT] [--seed N] [--round N] [--json FILE]`
"""

import argparse
import contextlib
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tests.faults import cuts, matrix, restarts, side_by_side
from tests.faults.cell import Result
from tests.faults.lockdown import Round
from tests.faults.processes import traceable

KILLS: Final = 200
SCHEDULES: Final = 1000
MOST_KILLS_SHARE: Final = 2
TOLD_EVERY_S: Final = 30.0
WIDTHS: Final = (33, 8, 8, 7, 21, 34)


def parser() -> argparse.ArgumentParser:
    """The arguments of `python -m tests.faults`."""
    made = argparse.ArgumentParser(prog="tests.faults", description=__doc__)
    made.add_argument("what", nargs="*", metavar="WHAT", help=f"{', '.join(PARTS)} (all of them)")
    made.add_argument("--only", action="append", metavar="TEXT", help="cells whose `fault/phase` holds this")
    made.add_argument("--list", action="store_true", help="name the cells and end")
    made.add_argument("--kills", type=int, default=KILLS, metavar="N", help=f"random kills ({KILLS})")
    made.add_argument(
        "--schedules", type=int, default=SCHEDULES, metavar="N", help=f"random schedules ({SCHEDULES})"
    )
    made.add_argument(
        "--round",
        action="append",
        type=int,
        metavar="N",
        help="only this one of the random ones, by its number; with the --seed it was printed with, and again",
    )
    made.add_argument(
        "--campuses",
        type=int,
        default=side_by_side.usual_campuses(),
        metavar="N",
        help="random ones are played on so many campuses side by side (here %(default)s)",
    )
    made.add_argument("--aloud", action="store_true", help="every random one in a line, not the failed alone")
    made.add_argument("--times", type=int, default=5, metavar="N", help="each restart so often (5)")
    made.add_argument("--seed", type=int, default=7, help="of the random ones (7)")
    made.add_argument("--json", type=Path, metavar="FILE", help="everything measured, as JSON")
    return made


def main(arguments: Sequence[str]) -> int:
    """0: everything held."""
    args = parser().parse_args(arguments)
    unknown = [one for one in args.what if one not in PARTS]
    if unknown:
        parser().error(f"there is no part {unknown[0]}: {', '.join(PARTS)}")
    if args.list:
        _say("\n".join(name for fault in matrix.faults() for name, _ in matrix.names(fault)))
        return 0
    # Told to end, it ends its processes and unmounts its disks, as at Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    found: dict[str, Any] = {}
    failed: list[str] = []
    for part in args.what or PARTS:
        began = time.monotonic()
        found[part], wrong = PARTS[part](args)
        failed += [f"{part}: {one}" for one in wrong]
        _say(f"== {part}: {time.monotonic() - began:.0f} s, {len(wrong)} failed\n")
    if args.json is not None:
        args.json.write_text(json.dumps({"failed": failed, **found}, indent=1) + "\n")
    for one in failed:
        _say(f"failed: {one}")
    return 1 if failed else 0


def _matrix(args: argparse.Namespace) -> tuple[Any, list[str]]:
    only: list[str] = args.only or [""]

    def tell(result: Result) -> None:
        _say(_columns(matrix.line(result)))

    _say(_columns(matrix.HEADER))
    results = matrix.run(lambda name: any(one in name for one in only), tell)
    skipped = sum(bool(one.skipped) for one in results)
    if skipped:
        _say(f"{skipped} cells were SKIPPED: nothing is known of them here")
    failed = [f"{one.fault}/{one.phase}: {what}" for one in results for what in one.failed]
    return [{**asdict(one), "ratio": one.ratio} for one in results], failed


def _restarts(args: argparse.Namespace) -> tuple[Any, list[str]]:
    with tempfile.TemporaryDirectory(prefix="campus-edge-faults-") as folder:
        results = []
        for found in restarts.restarts(args.times, Path(folder)):
            _say(restarts.columns(found))
            results.append(found)
    return [asdict(one) for one in results], [f"{one.how}: {what}" for one in results for what in one.failed]


def _cuts(args: argparse.Namespace) -> tuple[Any, list[str]]:
    missing = traceable()
    if missing:
        _say(f"SKIPPED: {missing}")
        return {"skipped": missing}, []
    with tempfile.TemporaryDirectory(prefix="campus-edge-faults-") as folder:
        found = cuts.cuts(Path(folder), args.seed)
    _say(
        f"{found.calls} calls of a start and a lockdown: {found.states} states that a power cut or a kill could leave, "
        f"tried {found.acknowledged} times behind the answer"
    )
    return asdict(found), found.failed[:20]


def _kills(args: argparse.Namespace) -> tuple[Any, list[str]]:
    """As many rounds as have so many kills in them: a kill that falls between two runs of the daemon is none."""
    told = _Told(args, "kills")
    number = 0
    while told.kills < args.kills:
        some = args.round or range(number, number + max(1, (args.kills - told.kills) // MOST_KILLS_SHARE))
        number += len(some)
        told.play(some)
        if args.round:
            break
    return told.all()


def _schedules(args: argparse.Namespace) -> tuple[Any, list[str]]:
    told = _Told(args, "schedules")
    told.play(args.round or range(args.schedules))
    return told.all()


class _Told:
    """Random rounds: played, told of as they end, and counted."""

    def __init__(self, args: argparse.Namespace, kind: side_by_side.Kind) -> None:
        self._args = args
        self._kind = kind
        self._rounds: list[Round] = []
        self._began_s = self._told_s = time.monotonic()

    @property
    def kills(self) -> int:
        return sum(one.kills for one in self._rounds)

    def play(self, numbers: Sequence[int]) -> None:
        with tempfile.TemporaryDirectory(prefix="campus-edge-faults-") as folder:
            played = side_by_side.rounds(
                self._kind, self._args.seed, numbers, self._args.campuses, Path(folder)
            )
            with contextlib.ExitStack() as ending:
                ending.enter_context(contextlib.closing(played))
                ending.callback(lambda: _say(self._counted()))
                for found in played:
                    self._rounds.append(found)
                    if found.failed or self._args.aloud:
                        _say(found.told())
                    if time.monotonic() - self._told_s > TOLD_EVERY_S:
                        self._told_s = time.monotonic()
                        _say(self._counted())

    def all(self) -> tuple[Any, list[str]]:
        not_struck = sorted({why for one in self._rounds for why in one.not_struck})
        for why in not_struck:
            _say(f"NOT STRUCK: {why}")
        return (
            [asdict(one) for one in self._rounds],
            [
                f"{one.told()} (--seed {self._args.seed} --round {one.number})"
                for one in self._rounds
                if one.failed
            ],
        )

    def _counted(self) -> str:
        rounds = self._rounds
        counts = {
            name: sum(getattr(one, name) for one in rounds) for name in ("presses", "kills", "starts", "rows")
        }
        return (
            f"{time.monotonic() - self._began_s:.0f} s: {len(rounds)} rounds, {counts['presses']} presses, "
            f"{counts['kills']} kills, {counts['starts']} starts, {counts['rows']} rows; "
            f"{sum(bool(one.failed) for one in rounds)} failed"
        )


def _columns(texts: Sequence[str]) -> str:
    fitted = [f"{text:<{width}}" for text, width in zip(texts, WIDTHS, strict=False)]
    return " ".join([*fitted, *texts[len(WIDTHS) :]]).rstrip()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


PARTS: Final[dict[str, Callable[[argparse.Namespace], tuple[Any, list[str]]]]] = {
    "matrix": _matrix,
    "restarts": _restarts,
    "cuts": _cuts,
    "kills": _kills,
    "schedules": _schedules,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
