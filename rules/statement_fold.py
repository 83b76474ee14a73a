"""Folds what is said of words for families and media."""

from dataclasses import replace
from typing import Final, assert_never

from rules.model.facts import Entry
from rules.model.moments import Instant
from rules.model.statements import StatementAnswered, StatementFact, StatementsPrepared
from rules.statement_state import Stated, Statement, Statements

MOST_KEPT: Final = 60


def fold_statements(before: Statements, at: Instant, entry: Entry, fact: StatementFact) -> Statements:
    """What is kept after a fact."""
    match fact:
        case StatementsPrepared():
            return _prepared(before, at, fact)
        case StatementAnswered():
            one = before.kept.get(fact.number)
            if one is None:
                return before
            now = replace(one, state=fact.answer, since=at, by=entry.actor, reason=fact.reason)
            return replace(before, kept={**before.kept, fact.number: now})
        case _:
            assert_never(fact)


def _prepared(before: Statements, at: Instant, fact: StatementsPrepared) -> Statements:
    stated = {one: its for one, its in before.stated.items() if one != fact.id}
    if fact.response is not None:
        stated[fact.id] = Stated(fact.kind, fact.response, fact.zone)
    kept = {
        number: replace(one, state="overtaken", since=at)
        if one.incident == fact.id and one.state == "waiting"
        else one
        for number, one in before.kept.items()
    }
    # Erased words are gone: that they were there stays.
    texts = (*fact.texts, *("" for _ in fact.statements[len(fact.texts) :]))
    for (number, template, to, owner), text in zip(fact.statements, texts, strict=False):
        kept[number] = Statement(
            number, fact.id, fact.kind, fact.response, fact.zone, fact.number, template, to, owner, text, at, "waiting", at
        )  # fmt: skip
    newest = dict(sorted(kept.items())[-MOST_KEPT:])
    return Statements(max((before.last, *kept)), stated, newest)
