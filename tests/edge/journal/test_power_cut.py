"""Whatever moment the power goes at: what was acknowledged is there, the chain is whole, and the journal goes on.

The real journal is recorded by strace, every state that a power cut could leave is laid on disk and opened with the
real journal again (faults.md 1.1). The planted bugs show that the explorer would see it.
"""

import asyncio
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from edge.config.accepted import load_accepted
from edge.journal import verify
from edge.journal.chain import Head
from edge.journal.core import Places
from edge.journal.journal import Journal
from edge.journal.keys import KeyRefused, load_or_make
from edge.journal.row import Row
from edge.journal.witness import read_witness
from tests.edge.journal.power_cut import Call, Disk, Image, calls, recorded
from tests.edge.journal.power_cut_child import CAMPUS, PLANTS, configuration, picture

ROOT: Final = Path(__file__).parents[3]
CHILD: Final = Path(__file__).parent / "power_cut_child.py"
_PTRACE: Final = shutil.which("strace") is not None and not subprocess.run(
    ["strace", "-f", "--seccomp-bpf", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False
).returncode
pytestmark = pytest.mark.skipif(not _PTRACE, reason="NOT TESTED: strace cannot trace here, no power was cut")


@dataclass(frozen=True, slots=True)
class Promised:
    """What had been acknowledged when the power went: the last press, configurations and signed checkpoints."""

    durable: int = -1
    accepted: int = 0
    checkpoints: int = 0

    def after(self, what: str, number: int) -> "Promised":
        match what:
            case "durable":
                return replace(self, durable=number)
            case "accepted":
                return replace(self, accepted=number)
            case _:
                return replace(self, checkpoints=self.checkpoints + 1)


@dataclass(frozen=True, slots=True)
class Found:
    """What a start finds, and how it goes on."""

    witness: Head | None
    reason: str | None
    presses: tuple[tuple[int, int], ...]
    """(number, place from the oldest event on) of each."""
    ends: tuple[Head, ...]
    """The last event of each epoch, oldest first, as the start found them."""
    places: dict[tuple[str, int], int]
    accepted: int
    checkpoints: int
    faults: frozenset[str]
    """What is wrong whatever was promised."""


class Bench:
    """A place in memory to lay states on, and what was found on each before."""

    def __init__(self, scratch: Path) -> None:
        self.machine = scratch / "machine-id"
        self.machine.write_text("3b1c0f8e6f0a4c0f9e3c2d1a5b7e9f10\n", encoding="ascii")
        self.scratch = scratch
        self._store = scratch / "laid"
        self._known: dict[int, Found] = {}

    @property
    def states(self) -> int:
        return len(self._known)

    def lay(self, image: Image, directory: Path) -> None:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(mode=0o700)
        for name, content in image.items():
            (directory / name).write_bytes(content)

    async def look(self, image: Image) -> Found:
        key = hash(tuple(sorted((name, content) for name, content in image.items())))
        if key not in self._known:
            self.lay(image, self._store)
            self._known[key] = await _found(self._store, self.machine)
        return self._known[key]

    def record(self, *runs: tuple[str, str, int, Path]) -> list[tuple[Path, list[Call]]]:
        """Record these runs of the child; the calls of each."""
        log = self.scratch / "log"
        for *_, directory in runs:
            directory.mkdir(mode=0o700, exist_ok=True)
        named = [f"{plant}:{story}:{first}:{directory}" for plant, story, first, directory in runs]
        command = [sys.executable, str(CHILD), str(self.machine), *named]
        process = recorded(command, log, cwd=str(ROOT), env={"PYTHONPATH": str(ROOT)})
        error = process.communicate(timeout=60)[1]
        assert process.returncode == 0, error.decode()
        made = [(directory, list(calls(log, [str(directory)]))) for *_, directory in runs]
        log.unlink()
        return made


async def _found(store: Path, machine: Path) -> Found:
    """Open the store as a daemon does, and have it go on."""
    faults = set()
    accepted = load_accepted(store)
    texts = {configuration(number): number for number in (1, 2, 3, *range(1000, 1010))}
    witness = read_witness(store / "journal.witness")
    troubles: list[str] = []
    journal = Journal.open(store, CAMPUS, machine_id_file=machine)
    shot = journal.load_snapshot()
    events = list(journal.rows_after(None))
    places = {event.position: place for place, event in enumerate(events)}
    presses = tuple(
        (int(str(event.data["number"])), place)
        for place, event in enumerate(events)
        if event.kind == "press.heard/1"
    )
    if shot is not None:
        at = places[shot.head.epoch, shot.head.seq]
        if shot.blob != picture([number for number, place in presses if place <= at][-1]):
            faults.add("snapshot of another state")
    ends = {event.epoch: Head(event.epoch, event.seq, event.hash) for event in events}
    if journal.opened.reason is not None:
        ends.pop(events[-1].epoch if events else "", None)

    journal.start(asyncio.get_running_loop(), lambda code, active, args: troubles.append(code))
    durable = asyncio.get_running_loop().create_future()
    journal.append([Row(1, 1, "after.power/1", "x", "x")], {"number": 0}, durable.set_result)
    if not await asyncio.wait_for(durable, 10) or not await journal.close(10):
        faults.add("does not go on")
    if any(trouble not in ("journal_hung",) for trouble in troubles):
        faults.update(f"trouble {code}" for code in troubles)
    if (store / "journal.spill.ndjson").stat().st_size or journal.opened.orphans:
        faults.add("spill not folded")
    report = verify.verify_directory(store)
    faults.update(f"chain: {problem.code}" for problem in report.problems)
    if [number for number, _ in presses] != sorted({number for number, _ in presses}):
        faults.add("doubled or out of order")
    if any(event.seq != 1 and (event.epoch, event.seq - 1) not in places for event in events):
        faults.add("gap")
    try:
        load_or_make(store)
    except KeyRefused:
        faults.add("signing key damaged")
    return Found(
        None if witness is None else witness.head,
        journal.opened.reason,
        presses,
        tuple(ends.values()),
        places,
        0 if accepted is None else texts.get(accepted.text, -1),
        report.checkpoints,
        frozenset(faults),
    )


def violations(found: Found, promised: Promised, numbers: Sequence[int]) -> set[str]:
    """What a power cut must not do. numbers: of all presses handed in, in their order."""
    wrong = set(found.faults)
    places = {number: place for number, place in found.presses}
    due = numbers[: numbers.index(promised.durable) + 1] if promised.durable >= 0 else []
    if any(number not in places for number in due):
        wrong.add("acknowledged press lost")
    if [number for number, _ in found.presses] != list(numbers[: len(found.presses)]):
        wrong.add("a press is missing between others")
    wrong |= _witness(found, -1 if not due else places.get(due[-1], -1))
    if found.reason not in (None, "first_start") or (found.reason == "first_start" and due):
        wrong.add(f"new epoch: {found.reason}")
    if found.accepted < promised.accepted:
        wrong.add("accepted configuration older than acknowledged")
    if found.checkpoints < promised.checkpoints:
        wrong.add("signed checkpoint lost")
    return wrong


def _witness(found: Found, due: int) -> set[str]:
    """The witness stands at or behind the end of the journal, but never before what was acknowledged."""
    if found.witness is None:
        return {"witness behind"} if due >= 0 else set()
    place = found.places.get((found.witness.epoch, found.witness.seq))
    ahead = found.witness not in found.ends and (place is None or found.reason is not None)
    if ahead:
        return {"witness ahead"} if found.reason is not None else {"witness ahead, and nothing is said"}
    return {"witness behind"} if place is not None and place < due else set()


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as scratch:
        # Ed25519 by hand takes 5 ms, and the states share their checkpoints.
        was, verify.ed25519 = verify.ed25519, cache(verify.ed25519)  # type: ignore[assignment]
        yield Bench(Path(scratch))
        verify.ed25519 = was
