"""By how many unlike ways people of a zone are told in a lockdown: what fails one way seldom fails another."""

from collections.abc import Iterable, Mapping
from typing import Final

from rules.model.ids import OutputId, ZoneId
from rules.model.school import OUTPUT_MODES
from rules.plan import OutputPlan, ZonePlan

WAYS: Final[Mapping[str, str]] = {
    "modbus-coil": "light",
    "osdp-output": "light",
    "rtp-paging": "voice",
    "sip-paging": "voice",
    "screens": "screen",
    "cap-feed": "feed",
    "webhook": "webhook",
    "smtp": "mail",
    "gsm-modem": "short-message",
}
"""What tells people, by the driver of an output; two of the same way are alike."""
FEWEST: Final = 2


def told_one_way(
    zones: Mapping[ZoneId, ZonePlan], outputs: Mapping[OutputId, OutputPlan], used: Iterable[ZoneId]
) -> tuple[ZoneId, ...]:
    """Of these zones, those where at some time of the school's day fewer than two unlike outputs tell of a lockdown.

    A lockdown is of the whole campus: what lies in a zone or above it tells everybody there, and what lies below only some.
    """
    staff = [one for one in outputs.values() if one.audience == "staff"]
    ready = [one for one in staff if one.commissioned and one.driver in WAYS]
    return tuple(
        zone
        for zone in dict.fromkeys(used)
        if any(len(_ways(ready, zones[zone].above, mode)) < FEWEST for mode in OUTPUT_MODES)
    )


def _ways(outputs: Iterable[OutputPlan], covering: tuple[ZoneId, ...], mode: str) -> set[str]:
    return {WAYS[one.driver] for one in outputs if one.zone in covering and mode in one.modes}
