"""The power fails at any call of a small lockdown of the real daemon: every state that could leave is started on.

The daemon runs under strace from exec to the last door proven; what it did to its store is replayed call by call
(`tests.edge.journal.power_cut`), and each state that a power cut could leave is folded as a start does it. "Acknowledged"
is the `accepted` that left for the broker. What a SIGKILL leaves is among the states: all that was done up to that call.
"""

import asyncio
import os
import random
import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from edge import recovery
from edge.config.accepted import load_accepted
from edge.config.choose import Choice, choose
from edge.config.plan import compile_plan
from edge.journal import standalone_verifier, verify
from edge.journal.journal import Journal
from edge.journal.row import Row
from edge.journal.writer import JournalRefused
from rules.plan import Plan
from rules.state import Record
from tests.edge.journal.power_cut import Call, Disk, Image, calls, recording
from tests.faults.campus import DOORS, REFUSED, Campus, read
from tests.faults.fault import Nothing
from tests.flow.waiting import wait_for

SUBSETS: Final = 3
"""Random states after each call, besides all, nothing and sizes alone."""
MAPPED: Final = "-shm"
"""Written through memory, which strace does not see; SQLite makes it anew at each start."""
PRESS: Final = "cut-press"


@dataclass(slots=True)
class Cuts:
    """What the explorer found. acknowledged: how often a state behind the answer was tried."""

    calls: int = 0
    states: int = 0
    acknowledged: int = 0
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run of the daemon on a store. image: what was on the disk before."""

    store: Path
    image: Image
    calls: Sequence[Call]
    plan: Plan


def cuts(folder: Path, seed: int) -> Cuts:
    """Record a lockdown, and try every state that a power cut could leave of it."""
    found = Cuts()
    recorded = _record(folder)
    found.calls = len(recorded.calls)
    memory = Path("/dev/shm")
    where = memory if os.access(memory, os.W_OK) else None
    vars(verify)["ed25519"] = cache(
        standalone_verifier.ed25519
    )  # 5 ms each, and the states share their checkpoints
    with tempfile.TemporaryDirectory(dir=where) as scratch:
        known: dict[int, list[str]] = {}
        early = 0
        for number, image, acknowledged in _states(recorded, seed):
            key = hash(tuple(sorted(image.items())))
            if key not in known:
                known[key] = asyncio.run(_look(image, Path(scratch) / "store", recorded.plan))
            wrong = [one for one in known[key] if acknowledged or not one.startswith("lost:")]
            early += bool(known[key]) and not acknowledged
            found.acknowledged += acknowledged
            found.failed += [f"{one} after call {number}: {recorded.calls[number].name}" for one in wrong]
    found.states = len(known)
    if not found.acknowledged:
        found.failed.append("no answer was seen to leave: nothing was shown")
    if not early:
        found.failed.append("no state before the answer lacks the press: an early answer would not be seen")
    return found


def _states(recorded: Recorded, seed: int) -> Iterator[tuple[int, Image, bool]]:
    """(call, what a power cut behind it may leave, whether the press had been acknowledged)."""
    disk = Disk(recorded.store, recorded.image)
    acknowledged = False
    for number, call in enumerate(recorded.calls):
        said = b"".join(call.strings)
        answered = call.name == "sendto" and b"/accepted" in said and PRESS.encode() in said
        acknowledged = acknowledged or (answered and call.result is None)
        if disk.follow(call) or answered:
            for image in disk.left(random.Random(f"{seed}:{number}"), SUBSETS):
                yield number, image, acknowledged


def _record(folder: Path) -> Recorded:
    with Nothing().campus(folder) as campus:
        campus.daemon.hold()
        campus.daemon.kill(signal.SIGTERM)
        campus.daemon.until_ended()
        image = _files(campus.store)
        log = folder / "calls"
        before = campus.daemon.restarts
        campus.daemon.before = recording(log, "sendto")
        campus.daemon.let_go()
        campus.daemon.until_started_again(before)
        campus.until("armed and read", read, 60)
        press = campus.button.press("pb-native", press_id=PRESS)
        wait_for("accepted", lambda: press.durable)
        campus.until_secured()
        campus.daemon.hold()
        os.kill(_traced(campus), signal.SIGKILL)
        campus.daemon.until_ended()
        made = [one for one in calls(log, str(campus.store), PRESS) if not _mapped(one)]
        return Recorded(campus.store, image, made, _plan(campus.store))


def _files(store: Path) -> Image:
    return {
        one.name: one.read_bytes()
        for one in store.iterdir()
        if one.is_file() and not one.is_symlink() and not one.name.endswith(MAPPED)
    }


def _mapped(call: Call) -> bool:
    names = [one.decode(errors="replace") for one in call.strings if call.name != "sendto"]
    return (call.descriptor or "").endswith(MAPPED) or any(one.endswith(MAPPED) for one in names)


def _traced(campus: Campus) -> int:
    """The daemon, whose parent is strace."""
    found = Path(f"/proc/{campus.daemon.pid}/task/{campus.daemon.pid}/children")
    return int(found.read_text().split()[0])


def _plan(store: Path) -> Plan:
    accepted = load_accepted(store)
    assert accepted is not None
    choice = choose(accepted.checked(), store)
    assert isinstance(choice, Choice)
    return compile_plan(choice.config, choice.checked.packs, choice.checked.hash)


async def _look(image: Image, store: Path, plan: Plan) -> list[str]:
    """Start on a state as the daemon does, and go on; what does not hold. `lost:` holds for acknowledged ones only."""
    _lay(image, store)
    wrong: list[str] = []
    if load_accepted(store) is None:
        wrong.append("the accepted configuration is gone")
    journal = Journal.open(store, plan.campus)
    record, _ = recovery.witnessed(journal, plan, recovery.recover(journal))
    wrong += _lockdown(record)
    if journal.opened.reason is not None:
        wrong.append(f"a new epoch: {journal.opened.reason}")
    troubles: list[str] = []
    journal.start(asyncio.get_running_loop(), lambda code, active, args: troubles.append(code))
    durable = asyncio.get_running_loop().create_future()
    journal.append([Row(1, 1, "after.power/1", "x", "x")], None, durable.set_result)
    if not await asyncio.wait_for(durable, 10) or not await journal.close(10):
        wrong.append("it does not go on")
    try:
        wrong += [f"{one.code}: {one.text}" for one in verify.verify_directory(store).problems]
    except JournalRefused as err:
        wrong.append(str(err))
    return wrong + [f"trouble: {code}" for code in troubles if code != "journal_hung"]


def _lay(image: Image, store: Path) -> None:
    shutil.rmtree(store, ignore_errors=True)
    store.mkdir(mode=0o700)
    for name, content in image.items():
        (store / name).write_bytes(content)


def _lockdown(record: Record) -> list[str]:
    if len(record.incidents) > 1:
        return ["two incidents"]
    heard = [one.press for memory in record.buttons.values() for one in memory.presses]
    if not record.incidents or PRESS not in heard:
        return ["lost: the acknowledged press"]
    ordered = {door for door, order in record.orders.items() if order.word == "lock"}
    return [] if ordered >= DOORS | (REFUSED - {"closet"}) else ["lost: a door's order"]
