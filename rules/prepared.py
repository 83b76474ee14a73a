"""What follows from a plan alone, worked out once for each plan, so that a press looks only at what is live."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Final, Generic, TypeVar

from rules.model.ids import ControllerId, DoorId, InputId, Point, Space
from rules.model.values import dataclass
from rules.plan import ButtonPlan, Plan, Wired

T = TypeVar("T")
Of = TypeVar("Of")
Key = tuple[Space, int]
"""A point on a controller that is known from the context."""


class Once(Generic[Of, T]):
    """Calls `make` once for each thing that never changes and keeps the answers of the last two, told apart by identity.

    A memo and nothing else: `make` is pure, so that keeping its answer changes no decision.
    """

    __slots__ = ("_kept", "_make")

    def __init__(self, make: Callable[[Of], T]) -> None:
        self._make = make
        self._kept: tuple[tuple[Of, T], ...] = ()

    def __call__(self, of: Of) -> T:
        """The answer for `of`."""
        for known, answer in self._kept:
            if known is of:
                return answer
        answer = self._make(of)
        self._kept = ((of, answer), *self._kept[:1])
        return answer


class OncePerPlan(Once[Plan, T]):
    """What follows from a plan."""

    __slots__ = ()


def key_of(point: Point) -> Key:
    """Where a point stands in `ControllerLive.reads` and `Scanned.values`."""
    return (point.space, point.number)


@dataclass(frozen=True, slots=True)
class Board:
    """What lies on one controller.

    inputs: by point. buttons: wired to it. evidence: the doors that a point speaks of (bolt, position, lock's
    read-back). exits: the doors of a REX or exit button point. driven: the doors whose lock it drives.
    """

    inputs: Mapping[Key, tuple[InputId, ...]] = field(default_factory=dict)
    buttons: tuple[tuple[ButtonPlan, Wired], ...] = ()
    contacts: frozenset[Key] = frozenset()
    evidence: Mapping[Key, tuple[DoorId, ...]] = field(default_factory=dict)
    exits: Mapping[Key, tuple[DoorId, ...]] = field(default_factory=dict)
    driven: tuple[DoorId, ...] = ()


def _boards(plan: Plan) -> Mapping[ControllerId, Board]:
    inputs: list[tuple[Point, InputId]] = [(one.sensor.point, one.id) for one in plan.inputs.values()]
    evidence: list[tuple[Point, DoorId]] = []
    exits: list[tuple[Point, DoorId]] = []
    for door in plan.doors.values():
        points = (door.bolt, door.position, door.lock)
        evidence += [(one.point, door.id) for one in points if one is not None]
        ways = (*door.rex, *door.exit_buttons)
        exits += [(plan.inputs[one].sensor.point, door.id) for one in ways if one in plan.inputs]
    boards: dict[ControllerId, Board] = {}
    for controller in plan.controllers:
        buttons = tuple(
            (button, button.wired)
            for button in plan.buttons.values()
            if button.wired is not None and button.wired.contact.point.controller == controller
        )
        pressed = {key_of(wired.contact.point) for _, wired in buttons}
        on_inputs = _by_key(controller, inputs)
        boards[controller] = Board(
            inputs=on_inputs,
            buttons=buttons,
            contacts=frozenset(pressed | on_inputs.keys()),
            evidence=_by_key(controller, evidence),
            exits=_by_key(controller, exits),
            driven=tuple(
                door.id
                for door in plan.doors.values()
                if door.lock is not None and door.lock.point.controller == controller
            ),
        )
    return boards


def _by_key(controller: ControllerId, pairs: Iterable[tuple[Point, T]]) -> dict[Key, tuple[T, ...]]:
    found: dict[Key, tuple[T, ...]] = {}
    for point, one in pairs:
        if point.controller == controller:
            found[key_of(point)] = (*found.get(key_of(point), ()), one)
    return found


boards: Final = OncePerPlan(_boards)
"""The controllers of a plan, each with what lies on it."""
