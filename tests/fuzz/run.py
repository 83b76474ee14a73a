"""`make fuzz`: every target, each in a process of its own, two at a time; a table of what was fed, and what broke.

ARGS= takes names of targets, --runs N in place of each target's own, --seed N, and --keep: what was found to reach
something new is minimised and kept in tests/fuzz/corpus.
"""

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.fuzz import corpus
from tests.fuzz.targets import TARGETS

HTTP: Final = "http-live"
HTTP_RUNS: Final = 100_000
"""A request over a socket of its own takes 2 ms; what parses it is fed a million times each by the other http targets."""


@dataclass(frozen=True, slots=True)
class Fed:
    """What became of one target."""

    name: str
    ended: int
    runs: int
    seconds: float
    said: str

    def line(self) -> str:
        rate = self.runs / self.seconds if self.seconds else 0
        became = "BROKE" if self.ended else "held"
        return f"{self.name:20} {self.runs:>9,} inputs {self.seconds:7.0f} s {rate:>9,.0f}/s  {became}"


def main() -> int:
    asked = argparse.ArgumentParser(prog="make fuzz")
    asked.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join([*TARGETS, HTTP])}")
    asked.add_argument("--runs", type=int, help="inputs of each target, in place of its own")
    asked.add_argument("--seed", type=int, default=int(time.time()))
    asked.add_argument("--at-once", type=int, default=2, help="processes")
    asked.add_argument("--keep", action="store_true", help="keep what reached something new")
    options = asked.parse_args()
    unknown = [one for one in options.targets if one not in TARGETS and one != HTTP]
    if unknown:
        asked.error(f"no such target: {', '.join(unknown)}")
    names = options.targets or [*TARGETS, HTTP]
    with_branches = importlib.util.find_spec("atheris") is not None
    how = (
        "by the branches taken (atheris)"
        if with_branches
        else "by mutants alone: atheris has no wheel for this Python"
    )
    _say(f"fuzzing {len(names)} targets {how}; seed {options.seed}")
    with ThreadPoolExecutor(options.at_once) as pool:
        fed = list(pool.map(lambda name: _one(name, options.runs, options.seed, options.keep), names))
    broken = [one for one in fed if one.ended]
    for one in broken:
        _say(f"\n{one.name}, seed {options.seed}:\n{_why(one)}")
    _say(f"\n{sum(one.runs for one in fed):,} inputs, {len(broken)} of {len(fed)} targets broke")
    return 1 if broken else 0


def _why(one: "Fed") -> str:
    """What broke and the input, whole in a file of its own; here the traceback and the end."""
    with tempfile.NamedTemporaryFile(
        "w", prefix=f"campus-edge-fuzz-{one.name}-", suffix=".txt", delete=False
    ) as kept:
        kept.write(one.said)
    at = max(one.said.find("Traceback"), 0)
    return f"all of it: {kept.name}\n{one.said[at : at + 3_000]}\n...\n{one.said[-1_000:]}"


def _one(name: str, runs: int | None, seed: int, keep: bool) -> Fed:
    with tempfile.TemporaryDirectory() as folder:
        if name == HTTP:
            count = runs if runs is not None else HTTP_RUNS
            command = ["tests.fuzz.live", "--runs", str(count), "--seed", str(seed)]
        else:
            count = runs if runs is not None else TARGETS[name].runs
            command = [
                "tests.fuzz.child",
                name,
                "--runs",
                str(count),
                "--seed",
                str(seed),
                "--corpus",
                folder,
            ]
        began = time.monotonic()
        ended, said = _child(command)
        done = re.search(r"(?:Done|number_of_executed_units:) (\d+)", said)
        fed = Fed(name, ended, int(done[1]) if done else 0, time.monotonic() - began, said)
        _say(fed.line())
        if keep and not ended and name in TARGETS:
            _keep(name, Path(folder))
    return fed


def _child(command: Sequence[str]) -> tuple[int, str]:
    ended = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, check=False, text=True, errors="replace"
    )
    return ended.returncode, ended.stdout + ended.stderr


def _keep(name: str, folder: Path) -> None:
    """libFuzzer keeps an input where it reaches what no shorter one before it did: `found` is small already."""
    found = [one.read_bytes() for one in (folder / "found").glob("*")] if (folder / "found").exists() else []
    _say(f"{name:20} {corpus.keep(name, [*corpus.kept(name), *found])} inputs kept")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
