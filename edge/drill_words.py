"""What is said of drills, on page, command line and paper: why one is refused, what ended it, what was found."""

from collections.abc import Mapping
from typing import Final

FLAGS: Final[Mapping[str, tuple[str, str]]] = {
    "drill_overdue": (
        "Drill overdue: {3}",
        "{0} of {1} were held in time, by the law of {2}. Hold it, or log one that was held without this box.",
    ),
}

REFUSALS: Final[Mapping[str, str]] = {
    "unknown_drill": "There is no such drill, or it is not at that point; nothing was changed. Look at the list of drills.",
    "unknown_drill_type": "There is no such type of drill; nothing was changed. The page Drills lists them.",
    "unknown_response": "The pack of responses does not have what this drill tries out; nothing was changed.",
    "silent_drill": "What nobody may see is not tried out with everybody looking; nothing was changed. Use a walk-test.",
    "exercise_with_buttons": "In an exercise every button is real, so none can be enrolled; nothing was changed.",
    "unknown_failure": "What is to count as failed is not configured; nothing was changed. Name a door, output or button.",
    "bad_day": "That is no day, or the box does not know its own; nothing was changed.",
    "day_passed": "That day has passed; nothing was planned. Log a drill that was held already.",
    "day_to_come": "A drill is logged once it was held, and within 400 days; nothing was changed.",
    "too_many_planned": "100 drills are planned, which is all there is room for; cancel one first.",
    "drill_under_way": "A drill is under way; nothing was started. End it first.",
    "drill_live": "A drill or exercise that somebody started by hand is live; nothing was started. Close it first.",
    "bad_drill_minutes": "Buttons are enrolled for 1 to 180 minutes; nothing was started, every button is real.",
    "nobody_to_press": "The drill is to begin with a press, and no button is enrolled; nothing was started.",
    "in_walk_test_now": "A button to be enrolled is in a walk-test; nothing was started. Wait for its end.",
    "in_drill_now": "A button is enrolled in the drill under way; no walk-test was started.",
    "unknown_field": "The record has no such field that a person fills in; nothing was changed.",
    "unknown_finding": "The drill has no such finding; nothing was changed.",
    "finding_closed": "This finding is closed already; nothing was changed.",
    "ticket_or_change": "A finding closes with a ticket or with a change of the plan, one of them; nothing was changed.",
    "unknown_ticket": "There is no such ticket; the finding stays open. Open one first.",
}

ENDS: Final[Mapping[str, str]] = {
    "asked": "ended by a person",
    "real_press": "ended by a real press: it became real",
    "time": "its time was over, and nobody had pressed",
    "boot": "the box was started anew, and nobody had pressed",
    "logged": "logged by a person's word, without evidence",
}

REAL_AGAIN: Final[Mapping[str, str]] = {
    "second_press": "pressed twice within 10 s",
    "before_drill": "may have been pressed before the drill began",
    "zone_gone": "the drill's zones are configured no more",
    "time": "the time of its enrolment is over",
    "boot": "the box was started anew: nobody knows how long it has been",
}
"""Why an enrolled button is real."""

FINDINGS: Final[Mapping[str, str]] = {
    "door_unsecured": "Door {subject} was never proven locked",
    "room_silent": "No press came from {subject}",
    "room_unheard": "Nobody was heard from in {subject}",
    "output_failed": "{subject} told nobody, or nobody knows",
    "tabletop": "{subject}",
}
UNSECURED: Final[Mapping[str, str]] = {"simulated": "simulated: counts as not secured"}
"""Beside the words of verdicts and of what the interlock holds."""
UNHEARD: Final[Mapping[str, str]] = {
    "ordered": "nothing is known of it",
    "sent": "sent; no evidence that anybody heard or read it",
    "failed": "NOT told",
    "simulated": "simulated: counts as dead",
}
PROGRESS: Final[Mapping[str, str]] = {"done": "done", "due": "due", "overdue": "OVERDUE"}
WHOM: Final[Mapping[str, str]] = {
    "parents": "Parents",
    "staff": "Staff",
    "responders": "Responders",
    "county": "County or district",
}
