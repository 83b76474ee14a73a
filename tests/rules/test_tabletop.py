"""A tabletop exercise touches nothing, is written down, ends by itself or by a real incident, and counts where a law says so."""

from dataclasses import replace

import pytest

from rules.decision import Decision
from rules.drill_law import Requirement, counted_of, due, names
from rules.model.drill_asks import BeginDrill, CloseFinding, LogDrill
from rules.model.facts import IncidentOpened
from rules.model.ids import DrillId
from rules.model.moments import MINUTE_US, SECOND_US
from rules.model.tabletop_asks import (
    DecideAtTabletop,
    EndTabletop,
    FindAtTabletop,
    JoinTabletop,
    StartTabletop,
    TabletopAsk,
    TabletopAsked,
)
from rules.model.tabletop_facts import TabletopEnded, TabletopFound
from rules.record import fold
from rules.tabletop import MOST_MINUTES
from rules.tabletop_state import LONGEST, MOST_AT_TABLE, MOST_DECIDED, MOST_FOUND, MOST_RUNNING, Tabletop
from tests.rules.campus import CAMPUS, PERSON, facts
from tests.rules.drilling import LAW, RULES, TODAY, Drilling, drilled_plan
from tests.rules.story import replied

NONE = DrillId("tabletop-none")


class Table(Drilling):
    """A campus with people around a table."""

    def __init__(self) -> None:
        rules = replace(RULES, types={**RULES.types, "tabletop": RULES.types["lockdown"]})
        super().__init__(replace(drilled_plan(), drills=rules))
        self.clock()

    def say(self, ask: TabletopAsk) -> Decision:
        made = self.do(TabletopAsked(self.now, self.request(), PERSON, ask))
        assert not made.permits
        assert not made.notices
        return made

    def begun(self, minutes: int = 60) -> DrillId:
        made = self.say(StartTabletop("scenario", "first", "ab", "A first one", minutes))
        return DrillId(str(dict(replied(made).args)["tabletop"]))

    @property
    def running(self) -> list[Tabletop]:
        return list(self.state.record.drills.tabletops.values())

    def code(self, ask: TabletopAsk) -> str:
        return replied(self.say(ask)).code


@pytest.fixture
def table() -> Table:
    return Table()


def test_what_the_table_decided_is_kept_with_who_sat_there_and_stands_in_the_log_of_drills(
    table: Table,
) -> None:
    one = table.begun()
    table.say(JoinTabletop(one, "incident-commander", "Kim Park "))
    table.say(JoinTabletop(one, "", "Lee"))
    table.say(JoinTabletop(one, "public-information", "Kim Park"))
    table.say(DecideAtTabletop(one, 2, 90_000, "public-information", "Tell parents to stay away."))
    table.say(FindAtTabletop(one, "Nobody has the number of the bus company."))
    (running,) = table.running
    assert running.table == (("", "Lee"), ("public-information", "Kim Park"))
    assert [(each.inject, each.text) for each in running.decided] == [(2, "Tell parents to stay away.")]
    table.say(EndTabletop(one, "done"))
    assert table.running == []
    over = table.state.record.drills.over[one]
    assert (over.type, over.kind, over.code, over.day, over.incident) == (
        "tabletop",
        "exercise",
        "asked",
        TODAY,
        None,
    )
    assert over.tabletop == running
    assert [(each.code, each.subject) for each in over.findings] == [
        ("tabletop", "Nobody has the number of the bus company.")
    ]
    assert table.refolded() == table.state.record


def test_a_finding_closes_with_a_ticket_or_a_change_as_a_drills_does(table: Table) -> None:
    one = table.begun()
    table.say(FindAtTabletop(one, "No key."))
    table.say(EndTabletop(one, ""))
    assert replied(table.ask(CloseFinding(one, 0, "", ""))).code == "ticket_or_change"
    assert replied(table.ask(CloseFinding(one, 0, "", "A key at the office"))).done
    assert not table.state.record.drills.over[one].findings[0].is_open


def test_it_opens_no_incident_and_moves_no_door(table: Table) -> None:
    one = table.begun()
    table.say(DecideAtTabletop(one, 0, 0, "", "Lock everything."))
    table.say(EndTabletop(one, ""))
    assert not any(isinstance(entry.fact, IncidentOpened) for _, entry in table.entries)
    assert table.state.record.orders == {}


def test_a_real_incident_ends_every_tabletop_and_none_begins_beside_it(table: Table) -> None:
    one, other = table.begun(), table.begun()
    table.hear()
    made = table.tick()
    assert [(fact.id, fact.code) for fact in facts(made) if isinstance(fact, TabletopEnded)] == [
        (one, "real_incident"),
        (other, "real_incident"),
    ]
    assert table.code(StartTabletop("incident", "inc-1", "", "", 60)) == "real_incident_live"
    table.close()
    assert table.code(StartTabletop("incident", "inc-1", "", "", 60)) == "done"


