"""What tickets say to people: refusals, states, weights, categories. Codes as words; see `edge.words`."""

from collections.abc import Mapping
from typing import Final

REFUSALS: Final[Mapping[str, str]] = {
    "unknown_ticket": "There is no ticket {ticket}. Nothing was changed: `campus-edge tickets` lists them.",
    "unknown_template": "There is no template {template}. Nothing was opened.",
    "unknown_category": "There is no category {category}. Nothing was changed: choose one of the list.",
    "unknown_asset": "Nothing here is called {asset}. Nothing was changed: name a device or an asset by its id.",
    "unknown_field": "A ticket has no field {field}. Nothing was changed.",
    "unknown_import": "No import {batch} is under way. Nothing was changed: begin it again.",
    "unknown_upkeep": "No rest {upkeep} holds now. Nothing was changed.",
    "unknown_subject": "Nothing that can rest is called {subject}. A ticket is snoozed; a device or zone is in maintenance.",
    "not_said": "Say {field}. Nothing was changed.",
    "said_twice": "Something was said twice. Nothing was changed.",
    "bad_value": "{field} cannot be {value}. Nothing was changed: look at its form ({form}).",
    "no_such_turn": "A ticket that is {from} does not become {to}. Nothing was changed: look at it again.",
    "why_needed": "Ticket {ticket} weighs safety. Write what was done, then close it. Nothing was changed.",
    "nothing_noted": "The note holds nothing. Nothing was written.",
    "bad_minutes_spent": "Time spent is 0 to {most} minutes. Nothing was written.",
    "bad_parts": "A part has a name and a number. Nothing was written.",
    "bad_photos": "These are no photos that were taken in here. Nothing was written.",
    "bad_import": "This is no piece of an import, or too large: at most {most}. Nothing was taken.",
    "no_reason_said": "Write why. Nothing rests.",
    "bad_rest": "It rests from now, or later, for {days} days at most. Nothing rests: choose another end.",
    "photo_gone": "The photo did not arrive. Send it again.",
    "photo_too_large": "The photo is larger than this takes. Send a smaller one.",
    "photo_no_picture": "This is no photo: send a JPEG or a PNG.",
    "photo_cut": "The photo is not whole. Send it again.",
    "photo_not_kept": "The disk does not take the photo. The ticket works on: look at the disk.",
    "book_away": "Tickets, assets and inspections are away. Nothing was changed; doors and presses work. Try again soon.",
    "book_silent": "It is not known whether this was done. Look at the list before you try again; doors and presses work.",
    "book_busy": "Too much is asked at once. Nothing was changed: try again in some seconds.",
    "book_behind": "The lists are being made again. Doors and presses work: try again in a minute.",
    "not_there": "There is nothing of this name. Nothing was changed.",
    "bad_request": "This does not have the form that is asked for. Nothing was changed.",
}

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
    "other": "Something else",
}
ERASED: Final = "(its words were erased)"
