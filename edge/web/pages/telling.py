"""Why a notice did not go out, what proves that it did, and who was tried by a second channel, in words. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from edge.notice_words import CALLED, CODES, STATES
from edge.web.pages.language import _, say

MOST: Final = 12


def why(code: str) -> str:
    """By the codes of the interlock and of routes; of a call that was taken for how long, and how much was played into it."""
    kind, _colon, counted = code.partition(":")
    seconds, _colon, packets = counted.partition(":")
    if kind in CALLED and seconds.isdigit() and packets.isdigit():
        return say(CALLED[kind], seconds=int(seconds), packets=int(packets))
    return _(CODES.get(code, code))


def second(told: Mapping[str, Any], clock: Callable[[str], str]) -> str:
    """Who did not acknowledge a notice once their time was over, and what came of the second channel; `""`: nobody yet."""
    one = told["second"]
    if one is None:
        return ""
    said = say(
        "Not acknowledged: {who}", who=_who(one["rooms"]) if one["rooms"] else _("whom it is addressed to")
    )
    if one["output"] is None:
        return f"{said}. {_('No second channel is configured for them')}"
    state = _(STATES.get(one["state"], one["state"]))
    by = say("tried by {output} at {at}: {state}", output=one["output"], at=clock(one["at"]), state=state)
    reason = why(one["code"])
    return f"{said}, {by}" + (f" ({reason})" if reason else "") + _late(told, one)


def tried(data: Mapping[str, Any]) -> str:
    """A row of the journal: who did not acknowledge, and by what they were tried."""
    rooms = [str(room) for _output, room in data["unheard"] if room]
    names = [str(output) for output, room in data["unheard"] if not room]
    who = ", ".join(
        filter(None, (_who(rooms), *(say("recipients of {output}", output=one) for one in names)))
    )
    if not data["output"]:
        return say("Not acknowledged by {who}: no second channel is configured for them", who=who)
    return say("Not acknowledged by {who}: tried by {output}", who=who, output=data["output"])


def _late(told: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    """Those who acknowledged after all."""
    if not one["rooms"] and not told["unacknowledged"]:
        return ". " + _("A receipt came since")
    since = [room for room in one["rooms"] if room not in told["unacknowledged"]]
    return ". " + say("Acknowledged since: {who}", who=_who(since)) if since else ""


def _who(rooms: list[str]) -> str:
    more = f" +{len(rooms) - MOST}" if len(rooms) > MOST else ""
    return ", ".join(rooms[:MOST]) + more
