"""The rooms of a campus that can say how they are: a classroom's door with the button in it, or a button's room alone."""

from collections.abc import Mapping
from typing import Final

from rules.holding import within
from rules.model.ids import ButtonId, DoorId, ZoneId
from rules.model.values import dataclass
from rules.plan import Plan
from rules.prepared import OncePerPlan
from rules.state import Incident, Record


@dataclass(frozen=True, slots=True)
class Room:
    """One room. id: of its door, else of its button; of both there is one namespace."""

    id: str
    name: str
    zone: ZoneId
    door: DoorId | None
    button: ButtonId | None


def rooms_of(plan: Plan) -> Mapping[str, Room]:
    """Every room by its id, in the plan's order."""
    return _rooms(plan)


def rooms_in(plan: Plan, zone: ZoneId) -> tuple[Room, ...]:
    """The rooms of a zone and of all below it; a zone that the configuration no longer has is everywhere."""
    planned = plan.zones.get(zone)
    return tuple(one for one in _rooms(plan).values() if planned is None or one.zone in planned.within)


def rooms_of_incident(plan: Plan, record: Record, live: Incident) -> tuple[Room, ...]:
    """The rooms of every zone where an incident is."""
    there = within(plan, record, live)
    return tuple(one for one in _rooms(plan).values() if there is None or one.zone in there)


def room_called(plan: Plan, zone: ZoneId, name: str) -> Room | None:
    """The room of a zone that a screen's `name` means; None: none or more than one, and who answered there stands by itself."""
    found = [one for one in rooms_in(plan, zone) if _named(one.name, name)]
    return found[0] if len(found) == 1 else None


def _made(plan: Plan) -> Mapping[str, Room]:
    found: dict[str, Room] = {}
    for door in plan.doors.values():
        if door.kind == "classroom":
            found[door.id] = Room(door.id, door.name, door.zone, door.id, None)
    for button in plan.buttons.values():
        if not button.room.strip():
            continue
        # Room 101 is where a button says 101: the same zone, and the same word in the door's name.
        door_of = next(
            (one for one in found.values() if one.zone == button.zone and _named(one.name, button.room)), None
        )
        if door_of is None:
            found[button.id] = Room(button.id, button.room, button.zone, None, button.id)
        elif door_of.button is None:
            found[door_of.id] = Room(door_of.id, door_of.name, door_of.zone, door_of.door, button.id)
    return found


def _named(name: str, room: str) -> bool:
    """`101` and `Room 101 desk` are in Room 101: the words of one are among those of the other."""
    one, other = set(name.casefold().split()), set(room.casefold().split())
    return one <= other or other <= one


_rooms: Final = OncePerPlan(_made)
