"""Compiles a checked configuration into the plan that rules decide by. Pure, but for the firmware notes' limits."""

from collections.abc import Mapping
from pathlib import Path

from edge.config.alert_sources import detector_plan, phone_system_plan
from edge.config.audience import audience_of
from edge.config.buttons import asks_of, highest_of, scoped
from edge.config.dangling import without_dangling
from edge.config.devices import Bolt, Button, CoilOutput, Door, Input, OsdpOutput, Position
from edge.config.hardware import defects_of, hardware_of, minute_of, mounted_of
from edge.config.model import Config
from edge.config.notes import NOTES, supervision
from edge.config.pack_drills import drills_of
from edge.config.packs import Packs
from edge.config.points import driver_of, lock_point, output_point, register_point, sensor_point
from edge.config.signs import ScreensOutput
from edge.config.topology import Wiring, Zones, covered_by, wiring_of, zones_of
from rules.hardware import NO_RECORD, Defect, flagged, undriven
from rules.interlock_notices import SHOWING, SOUNDING, WRITING
from rules.model.ids import (
    ButtonId,
    CameraId,
    ControllerId,
    DetectorId,
    DoorId,
    InputId,
    OutputId,
    PhoneSystemId,
    ZoneId,
)
from rules.model.responses import Response
from rules.model.school import OUTPUT_MODES
from rules.plan import (
    ButtonPlan,
    CameraPlan,
    CameraSound,
    ControllerPlan,
    DoorKind,
    DoorPlan,
    Escalation,
    InputPlan,
    Lock,
    OutputPlan,
    Plan,
    ResponsePlan,
    RolePlan,
    Sensor,
    Wired,
    ZonePlan,
)
from rules.unlike import told_one_way, without_second

Flag = tuple[str, str]


def compile_plan(config: Config, packs: Packs, config_hash: str, notes: Path = NOTES) -> Plan:
    """The campus as rules know it.

    standing_flags has the codes of `edge/flag_words.py`, and `supervision_unknown` for a button of unknown model.
    config: checked by this version, or by the one that accepted it. Of the latter, see `dangling`.
    """
    config = without_dangling(config)
    zones = zones_of(config)
    wiring = wiring_of(config, zones)
    flags: list[Flag] = []
    if config.policies.perimeter_on_lockdown == "leave" and any(
        one.kind == "exterior" for one in config.doors
    ):
        flags.append(("perimeter_leave", config.campus.id))
    flags += [("detector_unsupervised", one.id) for one in config.detectors if one.silence_limit is None]
    flags += [
        ("phone_system_unsupervised", one.id) for one in config.phone_systems if one.silence_limit is None
    ]
    planned_zones, outputs = _zones(config, zones), _outputs(config, zones, flags)
    used = [one.zone for one in config.doors] + [one.zone for one in config.buttons]
    here = [ZoneId(one) for one in used if ZoneId(one) in planned_zones]
    flags += [("told_one_way", zone) for zone in told_one_way(planned_zones, outputs, here)]
    flags += [("no_second_channel", one) for one in without_second(planned_zones, outputs)]
    return Plan(
        campus=zones.root,
        zones=planned_zones,
        controllers={
            ControllerId(one.id): ControllerPlan(
                ControllerId(one.id), driver_of(one), mounted_of(one) or "attack-side"
            )
            for one in config.controllers
        },
        doors=_doors(config, wiring, packs, flags),
        inputs={InputId(one.id): plan for one in config.inputs if (plan := _input(one, zones)) is not None},
        buttons={
            ButtonId(one.id): planned
            for one in config.buttons
            if (planned := _button(one, zones, packs, notes, flags)) is not None
        },
        outputs=outputs,
        responses=_responses(config, packs),
        pack_hash=packs.hash,
        config_hash=config_hash,
        standing_flags=tuple(dict.fromkeys(flags)),
        cameras={
            CameraId(one.id): CameraPlan(
                CameraId(one.id),
                one.name,
                ZoneId(one.zone),
                tuple(DoorId(door) for door in one.doors),
                one.offline_after,
                None
                if one.audio is None
                else CameraSound(one.audio.by, one.audio.legal_note, one.audio.date),
            )
            for one in config.cameras
        },
        detectors={
            DetectorId(one.id): detector_plan(one, zones, campus_wide=_campus_wide(packs))
            for one in config.detectors
        },
        phone_systems={PhoneSystemId(one.id): phone_system_plan(one) for one in config.phone_systems},
        self_test_at=minute_of(config.policies.self_test.at),
        flags=packs.flags,
        packs=packs.versions,
        transitions=packs.transitions,
        dry_run_at=packs.flags.dry_run_at
        if config.policies.dry_run is None
        else minute_of(config.policies.dry_run.at),
        tasks=packs.tasks,
        statements=packs.statements,
        district=config.district is not None,
        roles={one.role: RolePlan(one.primary, one.deputies) for one in config.policies.incident_roles},
        responder_access=""
        if config.policies.perimeter_approved is None
        else config.policies.perimeter_approved.responder_access,
        drills=drills_of(config),
        unacknowledged_after_us=config.policies.unacknowledged_after,
    )


def _campus_wide(packs: Packs) -> frozenset[Response]:
    return frozenset(response for response, row in packs.responses.items() if row.scope == "campus")


def _zones(config: Config, zones: Zones) -> dict[ZoneId, ZonePlan]:
    names = {zone.id: zone.name for zone in config.zones} | {config.campus.id: config.campus.name}
    return {
        zone: ZonePlan(zone, names[zone], zones.parent.get(zone), zones.within[zone], above)
        for zone, above in zones.above.items()
    }


