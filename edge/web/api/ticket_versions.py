"""Both versions of a ticket's field that campus and district wrote without having seen the other's."""

from datetime import UTC, datetime
from typing import Any, Literal

from msgspec import Struct

from edge.web.api.forms import Time


class Version(Struct, frozen=True, kw_only=True):
    """What one side wrote of a field. value: `""` takes it away, or was erased. site: where it was written. why: of a state.
    holds: it is what the ticket says now.
    """

    value: str
    actor: str
    at: Time
    site: Literal["campus", "district"]
    why: str
    holds: bool


class Versions(Struct, frozen=True, kw_only=True):
    """A field that campus and district wrote without having seen the other's, the one that holds first. rule: see `/rules`."""

    field: str
    rule: str
    said: list[Version]


def versions_of(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of a ticket as the book has it, as the models take them."""
    return [
        {**one, "said": [{**each, "at": rfc3339(each["at_us"])} for each in one["said"]]}
        for one in told["versions"]
    ]


def rfc3339(us: int) -> str:
    """UTC, whole seconds."""
    return datetime.fromtimestamp(us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
