"""The daemon in the simulation: `edge.run` itself, with only what touches the machine exchanged; started, killed, reloaded.

Real: everything of `edge.run`, `Daemon`, `Appliance`, inbox, rules, journal, recovery, publisher, configuration, the
Modbus TCP and RTU drivers, the button sessions. Exchanged: sockets and serial port (`network`), aiomqtt's connection
(`broker`), the journal's thread (`disk`), the clock and chance (`loop`). Left out: the threads of views, ballast and copy,
the local socket, the page and the accounts, which no press needs; OSDP, which lives in a process of its own.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import copy_context
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

import structlog

import drivers.buttons.last_known_up as known_up
import drivers.buttons.mqtt_session as mqtt_session
import drivers.doors.modbus_rtu_bus as rtu_bus
import edge.accounts as accounts_module
import edge.answers as answers_module
import edge.appliance as appliance_module
import edge.daemon as daemon_module
import edge.journal.journal as journal_module
import edge.routes as routes_module
import edge.run as run_module
import edge.wiring as wiring_module
from drivers.base import Watch
from edge.calendar import Calendar
from edge.config.check import read
from edge.daemon import Daemon
from edge.desk import FrontDesk
from edge.journal.journal import Journal
from edge.journal.row import Row
from edge.operations import AWAY, NotDone
from rules.decision import Answer
from rules.model.commands import Permit
from rules.model.events import Event
from rules.plan import Plan
from rules.state import Record, State
from tests.simulation.broker import Broker, connecting
from tests.simulation.disk import Disk, faulty_files, inline_writer
from tests.simulation.loop import PROCESS
from tests.simulation.network import NetworkLoop, open_line
from tests.simulation.paper import PaperRoute

EVIDENCE_S, FAST_S = 0.5, 0.2
"""Evidence as the product reads it; contacts five times a second and not twenty, to spare work."""


class Watching(Protocol):
    """Who is told of every step of the daemon."""

    def seen(self, event: Event, before: State, after: State) -> None: ...

    def let_out(self, permit: Permit) -> None: ...

    def handed_in(self, rows: Sequence[Row], record: Record) -> Callable[[bool], None]: ...

    def told(self, answer: Answer, durable: bool) -> None: ...

    def started(self, record: Record) -> None: ...


class Box:
    """One box in one rack, over all runs of its daemon."""

    def __init__(self, loop: NetworkLoop, folder: Path, text: str, broker: Broker) -> None:
        self.loop = loop
        self.path = folder / "campus.yaml"
        self.path.write_text(text)
        self.disk = Disk(loop, folder / "store", self.die)
        self.process = 0
        self.boot = "boot-1"
        self.daemon: Daemon | None = None
        self.watching: Watching | None = None
        self.ended: list[int | BaseException] = []
        """How runs ended that were not killed."""
        self._task: asyncio.Task[int] | None = None
        self._claim: Any = None
        self._broker = broker
        self._graves: list[Any] = []

    def running(self) -> bool:
        """Whether a run of the daemon is under way."""
        return self._task is not None

    def start(self) -> None:
        """Begin a run of the daemon."""
        self.process += 1
        context = copy_context()
        context.run(PROCESS.set, self.process)
        self._task = self.loop.create_task(self._run(self.process), context=context)

    async def _run(self, process: int) -> int:
        claim = self._claim = run_module._Claim(self.disk.store)
        claim.take()
        code: int | BaseException = -1
        try:
            code = await run_module._run(self.path, read(self.path), self.disk.store, claim, asyncio.Event())
        except BaseException as err:
            code = err
            raise
        finally:
            if process not in self.loop.killed:
                self.ended.append(code)
                self.loop.call_soon(self._exited, process, context=contextvars_of_the_world())
        return code

    def _exited(self, process: int) -> None:
        """The process is gone, and with it a writer that still waits for a hanging disk."""
        if process in self.loop.killed:
            return
        self.loop.killed.add(process)
        grave = (self._task, self.daemon, self._claim, process)
        self._task = self.daemon = None
        self._bury(*grave)

    def ask(self, act: Callable[[Daemon], Any]) -> None:
        """Have something done in the daemon's own context, if it runs."""
        daemon, process = self.daemon, self.process
        if daemon is None or self._task is None:
            return
        context = copy_context()
        context.run(PROCESS.set, process)
        self.loop.call_soon(lambda: act(daemon), context=context)

    def submit(self, make: Any, actor: str = "socket:1000") -> "asyncio.Task[Any] | None":
        """A person's request, handed in as the socket and the page do; None: no daemon runs."""
        if self.daemon is None or self._task is None:
            return None
        context = copy_context()
        context.run(PROCESS.set, self.process)
        return self.loop.create_task(FrontDesk(self.daemon).submit(actor, make), context=context)  # type: ignore[arg-type]

    def die(self) -> None:
        """kill -9: from this moment no callback of the run goes on. What is left is cleaned up by the world."""
        if self._task is None:
            return
        self.loop.killed.add(self.process)
        self.disk.freeze()
        grave = (self._task, self.daemon, self._claim, self.process)
        self._task = self.daemon = None
        self.loop.call_soon(self._bury, *grave, context=contextvars_of_the_world())

    async def stop(self) -> None:
        """SIGTERM, and wait for the end."""
        daemon, task = self.daemon, self._task
        if daemon is None or task is None:
            return
        self.ask(lambda one: one.leaving.set())
        while self._task is task:
            await asyncio.sleep(0.05)

    def _bury(self, task: Any, daemon: Daemon | None, claim: Any, process: int) -> None:
        """What the kernel does for a dead process: its descriptors are closed, its connections break."""
        self._graves.append((task, daemon))
        for wire in self.loop.wires.values():
            for end in tuple(wire.ends):
                if end.context.get(PROCESS, 0) == process:
                    end.abort()
        for line in self.loop.lines.values():
            if line.master is not None and line.master.context.get(PROCESS, 0) == process:
                line.master = None
        self._broker.cut()
        for journal in [one for one in Journals.open if one[1] == process]:
            Journals.open.remove(journal)
            core, held = journal[0]._core, journal[0]._held
            if core.store is not None:
                core.store.close()
            for file in (core.spill, core.bearing.witness):
                if file is not None:
                    file.close()
            if held is not None:
                os.close(held)
        claim.release()
        self.disk.thaw()

    def close(self) -> None:
        """After the last step: let go of what the dead runs still hold."""
        for task in [*asyncio.all_tasks(self.loop), *(grave[0] for grave in self._graves)]:
            task._log_destroy_pending = False
            if task.done():
                if not task.cancelled():
                    task.exception()
                continue
            with contextlib.suppress(BaseException):
                task.get_coro().close()
        for journal, _ in Journals.open:
            if journal._core.store is not None:
                journal._core.store.close()
            if journal._held is not None:
                with contextlib.suppress(OSError):
                    os.close(journal._held)
        Journals.open.clear()


