"""Checklists and rounds that still count, said again with their words before retention lets go of what said them.

What counts: rounds under way, the last that ended of each checklist and zone, for the next is compared with it, the newest
edition of each checklist, and every edition that one of those rounds goes through.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from rules.book import restating
from rules.book.assessments import newest
from rules.book.book import Book
from rules.book.decision import Now
from rules.model.assessment_facts import AssessmentKept, ChecklistKept
from rules.model.asset_facts import Pairs
from rules.model.facts import Entry

PIECE: Final = 5
"""Questions or answers of one event: fifty events of the longest texts are still one message of the book's process."""
MOST_AT_ONCE: Final = 1_100
"""A checklist as large as one may be, in one decision: an edition is never left in the middle for long."""
Words = Callable[[str, int], Mapping[str, Mapping[str, str]]]
"""Of `question` or `answer` and a number: words by name, by a question's id; of `checklist`: its title, by `""`."""


def kept(book: Book, now: Now, words: Words) -> Iterator[Entry]:
    """What is due to be said again; some at once."""
    before = restating.before_us(book, now)
    if before <= 0:
        return
    rounds = _rounds(book)
    editions = {book.assessments[one].number for one in rounds}
    editions |= {number for one in book.checklists.values() if (number := newest(book, one.id)) is not None}
    left = MOST_AT_ONCE
    for number in sorted(editions):
        checklist = book.checklists[number]
        if checklist.state == "taken" and checklist.at_us < before and left > 0:
            left -= len(checklist.questions)
            yield from _checklist(book, number, words)
    for number in sorted(rounds):
        known = book.assessments[number]
        if known.stated_us < before and left > 0:
            left -= max(1, len(known.answers))
            yield from _assessment(book, number, words)


def _rounds(book: Book) -> set[int]:
    """Those that count."""
    found: set[int] = set()
    latest: dict[tuple[str, str], int] = {}
    for number, one in book.assessments.items():
        if not one.ended_us:
            found.add(number)
        else:
            of = book.checklists[one.number].id, one.zone
            latest[of] = max(number, latest.get(of, 0))
    return found | set(latest.values())


def _checklist(book: Book, number: int, words: Words) -> Iterator[Entry]:
    one = book.checklists[number]
    said, title = words("question", number), words("checklist", number).get("", {}).get("title", "")
    for first in range(0, len(one.questions), PIECE):
        piece = one.questions[first : first + PIECE]
        names = [each.id for each in piece]
        fact = ChecklistKept(
            number, one.id, one.rows, one.sha256, first, tuple((each.id, each.category, each.weight) for each in piece),
            title, _pairs(said, names, "section"), _pairs(said, names, "text"),
        )  # fmt: skip
        yield Entry(fact, f"checklist-{number}", restating.RULE, because=restating.AGED)


def _assessment(book: Book, number: int, words: Words) -> Iterator[Entry]:
    one, said = book.assessments[number], words("answer", number)
    answers = tuple((name, each.answer, each.ticket) for name, each in one.answers.items())
    for first in range(0, max(1, len(answers)), PIECE):
        piece = answers[first : first + PIECE]
        fact = AssessmentKept(
            number, one.number, one.zone, one.begun_us, one.ended_us, len(answers), first, piece,  # type: ignore[arg-type]
            _pairs(said, [name for name, _, _ in piece], "comment"),
        )  # fmt: skip
        yield Entry(fact, f"assessment-{number}", restating.RULE, because=restating.AGED)


def _pairs(said: Mapping[str, Mapping[str, str]], names: list[str], word: str) -> Pairs:
    return tuple((name, text) for name in names if (text := said.get(name, {}).get(word, "")))
