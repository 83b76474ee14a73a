"""Words for families and media: ready for each state of an incident, drill or real said first, and sent by nobody here."""

from dataclasses import replace

from rules.decision import Decision, RequestAnswer
from rules.model.facts import Entry
from rules.model.ids import IncidentId, RequestId
from rules.model.kinds import DRILL
from rules.model.responses import Response
from rules.model.statements import StatementAnswer, StatementAnswered, StatementAsked, StatementsPrepared
from rules.plan import StatementPlan
from rules.record import fold
from rules.state import Live, State
from rules.statement_fold import MOST_KEPT
from rules.statement_state import Statement
from tests.rules.campus import CAMPUS, PERSON, A, facts, locked_down
from tests.rules.test_notices import School


def words(name: str, to: str = "families") -> StatementPlan:
    return StatementPlan(
        name,
        to,  # type: ignore[arg-type]
        "public-information",
        f"{name} at {{campus}}, {{where}} ({{number}})",
        f"{name} is practised at {{campus}} ({{number}})",
    )


class Speaking(School):
    def __init__(self) -> None:
        super().__init__()
        self.plan = replace(
            self.plan,
            statements={
                "lockdown": (words("lockdown"), words("lockdown-media", "media")),
                "hold-in-place": (words("hold"),),
                "over": (words("over"),),
            },
        )

    def kept(self) -> list[Statement]:
        return list(self.state.record.statements.kept.values())

    def says(self, number: int, answer: StatementAnswer = "approved", reason: str = "") -> str:
        made = self.happen(StatementAsked(self.now, RequestId(9), PERSON, number, answer, reason))
        (answered,) = made.answers
        assert isinstance(answered, RequestAnswer)
        return answered.code


def prepared(decision: Decision) -> list[StatementsPrepared]:
    return [one for one in facts(decision, "statements.prepared") if isinstance(one, StatementsPrepared)]


def test_real_is_said_first_then_the_words_of_the_pack_with_the_state_number() -> None:
    school = Speaking()
    asked = school.ask("lockdown")
    assert not prepared(asked), "nothing of it stands on a press's way"

    (fact,) = prepared(school.later())

    assert fact.texts == (
        "REAL. lockdown at Campus, Campus (1)",
        "REAL. lockdown-media at Campus, Campus (1)",
    )
    assert fact.statements == (
        (1, "lockdown", "families", "public-information"),
        (2, "lockdown-media", "media", "public-information"),
    )
    assert (fact.kind, fact.response, fact.zone, fact.number) == ("real", "lockdown", CAMPUS, 1)
    assert not prepared(school.later()), "once for each state"


def test_a_drill_has_words_of_its_own_and_drill_first_and_never_the_real_ones() -> None:
    school = Speaking()
    school.ask("lockdown", kind=DRILL)
    school.later()

    texts = [one.text for one in school.kept()]
    assert texts[0] == "DRILL. lockdown is practised at Campus (1)"
    assert all(text.startswith("DRILL. ") and "REAL" not in text for text in texts)


def test_what_changes_overtakes_what_nobody_approved_and_the_end_has_words_too() -> None:
    school = Speaking()
    told = school.ask("hold-in-place", A)
    school.later()
    assert school.kept()[0].text == "REAL. hold at Campus, Building A (1)"
    assert school.says(1) == "done"

    school.ask("lockdown")
    school.later()
    assert [(one.number, one.state) for one in school.kept()] == [
        (1, "approved"),
        (2, "waiting"),
        (3, "waiting"),
    ]

    school.close(school.incident(told))
    (over,) = prepared(school.later())
    assert (over.response, over.texts) == (None, (f"REAL. over at Campus, Campus ({over.number})",))
    assert [one.state for one in school.kept()] == ["approved", "overtaken", "overtaken", "waiting"]
    assert not prepared(school.later())
    assert school.says(4) == "done", "the end is approved when nothing is live any more"


def test_what_the_pack_has_no_words_for_has_none_and_overtakes_what_was_said_before() -> None:
    school = Speaking()
    told = school.ask("staff-assist", A)
    assert not prepared(school.later())
    school.ask("lockdown")
    school.later()
    school.ask("evacuate")
    (fact,) = prepared(school.later())
    assert (fact.response, fact.statements) == ("evacuate", ())
    assert {one.state for one in school.kept()} == {"overtaken"}
    school.close(school.incident(told))
    assert prepared(school.later())


