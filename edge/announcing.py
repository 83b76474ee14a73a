"""Hands notices that the interlock passed to their routes, each with its words. A route that fails delays no other.

Belongs to the loop's thread. `tell` is called between the doors' frames and the record: it composes a few lines and puts
them into each route's queue, and waits for nothing.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Final

import structlog

from drivers.base import Emit
from drivers.clock import instant
from drivers.outputs.route import Route, Wording
from edge import notice_words
from edge.parts import cancelled
from edge.response_words import SAYS
from rules.model.ids import OutputId, ZoneId
from rules.model.kinds import Switching
from rules.model.notices import Notice, NoticeEnded
from rules.model.responses import Response
from rules.model.values import dataclass

log = structlog.get_logger(__name__)

AGAIN_S: Final = 1.0

Spoken = Callable[[Switching, Response | None], Path | None]
"""Where a response's words lie as sound, made beforehand or being made; None: nobody makes them."""


def unspoken(kind: Switching, response: Response | None) -> Path | None:
    """There is no sound."""
    return None


@dataclass(frozen=True, slots=True)
class Names:
    """What people call the campus and its zones; the campus itself is no zone that has to be named. says: to each response."""

    campus: str = ""
    zones: Mapping[ZoneId, str] = field(default_factory=dict)
    says: Mapping[str, str] = field(default_factory=lambda: SAYS)


class Announcer:
    """Keeps the routes of the accepted configuration. `run` is a part of the daemon."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._names = Names()
        self._spoken: Spoken = unspoken
        self._routes: dict[OutputId, Route] = {}
        self._made_by: Mapping[OutputId, object] = {}
        self._running: dict[OutputId, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()

    def configure(
        self,
        names: Names,
        made_by: Mapping[OutputId, object],
        make: Callable[[OutputId], Route],
        spoken: Spoken = unspoken,
    ) -> None:
        """From now on. made_by: what each route is made of: one that is made of the same goes on as it is."""
        self._names, self._spoken = names, spoken
        self._routes = {
            one: self._routes[one] if one in self._routes and self._made_by.get(one) == by else make(one)
            for one, by in made_by.items()
        }
        self._made_by = dict(made_by)
        self._changed.set()

    def tell(self, notices: Iterable[Notice]) -> None:
        """Hand them out, each to its route."""
        for notice in notices:
            route = self._routes.get(notice.output)
            if route is None:
                self._emit(NoticeEnded(instant(), notice.id, notice.output, "failed", "no_route"))
                continue
            try:
                route.tell(notice, self._worded(notice))
            except Exception as err:
                log.exception("a route failed", output=notice.output)
                code = f"route_failed_{type(err).__name__}"
                self._emit(NoticeEnded(instant(), notice.id, notice.output, "failed", code))

    async def run(self) -> None:
        """Keep every route running, until cancelled."""
        try:
            while True:
                await self._follow()
                await self._changed.wait()
        finally:
            await cancelled(self._running.values())

    async def _follow(self) -> None:
        self._changed.clear()
        gone = [
            one for one, task in self._running.items() if task.get_name() != _named(self._routes.get(one))
        ]
        await cancelled([self._running.pop(one) for one in gone])
        for output, route in self._routes.items():
            if output not in self._running:
                self._running[output] = asyncio.create_task(self._keep(route), name=_named(route))

    async def _keep(self, route: Route) -> None:
        """Run a route; one that raises is our bug: told, and started again after a second."""
        while True:
            try:
                await route.run(self._emit)
                return
            except Exception:
                log.exception("a route ended by itself and is started again", output=route.output)
                await asyncio.sleep(AGAIN_S)

    def _worded(self, notice: Notice) -> Wording:
        names = self._names
        return Wording(
            notice_words.subject(notice, names.campus),
            notice_words.text(notice, names.campus, names.zones, names.says),
            notice_words.short(notice, names.campus, names.says, names.zones),
            self._spoken(notice.kind, notice.response),
        )


def _named(route: Route | None) -> str:
    return "none" if route is None else f"route {route.output} {id(route)}"
