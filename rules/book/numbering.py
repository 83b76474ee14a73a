"""The numbers of tickets: spoken aloud, given once. They count per campus, whose id stands in front: `lincoln-hs-187`.

A new epoch of the journal (a restore, a lost tail, another machine) skips ahead, past whatever was given out in the time of
which this journal knows nothing: 200 for each day of it, and for one more. Two boxes restored from the same backup one after
the other do not meet either, for the second has the longer gap. More than 200 tickets a day on average over the lost span
(an import) would: make a backup after an import.
"""

from typing import Final

from rules.book.book import Book

A_DAY: Final = 200
DAY_US: Final = 86_400_000_000
NAME: Final = "ticket"


def epoch_began(book: Book, before_us: int, at_us: int) -> None:
    """A new epoch began at `at_us`; the last event before it is of `before_us`, 0: there was none."""
    if before_us:
        lost = -(-A_DAY * max(0, at_us - before_us) // DAY_US)
        book.numbers[NAME] = book.numbers.get(NAME, 0) + A_DAY + lost


def given(book: Book, number: int) -> None:
    """This one is given out: the next is higher."""
    book.numbers[NAME] = max(number, book.numbers.get(NAME, 0))