class Journals:
    """The journals that runs have open, with the number of the run."""

    open: ClassVar[list[tuple[Journal, int]]] = []


def contextvars_of_the_world() -> Any:
    """The context in which nobody is a daemon."""
    context = copy_context()
    context.run(PROCESS.set, 0)
    return context


class _NoPeople:
    """No accounts: no press and no door needs one."""

    releasing = False

    async def run(self) -> None:
        """Nothing to do."""

    async def close(self, _timeout_s: float = 1.0) -> None:
        """Nothing to end."""

    async def until_loaded(self, _within_s: float) -> None:
        """At once."""

    def incident_began(self, *, silent: bool) -> None:
        """Nobody is signed in."""


class _NoViews:
    """No lists and no history: nothing of the live picture comes from them."""

    waiting = 0

    def __init__(self, *_: Any) -> None:
        """Nothing is opened."""

    def start(self, *_: Any) -> None:
        """Nothing starts."""

    def follow(self, *_: Any) -> None:
        """Nothing is kept."""

    def add(self, *_: Any) -> None:
        """Nothing is kept."""

    def give_up(self) -> bool:
        return False

    def take_up(self) -> None:
        """Nothing was given up."""

    async def close(self, _timeout_s: float = 1.0) -> bool:
        return True


class _NoKeeper:
    """No ballast and no copy: they have a thread of their own, and `tests/edge/journal`."""

    def __init__(self, *_: Any) -> None:
        """Nothing is kept."""

    def start(self) -> None:
        """Nothing starts."""

    def hurry(self) -> None:
        """Nothing is kept."""

    def end(self) -> None:
        """Nothing runs."""

    def join(self, _timeout_s: float) -> None:
        """Nothing runs."""


class _NoLoopWatch:
    """It times the real machine, and no virtual clock."""

    longest_s = 0.0
    over = 0

    def __init__(self, *_: Any) -> None:
        """Nothing is timed."""

    def begin(self) -> None:
        """Nothing is timed."""

    def minute(self) -> None:
        """Nothing was timed."""

    def end(self) -> None:
        """Nothing is timed."""


class _NoSocket:
    def __init__(self, *_: Any) -> None:
        """Requests come by `Box.submit`."""

    async def start(self) -> None:
        """Nothing listens."""

    def is_there(self) -> bool:
        return True

    async def stop(self) -> None:
        """Nothing listens."""


class _NoBook:
    """The operations half lives in a process of its own, of which no press and no door knows."""

    restarts = 0

    def __init__(self, *_: Any) -> None:
        """Nothing starts."""

    def configure(self, _opened: object) -> None:
        """Nothing is listed."""

    def grew(self) -> None:
        """Nothing follows."""

    async def ask(self, *_: Any) -> Any:
        raise NotDone(AWAY)

    async def read(self, *_: Any, **__: Any) -> Any:
        raise NotDone(AWAY)

    async def run(self, _page_open: object) -> None:
        """Nothing runs."""


class _NoNeighbours:
    """The kernel's table is the real machine's."""

    def __init__(self, *_: Any) -> None:
        """Nothing is read."""

    async def run(self) -> None:
        """Nothing is read."""


async def _at_once() -> None:
    """Nothing to settle."""


