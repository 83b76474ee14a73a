"""What the plan of a live response asks of who ends it, beside the session's own second factor, and what was given."""

from typing import Final

from edge.web.pages.language import _
from edge.web.pages.showing import scene_of
from edge.web.route import Visit

ASKS: Final = {
    "fresh": "Its plan asks for a second factor for this very end, within five minutes.",
    "second-person": "Its plan asks that a second named person signs for its end, within five minutes.",
}


def proof_of(visit: Visit) -> tuple[bool, str]:
    """(a second factor was given within minutes, the account of the second person it was given with)."""
    if visit.caller is None:
        return False, ""
    people = visit.office.people
    return people.release_left_s(visit.caller) > 0, people.release_second(visit.caller)


def asks_first(visit: Visit) -> str:
    """What is still to be given before what is live may be ended, in words; `""`: nothing."""
    now, (fresh, second) = scene_of(visit), proof_of(visit)
    plans, live = now.plan.responses, now.picture["incidents"]
    asks = {
        plans[one["response"]].end_asks for one in live if one["kind"] == "real" and one["response"] in plans
    }
    if "second-person" in asks and not second:
        return _(ASKS["second-person"])
    return _(ASKS["fresh"]) if "fresh" in asks and not fresh else ""
