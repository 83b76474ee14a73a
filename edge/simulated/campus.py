"""Builds and runs the other end of every configured device, and breaks it on request."""

import asyncio
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Literal

from drivers.buttons.settings import MqttConfig
from drivers.doors.modbus_plan import READBACK_OFFSET
from drivers.simulators.bolts import Board, Bolt
from drivers.simulators.faults import Fault
from drivers.simulators.modbus_rtu_peer import ModbusRtuPeer
from drivers.simulators.modbus_tcp_peer import ModbusTcpPeer
from drivers.simulators.mqtt_buttons import ButtonFleet
from drivers.simulators.osdp_peer import OsdpPeer
from drivers.simulators.osdp_reader import OsdpReader
from edge import wiring
from edge.config.devices import ModbusRtu, ModbusTcp, Osdp
from edge.config.family import family_of
from edge.config.model import Config
from edge.config.secrets import Secrets
from edge.simulated.cameras import CameraFleet
from rules.model.ids import ButtonId, ControllerId, DoorId, InputId, OutputId, Point
from rules.plan import DoorPlan, Plan

TRAVEL_S: Final = (0.15, 0.40)
"""Real bolts take 150 to 400 ms."""
HEARTBEAT_S: Final = 2.0
"""Real ones report once a minute; nobody waits that long for a demonstration."""
PRESS_S: Final = 0.3
"""How long a finger stays on a wired button."""