@contextlib.contextmanager
def exchanged(
    box: Box, loop: NetworkLoop, broker: Broker, makers: Mapping[str, Any] = MappingProxyType({})
) -> Iterator[None]:
    """What touches the machine, exchanged for the simulation's; and the simulation told of every step.

    makers: what stands for `edge.wiring`'s makers of drivers; none: the real drivers.
    """
    watch = wiring_module.watches

    def slower(plan: Plan) -> Any:
        return {one: Watch(its.evidence, its.fast, EVIDENCE_S, FAST_S) for one, its in watch(plan).items()}

    class SimDaemon(Daemon):
        def __init__(self, start: Any, journal: Journal, record: Record) -> None:
            super().__init__(start, journal, record)
            box.daemon = self
            if box.watching is not None:
                box.watching.started(self.appliance.state.record)

        def _seen(self, event: Event, before: State, after: State) -> None:
            super()._seen(event, before, after)
            if box.watching is not None and box.daemon is self:
                box.watching.seen(event, before, after)

    class Kept(known_up.LastKnownUp):
        def touch(self, up: Any) -> None:
            self._newest = up
            loop.call_later(loop.random.expovariate(1 / 0.002), self._write_one)

        def _write_one(self) -> None:
            newest = self._newest
            if newest is not None:
                beside = self._path.with_suffix(".new")
                with contextlib.suppress(OSError):
                    beside.write_text(
                        f'{{"boot": "{self._boot}", "utc_us": {newest.utc_us}, "mono_us": {newest.mono_us}}}'
                    )
                    beside.replace(self._path)

    append, tell, carry, opening = (
        Journal.append,
        answers_module.Answers.tell,
        appliance_module.Appliance._carry,
        Journal.open.__func__,  # type: ignore[attr-defined]
    )

    def appending(self: Journal, rows: Sequence[Row], head: Any, done: Any = None) -> None:
        noted = None
        if box.watching is not None and box.daemon is not None and self is box.daemon.journal:
            noted = box.watching.handed_in(rows, box.daemon.appliance.state.record)

        def both(whole: bool) -> None:
            if noted is not None:
                noted(whole)
            if done is not None:
                done(whole)

        append(self, rows, head, both)

    def telling(self: Any, answer: Answer, durable: bool) -> None:
        if box.watching is not None:
            box.watching.told(answer, durable)
        tell(self, answer, durable)

    def carrying(self: Any, permit: Permit) -> None:
        if box.watching is not None:
            box.watching.let_out(permit)
        carry(self, permit)

    def opened(cls: Any, *args: Any, **more: Any) -> Journal:
        journal: Journal = opening(cls, *args, **more)
        Journals.open.append((journal, box.process))
        return journal

    places: list[tuple[Any, str, Any]] = [
        (run_module, "Daemon", SimDaemon),
        (run_module, "boot_id", lambda: box.boot),
        (journal_module, "_boot_id", lambda: box.boot),
        (known_up, "boot_id", lambda: box.boot),
        (known_up, "LastKnownUp", Kept),
        (mqtt_session, "connected", connecting(broker)),
        (rtu_bus, "open_line", open_line),
        (daemon_module, "ControlServer", _NoSocket),
        (daemon_module, "Follower", _NoViews),
        (daemon_module, "LoopWatch", _NoLoopWatch),
        (daemon_module, "Operations", _NoBook),
        (daemon_module, "OwnNetwork", _NoNeighbours),
        (daemon_module, "settle_memory", _at_once),
        (
            daemon_module,
            "Calendar",
            lambda zone, attended, emit: Calendar(zone, attended, emit, kernel_sure=lambda: True),
        ),
        (accounts_module, "accounts", lambda *_: _NoPeople()),
        (journal_module, "Writer", inline_writer(box.disk)),
        (journal_module, "Keeper", _NoKeeper),
        (wiring_module, "watches", slower),
        (Journal, "append", appending),
        (Journal, "open", classmethod(opened)),
        (answers_module.Answers, "tell", telling),
        (routes_module.Routes, "_made", lambda _self, output, _setting: PaperRoute(output.id)),
        (appliance_module.Appliance, "_carry", carrying),
    ]
    places += [(wiring_module, name, maker) for name, maker in makers.items()]
    before = [(owner, name, owner.__dict__[name]) for owner, name, _ in places]
    for owner, name, ours in places:
        setattr(owner, name, ours)
    try:
        with faulty_files(box.disk), _quiet_log():
            yield
    finally:
        for owner, name, was in before:
            setattr(owner, name, was)


LOGGED: list[dict[str, Any]] = []
"""What was logged as an error, newest last."""


@contextlib.contextmanager
def _quiet_log() -> Iterator[None]:
    def keep(_logger: Any, method: str, event: Any) -> Any:
        if method in ("error", "exception", "critical"):
            LOGGED.append(dict(event))
            del LOGGED[:-200]
        raise structlog.DropEvent

    was = structlog.get_config()
    structlog.configure(processors=[keep])
    try:
        yield
    finally:
        structlog.configure(**was)


__all__ = ["LOGGED", "Box", "Watching", "exchanged"]
