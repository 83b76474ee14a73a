"""Which events tell of something silent, so that whoever may not see it sees no row, no number and no gap of it.

Judged by an event and what came before it, so that it is the same whenever it is judged.
"""

from collections.abc import Callable
from typing import Final

from edge.journal.stored import Stored

SILENT: Final = frozenset({"duress"})
"""Contract section 1; no pack makes another silent (`edge.config.pack_responses`)."""
OF_THE_RECORD: Final = frozenset({"sealed.erased/1", "segment.dropped/1", "journal.rebuilt/1"})
"""They name places in the record, which would tell how many events there are."""


def tells_of_silence(
    event: Stored, incident_is_silent: Callable[[str], bool], press_is_silent: Callable[[int], bool]
) -> bool:
    """Whether only those with `look-duress` may see an event.

    incident_is_silent: of an incident opened before or by this event. press_is_silent: of an unanswered press's number.
    """
    if event.incident is not None and incident_is_silent(event.incident):
        return True
    match event.kind:
        case "press.heard/1" | "press.unanswered/1" | "start.asked/1":
            return event.data.get("response") in SILENT
        case "press.answered/1":
            number = event.data.get("number")
            return isinstance(number, int) and press_is_silent(number)
        case "flag.raised/1" if event.data.get("code") == "unanswered_press":
            args = event.data.get("args")
            first = args[0] if isinstance(args, list) and args else None
            return isinstance(first, str) and first.isdecimal() and press_is_silent(int(first))
        case kind:
            return kind in OF_THE_RECORD