class SimulatedCampus:
    """Every device of one configuration. `start`, then break and press; `stop`.

    answer_after_s: how long a Modbus board takes to answer. pictures: where what cameras see is kept, encoded;
        None: no camera is simulated.
    """

    def __init__(
        self,
        config: Config,
        plan: Plan,
        secrets: Secrets,
        broker: MqttConfig | None,
        answer_after_s: float = 0.005,
        pictures: Path | None = None,
    ) -> None:
        self.plan = plan
        self.cameras = CameraFleet(() if pictures is None else config.cameras, secrets, pictures or Path())
        self.boards: dict[ControllerId, Board] = _boards(config, plan)
        self.faults: dict[ControllerId, Fault] = {}
        self.fleet = None if broker is None else ButtonFleet(broker, wiring.topics(config), HEARTBEAT_S)
        self.tcp: dict[ControllerId, ModbusTcpPeer] = {}
        self._answer_after_s = answer_after_s
        self._rtu: dict[ControllerId, tuple[ModbusRtuPeer, int]] = {}
        self._osdp: dict[ControllerId, tuple[OsdpPeer, int]] = {}
        self._fleet_task: asyncio.Task[None] | None = None
        self._pressing: set[asyncio.Task[None]] = set()
        self._make_peers(config, secrets)

    async def start(self) -> None:
        """Open every port and line, and let the buttons find their broker. Raises OSError."""
        for tcp in self.tcp.values():
            await tcp.start()
        for rtu in {id(peer): peer for peer, _ in self._rtu.values()}.values():
            rtu.start()
        for osdp in {id(peer): peer for peer, _ in self._osdp.values()}.values():
            await osdp.start()
        await self.cameras.start()
        if self.fleet is not None:
            self._fleet_task = asyncio.create_task(self.fleet.run(), name="simulated buttons")

    async def stop(self) -> None:
        """Close everything."""
        if self._fleet_task is not None:
            self._fleet_task.cancel()
            await asyncio.gather(self._fleet_task, return_exceptions=True)
        await self.cameras.stop()
        for tcp in self.tcp.values():
            await tcp.stop()
        for rtu in {id(peer): peer for peer, _ in self._rtu.values()}.values():
            rtu.stop()
        for osdp in {id(peer): peer for peer, _ in self._osdp.values()}.values():
            await osdp.stop()

    async def ready(self) -> None:
        """Wait until every button is on the broker."""
        if self.fleet is not None:
            await self.fleet.ready()

    async def break_controller(self, controller: ControllerId, fault: Fault) -> None:
        """Break or mend a controller. Raises KeyError for one that is not there."""
        self.faults[controller] = fault
        if controller in self.tcp:
            await self.tcp[controller].set_fault(fault)
        elif controller in self._rtu:
            peer, unit = self._rtu[controller]
            peer.set_fault(fault, unit)
        else:
            line, address = self._osdp[controller]
            await line.set_fault(fault, address)

    def bolt(self, door: DoorId) -> Bolt:
        """A door's lock, to jam it or hold the door. Raises KeyError."""
        lock = self.plan.doors[door].lock
        if lock is None:
            raise KeyError(door)
        return self.boards[lock.point.controller].bolt(lock.point.number)

    def set_input(self, name: InputId, active: bool) -> None:
        """Turn an input by hand: the fire relay, a REX. Raises KeyError."""
        sensor = self.plan.inputs[name].sensor
        self.boards[sensor.point.controller].set_input(sensor.point.number, active is sensor.when)

    def output(self, name: OutputId) -> bool:
        """Whether an output's coil is on. Raises KeyError."""
        point = self.plan.outputs[name].point
        if point is None:
            raise KeyError(name)
        return self.boards[point.controller].coils[point.number]

    async def press(self, name: ButtonId, gesture: str) -> str | None:
        """Press a button; of a native one, the press id once `accepted` came. Raises KeyError."""
        wired = self.plan.buttons[name].wired
        if wired is None:
            if self.fleet is None:
                raise KeyError(name)
            return await self.fleet.buttons[name].press(gesture)
        board, contact = self.boards[wired.controller], wired.contact
        board.set_input(contact.point.number, contact.when)
        if wired.counter is not None:
            registers = (
                board.input_registers if wired.counter.space == "input_register" else board.holding_registers
            )
            registers[wired.counter.number] = (registers[wired.counter.number] + 1) % 65_536
        release = asyncio.create_task(_let_go(board, contact.point.number, not contact.when))
        self._pressing.add(release)
        release.add_done_callback(self._pressing.discard)
        return None

    def document(self) -> dict[str, Any]:
        """What is simulated and how it is broken, as JSON."""
        return {
            "controllers": [
                {"id": one, "driver": plan.driver, "fault": self.faults.get(one, Fault()).kind}
                for one, plan in self.plan.controllers.items()
            ],
            "doors": [_door(self, door) for door in self.plan.doors.values() if door.lock is not None],
            "inputs": [
                {"id": one.id, "kind": one.kind, "active": self._level(one.sensor.point) is one.sensor.when}
                for one in self.plan.inputs.values()
            ],
            "outputs": [
                {"id": one.id, "on": self.output(one.id)}
                for one in self.plan.outputs.values()
                if one.point is not None
            ],
            "buttons": [
                {"id": one, "wired": its.wired is not None} for one, its in self.plan.buttons.items()
            ],
            "cameras": self.cameras.document(),
        }

    def _level(self, point: Point) -> bool:
        return self.boards[point.controller].discrete_inputs[point.number]

    def _make_peers(self, config: Config, secrets: Secrets) -> None:
        rtu: dict[str, dict[int, ControllerId]] = {}
        osdp: dict[str, list[tuple[OsdpReader, ControllerId]]] = {}
        for section in config.controllers:
            one = ControllerId(section.id)
            match section:
                case ModbusTcp():
                    self.tcp[one] = ModbusTcpPeer(
                        self.boards[one], section.host, section.port, self._answer_after_s
                    )
                case ModbusRtu():
                    rtu.setdefault(section.port, {})[section.unit] = one
                case Osdp():
                    key = secrets.osdp_key(section.key_file)
                    reader = OsdpReader(section.address, key, self.boards[one])
                    osdp.setdefault(section.port, []).append((reader, one))
        bauds = {one.port: one.baud for one in config.controllers if not isinstance(one, ModbusTcp)}
        for port, units in rtu.items():
            boards = {unit: self.boards[one] for unit, one in units.items()}
            peer = ModbusRtuPeer(boards, Path(port), self._answer_after_s, bauds[port])
            self._rtu |= {one: (peer, unit) for unit, one in units.items()}
        for port, readers in osdp.items():
            line = OsdpPeer([reader for reader, _ in readers], Path(port), bauds[port])
            self._osdp |= {one: (line, reader.address) for reader, one in readers}


