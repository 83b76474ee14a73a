"""A week of school life: days of presses, drills, walk-tests and doors, nights of self-tests, faults that last for hours.

What happens has its time of day, drawn by the seed; the clock leaps from one to the next (`leap`). Around each the
campus lives for some seconds as ever.
"""

import asyncio
import heapq
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any, Final

from drivers.simulators.faults import WORKS, Fault
from rules.model.drill_asks import BeginDrill, DrillAsked
from rules.model.events import CloseAsked, LockAsked, ReleaseAsked, SelfTestAsked, StartAsked, WalkTestAsked
from rules.model.ids import ButtonId, DoorId, ZoneId
from rules.model.kinds import DRILL
from tests.simulation.days import LEAP_S, Days
from tests.simulation.disk import REFUSALS
from tests.simulation.leap import LATELY_US, at_rest, leap
from tests.simulation.network import NetworkLoop
from tests.simulation.notes import Notes
from tests.simulation.season import Season
from tests.simulation.site import edits
from tests.simulation.story import ACTS, FAULTS, Story

Do = Callable[[], Any]
HOUR: Final = 60.0
DAY: Final = 24 * HOUR
PATIENCE_S: Final = 30.0
"""What has not come to rest by then lasts, and the clock leaps all the same."""
NOT_BY_CHANCE: Final = frozenset({"clock", "walk-test", "disk"})
STEPS_S: Final = (-3_600, 3_600, 14 * 86_400, -14 * 86_400, 86_400, -86_400, 2, -3)


