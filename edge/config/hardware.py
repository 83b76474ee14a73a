"""Doors against the hardware truth table: each contradiction of a record, and what is never driven."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import product
from math import prod
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from edge.config.collect import Collected
from edge.config.devices import Controller, Door, HardwareRecord, Osdp
from edge.config.model import Config
from edge.config.points import lock_point
from edge.config.report import Report
from edge.config.topology import Wiring, Zones, wiring_of
from rules.hardware import Context, Defect, Table, judge
from rules.model.ids import ControllerId, DoorId, Point
from rules.plan import Hardware, Hours, Lock, Mounted, Stair

_NOWHERE: Final = Point(ControllerId(""), "coil", 0)


def mounted_of(controller: Controller | None) -> Mounted | None:
    """Boards on Modbus sit in a cabinet; an OSDP device is where the file says, None where it does not."""
    return controller.mounted if isinstance(controller, Osdp) else "secure-side"


def hardware_of(record: HardwareRecord) -> Hardware:
    """A commissioning record as the rules want it."""
    return Hardware(
        type=record.type,
        egress=record.egress,
        on_power_loss=record.on_power_loss,
        on_comm_loss=record.on_comm_loss,
        relay=record.relay,
        fire_rated=record.fire_rated,
        travel_us=record.travel,
        rest=record.rest,
        commissioned=record.commissioned,
        by=record.by,
        self_test=_hours(record.self_test.hours) if record.self_test is not None else None,
        stair=Stair(record.stair.side, record.stair.discharge) if record.stair is not None else None,
        reentry_release=record.reentry_release,
        fire_release_tested=record.fire_release_tested,
        ahj_note=record.ahj_note,
    )


def _hours(text: str) -> Hours:
    start, end = (minute_of(part) for part in text.split("-"))
    return Hours(start, end)


def minute_of(time_of_day: str) -> int:
    """`03:30` as minutes after midnight."""
    return int(time_of_day[:2]) * 60 + int(time_of_day[3:])


def defects_of(
    door: Door, controllers: Mapping[str, Controller], wiring: Mapping[DoorId, Wiring], table: Table
) -> tuple[Defect, ...]:
    """What the truth table says of one door as wired."""
    around = wiring[DoorId(door.id)]
    context = Context(
        kind=door.kind,
        mounted=mounted_of(controllers.get(door.controller)),
        rex=bool(around.rex),
        exit_button=bool(around.exit_buttons),
        fire=bool(around.fire),
    )
    hardware = hardware_of(door.hardware) if door.hardware is not None else None
    lock = None
    if door.lock is not None:
        lock = Lock(lock_point(door.controller, door.lock) or _NOWHERE, door.lock.locked_when)
    return judge(table, hardware, lock, context)


def check_hardware(
    config: Config, zones: Zones, table: Table, today: date, found: Collected, report: Report
) -> None:
    """Every record by the table; then what the table has no row for.

    Where inputs or controllers were left out for a slip of their own, what rests on them is not judged. Of a record
    with a word that is none, what is wrong whatever the word was meant to be.
    """
    hurt = found.hurt
    controllers = {one.id: one for one in config.controllers}
    wiring = wiring_of(config, zones)
    for door in config.doors:
        at = f"doors[{door.id}]"
        for defect in _certain(door, found.unsure, lambda one: defects_of(one, controllers, wiring, table)):
            if _rests_on_hurt(defect, door, controllers, hurt):
                continue
            keys = [f"{at}.{key}" for key in defect.keys]
            if defect.effect == "refuse":
                report.refuse(keys, defect.what, defect.do)
            else:
                report.note(keys, defect.what, defect.do)
        if door.hardware is not None and f"{at}.kind" not in found.unsure:
            _check_record(door, door.hardware, today, report)
        _note_attack_side_evidence(door, controllers, report)


def _certain(
    door: Door, unsure: Mapping[str, tuple[object, ...]], judged: Callable[[Door], tuple[Defect, ...]]
) -> tuple[Defect, ...]:
    """The defects that the door has whatever its unsure words were meant to be."""
    at = f"doors[{door.id}]."
    keys = [
        (path.removeprefix(at).split("."), meant) for path, meant in unsure.items() if path.startswith(at)
    ]
    if prod(len(meant) for _, meant in keys) > _MOST_MEANINGS:
        return ()
    meanings = []
    for words in product(*(meant for _, meant in keys)):
        one: Struct = door
        for (key, _), word in zip(keys, words, strict=True):
            one = _with(one, key, word)
        meanings.append(judged(one if isinstance(one, Door) else door))
    return tuple(defect for defect in meanings[0] if all(defect in other for other in meanings))


def _with(section: Struct, key: Sequence[str], word: object) -> Struct:
    first, *rest = key
    return replace(section, **{first: _with(getattr(section, first), rest, word) if rest else word})


_MOST_MEANINGS: Final = 500
_NEEDS_INPUTS: Final = frozenset(
    {
        "no_fire_input",
        "sensor_release_without_rex",
        "sensor_release_without_exit_button",
        "stair_without_fire_input",
    }
)


def _rests_on_hurt(defect: Defect, door: Door, controllers: Mapping[str, Controller], hurt: set[str]) -> bool:
    if defect.code in _NEEDS_INPUTS:
        return bool(hurt & {"inputs", "zones"})
    return defect.code in ("attack_side", "mounting_unsaid") and door.controller not in controllers


def _check_record(door: Door, record: HardwareRecord, today: date, report: Report) -> None:
    at = f"doors[{door.id}].hardware"
    if record.self_test is not None and door.kind == "exterior":
        what = "an exterior door is never exercised unattended"
        report.refuse(
            (f"doors[{door.id}].kind", f"{at}.self_test"), what, "remove self_test; test it in a walk"
        )
    dates = (
        ("commissioned", record.commissioned),
        ("reentry_release", record.reentry_release),
        ("fire_release_tested", record.fire_release_tested),
    )
    for key, said in dates:
        if said is not None and said > today.isoformat():
            report.note(f"{at}.{key}", f"{said} is after today", "correct the date, or this machine's clock")


def _note_attack_side_evidence(door: Door, controllers: Mapping[str, Controller], report: Report) -> None:
    """A contact behind an attack-side reader can be forged at its screws."""
    controller = controllers.get(door.controller)
    if isinstance(controller, Osdp) and controller.mounted == "attack-side" and (door.bolt or door.position):
        at = f"doors[{door.id}]"
        what = f"its evidence is wired to {controller.id!r} on the attack side, where it can be forged"
        report.note((f"{at}.bolt", f"{at}.position"), what, "wire the contacts to a board on the secure side")
