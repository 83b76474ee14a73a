"""What is said over loudspeakers, as files made ahead of time by espeak-ng, each in a process that may fail or hang.

Kept in the store, named by the hash of their words, each with the hash of its own sound in it. Nothing of it is on a press's
way: `file` says where a phrase lies and asks no disk, so that what was made before a restart is said in the first round behind
it; whoever plays it reads it then. Where it is not there yet, or never will be, loudspeakers give the tones alone.
"""

import asyncio
import contextlib
import hashlib
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import structlog

import edge
from drivers.child import killed
from drivers.outputs.sound import NotSound, read_speech
from edge.speech_exits import MISSING, SAID, UNWRITTEN

log = structlog.get_logger(__name__)

AWAY: Final = "speech_away"
"""The condition; its argument is why: `missing` (no such program), `failed`, `too_long`, `unwritten`."""
VOICE: Final = "en-us"
PATIENCE_S: Final = 30.0
AGAIN_S: Final = 60.0
"""Between tries, where something could not be made."""
MOST: Final = 500
"""Phrases and files; of those that nobody wants the oldest go."""
LONGEST: Final = 2_000
"""Letters of a phrase: two minutes."""
_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "LANG", "PYTHONDONTWRITEBYTECODE")
_WHY: Final = {MISSING: "missing", UNWRITTEN: "unwritten"}


class Speech:
    """Belongs to the loop's thread. `run` is a part of the daemon."""

    def __init__(
        self,
        store: Path,
        condition: Callable[[str, bool, tuple[str, ...]], None],
        changed: Callable[[], None] = lambda: None,
        *,
        program: str = "espeak-ng",
        patience_s: float = PATIENCE_S,
        again_s: float = AGAIN_S,
    ) -> None:
        """condition: told of `speech_away`, its beginning and its end. changed: called whenever `files` grew."""
        self._folder = store.absolute() / "speech"
        self._condition, self._changed = condition, changed
        self._program, self._patience_s, self._again_s = program, patience_s, again_s
        self._wanted: dict[str, None] = {}
        self._made: dict[str, Path] = {}
        self._stirred = asyncio.Event()
        self._away = ""

    @property
    def files(self) -> tuple[Path, ...]:
        """What is there of what is wanted: for `RtpPaging.prepare`."""
        return tuple(self._made[text] for text in self._wanted if text in self._made)

    def want(self, texts: Iterable[str]) -> None:
        """These phrases may have to be said: have them made. What was wanted before is wanted no more."""
        self._wanted = dict.fromkeys(text for text in texts if text.strip())
        self._stirred.set()

    def file(self, text: str) -> Path | None:
        """Where a phrase is said once, there or not yet; None: it has no words. One that nobody wanted is made from here on."""
        if not text.strip():
            return None
        if text not in self._wanted:
            while len(self._wanted) >= MOST:
                del self._wanted[next(iter(self._wanted))]
            self._wanted[text] = None
            self._stirred.set()
        return self._path(text)

    async def run(self) -> None:
        """Make what is missing, one at a time, until cancelled."""
        while True:
            self._stirred.clear()
            wanted = tuple(self._wanted)
            self._made = await asyncio.to_thread(self._found, wanted)
            if self._made:
                self._changed()
            why = ""
            for text in wanted:
                if text not in self._made:
                    why = await self._make(text) or why
            self._turn(why)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._again_s if why else None):
                    await self._stirred.wait()

    def _found(self, wanted: Iterable[str]) -> dict[str, Path]:
        """Of these phrases those whose files are sound; what is too many is deleted. Runs in a thread."""
        made = {}
        for text in wanted:
            path = self._path(text)
            with contextlib.suppress(OSError, NotSound):
                read_speech(path)
                made[text] = path
        with contextlib.suppress(OSError):
            others = [one for one in self._folder.iterdir() if one not in made.values()]
            others.sort(key=lambda one: one.stat().st_mtime)
            for one in others[: max(0, len(others) + len(made) - MOST)]:
                one.unlink()
        return made

    def _path(self, text: str) -> Path:
        digest = hashlib.sha256(f"{VOICE}: {text}".encode()).hexdigest()
        return self._folder / f"{digest[:32]}.wav"

    async def _make(self, text: str) -> str:
        """`""`, or why it could not be made."""
        if len(text) > LONGEST:
            return "too_long"
        path = self._path(text)
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "edge.speech_process",
                self._program,
                VOICE,
                str(path),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                cwd=Path(edge.__file__).parent.parent,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            )
        except OSError as err:
            log.error("speech could not be made; loudspeakers give tones", why=err.strerror)
            return "failed"
        try:
            async with asyncio.timeout(self._patience_s):
                await process.communicate(text.encode())
        except TimeoutError:
            return "failed"
        finally:
            if process.returncode is None:
                await killed(process)
        if process.returncode == SAID:
            self._made[text] = path
            self._changed()
            return ""
        return _WHY.get(process.returncode or 0, "failed")

    def _turn(self, why: str) -> None:
        if why == self._away:
            return
        self._away = why
        self._condition(AWAY, bool(why), (why,) if why else ())
        if why:
            log.error("some phrases could not be made; loudspeakers give tones in their place", why=why)
