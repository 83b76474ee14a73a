"""What an onlooker of the daemon writes down at each step, for the invariants to judge by."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from edge.journal.row import Row
from edge.journal.stored import Stored
from edge.recovery import folded
from rules.decision import Answer
from rules.model.commands import Permit
from rules.model.events import CommandEnded, ControllerChanged, Event, Scanned
from rules.model.ids import DoorId
from rules.plan import Plan
from rules.state import Record, State
from tests.simulation.box import Box
from tests.simulation.broker import Buttons
from tests.simulation.loop import BOOT_S
from tests.simulation.network import NetworkLoop
from tests.simulation.site import Site
from tests.simulation.truth import Sample, Truth

KEPT_S = 1.0
"""An exit button's press that the daemon saw so long ago is kept over a kill; a write of its note takes milliseconds."""
OWN: tuple[str, ...] = (
    "epoch.started/1",
    "witness.made/1",
    "journal.set_aside/1",
    "journal.shed/1",
    "sealed.erased/1",
    "segment.dropped/1",
)
"""Kinds that the journal enters of its own."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A law that was broken: which, when and by what."""

    law: str
    at_s: float
    what: str

    def __str__(self) -> str:
        return f"t={self.at_s:.3f} {self.law}: {self.what}"


@dataclass(slots=True, eq=False)
class Batch:
    """Rows that were handed in together, and the record after them. durable: None until told."""

    rows: tuple[Row, ...]
    record: Record
    process: int
    at_s: float
    durable: bool | None = None


@dataclass(slots=True)
class Told:
    """An answer as it was told."""

    at_s: float
    answer: Answer
    durable: bool
    backed: bool
    """Whether the rows of its press were durable then."""


@dataclass(slots=True)
class Step:
    """One event that was handled: what was believed before and after, what went out and what was entered."""

    event: Event
    before: State
    after: State
    permits: list[tuple[Permit, State]]
    rows: list[Row]


