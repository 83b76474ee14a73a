"""A driver without a protocol, for where thousands of hours are to pass: the `drivers.base.Driver` of a simulated board.

It does to the same boards what the real drivers do over the wire, with the same faults and their true effects: a slow
board carries a command out after its time-out, a late one at once, a liar never. Presence is the real one.
"""

import asyncio
from typing import Any, Final

from drivers.base import Emit, Watch, checked
from drivers.clock import instant
from drivers.doors.modbus_presence import Presence
from rules.model.commands import Drive, Permit
from rules.model.events import CommandEnded, Ending, Scanned
from rules.model.ids import ControllerId
from tests.simulation.network import NetworkLoop
from tests.simulation.site import Device, Site

ANSWER_S: Final = 0.006


class LightDriver:
    """One board. Commands are carried out one after the other; reads go on beside them."""

    def __init__(
        self, site: Site, device: Device, controller: ControllerId, watch: Watch, timeout_us: int
    ) -> None:
        self.controller = controller
        self._site = site
        self._device = device
        self._watch = watch
        self._timeout_s = timeout_us / 1e6
        self._presence = Presence(controller, self._timeout_s)
        self._rounds = 0
        self._soon = asyncio.Event()

    async def run(self, emit: Emit) -> None:
        self._presence.emit = emit
        try:
            while True:
                await self._round(emit)
                every_s = self._watch.fast_every_s if self._watch.fast else self._watch.evidence_every_s
                self._soon.clear()
                timer = asyncio.get_running_loop().call_later(every_s, self._soon.set)
                try:
                    await self._soon.wait()
                finally:
                    timer.cancel()
        finally:
            self._presence.stop()

    async def _round(self, emit: Emit) -> None:
        loop = self._loop
        often = (
            max(1, round(self._watch.evidence_every_s / self._watch.fast_every_s)) if self._watch.fast else 1
        )
        points = self._watch.evidence | self._watch.fast if self._rounds % often == 0 else self._watch.fast
        self._rounds += 1
        started, leapt_ns = instant(), loop.leapt_ns
        await asyncio.sleep(loop.random.expovariate(1 / ANSWER_S))
        fault = self._device.fault
        if (
            self._lost()
            or fault.kind in ("dead", "garbage", "drop", "away", "refusing")
            or (fault.kind in ("slow", "late") and fault.seconds > self._timeout_s)
        ):
            await asyncio.sleep(0.01 if fault.kind in ("away", "drop", "refusing") else self._timeout_s)
            if fault.kind == "refusing" and not self._lost():
                self._presence.answered()
            else:
                self._presence.failed(fault.kind if fault.kind != "none" else "silent", "")
            return
        board = self._device.board
        inputs = board.read_discrete_inputs(0, 32)
        values = {
            (space, number): int(board.coils[number]) if space == "coil" else inputs[number]
            for space, number in points
        }
        await asyncio.sleep(loop.random.expovariate(1 / ANSWER_S) + fault.seconds)
        if self._lost():
            return
        self._presence.answered()
        # A leap under way is one before it: a board is not read for ten minutes.
        emit(Scanned(instant(), self.controller, started.plus((loop.leapt_ns - leapt_ns) // 1_000), values))

    def prepare(self, drives: tuple[Drive, ...]) -> None:
        """Nothing to get ready."""

    def execute(self, permit: Permit) -> "asyncio.Future[CommandEnded]":
        loop = self._loop
        ending: asyncio.Future[CommandEnded] = loop.create_future()
        fault, drives = self._device.fault, checked(permit, self.controller).drives

        def end(how: Ending, code: str) -> None:
            if not ending.done():
                ending.set_result(CommandEnded(instant(), permit.id, self.controller, how, code))
                self._soon.set()

        def carry_out() -> None:
            if self._device.fault.kind in ("dead", "away") or self._site.gone(self._device):
                return
            for drive in drives:
                self._device.board.write_coils(drive.point.number, (drive.on,))

        took_s = loop.random.expovariate(1 / ANSWER_S) + (fault.seconds if fault.kind == "slow" else 0.0)
        # One thing after the other, whoever asked: also a driver that a reload has made anew.
        self._device.free_s = max(self._device.free_s, loop.world_s) + took_s
        after_s = self._device.free_s - loop.world_s
        does = fault.kind in ("none", "slow", "late")
        if self._lost():
            # Whether the command or its answer was swallowed, nobody knows.
            does = loop.random.random() < 0.5 and not self._site.gone(self._device)
            loop.call_later(self._timeout_s, end, "no_answer", "silent")
        elif fault.kind == "away":
            loop.call_later(self._timeout_s, end, "not_sent", "unreachable")
        elif fault.kind == "refusing":
            loop.call_later(after_s, end, "refused", f"exception_{fault.code}")
        elif fault.kind in ("none", "slow"):
            loop.call_later(after_s + loop.random.expovariate(1 / ANSWER_S), end, "written", "answered")
            loop.call_later(self._timeout_s, end, "no_answer", "silent")
        else:
            code = {"drop": "reset", "dead": "silent", "late": "silent"}.get(fault.kind, "wrong_answer")
            loop.call_later(0.02 if fault.kind == "drop" else self._timeout_s, end, "no_answer", code)
        if does:
            loop.call_later(after_s, carry_out)
        return ending

    @property
    def _loop(self) -> NetworkLoop:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, NetworkLoop)
        return loop

    def _lost(self) -> bool:
        return self._site.gone(self._device)


def light(site: Site) -> dict[str, Any]:
    """What stands for `edge.wiring`'s makers of drivers."""

    def make(section: Any, controller: ControllerId, watch: Watch, *_: Any) -> LightDriver:
        return LightDriver(site, site.devices[controller], controller, watch, section.timeout)

    return {"_tcp": make, "_rtu": make}
