"""How long presses took, by the ledger's own times: whole, cut short, never proven."""

from dataclasses import replace

from edge.measures import GIVES_UP_US, Measured, Measures
from rules.model.events import PressHeard, Ticked
from rules.model.ids import PressId
from rules.model.moments import Instant
from rules.model.verdicts import VerdictWord
from rules.state import State
from tests.edge.campus import D1, D2, NOON, PB, locked_down, quiet

PRESSED = NOON.plus(-1_000_000)
"""When `locked_down` has its doors ordered."""


def press(at: Instant = PRESSED) -> PressHeard:
    return PressHeard(at, PB, "hold", PressId("p-1"), None, None, 0, False, "mqtt", None)


def measured(first: State, *later: State, after_us: int = 0) -> list[Measured]:
    told: list[Measured] = []
    measures = Measures()
    measures.told = told.append
    measures.note(press(), quiet(), first)
    for state in (first, *later):
        measures.note(Ticked(NOON.plus(after_us)), state, state)
    return told


def with_verdict(state: State, word: VerdictWord) -> State:
    its = state.live.doors[D2]
    doors = {**state.live.doors, D2: replace(its, verdict=replace(its.verdict, word=word))}
    return replace(state, live=replace(state.live, doors=doors))


def test_a_press_is_told_once_its_last_door_is_proven() -> None:
    pending = locked_down({D1: "secured", D2: "pending"})
    assert measured(pending) == []
    # Commanded 3 ms after the press, written 8 ms after that, proven 400 ms after the command.
    assert measured(pending, with_verdict(pending, "secured")) == [Measured(2, 0.011, 0.403, 0)]


def test_a_door_that_is_never_proven_is_counted_after_a_minute() -> None:
    stuck = locked_down({D1: "secured", D2: "not_latched"})
    assert measured(stuck, after_us=GIVES_UP_US) == [Measured(2, 0.011, None, 1)]


def test_an_order_that_is_taken_back_ends_the_measurement() -> None:
    pending = locked_down({D1: "pending", D2: "pending"})
    released = replace(pending, record=replace(pending.record, orders={}))
    (told,) = measured(pending, released)
    assert (told.written_s, told.proven_s, told.unproven) == (None, None, 2)


def test_a_press_that_orders_no_door_is_no_measurement() -> None:
    assert measured(quiet(), after_us=GIVES_UP_US) == []


def test_the_loops_lag_is_how_late_a_tick_came() -> None:
    lags: list[float] = []
    measures = Measures()
    measures.lagged = lags.append
    for at_us in (0, 100_000, 250_000, 340_000):
        measures.note(Ticked(NOON.plus(at_us)), quiet(), quiet())
    assert lags == [0, 0.05, 0]
