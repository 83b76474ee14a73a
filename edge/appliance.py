"""The loop: an event in, a decision, permits out at once, the rest behind them. The product on one screen.

Start reading at `Appliance.handle`.
"""

import asyncio
import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final, Protocol

import structlog

from drivers.base import Driver
from drivers.burst import Burst
from drivers.clock import instant
from edge import codec
from edge.inbox import Inbox
from edge.journal.canonical import JSON
from edge.journal.row import Row
from rules import replanned
from rules.decide import decide
from rules.decision import Answer, Decision
from rules.fallback import after_failure
from rules.model.commands import Permit
from rules.model.events import CommandEnded, Event, PressHeard, Ticked
from rules.model.ids import CommandId, ControllerId
from rules.model.moments import Instant
from rules.model.notices import Notice
from rules.model.selftest import Probe
from rules.plan import Plan
from rules.state import Record, State

log = structlog.get_logger()

TICK_S: Final = 0.1
HURRY_S: Final = 0.04
"""Boards that answer have a press's frames by then (200 doors on 50 boards of 5 ms: after 15); a dead one holds up nobody."""
BITE_S: Final = 0.002
"""The loop goes back to the sockets after this long, however many events wait."""
FEW_PERMITS: Final = 4
"""Up to so many are remembered in the same turn of the loop."""
DISK_PATIENCE_S: Final = 1.0
"""Contract section 4: a disk that takes nothing for 1 s is answered with `durable: false`."""


class Remember(Protocol):
    """The journal as the loop sees it: never blocks, never raises."""

    def append(
        self, rows: list[Row], head: dict[str, JSON] | None, done: Callable[[bool], None]
    ) -> object: ...


Told = Callable[[Answer, bool], None]
"""Tells whoever asked; the flag says whether it is durable. Called again with True if a late disk catches up."""
Seen = Callable[[Event, State, State], None]
"""Shows an event and the state before and after it to whoever publishes or counts; after the permits have gone."""


