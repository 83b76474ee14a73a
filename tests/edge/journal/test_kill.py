"""A process killed at any point loses nothing that it acknowledged, and the chain goes on without a gap."""

import asyncio
import os
import random
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.journal.journal import Journal
from edge.journal.row import Row
from edge.journal.verify import verify_directory

Child = Callable[..., "subprocess.Popen[bytes]"]
_PTRACE = subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False)
needs_strace = pytest.mark.skipif(_PTRACE.returncode != 0, reason="NOT TESTED: strace cannot trace here")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    directory = tmp_path / "store"
    directory.mkdir(mode=0o700)
    (directory / "machine-id").write_text("3b1c0f8e6f0a4c0f9e3c2d1a5b7e9f10\n", encoding="ascii")
    return directory


async def two_rows(store: Path) -> None:
    """A store that is no longer new."""
    journal = Journal.open(store, "lincoln-hs", machine_id_file=store / "machine-id")
    journal.start(asyncio.get_running_loop(), lambda code, active, args: None)
    journal.append([row(0), row(1)], {"number": 1})
    assert await journal.close(10)


def row(number: int) -> Row:
    return Row(
        1_786_622_400_000_000,
        number,
        "press.heard/1",
        "pb-101",
        "x",
        data={"number": number},
        sealed={"word": "x"},
    )


def durable(output: bytes) -> list[int]:
    return [int(number) for number in re.findall(rb"^durable (\d+)$", output, re.M)]


async def numbers(store: Path) -> list[int]:
    """What a restart finds, checked whole."""
    journal = Journal.open(store, "lincoln-hs", machine_id_file=store / "machine-id")
    events = list(journal.rows_after(None))
    assert journal.opened.reason in (None, "first_start")
    assert {event.kind for event in events} <= {"epoch.started/1", "press.heard/1", "witness.made/1"}
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert all(event.opened for event in events if event.kind == "press.heard/1")
    await journal.close()
    assert verify_directory(store).problems == []
    return [int(str(event.data["number"])) for event in events if event.kind == "press.heard/1"]


@pytest.mark.parametrize("flood", [False, True], ids=["one at a time", "all at once"])
async def test_kill_9_at_random_moments_loses_nothing_acknowledged(
    store: Path, child: Child, flood: bool
) -> None:
    chance = random.Random(7)
    for _ in range(1 if flood else 2):
        before = await numbers(store) if (store / "journal.db").exists() else []
        process = child(2_000, *(["--flood"] if flood else []))
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(chance.randrange(1, 300))]
        process.send_signal(signal.SIGKILL)
        acknowledged = durable(b"".join(lines) + process.communicate()[0])

        after = await numbers(store)

        assert acknowledged
        assert after[: len(before)] == before
        assert after[len(before) :] == list(range(len(after) - len(before)))
        assert len(after) - len(before) > max(acknowledged)


@needs_strace
@pytest.mark.parametrize(
    ("call", "which"),
    [("fdatasync", n) for n in (4, 14)] + [("pwrite64", n) for n in (9, 23)],
)
async def test_sigkill_on_entry_of_a_syscall_loses_nothing_acknowledged(
    store: Path, child: Child, call: str, which: int
) -> None:
    await two_rows(store)
    inject = ["-e", f"inject={call}:signal=SIGKILL:when={which}"]
    traced = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", *inject, "--"]

    process = child(6, before=traced)
    output, _ = process.communicate(timeout=20)

    after = await numbers(store)
    assert b"closed" not in output or process.returncode == 0
    assert after[:2] == [0, 1]
    assert after[2:] == list(range(len(after) - 2))
    assert len(after) - 2 > max(durable(output), default=-1)


@needs_strace
@pytest.mark.parametrize("when", ["4", "4..9"], ids=["the spill takes them", "the spill refuses too"])
async def test_a_commit_that_fails_at_its_sync_loses_nothing_and_begins_no_new_epoch(
    store: Path, child: Child, when: str
) -> None:
    """The log keeps what was written before the sync failed: opened again, the database holds those events."""
    await two_rows(store)
    inject = ["-e", "trace=fdatasync", "-e", f"inject=fdatasync:error=EIO:when={when}"]

    process = child(8, before=["strace", "-f", "-qq", "-o", os.devnull, *inject, "--"])
    output, _ = process.communicate(timeout=30)

    assert b"closed" in output
    assert await numbers(store) == [0, 1, *range(8)]
    assert verify_directory(store).epochs == 1
    assert b"events_lost" not in output


@needs_strace
async def test_a_database_that_hangs_holds_up_neither_the_loop_nor_the_spill_nor_the_end(
    store: Path, child: Child
) -> None:
    await two_rows(store)
    # Only the database's own files hang (for 30 s, at each write); the spill beside them does not.
    inject = ["-e", "trace=pwrite64,fdatasync", "-e", "inject=pwrite64,fdatasync:delay_enter=30s:when=4+"]
    paths = ["-P", str(store / "journal.db-wal"), "-P", str(store / "journal.db")]
    traced = ["strace", "-f", "-qq", "-o", os.devnull, *paths, *inject, "--"]

    process = child(40, before=traced)
    assert process.stdout is not None
    lines: list[bytes] = []
    while not (lines and lines[-1].startswith(b"closed")):
        lines.append(process.stdout.readline())
        assert lines[-1], lines
    process.kill()
    process.communicate()

    output = b"".join(lines)
    assert durable(output) == list(range(40))
    assert b"trouble journal_hung True" in output
    slowest = float(re.findall(rb"^slowest ([\d.]+)$", output, re.M)[0])
    assert slowest < 500
    assert lines[-1].startswith(b"closed False")
    assert (store / "journal.spill.ndjson").stat().st_size > 0
    assert await numbers(store) == [0, 1, *range(40)]
