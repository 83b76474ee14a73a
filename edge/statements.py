"""Words for families and media as a document: the newest first, each with who answers for it and what became of it. Pure."""

from collections.abc import Callable
from typing import Any

from edge import post_words, statement_words
from edge.journal.stored import rfc3339
from rules.plan import Plan
from rules.state import State
from rules.statement_state import Statement

Document = dict[str, Any]


def statement_documents(
    plan: Plan, state: State, called: Callable[[str], str], of: str | None = None
) -> list[Document]:
    """All that are kept, or those of one incident."""
    kept = sorted(state.record.statements.kept.values(), key=lambda one: (-one.at.utc_us, one.number))
    return [_document(plan, state, one, called) for one in kept if of is None or one.incident == of]


def _document(plan: Plan, state: State, one: Statement, called: Callable[[str], str]) -> Document:
    post, planned = state.record.posts.get(one.incident), plan.roles.get(one.owner)
    held = None if post is None else post.roles.get(one.owner)
    return {
        "number": one.number,
        "incident": one.incident,
        "kind": one.kind,
        "response": one.response,
        "zone": one.zone,
        "state_number": one.campus_number,
        "template": one.template,
        "to": one.to,
        "owner": one.owner,
        "owner_words": post_words.ROLES[one.owner],
        "owner_name": (held.name or called(held.who))
        if held is not None
        else (planned.primary if planned is not None else None),
        "text": one.text,
        "at": rfc3339(one.at.utc_us),
        "state": one.state,
        "words": statement_words.STATES[one.state],
        "since": rfc3339(one.since.utc_us),
        "by": None if one.by is None else called(one.by),
        "reason": one.reason,
    }
