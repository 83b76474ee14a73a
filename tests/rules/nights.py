"""A campus with a clock on its wall: self-tests run on it, and locks are exercised at night."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from rules.decision import Decision
from rules.model.events import ClockTold, ProbeEnded, SelfTestAsked
from rules.model.ids import DoorId
from rules.model.selftest import BrokerProbe, DecisionProbe, LinkName, link_name
from rules.model.selftest_facts import (
    DoorExercised,
    SelfTestEnded,
)
from rules.plan import DoorPlan, Hours, Plan
from tests.rules.campus import OTHER, PERSON, PLC, STRIKE, button, campus, contact, door, facts, output
from tests.rules.story import DESK, LOCKDOWN, Story, desk

NIGHT: Final = Hours(22 * 60, 5 * 60)
LOCKED: Final = replace(STRIKE, rest="locked", self_test=NIGHT)
UNLOCKED: Final = replace(STRIKE, rest="unlocked", self_test=NIGHT)
DAY: Final = 739_000
EVENING: Final = 23 * 60
AT: Final = 3 * 60 + 30
D, E = DoorId("d"), DoorId("e")


def quarters(*doors: DoorPlan, at: int | None = None) -> Plan:
    """These doors on one board, with a fire alarm, a REX, a button and a strobe; self-tests daily at `at`."""
    plan = campus(
        *doors,
        inputs=[contact("fire", 50, "fire-alarm"), contact("rex", 51)],
        buttons=[desk(DESK, {"hold": LOCKDOWN})],
        outputs=[output("strobe", 20)],
        controllers=(PLC,),
    )
    return replace(plan, self_test_at=at)


class Night(Story):
    """A story that answers what a self-test asks of the box, and tells what the clock shows."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.day, self.minute, self.sure, self.attended = DAY, EVENING, True, False
        self.probed: list[BrokerProbe | DecisionProbe] = []
        self.deaf: set[LinkName] = set()
        """Links whose probes are not answered; any other holds."""
        for one in plan.outputs.values():
            if one.point is not None:
                self.set(one.point, False)
        self.sessions()
        self.run(6)

    def clock(self, minute: int | None = None, *, days: int = 0) -> Decision:
        """The clock is told: at this minute, so many days later."""
        self.day += days
        self.minute = self.minute if minute is None else minute
        return self.answered(self.do(ClockTold(self.now, self.day, self.minute, self.sure, self.attended)))

    def ask(self) -> Decision:
        """A person wants a self-test."""
        return self.answered(self.do(SelfTestAsked(self.now, self.request(), PERSON)))

    def answered(self, decision: Decision) -> Decision:
        """The box answers what it was asked."""
        for probe in decision.probes:
            self.probed.append(probe)
            name = self._link(probe)
            if name not in self.deaf:
                self.do(ProbeEnded(self.now, probe.run, name, ""))
        return decision

    def _link(self, probe: BrokerProbe | DecisionProbe) -> LinkName:
        if isinstance(probe, BrokerProbe):
            return link_name("broker", self.plan.campus)
        return link_name("decision", probe.button)

    def night(self, seconds: float = 6.0) -> list[Decision]:
        """The clock is told, and some seconds go by; boards carry out what they are told."""
        told = self.clock()
        return [told, *self.carry_out(told), *self.run(seconds)]


def drives(made: Iterable[Decision], purpose: str = "self_test") -> list[tuple[str, bool]]:
    """What went out for this purpose: each target and its value, in order."""
    return [
        (str(drive.target), drive.on)
        for one in made
        for permit in one.permits
        if permit.purpose == purpose
        for drive in permit.drives
    ]


def steps(made: Iterable[Decision]) -> list[tuple[str, str, str]]:
    """How exercises went: step, outcome, code."""
    found = facts(list(made), "selftest.door")
    return [(one.step, one.outcome, one.code) for one in found if isinstance(one, DoorExercised)]


def results(made: Iterable[Decision]) -> list[SelfTestEnded]:
    """The self-tests that ended."""
    return [one for one in facts(list(made), "selftest.ended") if isinstance(one, SelfTestEnded)]


def unlocked(name: str = "d", number: int = 0) -> DoorPlan:
    """A classroom that rests unlocked and may be exercised at night."""
    return door(name, number, UNLOCKED, rex=("rex",), fire=("fire",))


RESTS_LOCKED: Final = replace(STRIKE, rest="locked")


def whole(**more: object) -> Plan:
    """A board with everything on it, and another one beside it with a door and an output."""
    plan = campus(
        door("d", 0, RESTS_LOCKED),
        door("e", 1, replace(STRIKE, rest="unlocked"), controller=OTHER),
        inputs=[contact("fire", 50, "fire-alarm"), contact("rex", 51, controller=OTHER)],
        buttons=[desk(DESK, {"hold": LOCKDOWN}), button("wired", 60)],
        outputs=[output("strobe", 20), output("horn", 21, controller=OTHER)],
    )
    return replace(plan, **more)  # type: ignore[arg-type]


def running(plan: Plan | None = None, **more: object) -> Night:
    here = Night(whole(**more) if plan is None else plan)
    here.status()
    assert here.flags() == set()
    return here


def tried(here: Night) -> SelfTestEnded:
    """One that a person asked for, to its end."""
    return ended(here, here.ask())


def ended(here: Night, begun: Decision, seconds: float = 25) -> SelfTestEnded:
    made = [begun]
    for _ in range(round(seconds)):
        made += here.run(1)
        if results(made):
            break
    (found,) = results(made)
    return found


def others(found: SelfTestEnded) -> dict[str, tuple[str, str]]:
    return {name: (outcome, code) for name, outcome, code in found.others}


def red(found: SelfTestEnded) -> dict[str, str]:
    return {name: code for name, outcome, code in found.others if outcome == "not_proven"}


def begun() -> Night:
    """A door that was told to lock, and whose bolt is on its way."""
    here = Night(quarters(unlocked()))
    here.lazy_bolts.add(D)
    told = here.clock()
    assert drives([told]) == [("d", False)]
    here.carry_out(told)
    return here
