"""What the accepted configuration says to the book: each configured device is an asset, and there is no second list."""

from collections.abc import Iterator
from pathlib import Path

from edge.book.messages import DeviceLine, Open
from edge.config.model import Config
from edge.config.pack_inspections import inspections_of
from edge.config.pack_merging import shipped_merging
from edge.config.pack_sweep import LIMITS, shipped_sweep, with_limits
from edge.config.pack_tickets import shipped_tickets, with_policies
from rules.plan import Plan


def opened(config: Config, plan: Plan, store: Path) -> Open:
    """How the book works from now on."""
    sweep = {name: limit for name in LIMITS if (limit := getattr(config.policies.sweep, name)) is not None}
    return Open(
        str(store),
        plan.campus,
        config.campus.timezone,
        tuple(_devices(config)),
        {zone.id: zone.above for zone in plan.zones.values()},
        None if config.policies.retention is None else config.policies.retention.other,
        with_policies(shipped_tickets(), config.policies.tickets.after),
        with_limits(shipped_sweep(), sweep),
        inspections_of(config),
        plan.flags.map_days,
        shipped_merging(),
    )


def _devices(config: Config) -> Iterator[DeviceLine]:
    root = config.campus.id
    for controller in config.controllers:
        model = getattr(controller, "model", None) or ""
        yield DeviceLine(controller.id, "controller", root, "", model, None)
    for one in config.inputs:
        yield DeviceLine(one.id, "input", one.zones[0] if one.zones else root, "", "", one.controller)
    for door in config.doors:
        yield DeviceLine(door.id, "door", door.zone, door.name or "", "", door.controller, door.kind)
    for button in config.buttons:
        of = None if button.wired is None else button.wired.controller
        yield DeviceLine(button.id, "button", button.zone, button.name or "", button.model or "", of)
    for camera in config.cameras:
        yield DeviceLine(camera.id, "camera", camera.zone, camera.name or "", camera.model or "", None)
    for output in config.outputs:
        yield DeviceLine(
            output.id, "output", output.zone or root, "", "", getattr(output, "controller", None)
        )
