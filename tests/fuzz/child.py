"""One target in one process: by atheris, which follows the branches taken, or without it by mutants alone.

`python -m tests.fuzz.child TARGET --runs N --seed N --corpus FOLDER`. Ends with 1 and the input where one does not hold.
"""

import argparse
import importlib
import logging
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

from tests.fuzz import corpus, mutating
from tests.fuzz.targets import TARGETS, Target

LONGEST_S: Final = 1
"""Of one input, processor time. The slowest that is right takes 40 ms."""
MOST_MEMORY: Final = 1024**3

try:
    import atheris
except ImportError:
    atheris = None  # no wheel for this Python: said by `tests.fuzz.run`


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("target", choices=TARGETS)
    asked.add_argument("--runs", type=int, required=True)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--corpus", type=Path, required=True)
    options = asked.parse_args()
    # The product logs what it refuses; a million lines of it are nobody's.
    logging.disable(logging.CRITICAL)
    target = TARGETS[options.target]
    options.corpus.mkdir(parents=True, exist_ok=True)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    if atheris is None or options.runs == 0:
        _by_mutants(options.target, target, options.runs, options.seed, options.corpus)
    else:
        _by_branches(options.target, target, options.runs, options.seed, options.corpus)


def _by_branches(name: str, target: Target, runs: int, seed: int, folder: Path) -> None:
    with atheris.instrument_imports(include=["drivers", "edge"]):
        importlib.import_module(f"tests.fuzz.{target.module}")
    first = folder / "first"
    first.mkdir(exist_ok=True)
    for number, data in enumerate([*target.first(), *corpus.kept(name)]):
        (first / str(number)).write_bytes(data)
    found = folder / "found"
    found.mkdir(exist_ok=True)
    arguments = [
        f"-runs={runs}",
        f"-seed={seed}",
        f"-max_len={target.longest}",
        "-timeout=60",
        "-rss_limit_mb=0",
    ]
    arguments += ["-print_final_stats=1", "-verbosity=0", f"-artifact_prefix={folder}/failed-"]
    atheris.Setup([sys.argv[0], *arguments, str(found), str(first)], _told(target.one()))
    atheris.Fuzz()


def _told(one: Callable[[bytes], None]) -> Callable[[bytes], None]:
    def feed(data: bytes) -> None:
        began_s = time.thread_time()
        try:
            one(data)
            # Of the processor's time: a busy machine is not the input's fault.
            assert time.thread_time() - began_s < LONGEST_S, "too long"
        except BaseException:
            traceback.print_exc()
            _show(data)
            raise

    return feed


def _by_mutants(name: str, target: Target, runs: int, seed: int, folder: Path) -> None:
    one = target.one()
    seeds = [*target.first(), *corpus.kept(name)]

    def too_long(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"longer than {LONGEST_S} s of the processor")

    signal.signal(signal.SIGVTALRM, too_long)
    began = time.monotonic()
    for count, data in enumerate(mutating.inputs(seeds, seed, target.longest)):
        if count >= runs and count >= len(seeds):
            break
        signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST_S)
        try:
            one(data)
        except BaseException:  # noqa: BLE001  # shown, and the process ends
            traceback.print_exc()
            _show(data)
            (folder / "failed-input").write_bytes(data)
            sys.exit(1)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    sys.stderr.write(f"Done {max(runs, len(seeds))} runs in {time.monotonic() - began:.0f} second(s)\n")


def _show(data: bytes) -> None:
    sys.stderr.write(f"\nthis input does not hold: {data!r}\n")


if __name__ == "__main__":
    main()
