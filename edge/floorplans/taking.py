"""Has a floor plan read, by a process of its own, one at a time."""

import asyncio
from pathlib import Path
from typing import Final

import msgspec
import structlog

from edge.first_line import first_line, module
from edge.floorplans.gathering import Told
from edge.floorplans.refusal import RefusalCode, Refused

PATIENCE_S: Final = 90.0
_LONGEST: Final = 1_048_576

log = structlog.get_logger(__name__)


class LayerRead(msgspec.Struct, frozen=True):
    """A layer of a level, as a file has it. name: of the level."""

    level: str
    layer: str
    verified: str
    by: str
    features: int
    name: str


class Brought(msgspec.Struct, frozen=True):
    """What a file came to. sha256: of the file; plan: of what was read of it. left: what was not taken, counted."""

    sha256: str
    plan: str
    format: str
    layers: tuple[LayerRead, ...]
    left: dict[str, int] = {}


class _Answer(msgspec.Struct, frozen=True):
    taken: Brought | None = None
    refused: RefusalCode | None = None
    what: str = ""
    where: str = ""
    do: str = ""


class Taking:
    """Belongs to a loop's thread."""

    def __init__(
        self,
        store: Path,
        patience_s: float = PATIENCE_S,
        program: tuple[str, ...] = module("edge.floorplans.process"),
    ) -> None:
        self._store = str(store.absolute())
        self._patience_s = patience_s
        self._program = program
        self._turn = asyncio.Lock()

    async def take(self, file: Path, told: Told, *, keep: bool) -> Brought:
        """Have a file read; an absolute path. Raises Refused."""
        if self._turn.locked():
            raise Refused("failed", "another floor plan is being read", "wait until it is done")
        async with self._turn:
            answer = await self._asked(str(file), told, keep)
        if answer.taken is None:
            raise Refused(answer.refused or "failed", answer.what, answer.do or _AGAIN, answer.where)
        return answer.taken

    async def _asked(self, file: str, told: Told, keep: bool) -> _Answer:
        asked = (file, self._store, msgspec.json.encode(told).decode(), "keep" if keep else "check")
        try:
            line = await first_line(
                (*self._program, *asked), most_bytes=_LONGEST, patience_s=self._patience_s
            )
            return msgspec.json.decode(line, type=_Answer)
        except (TimeoutError, ValueError, msgspec.DecodeError) as err:
            # Killed by its own limits, by the kernel, or hung: nothing counts of it.
            log.error("floorplans.taking_failed", detail=type(err).__name__)
            what = "it takes more time or memory to read than a floor plan may"
            raise Refused(
                "too_large", what, "leave out furniture and hatching, or bring a level a file"
            ) from err


_AGAIN: Final = "try again; what was taken before still holds"
