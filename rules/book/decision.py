"""What comes of a question to the book: entries for the journal, or why not."""

from rules.model.values import dataclass


class Refused(Exception):
    """The book says no. code, args: for words."""

    def __init__(self, code: str, *args: tuple[str, str | int]) -> None:
        super().__init__(code, *args)
        self.code, self.said = code, args


@dataclass(frozen=True, slots=True)
class Now:
    """The moment that rules are given. utc_us: for ages of days and years. day: of the campus's calendar, `toordinal`.

    mondays: of that calendar too: the last ones and the next, each with the moment (UTC) at which it begins.
    """

    utc_us: int
    day: int
    mondays: tuple[tuple[int, int], ...] = ()
