"""Detectors and telephone systems of a configuration: what is refused of them, and what rules know of them."""

from edge.config.alert_sections import DetectorSection, PhoneSystemSection
from edge.config.report import Report
from edge.config.topology import Zones
from rules.model.ids import CameraId, DetectorId, PhoneSystemId, ZoneId
from rules.model.responses import Ask, Response
from rules.plan import DetectorPlan, PhoneSystemPlan


def check_alert_sources(
    detectors: tuple[DetectorSection, ...],
    phones: tuple[PhoneSystemSection, ...],
    *,
    broker: bool,
    others: dict[str, str],
    report: Report,
) -> None:
    """Each has one way in, and topics of its own. others: topics of buttons, by button."""
    first = dict(others)
    for kind, sources in (("detectors", detectors), ("phone_systems", phones)):
        for one in sources:
            at = f"{kind}[{one.id}]"
            if (one.mqtt is None) == (one.webhook is None):
                what = "has no way in" if one.mqtt is None else "has two ways in"
                keys = f"{at}.id" if one.mqtt is None else (f"{at}.mqtt", f"{at}.webhook")
                report.refuse(keys, what, "give it mqtt: or webhook:")
            if one.mqtt is None:
                continue
            if not broker:
                do = "add mqtt: with the broker's url, or {embedded: true, listen: …}"
                report.refuse(f"{at}.mqtt", "it reports by MQTT and there is no broker", do)
            for topic in (one.mqtt.topic, f"{one.mqtt.topic}/status"):
                earlier = first.setdefault(topic, one.id)
                if earlier != one.id:
                    report.refuse(
                        f"{at}.mqtt.topic",
                        f"topic {topic!r} is already {earlier!r}",
                        "give each its own topic",
                    )
                    break


def detector_plan(one: DetectorSection, zones: Zones, *, campus_wide: frozenset[Response]) -> DetectorPlan:
    """campus_wide: responses that hold everywhere, by the pack."""
    zone = ZoneId(one.zone)
    return DetectorPlan(
        id=DetectorId(one.id),
        name=one.name,
        detects=one.detects,
        zone=zone,
        cameras=tuple(CameraId(camera) for camera in one.cameras),
        ask=Ask(one.response, zones.root if one.response in campus_wide else zone),
        answer_within_us=one.answer_within,
        silence_limit_us=one.silence_limit,
    )


def phone_system_plan(one: PhoneSystemSection) -> PhoneSystemPlan:
    """As rules know it."""
    return PhoneSystemPlan(
        id=PhoneSystemId(one.id),
        name=one.name,
        zone=ZoneId(one.zone),
        extensions={number: (ZoneId(at.zone), at.place) for number, at in one.extensions.items()},
        silence_limit_us=one.silence_limit,
        answer_within_us=one.answer_within,
    )
