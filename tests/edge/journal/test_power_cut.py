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
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from edge.config.accepted import load_accepted
from edge.journal import standalone_verifier, verify
from edge.journal.chain import Head
from edge.journal.journal import Journal
from edge.journal.keys import KeyRefused, load_or_make
from edge.journal.row import Row
from edge.journal.spill import read_spill
from edge.journal.witness import read_witness
from edge.journal.writer import JournalRefused
from tests.edge.journal.power_cut import Call, Disk, Image, calls, start_recorded
from tests.edge.journal.power_cut_child import CAMPUS, configuration, picture

ROOT: Final = Path(__file__).parents[3]
CHILD: Final = Path(__file__).parent / "power_cut_child.py"
SEED: Final = 7
SUBSETS: Final = 3
"""Random states after each call, besides all, nothing and sizes alone."""
PRESSES: Final = tuple(range(19))
"""What `power_cut_child.whole` hands in."""
_PROMISE: Final = re.compile(rb" (durable|accepted|checkpoint) (\d+)\n")
_PLANTED: Final = {
    "synchronous NORMAL": "acknowledged press lost",
    "synchronous OFF": "acknowledged press lost",
    "acknowledged at once": "acknowledged press lost",
    "witness not synced": "witness behind",
    "witness before the commit": "witness ahead",
    "accepted configuration not synced": "accepted configuration older than acknowledged",
    "spill not synced": "acknowledged press lost",
    "spill cleared before it is folded": "acknowledged press lost",
    "key not synced": "signing key damaged",
}
_BADLY: Final = "copy removed before what is made of it is whole"
_PTRACE: Final = (
    shutil.which("strace") is not None
    and not subprocess.run(
        ["strace", "-f", "--seccomp-bpf", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False
    ).returncode
)
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

    def record(self, *runs: tuple[str, str, int, Path]) -> dict[Path, list[Call]]:
        """Record these runs of the child, one after the other; the calls by directory."""
        log = self.scratch / "log"
        for *_, directory in runs:
            directory.mkdir(mode=0o700, exist_ok=True)
        named = [f"{plant}:{story}:{first}:{directory}" for plant, story, first, directory in runs]
        command = [sys.executable, str(CHILD), str(self.machine), *named]
        process = start_recorded(command, log, ROOT)
        error = process.communicate(timeout=60)[1]
        assert process.returncode == 0, error.decode()
        made = {directory: list(calls(log, str(directory))) for *_, directory in runs}
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
    shot = next(iter(journal.load_snapshots()), None)
    try:
        events = list(journal.rows_after(None))
    except JournalRefused:
        events = []
        faults.add("unreadable")
    places = {event.position: place for place, event in enumerate(events)}
    presses = tuple(
        (int(str(event.data["number"])), place)
        for place, event in enumerate(events)
        if event.kind == "press.heard/1"
    )
    if shot is not None:
        at = places.get((shot.head.epoch, shot.head.seq), -1)
        if at < 0 or shot.blob != picture([number for number, place in presses if place <= at][-1]):
            faults.add("snapshot of another state")
    ends = {event.epoch: Head(event.epoch, event.seq, event.hash) for event in events}
    if journal.opened.reason is not None:
        ends.pop(events[-1].epoch if events else "", None)

    journal.start(asyncio.get_running_loop(), lambda code, active, args: troubles.append(code))
    durable = asyncio.get_running_loop().create_future()
    journal.append([Row(1, 1, "after.power/1", "x", "x")], {"number": 0}, durable.set_result)
    if not await asyncio.wait_for(durable, 10) or not await journal.close(10):
        faults.add("does not go on")
    if list(read_spill(store / "journal.spill.ndjson")) or journal.opened.orphans:
        faults.add("spill not folded")
    try:
        report = verify.verify_directory(store)
    except JournalRefused:
        report = verify.Report(CAMPUS)
        faults.add("cannot be verified")
    faults.update(f"chain: {problem.code}" for problem in report.problems)
    if [number for number, _ in presses] != sorted({number for number, _ in presses}):
        faults.add("doubled or out of order")
    if any(event.seq != 1 and (event.epoch, event.seq - 1) not in places for event in events):
        faults.add("gap")
    faults.update(f"trouble {code}" for code in troubles if code not in ("journal_hung", "journal_rebuilt"))
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
    places = dict(found.presses)
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
    where = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where) as scratch, pytest.MonkeyPatch.context() as patch:
        # Ed25519 by hand takes 5 ms, and the states share their checkpoints.
        patch.setattr(verify, "ed25519", cache(standalone_verifier.ed25519))
        yield Bench(Path(scratch))


