"""A child of the benchmark: the boards of the measured campus, and when each coil was first written.

`python -m edge.bench.boards CONFIG`. Times are microseconds of CLOCK_MONOTONIC, which all processes share.
"""

import asyncio
import sys
from pathlib import Path

from edge.bench.campus import LOCKED
from edge.bench.lines import Message, obey
from edge.setting import setting_of
from edge.simulated.campus import SimulatedCampus
from rules.model.ids import DoorId


class Boards:
    """Obeys `mark` (forget what was written), `written` (who locked, and when), `rest` (how many are unlocked), `requests`
    (how many were taken up) and `door` (somebody holds one open, or shuts it)."""

    def __init__(self, campus: SimulatedCampus) -> None:
        self._campus = campus

    async def orders(self, order: Message) -> Message:
        match order["do"]:
            case "mark":
                for board in self._campus.boards.values():
                    board.writes.clear()
                return {}
            case "written":
                times = self._locked_at_us()
                return {
                    "doors": len(times),
                    "first_us": min(times, default=None),
                    "last_us": max(times, default=None),
                }
            case "rest":
                return {"unlocked": sum(on is not LOCKED for on in self._coils())}
            case "requests":
                return {"requests": self._campus.requests}
            case "door":
                self._campus.bolt(DoorId(order["door"])).door_open = order["open"]
                return {}
            case other:
                raise ValueError(other)

    def _locked_at_us(self) -> list[int]:
        """The first locking write of each coil since the mark."""
        first: dict[tuple[str, int], int] = {}
        for name, board in self._campus.boards.items():
            for at_us, coil, on in board.writes:
                if on is LOCKED:
                    first.setdefault((name, coil), at_us)
        return list(first.values())

    def _coils(self) -> list[bool]:
        locks = [door.lock.point for door in self._campus.plan.doors.values() if door.lock is not None]
        return [self._campus.boards[point.controller].coils[point.number] for point in locks]


async def _run(config: Path) -> None:
    setting = setting_of(config)
    campus = SimulatedCampus(setting.config, setting.plan, setting.secrets, None)
    await campus.start()
    try:
        await obey(Boards(campus).orders)
    finally:
        await campus.stop()


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1])))
