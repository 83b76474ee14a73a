"""Whom an output tells: as its section says, and by the number that it calls. Pure."""

import re
from typing import Final

from edge.config.devices import SipPagingOutput
from edge.config.signs import Output
from rules.model.notices import Audience

_EMERGENCY: Final = re.compile(r"\+?9?(?:911|933|112)", re.ASCII)
"""With and without the digit for an outside line; 933 reads back what 911 would see, and 112 is taken for 911 by many."""


def audience_of(output: Output) -> Audience:
    """`staff` where nothing else is said. A number of the emergency services is never taken for loudspeakers in a drill."""
    if isinstance(output, SipPagingOutput):
        number = output.uri.partition("@")[0].removeprefix("sip:")
        return "emergency-number" if _EMERGENCY.fullmatch(number) else "staff"
    said: Audience = getattr(output, "audience", "staff")
    return said
