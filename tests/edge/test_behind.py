"""What a press sets down and shows comes a turn of the loop behind its commands, whole, and before anything else."""

import asyncio
from collections.abc import Callable

import pytest

from edge import appliance, codec
from edge.appliance import Appliance
from edge.journal.canonical import JSON
from edge.journal.row import Row
from rules.model.events import Event, Ticked
from rules.state import State
from tests.edge.campus import NOON, PLAN, PLC, quiet
from tests.edge.test_hurry import Board, pressed, turns


class Journal:
    def __init__(self) -> None:
        self.kinds: list[str] = []

    def append(self, rows: list[Row], head: dict[str, JSON] | None, done: Callable[[bool], None]) -> None:
        self.kinds += [row.kind for row in rows]


class Campus:
    def __init__(self) -> None:
        self.board = Board()
        self.journal = Journal()
        self.seen: list[str] = []
        self.fails = False
        made = codec.Made(PLAN.pack_hash, "test")
        self.appliance = Appliance(
            PLAN, quiet(), made, {PLC: self.board}, self.journal, lambda *_: None, self._see
        )

    def _see(self, event: Event, before: State, after: State) -> None:
        if self.fails:
            raise RuntimeError("a page")
        self.seen.append(type(event).__name__)


@pytest.fixture(autouse=True)
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """One door's command counts as many."""
    monkeypatch.setattr(appliance, "FEW_PERMITS", 0)


async def test_the_commands_are_on_the_wire_before_a_row_is_made_and_the_rows_follow_by_themselves() -> None:
    campus = Campus()
    campus.appliance.emit(pressed())
    at_once = bool(campus.board.asked), list(campus.journal.kinds), list(campus.seen)
    await turns()

    assert at_once == (True, [], [])
    assert "press.heard/1" in campus.journal.kinds
    assert campus.seen == ["PressHeard"]


async def test_what_comes_next_is_decided_only_once_the_press_is_set_down() -> None:
    campus = Campus()
    campus.appliance.emit(pressed())
    campus.appliance.emit(Ticked(NOON))
    await turns()

    assert campus.seen == ["PressHeard", "Ticked"]


async def test_a_picture_a_new_plan_and_a_row_of_the_boxs_own_find_the_press_set_down() -> None:
    ways: list[Callable[[Appliance], None]] = [
        lambda it: it.catch_up(),
        lambda it: it.replan(PLAN, codec.Made(PLAN.pack_hash, "other"), it.drivers),
        lambda it: it.remember(NOON, []),
        lambda it: it.stop(),
    ]
    for way in ways:
        campus = Campus()
        campus.appliance.emit(pressed())
        way(campus.appliance)
        assert campus.seen == ["PressHeard"]


async def test_a_page_that_fails_behind_a_press_is_told_and_the_next_press_locks() -> None:
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
    campus = Campus()
    campus.fails = True
    campus.appliance.emit(pressed())
    campus.appliance.emit(Ticked(NOON))
    await turns()

    assert [str(one) for one in told] == ["a page", "a page"]
    assert campus.board.asked
    assert "press.heard/1" in campus.journal.kinds
