"""When self-tests run: once a day by the campus's clock, whatever it does; and what the record keeps of them."""

from rules import links
from rules.decision import Decision
from rules.model.events import ConditionChanged
from rules.model.kinds import DRILL
from rules.model.moments import MINUTE_US, SECOND_US
from rules.model.selftest import LinkName
from rules.selftest_state import SelfTests
from tests.rules.campus import (
    FIRE_STRIKE,
    OTHER,
    facts,
)
from tests.rules.nights import (
    AT,
    DAY,
    Night,
    results,
    running,
    tried,
    whole,
)
from tests.rules.story import DESK, replied

LOCK = LinkName("lock:d")
A_DAY = 24 * 60


# --- when ------------------------------------------------------------------------------------


def daily() -> Night:
    here = Night(whole(self_test_at=AT))
    here.status()
    assert here.state.record.self_tests == SelfTests()
    here.clock(12 * 60)
    assert here.state.record.self_tests.since == DAY
    return here


def started(decision: Decision) -> bool:
    return bool(facts(decision, "selftest.started"))


def test_it_runs_once_a_day_at_its_time() -> None:
    here = daily()
    assert not started(here.clock(AT - 1, days=1))
    assert started(here.clock(AT))
    here.status()
    (found,) = results(here.run(6))
    assert (found.cause, found.day) == ("schedule", DAY + 1)
    for minute in (AT, AT + 1, A_DAY - 1):
        assert not started(here.clock(minute))
    assert not started(here.clock(AT - 1, days=1))
    assert started(here.clock(AT + 7))


def test_daylight_saving_makes_it_neither_twice_nor_never() -> None:
    """In spring the clock goes from 1:59 to 3:00, in autumn from 2:59 to 2:00."""
    here = Night(whole(self_test_at=2 * 60 + 30))
    here.clock(12 * 60)
    assert not started(here.clock(119, days=1))
    assert started(here.clock(180))
    here.run(6)
    assert not started(here.clock(2 * 60 + 29, days=1))
    assert started(here.clock(2 * 60 + 30))
    here.run(6)
    assert not started(here.clock(2 * 60))
    assert not started(here.clock(2 * 60 + 30))


def test_a_box_that_was_off_at_its_time_makes_up_for_it() -> None:
    here = daily()
    here.restart()
    here.link(True)
    here.link(True, OTHER)
    here.sessions()
    assert not started(here.clock(9 * 60, days=2))
    here.run(6)
    assert started(here.clock(9 * 60))


def test_one_that_did_not_come_to_its_end_is_overdue_and_not_begun_again() -> None:
    here = daily()
    here.clock(AT, days=1)
    here.restart()
    here.link(True)
    here.link(True, OTHER)
    here.sessions()
    here.run(6)
    assert not started(here.clock(AT + 59))
    here.run(1)
    assert ("self_test_overdue", here.plan.campus) not in here.flags()
    here.clock(AT + 60)
    here.run(1)
    assert ("self_test_overdue", here.plan.campus) in here.flags()
    here.status()
    assert started(here.clock(AT, days=1))
    here.run(6)
    assert ("self_test_overdue", here.plan.campus) not in here.flags()


def test_an_incident_gives_it_up_and_it_is_made_up_for_afterwards() -> None:
    here = daily()
    here.clock(AT, days=1)
    here.carry_out(here.hear(press_id="p-1"))
    (found,) = results(here.run(1))
    assert (found.complete, found.code, found.proven, found.others) == (False, "incident_live", (), ())
    assert not started(here.clock(AT + 5))
    here.close()
    here.carry_out(here.ask_release("d", "e"))
    assert started(here.clock(AT + 10))


def test_one_that_a_person_asked_for_is_given_up_and_leaves_the_days_as_they_are() -> None:
    here = daily()
    here.ask()
    before = here.state.record.self_tests
    here.start("lockdown", here.plan.campus, kind=DRILL)
    (found,) = results([here.tick()])
    assert (found.complete, found.day) == (False, None)
    assert here.state.record.self_tests == before
    assert replied(here.ask()).code == "incident_live"


def test_a_silent_incident_is_told_by_nothing() -> None:
    here = running()
    here.start("duress", here.plan.campus)

    assert replied(here.ask()).done
    (found,) = results(here.run(6))
    assert found.complete


def test_in_safe_mode_nothing_is_begun() -> None:
    here = daily()
    here.do(ConditionChanged(here.now, "safe_mode", True, ()))

    assert replied(here.ask()).code == "in_safe_mode"
    assert not started(here.clock(AT, days=1))


def test_a_clock_that_was_wrong_by_days_begins_anew() -> None:
    here = daily()
    here.clock(AT + 5, days=14)
    here.status()
    here.run(6)
    assert here.state.record.self_tests.done == DAY + 14
    assert not started(here.clock(AT + 5, days=-14))
    assert here.state.record.self_tests.since == DAY
    assert started(here.clock(AT + 5, days=1))


def test_a_clock_that_is_not_told_any_more_is_a_flag() -> None:
    here = daily()
    here.wait(3 * MINUTE_US / 1_000 + 1_000)
    here.run(1)

    assert here.state.record.flags["self_test_overdue", str(here.plan.campus)].args == ("clock_silent",)


def test_a_clock_that_was_never_told_is_one_too() -> None:
    here = Night(whole(self_test_at=AT))
    here.wait(3 * MINUTE_US / 1_000)
    here.run(1)

    assert ("self_test_overdue", here.plan.campus) in here.flags()
    assert here.state.live.clock is None


def test_without_a_time_of_its_own_only_a_person_asks_for_one() -> None:
    here = running()
    assert not started(here.clock(AT, days=1))
    here.wait(10 * MINUTE_US / 1_000)
    here.run(1)
    assert "self_test_overdue" not in {code for code, _ in here.flags()}


# --- the record ------------------------------------------------------------------------------


def test_the_record_holds_the_last_one_and_not_their_history() -> None:
    here = running()
    for _ in range(3):
        tried(here)
    tests = here.state.record.self_tests
    assert tests.number == 3
    assert tests.last is not None
    assert tests.last.number == 3
    assert len(tests.proven) == len(links.links(here.plan))
    here.bolt("d", False)
    here.run(12)
    before = tests.proven[LOCK]
    tried(here)
    assert here.state.record.self_tests.proven[LOCK] == before
    assert here.refolded() == here.state.record


def test_a_button_is_proven_by_presses_that_came_through_each_response_for_itself() -> None:
    here = running()
    here.hear(press_id="r-1", retained=True)
    here.ask_press(DESK)
    assert here.state.record.buttons[DESK].proven == {}
    here.hear(press_id="p-1")
    first = here.now
    here.wait(SECOND_US / 1_000)
    here.hear(press_id="p-1")
    assert here.state.record.buttons[DESK].proven == {"lockdown": first}
    here.close()
    here.walk_test(DESK)
    here.wait(12_000)
    here.hear(press_id="p-2")
    assert here.state.record.buttons[DESK].proven == {"lockdown": here.now}
    assert FIRE_STRIKE.fire_rated
