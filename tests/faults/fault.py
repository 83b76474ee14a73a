"""What a fault is: how it strikes a running campus, what must go on meanwhile, and how it is mended."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final, Literal

from tests.faults.campus import DOORS, Campus, running

Phase = Literal["idle", "press", "lockdown", "release"]
PHASES: Final[tuple[Phase, ...]] = ("idle", "press", "lockdown", "release")
"""The fifth of the fault research, in sync, comes with the district (part 7): until then it is no cell at all."""
AT_ONCE_S: Final = 0.15
"""What two busy cores may add to a press that nothing holds up."""
A_START_S: Final = 6.0
"""A start on a busy machine, and what came before it. How long one takes is measured by `restarts`, several times."""


class Fault:
    """One way of being broken. Subclasses say the sentence of their fault as their docstring.

    phases: those in which it makes a difference. healthy: the doors that must be written while it lasts.
    within_s: how much later than without it the last of them may be written.
    follows: it strikes right after the press was published, not right before.
    loses_rows: it destroys what was on disk; then the record must say so.
    shared: it needs nothing of its own of the campus.
    """

    name: ClassVar[str] = ""
    phases: ClassVar[tuple[Phase, ...]] = PHASES
    healthy: ClassVar[frozenset[str]] = DOORS
    within_s: ClassVar[float] = AT_ONCE_S
    follows: ClassVar[bool] = False
    loses_rows: ClassVar[bool] = False
    shared: ClassVar[bool] = True

    def missing(self) -> str:
        """Why it cannot be done here; empty: it can."""
        return ""

    def within_of(self, phase: Phase) -> float:
        """`within_s` in one phase."""
        return self.within_s

    @contextlib.contextmanager
    def campus(self, folder: Path) -> Iterator[Campus]:
        """The campus that it strikes."""
        with running(Campus(folder)) as made:
            yield made

    def strike(self, campus: Campus) -> None:
        """From here on it is broken."""

    def settle(self, campus: Campus) -> None:
        """Wait until it is as broken as it gets: before the press of the idle phase."""

    def mend(self, campus: Campus) -> None:
        """All is well again; also where `strike` came only half-way."""

    def shown(self, campus: Campus) -> str:
        """Asked once the doors were written and before it is mended: what should be shown of it and is not."""
        return ""


class Nothing(Fault):
    """Nothing is broken: what all others are compared with."""

    name = "none"
