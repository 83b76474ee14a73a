"""What the journal's tests share: rows, an open journal, and a child process to be killed."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from edge.journal.canonical import JSON
from edge.journal.journal import Journal
from edge.journal.row import Row

CAMPUS = "lincoln-hs"
NOON_US = 1_786_622_400_000_000
ROOT = Path(__file__).parents[3]
CHILD = Path(__file__).parent / "child.py"

MakeRow = Callable[..., Row]
Open = Callable[..., Any]
Add = Callable[..., Awaitable[bool]]


@pytest.fixture
def campus() -> str:
    return CAMPUS


@pytest.fixture
def make_row() -> MakeRow:
    """A row of a press, or of what is said otherwise."""

    def make(
        number: int = 0,
        *,
        kind: str = "press.heard/1",
        subject: str = "pb-101",
        incident: str | None = None,
        data: dict[str, JSON] | None = None,
        sealed: dict[str, JSON] | None = None,
    ) -> Row:
        return Row(
            at_utc_us=NOON_US + number,
            mono_us=1_000 + number,
            kind=kind,
            subject=subject,
            actor="device:pb-101",
            incident=incident,
            because=("pressed", {"number": number}),
            data={"number": number} if data is None else data,
            sealed={} if sealed is None else sealed,
        )

    return make


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine id of this test's own."""
    path = tmp_path / "machine-id"
    path.write_text("3b1c0f8e6f0a4c0f9e3c2d1a5b7e9f10\n", encoding="ascii")
    return path


@pytest.fixture
def opened(tmp_path: Path, machine: Path) -> Open:
    """`async with opened() as journal`: the journal in tmp_path/store, started; `troubles` gets its
    troubles.
    """

    @asynccontextmanager
    async def open_it(
        directory: Path | None = None, *, troubles: list[tuple[str, bool]] | None = None, **options: Any
    ) -> AsyncIterator[Journal]:
        journal = Journal.open(directory or tmp_path / "store", CAMPUS, machine_id_file=machine, **options)
        seen: list[tuple[str, bool]] = [] if troubles is None else troubles

        def trouble(code: str, active: bool, args: tuple[str, ...]) -> None:
            seen.append((code, active))

        journal.start(asyncio.get_running_loop(), trouble, routine=frozenset({"telemetry.summary/1"}))
        try:
            yield journal
        finally:
            await journal.close(5.0)

    return open_it


@pytest.fixture
def add() -> Add:
    """Append rows and wait until they are durable."""

    async def append(journal: Journal, rows: Sequence[Row], head: dict[str, JSON] | None = None) -> bool:
        durable: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        journal.append(rows, head, durable.set_result)
        return await asyncio.wait_for(durable, 10)

    return append


@pytest.fixture
def child(tmp_path: Path) -> Callable[..., "subprocess.Popen[bytes]"]:
    """A process that appends rows to tmp_path/store and prints a line for each that is durable."""

    def start(count: int, *options: str, before: Sequence[str] = ()) -> "subprocess.Popen[bytes]":
        command = [*before, sys.executable, str(CHILD), str(tmp_path / "store"), str(count), *options]
        return subprocess.Popen(
            command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    return start


@pytest.fixture
def disk_of(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """A file system of this test's own, of so many MiB."""
    made: list[Path] = []

    def mount(size: int) -> Path:
        place = tmp_path / f"disk-{len(made)}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}m", "campus-edge-test", str(place)]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            pytest.skip("NOT TESTED: a file system of its own cannot be mounted here (needs root)")
        made.append(place)
        return place

    yield mount
    for place in made:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def fill() -> Callable[[Path], Path]:
    """Takes all the room there is on a disk, to the last byte; the file that holds it."""

    def take(place: Path) -> Path:
        hog = place / "hog"
        with hog.open("ab", buffering=0) as file:
            for size in (65_536, 4_096, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    continue
        return hog

    return take


@pytest.fixture
def until() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Waits until a condition holds."""

    async def wait(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.01)

    return wait