def test_of_a_silent_response_and_of_an_exercise_nothing_is_ever_said() -> None:
    school = Speaking()
    response: Response = "duress"
    school.plan = replace(school.plan, statements={**school.plan.statements, response: (words("duress"),)})
    school.ask("duress", A)
    assert not prepared(school.later())

    record = locked_down(school.state.record, school.now, kind="exercise", incident=IncidentId("inc-9"))
    school.state = State(record, school.state.live)
    assert not prepared(school.later())


def test_beside_a_real_press_nobody_reads_that_a_drill_is_over() -> None:
    school = Speaking()
    school.ask("lockdown", kind=DRILL)
    school.later()

    school.ask("lockdown")
    made = prepared(school.later())

    assert [(one.kind, one.response, len(one.statements)) for one in made] == [
        ("real", "lockdown", 2),
        ("drill", None, 0),
    ]
    assert [(one.kind, one.state) for one in school.kept()] == [
        ("drill", "overtaken"),
        ("drill", "overtaken"),
        ("real", "waiting"),
        ("real", "waiting"),
    ]


def test_a_restart_makes_nothing_twice_and_forgets_no_end() -> None:
    school = Speaking()
    told = school.ask("lockdown")
    school.later()
    school.close(school.incident(told))
    school.state = State(school.state.record, Live(school.now, "boot", school.now))

    assert [one.response for one in prepared(school.later())] == [None]
    school.state = State(school.state.record, Live(school.now, "boot", school.now))
    assert not prepared(school.later())


def test_each_is_approved_or_declined_once_by_a_person_and_declined_with_a_reason() -> None:
    school = Speaking()
    school.ask("lockdown")
    school.later()

    assert school.says(7) == "unknown_statement"
    assert school.says(1, "declined", " ") == "no_reason_statement"
    assert school.says(1, "declined", "the district has better ones") == "done"
    assert school.says(1) == "statement_stands"
    assert school.says(2) == "done"
    declined, approved = school.kept()
    assert (declined.state, declined.reason, declined.by) == (
        "declined",
        "the district has better ones",
        PERSON,
    )
    assert (approved.state, approved.by) == ("approved", PERSON)

    school.ask("hold-in-place", A)
    school.ask("evacuate")
    school.later()
    assert school.says(2) == "statement_stands"


def test_overtaken_words_are_not_approved() -> None:
    school = Speaking()
    school.ask("lockdown")
    school.later()
    school.ask("evacuate")
    school.later()

    assert school.says(1) == "statement_overtaken"


def test_a_name_with_braces_is_a_name_and_a_zone_that_is_gone_is_the_campus() -> None:
    school = Speaking()
    named = replace(school.plan.zones[CAMPUS], name="Camp {number}")
    school.plan = replace(school.plan, zones={**school.plan.zones, CAMPUS: named})
    told = school.ask("hold-in-place", A)
    school.later()
    assert school.kept()[0].text == "REAL. hold at Camp {number}, Building A (1)"

    school.close(school.incident(told))
    zones = {name: one for name, one in school.plan.zones.items() if name != A}
    school.plan = replace(school.plan, zones=zones, inputs={}, outputs={})
    school.later()
    assert school.kept()[-1].text.startswith("REAL. over at Camp {number}, Camp {number} (")


def test_the_newest_are_kept_erased_words_leave_the_rest_and_an_answer_to_none_changes_nothing() -> None:
    school = Speaking()
    record = school.state.record
    for number in range(1, MOST_KEPT + 10):
        fact = StatementsPrepared(
            IncidentId(f"inc-{number}"),
            "real",
            "lockdown",
            CAMPUS,
            1,
            ((number, "a", "families", "liaison"),),
        )
        record = fold(record, school.now, Entry(fact, CAMPUS, PERSON))
    assert len(record.statements.kept) == MOST_KEPT
    assert record.statements.last == MOST_KEPT + 9
    assert {one.text for one in record.statements.kept.values()} == {""}
    answered = fold(record, school.now, Entry(StatementAnswered(1, "approved"), CAMPUS, PERSON))
    assert answered.statements is record.statements
