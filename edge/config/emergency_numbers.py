"""Numbers by which the emergency services are called: no output has one, for 911 is `dispatch:` alone. Pure.

A number counts however it is written and prefixed: 9-1-1, +1911, *67911, with the digit or two for an outside line. 933 reads
back what 911 would see, and 112 is taken for 911 by many networks (3GPP TS 22.101, 10.1); 999 and 000 are other countries'.
What is longer is an extension or a number of somebody (9110, 8000), and so is 1911.
"""

import re
from typing import Final

_SERVICES: Final = frozenset({"sos", "emergency"})
"""Names in the place of a number (RFC 5031)."""
_BEFORE: Final = re.compile(r"^(?:\*[0-9]{2})*", re.ASCII)
"""Codes of a telephone system, such as the one that withholds the caller's number."""
_NUMBER: Final = re.compile(r"(?:\+1?|[0789]{0,2}|[0789]1)(?:911|933|112)|\+?(?:999|000)", re.ASCII)


def is_emergency(number: str) -> bool:
    """Whether whoever calls this, as a telephone system would read it, may reach the emergency services."""
    if number.casefold().partition(".")[0] in _SERVICES:
        return True
    dialled = _BEFORE.sub("", re.sub(r"[^0-9A-Za-z+*]", "", number), count=1)
    return _NUMBER.fullmatch(dialled.strip("*")) is not None
