"""What an edited configuration would change under a live incident. Pure.

Such an edit is refused until the incident is closed: its devices keep address, lock, polarity, relay, rest, hardware
and zone, since what was locked must be found again where it was.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from edge.config.check import Checked
from edge.config.devices import Button, Controller, Door, Input, ModbusTcp
from edge.config.model import Config
from edge.config.problems import Problem, in_order
from edge.config.signs import Output
from edge.config.topology import Zones, wiring_of, zones_of
from rules.model.ids import DoorId, ZoneId

_DO: Final = "close the incident first, then start on this file or reload it"
_FREE: Final[Mapping[type, frozenset[str]]] = {
    Button: frozenset({"name", "room", "gestures", "escalate_after", "silence_limit", "model"}),
    ModbusTcp: frozenset({"timeout", "connections", "model"}),
}
"""Keys that may change at any time; of other devices only the name, time-out and model."""
_ALWAYS_FREE: Final = frozenset({"name", "timeout", "model"})
_SECTION: Final = ("controllers", "inputs", "doors", "buttons", "outputs")


def forbidden_changes(old: Config, new: Checked, live: frozenset[str]) -> tuple[Problem, ...]:
    """Every change to a device of a live incident, at its line in the new file; empty: it may be taken over.

    live: ids of the doors, inputs, buttons, outputs and controllers of live incidents. With a door its controller
    and the inputs that protect it are held too.
    """
    if not live or new.sound is None:
        return ()
    before, after = _devices(old), _devices(new.sound)
    old_zones, new_zones = zones_of(old), zones_of(new.sound)
    problems = [_problem(new, path, what) for path, what in _changed_frame(old, new.sound)]
    for name in sorted(_held(old, old_zones, live)):
        path, device = before[name]
        if name not in after or after[name][0] != path:
            problems.append(_problem(new, path, f"{name!r} belongs to a live incident and would be removed"))
            continue
        other = after[name][1]
        for key in _differences(path, device, other):
            problems.append(_problem(new, key, f"{name!r} belongs to a live incident and would be changed"))
        if _moved(device, other, old_zones, new_zones):
            zone = getattr(other, "zone", None)
            what = f"{name!r} belongs to a live incident and would lie in other zones"
            problems.append(_problem(new, f"zones[{zone}].parent", what))
    return in_order(problems)


def _changed_frame(old: Config, new: Config) -> Iterator[tuple[str, str]]:
    if old.campus.id != new.campus.id:
        yield "campus.id", "the campus of a live incident would be another one"
    if old.store.directory != new.store.directory:
        yield "store.directory", "the record of a live incident would be left behind"


def another_record(old: Config, new: Checked) -> tuple[Problem, ...]:
    """What the record in this store cannot follow: it is one campus's, and holds no other's (contract section 1)."""
    if new.sound is None or old.campus.id == new.sound.campus.id:
        return ()
    what = f"the record in this store is that of campus {old.campus.id!r}"
    do = "keep that id, or give the new campus a store: {directory: …} of its own and start on it"
    return (_problem(new, "campus.id", what, do),)


def only_at_a_start(old: Config, new: Checked) -> tuple[Problem, ...]:
    """What a reload cannot take over."""
    problems = another_record(old, new)
    if not problems and new.sound is not None and old.store.directory != new.sound.store.directory:
        what = f"the record goes on in {old.store.directory!r} until the daemon is started anew"
        problems = (_problem(new, "store.directory", what, "restart the daemon to begin one there"),)
    return problems


Device = Controller | Input | Door | Button | Output


def _devices(config: Config) -> dict[str, tuple[str, Device]]:
    found: dict[str, tuple[str, Device]] = {}
    for section in _SECTION:
        devices: tuple[Device, ...] = getattr(config, section)
        for one in devices:
            found[one.id] = (f"{section}[{one.id}]", one)
    return found


def _held(config: Config, zones: Zones, live: frozenset[str]) -> set[str]:
    """The devices themselves, the inputs that protect the doors among them, and the controllers of all these."""
    devices = _devices(config)
    wiring = wiring_of(config, zones)
    held = {name for name in live if name in devices}
    for name in tuple(held):
        own = wiring.get(DoorId(name))
        if own is not None:
            held |= {*own.rex, *own.exit_buttons, *own.fire}
    for name in tuple(held):
        device = devices[name][1]
        wired = device.wired if isinstance(device, Button) else device
        controller = getattr(wired, "controller", None)
        if controller in devices:
            held.add(controller)
    return held


def _differences(path: str, old: Struct, new: Struct) -> Iterator[str]:
    """The deepest keys in which two sections differ."""
    if type(old) is not type(new):
        yield f"{path}.driver"
        return
    free = _FREE.get(type(old), frozenset()) | _ALWAYS_FREE
    for key in old.__struct_fields__:
        before, after = getattr(old, key), getattr(new, key)
        if before == after or key in free:
            continue
        if isinstance(before, Struct) and isinstance(after, Struct):
            yield from _differences(f"{path}.{key}", before, after)
        else:
            yield f"{path}.{key}"


def _moved(old: Device, new: Device, old_zones: Zones, new_zones: Zones) -> bool:
    """Whether a zone above it changed although its own key did not."""
    if isinstance(old, Input):
        named = [ZoneId(zone) for zone in old.zones]
        return any(old_zones.within.get(zone) != new_zones.within.get(zone) for zone in named)
    zone = getattr(old, "zone", None)
    if zone is None or zone != getattr(new, "zone", None):
        return False
    return old_zones.above.get(ZoneId(zone)) != new_zones.above.get(ZoneId(zone))


def _problem(new: Checked, path: str, what: str, do: str = _DO) -> Problem:
    at = path
    while at and at not in new.lines:
        at = at[: max(at.rfind("."), at.rfind("["), 0)]
    return Problem(new.file, new.lines.get(at, 1), path, what, do)
