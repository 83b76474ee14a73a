"""The other end of every configured controller, driven by the tests as by hand."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from drivers.simulators.faults import Fault, FaultKind
from edge.setting import setting_of
from edge.simulated.campus import SimulatedCampus
from rules.model.ids import ButtonId, ControllerId, DoorId, InputId
from tests.flow.waiting import PATIENCE_S, wait_for

T = TypeVar("T")


class Devices:
    """The other end of every configured controller, on a loop of its own thread."""

    def __init__(self, config: Path, without: frozenset[str] = frozenset()) -> None:
        setting = setting_of(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.campus = SimulatedCampus(setting.config, setting.plan, setting.secrets, None)
        self.do(self.campus.start())
        for one in without:
            self.fault(one, "away")

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run in the loop and wait."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def call(self, work: Callable[[], T]) -> T:
        """Call in the loop's thread and wait."""
        found: Future[T] = Future()
        self._loop.call_soon_threadsafe(lambda: found.set_result(work()))
        return found.result(PATIENCE_S)

    def fault(self, controller: str, kind: FaultKind, seconds: float = 0.0) -> None:
        self.do(self.campus.break_controller(ControllerId(controller), Fault(kind, seconds)))

    def until_read(self, controller: str, times: int = 8) -> None:
        """Until a Modbus TCP controller was asked so often from now on."""
        peer = self.campus.tcp[ControllerId(controller)]
        enough = peer.requests + times
        wait_for(f"{controller} is read", lambda: peer.requests >= enough)

    def turn(self, name: str, active: bool) -> None:
        """Turn an input by hand."""
        self.call(lambda: self.campus.set_input(InputId(name), active))

    def hold(self, button: str, pressed: bool) -> None:
        """Hold a wired button down, or let it go."""
        wired = self.campus.plan.buttons[ButtonId(button)].wired
        assert wired is not None
        board, contact = self.campus.boards[wired.controller], wired.contact
        self.call(
            lambda: board.set_input(contact.point.number, contact.when if pressed else not contact.when)
        )

    def press(self, button: str) -> None:
        """A finger on a wired button, as long as fingers stay there."""
        self.do(self.campus.press(ButtonId(button), "single"))

    def jam(self, door: str, stuck: bool = True) -> None:
        """The latch never moves again."""
        self.call(lambda: setattr(self.campus.bolt(DoorId(door)), "latch_stuck", stuck))

    def locked(self, door: str) -> bool:
        """Whether the lock's coil is at its locked value."""
        lock = self.campus.plan.doors[DoorId(door)].lock
        assert lock is not None
        board = self.campus.boards[lock.point.controller]
        return self.call(lambda: board.coils[lock.point.number]) is lock.locked_when

    def coil(self, controller: str, number: int) -> bool:
        board = self.campus.boards[ControllerId(controller)]
        return self.call(lambda: board.coils[number])

    def writes(self, door: str) -> list[bool]:
        """Each value written to a door's coil so far: whether it locks."""
        lock = self.campus.plan.doors[DoorId(door)].lock
        assert lock is not None
        board = self.campus.boards[lock.point.controller]
        written = self.call(lambda: list(board.writes))
        return [on is lock.locked_when for _, number, on in written if number == lock.point.number]

    def stop(self) -> None:
        self.do(self.campus.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()