def _doors(
    config: Config, wiring: Mapping[DoorId, Wiring], packs: Packs, flags: list[Flag]
) -> dict[DoorId, DoorPlan]:
    controllers = {one.id: one for one in config.controllers}
    plans = {}
    for door in config.doors:
        found = defects_of(door, controllers, wiring, packs.hardware)
        own = wiring[DoorId(door.id)]
        defects = undriven(found)
        flags += [(code, door.id) for code in (*_door_flags(found), *flagged(found))]
        plans[DoorId(door.id)] = DoorPlan(
            id=DoorId(door.id),
            name=door.name,
            zone=ZoneId(door.zone),
            kind=door.kind,
            controller=ControllerId(door.controller),
            lock=_lock(door),
            bolt=_sensor(door.controller, door.bolt),
            position=_sensor(door.controller, door.position),
            hardware=hardware_of(door.hardware) if door.hardware is not None else None,
            defects=defects,
            rex=own.rex,
            exit_buttons=own.exit_buttons,
            fire=own.fire,
        )
    return plans


def _door_flags(found: tuple[Defect, ...]) -> list[str]:
    """What is a shortcoming: delayed egress works as its own controller does, and is none."""
    if any(one.code == NO_RECORD for one in found):
        return ["door_no_record"]
    return ["door_defect"] if any(one.effect == "refuse" for one in found) else []


def _lock(door: Door) -> Lock | None:
    point = lock_point(door.controller, door.lock) if door.lock is not None else None
    return Lock(point, door.lock.locked_when) if point is not None and door.lock is not None else None


def _sensor(controller: str, one: Bolt | Position | None) -> Sensor | None:
    point = sensor_point(controller, one) if one is not None else None
    if one is None or point is None:
        return None
    when = one.thrown_when if isinstance(one, Bolt) else one.closed_when
    return Sensor(point, when, one.freshness)


def _input(one: Input, zones: Zones) -> InputPlan | None:
    point = sensor_point(one.controller, one)
    if point is None:
        return None
    return InputPlan(
        id=InputId(one.id),
        kind=one.kind,
        controller=ControllerId(one.controller),
        sensor=Sensor(point, one.active_when, one.freshness),
        zones=covered_by(one, zones),
        doors=tuple(DoorId(door) for door in one.doors),
    )


def _button(button: Button, zones: Zones, packs: Packs, notes: Path, flags: list[Flag]) -> ButtonPlan | None:
    asks = asks_of(button, zones, packs)
    if not asks:
        return None
    more, escalation = button.escalate_after, None
    if more is not None and (ask := scoped(more.response, more.scope, button, zones, packs)) is not None:
        escalation = Escalation(more.presses, more.within, ask)
    wired = _wired(button)
    limit_us = None
    if wired is None:  # a wired button is supervised by reading its board
        watched = supervision(button.silence_limit, button.model, notes)
        limit_us = watched.limit_us
        if watched.why:
            flags.append((watched.why, button.id))
    may_ask = (*asks.values(), *([escalation.ask] if escalation is not None else ()))
    if any(ask.response == "lockdown" and ask.zone != zones.root for ask in may_ask):
        flags.append(("narrow_lockdown", button.id))
    return ButtonPlan(
        id=ButtonId(button.id),
        name=button.name,
        zone=ZoneId(button.zone),
        room=button.room or "",
        wired=wired,
        asks=asks,
        highest=highest_of(asks.values(), zones, packs),
        escalation=escalation,
        silence_limit_us=limit_us,
    )


def _wired(button: Button) -> Wired | None:
    one = button.wired
    point = sensor_point(one.controller, one) if one is not None else None
    if one is None or point is None:
        return None
    return Wired(
        controller=ControllerId(one.controller),
        contact=Sensor(point, one.pressed_when, one.freshness),
        counter=register_point(one.controller, one.counter),
        latch=register_point(one.controller, one.latch),
    )


def _outputs(config: Config, zones: Zones, flags: list[Flag]) -> dict[OutputId, OutputPlan]:
    plans = {}
    for one in config.outputs:
        point = output_point(one) if isinstance(one, CoilOutput | OsdpOutput) else None
        zone = ZoneId(one.zone) if one.zone is not None else zones.root
        plans[OutputId(one.id)] = OutputPlan(
            OutputId(one.id),
            _driver_name(one),
            zone,
            point,
            one.commissioned,
            OUTPUT_MODES if isinstance(one, CoilOutput | OsdpOutput) else frozenset(one.hours),
            one.rooms if isinstance(one, ScreensOutput) else (),
            audience_of(one),
        )
        if one.commissioned is None:
            flags.append(("output_not_commissioned", one.id))
        elif point is None and plans[OutputId(one.id)].driver not in SOUNDING | WRITING | SHOWING:
            flags.append(("output_not_driven", one.id))
    return plans


def _driver_name(one: object) -> str:
    return str(type(one).__struct_config__.tag)  # type: ignore[attr-defined]


def _responses(config: Config, packs: Packs) -> dict[Response, ResponsePlan]:
    """The pack with the site's perimeter choice applied: without one, lockdown leaves the perimeter as it is."""
    lock_perimeter = config.policies.perimeter_on_lockdown == "lock"
    plans = {}
    for response, row in packs.responses.items():
        outside = row.perimeter == "always" or (row.perimeter == "policy" and lock_perimeter)
        exterior: frozenset[DoorKind] = frozenset({"exterior"}) if outside else frozenset()
        plans[response] = ResponsePlan(
            response, row.rank, row.scope, row.silent, row.locks | exterior, row.outputs, row.sounds, row.messages,
            row.start, row.change, row.end, row.owner, row.says, row.nearest, row.end_asks,
        )  # fmt: skip
    return plans
