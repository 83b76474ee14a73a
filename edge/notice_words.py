"""What a notice says: by loudspeaker, in a mail, in a short message. Said first: that it is a drill, where it is one.

The words are those of the page (`edge.response_words`): one action, one directive, then where. Every message carries the
campus's state number, so that of two that come in the wrong order the newer one is known.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from edge.response_words import NAMES, SAYS
from rules.model.ids import ZoneId
from rules.model.kinds import Drill, Switching
from rules.model.notices import Notice
from rules.model.responses import Response

ALL_CLEAR: Final = "All clear"
OVER: Final = "What was told before is over."
STATES: Final[Mapping[str, str]] = {
    "ordered": "on its way",
    "sent": "sent",
    "received": "received",
    "acknowledged": "acknowledged",
    "failed": "NOT told",
}
CODES: Final[Mapping[str, str]] = {
    "fire_alarm": "waits for the fire alarm, which is not talked over",
    "not_commissioned": "it was never tried out, so it tells nobody anything",
    "not_real": "a drill tells nobody outside of the campus anything",
    "emergency_number": "it is a number of the emergency services, which no output calls",
    "no_route": "this version has no way to it",
    "unknown_output": "the configuration no longer has it",
    "overtaken": "something newer and graver is told there in its place",
    "unreachable": "it cannot be reached",
    "refused": "it refused",
    "timeout": "it did not answer in time",
    "auth": "it does not take our name and password",
    "tls": "its certificate cannot be trusted",
    "no_speech": "only tones: there is no speech for it",
    "not_said": "it was not said in time",
    "held": "waits for the fire alarm, which is not talked over",
    "network_down": "the network is down",
    "no_interface": "there is no such network interface",
    "forbidden": "this box may not send there",
    "no_buffers": "the network takes nothing more",
    "not_sent": "the network did not take it",
    "deferred": "it asks to come again later",
    "closed": "it closed the connection",
    "garbage": "it answered what nobody can read",
    "redirected": "it points to another address, which nobody configured",
    "internal": "a fault of this program",
    "undelivered": "the network reports it as not delivered",
    "unclear": "what became of it is not clear",
    "pin": "its SIM asks for a PIN",
    "no_sim": "it has no SIM",
    "no_network": "it has no network",
    "no_centre": "it has no message centre",
    "not_kept": "it can be fetched, but no disk keeps what was said before",
    "too_late": "it stood still too long",
    "busy": "its number was busy",
    "declined": "it declined the call",
    "no_answer": "nobody took the call",
    "unknown_number": "there is no such number there",
    "no_codec": "it does not take G.711 as configured",
    "hung_up": "it ended the call before all was said",
    "no_second_channel": "no unlike way is configured for them",
    "unavailable": "the telephone system could not take the call",
}
"""Why a notice did not go out, by the codes of the interlock and of routes."""
CALLED: Final[Mapping[str, str]] = {
    "answered": "the call was taken: {seconds} s, {packets} packets of sound played",
    "tones": "the call was taken: {seconds} s, {packets} packets of tones played, there was no speech",
}
"""What proves that a call was taken, by the beginning of its code (`drivers.outputs.sip_rounds`)."""
FLAGS: Final[Mapping[str, tuple[str, str]]] = {
    "speech_away": (
        "Loudspeakers have no words, only tones",
        "Some phrases could not be spoken to a file ({0}). Doors and messages work: install espeak-ng, or look at the disk.",
    ),
}
FOR_GOOD: Final = frozenset(
    {"not_commissioned", "emergency_number", "no_route", "unknown_output", "overtaken"}
)
"""Until the configuration says otherwise."""
MOST_IN_SHORT: Final = 4
SHORT: Final = 160
"""One SMS of the GSM 7-bit alphabet."""


def subject(notice: Notice, campus: str) -> str:
    """`DRILL. Lockdown: Lincoln High School`; of a second channel `DRILL. NOT ACKNOWLEDGED: Lockdown: …`."""
    name = ALL_CLEAR if notice.response is None else NAMES[notice.response]
    return f"{_marked(notice.kind)}{'NOT ACKNOWLEDGED: ' if notice.unheard else ''}{name}: {campus}"


def text(notice: Notice, campus: str, zones: Mapping[ZoneId, str], says: Mapping[str, str] = SAYS) -> str:
    """The whole message, a line a thing."""
    where = campus if zones.get(notice.zone) is None else f"{campus}, {zones[notice.zone]}"
    lines = [
        f"{_marked(notice.kind)}{said(notice.response, says)}",
        f"Where: {where}",
        f"State {notice.number}. A higher number is the newer message.",
    ]
    if notice.unheard:
        lines.insert(
            1, f"NOT ACKNOWLEDGED: {missing(notice.unheard)}. Reach them another way, if that is safe."
        )
    if isinstance(notice.kind, Drill):
        lines.append("This is a DRILL: nobody calls 911 for it.")
    return "\n".join(lines) + "\n"


def short(
    notice: Notice, campus: str, says: Mapping[str, str] = SAYS, zones: Mapping[ZoneId, str] | None = None
) -> str:
    """One SMS: the zone before the campus, for what does not fit is cut from the end of the two."""
    zone = (zones or {}).get(notice.zone)
    where = campus if zone is None else f"{zone}, {campus}"
    before = f"{_marked(notice.kind)}{said(notice.response, says)} "
    if notice.unheard:
        # Its words are known by now, from the message before it: who is missing is what is new.
        name = ALL_CLEAR if notice.response is None else NAMES[notice.response]
        before = f"{_marked(notice.kind)}{name}. Not acknowledged: {missing(notice.unheard, MOST_IN_SHORT)}. "
    after = f" (state {notice.number})"
    return before + where[: max(0, SHORT - len(before) - len(after))] + after


def missing(unheard: Sequence[tuple[str, str]], most: int = 40) -> str:
    """`101, 102, recipients of mail and 3 more`: rooms first."""
    names = [room for _output, room in unheard if room]
    names += [f"recipients of {output}" for output, room in unheard if not room]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def speech(kind: Switching, response: Response | None, says: Mapping[str, str] = SAYS) -> str:
    """What loudspeakers say, once: it is spoken twice, and has to be made before anybody presses."""
    return f"{_marked(kind)}{said(response, says)}"


def said(response: Response | None, says: Mapping[str, str] = SAYS) -> str:
    """`Lockdown. Locks, lights, out of sight.`"""
    return f"{ALL_CLEAR}. {OVER}" if response is None else f"{NAMES[response]}. {says[response]}"


def _marked(kind: Switching) -> str:
    return "DRILL. " if isinstance(kind, Drill) else ""
