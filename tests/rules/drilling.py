"""Drills for the tests of rules: a campus with types of drill and a law, and persons who plan, begin and end them."""

from dataclasses import replace
from typing import Final

from rules.decision import Decision
from rules.drill_law import DrillRules, DrillType, Law, NoticeRule, RecordField, Requirement
from rules.model.drill_asks import BeginDrill, DrillAsk, DrillAsked, EndDrill
from rules.model.drill_facts import DrillButtonsReal, DrillEnded, DrillKind
from rules.model.events import ClockTold
from rules.model.ids import ButtonId, DrillId, ZoneId
from rules.plan import Plan
from tests.rules.campus import CAMPUS, PERSON, facts
from tests.rules.story import DESK, Story, replied, standard

TODAY: Final = 739_500
"""2025-09-06."""
LAW: Final = Law(
    "us-xx",
    "A state",
    "1st edition",
    ("https://law.example.org",),
    ("One of them at lunch.",),
    (
        Requirement("lockdown", ("lockdown",), 2, "year", "Two lockdown drills"),
        Requirement("fire-monthly", ("fire",), 1, "month", "A fire drill each month"),
    ),
    (NoticeRule("parents", 48, (), "Parents, 48 hours before"),),
    ("date", "type", "weather"),
    keep=3,
    post=30,
)
RULES: Final = DrillRules(
    1,
    "2" * 64,
    {
        "lockdown": DrillType("lockdown", "Lockdown"),
        "fire": DrillType("evacuate", "Fire"),
        "duress": DrillType("duress", "Duress"),
        "odd": DrillType("shelter", "Odd"),
    },
    {
        "date": RecordField("device", "Date"),
        "type": RecordField("device", "Type"),
        "weather": RecordField("person", "Weather"),
    },
    LAW,
    (9, 1),
    (6, 20),
)


def drilled_plan() -> Plan:
    """The standard campus, where drills can be held."""
    return replace(standard(), drills=RULES)


class Drilling(Story):
    """A story in which drills are held."""

    def __init__(self, plan: Plan | None = None) -> None:
        super().__init__(drilled_plan() if plan is None else plan)

    def ask(self, ask: DrillAsk, role: str = "") -> Decision:
        """A person asks something about drills."""
        return self.do(DrillAsked(self.now, self.request(), PERSON, ask, role))

    def clock(self, day: int = TODAY, minute: int = 600) -> Decision:
        """The campus's clock on the wall."""
        return self.do(ClockTold(self.now, day, minute, sure=True, attended=False))

    def begin(
        self,
        *buttons: ButtonId,
        zones: tuple[ZoneId, ...] = (CAMPUS,),
        minutes: int = 30,
        waits: bool = False,
        kind: DrillKind = "drill",
        type_: str = "lockdown",
        failures: tuple[tuple[str, str], ...] = (),
    ) -> Decision:
        """A drill that nobody planned."""
        return self.ask(BeginDrill(type_, kind, None, zones, buttons, failures, minutes, waits))

    def finish(self, reason: str = "over") -> Decision:
        """End the one under way."""
        run = self.state.record.drills.run
        return self.ask(EndDrill(DrillId("none") if run is None else run.id, reason))


def drilling(*buttons: ButtonId, waits: bool = True, minutes: int = 30) -> Drilling:
    """A campus with a drill under way, in which these are enrolled."""
    story = Drilling()
    story.clock()
    assert replied(story.begin(*(buttons or (DESK,)), waits=waits, minutes=minutes)).done
    return story


def real_again(made: Decision) -> list[tuple[tuple[str, ...], str]]:
    """Buttons that a decision took out of the drill, and why."""
    return [(one.buttons, one.code) for one in facts(made) if isinstance(one, DrillButtonsReal)]


def drill_ends(made: Decision) -> list[str]:
    """Why drills ended in a decision."""
    return [one.code for one in facts(made) if isinstance(one, DrillEnded)]
