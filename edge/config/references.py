"""Ids and what refers to them: unique in the whole file, known; zones without loops; inputs of use."""

from typing import Final

from edge.config.collect import Collected, nearest
from edge.config.model import Config
from edge.config.report import Report
from edge.config.topology import DEEPEST, Zones

RESERVED: Final = frozenset({"zone", "campus"})
"""Words of `scope`: a zone so named could not be told from them. The campus itself may be called `campus`."""
_SECTION: Final = {"zone": "zones", "controller": "controllers", "door": "doors", "camera": "cameras"}


def check_references(config: Config, found: Collected, zones: Zones, report: Report) -> None:
    """Every id once, every reference known."""
    _check_ids(found, report)
    _check_known(config, found, report)
    _check_zones(config, zones, report)
    _check_inputs(config, report)


def _check_ids(found: Collected, report: Report) -> None:
    first: dict[str, str] = {}
    for path, name in found.ids:
        earlier = first.setdefault(name, path)
        if earlier != path:
            what = f"id {name!r} is used twice: here and at {earlier.removesuffix('.id')}"
            report.refuse((earlier, path), what, "ids are unique in the whole file: give one another id")
        if name in RESERVED and not path.startswith("campus"):
            report.refuse(path, f"{name!r} is a word of scope and no id", "give it another id")


def _check_known(config: Config, found: Collected, report: Report) -> None:
    known = {kind: _ids_of(found, section) for kind, section in _SECTION.items()}
    known["zone"].add(config.campus.id)
    others = {name: path for path, name in found.ids}
    for one in found.references:
        if one.id in known[one.kind]:
            continue
        elsewhere = others.get(one.id, "").partition("[")[0]
        do = f"{one.id!r} is one of {elsewhere}" if elsewhere else nearest(one.id, known[one.kind])
        report.refuse(
            one.path, f"there is no {one.kind} {one.id!r}", do or f"add it under {_SECTION[one.kind]}:"
        )


def _ids_of(found: Collected, section: str) -> set[str]:
    """Also of items that were left out for another slip: what refers to them is not wrong."""
    return {name for path, name in found.ids if path.startswith(f"{section}[")}


def _check_zones(config: Config, zones: Zones, report: Report) -> None:
    for zone in config.zones:
        if zone.id in zones.loops:
            what = f"zone {zone.id!r} lies within itself, or deeper than {DEEPEST} zones"
            report.refuse(f"zones[{zone.id}].parent", what, "correct one parent: on the way up to the campus")


def _check_inputs(config: Config, report: Report) -> None:
    for one in config.inputs:
        at = f"inputs[{one.id}]"
        match one.kind:
            case "fire-alarm":
                if not one.zones:
                    what = "a fire-alarm input covers no zone, so it would free nothing"
                    report.refuse(
                        (f"{at}.zones", f"{at}.kind"), what, "add zones: [ ] with what the relay stands for"
                    )
                if one.doors:
                    report.refuse(
                        f"{at}.doors",
                        "a fire-alarm input covers zones, not doors",
                        "name their zones instead",
                    )
            case "rex" | "exit-button":
                if not one.doors:
                    report.refuse(
                        (f"{at}.doors", f"{at}.kind"), f"a {one.kind} input opens no door", "add doors: [ ]"
                    )
                if one.zones:
                    report.refuse(
                        f"{at}.zones",
                        f"a {one.kind} input belongs to doors",
                        "name them under doors: instead",
                    )
            case "glass-break" | "tamper":
                pass
        for key, names in (("zones", one.zones), ("doors", one.doors)):
            if len(set(names)) < len(names):
                report.refuse(f"{at}.{key}", "names one of them twice", "keep each once")
