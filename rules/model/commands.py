"""What a device should do. A driver takes a `Permit` and nothing else; only `rules.interlock` makes one.

The counterpart is `events.CommandEnded`: what became of a permit comes back through the inbox.
"""

from typing import Literal

from rules.model.ids import CommandId, ControllerId, DoorId, OutputId, Point
from rules.model.values import dataclass

Purpose = Literal["lock", "rest", "free", "output", "self_test"]
"""lock: assert locked; rest: return a named door to its rest; free: the fire rule's free state."""


@dataclass(frozen=True, slots=True)
class Drive:
    """Set one coil or output, for one named door or output."""

    target: DoorId | OutputId
    point: Point
    on: bool


@dataclass(frozen=True, slots=True)
class Permit:
    """One command to one controller, every drive of it passed by the interlock for this very command.

    `drives` are sorted by point number and all lie on `controller`. `seal` is the interlock's mark;
    `drivers.base.checked` refuses a permit without it.
    """

    id: CommandId
    controller: ControllerId
    purpose: Purpose
    drives: tuple[Drive, ...]
    seal: object
