"""What a key of the configuration is, said once: its form, what it refers to, its words for people."""

from typing import Any, Final, Literal

from msgspec import Meta, Struct

from edge.config.forms import FORMS

Refers = Literal["zone", "controller", "door", "camera", "none"]
Holds = Literal[
    "none",
    "osdp-key",
    "password",
    "credentials",
    "token",
    "ca",
    "certificate",
    "private-key",
    "client-certificate",
    "client-key",
    "public-key",
    "pack",
    "webhook-secret",
]
"""What the file that a key names holds; `certificate` and `private-key` are the page's."""

FORM: Final = "form"
REFERS: Final = "refers"
HOLDS: Final = "holds"
LEAST: Final = "least"
MOST: Final = "most"
"""Names under which a key's facts lie in msgspec's metadata; `shapes` reads them."""


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping of the configuration: its keys are these fields and no others."""


def says(description: str) -> Meta:
    """A key without a form of its own: a number, a word of a list, a section."""
    return Meta(description=description)


def form(name: str, description: str, refers: Refers = "none", holds: Holds = "none") -> Meta:
    """A text key with a form of `forms.FORMS`."""
    extra: dict[str, Any] = {FORM: name}
    if refers != "none":
        extra[REFERS] = refers
    if holds != "none":
        extra[HOLDS] = holds
    return Meta(description=description, extra=extra, extra_json_schema=dict(FORMS[name].schema))


def duration(description: str, least: str, most: str, form_name: str = "duration") -> Meta:
    """A duration within bounds, both included and written as in the file; read as microseconds."""
    extra: dict[str, Any] = {FORM: form_name, LEAST: least, MOST: most}
    said = f"{description} From {least} to {most}."
    return Meta(description=said, extra=extra, extra_json_schema=dict(FORMS[form_name].schema))


def number(description: str, least: int, most: int) -> Meta:
    """A whole number within bounds, both included."""
    return Meta(description=description, ge=least, le=most)
