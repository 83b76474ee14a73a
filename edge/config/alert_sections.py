"""Detectors and telephone systems as the file has them: what reports, and by which way."""

from typing import Annotated, Final, Literal

from msgspec import Meta, field

from edge.config.devices import CameraRef, Name, Slug, ZoneRef
from edge.config.fields import Section, duration, form, says
from rules.model.alerts import Detected

ANSWER_WITHIN_US: Final = 60_000_000
AFTER: Final = "From then on unanswered, it is a flag by name. Default 60s."
Confirmed = Literal["lockdown", "secure", "hold-in-place", "shelter", "evacuate", "staff-assist"]
"""What a confirmed report may start: nothing that is silent, and nothing that only a fire panel knows."""
SilenceLimit = Annotated[
    int,
    duration("Longest time between its reports. Without it nobody notices a dead one: a flag.", "10s", "7d"),
]
Answered = Annotated[int, duration(AFTER, "10s", "1h")]


class ReportTopic(Section, frozen=True, kw_only=True):
    """Where it reports by MQTT: the topic itself, and below it status."""

    topic: Annotated[str, form("topic", "Its own whole topic, such as campus/detector/gun-front.")]


class ReportWebhook(Section, frozen=True, kw_only=True):
    """It reports by HTTPS, with a token of role detector, signed by the Standard Webhooks scheme."""

    secret_file: Annotated[
        str,
        form("file", "File with the secret that it signs with: whsec_ and base64.", holds="webhook-secret"),
    ]


class DetectorSection(Section, frozen=True, kw_only=True):
    """A weapon or gunshot detector. Its report waits for a person: it locks nothing and calls nobody."""

    id: Slug
    name: Name
    detects: Annotated[Detected, says("What it reports where its message does not say.")]
    zone: ZoneRef
    cameras: Annotated[tuple[CameraRef, ...], Meta(max_length=8)] = ()
    response: Annotated[Confirmed, says("What a person who confirms starts. Default lockdown.")] = "lockdown"
    mqtt: ReportTopic | None = None
    webhook: ReportWebhook | None = None
    answer_within: Answered = ANSWER_WITHIN_US
    silence_limit: SilenceLimit | None = None


class Extension(Section, frozen=True, kw_only=True):
    """Where a telephone stands (RAY BAUM's Act: floor, room or the like)."""

    zone: ZoneRef
    place: Annotated[str, form("name", "The place as responders know it, such as Room 101.")]


class PhoneSystemSection(Section, frozen=True, kw_only=True):
    """A telephone system that tells of each 911 call, as Kari's Law asks of it. It locks nothing."""

    id: Slug
    name: Name
    zone: ZoneRef
    extensions: Annotated[
        dict[Annotated[str, form("name", "An extension as the system sends it, in quotes.")], Extension],
        says("Where each telephone stands, by its extension."),
    ] = field(default_factory=dict)
    mqtt: ReportTopic | None = None
    webhook: ReportWebhook | None = None
    answer_within: Answered = ANSWER_WITHIN_US
    silence_limit: SilenceLimit | None = None
