"""One thing that is wrong in a configuration, told so that a person can mend it without asking anybody."""

from collections.abc import Iterable
from typing import Final, Literal

from rules.model.values import dataclass

Topic = Literal["configuration", "secret", "web", "notes"]
"""secret: a file that holds a secret. web: only the page suffers. notes: a firmware note is broken and counts as none."""
HARMLESS: Final = frozenset({"web", "notes"})
"""Topics in spite of which the daemon starts."""

MOST_TOLD = 500
"""More than this are counted, not listed: nobody reads them, and a hostile file could make millions."""
_LONGEST_QUOTE = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place, and what to do about it. `line` and `column` count from 1."""

    file: str
    line: int
    path: str
    what: str
    do: str
    topic: Topic = "configuration"
    column: int = 1

    def text(self) -> str:
        """The one line that `check` prints: `file:line: key path: what; what to do`."""
        return f"{self.file}:{self.line}: {self.path}: {self.what}; {self.do}"


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """By place in the file, each told once, and at most `MOST_TOLD` of them."""
    told = sorted(set(problems), key=lambda p: (p.line, p.column, p.path, p.what))
    if len(told) <= MOST_TOLD:
        return tuple(told)
    last = told[MOST_TOLD - 1]
    more = Problem(
        last.file,
        last.line,
        "…",
        f"{len(told) - MOST_TOLD} more problems",
        "mend those above and check again",
    )
    return (*told[:MOST_TOLD], more)


def quoted(text: str) -> str:
    """Foreign text, cut and made harmless for a terminal and a log."""
    cut = text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"
    return repr(cut)
