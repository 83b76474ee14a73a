"""Has a bundle taken, by a process of its own, one at a time."""

import asyncio
import time
from pathlib import Path
from typing import Final, Literal

import msgspec
import structlog

from edge.first_line import first_line, module
from edge.flaws.refusal import RefusalCode, Refused
from edge.flaws.taken import Taken
from rules.model.bundle_facts import BundleKind

PATIENCE_S: Final = 900.0
"""A full year of the NVD takes a minute on a small board."""
_LONGEST: Final = 64 * 1024
_AGAIN: Final = "try again; what was taken before still holds"

log = structlog.get_logger(__name__)


class _Answer(msgspec.Struct, frozen=True):
    taken: Taken | None = None
    held: tuple[Taken, ...] = ()
    refused: RefusalCode | None = None
    what: str = ""
    do: str = ""


class Taking:
    """Belongs to a loop's thread."""

    def __init__(
        self,
        store: Path,
        patience_s: float = PATIENCE_S,
        program: tuple[str, ...] = module("edge.flaws.process"),
    ) -> None:
        self._store = str(store.absolute())
        self._patience_s = patience_s
        self._program = program
        self._turn = asyncio.Lock()
        self.process_id: int | None = None
        """The process that takes one now."""

    async def take(self, kind: BundleKind, file: Path) -> Taken:
        """Take a file in; an absolute path. Raises Refused."""
        if self._turn.locked():
            raise Refused("failed", "another bundle is being taken", "wait until it is done")
        async with self._turn:
            answer = await self._asked(kind, str(file))
        if answer.taken is None:
            raise Refused(answer.refused or "failed", answer.what, answer.do or _AGAIN)
        return answer.taken

    async def rebuild(self) -> tuple[Taken, ...]:
        """What the index holds, made anew first where it is missing or unsound. Raises Refused."""
        async with self._turn:
            return (await self._asked("rebuild", "-")).held

    async def _asked(self, kind: BundleKind | Literal["rebuild"], file: str) -> _Answer:
        asked = (kind, file, self._store, str(time.time_ns() // 1_000))
        try:
            line = await first_line(
                (*self._program, *asked),
                most_bytes=_LONGEST,
                patience_s=self._patience_s,
                began=self._began,
            )
            return msgspec.json.decode(line, type=_Answer)
        except (TimeoutError, ValueError, msgspec.DecodeError) as err:
            # Killed by its own limits, by the kernel, or hung: nothing was swapped, or all of it.
            log.error("flaws.taking_failed", detail=type(err).__name__)
            what = "the process that reads bundles ended, or took too long"
            raise Refused("failed", what, _AGAIN) from err
        finally:
            self.process_id = None

    def _began(self, process_id: int) -> None:
        self.process_id = process_id
