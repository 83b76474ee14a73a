"""Phrases are made ahead of time by the real espeak-ng; without it a person is told, and nobody waits."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from drivers.outputs.sound import SPEECH_HZ, read_speech
from edge.speech import Speech

LOCKDOWN = "DRILL. Lockdown. Locks, lights, out of sight."


class Told:
    def __init__(self) -> None:
        self.conditions: list[tuple[str, bool, tuple[str, ...]]] = []
        self.changes = 0

    def condition(self, code: str, active: bool, args: tuple[str, ...]) -> None:
        self.conditions.append((code, active, args))

    def heard(self) -> bool:
        return bool(self.conditions)

    def changed(self) -> None:
        self.changes += 1


@asynccontextmanager
async def speaking(
    store: Path, told: Told, program: str = "espeak-ng", patience_s: float = 30
) -> AsyncIterator[Speech]:
    speech = Speech(store, told.condition, told.changed, program=program, patience_s=patience_s, again_s=0.05)
    running = asyncio.create_task(speech.run())
    try:
        yield speech
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def made_of(speech: Speech) -> tuple[Path, ...]:
    return speech.files


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_phrase_is_said_once_kept_and_found_again_and_a_spoilt_file_is_made_anew(
    tmp_path: Path,
) -> None:
    told = Told()
    async with speaking(tmp_path, told) as speech:
        speech.want([LOCKDOWN, " "])
        file = speech.file(LOCKDOWN)
        assert file is not None
        await until(lambda: speech.files)
        samples = read_speech(file)
        assert 2 < len(samples) / SPEECH_HZ < 8
        assert max(samples) > 20_000 or min(samples) < -20_000
        assert speech.files == (file,)
        assert speech.file(" ") is None
        clear = speech.file("All clear.")  # and is wanted from here on
        await until(lambda: speech.files == (file, clear))
    assert (told.conditions, told.changes > 1) == ([], True)

    made = file.stat().st_mtime_ns
    async with speaking(tmp_path, told, program="none-such") as speech:
        speech.want([LOCKDOWN])
        await until(lambda: speech.files == (file,))
        assert file.stat().st_mtime_ns == made
    whole = file.read_bytes()
    for spoilt in (b"RIFF", whole[:-500], whole[:5_000] + bytes(5_000) + whole[10_000:]):
        file.write_bytes(spoilt)
        async with speaking(tmp_path, told) as speech:
            speech.want([LOCKDOWN])
            await until(partial(made_of, speech))
            assert read_speech(file) == samples


async def test_what_was_made_before_a_restart_is_there_at_once_and_no_disk_is_asked_for_it(
    tmp_path: Path,
) -> None:
    async with speaking(tmp_path, Told()) as before:
        before.want([LOCKDOWN])
        await until(lambda: before.files)

    # The daemon starts in a live incident: notices go out before anything else runs.
    behind = Speech(tmp_path, Told().condition)
    said = behind.file(LOCKDOWN)

    assert said is not None
    assert said == before.files[0]
    assert read_speech(said)


async def test_without_the_program_a_person_is_told_until_it_is_there(tmp_path: Path) -> None:
    told, program = Told(), tmp_path / "espeak"
    async with speaking(tmp_path, told, program=str(program)) as speech:
        speech.want([LOCKDOWN])
        await until(lambda: told.conditions)
        assert told.conditions == [("speech_away", True, ("missing",))]
        assert speech.files == ()

        program.symlink_to("/usr/bin/espeak-ng")
        await until(lambda: speech.files)
        await until(lambda: told.conditions[1:] == [("speech_away", False, ())])


async def test_one_that_hangs_is_ended_and_one_that_speaks_nonsense_is_not_believed(tmp_path: Path) -> None:
    program = tmp_path / "espeak"
    for does, patience_s in (("exec sleep 600", 0.5), ("echo words", 30), ("exit 1", 30)):
        program.write_text(f"#!/bin/sh\n{does}\n")
        program.chmod(0o700)
        told = Told()
        async with speaking(tmp_path, told, program=str(program), patience_s=patience_s) as speech:
            speech.want([LOCKDOWN])
            await until(told.heard)
            assert told.conditions == [("speech_away", True, ("failed",))]
            assert speech.files == ()
