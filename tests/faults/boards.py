"""A child of the fault matrix: some controllers of the campus as a process of its own, breakable, and what its doors did.

`python -m tests.faults.boards CONFIG CONTROLLER…`. Obeys `edge.bench.lines`; times are microseconds of
CLOCK_MONOTONIC, which all processes of the machine share.
"""

import asyncio
import contextlib
import random
import sys
import time
from pathlib import Path
from typing import Final

from drivers.simulators.bolts import Bolt
from drivers.simulators.faults import Fault
from drivers.simulators.tcp_loss import reset
from edge.bench.lines import Message, obey
from edge.setting import setting_of
from edge.simulated.campus import SimulatedCampus
from rules.model.ids import ButtonId, ControllerId, DoorId, InputId
from tests.flow.waiting import PATIENCE_S

LOOK_S: Final = 0.02
"""How often the bolts are looked at: `moved` is no later than this."""
BABBLE_BYTES: Final = 512
BABBLE_S: Final = 0.002


class Boards:
    """The other end of these controllers. The orders are the methods of `drivers.simulators`, by their names."""

    def __init__(self, campus: SimulatedCampus, mine: frozenset[ControllerId]) -> None:
        self._campus = campus
        self._mine = mine
        self._doors = {
            (lock.point.controller, lock.point.number): (door.id, lock.locked_when)
            for door in campus.plan.doors.values()
            if (lock := door.lock) is not None and lock.point.controller in mine
        }
        self._seen: dict[DoorId, tuple[bool, bool]] = {}
        self._moved: list[tuple[int, DoorId, bool, bool]] = []
        self._babbling: set[ControllerId] = set()
        self._turned: list[tuple[int, str, bool]] = []

    async def watch(self) -> None:
        """Note each bolt that moved and each door that was opened or shut, for ever."""
        while True:
            now_s = time.monotonic()
            for (controller, number), (door, _) in self._doors.items():
                seen = _stands(self._campus.boards[controller].bolt(number), now_s)
                if self._seen.get(door) != seen:
                    self._seen[door] = seen
                    self._moved.append((round(now_s * 1e6), door, *seen))
            await asyncio.sleep(LOOK_S)

    async def babble(self) -> None:
        """Random bytes without end, unasked, from whoever is told to."""
        chance = random.Random(7)
        while True:
            for one in self._babbling:
                self._say(one, chance.randbytes(BABBLE_BYTES))
            await asyncio.sleep(BABBLE_S)

    async def orders(self, order: Message) -> Message:
        name = ControllerId(order.get("controller", ""))
        match order["do"]:
            case "writes":
                return {"writes": self._writes(order["since_us"])}
            case "moved":
                return {"moved": [one for one in self._moved if one[0] >= order["since_us"]]}
            case "locked":
                return {"locked": self._locked()}
            case "fault":
                await self._campus.break_controller(name, Fault(order["kind"], order.get("seconds", 0.0)))
            case "babble":
                self._babbling.add(name) if order["on"] else self._babbling.discard(name)
            case "hang_up":
                self._hang_up(name, order["how"])
            case "black_hole":
                self._campus.tcp[name].black_hole(order["on"])
            case "press":
                await self._campus.press(ButtonId(order["button"]), order.get("gesture", "single"))
            case "power_cycle":
                self._power_cycle()
            case "door":
                bolt = self._campus.bolt(DoorId(order["door"]))
                for what in ("latch_stuck", "door_open"):
                    setattr(bolt, what, order.get(what, getattr(bolt, what)))
            case "unstick":
                self._unstick(DoorId(order["door"]))
            case "input":
                self._campus.set_input(InputId(order["input"]), order["active"])
                self._turned.append((round(time.monotonic() * 1e6), order["input"], order["active"]))
            case "turned":
                return {"turned": self._turned}
            case other:
                raise ValueError(other)
        return {}

    def _writes(self, since_us: int) -> list[tuple[int, str, bool]]:
        """(when, door, whether it locks) of each write to a lock's output, oldest first."""
        found = []
        for name in self._mine:
            for at_us, number, on in tuple(self._campus.boards[name].writes):
                if at_us >= since_us and (name, number) in self._doors:
                    door, locked_when = self._doors[name, number]
                    found.append((at_us, door, on is locked_when))
        return sorted(found)

    def _locked(self) -> dict[str, bool]:
        """By door: whether its lock's output stands at the locked value."""
        boards = self._campus.boards
        return {
            door: boards[name].coils[number] is locked_when
            for (name, number), (door, locked_when) in self._doors.items()
        }

    def _hang_up(self, name: ControllerId, how: str) -> None:
        """End every connection: `rst` at once, `fin` as a program does that ends in order.

        `forgotten`: reset when it is next written to. `silent`: nothing is said or heard on it any more.
        """
        peer = self._campus.tcp[name]
        match how:
            case "forgotten":
                peer.lose("rst")
            case "silent":
                peer.lose("silent")
            case _:
                for connection in tuple(peer.connections):
                    if how == "rst":
                        reset(connection.transport)
                    else:
                        connection.transport.close()

    def _power_cycle(self) -> None:
        """Every board was without power and comes back with its locks unlocked, as if nobody had written anything."""
        for (name, number), (_, locked_when) in self._doors.items():
            board = self._campus.boards[name]
            board.coils[number] = not locked_when
            board.bolt(number).driven(not locked_when, time.monotonic())

    def _unstick(self, door: DoorId) -> None:
        """The bolt goes where its output says."""
        bolt = self._campus.bolt(door)
        lock = self._campus.plan.doors[door].lock
        if lock is not None:
            bolt.driven(self._campus.boards[lock.point.controller].coils[lock.point.number], time.monotonic())

    def _say(self, name: ControllerId, data: bytes) -> None:
        if name in self._campus.tcp:
            for connection in tuple(self._campus.tcp[name].connections):
                if connection.transport.get_write_buffer_size() < 64 * BABBLE_BYTES:
                    connection.transport.write(data)
        elif name in self._campus._rtu:
            self._campus._rtu[name][0]._send(data)
        else:
            self._campus._osdp[name][0].say(data)


def _stands(bolt: Bolt, now_s: float) -> tuple[bool, bool]:
    """(thrown, closed) in truth."""
    levels = bolt.inputs(now_s)
    return levels.get(bolt.bolt_input or 0) is bolt.thrown_when, not bolt.door_open


def _only(campus: SimulatedCampus, mine: frozenset[ControllerId]) -> None:
    """Leave the other controllers to other processes."""
    for peers in (campus.tcp, campus._rtu, campus._osdp):
        for one in peers.keys() - mine:
            del peers[one]


async def _run(config: Path, mine: frozenset[ControllerId]) -> None:
    setting = setting_of(config)
    campus = SimulatedCampus(setting.config, setting.plan, setting.secrets, None)
    _only(campus, mine)
    await campus.start()
    boards = Boards(campus, mine)
    tasks = [asyncio.create_task(boards.watch()), asyncio.create_task(boards.babble())]
    try:
        await obey(boards.orders)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(campus.stop(), PATIENCE_S)


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1]), frozenset(map(ControllerId, sys.argv[2:]))))
