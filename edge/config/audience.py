"""Whom an output tells: as its section says, and by the number that it calls. Pure."""

from edge.config.emergency_numbers import is_emergency
from edge.config.signs import Output
from edge.config.telephones import SipPagingOutput
from rules.model.notices import Audience


def audience_of(output: Output) -> Audience:
    """`staff` where nothing else is said. A number of the emergency services is never taken for loudspeakers.

    `check` refuses one; a configuration that an earlier version accepted may have it, and it is never called.
    """
    if isinstance(output, SipPagingOutput) and is_emergency(number_of(output)):
        return "emergency-number"
    said: Audience = getattr(output, "audience", "staff")
    return said


def number_of(output: SipPagingOutput) -> str:
    """The number that it calls."""
    return output.uri.removeprefix("sip:").partition("@")[0]
