"""One moment of the campus, with all that was drawn of it: however many look at the same, it is drawn once.

Belongs to the loop's thread. What takes longer than a bite stops in between, for the loop to do its own work.
"""

import asyncio
import time
from collections.abc import Generator, Mapping
from typing import Any, Final

from edge.web.courtesy import Courtesy
from edge.web.pages import templates
from edge.web.pages.frame import live_frame
from edge.web.pages.scene import Scene
from edge.web.pages.screens import EVERYWHERE, Screen, live_parts
from edge.web.pages.templates import Ages
from edge.web.pages.verdicts import door_row
from rules.state import State

Document = dict[str, Any]

OWN: Final = frozenset({"alerts", "evidence", "timeline"})
"""Parts that are not alike for all who may see the same doors."""


class Moment:
    """scene: what everything here is made from."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.made_s = time.monotonic()
        self._views: dict[tuple[str, str], Document | None] = {}
        self._frames: dict[tuple[str, str], Document] = {}
        self._parts: dict[tuple[str, str, str, bool], tuple[str, Ages]] = {}
        self._drawing: dict[tuple[str, str], asyncio.Lock] = {}

    def prepare(self) -> Generator[None, None, None]:
        """Make every door's row, which nearly all views are made of."""
        for door in self.scene.picture["doors"]:
            door_row(self.scene, door)
            yield

    def view(self, screen: Screen, of: str) -> Document | None:
        """What a screen shows of one thing; None: there is nothing of this id. Not to be changed."""
        key = screen.name, of
        if key not in self._views:
            self._views[key] = screen.view(self.scene, of)
        return self._views[key]

    def frame(self, screen: Screen, of: str) -> Document:
        """What the live parts of a page need beside its view. Not to be changed."""
        key = screen.name, of
        if key not in self._frames:
            self._frames[key] = live_frame(self.scene, *key)
        return self._frames[key]

    def part(
        self, screen: Screen, of: str, name: str, *, streamed: bool, more: Mapping[str, Any] | None = None
    ) -> Generator[None, None, tuple[str, Ages]]:
        """One part of a page and its ages. more: values of a part that is `OWN`."""
        key = screen.name, of, name, streamed
        if key in self._parts:
            return self._parts[key]
        # What stands on every page needs no view, and is there before one is made.
        view = {} if name in EVERYWHERE else self.view(screen, of) or {}
        values = {**self.frame(screen, of), **view, **(more or {})}
        made = yield from templates.part(name, values, streamed=streamed)
        if name not in OWN:
            self._parts[key] = made
        return made

    async def page_parts(self, screen: Screen, of: str, courtesy: Courtesy) -> dict[str, str]:
        """The parts of a page as they stand in it when it is asked for: made by the first who asks."""
        async with self._drawing.setdefault((screen.name, of), asyncio.Lock()):
            await courtesy.in_bites(self.prepare())
            found = {}
            for name in live_parts(screen):
                if name not in OWN:
                    found[name], _ages = await courtesy.in_bites(self.part(screen, of, name, streamed=False))
            return found


def look_of(state: State) -> tuple[object, ...]:
    """What a page shows, but for ages. Cheap: boards are read ten times a second, and say nearly always the same."""
    live = state.live
    up = tuple((name, one.up) for name, one in live.controllers.items())
    seen = (live.cameras, live.cameras_up, live.learning)
    return (state.record, live.doors, live.inputs, live.buttons, live.conditions, *seen, up)


def same_look(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Whether two of `look_of` are alike: all but the last by identity, for states are immutable."""
    return all(was is now for was, now in zip(one[:-1], other[:-1], strict=True)) and one[-1] == other[-1]
