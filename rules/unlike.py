"""By how many unlike ways people are told, and by which those who do not answer: what fails one way seldom fails another."""

from collections.abc import Iterable, Mapping
from typing import Final

from rules.interlock_notices import SCREENS, WRITING
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


def second_ways(
    zones: Mapping[ZoneId, ZonePlan], outputs: Mapping[OutputId, OutputPlan], output: OutputPlan
) -> list[OutputPlan]:
    """Routes by which those can be tried who were told by an output and do not acknowledge: written to, unlike it, tried out.

    What lies in its zone or above it tells the same people. Of which rooms are silent the press learns nothing.
    """
    covering = zones[output.zone].above
    return [
        other
        for other in outputs.values()
        if other.driver in WRITING and WAYS[other.driver] != WAYS[output.driver] and other.zone in covering
        if other.commissioned and other.audience == output.audience
    ]


def without_second(
    zones: Mapping[ZoneId, ZonePlan], outputs: Mapping[OutputId, OutputPlan]
) -> tuple[OutputId, ...]:
    """Outputs by which staff are told and are to acknowledge it, and whom nothing reaches that is unlike and written to."""
    return tuple(
        one.id
        for one in outputs.values()
        if one.commissioned and one.audience == "staff" and one.driver in SCREENS | WRITING
        if not second_ways(zones, outputs, one)
    )


def _ways(outputs: Iterable[OutputPlan], covering: tuple[ZoneId, ...], mode: str) -> set[str]:
    return {WAYS[one.driver] for one in outputs if one.zone in covering and mode in one.modes}