class Appliance:
    """Holds the plan and the state, and hands everything on. Belongs to the loop's thread."""

    def __init__(
        self,
        plan: Plan,
        state: State,
        made: codec.Made,
        drivers: Mapping[ControllerId, Driver],
        journal: Remember,
        tell: Told,
        seen: Seen,
        burst: Burst | None = None,
        probe: "Callable[[tuple[Probe, ...]], None] | None" = None,
        announce: "Callable[[tuple[Notice, ...]], None] | None" = None,
    ) -> None:
        """probe: does what a self-test asks of the box itself; what comes of it is an event.

        announce: hands notices to their routes and waits for nothing.
        """
        self.plan = plan
        self.state = state
        self.drivers = drivers
        self.longest_s = 0.0
        """The longest time one event took on the loop since start."""
        self.turned_at_s = time.monotonic()
        """When the loop last turned; the watchdog looks at it."""
        self.took_s = 0.0
        """How long the event that is being shown took until its commands were on the wire."""
        self._made = made
        self._journal = journal
        self._tell = tell
        self._seen = seen
        self._burst = burst or Burst()
        self._probe = probe
        self._announce = announce
        self._inbox = Inbox()
        self._carried = CommandId(0)
        self._under_way = 0
        self._hurry_until_s = 0.0
        self._patient: asyncio.TimerHandle | None = None
        self._draining = False
        self._scheduled = False
        self._loop = asyncio.get_running_loop()
        self._ticker: asyncio.TimerHandle | None = None
        self._behind: tuple[Event, State, Decision] | None = None
        """What was commanded and is not yet remembered and shown: the loop's next turn does it."""

    def start(self) -> None:
        """Begin to count time."""
        self._tick()

    def stop(self) -> None:
        """Count no more time. Whatever is on the wire still ends in the inbox and is journaled."""
        self.catch_up()
        if self._ticker is not None:
            self._ticker.cancel()

    def replan(self, plan: Plan, made: codec.Made, drivers: Mapping[ControllerId, Driver]) -> None:
        """Go on with another accepted configuration."""
        self.catch_up()
        self.state = replace(self.state, live=replanned.under(self.plan, plan, self.state.live))
        self.plan, self._made, self.drivers = plan, made, drivers

    def emit(self, event: Event) -> None:
        """Hand in one event. This function is all that a driver holds of ours."""
        self._inbox.put(event)
        if self._draining:
            return
        if isinstance(event, PressHeard):
            # Now, with what came before it: the loop's next turn may be fifty boards' answers away.
            self._drain_now()
        elif isinstance(event, CommandEnded) and self.hurried:
            self._drain_once_answered()
        else:
            self._drain_soon()

    def handle(self, event: Event) -> None:
        """Decide, each permit going on the wire as it passes; then remember and show, for which no wire waits.

        Behind a press of many doors in a turn of the loop of its own, and before anything else is decided: together
        they hold the loop for longer than issue 4, B4 grants.
        """
        self.catch_up()
        decision = self._decided(event)
        before, self.state = self.state, decision.state
        if before.record.number != self.state.record.number:
            self._hurry_until_s = time.monotonic() + HURRY_S
        if decision.notices and self._announce is not None:
            self._announce(decision.notices)
        self._behind = event, before, decision
        self.took_s = time.monotonic() - self.turned_at_s
        if len(decision.permits) > FEW_PERMITS:
            self._loop.call_soon(self.catch_up)
        else:
            self.catch_up()

    def catch_up(self) -> None:
        """Remember and show what was decided last, so that the journal holds what the state does. What fails here is told
        as the loop tells it: the next event, which may be a press, is not at fault."""
        if self._behind is None:
            return
        (event, before, decision), self._behind = self._behind, None
        began = time.monotonic()
        try:
            self._remember(event.at, before.record, decision)
            self._seen(event, before, decision.state)
            if decision.probes and self._probe is not None:
                self._probe(decision.probes)
        except Exception as err:  # noqa: BLE001  as said
            self._loop.call_exception_handler({"message": "what was decided is not shown", "exception": err})
        self.longest_s = max(self.longest_s, time.monotonic() - began)

    def remember(self, at: Instant, rows: list[Row]) -> None:
        """Enter rows that no rule decides, such as the daemon's own start."""
        self.catch_up()
        self._journal.append(rows, head(self.state.record), _nothing)

    def quiet(self) -> bool:
        """Whether a controller may be asked what it is: no response is live, and no press on its way."""
        record = self.state.record
        return not record.incidents and not record.zones and not self.hurried

    @property
    def hurried(self) -> bool:
        """Whether the commands of a response that just changed are on their way: what is shown meanwhile can wait."""
        return self._under_way > 0 and time.monotonic() < self._hurry_until_s

    @property
    def shed(self) -> int:
        """Events let go of since start."""
        return self._inbox.shed

    @property
    def lanes(self) -> tuple[int, int]:
        """(waiting in the reflex lane, waiting in the routine lane)."""
        return self._inbox.lanes

    def _drain_now(self) -> None:
        try:
            self._drain()
        except Exception as err:  # noqa: BLE001  # told as the loop tells it: the button's session is not at fault
            self._loop.call_exception_handler({"message": "an event failed", "exception": err})

    def _drain_soon(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._turn)

    def _drain_once_answered(self) -> None:
        """Look at the boards' answers together: what we compute meanwhile is taken from the boards that still have to write
        on a box with few cores, and proves no bolt sooner. A dead board is waited for as long as a press is hurried."""
        if self._patient is None:
            left_s = self._hurry_until_s - time.monotonic()
            self._patient = self._loop.call_later(left_s, self._drain_soon)

    def _turn(self) -> None:
        self._scheduled = False
        self._drain()

    def _drain(self) -> None:
        self._draining = True
        if self._patient is not None:
            self._patient.cancel()
            self._patient = None
        # A thousand doors' press makes enough to set the collector off four times on its way; it comes right behind.
        gc.disable()
        began = time.monotonic()
        self.turned_at_s = began
        try:
            while (event := self._inbox.take()) is not None:
                self.handle(event)
                now = time.monotonic()
                self.longest_s = max(self.longest_s, now - self.turned_at_s)
                self.turned_at_s = now
                if now - began > BITE_S:
                    break
        finally:
            # Also when `handle` raised, which is a bug of ours: the events behind it are not its prisoners.
            self._draining = False
            gc.enable()
            if len(self._inbox) > 0:
                self._drain_soon()

    def _tick(self) -> None:
        self.emit(Ticked(instant()))
        self._ticker = self._loop.call_later(TICK_S, self._tick)

    def _decided(self, event: Event) -> Decision:
        try:
            return decide(self.plan, self.state, event, self._carry_all)
        except Exception as err:
            log.exception("a rule failed", rule_event=type(event).__name__)
            error = f"{type(err).__name__}: {err}"[:500]
        state = self._without_reused_numbers()
        try:
            decision = after_failure(self.plan, state, event, error)
        except Exception:
            # Nothing is left to stand in: keep the state, keep turning, and let the log and the watchdog tell.
            log.exception("the fallback failed too", rule_event=type(event).__name__)
            return Decision(state)
        # Some may have gone before the rule failed: a lock is asserted, never cycled, and may be asserted twice.
        self._carry_all(decision.permits)
        return decision

    def _without_reused_numbers(self) -> State:
        """The state after a rule failed whose permits had gone: their endings must not be taken for others'."""
        live = self.state.live
        if self._carried < live.next_command:
            return self.state
        return replace(self.state, live=replace(live, next_command=CommandId(self._carried + 1)))

    def _carry_all(self, permits: tuple[Permit, ...]) -> None:
        with self._burst:
            for permit in permits:
                self._carry(permit)

    def _carry(self, permit: Permit) -> None:
        """Put one permit on the wire now; what becomes of it is an event."""
        self._carried = permit.id
        driver = self.drivers.get(permit.controller)
        if driver is None:
            self.emit(CommandEnded(instant(), permit.id, permit.controller, "not_sent", "no_driver"))
            return
        try:
            ending = driver.execute(permit)
        except Exception as err:
            log.exception("a driver failed", controller=permit.controller)
            code = f"driver_failed_{type(err).__name__}"
            self.emit(CommandEnded(instant(), permit.id, permit.controller, "not_sent", code))
            return
        self._under_way += 1
        ending.add_done_callback(partial(self._ended, permit))

    def _ended(self, permit: Permit, done: "asyncio.Future[CommandEnded]") -> None:
        self._under_way -= 1
        if done.cancelled() or (err := done.exception()) is not None:
            code = "cancelled" if done.cancelled() else f"driver_failed_{type(err).__name__}"
            log.error("a command has no outcome", controller=permit.controller, code=code)
            self.emit(CommandEnded(instant(), permit.id, permit.controller, "no_answer", code))
        else:
            self.emit(done.result())

    def _remember(self, at: Instant, before: Record, decision: Decision) -> None:
        if not decision.entries:
            for answer in decision.answers:
                self._tell(answer, True)
            return
        rows = [codec.row(entry, at, self._made) for entry in decision.entries]
        says = head(decision.state.record) if _head_differs(before, decision.state.record) else None
        if not decision.answers:
            self._journal.append(rows, says, _nothing)
            return
        answers = decision.answers
        late = self._loop.call_later(DISK_PATIENCE_S, self._tell_all, answers, False)

        def durable(held: bool) -> None:
            late.cancel()
            self._tell_all(answers, held)

        self._journal.append(rows, says, durable)

    def _tell_all(self, answers: tuple[Answer, ...], durable: bool) -> None:
        for answer in answers:
            self._tell(answer, durable)


def head(record: Record) -> dict[str, JSON]:
    """What the head witness says of the record, so that a lost journal does not forget a lockdown."""
    zones: dict[str, JSON] = {
        zone: {"response": own.response, "kind": own.kind, "incident": own.incident}
        for zone, own in record.zones.items()
    }
    released: list[JSON] = [door for door, order in record.orders.items() if order.word == "rest"]
    freed: list[JSON] = [door for door, order in record.orders.items() if order.word == "free"]
    return {"number": record.number, "zones": zones, "released": released, "freed": freed}


def _head_differs(before: Record, after: Record) -> bool:
    return (
        before.zones is not after.zones or before.orders is not after.orders or before.number != after.number
    )


def _nothing(durable: bool) -> None:
    """Nobody waits for this row."""
