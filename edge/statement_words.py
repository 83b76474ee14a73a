"""Words for families and media, in words: whom they are for, what became of them, why something was not done."""

from collections.abc import Mapping
from typing import Final

TO: Final[Mapping[str, str]] = {"families": "Families", "media": "Media"}
STATES: Final[Mapping[str, str]] = {
    "waiting": "Not approved. Queued for the district, not sent by this box",
    "approved": "Approved. Queued for the district, not sent by this box",
    "declined": "Declined. Not for the district to send",
    "overtaken": "Overtaken by what came after it. Not for the district to send",
}
REFUSALS: Final[Mapping[str, str]] = {
    "unknown_statement": "There are no words of the number {statement}; nothing was changed.",
    "statement_overtaken": "These words are overtaken: something newer is ready. Nothing was changed.",
    "statement_stands": "Somebody approved or declined these words already; nothing was changed.",
    "no_reason_statement": "Say why they are declined; nothing was changed.",
    "speak_needs_user": "A person answers for the school's words: add --user NAME, who is asked for a code. Nothing was changed.",
    "speak_factor_wrong": "Name or code is not right, or the code was used before. Nothing was changed.",
    "speak_factor_wait": "Too many tries: wait {seconds} s. Nothing was changed.",
    "speak_factor_disabled": "That account is disabled. Nothing was changed.",
    "speak_factor_no_factor": "{user} has no code yet. Nothing was changed. Print some: campus-edge user codes NAME.",
    "speak_factor_no_right": "The role of {user} has no right to speak for the school. Nothing was changed.",
}
