"""Notices on their way to their routes: each with its words, none delayed by another, none lost in silence."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from drivers.base import Emit, NotPermitted, checked_notice
from drivers.outputs.route import Route, Wording
from edge import notice_words
from edge.announcing import Announcer, Names
from edge.parts import cancelled
from edge.response_words import NAMES
from rules.model.events import Event
from rules.model.ids import IncidentId, NoticeId, OutputId, ZoneId
from rules.model.kinds import DRILL, REAL, Switching
from rules.model.notices import Notice, NoticeEnded
from rules.model.responses import Response
from rules.model.seal import SEAL

MAIL, PAGE = OutputId("mail"), OutputId("page")
NAMED = Names("Lincoln High School", {ZoneId("a"): "Building A"})


def notice(
    output: OutputId = MAIL, response: Response | None = "lockdown", kind: Switching = REAL, zone: str = "a"
) -> Notice:
    return Notice(NoticeId(7), output, IncidentId("inc-1"), kind, response, ZoneId(zone), 12, SEAL)


@dataclass
class Paper:
    """A route that writes down what it is told."""

    output: OutputId
    told: list[tuple[Notice, Wording]] = field(default_factory=list)
    runs: int = 0
    breaks: int = 0
    stirred: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, emit: Emit) -> None:
        self.runs += 1
        self.stirred.set()
        if self.breaks:
            self.breaks -= 1
            raise RuntimeError("a bug of ours")
        await asyncio.Event().wait()

    def tell(self, notice: Notice, wording: Wording) -> None:
        self.told.append((checked_notice(notice, self.output), wording))


class Torn(Paper):
    def tell(self, notice: Notice, wording: Wording) -> None:
        raise ValueError("a bug of ours")


@asynccontextmanager
async def announcing(*papers: Paper) -> AsyncIterator[tuple[Announcer, list[Event]]]:
    said: list[Event] = []
    announcer = Announcer(said.append)
    by = {one.output: one for one in papers}
    announcer.configure(NAMED, {one: one for one in by}, lambda one: by[one])
    running = asyncio.create_task(announcer.run())
    try:
        yield announcer, said
    finally:
        await cancelled([running])


async def test_each_route_is_told_with_words_for_a_line_a_message_and_an_sms() -> None:
    mail = Paper(MAIL)
    async with announcing(mail) as (announcer, said):
        announcer.tell([notice()])

        ((_, words),) = mail.told
        assert words.subject == "Lockdown: Lincoln High School"
        assert words.text.splitlines() == [
            "Lockdown. Locks, lights, out of sight.",
            "Where: Lincoln High School, Building A",
            "State 12. A higher number is the newer message.",
        ]
        place = "Building A, Lincoln High School"
        assert words.short == f"Lockdown. Locks, lights, out of sight. {place} (state 12)"
        assert not said


async def test_who_did_not_acknowledge_is_named_in_every_form_and_an_sms_stays_one() -> None:
    rooms = tuple((OutputId("screens"), str(number)) for number in range(101, 108))
    missing = replace(notice(kind=DRILL), unheard=((PAGE, ""), *rooms))
    mail = Paper(MAIL)
    async with announcing(mail) as (announcer, _):
        announcer.tell([missing])
    ((_, words),) = mail.told

    assert words.subject == "DRILL. NOT ACKNOWLEDGED: Lockdown: Lincoln High School"
    assert words.text.splitlines()[1] == (
        "NOT ACKNOWLEDGED: 101, 102, 103, 104, 105, 106, 107, recipients of page. Reach them another way, if that is safe."
    )
    assert words.short == (
        "DRILL. Lockdown. Not acknowledged: 101, 102, 103, 104 and 4 more. Building A, Lincoln High School (state 12)"
    )
    assert len(words.short) <= notice_words.SHORT


@pytest.mark.parametrize("response", [*NAMES, None])
def test_a_drill_says_so_first_in_every_form_and_no_short_one_is_longer_than_an_sms(
    response: Response | None,
) -> None:
    drill = notice(response=response, kind=DRILL)
    long = "A School With A Name That Goes On " * 8

    assert notice_words.subject(drill, long).startswith("DRILL. ")
    assert notice_words.text(drill, long, {}).startswith("DRILL. ")
    assert notice_words.speech(DRILL, response).startswith("DRILL. ")
    assert notice_words.short(drill, long).startswith("DRILL. ")
    assert len(notice_words.short(drill, long)) <= 160
    assert "DRILL" not in notice_words.text(notice(response=response), "x", {})


async def test_a_route_that_fails_is_told_of_and_delays_no_other() -> None:
    mail, torn = Paper(MAIL), Torn(PAGE)
    async with announcing(torn, mail) as (announcer, said):
        announcer.tell([notice(PAGE), notice(MAIL), notice(OutputId("none"))])

        assert len(mail.told) == 1
        assert [(one.output, one.outcome, one.code) for one in said if isinstance(one, NoticeEnded)] == [
            (PAGE, "failed", "route_failed_ValueError"),
            ("none", "failed", "no_route"),
        ]


async def test_a_route_that_ends_by_itself_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.announcing.AGAIN_S", 0.0)
    mail = Paper(MAIL, breaks=2)
    async with announcing(mail):
        while mail.runs < 3:
            mail.stirred.clear()
            await asyncio.wait_for(mail.stirred.wait(), 10)

    assert mail.runs == 3


async def test_over_a_reload_the_same_route_goes_on_and_another_one_takes_its_place() -> None:
    made: list[Paper] = []

    def make(output: OutputId) -> Route:
        made.append(Paper(output))
        return made[-1]

    async def running(count: int) -> None:
        for one in made[:count]:
            await asyncio.wait_for(one.stirred.wait(), 10)

    announcer = Announcer(lambda _: None)
    announcer.configure(NAMED, {MAIL: "a", PAGE: "b"}, make)
    task = asyncio.create_task(announcer.run())
    try:
        await running(2)
        announcer.configure(NAMED, {MAIL: "a", PAGE: "another"}, make)
        await running(3)
        announcer.tell([notice(MAIL), notice(PAGE)])
    finally:
        await cancelled([task])

    assert [len(one.told) for one in made] == [1, 0, 1]


async def test_no_route_takes_what_the_interlock_did_not_seal() -> None:
    with pytest.raises(NotPermitted):
        checked_notice(notice(PAGE), MAIL)
    forged = Notice(NoticeId(7), MAIL, IncidentId("inc-1"), REAL, "lockdown", ZoneId("a"), 12, object())
    with pytest.raises(NotPermitted):
        checked_notice(forged, MAIL)


async def test_what_was_spoken_beforehand_goes_with_its_notice() -> None:
    page = Paper(PAGE)
    spoken: Callable[[Switching, Response | None], Path | None] = lambda kind, response: (  # noqa: E731
        Path(f"/{kind.word}-{response}.wav")
    )
    announcer = Announcer(lambda _: None)
    announcer.configure(NAMED, {PAGE: 1}, lambda _: page, spoken)
    announcer.tell([notice(PAGE, "secure", DRILL), notice(PAGE, None)])

    assert [words.speech for _, words in page.told] == [Path("/drill-secure.wav"), Path("/real-None.wav")]
