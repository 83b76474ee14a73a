"""What a camera's picture was learned to look like outlives a restart, and no disk costs it or holds anybody up."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.media import remembered
from edge.media.picture import Judge, Reference
from edge.media.remembered import FOLDER, References, Remembered

DAY = Reference(b"\1" * 100, 9.0, 120.0)
NIGHT = Reference(b"\2" * 100, 4.0, 40.0, by_hand=True)


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.01)


async def read(store: Path, *cameras: str) -> tuple[Remembered, dict[str, References]]:
    one, told = Remembered(store), dict[str, References]()
    one.read(cameras, lambda camera, its: told.update({camera: its}))
    await until(lambda: len(told) == len(cameras))
    return one, told


async def test_what_was_learned_is_known_after_a_restart(tmp_path: Path) -> None:
    one, told = await read(tmp_path, "cam-1", "cam-2")
    assert told == {"cam-1": (), "cam-2": ()}
    one.note({"cam-1": (DAY, NIGHT), "cam-2": ()})
    await until(lambda: (tmp_path / FOLDER / "cam-1.bin").exists())

    _, told = await read(tmp_path, "cam-1", "cam-2")

    assert told == {"cam-1": (DAY, NIGHT), "cam-2": ()}


async def test_what_was_not_read_yet_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = await read(tmp_path, "cam-1")
    one.note({"cam-1": (DAY,)})
    file = tmp_path / FOLDER / "cam-1.bin"
    await until(file.exists)
    stands = file.read_bytes()

    after = Remembered(tmp_path)
    after.note({"cam-1": (NIGHT,)})

    assert after._writing is None
    assert file.read_bytes() == stands


async def test_what_a_disk_refused_is_written_when_it_does_not(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_bytes(b"in the way")
    one, _ = await read(tmp_path, "cam-1")
    one.note({"cam-1": (DAY,)})
    await until(lambda: one._writing is not None and not one._writing.is_alive())
    (tmp_path / FOLDER).unlink()

    one.note({"cam-1": (DAY,)})

    await until((tmp_path / FOLDER / "cam-1.bin").exists)


@pytest.mark.parametrize("content", [b"", b"\xc1", b"\x91\x94\xa1x", b"\x00" * 1_000])
async def test_what_cannot_be_read_is_learned_again(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "cam-1.bin").write_bytes(content)

    _, told = await read(tmp_path, "cam-1")

    assert told == {"cam-1": ()}


async def test_nothing_is_written_where_nothing_changed(tmp_path: Path) -> None:
    one, _ = await read(tmp_path, "cam-1")
    one.note({"cam-1": ()})

    assert one._writing is None
    assert not (tmp_path / FOLDER).exists()
    assert remembered.MOST_BYTES >= 8 * 100_000


def test_a_judge_that_recalls_keeps_what_it_learned_meanwhile() -> None:
    judge = Judge((NIGHT,))
    judge.recall((DAY,))

    assert judge.references == (DAY, NIGHT)
    assert judge.compare_with == (DAY.detail, NIGHT.detail)
