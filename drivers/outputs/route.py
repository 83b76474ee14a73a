"""What every route to people is: a page over loudspeakers, a mail, a message to a program."""

import hashlib
from pathlib import Path
from typing import Final, Protocol

from drivers.base import Emit
from rules.model.ids import OutputId, ZoneId
from rules.model.kinds import Drill
from rules.model.notices import Notice
from rules.model.values import dataclass

DRILL: Final = "DRILL"
"""What every text of a drill begins with."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a notice says, in the forms that routes need; a drill's begins with DRILL in each.

    subject: one line. text: whole, plain, lines end with `\n`. short: one SMS of the GSM 7-bit alphabet (160 characters).
    speech: a RIFF WAVE file (PCM, 16 bit, mono, 16 kHz) in which it is said once, made beforehand; None: there is none.
    """

    subject: str
    text: str
    short: str
    speech: Path | None = None


class Route(Protocol):
    """One configured output. `run` is started once; `tell` may be called any number of times, before it too."""

    output: OutputId

    async def run(self, emit: Emit) -> None:
        """Deliver what is handed in, until cancelled. Raises only on our own bugs.

        What becomes of each notice is a `NoticeEnded`, within 30 s of `tell` and never an exception: `failed` with a code
        where one recipient at least was not reached. A notice that a newer one for the same zone has overtaken before it
        left needs no end.
        """

    def tell(self, notice: Notice, wording: Wording) -> None:
        """Take a notice over and return at once; nothing is awaited. Raises `NotPermitted` without the interlock's seal."""


def marked(notice: Notice, text: str) -> str:
    """The text, begun with DRILL in a drill whoever worded it: nobody may take a drill for real."""
    if not isinstance(notice.kind, Drill) or text.startswith(DRILL):
        return text
    return f"{DRILL}: {text}"


Lane = tuple[ZoneId, bool]
"""Of a zone, and whether it tells of those who did not acknowledge another route's notice: neither takes the other's place."""


def lane(notice: Notice) -> Lane:
    """A newer notice takes the place of one in the same lane."""
    return notice.zone, bool(notice.unheard)


def outdates(notice: Notice, earlier: Notice) -> bool:
    """Whether what an earlier notice of the zone said of who is missing is of no use any more."""
    now, then = ((one.incident, one.response, one.number) for one in (notice, earlier))
    return not notice.unheard and bool(earlier.unheard) and now != then


def sameness(campus: str, notice: Notice, recipient: str = "") -> str:
    """32 hex digits that a notice shares with its repeats to the same recipient, and with nothing else of any campus."""
    said = [campus, notice.incident, notice.zone, notice.response or "", str(notice.number), recipient]
    said += [part for one in notice.unheard for part in one]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:32]
