"""Bugs to plant: each is one that somebody could make, and one that the simulation has to find.

A simulation that finds nothing in the product is worth what it finds here.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import edge.calendar
import rules.doors
import rules.enrolment
import rules.fire
import rules.interlock
import rules.presses
import rules.requests
import rules.responses
import rules.selftest
import rules.verdict
from edge import appliance, exits, recovery, topics
from edge.journal.core import Core
from edge.journal.journal import Journal
from rules.model.events import PressHeard
from rules.model.facts import Because, ZoneResponded
from rules.model.kinds import DRILL, Exercise
from rules.model.moments import Instant
from rules.model.verdicts import Verdict
from rules.state import LocalClock
from rules.step import RULE
from tests.simulation.simulate import Form

Wrap = Callable[[Any], Any]
"""Takes what is there, gives what stands in its place."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted bug. places: (where, attribute, what stands there instead).

    only: what happens while it is looked for (`story.ACTS`); empty: everything.
    days: it takes days to show, in the season of the seed `first`.
    """

    name: str
    places: tuple[tuple[Any, str, Wrap], ...]
    only: tuple[str, ...] = ()
    days: int = 0
    first: int = 1

    @property
    def form(self) -> Form:
        """How it is looked for: a week, or seconds in which more happens at a time than on any school day."""
        if self.days:
            return Form(wire=False, days=self.days)
        return Form(wire=False, seconds=15.0, every_s=0.3, only=self.only)

    @contextlib.contextmanager
    def planted(self) -> Iterator[None]:
        """While this lasts the product has the bug."""
        before = [(owner, name, owner.__dict__[name]) for owner, name, _ in self.places]
        try:
            for owner, name, wrap in self.places:
                setattr(owner, name, wrap(owner.__dict__[name]))
            yield
        finally:
            for owner, name, was in before:
                setattr(owner, name, was)


def _dropping(emit: Any) -> Any:
    def dropping(self: Any, event: Any) -> None:
        if not (isinstance(event, PressHeard) and self._under_way):
            emit(self, event)

    return dropping


def _by_echo(commanded: Any) -> Any:
    def by_echo(live: Any, door: Any, its: Any, now: Any, by_hand: str, bolt: Any, position: Any) -> Verdict:
        if its.written is not None:
            return Verdict(
                "secured" if door.position is not None else "secured_partial", None, "", bolt, position
            )
        verdict: Verdict = commanded(live, door, its, now, by_hand, bolt, position)
        return verdict

    return by_echo


def _any_order(_: Any) -> Any:
    return frozenset


def _busy_stands(stands: Any) -> Any:
    def busy(step: Any, door: Any) -> bool:
        last = step.door(door).command
        return bool(stands(step, door)) or (last is not None and last.ended is None)

    return busy


def _at_once(remember: Any) -> Any:
    def at_once(self: Any, at: Any, before: Any, decision: Any) -> None:
        for answer in decision.answers:
            self._tell(answer, True)
        remember(self, at, before, replace(decision, answers=()))

    return at_once


def _forgetful(recover: Any) -> Any:
    return lambda journal: replace(recover(journal), orders={})


def _exercising(respond: Any) -> Any:
    def exercising(step: Any, ask: Any, kind: Any, to: Any, *, actor: Any, locking: Any = None) -> None:
        respond(step, ask, kind, to, actor=actor, locking=locking)
        if isinstance(kind, Exercise):
            wanted, because = step.plan.responses[ask.response], Because("response")
            out = rules.responses.let_out(step, ask, DRILL)
            rules.responses._switch(step, ask, DRILL, to, wanted, actor, because, out, changed=False)

    return exercising


def _telling(enter: Any) -> Any:
    def telling(step: Any, ask: Any, kind: Any, to: Any, wanted: Any, actor: Any, because: Any) -> Any:
        changed = enter(step, ask, kind, to, wanted, actor, because)
        if wanted.silent:
            fact = ZoneResponded(step.record.number + 1, ask.zone, ask.response, kind.word, to.incident)
            step.write(fact, ask.zone, actor=actor, incident=to.incident, because=because)
        return changed

    return telling


def _all_alike(identity: Any) -> Any:
    def all_alike(record: Any, memory: Any, event: Any, gesture: str, acts: bool) -> Any:
        known, name = identity(record, memory, event, gesture, acts)
        return (memory.presses[-1] if known is None and memory.presses else known), name

    return all_alike


def _releasing_all(rest: Any) -> Any:
    return lambda step, doors, **more: rest(step, tuple(step.plan.doors), **more)


def _ending(end: Any) -> Any:
    def ending(step: Any) -> None:
        end(step)
        for one in tuple(step.record.incidents.values()):
            if step.at.since(one.opened) > 5_000_000:
                rules.responses.close(step, one, actor=RULE, because=Because("time"), reason="")

    return ending


def _what_takes(_: Any) -> Any:
    @contextlib.contextmanager
    def readable(self: Any) -> Iterator[Any]:
        yield self._core.store

    return readable


def _without_summer(local: Any) -> Any:
    def standard(at: Instant, zone: Any) -> tuple[int, int]:
        shown = datetime.fromtimestamp(at.utc_us / 1e6, UTC).astimezone(zone)
        summer_us = round((shown.dst() or timedelta()).total_seconds()) * 1_000_000
        told: tuple[int, int] = local(at.plus(-summer_us), zone)
        return told

    return standard


def _to_the_minute(clock_told: Any) -> Any:
    def to_the_minute(step: Any, event: Any) -> None:
        if step.record.self_tests.since is None or event.minute == step.plan.self_test_at:
            clock_told(step, event)
        else:
            step.change(clock=LocalClock(event.at, event.day, event.minute, event.sure, event.attended))

    return to_the_minute


def _whenever_it_strikes(clock_told: Any) -> Any:
    def striking(step: Any, event: Any) -> None:
        last, at = step.live.clock, step.plan.self_test_at
        clock_told(step, event)
        struck = last is not None and last.day == event.day and last.minute < at <= event.minute
        if struck and step.live.self_test is None and not step.record.incidents:
            rules.selftest._begin(step, "schedule", RULE, event.day)

    return striking


def _visible(joining: Any) -> Any:
    return lambda step, ask, kind: replace(joining(step, ask, kind), silent=False)


MUTANTS: Final = (
    Mutant(
        "a press is dropped while commands are under way",
        ((appliance.Appliance, "emit", _dropping),),
        only=("gym", "board", "lock", "release"),
    ),
    Mutant("secured as soon as the write is answered", ((rules.verdict, "_commanded", _by_echo),)),
    Mutant(
        "evidence from before the command proves it",
        ((rules.verdict, "_read_since", lambda _: lambda *_: True),),
        only=("press", "release", "close", "door"),
    ),
    Mutant(
        "stale evidence counts",
        ((rules.verdict, "_stale", lambda _: lambda *_: False),),
        only=("press", "wire", "line", "board"),
    ),
    Mutant(
        "nothing is written again",
        ((rules.doors, "_assert_again", lambda _: lambda *_: None),),
        only=("release", "door", "close"),
    ),
    Mutant(
        "a lockdown waits for a release that is on its way",
        ((rules.doors, "lock_ordered", _any_order), (rules.doors, "_stands", _busy_stands)),
        only=("press", "release", "board", "start"),
    ),
    Mutant("an answer comes before the commit", ((appliance.Appliance, "_remember", _at_once),)),
    Mutant(
        "durations are counted by the wall clock",
        ((Instant, "since", lambda _: lambda self, earlier: self.utc_us - earlier.utc_us),),
        only=("clock", "press", "fire", "release"),
    ),
    Mutant("a start forgets the doors' orders", ((recovery, "recover", _forgetful),)),
    Mutant(
        "the interlock does not look at what is live",
        ((rules.interlock, "_by_what_is_live", lambda _: lambda *_: ""),),
    ),
    Mutant(
        "fire frees nothing",
        ((rules.fire, "_free", lambda _: lambda *_: None),),
        only=("press", "fire", "release"),
        first=15,
    ),
    Mutant(
        "an exercise locks doors",
        ((rules.responses, "respond", _exercising),),
        only=("start", "press by name", "close", "release"),
    ),
    Mutant(
        "a sign tells of a silent incident",
        ((rules.responses, "_enter", _telling), (topics, "_shown", lambda _: lambda plan, record: record)),
    ),
    Mutant("a button is told of a silent incident", ((rules.responses, "joining", _visible),)),
    Mutant("a new press counts as a repeat", ((rules.presses, "_identity", _all_alike),)),
    Mutant("a release opens more than it names", ((rules.doors, "rest", _releasing_all),)),
    Mutant("time ends a lockdown", ((rules.requests, "end_walk_tests", _ending),)),
    Mutant(
        "the spill is emptied and not carried over",
        ((Core, "_fold", lambda _: lambda *_: None),),
        only=("disk", "press", "release", "lock"),
    ),
    Mutant(
        "a second press within 10 s stays the drill's",
        ((rules.enrolment, "SECOND_PRESS_US", lambda _: -1),),
        only=("press", "drill"),
    ),
    # What only days bring.
    Mutant("the night's hours know no summer time", ((edge.calendar, "local", _without_summer),), days=3),
    Mutant(
        "a minute that daylight saving leaves out is waited for",
        ((rules.selftest, "clock_told", _to_the_minute),),
        days=5,
        first=10,
    ),
    Mutant(
        "an hour that comes twice is tested twice",
        ((rules.selftest, "clock_told", _whenever_it_strikes),),
        days=5,
    ),
    Mutant(
        "silence is counted by the wall clock",
        ((Instant, "since", lambda _: lambda self, earlier: self.utc_us - earlier.utc_us),),
        days=5,
    ),
    # As it was until the simulation found it.
    Mutant(
        "a start on a disk that takes nothing forgets what the database holds",
        ((Journal, "_readable", _what_takes),),
        only=("disk", "kill", "press"),
    ),
    Mutant(
        "a start forgets who went out by an exit button",
        ((exits, "found", lambda _: lambda *_, **__: exits.Before()),),
        only=("leave", "kill", "lock", "release", "close"),
    ),
)
