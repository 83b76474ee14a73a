"""A child of the benchmark: the boards of the measured campus, what breaks them, and when each coil was first written.

`python -m edge.bench.boards CONFIG ANSWER_MS`. Times are microseconds of CLOCK_MONOTONIC, which all processes share.
"""

import asyncio
import itertools
import sys
import time
from pathlib import Path
from typing import Any, Final

from drivers.doors.modbus_mbap import MbapFrame, encode_mbap
from drivers.doors.modbus_pdu import Read, encode_reply
from drivers.simulators.bolts import Board
from drivers.simulators.faults import Fault
from drivers.simulators.tcp_loss import Loss
from edge.bench.campus import LOCKED
from edge.bench.lines import Message, obey
from edge.setting import setting_of
from edge.simulated.campus import SimulatedCampus
from rules.model.ids import ControllerId, DoorId

FORGOTTEN_S: Final = 10.0
"""After a press a silently lost connection is closed here too."""
BABBLE_S: Final = 0.001
BABBLE: Final = encode_mbap(MbapFrame(0xBABB, 1, encode_reply(Read("discrete_input", 0, 8), [0] * 8)))
"""A sound answer that nobody asked for."""


class Boards:
    """Obeys the orders below; what is broken is left out of every count from then on."""

    def __init__(self, campus: SimulatedCampus) -> None:
        self._campus = campus
        self._broken: set[ControllerId] = set()
        self._watched_us = 0
        self._babbling: set[asyncio.Task[None]] = set()

    async def orders(self, order: Message) -> Message:
        match order["do"]:
            case "mark":
                for board in self._campus.boards.values():
                    board.writes.clear()
                return {}
            case "written":
                return self._written()
            case "rest":
                return {"unlocked": sum(on is not LOCKED for on in self._coils())}
            case "watch":
                self._watched_us = _now_us()
                for board in self._campus.boards.values():
                    board.reads_us.clear()
                return {}
            case "reads":
                return self._reads()
            case "door":
                self._campus.bolt(DoorId(order["door"])).door_open = order["open"]
                return {}
            case "break":
                await self._break([ControllerId(one) for one in order["controllers"]], order["how"])
                return {}
            case "lose":
                return {"without": self._lose(order["loss"], order["within_s"], order["spared"])}
            case other:
                raise ValueError(other)

    async def _break(self, controllers: list[ControllerId], how: str) -> None:
        self._broken.update(controllers)
        for one in controllers:
            if how == "blackholed":
                self._campus.tcp[one].black_hole(True)
            elif how == "babbling":
                self._babbling.add(asyncio.create_task(self._babble(one), name="babbling"))
            else:
                await self._campus.break_controller(one, Fault("dead" if how == "dead" else "refusing"))

    def _lose(self, loss: Loss, within_s: float, spared: list[list[int]]) -> int:
        """All connections of sound boards but those between these ports (the board's, the master's).

        Gives how many boards had none to lose.
        """
        none = 0
        for name, _ in self._sound():
            peer = self._campus.tcp[name]
            kept = [theirs for port, theirs in spared if port == peer.port]
            none += not peer.lose(loss, spared=kept, forgotten_s=within_s + FORGOTTEN_S)
        return none

    async def _babble(self, controller: ControllerId) -> None:
        while True:
            for connection in tuple(self._campus.tcp[controller].connections):
                if connection.transport.get_write_buffer_size() < 65_536:
                    connection.transport.write(BABBLE)
            await asyncio.sleep(BABBLE_S)

    def _written(self) -> dict[str, Any]:
        """Since the mark: how many locked, and when the first and the last did."""
        first: dict[tuple[str, int], int] = {}
        for name, board in self._sound():
            for at_us, coil, on in board.writes:
                if on is LOCKED:
                    first.setdefault((name, coil), at_us)
        times = first.values()
        return {
            "doors": len(times),
            "first_us": min(times, default=None),
            "last_us": max(times, default=None),
        }

    def _reads(self) -> dict[str, float]:
        """Since `watch`: a second, of the board that was read least; and the longest that any was not read."""
        now_us = _now_us()
        since_s = (now_us - self._watched_us) / 1e6
        gaps = [
            after - before
            for _, board in self._sound()
            for before, after in itertools.pairwise((self._watched_us, *board.reads_us, now_us))
        ]
        return {
            "least_a_second": min(len(board.reads_us) for _, board in self._sound()) / since_s,
            "longest_ms": max(gaps) / 1000,
        }

    def _sound(self) -> list[tuple[ControllerId, Board]]:
        return [(name, board) for name, board in self._campus.boards.items() if name not in self._broken]

    def _coils(self) -> list[bool]:
        sound = dict(self._sound())
        locks = [door.lock.point for door in self._campus.plan.doors.values() if door.lock is not None]
        return [sound[point.controller].coils[point.number] for point in locks if point.controller in sound]


def _now_us() -> int:
    return time.monotonic_ns() // 1000


async def _run(config: Path, answer_ms: float) -> None:
    setting = setting_of(config)
    campus = SimulatedCampus(setting.config, setting.plan, setting.secrets, None, answer_ms / 1000)
    await campus.start()
    try:
        await obey(Boards(campus).orders)
    finally:
        await campus.stop()


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1]), float(sys.argv[2])))
