"""What the suite in `test_every_door_driver.py` needs to know of a protocol to try its driver.

A new protocol: write a class that has this shape (in a file of its own, such as `osdp_rig.py`) and add it to
`RIGS` in `test_every_door_driver.py`. The suite then holds for it too.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from drivers.base import Driver, Watch
from drivers.simulators.faults import Fault, FaultKind
from rules.model.commands import Drive, Permit, Purpose
from rules.model.events import CommandEnded, ControllerChanged, Event, Scanned
from rules.model.ids import CommandId, ControllerId, DoorId, Point, Space
from rules.model.moments import Instant
from rules.model.seal import SEAL


class Rig(Protocol):
    """One simulated controller and the driver for it. Points 0 to 7 exist in both spaces.

    drives: the space of what is switched (`coil`, `output`). senses: the space of its sensors.
    timeout_s: the time-out the driver is made with; keep it short (0.2 to 0.4).
    refusal: a code that its peer can be made to refuse with.
    """

    name: str
    controller: ControllerId
    drives: Space
    senses: Space
    timeout_s: float
    refusal: int

    def running(self) -> AbstractAsyncContextManager[None]:
        """The peer, started on entry and stopped, with everything it opened, on exit."""

    def driver(self, watch: Watch) -> Driver:
        """A fresh driver for the peer; called once, inside `running`."""

    async def fault(self, fault: Fault) -> None:
        """Break or mend the peer; holds for requests that arrive from now on."""

    def can(self, kind: FaultKind) -> bool:
        """Whether the protocol has this fault at all (a serial line has no port to close, say)."""

    def switched(self, number: int) -> bool:
        """The coil or output as the peer really holds it."""

    def switch(self, number: int, on: bool) -> None:
        """Set the peer's coil or output behind the driver's back, as a start position."""

    def sense(self, number: int, on: bool) -> None:
        """Set one of the peer's sensor inputs by hand."""


class Inbox:
    """What a driver emitted, in order, and waiting for it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._changed = asyncio.Event()

    def emit(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()

    async def wait_for(self, wanted: Callable[[Event], bool], within_s: float = 5.0) -> Event:
        """The first event, of all so far and to come, that is wanted."""
        seen = 0
        async with asyncio.timeout(within_s):
            while True:
                self._changed.clear()
                for event in self.events[seen:]:
                    if wanted(event):
                        return event
                seen = len(self.events)
                await self._changed.wait()

    async def up(self) -> ControllerChanged:
        """The first report that the controller answers."""
        event = await self.wait_for(lambda e: isinstance(e, ControllerChanged) and e.up)
        assert isinstance(event, ControllerChanged)
        return event

    async def changed(self, up: bool, after: Instant) -> ControllerChanged:
        """The first report after a moment that the controller went up or down."""
        event = await self.wait_for(
            lambda e: isinstance(e, ControllerChanged) and e.up is up and e.at.since(after) >= 0
        )
        assert isinstance(event, ControllerChanged)
        return event

    async def scanned(self, space: Space, number: int, value: int, after: Instant | None = None) -> Scanned:
        """The first reading, begun after a moment where one is given, in which a point has this value."""

        def shows(event: Event) -> bool:
            return (
                isinstance(event, Scanned)
                and (after is None or event.started.since(after) > 0)
                and event.values.get((space, number)) == value
            )

        event = await self.wait_for(shows)
        assert isinstance(event, Scanned)
        return event


def now() -> Instant:
    return Instant(time.time_ns() // 1_000, time.monotonic_ns() // 1_000)


def permit(
    rig: Rig,
    drives: Iterable[tuple[int, bool]],
    number: int = 1,
    purpose: Purpose = "lock",
    seal: object = SEAL,
) -> Permit:
    """A permit as the interlock makes it (or, with another `seal`, as it does not)."""
    return Permit(
        id=CommandId(number),
        controller=rig.controller,
        purpose=purpose,
        drives=tuple(
            Drive(DoorId(f"door-{n}"), Point(rig.controller, rig.drives, n), on) for n, on in sorted(drives)
        ),
        seal=seal,
    )


async def ended(future: "asyncio.Future[CommandEnded]", within_s: float = 5.0) -> CommandEnded:
    """What became of a permit; a future that does not resolve in time fails the test."""
    async with asyncio.timeout(within_s):
        return await future
