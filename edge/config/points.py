"""The points on each controller: what claims them, that nothing claims one twice, that the device has it."""

from collections.abc import Iterator
from typing import Final

from edge.config.devices import (
    Bolt,
    CoilOutput,
    Controller,
    Input,
    LockOutput,
    ModbusRtu,
    ModbusTcp,
    Osdp,
    OsdpOutput,
    Position,
    Register,
    WiredButton,
)
from edge.config.model import Config
from edge.config.pack_tables import Families
from edge.config.report import Report
from rules.model.ids import ControllerId, Point, Space
from rules.model.values import dataclass
from rules.plan import DriverKind

DRIVER: Final[dict[type, DriverKind]] = {ModbusTcp: "modbus-tcp", ModbusRtu: "modbus-rtu", Osdp: "osdp"}
_SAID: Final[dict[Space, str]] = {
    "coil": "coil",
    "discrete_input": "discrete input",
    "input_register": "input register",
    "holding_register": "holding register",
    "output": "output",
    "input": "input",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """One point that one key of the file names. path: the key; owner: what it belongs to, for messages."""

    point: Point
    path: str
    owner: str


def driver_of(controller: Controller) -> DriverKind:
    """The driver's name, as the file writes it."""
    return DRIVER[type(controller)]


def sensor_point(controller: str, one: Input | Bolt | Position | WiredButton) -> Point | None:
    """Where a contact is read; None where the file gives no number, or two."""
    return _only(controller, _sensor(one))


def lock_point(controller: str, lock: LockOutput) -> Point | None:
    """What drives a lock; None where the file gives no number, or two."""
    return _only(controller, _lock(lock))


def register_point(controller: str, register: int | Register | None) -> Point | None:
    """A counter or latch; a bare number is an input register."""
    return _only(controller, _register(register)) if register is not None else None


def output_point(output: CoilOutput | OsdpOutput) -> Point:
    """What drives an on-site output."""
    if isinstance(output, CoilOutput):
        return Point(ControllerId(output.controller), "coil", output.coil)
    return Point(ControllerId(output.controller), "output", output.output)


_Spaces = dict[Space, int | None]


def _sensor(one: Input | Bolt | Position | WiredButton) -> _Spaces:
    return {"discrete_input": one.discrete_input, "input": one.input}


def _lock(lock: LockOutput) -> _Spaces:
    return {"coil": lock.coil, "output": lock.output}


def _register(register: int | Register) -> _Spaces:
    if isinstance(register, int):
        return {"input_register": register}
    return {"input_register": register.input_register, "holding_register": register.holding_register}


def _only(controller: str, spaces: _Spaces) -> Point | None:
    said = [(space, number) for space, number in spaces.items() if number is not None]
    return Point(ControllerId(controller), *said[0]) if len(said) == 1 else None


@dataclass(frozen=True, slots=True)
class _Wired:
    """Something wired: its number stands under the key of its space, or (`bare`) is the key's own value."""

    path: str
    owner: str
    controller: str
    spaces: _Spaces
    bare: bool = False

    @property
    def point(self) -> Point | None:
        return _only(self.controller, self.spaces)

    def key(self, space: Space) -> str:
        return self.path if self.bare else f"{self.path}.{space}"


def claims_of(config: Config) -> tuple[Claim, ...]:
    """Every point that the file names, in its order, without what names none or two."""
    return tuple(
        Claim(point, one.key(point.space), one.owner)
        for one in _wired(config)
        if (point := one.point) is not None
    )


def _wired(config: Config) -> Iterator[_Wired]:
    for one in config.inputs:
        yield _Wired(f"inputs[{one.id}]", f"input {one.id}", one.controller, _sensor(one))
    for door in config.doors:
        at, owner = f"doors[{door.id}]", f"door {door.id}"
        if door.lock is not None:
            yield _Wired(f"{at}.lock", f"the lock of {owner}", door.controller, _lock(door.lock))
        if door.bolt is not None:
            yield _Wired(f"{at}.bolt", f"the bolt of {owner}", door.controller, _sensor(door.bolt))
        if door.position is not None:
            said = f"the position switch of {owner}"
            yield _Wired(f"{at}.position", said, door.controller, _sensor(door.position))
    for button in config.buttons:
        if button.wired is not None:
            yield from _wired_button(f"buttons[{button.id}].wired", f"button {button.id}", button.wired)
    for output in config.outputs:
        if isinstance(output, CoilOutput | OsdpOutput):
            point = output_point(output)
            at, owner = f"outputs[{output.id}]", f"output {output.id}"
            yield _Wired(at, owner, output.controller, {point.space: point.number})


def _wired_button(at: str, owner: str, wired: WiredButton) -> Iterator[_Wired]:
    yield _Wired(at, owner, wired.controller, _sensor(wired))
    for key, register in (("counter", wired.counter), ("latch", wired.latch)):
        if register is not None:
            said, bare = f"the {key} of {owner}", isinstance(register, int)
            yield _Wired(f"{at}.{key}", said, wired.controller, _register(register), bare)


def check_points(config: Config, families: Families, report: Report) -> None:
    """Each wired thing has one point, of a space its controller has, in range, claimed by nothing else."""
    controllers = {one.id: one for one in config.controllers}
    first: dict[Point, Claim] = {}
    for one in _wired(config):
        controller = controllers.get(one.controller)
        if controller is None:
            continue  # unknown, or reported for itself
        point = one.point
        if point is None:
            _check_one_each(one, controller, families, report)
            continue
        claim = Claim(point, one.key(point.space), one.owner)
        _check_space(claim, controller, families, report)
        earlier = first.setdefault(point, claim)
        if earlier is not claim:
            said = f"{_SAID[point.space]} {point.number} of {point.controller}"
            what = f"{said} is claimed twice: by {earlier.owner} and by {claim.owner}"
            report.refuse(
                (earlier.path, claim.path), what, "look at the wiring and correct one of the numbers"
            )


def _check_space(claim: Claim, controller: Controller, families: Families, report: Report) -> None:
    driver, space = driver_of(controller), claim.point.space
    has = families.of(driver, controller.model).points.get(space, 0)
    known = controller.model if families.model(controller.model) is not None else f"{driver} device"
    if space not in families.drivers[driver].points:
        own = " or ".join(one for one in families.drivers[driver].points if "register" not in one)
        what = f"{controller.id} speaks {driver}, which has no {_SAID[space]}s"
        report.refuse(claim.path, what, f"name its {own}")
    elif claim.point.number >= has:
        what = f"{known} {controller.id} has no {_SAID[space]} {claim.point.number}"
        do = f"they are counted from 0 to {has - 1}" if has else f"a {known} has no {_SAID[space]}s at all"
        report.refuse(claim.path, what, do)


def _check_one_each(one: _Wired, controller: Controller, families: Families, report: Report) -> None:
    """It names no number, or two."""
    points = families.drivers[driver_of(controller)].points
    wanted = next((space for space in one.spaces if space in points), next(iter(one.spaces)))
    written = [one.key(space) for space, number in one.spaces.items() if number is not None]
    if written:
        both = " and ".join(space for space, number in one.spaces.items() if number is not None)
        report.refuse(written, f"{one.owner} has two points, {both}", f"keep only {wanted}")
    else:
        report.refuse(one.key(wanted), f"{one.owner} has no point", f"add {wanted}: with its number")
