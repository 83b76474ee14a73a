"""The record as somebody without `look-duress` sees it: without what tells of something silent, and numbered without it.

A number that is left out tells as much as a row. So such a caller's SEQ counts the events that are not hidden, from 1
in each epoch; it is as lasting as the journal's own, for whether an event is hidden never changes.
"""

import bisect
from collections.abc import Iterable, Mapping
from typing import Any, Final

from edge.control.rows import row
from edge.journal.stored import Stored
from edge.views.hidden import SILENT, tells_of_silence

Position = tuple[str, int]

NUMBERED: Final = frozenset({"press.unanswered/1", "press.answered/1"})
"""Their `number` counts silent presses too."""


class Sieve:
    """Belongs to the loop's thread. `judge` each event once or more, in order; then ask."""

    def __init__(self) -> None:
        self._incidents: set[str] = set()
        self._presses: set[int] = set()
        self._hidden: dict[str, list[int]] = {}

    def load(self, events: Mapping[str, list[int]], incidents: Iterable[str], presses: Iterable[int]) -> None:
        """What the views know of the past."""
        self._hidden = {epoch: sorted(seqs) for epoch, seqs in events.items()}
        self._incidents = set(incidents)
        self._presses = set(presses)

    def judge(self, event: Stored) -> bool:
        """Whether an event is hidden, which is known from now on. Judged twice, it is hidden once."""
        if event.kind == "incident.opened/1" and event.data.get("silent") is True:
            self._incidents.add(str(event.data.get("id") or event.incident))
        if event.kind == "press.unanswered/1" and event.data.get("response") in SILENT:
            number = event.data.get("number")
            if isinstance(number, int):
                self._presses.add(number)
        if not tells_of_silence(event, self._incidents.__contains__, self._presses.__contains__):
            return False
        if not self.hides(event.position):
            bisect.insort(self._hidden.setdefault(event.epoch, []), event.seq)
        return True

    def hides(self, position: Position) -> bool:
        """Whether this event was judged hidden."""
        seqs = self._hidden.get(position[0], [])
        place = bisect.bisect_left(seqs, position[1])
        return place < len(seqs) and seqs[place] == position[1]

    def shown_seq(self, position: Position) -> int:
        """How many events of its epoch up to this one are shown: the number of a shown one."""
        return position[1] - bisect.bisect_right(self._hidden.get(position[0], []), position[1])

    def true_seq(self, epoch: str, shown: int) -> int:
        """The journal's number of the shown event of that number."""
        seqs = self._hidden.get(epoch, [])
        # Before the hidden event at `place` stand `seq - 1 - place` shown ones, which grows with it.
        low, high = 0, len(seqs)
        while low < high:
            middle = (low + high) // 2
            if seqs[middle] - 1 - middle < shown:
                low = middle + 1
            else:
                high = middle
        return shown + low


def told(event: Stored, *, duress: bool, seq: int) -> dict[str, Any]:
    """An event for one who may see it: as the journal holds it, or with the numbers that would tell of others taken out."""
    document = row(event)
    document["seq"] = seq
    if duress:
        return document
    data = dict(document["data"])
    if event.kind in NUMBERED:
        data["number"] = None
    if event.kind == "flag.raised/1" and data.get("code") == "unanswered_press":
        data["args"] = []
    if event.kind == "epoch.started/1":
        data |= {"old_seq": None, "old_hash": None}
    document["data"] = data
    return document
