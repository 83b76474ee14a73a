"""What of the live picture a caller may see: silent incidents, and all that would tell of them, are for `look-duress`.

Not by a row, a count, a number or a gap. The rules keep silent responses out of the zones' state already.
"""

from typing import Any

from rules.model.responses import Response
from rules.plan import Plan
from rules.state import State

Document = dict[str, Any]


def is_silent(plan: Plan, response: Response) -> bool:
    """Whether nothing on site may show this response."""
    wanted = plan.responses.get(response)
    return wanted is not None and wanted.silent


def in_sight(document: Document, plan: Plan, state: State, *, duress: bool) -> Document:
    """A snapshot of `edge.snapshot` as somebody with or without `look-duress` may see it."""
    if duress:
        return document
    hidden = {
        (str(one.button), str(one.number))
        for one in state.record.unanswered.values()
        if is_silent(plan, one.response)
    }
    return {
        **document,
        "incidents": [one for one in document["incidents"] if not one["silent"]],
        "unanswered": [
            one for one in document["unanswered"] if (one["button"], str(one["number"])) not in hidden
        ],
        "flags": [one for one in document["flags"] if not _tells(one, hidden)],
        "buttons": [_button(plan, one) for one in document["buttons"]],
    }


def _tells(flag: Document, hidden: set[tuple[str, str]]) -> bool:
    number = flag["args"][0] if flag["args"] else ""
    return flag["code"] == "unanswered_press" and (flag["subject"], number) in hidden


def _button(plan: Plan, button: Document) -> Document:
    shown = {word: ask for word, ask in button["gestures"].items() if not is_silent(plan, ask["response"])}
    # When a silent press last came through would tell of it.
    proven = {one: at for one, at in button["last_proven"].items() if not is_silent(plan, one)}
    return {**button, "gestures": shown, "last_proven": proven}
