"""What happens to the campus: people, fire, devices that fail, kills and edits, each drawn by the seed."""

import asyncio
import errno
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from drivers.simulators.faults import WORKS, Fault
from edge.config.pack_rights import shipped_rights
from rules.model.drill_asks import BeginDrill, DrillAsked, EndDrill
from rules.model.events import (
    AnswerAsked,
    CloseAsked,
    LockAsked,
    NoteAsked,
    PressAsked,
    ReleaseAsked,
    StartAsked,
    WalkTestAsked,
)
from rules.model.ids import ButtonId, DoorId, ZoneId
from rules.model.kinds import DRILL, EXERCISE, REAL, TEST
from rules.rights import Right
from tests.simulation.disk import MOMENTS, REFUSALS
from tests.simulation.network import NetworkLoop
from tests.simulation.notes import Notes
from tests.simulation.site import EDITS, Device

FAULTS: Final = (
    Fault("dead"),
    Fault("slow", 0.15),
    Fault("slow", 0.3),
    Fault("slow", 0.9),
    Fault("late", 0.7),
    Fault("late", 1.5),
    Fault("refusing", code=4),
    Fault("refusing", code=2),
    Fault("wrong_point"),
    Fault("wrong_value"),
    Fault("garbage"),
    Fault("drop"),
    Fault("away"),
)
ROLES: Final = ("administrator",) * 6 + ("staff", "technician", "viewer")


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that may happen. weight: how often, beside the others."""

    name: str
    weight: float
    do: Callable[["Story"], "Awaitable[None] | None"]


class Story:
    """Draws what happens next, and does it. Everything that was done stands in `told`, for who reads a failure."""

    def __init__(self, seed: int, loop: NetworkLoop, notes: Notes, edits: Mapping[str, str] = EDITS) -> None:
        self.random = Random(f"story {seed}")
        self.loop = loop
        self.notes = notes
        self.site, self.box, self.buttons = notes.site, notes.box, notes.buttons
        self.broker = notes.buttons._broker
        self.edits = edits
        self.told: list[str] = []
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._down = False

    async def run(self, seconds: float, every_s: float, only: tuple[str, ...] = ()) -> None:
        """Let things happen for so long, one each `every_s` on the average. only: nothing but these."""
        until_s = self.loop.world_s + seconds
        acts = [act for act in ACTS if not only or act.name in only]
        weights = [act.weight for act in acts]
        while True:
            await asyncio.sleep(self.random.expovariate(1 / every_s))
            if self.loop.world_s >= until_s:
                return
            (act,) = self.random.choices(acts, weights)
            self.say(act.name)
            self.notes.counts[act.name] += 1
            done = act.do(self)
            if done is not None:
                self._later(done)

    async def last_press(self) -> None:
        """All is closed and released; then a lockdown while one or two boards are broken; sometimes a fire in it."""
        while self._down or not self.box.running() or self.box.daemon is None:
            if not self._down and not self.box.running():
                self.box.start()
            await asyncio.sleep(0.5)
        everything = tuple(DoorId(one) for one in self.site.bolts if DoorId(one) in self.notes.plan.doors)
        self.say("all is closed and released")
        self.box.submit(lambda at, n, who: CloseAsked(at, n, who, "over", None, silent=True))
        self.box.submit(lambda at, n, who: ReleaseAsked(at, n, who, everything, "over"))
        await asyncio.sleep(self.random.uniform(0.2, 2.0))
        for device in self.random.sample(list(self.site.everything()), self.random.randrange(1, 3)):
            fault = self.random.choice(
                [one for one in FAULTS if device.wire is not None or one.kind != "away"]
            )
            self.say(f"  {device.name} {fault.kind} {fault.seconds or ''}")
            device.broken = fault.kind
            await device.set_fault(fault)
        await asyncio.sleep(self.random.uniform(0.0, 1.5))
        self.say("the last press")
        self.buttons.press("pb-101", "hold")
        await asyncio.sleep(self.random.uniform(1.0, 4.0))
        if self.random.random() < 0.4:
            self.say("  and fire")
            self.site.turn("fire", True)
            await asyncio.sleep(13.0)

    async def mend(self) -> None:
        """Whatever was broken works again, nobody stands in a door, and the daemon runs."""
        for task in tuple(self._tasks):
            task.cancel()
        self.say("everything is mended")
        await self.site.mend()
        for device in self.site.everything():
            device.broken = ""
        for name in self.notes.truth.inputs:
            self.site.turn(name, False)
        self.broker.turn(True)
        disk = self.box.disk
        disk.refuses, disk.hang_until_s, disk.kill_at = "", 0.0, None
        self.box.path.write_text(self.edits["as it was"])
        if self.box.running():
            self.box.ask(lambda daemon: daemon.ask_for_file())
        else:
            self.box.start()

    def say(self, what: str) -> None:
        """Note something for the reader."""
        self.told.append(f"t={self.loop.world_s:.3f} {what}")

    def for_a_while(self, mean_s: float, begin: Callable[[], Any], end: Callable[[], Any]) -> None:
        """Something is so for a while."""

        async def last() -> None:
            begin()
            try:
                await asyncio.sleep(self.random.expovariate(1 / (mean_s)))
            finally:
                end()

        self._later(last())

    def _later(self, work: Any) -> None:
        task = self.loop.create_task(work)
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._tasks.pop(done, None))

    # --- people ------------------------------------------------------------------------------

    def press(self) -> None:
        """Somebody holds a desk's button."""
        self.buttons.press(
            "pb-101", self.random.choice(("hold", "hold", "hold", "single", "double", "shake"))
        )

    def duress(self) -> None:
        """Somebody presses the silent button."""
        self.buttons.press("pb-desk", "single")

    def gym(self) -> None:
        """The gym's button, which cannot hear."""
        self.buttons.press_deaf(self.random.choice(("single", "hold", "triple")))

    def wired(self) -> None:
        """The wired button is held for a second."""
        self.for_a_while(
            1.5, lambda: self.site.turn("pb-office", True), lambda: self.site.turn("pb-office", False)
        )

    def by_name(self) -> None:
        """Somebody presses a button by its name."""
        button = ButtonId(self.random.choice(("pb-101", "pb-gym", "pb-office")))
        kind = self.random.choice((REAL, DRILL, DRILL, EXERCISE, TEST))
        gesture = self.random.choice((None, "hold", "single"))
        self._ask("start", lambda at, number, who: PressAsked(at, number, who, button, kind, gesture))

    def start(self) -> None:
        """Somebody starts a response from a page."""
        response: Any = self.random.choice(
            ("lockdown", "lockdown", "secure", "hold-in-place", "duress", "evacuate")
        )
        zones = (ZoneId(self.random.choice(("lincoln-hs", "a", "gym"))),)
        kind = self.random.choice((REAL, REAL, DRILL, EXERCISE))
        self._ask("start", lambda at, n, who: StartAsked(at, n, who, response, zones, kind, "seen"))

    def drill(self) -> None:
        """Somebody begins a drill, in which a desk's button is enrolled."""
        zones, waits = (ZoneId(self.random.choice(("lincoln-hs", "a"))),), self.random.random() < 0.5
        ask = BeginDrill("lockdown", "drill", None, zones, (ButtonId("pb-101"),), (), 1, waits)
        self._ask("start-drill", lambda at, n, who: DrillAsked(at, n, who, ask))

    def drill_over(self) -> None:
        """Somebody ends the drill under way."""
        daemon = self.box.daemon
        run = None if daemon is None else daemon.appliance.state.record.drills.run
        if run is not None:
            ask = EndDrill(run.id, "over")
            self._ask("start-drill", lambda at, n, who: DrillAsked(at, n, who, ask))

    def lock(self) -> None:
        """Somebody locks a door by name."""
        doors = self._some_doors()
        self._ask("lock", lambda at, number, who: LockAsked(at, number, who, doors, "why"))

    def release(self) -> None:
        """Somebody releases doors by name."""
        doors = self._some_doors()
        self._ask("release", lambda at, number, who: ReleaseAsked(at, number, who, doors, "why"))

    def close(self) -> None:
        """Somebody closes what is live."""
        self._ask("close", lambda at, n, who: CloseAsked(at, n, who, "over", None, silent=n % 2 == 0))

    def answer(self) -> None:
        """Somebody answers a press that waits."""
        press, start = self.random.randrange(1, 4), self.random.random() < 0.5
        self._ask("acknowledge", lambda at, n, who: AnswerAsked(at, n, who, press, start, "seen"))

    def walk(self) -> None:
        """A tester goes round."""
        buttons = (ButtonId("pb-101"),)
        self._ask("walk-test", lambda at, n, who: WalkTestAsked(at, n, who, buttons, 1, "Kim"))

    def note(self) -> None:
        """Somebody writes a note."""
        daemon = self.box.daemon
        live = [] if daemon is None else list(daemon.appliance.state.record.incidents)
        if live:
            self._ask("note", lambda at, n, who: NoteAsked(at, n, who, live[0], "seen"))

    def _ask(self, right: Right, make: Any) -> None:
        role: Any = self.random.choice(ROLES)
        if shipped_rights().may(role, right):
            self.box.submit(make, f"socket:{role}")

    def _some_doors(self) -> tuple[DoorId, ...]:
        names = list(self.site.bolts)
        return tuple(DoorId(one) for one in self.random.sample(names, self.random.randrange(1, 4)))

    # --- the building ------------------------------------------------------------------------

    def fire(self) -> None:
        """The fire relay falls."""
        self.for_a_while(8.0, lambda: self.site.turn("fire", True), lambda: self.site.turn("fire", False))

    def leave(self) -> None:
        """Somebody goes out: the sensor, or the button beside the door."""
        name = self.random.choice(("rex-101", "rex-gym", "exit-gym"))
        self.for_a_while(1.5, lambda: self.site.turn(name, True), lambda: self.site.turn(name, False))

    def door(self) -> None:
        """Somebody holds a door open, a latch sticks or a sensor's wires are cut."""
        bolt = self.site.bolts[self.random.choice(list(self.site.bolts))]
        what = self.random.choice(("door_open", "latch_stuck", "latch_stuck", "sensor_cut"))
        self.for_a_while(6.0, lambda: setattr(bolt, what, True), lambda: setattr(bolt, what, False))

    # --- devices -----------------------------------------------------------------------------

    def board(self) -> None:
        """A board's program fails in one of its ways."""
        device = self.random.choice(list(self.site.everything()))
        fault = self.random.choice(FAULTS)
        if device.wire is None and fault.kind in ("away", "drop"):
            return
        if not device.broken:
            self.say(f"  {device.name} {fault.kind} {fault.seconds or ''}")
            self._later(self._broken(device, fault))

    async def _broken(self, device: Device, fault: Fault) -> None:
        device.broken = fault.kind
        try:
            await device.set_fault(fault)
            await asyncio.sleep(self.random.expovariate(1 / (5.0)))
            await device.set_fault(WORKS)
        finally:
            device.broken = ""

    def power(self) -> None:
        """A board loses its power for a moment."""
        device = self.random.choice(list(self.site.everything()))
        self.say(f"  {device.name}")
        self.notes.trouble(device.name)
        self.site.power_cycle(device)

    def wire(self) -> None:
        """A wire swallows everything, or a connection is reset or closed."""
        device = self.random.choice([one for one in self.site.everything() if one.wire is not None])
        wire = device.wire
        assert wire is not None
        kind = self.random.choice(("swallow", "swallow", "reset", "closed", "jitter"))
        self.notes.trouble(device.name)
        self.say(f"  {device.name} {kind}")
        if kind == "swallow":
            if not wire.swallows:
                self.for_a_while(4.0, wire.swallow, wire.work)
        elif kind == "jitter":
            self.for_a_while(
                6.0, lambda: setattr(wire, "jitter_s", 0.4), lambda: setattr(wire, "jitter_s", 0.0)
            )
        else:
            wire.cut(errno.ECONNRESET if kind == "reset" else None)

    def line(self) -> None:
        """The serial adapter is pulled out."""
        if not self.site.line.torn:
            self.for_a_while(3.0, lambda: self.site.line.tear(True), lambda: self.site.line.tear(False))

    def broker_gone(self) -> None:
        """The broker is stopped for a while."""
        if self.broker.up:
            self.for_a_while(5.0, lambda: self.broker.turn(False), lambda: self.broker.turn(True))

    def broker_cut(self) -> None:
        """The connections to the broker break."""
        self.broker.cut()

    # --- the box -----------------------------------------------------------------------------

    def disk(self) -> None:
        """The disk refuses something for a while."""
        disk, what = self.box.disk, self.random.choice(REFUSALS)
        self.say(f"  {what}")
        self.for_a_while(4.0, lambda: setattr(disk, "refuses", what), lambda: setattr(disk, "refuses", ""))

    def hang(self) -> None:
        """The disk hangs."""
        hang_s = self.random.expovariate(1 / (2.0))
        self.box.disk.hang_until_s = self.loop.world_s + hang_s

    async def kill(self) -> None:
        """kill -9, and another start after a second."""
        if self._down or not self.box.running():
            return
        self._down = True
        try:
            if self.random.random() < 0.6:
                self.box.disk.kill_at = self.random.choice(MOMENTS)
                self.say(f"  {self.box.disk.kill_at}")
                for _ in range(30):
                    if not self.box.running():
                        break
                    await asyncio.sleep(0.1)
            self.box.disk.kill_at = None
            self.box.die()
            await asyncio.sleep(self.random.uniform(0.2, 1.5))
            if self.random.random() < 0.15:
                self.say("  and a boot of the machine")
                self.loop.reboot()
                self.box.boot = f"boot-{self.box.process + 1}"
            self.box.start()
        finally:
            self._down = False

    async def restart(self) -> None:
        """The service is stopped and started."""
        if self._down or not self.box.running():
            return
        self._down = True
        try:
            await self.box.stop()
            if not self.box.running():
                self.box.start()
        finally:
            self._down = False

    def clock(self) -> None:
        """Somebody, or NTP, sets the clock."""
        step_s = self.random.choice((-3_600, 3_600, 14 * 86_400, -14 * 86_400, 2, -2))
        self.say(f"  by {step_s} s")
        self.loop.wall_ahead_ns += step_s * 1_000_000_000

    def edit(self) -> None:
        """Somebody edits the configuration and reloads it."""
        name = self.random.choice(list(self.edits))
        self.say(f"  {name}")
        self.box.path.write_text(self.edits[name])
        self.box.ask(lambda daemon: daemon.ask_for_file())

    def flood(self) -> None:
        """A hundred statuses and messages that nobody can read, at once."""
        for number in range(60):
            self.buttons.status(self.random.choice(("pb-101", "pb-desk")))
            if number % 3 == 0:
                self.broker.receive("campus/button/pb-101/press", b"\xff not json")


