"""The running daemon: every part wired to the loop, from arming to the last row on disk. Start at `Daemon.serve`."""

import asyncio
import gc
import importlib
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog

from drivers.base import Driver
from drivers.burst import Burst
from drivers.clock import instant
from edge import accounts, codec, district_way, exits, inventory, notify, recovery, rehearsal, wiring
from edge.answers import Acknowledge, Answers, Publish
from edge.appliance import Appliance
from edge.calendar import Calendar, Local, zone_of
from edge.cameras import Cameras
from edge.committed import Committed
from edge.control.lock import Held
from edge.control.server import ControlServer
from edge.desk import FrontDesk
from edge.exterior import Exterior
from edge.hearing import Hearing
from edge.journal.journal import Journal
from edge.loop_watch import LoopWatch
from edge.measures import Measures
from edge.on_network import watched
from edge.onlookers import Onlookers
from edge.operations import Operations
from edge.own_network import OwnNetwork
from edge.parts import Parts, cancelled
from edge.proving import Prover, RoundTrip
from edge.publisher import Publisher
from edge.reports import take_from_broker
from edge.retaining import Retaining
from edge.routes import Routes
from edge.setting import Setting
from edge.settling import STARTED_S, settle_memory
from edge.snapshot import BoxFacts, Mode, not_recording
from edge.telemetry import Telemetry
from edge.version import VERSION
from edge.views.follower import Follower
from rules.model.events import ConditionChanged, Event
from rules.model.facts import Because, DaemonStarted, Entry, Fact
from rules.model.ids import ButtonId, ControllerId
from rules.model.values import dataclass
from rules.plan import Plan
from rules.state import Live, Record, State
from rules.step import DAEMON

if TYPE_CHECKING:
    from edge.district_link import DistrictLink
    from edge.web.shared import Shared

log = structlog.get_logger()

ROUTINE: Final = frozenset(
    {"flag.raised/1", "flag.cleared/1", "button.supervision/1", "message.refused/1", "sign_in.failed/1",
     "session.proof_failed/1", "selftest.started/1", "selftest.ended/1", "exterior.watched/1"}
)  # fmt: skip
"""Kinds that the journal sheds first when no disk takes anything."""
SNAPSHOT_EVERY_S: Final = 600.0
MINUTE_S: Final = 60.0
STOP_S: Final = 1.0
LOOP_STANDS_S: Final = 2.0
"""Twenty ticks without one event handled: something of ours holds the loop."""
SAFE_MODE_QUIET_S: Final = 600.0
"""Contract section 2."""
SOCKET_NAME: Final = "control.sock"
SOCKET_AGAIN_S: Final = 5.0
"""As the page is tried again (contract section 2)."""
PEOPLE_S: Final = 2.0
"""The page opens with the accounts, or without them where the disk does not give them."""