async def _let_go(board: Board, number: int, level: bool) -> None:
    await asyncio.sleep(PRESS_S)
    board.set_input(number, level)


def _door(campus: SimulatedCampus, door: DoorPlan) -> dict[str, Any]:
    bolt = campus.bolt(door.id)
    return {
        "id": door.id,
        "controller": door.controller,
        "latch_stuck": bolt.latch_stuck,
        "door_open": bolt.door_open,
        "sensor_cut": bolt.sensor_cut,
    }


def _points(plan: Plan) -> Iterable[Point | None]:
    for door in plan.doors.values():
        yield from (one.point for one in (door.lock, door.bolt, door.position) if one is not None)
    yield from (one.sensor.point for one in plan.inputs.values())
    yield from (one.point for one in plan.outputs.values())
    for button in plan.buttons.values():
        if button.wired is not None:
            yield from (button.wired.contact.point, button.wired.counter, button.wired.latch)


def _boards(config: Config, plan: Plan) -> dict[ControllerId, Board]:
    models = {ControllerId(one.id): one.model or "" for one in config.controllers}
    return {one: _board(plan, one, models[one]) for one in plan.controllers}


def _board(plan: Plan, controller: ControllerId, model: str) -> Board:
    """A board as large as the points that are used of it, at rest: locks as their record says, inputs quiet."""
    most: dict[str, int] = {}
    for point in _points(plan):
        if point is not None and point.controller == controller:
            most[point.space] = max(most.get(point.space, 0), point.number + 1)

    def size(*spaces: Literal["coil", "output", "discrete_input", "input", "input_register"]) -> int:
        return max(8, -(-max((most.get(space, 0) for space in spaces), default=0) // 8) * 8)

    board = Board(
        coils=size("coil", "output"),
        discrete_inputs=size("discrete_input", "input"),
        input_registers=size("input_register"),
        holding_registers=max(8, most.get("holding_register", 0)),
        readback_offset=READBACK_OFFSET.get(family_of(model, READBACK_OFFSET) or "", 0),
    )
    if family_of(model, ("wago-750",)) is not None:
        board.identity = ("WAGO", "750-362", "01.09.18(13)")
    for one in plan.inputs.values():
        if one.controller == controller:
            board.set_input(one.sensor.point.number, not one.sensor.when)
    for button in plan.buttons.values():
        if button.wired is not None and button.wired.controller == controller:
            board.set_input(button.wired.contact.point.number, not button.wired.contact.when)
    for door in plan.doors.values():
        if door.lock is not None and door.lock.point.controller == controller:
            _hang(board, door)
    return board


def _hang(board: Board, door: DoorPlan) -> None:
    lock, hardware = door.lock, door.hardware
    if lock is None:
        return
    locked = hardware is not None and hardware.rest == "locked"
    board.coils[lock.point.number] = lock.locked_when is locked
    low, high = TRAVEL_S
    if hardware is not None:
        high = min(high, max(0.02, hardware.travel_us / 1e6 * 0.9))
        low = min(low, high)
    # By the door's name, so that the same campus always takes the same time.
    share = zlib.crc32(door.id.encode()) % 1000 / 1000
    board.add(
        Bolt(
            coil=lock.point.number,
            locked_when=lock.locked_when,
            bolt_input=None if door.bolt is None else door.bolt.point.number,
            thrown_when=True if door.bolt is None else door.bolt.when,
            travel_s=low + (high - low) * share,
            position_input=None if door.position is None else door.position.point.number,
            closed_when=True if door.position is None else door.position.when,
        )
    )