ACTS: Final = (
    Act("press", 8, Story.press),
    Act("duress", 2, Story.duress),
    Act("gym", 3, Story.gym),
    Act("wired", 2, Story.wired),
    Act("press by name", 2, Story.by_name),
    Act("start", 3, Story.start),
    Act("drill", 2, Story.drill),
    Act("drill over", 1, Story.drill_over),
    Act("lock", 2, Story.lock),
    Act("release", 5, Story.release),
    Act("close", 3, Story.close),
    Act("answer", 2, Story.answer),
    Act("walk-test", 1, Story.walk),
    Act("note", 1, Story.note),
    Act("fire", 2, Story.fire),
    Act("leave", 3, Story.leave),
    Act("door", 4, Story.door),
    Act("board", 6, Story.board),
    Act("power", 2, Story.power),
    Act("wire", 4, Story.wire),
    Act("line", 1, Story.line),
    Act("broker gone", 1, Story.broker_gone),
    Act("broker cut", 1, Story.broker_cut),
    Act("disk", 3, Story.disk),
    Act("disk hangs", 2, Story.hang),
    Act("kill", 3, Story.kill),
    Act("restart", 1, Story.restart),
    Act("clock", 2, Story.clock),
    Act("edit", 2, Story.edit),
    Act("flood", 0.5, Story.flood),
)