@dataclass(frozen=True, slots=True)
class Start:
    """How this run begins. notes: conditions that hold from the start, as (code, args).

    claim: makes the store ours, as often as it is called; raises OSError, and Held where another daemon has it.
    """

    setting: Setting
    store: Path
    mode: Mode
    boot: str
    claim: Callable[[], None]
    notes: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Daemon:
    """One run. Belongs to the loop's thread."""

    def __init__(self, start: Start, journal: Journal, record: Record) -> None:
        self.setting = start.setting
        self.mode: Mode = start.mode
        self.store = start.store
        self.journal = journal
        self.views = Follower(start.store, journal.read_blocking)
        self.committed = Committed(self.views.follow)
        self.answers = Answers()
        self.people = accounts.accounts(self, start.store, start.boot)
        self.onlookers = Onlookers()
        self.measures = Measures()
        self.telemetry = Telemetry(self.views.add, self.say)
        self.loop_watch = LoopWatch(self.condition)
        self.leaving = asyncio.Event()
        """Set when the daemon is to end."""
        self._start = start
        self.ask_for_file: Callable[[], None] = lambda: None
        """Has the configured file read again, as SIGHUP does."""
        self.began: Callable[[], Coroutine[Any, Any, None]] = lambda: asyncio.sleep(0)
        """Run once presses are decided: what may wait for a disk."""
        self._parts = Parts(self._part_failed)
        self._running: dict[ControllerId, asyncio.Task[None]] = {}
        self._page: list[asyncio.Task[None]] = []
        self._opening, self.page_opened = asyncio.Lock(), asyncio.Event()
        self._shared: Shared | None = None
        self._burst = Burst()
        self._wired = self._wire(self.setting)
        self.routes = Routes(start.store, lambda event: self.appliance.emit(event), self.condition)
        self.routes.configure(self.setting)
        record, self._restored = recovery.witnessed(journal, self.setting.plan, record)
        before = exits.found(start.store, start.boot, first_start=journal.opened.reason == "first_start")
        self._exits = exits.Exits(start.store, start.boot, before, self._troubled)
        now = instant()
        live = Live(started=now, boot=start.boot, now=now, exits=before.exits, exits_unseen=before.unseen)
        self.appliance = Appliance(
            self.setting.plan,
            State(record, live),
            self._made(),
            self._wired.drivers,
            journal,
            self.answers.tell,
            self._seen,
            self._burst,
            lambda probes: self._prover.ask(probes),
            self.routes.tell,
        )
        self._prover = Prover(self._parts, self._looked, lambda: self.appliance.hurried, self.appliance.emit)
        self._calendar = Calendar(self._local, lambda: self.people.releasing, self.appliance.emit)
        self._exterior = Exterior(self._looked, lambda: zone_of(self._local()[0]), self.say)
        self._retaining = Retaining(
            journal,
            lambda: (self.setting.config.policies.retention, self.appliance.state),
            self._troubled,
            lambda: self.operations.read("needed"),
        )
        self._network = OwnNetwork(start.store, lambda: watched(self), self.appliance.emit)
        self._publish: Callable[[str, bytes, bool], None] = lambda _topic, _payload, _retain: None
        self.publisher = Publisher(lambda *message: self._publish(*message), lambda: self.epoch)
        self.cameras = Cameras(self.appliance.emit)
        self.operations = Operations(self.appliance.emit, journal, lambda: self.appliance.hurried)
        self.district: DistrictLink | None = None
        """None: no district was ever configured in this run."""
        self._desk = FrontDesk(self)
        take = partial(take_from_broker, self._desk)
        self._hearing = Hearing(start.store, self._parts, self.appliance.emit, self._connected, take)

    async def serve(self, ready: Callable[[], None]) -> None:
        """Arm, and run until `leaving`. `ready` is called once presses would be decided and commanded.

        What no disk took to the end is then still counted in `journal.waiting`.
        """
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._failed)
        self.views.start(loop, self._troubled)
        self.committed.start(loop)
        self.journal.keep_unsynced(self.setting.config.district is not None)
        self.journal.offer_room("views", self.views.give_up, self.views.take_up)
        self.journal.start(loop, self._troubled, routine=ROUTINE, follow=self.committed.follow)
        self._say_started()
        for controller, driver in self._wired.drivers.items():
            self._run_driver(controller, driver)
        self._parts.keep("notices", self.routes.run(self.page_opened))
        # The first press may come with the first session.
        rehearsal.rehearse_first(self.appliance)
        self._hearing.connect(self.setting)
        self.appliance.start()
        for code, args in self._start.notes:
            self.appliance.emit(ConditionChanged(instant(), code, True, args))
        control = ControlServer(self.store / SOCKET_NAME, self._desk)
        if not await self._listens(control):
            log.error("the control socket cannot be opened", store=str(self.store), again_s=SOCKET_AGAIN_S)
        self._parts.keep("control socket", self._keep_listening(control))
        ready()
        self._parts.keep("people", self.people.run())
        self._parts.keep("memory", settle_memory())
        self._parts.keep("beginning", self.began())
        self._parts.keep("rehearsal", rehearsal.rehearse_all(self.appliance))
        self._parts.keep("exits", self._exits.run())
        self._parts.keep("pictures", self._take_pictures())
        self._parts.keep("retention", self._retaining.run())
        self._parts.keep("telemetry", self._count_minutes())
        self._parts.keep("calendar", self._calendar.run())
        self._parts.keep("exterior doors", self._exterior.run())
        self._parts.keep("watchdog", self._watch_the_loop())
        if self.mode == "safe":
            self._parts.keep("safe mode", self._leave_when_quiet())
        else:
            self._keep_processes()
        self._open_page()
        try:
            await self.leaving.wait()
        finally:
            await control.stop()
            await self._stop()

    @property
    def epoch(self) -> str:
        """The journal's epoch, as far as rows have been numbered."""
        return self.journal.head.epoch

    @property
    def box(self) -> BoxFacts:
        """What the snapshot says of the box itself."""
        head = self.journal.head
        trouble = not_recording(self.appliance.state)
        longest_us = round(self.appliance.longest_s * 1e6)
        told = None if self.district is None else self.district.told(head)
        return BoxFacts(
            VERSION, self.mode, self.publisher.since, head.epoch, head.seq, trouble, longest_us, told
        )

    async def change(self, setting: Setting, allowed: Callable[[], bool]) -> bool:
        """Go on with another accepted configuration; only what differs is started anew.

        allowed: whether it may still be, asked once the drivers that end have ended: a press may have come meanwhile.
        Where not, all goes on as before, with those drivers made anew, and False is returned.
        """
        wired = self._wire(setting)
        # Of one serial line all are the same, or none is: `made_by` holds the whole line.
        same = {one for one, by in wired.made_by.items() if self._wired.made_by.get(one) == by}
        before, stays = self.setting, self._hearing.stays(self.setting, setting)
        ending = [task for one, task in self._running.items() if one not in same]
        for one in [one for one in self._running if one not in same]:
            del self._running[one]
        await asyncio.gather(cancelled(ending), *([] if stays else [self._hearing.end()]))
        if not allowed():
            setting = before
            wired = self._wire(before)
        drivers = {
            one: self._wired.drivers[one] if one in same else new for one, new in wired.drivers.items()
        }
        self._wired = replace(wired, drivers=drivers)
        self.setting = setting
        self.journal.keep_unsynced(setting.config.district is not None)
        self.appliance.replan(setting.plan, self._made(), drivers)
        self._parts.keep("rehearsal", rehearsal.rehearse_all(self.appliance))
        for controller, driver in drivers.items():
            if controller not in same:
                self._run_driver(controller, driver)
        if not stays:
            self._hearing.connect(setting)
        self._configure_processes()
        self.routes.configure(setting)
        if before.config.web != setting.config.web:
            await self._open_page_anew()
        return setting is not before

    def leave_safe_mode(self) -> None:
        """Back to normal work on the configured file, and to the page."""
        self.mode = "normal"
        self.appliance.emit(ConditionChanged(instant(), "safe_mode", False, ()))
        self.ask_for_file()
        self._parts.keep("page", self._open_page_anew())
        self._keep_processes()

    def condition(self, code: str, active: bool, args: tuple[str, ...] = ()) -> None:
        """A condition of the box turned; its flag follows."""
        self.appliance.emit(ConditionChanged(instant(), code, active, args))

    def say(self, fact: Fact, because: Because | None = None) -> None:
        """Enter a fact of the box's own, which no rule decides and no fold reads."""
        self.enter(Entry(fact, self.setting.plan.campus, DAEMON, None, because))

    def picture(self) -> None:
        """Have the journal keep a snapshot of the record, so that the next start folds less."""
        self.appliance.catch_up()
        self.journal.save_snapshot(codec.record_bytes(self.appliance.state.record))

    def enter(self, entry: Entry) -> None:
        """Enter something that no rule decided, as it is."""
        now = instant()
        self.appliance.remember(now, [codec.row(entry, now, self._made())])

    # --- inside -------------------------------------------------------------------------------

    def _made(self) -> codec.Made:
        return codec.Made(self.setting.plan.pack_hash, VERSION)

    def _say_started(self) -> None:
        plan = self.setting.plan
        now = instant()
        if self._restored:
            rows = [codec.row(entry, now, self._made()) for entry in self._restored]
            self.appliance.remember(now, rows)
        boot = self._start.boot
        self.say(DaemonStarted(VERSION, plan.pack_hash, plan.config_hash, self.mode, boot))

    def _run_driver(self, controller: ControllerId, driver: Driver) -> None:
        self._running[controller] = self._parts.keep(
            f"driver {controller}", self._keep_driver(controller, driver)
        )

    async def _keep_driver(self, controller: ControllerId, driver: Driver) -> None:
        """Run a driver; one that raises is our bug: told, and started again after a second."""
        while True:
            try:
                await driver.run(self.appliance.emit)
            except Exception as err:
                log.exception("a driver failed", controller=controller)
                args = (controller, type(err).__name__)
                self.appliance.emit(ConditionChanged(instant(), "driver_failed", True, args))
            await asyncio.sleep(1.0)

    def _wire(self, its: Setting) -> wiring.Wired:
        return wiring.wire(its.config, its.plan, its.secrets, self._burst, lambda: self.appliance.quiet())

    def _looked(self) -> tuple[Plan, State]:
        return self.appliance.plan, self.appliance.state

    def _local(self) -> Local:
        config = self.setting.config
        return config.campus.timezone, config.policies.self_test.clock, config.policies.calendar

    def _connected(
        self,
        publish: Publish,
        acknowledge: Acknowledge,
        accepted: Mapping[ButtonId, str],
        round_trip: RoundTrip,
    ) -> None:
        """Answers and states go to these sessions from now on."""
        self._publish, self._prover.round_trip = publish, round_trip
        self.answers.connect(publish, acknowledge, accepted)
        self.publisher.forget()

    async def _listens(self, control: ControlServer) -> bool:
        """Open the local socket; a store that cannot be used keeps no school from being armed."""
        try:
            self._start.claim()
            await control.start()
        except (OSError, Held) as err:
            self.condition("control_socket", True, (str(err),))
            return False
        self.condition("control_socket", False)
        return True

    async def _keep_listening(self, control: ControlServer) -> None:
        """Open it again where it could not be, or where the store was deleted or unmounted under it."""
        while True:
            await asyncio.sleep(SOCKET_AGAIN_S)
            if not await asyncio.to_thread(control.is_there):
                await control.stop()
                await self._listens(control)

    def _open_page(self) -> None:
        self._page = [] if self.setting.config.web is None else [self._parts.keep("web", self._serve_page())]

    async def _open_page_anew(self) -> None:
        """By another `web:`, or with other routes; trouble with the former address or certificate is over."""
        async with self._opening:
            await cancelled(self._page)
            for code in ("web_port", "web_certificate"):
                if code in self.appliance.state.live.conditions:
                    self.condition(code, False)
            self._open_page()

    def _keep_processes(self) -> None:
        self._configure_processes()
        self.cameras.keep(self.appliance.state)
        self._parts.keep("cameras", self.cameras.run())
        self.committed.listen(lambda _: self.operations.grew())
        self._parts.keep("book", self.operations.run(self.page_opened))
        self._parts.keep("own network", self._network.run())
        self._parts.keep("floor plans", self._desk.floorplans.follow())

    def _configure_processes(self) -> None:
        config = self.setting.config
        self.cameras.configure(wiring.cameras(config, self.setting.secrets, self.store))
        self.operations.configure(inventory.opened(config, self.setting.plan, self.store))
        self.district = district_way.configured(self, self.district)

    async def _serve_page(self) -> None:
        # Imported behind the arming, and in a thread: aiohttp and the page cost the better part of a second.
        for part in ("application", "listening", "routes", "shared"):
            await asyncio.to_thread(importlib.import_module, f"edge.web.{part}")
        gc.freeze()
        from edge.web.application import application
        from edge.web.listening import Listener
        from edge.web.routes import HEALTH, ROUTES
        from edge.web.shared import Shared

        listen = wiring.listen(self.setting.config, self.setting.secrets, self.setting.base, self.store)
        if listen is None:
            return
        await self.people.until_loaded(PEOPLE_S)
        if self._shared is None:
            self._shared = Shared(self._desk)
            self._shared.figures.follow(self.measures)
        shared, tls = self._shared, listen.certificate is not None
        routes = HEALTH if self.mode == "safe" else ROUTES
        made = partial(application, shared, routes, tls=tls)
        await Listener(listen, made, self.condition, self.page_opened).run()

    async def _watch_the_loop(self) -> None:
        limit_s = notify.watchdog_s()
        while limit_s is not None:
            # From the loop and about the loop: a loop that stands says nothing and is started again.
            if time.monotonic() - self.appliance.turned_at_s < LOOP_STANDS_S:
                notify.watchdog()
            await asyncio.sleep(limit_s / 4)

    async def _leave_when_quiet(self) -> None:
        quiet_since_s = time.monotonic()
        while self.mode == "safe":
            if self.appliance.state.record.incidents:
                quiet_since_s = time.monotonic()
            if time.monotonic() - quiet_since_s >= SAFE_MODE_QUIET_S:
                self.leave_safe_mode()
            await asyncio.sleep(1.0)

    async def _count_minutes(self) -> None:
        # What is started once, and what is imported behind the arming, is no ordinary life.
        await asyncio.sleep(STARTED_S)
        self.loop_watch.begin()
        try:
            while True:
                await asyncio.sleep(MINUTE_S)
                self.loop_watch.minute()
                self.telemetry.minute(self.appliance.state, self.appliance.shed)
        finally:
            self.loop_watch.end()

    async def _take_pictures(self) -> None:
        while True:
            await asyncio.sleep(SNAPSHOT_EVERY_S)
            self.picture()

    def _seen(self, event: Event, before: State, after: State) -> None:
        self.publisher.note(self.appliance.plan, before, after)
        self.telemetry.note(type(event).__name__, before, after, round(self.appliance.took_s * 1e6))
        self.measures.note(event, before, after)
        self.routes.note(self.appliance.plan, before, after)
        self._exterior.note(before, after)
        self._exits.note(event, self.appliance.plan, after)
        self.onlookers.note(before, after)
        self.cameras.follow(before, after)
        accounts.note(self.people, before, after)

    def _troubled(self, code: str, active: bool, args: tuple[str, ...]) -> None:
        self.appliance.emit(ConditionChanged(instant(), code, active, args))

    def _failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Something raised outside of everything that catches: told as what it is, a bug of ours."""
        error = context.get("exception")
        log.error("a callback failed", said=context.get("message"), exc_info=error)
        self.appliance.emit(ConditionChanged(instant(), "part_failed", True, ("loop", type(error).__name__)))

    def keep_part(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run it as a part of the daemon, from now on."""
        self._parts.keep(name, work)

    def _part_failed(self, part: str, error: str) -> None:
        self.appliance.emit(ConditionChanged(instant(), "part_failed", True, (part, error)))

    async def _stop(self) -> None:
        notify.stopping()
        self._exterior.close()
        self.appliance.stop()
        self.picture()
        await self._hearing.settle()
        await self._parts.end()
        # Together: views that outlive the journal would ask it in vain, and 1 s is all there is.
        await asyncio.gather(self.views.close(STOP_S), self.journal.close(STOP_S), self.people.close(STOP_S))
        if self.journal.waiting:
            log.error(
                "no disk took the last events, and they end with this process; look at every door and at the disk",
                events=self.journal.waiting,
                live=list(self.appliance.state.record.incidents),
            )
