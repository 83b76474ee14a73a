"""`/release-session`: five minutes in which a signed-in person releases named doors, opened by a second factor."""

from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from edge.people.people import Factor, NotSignedIn
from edge.web.api.answering import answer
from edge.web.api.forms import NO_CONTROL, Asked
from edge.web.api.writing import caller_of, write
from edge.web.cookies import renew_cookie
from edge.web.problem import Problem
from edge.web.route import Route, Says, Visit

Secret = Annotated[str, Meta(max_length=256, pattern=NO_CONTROL)]


class OpenRelease(Asked, frozen=True, kw_only=True):
    """code: a time-based or printed code of your own; or a second named person, with their own password."""

    code: Secret = ""
    other_name: Secret = ""
    other_password: Secret = ""


class ReleaseSession(Struct, frozen=True, kw_only=True):
    """left_s: seconds in which doors may be released, each by name."""

    left_s: int


WHY = {
    "wrong": "That was not right; it is in the record. Try again, or use a printed code.",
    "disabled": "This account is disabled; ask the administrator.",
    "no_factor": "Your account has no second factor yet. Use a printed code, or have a second named person sign.",
    "no_right": "Your role may not release doors.",
}


async def open_release(visit: Visit, asked: OpenRelease) -> web.Response:
    """Open one for this session."""
    factor = Factor(asked.code, asked.other_name, asked.other_password)
    opened = await visit.office.people.open_release(caller_of(visit), factor, visit.request.remote or "")
    if not isinstance(opened, NotSignedIn):
        response = answer(ReleaseSession(left_s=opened))
        await renew_cookie(visit, response)
        return response
    if opened.why == "wait":
        raise Problem(
            429,
            f"Too many tries for this name from here. Nothing was done: try again in {opened.wait_s} s.",
            code="wait",
            headers={"Retry-After": str(opened.wait_s)},
            wait_s=opened.wait_s,
        )
    raise Problem(403, f"Nothing was done. {WHY.get(opened.why, '')}".strip(), code=opened.why)


ROUTES = (
    Route(
        "POST",
        "/api/v1/release-session",
        "release",
        write(OpenRelease, open_release),
        says=Says(
            "Open five minutes in which this session may release named doors",
            ReleaseSession,
            takes=OpenRelease,
            problems=(429,),
            text="By a second factor. Never for a token.",
        ),
        own_factor=True,
    ),
)
