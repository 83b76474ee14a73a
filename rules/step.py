"""One event being decided: a scratch pad inside a pure function, so that each part sees what the part before it wrote."""

from collections.abc import Callable
from typing import Any, Final, cast

from rules.altered import altered
from rules.decision import Answer, Decision
from rules.model.commands import Permit
from rules.model.facts import Because, Entry, Fact
from rules.model.ids import Actor, CommandId, ControllerId, DoorId, IncidentId
from rules.model.moments import Instant
from rules.model.notices import Notice
from rules.model.selftest import Probe
from rules.plan import Plan
from rules.record import fold
from rules.state import ControllerLive, DoorLive, Live, Record, State

LetOut = Callable[[tuple[Permit, ...]], object]
RULE: Final = Actor("rule")
DAEMON: Final = Actor("daemon")


class Step:
    """Collects a decision. Never leaves `decide`: outside it the same arguments always give the same answer.

    `record` is kept folded after each `write`. Maps of `live` are copied once, at their first change.
    """

    __slots__ = (
        "_answers",
        "_doors",
        "_entries",
        "_let_out",
        "_live",
        "_notices",
        "_permits",
        "_probes",
        "at",
        "plan",
        "record",
    )

    def __init__(self, plan: Plan, state: State, at: Instant, let_out: LetOut | None = None) -> None:
        """let_out: told of permits at once, while the rest is still being decided."""
        self.plan = plan
        self.record: Record = state.record
        self.at = at
        self._live: Live = altered(state.live, now=at)
        self._doors: dict[DoorId, DoorLive] | None = None
        self._entries: list[Entry] = []
        self._permits: list[Permit] = []
        self._let_out = let_out
        self._answers: list[Answer] = []
        self._probes: tuple[Probe, ...] = ()
        self._notices: tuple[Notice, ...] = ()

    # --- the live picture ---

    @property
    def live(self) -> Live:
        """The live picture so far."""
        if self._doors is not None:
            self._live = altered(self._live, doors=self._doors)
            self._doors = None
        return self._live

    def change(self, **fields: Any) -> None:
        """Replace fields of the live picture other than `doors`; names as in `rules.state.Live`."""
        self._live = altered(self.live, **fields)

    def door(self, door: DoorId) -> DoorLive:
        """A door's live part; a fresh one for a door not seen yet."""
        doors = self._live.doors if self._doors is None else self._doors
        return doors.get(door) or DoorLive()

    def set_door(self, door: DoorId, now: DoorLive) -> None:
        """Replace a door's live part."""
        if self._doors is None:
            self._doors = dict(self._live.doors)
        self._doors[door] = now

    def set_controller(self, controller: ControllerId, now: ControllerLive) -> None:
        """Replace a controller's live part."""
        self._live = altered(self._live, controllers={**self._live.controllers, controller: now})

    def next_commands(self, count: int) -> tuple[CommandId, ...]:
        """Fresh command ids, ascending."""
        first = self._live.next_command
        self._live = altered(self._live, next_command=CommandId(first + count))
        return cast("tuple[CommandId, ...]", tuple(range(first, first + count)))

    # --- what comes of it ---

    def write(
        self,
        fact: Fact,
        subject: str,
        *,
        actor: Actor = RULE,
        incident: IncidentId | None = None,
        because: Because | None = None,
    ) -> None:
        """Enter a fact; the record has it from now on."""
        entry = Entry(fact, subject, actor, incident, because)
        self._entries.append(entry)
        self.record = fold(self.record, self.at, entry)

    def let_out(self, permits: tuple[Permit, ...]) -> None:
        """Let commands out that the interlock passed."""
        self._permits += permits
        if self._let_out is not None and permits:
            self._let_out(permits)

    def answer(self, answer: Answer) -> None:
        """Answer whoever asked, once the entries are durable."""
        self._answers.append(answer)

    def probe(self, *probes: Probe) -> None:
        """Ask the box itself, once everything else is on its way."""
        self._probes += probes

    def tell(self, notices: tuple[Notice, ...]) -> None:
        """Let notices out that the interlock passed."""
        self._notices += notices

    @property
    def state(self) -> State:
        """The state so far."""
        return State(self.record, self.live)

    def decision(self) -> Decision:
        """All of it."""
        made = (tuple(self._entries), tuple(self._permits), tuple(self._answers))
        return Decision(self.state, *made, self._probes, self._notices)