def test_it_ends_by_itself_with_its_time_and_with_the_boot(table: Table) -> None:
    table.begun(minutes=1)
    table.wait((MINUTE_US - SECOND_US) / 1_000)
    table.tick()
    assert len(table.running) == 1
    table.wait(1_000)
    assert [fact.code for fact in facts(table.tick()) if isinstance(fact, TabletopEnded)] == ["time"]
    table.begun()
    table.state = replace(table.state, live=replace(table.state.live, boot="another"))
    assert [fact.code for fact in facts(table.tick()) if isinstance(fact, TabletopEnded)] == ["boot"]


@pytest.mark.parametrize("minutes", [0, MOST_MINUTES + 1])
def test_its_time_is_bounded(table: Table, minutes: int) -> None:
    assert table.code(StartTabletop("scenario", "first", "", "", minutes)) == "bad_tabletop_minutes"


def test_so_many_run_at_once_and_two_of_one_moment_are_two(table: Table) -> None:
    assert len({table.begun() for _ in range(MOST_RUNNING)}) == MOST_RUNNING
    assert table.code(StartTabletop("scenario", "first", "", "", 60)) == "too_many_tabletops"


def test_what_is_over_or_never_was_takes_nothing_more(table: Table) -> None:
    one = table.begun()
    table.say(EndTabletop(one, ""))
    for ask in (JoinTabletop(one, "", "x"), EndTabletop(one, ""), FindAtTabletop(NONE, "x")):
        assert table.code(ask) == "unknown_tabletop"


def test_no_words_and_too_many_are_refused(table: Table) -> None:
    one = table.begun()
    for text in (" ", "x" * (LONGEST + 1)):
        assert table.code(DecideAtTabletop(one, 0, 0, "", text)) == "no_text"
        assert table.code(JoinTabletop(one, "", text)) == "no_text"


def test_what_is_kept_of_one_is_bounded_and_says_so(table: Table) -> None:
    one = table.begun()
    for number in range(MOST_DECIDED):
        table.say(DecideAtTabletop(one, 0, number, "", "yes"))
    for number in range(MOST_FOUND):
        table.say(FindAtTabletop(one, f"finding {number}"))
    for number in range(MOST_AT_TABLE):
        table.say(JoinTabletop(one, "", f"person {number}"))
    assert table.code(DecideAtTabletop(one, 0, 0, "", "yes")) == "tabletop_full"
    assert table.code(FindAtTabletop(one, "one more")) == "tabletop_full"
    assert table.code(JoinTabletop(one, "", "one more")) == "tabletop_full"
    assert table.code(JoinTabletop(one, "safety", "person 3")) == "done"


def test_a_fact_of_one_that_was_never_begun_changes_nothing(table: Table) -> None:
    before = table.state.record
    made = table.say(FindAtTabletop(table.begun(), "x"))
    entry = next(one for one in made.entries if isinstance(one.fact, TabletopFound))
    assert fold(before, table.now, replace(entry, fact=TabletopFound(NONE, "x"))) is before


def test_it_counts_before_a_law_that_names_it_and_before_no_other(table: Table) -> None:
    one = table.begun()
    table.say(EndTabletop(one, ""))
    drills = table.state.record.drills
    assert [each.id for each in counted_of(drills.over.values())] == [one]
    assert not names(table.plan.drills, "tabletop")
    assert not names(replace(RULES, law=None), "tabletop")
    lets = replace(LAW, requires=(Requirement("any", ("lockdown", "tabletop"), 1, "year", "One of both"),))
    rules = replace(table.plan.drills, law=lets)
    assert names(rules, "tabletop")
    assert [each.done for each in due(table.plan.drills, drills, TODAY)] == [0, 0]
    assert [each.progress for each in due(rules, drills, TODAY)] == ["done"]


def test_one_that_a_real_incident_ended_counts_before_none(table: Table) -> None:
    table.begun()
    table.hear()
    table.tick()
    assert list(counted_of(table.state.record.drills.over.values())) == []


def test_no_drill_of_this_type_locks_a_door_but_one_on_paper_is_logged(table: Table) -> None:
    begin = BeginDrill("tabletop", "drill", None, (CAMPUS,), (), (), 30)
    assert replied(table.ask(begin)).code == "tabletop_elsewhere"
    assert replied(table.ask(LogDrill("tabletop", TODAY, 600, "at the library"))).done
