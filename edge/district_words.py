"""Words for the district's flags: what happened, what still works, what to do."""

from collections.abc import Mapping
from typing import Final

FLAGS: Final[Mapping[str, tuple[str, str]]] = {
    "district_away": (
        "The district's hub does not answer",
        "Everything on campus works, nothing is lost: the record waits here ({0}). Look at the line out, then ask them.",
    ),
    "district_refused": (
        "The district's hub refuses this campus",
        "Everything on campus works, and the record waits here. It said {0}: ask the district for a token, or for what it means.",
    ),
    "district_halted": (
        "The district holds another record of this campus",
        "Everything on campus works; nothing is sent until a person has looked ({0}). A box was restored, copied or changed: "
        "keep both records, and call the district.",
    ),
}
