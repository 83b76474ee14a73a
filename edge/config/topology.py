"""What lies where: zones with all below and above them, and the inputs that belong to each door. Pure.

Total even for a file with loops and unknown names, because `check` asks before it has refused those.
"""

from collections.abc import Mapping

from edge.config.devices import Input
from edge.config.model import Config, Zone
from rules.model.ids import DoorId, InputId, ZoneId
from rules.model.values import dataclass

DEEPEST = 16


@dataclass(frozen=True, slots=True)
class Zones:
    """parent: of all but the root. within: a zone and all below. above: it and its ancestors, nearest first.

    loops: zones that are their own ancestor or lie too deep; they count as directly below the root.
    """

    root: ZoneId
    parent: Mapping[ZoneId, ZoneId]
    within: Mapping[ZoneId, frozenset[ZoneId]]
    above: Mapping[ZoneId, tuple[ZoneId, ...]]
    loops: frozenset[ZoneId]


def zones_of(config: Config) -> Zones:
    """A zone without a parent, or with an unknown one, lies directly below the root."""
    root = ZoneId(config.campus.id)
    known = {ZoneId(zone.id) for zone in config.zones} | {root}
    said = {ZoneId(zone.id): _parent(zone, known, root) for zone in config.zones}
    said.pop(root, None)
    loops = frozenset(zone for zone in said if _loops(zone, said))
    parent = {zone: root if zone in loops else above for zone, above in said.items()}
    above = {zone: _chain(zone, parent) for zone in (root, *parent)}
    within: dict[ZoneId, set[ZoneId]] = {zone: set() for zone in above}
    for zone, chain in above.items():
        for ancestor in chain:
            within[ancestor].add(zone)
    return Zones(root, parent, {zone: frozenset(below) for zone, below in within.items()}, above, loops)


def _parent(zone: Zone, known: set[ZoneId], root: ZoneId) -> ZoneId:
    return ZoneId(zone.parent) if zone.parent is not None and zone.parent in known else root


def _loops(zone: ZoneId, parent: Mapping[ZoneId, ZoneId]) -> bool:
    at = zone
    for _ in range(DEEPEST):
        if at not in parent:
            return False
        at = parent[at]
        if at == zone:
            return True
    return True


def _chain(zone: ZoneId, parent: Mapping[ZoneId, ZoneId]) -> tuple[ZoneId, ...]:
    chain = [zone]
    while chain[-1] in parent:
        chain.append(parent[chain[-1]])
    return tuple(chain)


@dataclass(frozen=True, slots=True)
class Wiring:
    """The inputs of one door: its own, and the fire-alarm inputs whose zones cover it."""

    rex: tuple[InputId, ...]
    exit_buttons: tuple[InputId, ...]
    fire: tuple[InputId, ...]


def wiring_of(config: Config, zones: Zones) -> dict[DoorId, Wiring]:
    """For every door of the configuration."""
    fires: list[tuple[InputId, frozenset[ZoneId]]] = []
    own: dict[tuple[str, str], list[InputId]] = {}
    for one in config.inputs:
        if one.kind == "fire-alarm":
            fires.append((InputId(one.id), covered_by(one, zones)))
        for door in one.doors:
            own.setdefault((one.kind, door), []).append(InputId(one.id))
    return {
        DoorId(door.id): Wiring(
            tuple(own.get(("rex", door.id), ())),
            tuple(own.get(("exit-button", door.id), ())),
            tuple(fire for fire, where in fires if door.zone in where),
        )
        for door in config.doors
    }


def covered_by(one: Input, zones: Zones) -> frozenset[ZoneId]:
    """An input's zones and all below them."""
    return frozenset(below for zone in one.zones for below in zones.within.get(ZoneId(zone), ()))
