"""Makes whole what an earlier version accepted and this one cannot read in every part. Pure.

A checked configuration passes through unchanged. Of another one, what is wired to a controller that was left out is
left out too, so that nothing is driven or trusted that nobody can find; what lies in a lost zone lies in the campus.
"""

from collections.abc import Set as AbstractSet
from typing import TypeVar

from msgspec import structs

from edge.config.alert_sections import DetectorSection, PhoneSystemSection
from edge.config.devices import Button, Camera, CoilOutput, Door, Input, OsdpOutput
from edge.config.model import Config
from edge.config.signs import Output

_InZone = TypeVar("_InZone", Door, Button, Camera, DetectorSection, PhoneSystemSection)


def without_dangling(config: Config) -> Config:
    """Every controller, zone and door that is named in the result is in it."""
    controllers = {one.id for one in config.controllers}
    zones = {zone.id for zone in config.zones} | {config.campus.id}
    campus = config.campus.id
    doors = tuple(_placed(one, zones, campus) for one in config.doors if one.controller in controllers)
    found = structs.replace(
        config,
        doors=doors,
        inputs=_inputs(config, controllers, zones, {one.id for one in doors}),
        buttons=tuple(
            _placed(one, zones, campus)
            for one in config.buttons
            if one.wired is None or one.wired.controller in controllers
        ),
        outputs=_outputs(config, controllers, zones),
        cameras=_cameras(config, zones, {one.id for one in doors}),
        detectors=_detectors(config, zones),
        phone_systems=tuple(_telephones(_placed(one, zones, campus), zones) for one in config.phone_systems),
    )
    return config if found == config else found


def _inputs(
    config: Config, controllers: AbstractSet[str], zones: AbstractSet[str], doors: AbstractSet[str]
) -> tuple[Input, ...]:
    """An input that loses a zone covers the campus instead: a fire alarm may free too much, never too little."""
    found = []
    for one in config.inputs:
        if one.controller not in controllers:
            continue
        known = tuple(zone for zone in one.zones if zone in zones)
        found.append(
            structs.replace(
                one,
                zones=known if len(known) == len(one.zones) else (config.campus.id,),
                doors=tuple(door for door in one.doors if door in doors),
            )
        )
    return tuple(found)


def _cameras(config: Config, zones: AbstractSet[str], doors: AbstractSet[str]) -> tuple[Camera, ...]:
    placed = (_placed(one, zones, config.campus.id) for one in config.cameras)
    return tuple(
        structs.replace(one, doors=tuple(door for door in one.doors if door in doors)) for one in placed
    )


def _detectors(config: Config, zones: AbstractSet[str]) -> tuple[DetectorSection, ...]:
    cameras = {one.id for one in config.cameras}
    placed = (_placed(one, zones, config.campus.id) for one in config.detectors)
    return tuple(
        structs.replace(one, cameras=tuple(camera for camera in one.cameras if camera in cameras))
        for one in placed
    )


def _telephones(one: PhoneSystemSection, zones: AbstractSet[str]) -> PhoneSystemSection:
    """A telephone in a lost zone counts as where its system is."""
    return structs.replace(
        one,
        extensions={
            number: at if at.zone in zones else structs.replace(at, zone=one.zone)
            for number, at in one.extensions.items()
        },
    )


def _outputs(config: Config, controllers: AbstractSet[str], zones: AbstractSet[str]) -> tuple[Output, ...]:
    found: list[Output] = []
    for one in config.outputs:
        if isinstance(one, CoilOutput | OsdpOutput) and one.controller not in controllers:
            continue
        lost = one.zone is not None and one.zone not in zones
        found.append(structs.replace(one, zone=config.campus.id) if lost else one)
    return tuple(found)


def _placed(one: _InZone, zones: AbstractSet[str], campus: str) -> _InZone:
    return one if one.zone in zones else structs.replace(one, zone=campus)
