"""Outputs that people see: a feed that signs and desktops fetch, screens in rooms; and what any output is. Contract section 3."""

from typing import Annotated, Literal

from edge.config.devices import (
    ALWAYS,
    CoilOutput,
    Commissioned,
    MailOutput,
    Name,
    OsdpOutput,
    OutputAudience,
    OutputHours,
    PagingOutput,
    Slug,
    SmsOutput,
    WebhookOutput,
    ZoneRef,
)
from edge.config.fields import Section, form, says
from edge.config.telephones import SipPagingOutput
from rules.model.responses import Response


class FeedOutput(Section, frozen=True, kw_only=True, tag_field="driver", tag="cap-feed"):
    """A CAP 1.2 feed at /cap/ID on the page's own port, for signs and desktops that fetch it with a token."""

    id: Slug
    name: Name | None = None
    language: (
        Annotated[str, form("language", "A second language beside English, as BCP 47 has it: es-US.")] | None
    ) = None
    words: (
        Annotated[
            dict[Literal[Response, "all-clear"], Annotated[str, form("text", "What is said, in one line.")]],
            says("What is said in it, by response, and by all-clear."),
        ]
        | None
    ) = None
    zone: ZoneRef | None = None
    audience: OutputAudience = "staff"
    hours: OutputHours = ALWAYS
    commissioned: Commissioned | None = None


class ScreensOutput(Section, frozen=True, kw_only=True, tag_field="driver", tag="screens"):
    """Browsers left open in rooms at /screen/ROOM on the page's own port: they show what holds, and take an answer."""

    id: Slug
    name: Name | None = None
    rooms: tuple[
        Annotated[
            str,
            form("room", "A room with a screen, as people call it. Without any: screens of the whole zone."),
        ],
        ...,
    ] = ()
    zone: ZoneRef
    hours: OutputHours = ALWAYS
    commissioned: Commissioned | None = None


Output = (
    CoilOutput
    | OsdpOutput
    | PagingOutput
    | SipPagingOutput
    | MailOutput
    | WebhookOutput
    | SmsOutput
    | FeedOutput
    | ScreensOutput
)