@dataclass(slots=True)
class Notes:
    """All that is written down."""

    loop: NetworkLoop
    truth: Truth
    site: Site
    box: Box
    buttons: Buttons
    batches: list[Batch] = field(default_factory=list)
    told_answers: list[Told] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    violations: list[Violation] = field(default_factory=list)
    locks_asked_s: dict[str, float] = field(default_factory=dict)
    """By door: when the first lock command of its present order was let out, in this run of the daemon."""
    answered: set[str] = field(default_factory=set)
    """Doors of which a lock command of the present order was answered as written."""
    true_since_s: dict[tuple[str, str], float] = field(default_factory=dict)
    """By (law, subject): since when its condition has held without a break."""
    counts: Counter[str] = field(default_factory=Counter)
    started_s: float = 0.0
    stirred_s: float = 0.0
    """When rows were last handed in, or a permit was let out."""
    step_laws: Sequence[Callable[["Notes", Step], Iterable[str]]] = ()
    permit_laws: Sequence[Callable[["Notes", Permit, State], Iterable[str]]] = ()
    start_laws: Sequence[Callable[["Notes", Record], Iterable[str]]] = ()
    answer_laws: Sequence[Callable[["Notes", Told], Iterable[str]]] = ()
    looked_laws: Sequence[Callable[["Notes"], Iterable[str]]] = ()
    _permits: list[tuple[Permit, State]] = field(default_factory=list)
    _rows: list[Row] = field(default_factory=list)
    reads: dict[str, list[Sample]] = field(default_factory=dict)
    """By input: what was handed in of it since its board was last away, when its round began; the newest last."""
    left_s: dict[str, float] = field(default_factory=dict)
    """By input: when it was last handed in as active, in this run, or in one before it by `KEPT_S` before that one ended."""
    boot: str = ""
    stepped_s: float = 0.0
    """When the last event was handled."""
    trouble_s: dict[str, float] = field(default_factory=dict)
    """By board: when it, or the way to it, was last not as it should be."""
    said: list[tuple[str, bytes]] = field(default_factory=list)
    """What the daemon published since the last step."""
    drilled_s: dict[str, float] = field(default_factory=dict)
    """By button: when a press of it last counted as the drill's that is under way."""
    kept: list[Batch] = field(default_factory=list)
    """The batches of earlier runs that the journal holds."""

    @property
    def plan(self) -> Plan:
        """The configuration in use."""
        assert self.box.daemon is not None
        return self.box.daemon.appliance.plan

    def healthy(self, controller: str) -> bool:
        """Whether a board and the way to it are as they should be, and a daemon runs."""
        device = self.site.devices[controller]
        slow = device.wire is not None and device.wire.jitter_s > 0
        return not (self.site.gone(device) or device.broken or slow) and self.box.daemon is not None

    def broken(self, law: object, found: Iterable[str]) -> None:
        """A law's findings, if there are any."""
        for what in found:
            name = (getattr(law, "__doc__", "") or str(law)).partition("\n")[0]
            self.violations.append(Violation(name, self.loop.world_s, what))

    def lasts_s(self, law: str, subject: str, holds: bool) -> float:
        """For how long a condition has held without a break; 0 where it does not."""
        if not holds:
            self.true_since_s.pop((law, subject), None)
            return 0.0
        return self.loop.world_s - self.true_since_s.setdefault((law, subject), self.loop.world_s)

    # --- box.Watching --------------------------------------------------------------------------

    def started(self, record: Record) -> None:
        """A run of the daemon has its record."""
        self.started_s = self.loop.world_s
        self.locks_asked_s.clear()
        self.answered.clear()
        self.true_since_s.clear()
        self.reads.clear()
        kept_s = self.stepped_s - KEPT_S
        booted_s = 0.0 if self.boot == self.box.boot else BOOT_S
        self.left_s = {one: at_s - booted_s for one, at_s in self.left_s.items() if at_s < kept_s}
        self.boot = self.box.boot
        self._permits.clear()
        self._rows.clear()
        for law in self.start_laws:
            self.broken(law, law(self, record))

    def let_out(self, permit: Permit) -> None:
        """A permit goes to its driver."""
        assert self.box.daemon is not None
        state = self.box.daemon.appliance.state
        self.stirred_s = self.loop.world_s
        self.truth.let_out(permit, self.loop.world_s, self.box.process)
        self._permits.append((permit, state))
        self.counts["permits"] += 1
        for drive in permit.drives:
            if permit.purpose == "lock":
                if drive.target not in self.locks_asked_s or not ordered_locked(state.record, drive.target):
                    self.locks_asked_s[drive.target] = self.loop.world_s
                    self.answered.discard(drive.target)
            elif permit.purpose in ("rest", "free"):
                self.locks_asked_s.pop(drive.target, None)
        for law in self.permit_laws:
            self.broken(law, law(self, permit, state))

    def handed_in(self, rows: Sequence[Row], record: Record) -> Callable[[bool], None]:
        """Rows are handed to the journal."""
        batch = Batch(tuple(rows), record, self.box.process, self.loop.world_s)
        self.batches.append(batch)
        self.stirred_s = self.loop.world_s
        self._rows += rows
        self.counts["rows"] += len(rows)

        def durable(whole: bool) -> None:
            batch.durable = whole

        return durable

    def told(self, answer: Answer, durable: bool) -> None:
        """Somebody is answered."""
        press = getattr(answer, "press", None)
        backed = press is None or any(
            batch.durable is True and any(row.data.get("press") == press for row in batch.rows)
            for batch in reversed(self.batches)
        )
        told = Told(self.loop.world_s, answer, durable, backed)
        self.told_answers.append(told)
        for law in self.answer_laws:
            self.broken(law, law(self, told))

    def seen(self, event: Event, before: State, after: State) -> None:
        """An event was handled."""
        self.counts[type(event).__name__] += 1
        self.stepped_s = self.loop.world_s
        if isinstance(event, Scanned):
            self._read(event)
        elif isinstance(event, CommandEnded) and event.ending == "written":
            self.answered |= {
                name
                for name, door in self.truth.doors.items()
                if any((one.process, one.command) == (self.box.process, event.command) for one in door.let)
            }
        elif isinstance(event, ControllerChanged) and not event.up:
            for name, one in self.truth.inputs.items():
                if one.controller == event.controller:
                    self.reads.pop(name, None)
        for controller in self.site.devices:
            if not self.healthy(controller):
                self.trouble(controller)
        step = Step(event, before, after, self._permits, self._rows)
        self._permits, self._rows = [], []
        if after.record.incidents is not before.record.incidents:
            self.silent |= {one.id for one in after.record.incidents.values() if one.silent}
        for law in self.step_laws:
            self.broken(law, law(self, step))

    def leapt(self, by_s: float) -> None:
        """So much time passed at once: what was lately is as much longer ago."""
        for ago in (self.left_s, self.trouble_s):
            for name in ago:
                ago[name] -= by_s
        for one in self.truth.inputs.values():
            one.turned_s -= by_s

    def trouble(self, controller: str) -> None:
        """Something is wrong with a board or the way to it."""
        self.trouble_s[controller] = self.loop.world_s

    def _read(self, event: Scanned) -> None:
        began_s = event.started.mono_us / 1e6 + self.loop.booted_ns / 1e9
        for name, one in self.truth.inputs.items():
            value = event.values.get(("discrete_input", one.number))
            if one.controller == event.controller and value is not None:
                active = (value != 0) == one.active_when
                self.reads[name] = [*self.reads.get(name, ())[-1:], Sample(began_s, active)]
                if active:
                    self.left_s[name] = began_s

    # --- the record ----------------------------------------------------------------------------

    def stored(self) -> list[Stored]:
        """The rows of the loop's that the journal holds, oldest first; before the daemon's journal is started."""
        assert self.box.daemon is not None
        return [one for one in self.box.daemon.journal.rows_after(None) if one.kind not in OWN]

    def compared(self, rows: list[Stored]) -> Iterator[str]:
        """What of the rows handed in is missing, doubled or changed in the journal; takes note of what is held."""
        process = self.box.process
        place = sum(len(batch.rows) for batch in self.kept)
        if len(rows) < place:
            yield f"{place - len(rows)} rows that an earlier start had found are gone"
            return
        for batch in [one for one in self.batches if one.process < process]:
            held = 0
            for row, stored in zip(batch.rows, rows[place:], strict=False):
                if not _same(row, stored):
                    break
                held += 1
            if held < len(batch.rows) and batch.durable is True:
                lost = batch.rows[held]
                yield f"{lost.kind} of {lost.subject} was durable at t={batch.at_s:.3f} and is not in the journal"
            if held == len(batch.rows):
                self.kept.append(batch)
                place += held
                continue
            # Cut off in the middle of a batch: the rest was never durable.
            part = Batch(
                batch.rows[:held],
                _folded_on(self.kept, rows[place : place + held]),
                batch.process,
                batch.at_s,
            )
            if held:
                self.kept.append(part)
                place += held
            break
        self.batches = [one for one in self.batches if one.process >= process]
        if len(rows) > place:
            extra = rows[place]
            yield f"number {extra.seq}, {extra.kind} of {extra.subject}, was never handed in there"


def ordered_locked(record: Record, door: str) -> bool:
    """Whether a lock order stands for a door: a person's, or one of a live incident."""
    order = record.orders.get(DoorId(door))
    return (
        order is not None
        and order.word == "lock"
        and (order.incident is None or order.incident in record.incidents)
    )


def _folded_on(kept: list[Batch], rows: list[Stored]) -> Record:
    record = kept[-1].record if kept else Record()
    for row in rows:
        record = folded(record, row)
    return record


def _same(row: Row, stored: Stored) -> bool:
    return (row.kind, row.subject, row.at_utc_us, row.mono_us, row.incident) == (
        stored.kind,
        stored.subject,
        stored.at_us,
        stored.monotonic_us,
        stored.incident,
    ) and row.data == stored.data