class Week(Story):
    """Draws what happens in a week, and does it."""

    def __init__(self, seed: int, loop: NetworkLoop, notes: Notes, days: Days) -> None:
        super().__init__(seed, loop, notes, edits(days.season.text))
        self.days = days
        self.season: Season = days.season
        self._agenda: list[tuple[float, int, str, Do]] = []
        self._numbers = count()
        self._mute: frozenset[str] = frozenset()
        self._off = False

    async def live(self, days: int) -> None:
        """Let so many days pass."""
        self.say(
            f"{self.season.name}: {self.season.zone}, test at {self.season.test_at}, {self.season.hours}"
        )
        for day in range(days):
            self._plan_day(day)
        until_s = self.season.moment(days, 0.0)
        while self._agenda and self._agenda[0][0] < until_s:
            at_s, _, what, do = heapq.heappop(self._agenda)
            await self._until(at_s)
            self.say(what)
            self.notes.counts[what] += 1
            done = do()
            if done is not None:
                self._later(done)
            # Long enough for what was fresh to be stale.
            await asyncio.sleep(LATELY_US / 1e6 + self.random.uniform(0.1, 3.0))
        await self._until(until_s)
        if self._off:
            self._on()
        self._set_clock(-self.days.wrong_s)

    def say(self, what: str) -> None:
        """Note something for the reader, with what the clock on the campus's wall shows."""
        super().say(f"{self.season.shown(self.loop.right_s):%a %d %H:%M:%S} {what}")

    # --- time --------------------------------------------------------------------------------

    async def _until(self, at_s: float) -> None:
        """Leap on, from rest to rest, until a moment."""
        while (left_s := at_s - self.loop.right_s) > 0:
            if left_s < 2.0:
                await asyncio.sleep(left_s)
                return
            await self._rest()
            left_s = at_s - self.loop.right_s
            if left_s > 0:
                by_s = min(left_s, self.random.uniform(LEAP_S / 2, LEAP_S))
                leap(self.box, by_s)
                self.notes.leapt(by_s)
                self.days.leapt(by_s)
                self.notes.counts["leaps"] += 1
                await asyncio.sleep(0.2)

    async def _rest(self) -> None:
        """Wait until nothing is under way, or what is will last."""
        since_s = self.loop.world_s
        while not self._off:
            if not self.box.running() and not self._down:
                self.box.start()
            patient = self.loop.world_s - since_s < PATIENCE_S
            stirred = self._tasks or self.loop.world_s - self.notes.stirred_s < 1.0
            if not self._down and at_rest(self.box, patient) and not (patient and stirred):
                self._reports()
                await asyncio.sleep(0.1)
                if at_rest(self.box, patient):
                    return
            await asyncio.sleep(0.1)

    def _at(self, at_s: float, what: str, do: Do) -> None:
        heapq.heappush(self._agenda, (at_s, next(self._numbers), what, do))

    def _in(self, minutes: float, what: str, do: Do) -> None:
        self._at(self.loop.right_s + minutes * 60.0, what, do)

    # --- what a day is planned to bring --------------------------------------------------------

    def _plan_day(self, day: int) -> None:
        random, season = self.random, self.season
        shown = season.shown(season.moment(day, 12 * HOUR))
        school = shown.weekday() < 5 and (shown.month, shown.day) != (1, 1)

        def at(minute: float, what: str, do: Do) -> None:
            self._at(season.moment(day, minute), what, do)

        at(0.2, "midnight", _nothing)
        at(season.test_at + 0.2, "the minute of the test", _nothing)
        if school:
            for _ in range(random.randrange(2, 6)):
                at(random.uniform(7, 17) * HOUR, "movement", self._movement)
            what, do = random.choice(
                (
                    ("drill", self._drill),
                    ("walk-test", self._walk_test),
                    ("locked for the night", self._lock_up),
                )
            )
            at(random.uniform(8, 16) * HOUR, what, do)
        acts = [act for act in ACTS if act.name not in NOT_BY_CHANCE]
        for act in random.choices(acts, [act.weight for act in acts], k=random.randrange(1, 5)):
            at(random.uniform(0, DAY), act.name, partial(self._by_chance, act.do))
        if random.random() < 0.7:
            self._lasting(at, random.uniform(0, DAY))
        if random.random() < 0.35:
            # Into the very minutes in which the box tests itself and moves locks.
            start, _ = self.days.hours()
            minute = random.choice((start, season.test_at)) + random.uniform(-0.1, 0.6)
            act = random.choice(
                [one for one in acts if one.name in ("press", "kill", "restart", "board", "fire")]
            )
            at(minute, act.name, partial(self._by_chance, act.do))
        if random.random() < 0.3:
            at(random.uniform(0, DAY), "clock", self._clock_goes_wrong)
        if random.random() < 0.12:
            at(random.uniform(0, DAY), "power cut", self._power_cut)
        if random.random() < 0.2:
            at(random.uniform(0, DAY), "self-test asked", self._ask_test)

    def _lasting(self, at: Callable[[float, str, Do], None], minute: float) -> None:
        at(
            minute,
            *self.random.choice(
                (
                    ("board away for hours", self._board_away),
                    ("wire dead for hours", self._wire_dead),
                    ("broker away for hours", self._broker_away),
                    ("door out of order", self._door_broken),
                    ("disk full for a while", self._disk_full),
                    ("a button is taken away", self._button_mute),
                )
            ),
        )

    # --- people ------------------------------------------------------------------------------

    def _by_chance(self, do: Callable[[Story], Any]) -> Any:
        """Something of an ordinary story; whatever it starts is over some time later."""
        self._in(self.random.uniform(4, 300), "all clear", self._all_clear)
        return do(self)

    def _all_clear(self) -> None:
        """What is live is closed, and every door is released by name."""
        doors = tuple(
            DoorId(one) for one in self.site.bolts if self.box.daemon and DoorId(one) in self.notes.plan.doors
        )
        self.box.submit(lambda at, n, who: CloseAsked(at, n, who, "over", None, silent=True))
        self.box.submit(lambda at, n, who: ReleaseAsked(at, n, who, doors, "over"))

    def _reports(self) -> None:
        """Each button that has its battery says so, as it does each minute. The desk's knows the time."""
        for button in ("pb-101", "pb-desk"):
            if button not in self._mute:
                self.buttons.status(button, self._device_time() if button == "pb-desk" else None)
        if self.broker.up and "pb-gym" not in self._mute:
            self.broker.receive("zigbee2mqtt/gym-office", b'{"battery": 87, "linkquality": 120}')

    def _device_time(self) -> str:
        """By a button's own clock, which is right within a second."""
        return datetime.fromtimestamp(self.loop.right_s + 0.6, UTC).isoformat(timespec="milliseconds")

    def _button_mute(self) -> None:
        """A button lies in a drawer without its battery."""
        self._mute = frozenset({self.random.choice(("pb-101", "pb-gym"))})
        self._in(self.random.uniform(3, 1_000), "and back", lambda: setattr(self, "_mute", frozenset()))

    def _movement(self) -> None:
        """Somebody goes through a door."""
        bolt = self.site.bolts[self.random.choice(list(self.site.bolts))]
        if not bolt.door_open:
            self.for_a_while(
                3.0, lambda: setattr(bolt, "door_open", True), lambda: setattr(bolt, "door_open", False)
            )

    def _drill(self) -> None:
        """A drill, and its end some minutes later."""
        zones = (ZoneId("lincoln-hs"),)
        if self.random.random() < 0.5:
            self.box.submit(lambda at, n, who: StartAsked(at, n, who, "lockdown", zones, DRILL, "drill"))
        else:
            enrolled = BeginDrill("lockdown", "drill", None, zones, (ButtonId("pb-101"),), (), 30, waits=True)
            self.box.submit(lambda at, n, who: DrillAsked(at, n, who, enrolled))
            self._in(self.random.uniform(0.1, 40.0), "a press in it", lambda: self._by_chance(Story.press))
        self._in(self.random.uniform(2, 20), "all clear", self._all_clear)

    def _walk_test(self) -> None:
        """Somebody goes round with the buttons in test, and presses some of them, at times too late."""
        minutes = self.random.randrange(2, 31)
        buttons = (ButtonId("pb-101"), ButtonId("pb-desk"))
        self.box.submit(lambda at, n, who: WalkTestAsked(at, n, who, buttons, minutes, "Kim"))
        for after in self.random.choices((0.3, minutes / 2, minutes - 0.2, minutes + 0.2, minutes + 9), k=2):
            self._in(after, "a tester's press", lambda: self._by_chance(Story.press))

    def _lock_up(self) -> None:
        """A room is locked by name in the evening, and released in the morning."""
        doors = self._some_doors()
        self.box.submit(lambda at, n, who: LockAsked(at, n, who, doors, "evening"))
        self._in(14 * HOUR, "released in the morning", self._all_clear)

    def _ask_test(self) -> None:
        self.box.submit(lambda at, n, who: SelfTestAsked(at, n, who))

    # --- what lasts --------------------------------------------------------------------------

    def _for_hours(self, begin: Do, end: Do, mean: float = 4.0) -> None:
        begin()
        self._in(self.random.expovariate(1 / (mean * HOUR)), "and works again", end)

    def _board_away(self) -> None:
        device = self.random.choice(list(self.site.everything()))
        fault = self.random.choice(
            [one for one in FAULTS if device.wire is not None or one.kind not in ("away", "drop")]
        )
        if device.broken:
            return

        def turn(kind: str, its: Fault) -> None:
            device.broken = kind
            self._later(device.set_fault(its))

        self.say(f"  {device.name} {fault.kind}")
        self._for_hours(lambda: turn(fault.kind, fault), lambda: turn("", WORKS))

    def _wire_dead(self) -> None:
        wire = self.random.choice([one.wire for one in self.site.everything() if one.wire is not None])
        if not wire.swallows:
            self._for_hours(wire.swallow, wire.work)

    def _broker_away(self) -> None:
        if self.broker.up:
            self._for_hours(lambda: self.broker.turn(False), lambda: self.broker.turn(True))

    def _door_broken(self) -> None:
        bolt = self.site.bolts[self.random.choice(list(self.site.bolts))]
        what = self.random.choice(("door_open", "latch_stuck", "sensor_cut"))
        self._for_hours(lambda: setattr(bolt, what, True), lambda: setattr(bolt, what, False), mean=8.0)

    def _disk_full(self) -> None:
        disk, what = self.box.disk, self.random.choice(REFUSALS)
        self.say(f"  {what}")
        self._for_hours(
            lambda: setattr(disk, "refuses", what), lambda: setattr(disk, "refuses", ""), mean=1.0
        )

    def _clock_goes_wrong(self) -> None:
        """Somebody sets the clock, or a time service lies; after a while it is right again."""
        if self.days.wrong_s:
            return
        by_s = self.random.choice(STEPS_S)
        self.say(f"  by {by_s} s")
        self._set_clock(by_s)
        self._in(self.random.choice((1.0, 30.0, 90.0, 600.0, 2_000.0)), "the clock is right", self._set_right)

    def _set_right(self) -> None:
        self._set_clock(-self.days.wrong_s)

    def _set_clock(self, by_s: float) -> None:
        if by_s:
            self.loop.wall_ahead_ns += round(by_s) * 1_000_000_000
            self.days.clock_set(by_s)

    def _power_cut(self) -> None:
        """Box and boards lose their power, for seconds or for hours."""
        if self._down or self._off or not self.box.running():
            return
        self._off = True
        self.box.die()
        for device in self.site.everything():
            self.notes.trouble(device.name)
            self.site.power_cycle(device)
        self._in(self.random.choice((0.5, 3.0, 60.0, 500.0)), "power again", self._on)

    def _on(self) -> None:
        if self._off:
            self._off = False
            self.loop.reboot()
            self.box.boot = f"boot-{self.box.process + 1}"
            self.box.start()


def _nothing() -> None:
    """The clock only shows it."""
