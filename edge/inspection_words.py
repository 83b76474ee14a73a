"""What inspections say to people: flags, refusals, states. Codes as words; see `edge.words`."""

from collections.abc import Mapping
from typing import Final

FLAGS: Final[Mapping[str, tuple[str, str]]] = {
    "inspection_failed": (
        "{subject} did not pass its inspection",
        "Since {2}: {1}. Do not rely on it: put another in its place, and have it mended.",
    ),
    "inspection_overdue": (
        "The inspection of {subject} is overdue",
        "It was to be done by {2}: {1}. Nobody knows whether it works: look at it, then sign for it.",
    ),
    "check_failed": (
        "{subject} did not pass a check",
        "Since {2}: {1}. Nobody's safety rests on it today: have it mended.",
    ),
    "check_overdue": (
        "A check of {subject} is overdue",
        "It was to be done by {2}: {1}. Nobody's safety rests on it today: look at it, then sign for it.",
    ),
}
"""See `edge.flag_words`."""

REFUSALS: Final[Mapping[str, str]] = {
    "unknown_check": "There is no check {check}. Nothing was signed: `campus-edge inspection list` shows them.",
    "unknown_inspection": "There is no such inspection {inspection} of this thing. Nothing was signed.",
    "unknown_answer": "The form of {check} does not ask for {field}. Nothing was signed.",
    "no_such_check": "{check} is not done of {asset}. Nothing was signed: look at its type.",
    "check_off": "{check} is not done here: {why}. Nothing was signed.",
    "owes_nothing": "{asset} is retired and owes no inspection. Nothing was signed.",
    "not_to_sign": "Your role does not sign {check}: {roles} do. Nothing was signed.",
    "not_certified": "{person} holds no {certificate} certificate on that day. Nothing was signed: see who does.",
    "not_answered": "{field} is not answered. Nothing was signed.",
    "bad_answer": "{value} is no answer to {field}. Nothing was signed.",
    "bad_checklist": "A checklist has an id of lower-case letters, digits and hyphens, and a title. Nothing was changed.",
    "checklist_unread": "The file cannot be taken in: {why}. Nothing was changed.",
    "checklist_untitled": "Nobody says what the checklist is called: give it a title. Nothing was changed.",
    "bad_question": "{question} is no id of a question: letters, digits, - . or _. Nothing was changed.",
    "question_twice": "Question {question} is there twice. None of the checklist counts.",
    "checklist_known": "This edition of {checklist} was taken in before. Nothing was changed.",
    "unknown_checklist": "There is no checklist {checklist}. Nothing was begun: `campus-edge assessment list` shows them.",
    "unknown_question": "There is no question {question} in this round. Nothing was changed.",
    "unknown_assessment": "No round {assessment} is under way. Nothing was changed.",
    "assessed_already": "A round through {checklist} is under way there. Nothing was begun: go on with it.",
    "photos_full": "It has {most} photos, and takes no more. Nothing was added.",
    "corrected_already": "Inspection {inspection} was corrected by {by}: correct that one. Nothing was signed.",
}

STATES: Final[Mapping[str, str]] = {
    "failed": "not passed",
    "overdue": "overdue",
    "never": "never inspected",
    "soon": "due soon",
    "good": "in time",
}
WALK_TEST: Final = "a walk-test"
"""In the place of who inspected, where a press in one counts."""
RESULTS: Final[Mapping[str, str]] = {"passed": "passed", "failed": "not passed"}
