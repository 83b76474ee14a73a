"""What holds in a zone, and what follows from it for what people there see and hear."""

from rules.model.ids import ZoneId
from rules.model.kinds import KindWord
from rules.plan import Plan
from rules.state import Incident, Record, ZoneState


def effective(plan: Plan, record: Record, zone: ZoneId) -> ZoneState | None:
    """What holds in a zone: the highest-ranked response of its own and its ancestors', the nearest of equals."""
    held = [record.zones[one] for one in plan.zones[zone].above if one in record.zones]
    return max(held, key=lambda own: plan.responses[own.response].rank, default=None)


def of_kind(plan: Plan, record: Record, zone: ZoneId, kind: KindWord) -> ZoneState | None:
    """As `effective`, of one kind alone: what a drill says outranks nothing that is real."""
    held = [record.zones[one] for one in plan.zones[zone].above if one in record.zones]
    same = [own for own in held if own.kind == kind]
    return max(same, key=lambda own: plan.responses[own.response].rank, default=None)


def lit(plan: Plan, record: Record) -> frozenset[ZoneId]:
    """The zones in which what holds has on-site outputs on.

    A strobe says: stay in. It is not lit where people are told to leave, whatever less grave was asked for there. What a
    drill has people do outranks nothing that is real, in the moment too in which the real one ends it.
    """
    held = (
        (zone, of_kind(plan, record, zone, "real") or effective(plan, record, zone)) for zone in plan.zones
    )
    return frozenset(zone for zone, own in held if own is not None and plan.responses[own.response].outputs)


def zones_of(record: Record, live: Incident) -> tuple[ZoneId, ...]:
    """Where an incident is: each zone with a response of it or in which it is played, and where its gravest is.

    Two presses in two zones are one incident, and so is a campus that is led out while a part of it is locked down.
    """
    held = (zone for zone, own in record.zones.items() if own.incident == live.id)
    return tuple(dict.fromkeys((live.zone, *held, *(zone for zone, _ in live.played))))


def within(plan: Plan, record: Record, live: Incident) -> frozenset[ZoneId] | None:
    """The zones of an incident and all below; None: one of them left the configuration, and it is everywhere."""
    zones = zones_of(record, live)
    if any(one not in plan.zones for one in zones):
        return None
    return frozenset(below for one in zones for below in plan.zones[one].within)
