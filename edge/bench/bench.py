"""`make bench`: measures each scenario beside a bare script, prints figures and ratios, ends with 1 where a target is missed."""

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from edge.bench import figures, listened_figures, plot
from edge.bench.children import Lost
from edge.bench.listened import HowListened, measure_listened
from edge.bench.measure import Found, measure
from edge.bench.scenarios import BY_NAME, SCENARIOS, Scenario
from edge.bench.stage import How
from edge.cli.out import complain, say

PRESSES_LISTENED: Final = 100
"""So that the 95th percentile has five values above it."""
ALL: Final = "all"


def parser() -> argparse.ArgumentParser:
    """The arguments of `python -m edge.bench`."""
    made = argparse.ArgumentParser(prog="edge.bench", description=__doc__)
    made.add_argument(
        "--list", action="store_true", help="say which scenarios there are, and measure nothing"
    )
    made.add_argument(
        "--scenario",
        nargs="+",
        choices=[*BY_NAME, ALL],
        metavar="NAME",
        help="these, or all (else the standard ones, 13 minutes)",
    )
    made.add_argument(
        "--presses", type=_some, metavar="N", help="of each (else as the scenario says; 100 with --listened)"
    )
    made.add_argument("--json", type=Path, metavar="FILE", help="write figures and every press")
    made.add_argument("--plot", type=Path, metavar="FILE", help="write the distributions as an SVG")
    made.add_argument("--settle", type=float, default=0.3, metavar="S", help="pause before a press (0.3)")
    made.add_argument("--bare-polls", action="store_true", help="the bare script reads the evidence too")
    made.add_argument(
        "--broker-delays", action="store_true", help="leave Nagle's algorithm on in the broker (its default)"
    )
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
    if args.list:
        say("\n".join(_listing()))
        return 0
    try:
        told = _listened(args) if args.listened else _scenarios(args)
    except Lost as err:
        complain(str(err))
        return 1
    for one in told:
        complain(f"missed: {one}")
    return 1 if told and not args.report_only else 0


def _listing() -> list[str]:
    return [
        f"{'  ' if one.standard else '* '}{one.name:14}{one.presses:>4} presses  {one.says}"
        for one in SCENARIOS
    ] + ["* only when named, or with --scenario all"]


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


def _scenarios(args: argparse.Namespace) -> list[str]:
    chosen = _chosen(args.scenario)
    how = How(args.settle, not args.broker_delays, args.bare_polls)
    began = time.monotonic()
    all_found: list[Found] = []
    for scenario in chosen:
        with tempfile.TemporaryDirectory(prefix="campus-edge-bench-") as folder:
            all_found.append(measure(scenario, args.presses or scenario.presses, how, Path(folder)))
        say("\n".join(figures.lines(all_found[-1])) + "\n")
        # After each: who breaks a long run off keeps what it has.
        if args.json is not None:
            args.json.write_text(json.dumps(_document(all_found, how), indent=1) + "\n")
        if args.plot is not None:
            args.plot.write_text(plot.svg(all_found))
    left = [one.name for one in SCENARIOS if one not in chosen]
    say(f"{len(chosen)} scenarios in {(time.monotonic() - began) / 60:.1f} minutes.")
    if left:
        say(f"Not measured in this run: {', '.join(left)} (--scenario NAME).")
    return [one for found in all_found for one in figures.missed(found)]


def _chosen(names: Sequence[str] | None) -> list[Scenario]:
    if names is None:
        return [one for one in SCENARIOS if one.standard]
    return [one for one in SCENARIOS if ALL in names or one.name in names]


def _document(all_found: Sequence[Found], how: How) -> dict[str, Any]:
    return {
        "machine": {"system": platform.platform(), "python": platform.python_version()},
        "bare_script_polls": how.bare_polls,
        "scenarios": [figures.document(one) for one in all_found],
        "not_measured": sorted(set(BY_NAME) - {one.scenario.name for one in all_found}),
    }


def _some(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: one at least")
    return int(text)