@dataclass(frozen=True, slots=True)
class Cut:
    """One moment at which the power could go, what it would leave, and what is wrong then."""

    call: int
    image: Image
    promised: Promised
    found: Found
    wrong: frozenset[str]


@dataclass(slots=True)
class _Chosen:
    """One of all that were seen, each as likely as any other; all of them would be a gigabyte."""

    chance: random.Random
    cut: Cut | None = None
    seen: int = 0

    def see(self, cut: Cut) -> None:
        self.seen += 1
        if self.chance.randrange(self.seen) == 0:
            self.cut = cut


@dataclass(frozen=True, slots=True)
class Trial:
    """A recorded run, and what it began on."""

    directory: Path
    calls: Sequence[Call]
    numbers: Sequence[int]
    image: Image | None = None
    promised: Promised = Promised()

    async def cuts(
        self, bench: Bench, subsets: int, at: Callable[[Call], bool] = lambda _: True
    ) -> AsyncIterator[Cut]:
        """Every state after every call, or after those that `at` picks, looked at."""
        disk = Disk(self.directory, self.image)
        promised = self.promised
        for number, call in enumerate(self.calls):
            said = [] if call.name != "write" else _PROMISE.findall(b"".join(call.strings))
            for what, about in said if call.result is None else []:
                promised = promised.after(what.decode(), int(about))
            if not (disk.follow(call) or said) or not at(call):
                continue
            for image in disk.left(random.Random(f"{SEED}:{number}"), subsets):
                found = await bench.look(image)
                wrong = frozenset(violations(found, promised, self.numbers))
                yield Cut(number, image, promised, found, wrong)


async def first_wrong(trial: Trial, bench: Bench, what: str) -> Cut | None:
    """A moment at which this goes wrong: right after a promise, else anywhere."""
    for at in (lambda call: call.name == "write", lambda call: call.name != "write"):
        async for cut in trial.cuts(bench, 1, at):
            if what in cut.wrong:
                return cut
    return None


@pytest.fixture(scope="module")
def planted(bench: Bench) -> Mapping[str, Trial]:
    """A recording of every planted bug."""
    where = {bench.scratch / f"{number:02}-planted": name for number, name in enumerate(_PLANTED)}
    recordings = bench.record(*((name, "whole", 0, directory) for directory, name in where.items()))
    return {where[directory]: Trial(directory, made, PRESSES) for directory, made in recordings.items()}


async def test_no_power_cut_loses_what_was_acknowledged_nor_breaks_the_chain(bench: Bench) -> None:
    store = bench.scratch / "00-store"
    runs = ("nothing", "whole", 0, store), ("nothing", "again", 1000, store)
    trial = Trial(store, bench.record(*runs)[store], [*PRESSES, *range(1000, 1003)])
    spilled, held = _Chosen(random.Random(SEED)), _Chosen(random.Random(SEED + 1))

    async for cut in trial.cuts(bench, SUBSETS):
        assert not cut.wrong, f"{cut.wrong} after call {cut.call}: {trial.calls[cut.call]}"
        if any(number >= 1000 for number, _ in cut.found.presses):
            continue  # what follows would hand the same presses in once more
        if cut.image.get("journal.spill.ndjson"):
            spilled.see(cut)
        elif cut.image.get("journal.db-wal"):
            held.see(cut)

    assert cut.promised == Promised(1002, 1002, 2)
    assert bench.states > 400
    # The power goes again while the start after a power cut is at work.
    for number, base in enumerate([spilled.cut, held.cut]):
        assert base is not None
        await _cut_again(bench, bench.scratch / f"{number:02}-again", base)


