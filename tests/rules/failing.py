"""A story whose rules raise: every event then falls to the fallback, as in the loop."""

from collections.abc import Callable

from rules.decision import Decision
from rules.fallback import after_failure
from rules.model.events import Event
from rules.record import fold
from tests.rules.story import WIRED, Story

Raises = Callable[[object, str], None]


class Failing(Story):
    """A story whose every event falls to the fallback when its rule raises, as the loop has it."""

    def do(self, event: Event) -> Decision:
        """Decide, or fall back."""
        before = self.state
        try:
            return super().do(event)
        except RuntimeError as err:
            decision = after_failure(self.plan, before, event, str(err))
        record = before.record
        for entry in decision.entries:
            record = fold(record, event.at, entry)
        assert record == decision.state.record
        self.entries += [(event.at, entry) for entry in decision.entries]
        self.state = decision.state
        return decision

    def hold_wired(self, pressed: bool = True) -> None:
        """Press or let go of the wired button."""
        wired = self.plan.buttons[WIRED].wired
        assert wired is not None
        self.set(wired.contact.point, wired.contact.when == pressed)

    def rounds(self, count: int, ms: float = 50) -> list[Decision]:
        """Scans alone."""
        made = []
        for _ in range(count):
            self.wait(ms)
            made.append(self.round())
        return made
