"""The floor plans of the daemon: brought in, recorded by the book, and the map of them, which waits for no disk once read."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import structlog

from edge.floorplans.campus_map import CampusMap, Counts, built
from edge.floorplans.compared import TYPES, Difference, differences
from edge.floorplans.drawn import Limits
from edge.floorplans.gathering import Told
from edge.floorplans.places import CURRENT, FOLDER
from edge.floorplans.refusal import Refused
from edge.floorplans.taking import Brought, Taking
from edge.operations import NotDone
from rules.model.book_asks import BookAsk
from rules.model.floorplan_asks import DropFloorplan, RefuseFloorplan, TakeFloorplan
from rules.model.ids import Actor
from rules.plan import Plan

log = structlog.get_logger(__name__)

AGAIN_S: Final = 2.0
AskBook = Callable[[Actor, BookAsk], Awaitable[object]]
ReadBook = Callable[..., Awaitable[msgspec.Raw]]
"""A query of `edge.book.queries`, with what it asks for."""
_counts: Final = msgspec.json.Decoder(tuple[Counts, ...])


class Floorplans:
    """Belongs to the loop's thread. `follow` is a part of the daemon."""

    def __init__(
        self,
        store: Path,
        ask: AskBook,
        read: ReadBook,
        taking: Taking | None = None,
        limits: Callable[[], Limits] = Limits,
    ) -> None:
        self.limits = limits
        """What a file may be and draw, by the configuration of now."""
        self._store = store
        self._ask = ask
        self._read = read
        self._taking = taking or Taking(store)
        self._counts: tuple[Counts, ...] | None = None
        self._turn = asyncio.Lock()
        self.now = CampusMap()
        """The map as it counts; immutable, so that whoever holds it may keep it."""

    async def follow(self) -> None:
        """Know the map from the start on: as it was last known, and then as the record has it."""
        await self._load(await asyncio.to_thread(self._remembered), remember=False)
        while True:
            try:
                await self.refresh()
            except NotDone:
                await asyncio.sleep(AGAIN_S)
            else:
                return

    async def refresh(self) -> None:
        """Have the map be what the record says. Raises NotDone."""
        await self._load(_counts.decode(await self._read("floorplans")), remember=True)

    async def take(self, actor: Actor, file: Path, told: Told, *, keep: bool) -> Brought:
        """Bring a file in; without `keep` only say what it would come to. Raises Refused, with everything as before.

        Raises NotDone where it was read and kept, and the book is away to record it: then it does not count.
        """
        told = msgspec.structs.replace(told, zero=self.now.zero, limits=self.limits())
        try:
            found = await self._taking.take(file, told, keep=keep)
        except Refused as err:
            if keep:
                # Where the book is away the person is told all the same.
                with contextlib.suppress(NotDone):
                    await self._ask(actor, RefuseFloorplan(err.code))
            raise
        if keep:
            layers = tuple((one.level, one.layer, one.verified, one.features) for one in found.layers)
            await self._ask(actor, TakeFloorplan(found.sha256, found.plan, found.format, layers))
            await self.refresh()
        return found

    async def drop(self, actor: Actor, level: str, layer: str) -> None:
        """Have a level, or one layer of it, count no more. Raises NotDone."""
        await self._ask(actor, DropFloorplan(level, layer))
        await self.refresh()

    async def differences(self, plan: Plan) -> list[Difference]:
        """What stands on the map and not in the inventory, or the other way round. Raises NotDone."""
        told = msgspec.json.decode(await self._read("floorplans.assets", types=list(TYPES)))
        return differences(self.now, plan, told["items"], told["gone"], datetime.now(UTC).date())

    async def _load(self, counts: tuple[Counts, ...] | None, *, remember: bool) -> None:
        async with self._turn:
            if counts is None or (counts == self._counts and self.now.known):
                return
            self.now = await asyncio.to_thread(built, self._store, counts)
            self._counts = counts
            if remember:
                await asyncio.to_thread(self._remember, counts)

    def _remembered(self) -> tuple[Counts, ...] | None:
        try:
            return _counts.decode((self._store / FOLDER / CURRENT).read_bytes())
        except (OSError, msgspec.MsgspecError):
            return None

    def _remember(self, counts: tuple[Counts, ...]) -> None:
        folder = self._store / FOLDER
        staged = folder / f"{CURRENT}.part"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(msgspec.json.encode(counts))
            staged.replace(folder / CURRENT)
        except OSError as err:
            # The record has it; a start without the book then shows what was known before.
            log.warning("floorplans.not_remembered", detail=err.strerror)