async def _cut_again(bench: Bench, store: Path, base: Cut) -> None:
    bench.lay(base.image, store)
    calls = bench.record(("nothing", "again", 1000, store))[store]
    numbers = [*(number for number, _ in base.found.presses), *range(1000, 1003)]
    trial = Trial(store, calls, numbers, base.image, base.promised)
    async for cut in trial.cuts(bench, 1):
        assert not cut.wrong, (
            f"{cut.wrong} after call {cut.call}: {trial.calls[cut.call]}, begun on {base.call}"
        )
    assert cut.promised.durable == 1002


@pytest.fixture(scope="module")
def copied(bench: Bench) -> Trial:
    """A journal with its copy, recorded."""
    store = bench.scratch / "00-copied"
    return Trial(store, bench.record(("nothing", "copied", 0, store))[store], range(10))


async def damaged(bench: Bench, copied: Trial) -> Cut:
    """What it leaves, with the database overwritten; found: what was there before."""
    disk = Disk(copied.directory)
    promised = Promised()
    for call in copied.calls:
        for what, about in [] if call.name != "write" else _PROMISE.findall(b"".join(call.strings)):
            promised = promised if call.result is not None else promised.after(what.decode(), int(about))
        disk.follow(call)
    image = dict(next(disk.left(random.Random(SEED), 0)))
    found = await bench.look(image)
    noise = random.Random(SEED).randbytes(len(image["journal.db"]))
    return Cut(len(copied.calls), {**image, "journal.db": noise}, promised, found, frozenset())


async def test_no_power_cut_harms_the_journal_or_its_copy_while_that_is_made(
    bench: Bench, copied: Trial
) -> None:
    whole = 0
    async for cut in copied.cuts(bench, 2):
        assert not cut.wrong, f"{cut.wrong} after call {cut.call}: {copied.calls[cut.call]}"
        whole += "journal.copy.db" in cut.image

    assert cut.promised == Promised(9, 0, 1)
    assert whole > 50


async def test_no_power_cut_harms_a_database_that_is_put_together_from_its_copy(
    bench: Bench, copied: Trial
) -> None:
    base = await damaged(bench, copied)
    assert len(base.found.presses) == 10

    await _cut_again(bench, bench.scratch / "00-mended", base)

    assert await bench.look(base.image) is not None


async def test_the_explorer_sees_a_copy_removed_before_what_is_made_of_it_is_whole(
    bench: Bench, copied: Trial
) -> None:
    base, store = await damaged(bench, copied), bench.scratch / "00-badly"
    bench.lay(base.image, store)
    calls = bench.record((_BADLY, "again", 1000, store))[store]
    trial = Trial(store, calls, [*range(10), *range(1000, 1003)], base.image, base.promised)

    cut = await first_wrong(trial, bench, "acknowledged press lost")

    assert cut is not None


@pytest.mark.parametrize("plant", _PLANTED)
async def test_the_explorer_sees(bench: Bench, planted: Mapping[str, Trial], plant: str) -> None:
    """Each planted bug, by what it breaks: an explorer that sees nothing has shown nothing."""
    cut = await first_wrong(planted[plant], bench, _PLANTED[plant])

    assert cut is not None


async def test_a_snapshot_torn_by_a_power_cut_is_ignored(bench: Bench) -> None:
    store = bench.scratch / "00-snapshot"
    made = bench.record(("snapshot not synced", "whole", 0, store))[store]
    torn = 0

    def of_snapshot(call: Call) -> bool:
        return b"journal.snapshot" in b"".join(call.strings) or "journal.snapshot" in (call.descriptor or "")

    async for cut in Trial(store, made, PRESSES).cuts(bench, 1, of_snapshot):
        shot = cut.image.get("journal.snapshot")
        torn += shot is not None and len(shot) < 9_000
        assert not cut.wrong

    assert torn
