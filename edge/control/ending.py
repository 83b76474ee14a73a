"""The socket's request to end what is live: asked for as much as the page asks, by the plan of each real incident."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from edge import words
from edge.control.desk import Desk, Make, Reply
from edge.control.requests import Close
from edge.people.caller import Caller
from edge.people.people import NotSignedIn
from rules.model.events import CloseAsked
from rules.model.ids import Actor, IncidentId

Document = dict[str, Any]
HOW: Final = {
    "person_first": "close_needs_name",
    "factor_first": "close_needs_user",
    "second_person_first": "close_needs_second",
}
"""What the page says of a session, in the words of a command line."""


async def closed(
    desk: Desk, request: Close, caller: Caller, replied: Callable[[Awaitable[Reply]], Awaitable[Document]]
) -> Document:
    """What became of it. replied: waits for the rules' answer and puts it into words."""
    who, role, second, fresh = caller, "", "", False
    # The socket's owner is the authority for as long as nobody could be named (the contract, section 2).
    named = not desk.people.anybody("close")
    # A code is good once: where nothing is live, none is used up.
    if (request.user or request.second) and desk.state.record.incidents:
        vouched = await _vouched(desk, request.user, request.code, caller)
        if not isinstance(vouched, Caller):
            return vouched
        who, role, fresh, named = vouched, vouched.role, True, True
        if request.second:
            other = await _vouched(desk, request.second, request.second_code, caller)
            if not isinstance(other, Caller):
                return other
            if other.actor == vouched.actor:
                return _no("close_same_person", user=request.user)
            second = str(other.actor)
    silent = who.may(desk.rights, "look-duress")
    quiet = ""
    if silent and request.incident is None:
        # Who ends what everybody sees may not know that somebody called in silence meanwhile: that is ended by its own id.
        live = desk.state.record.incidents.values()
        quiet = ", ".join(one.id for one in live if one.silent) if any(not one.silent for one in live) else ""
        silent = not quiet
    of = None if request.incident is None else IncidentId(request.incident)
    make: Make = lambda at, number, actor: CloseAsked(  # noqa: E731
        at, number, actor, request.reason, of, silent, role, fresh, second, named
    )
    answer = await replied(desk.submit(who.actor, make))
    if answer["code"] in HOW:
        answer["words"] = words.reply(HOW[str(answer["code"])], {})
    if quiet and answer["ok"]:
        answer["args"] = {**answer["args"], "silent": quiet}
    return answer


async def _vouched(desk: Desk, user: str, code: str, asking: Caller) -> Caller | Document:
    if not user or not code:
        return _no("close_needs_user")
    source: Actor = asking.actor
    found = await desk.people.vouched(user, code, source, source, "close")
    if isinstance(found, NotSignedIn):
        return _no(f"close_factor_{found.why}", user=user, seconds=found.wait_s)
    return found


def _no(code: str, **args: str | int) -> Document:
    return {"ok": False, "code": code, "args": args, "words": words.reply(code, args), "more": False}
