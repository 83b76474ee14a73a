"""What a response is called and says to people, on the page and by every route. page.md section 3; Standard Response Protocol."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from rules.model.responses import Response

if TYPE_CHECKING:
    # The command line speaks these words, and is not to load a plan for them.
    from rules.plan import ResponsePlan

NAMES: Final[Mapping[str, str]] = {
    "hold-in-place": "Hold",
    "secure": "Secure",
    "lockdown": "Lockdown",
    "evacuate": "Evacuate",
    "shelter": "Shelter",
    "fire": "Fire",
    "medical": "Medical",
    "duress": "Silent duress",
    "staff-assist": "Staff help",
}
SAYS: Final[Mapping[str, str]] = {
    "hold-in-place": "In your room or area. Clear the halls.",
    "secure": "Get inside. Lock outside doors.",
    "lockdown": "Locks, lights, out of sight.",
    "evacuate": "Leave by the nearest safe exit.",
    "shelter": "Inside rooms, take cover.",
    "fire": "Leave by the nearest safe exit.",
    "medical": "Keep the way there clear.",
    "duress": "Somebody is threatened. Do not speak of it and show it to nobody.",
    "staff-assist": "Somebody asks for help there.",
}
REFUSALS: Final[Mapping[str, str]] = {
    "needs_change": "{was} holds in {where}, and {response} is less grave: it takes that place only as a change, with a reason, "
    "by who may end it. Nothing was changed. What you asked for is in the record: tell the coordinator.",
    "holds_above": "{was} holds in {where} and covers this zone too, so nothing would change here. Nothing was changed. "
    "Start {was} by name in the parts that keep it, then change {where}.",
    "transition_refused": "{was} holds in {where}. {why} Nothing was changed.",
    "kind_refused": "{why} Nothing was started.",
    "person_first": "The end of a real incident is a person's, by name, and never a program's. Nothing was ended: "
    "somebody with the right to end signs in on the page, or at the box: campus-edge close --user NAME. "
    "A drill may be ended by a program.",
    "factor_first": "Its plan asks for a second factor for this very end. Nothing was ended: "
    "open a release session, then end it.",
    "second_person_first": "Its plan asks for a second named person. Nothing was ended: "
    "open a release session with them, then end it.",
    "close_needs_user": "Its plan asks for a second factor for this very end. Nothing was ended: "
    "say who ends it, --user NAME, who is asked for a code. Starts and presses need none.",
    "close_needs_name": "The end of a real incident is a person's, by name. Nothing was ended: say who ends it, --user NAME, "
    "who is asked for a code. Without one: campus-edge user codes NAME prints some. Starts and presses need none.",
    "close_needs_second": "Its plan asks for two named persons. Nothing was ended: "
    "--user NAME and --second NAME, each asked for a code. Starts and presses need none.",
    "close_same_person": "The second person is another than {user}. Nothing was ended.",
    "close_factor_wrong": "Name or code is not right, or the code was used before. Nothing was ended.",
    "close_factor_wait": "Too many tries: wait {seconds} s. Nothing was ended.",
    "close_factor_disabled": "That account is disabled. Nothing was ended.",
    "close_factor_no_factor": "{user} has no code yet. Nothing was ended. Print some: campus-edge user codes NAME.",
    "close_factor_no_right": "The role of {user} has no right to end it. Nothing was ended.",
    "not_in_plan": "The plan of {response} does not let your role {verb} it. Nothing was changed: call who may. Buttons work.",
}
"""What a person is told whose request may not follow what holds."""


def words_of(responses: Mapping[Response, "ResponsePlan"]) -> Mapping[str, str]:
    """What each response says on this campus: the pack's own words, the product's where it has none."""
    return {**SAYS, **{one.response: one.says for one in responses.values() if one.says}}


def args_in_words(args: Mapping[str, object]) -> dict[str, object]:
    """The values of a refusal's text, responses by their names."""
    return {
        one: NAMES.get(str(value), value) if one in ("was", "response") else value
        for one, value in args.items()
    }
