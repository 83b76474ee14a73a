"""What tickets say to people: refusals, states, weights, categories. Codes as words; see `edge.words`."""

from collections.abc import Mapping
from typing import Final

REFUSALS: Final[Mapping[str, str]] = {
    "unknown_ticket": "There is no ticket {ticket}. Nothing was changed: `campus-edge tickets` lists them.",
    "unknown_template": "There is no template {template}. Nothing was opened.",
    "unknown_category": "There is no category {category}. Nothing was changed: choose one of {known}.",
    "nobody_so_called": "There is no role, account or program {whom} here. Nothing was changed: name one, or role:technician.",
    "comes_unassigned": "Nobody here is called {whom}: this ticket comes in as nobody's. Give it to somebody afterwards.",
    "imported_before": "This very file was taken in before. Nothing was changed: each ticket would be there twice.",
    "unknown_import": "No import {batch} is under way. Nothing was changed: begin it again.",
    "unknown_upkeep": "No rest {upkeep} holds now. Nothing was changed.",
    "unknown_subject": "Nothing that can rest is called {subject}. A ticket is snoozed; a device or zone is in maintenance.",
    "not_said": "Say {field}. Nothing was changed.",
    "no_such_turn": "A ticket that is {from} does not become {to}. Nothing was changed: look at it again.",
    "no_such_day": "{value} is no day by which it is to be done: write 2026-09-01. Nothing was changed.",
    "another_campus": "{ticket} is no ticket of this campus. Nothing was changed.",
    "bad_operation": "The edit from the district is not whole: {part}. Nothing was changed: the hub has to send it anew.",
    "said_otherwise": "The district sent two edits of ticket {ticket} under one number. The first was taken: see to the hub.",
    "too_many_operations": "Ticket {ticket} has {most} edits of the district. It takes no more: close it and open another.",
    "not_now": "The campus does not take this edit of ticket {ticket} at this moment. Nothing was changed: it can be sent again.",
    "safety_kept": "Ticket {ticket} weighs safety. Only the campus makes it weigh less. Nothing was changed.",
    "why_needed": "Ticket {ticket} weighs safety. Write what was done, then close it. Nothing was changed.",
    "nothing_noted": "The note holds nothing. Nothing was written.",
    "bad_minutes_spent": "Time spent is 0 to {most} minutes. Nothing was written.",
    "bad_parts": "A part has a name and a number. Nothing was written.",
    "bad_photos": "These are no photos that were taken in here. Nothing was written.",
    "no_reason_said": "Write why. Nothing rests.",
    "bad_rest": "It rests from now, or later, for {days} days at most. Nothing rests: choose another end.",
    "photo_gone": "The photo did not arrive. Send it again.",
    "photo_too_large": "The photo is larger than this takes. Send a smaller one.",
    "photo_no_picture": "This is no photo: send a JPEG or a PNG.",
    "photo_cut": "The photo is not whole. Send it again.",
    "photo_not_kept": "The disk does not take the photo. The ticket works on: look at the disk.",
}

FLAGS: Final[Mapping[str, tuple[str, str]]] = {
    "lock_ticket_old": (
        "{subject} was reported not to lock (ticket {1})",
        "Nobody has mended it since {2}. In a lockdown it may stay open: send a person, and have it mended.",
    ),
    "safety_ticket_old": (
        "A safety fault of {subject} is open for too long (ticket {1})",
        "It was reported on {2}. Do not rely on it: see what the ticket says, and have it mended.",
    ),
    "ticket_old": (
        "A fault of {subject} is open for long (ticket {1})",
        "It was reported on {2}. Doors and presses work: have it mended, or close it with the reason.",
    ),
    "changes_often": (
        "{subject} comes and goes",
        "\u201c{1}\u201d turned ten times within an hour. One ticket stands for all: look at its power and cable.",
    ),
}
"""See `edge.flag_words`."""

FIELDS: Final[Mapping[str, str]] = {
    "category": "Category",
    "weight": "Weight",
    "asset": "What it is of",
    "assigned": "Whose it is",
    "before": "Ticket before",
    "title": "Title",
    "text": "What is wrong",
    "why": "Why",
    "reporter": "Reported by",
    "owner": "Whose it is",
    "opened": "Opened on",
}
FORMS: Final[Mapping[str, str]] = {
    "category": "the id of a category of tickets",
    "weight": "safety, urgent or normal",
    "ticket_state": "open, progress, waiting, proposed, closed or reopened",
    "assigned": "a role as role:technician, or an account",
    "number": "a whole number",
    "line": "one line of at most 200 characters",
    "words": "lines of at most 2,000 characters together",
}
"""What a field of a ticket is called and how it is written, where `edge.asset_words` does not say it already."""

STATES: Final[Mapping[str, str]] = {
    "open": "open",
    "progress": "in progress",
    "waiting": "waiting",
    "proposed": "proposed to close",
    "closed": "closed",
    "reopened": "open again",
}
WEIGHTS: Final[Mapping[str, str]] = {"safety": "safety", "urgent": "urgent", "normal": "normal"}
CATEGORIES: Final[Mapping[str, str]] = {
    "lock": "Lock",
    "door": "Door",
    "light": "Light",
    "fire": "Fire protection",
    "medical": "First aid",
    "power": "Power",
    "building": "Building",
    "button": "Panic button",
    "camera": "Camera",
    "network": "Network",
    "computer": "Computer",
    "software": "Program",
    "inspection": "Inspection",
    "other": "Something else",
}


MERGED: Final[Mapping[str, str]] = {
    "state": "State",
    "weight": "Weight",
    "assigned": "Whose it is",
    "due": "To be done by",
    "title": "Title",
    "text": "What is wrong",
    "category": "Category",
    "asset": "What it is of",
    "zone": "Zone",
    "room": "Room",
    "reporter": "Reported by",
    "before": "Ticket before",
    "note": "Notes",
    "minutes": "Time spent",
    "part": "Parts",
    "photo": "Photos",
    "acknowledged": "Who has seen it",
    "recovered": "That it is over by itself",
    "escalated": "Steps it came to with age",
}
"""What both sides write of a ticket, field by field (`rules/packs/merging.yaml`)."""
MERGE_RULES: Final[Mapping[str, str]] = {
    "all": "What either side added is there.",
    "safer": "The one further from done holds. A close that knew nothing of another edit does not count: a person settles it.",
    "higher": "The graver holds.",
    "district": "The district's holds; somebody before nobody.",
    "earlier": "The earlier day holds.",
    "last": "What was written last holds.",
}
"""What holds where both sides wrote and neither had seen the other's. Both are shown."""
CONFLICT: Final = (
    "CONFLICT: one side closed it while the other wrote something. Read both, then say what state it is in."
)
NOTHING: Final = "(nothing, or erased)"
CAMPUS_ALONE: Final = "The campus alone says it."


def args_in_words(args: Mapping[str, object]) -> dict[str, object]:
    """A refusal's arguments as a sentence takes them."""
    said = dict(args)
    said |= {name: STATES.get(str(said[name]), said[name]) for name in ("from", "to") if name in said}
    if "field" in said:
        said["field"] = FIELDS.get(str(said["field"]), said["field"])
    return said


AHEAD: Final = (
    "This box's clock was ahead then. Dates and age are put right; the history shows what the clock said."
)
ERASED: Final = "(its words were erased)"
