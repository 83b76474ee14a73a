"""What a press works out once is worked out before the first press, and nothing of that leaves the box."""

import asyncio
from dataclasses import replace

import pytest

from drivers.base import Emit, NotPermitted
from edge import codec, rehearsal
from edge.appliance import Appliance
from edge.journal.row import Row
from rules import presses
from rules.model.commands import Drive, Permit
from rules.model.events import CommandEnded, PressHeard
from rules.model.ids import PressId
from tests.rules.campus import PLC
from tests.rules.story import DESK, running


class Board:
    """A driver that notes what it is to have ready, and what it is to send."""

    controller = PLC

    def __init__(self, *, refuses: bool = False) -> None:
        self.ready: list[tuple[Drive, ...]] = []
        self.sent: list[tuple[Drive, ...]] = []
        self._refuses = refuses

    async def run(self, emit: Emit) -> None:
        await asyncio.Event().wait()

    def prepare(self, drives: tuple[Drive, ...]) -> None:
        if self._refuses:
            raise NotPermitted("no sound permit holds these")
        self.ready.append(drives)

    def execute(self, permit: Permit) -> "asyncio.Future[CommandEnded]":
        self.sent.append(permit.drives)
        return asyncio.get_running_loop().create_future()


class Journal:
    def __init__(self) -> None:
        self.rows: list[Row] = []

    def append(self, rows: list[Row], head: object, done: object) -> None:
        self.rows += rows


MADE = codec.Made("pack", "test")


def a_campus(board: Board, journal: Journal | None = None) -> Appliance:
    story = running()
    remember = journal or Journal()
    nothing = (lambda *_: None, lambda *_: None)
    return Appliance(story.plan, story.state, MADE, {PLC: board}, remember, *nothing)


def pressed(campus: Appliance) -> PressHeard:
    return PressHeard(campus.state.live.now, DESK, "hold", PressId("p-1"), None, None, 0, False, "mqtt", None)


async def test_the_first_press_sends_what_was_made_ready_and_the_rehearsal_itself_sends_and_records_nothing() -> (
    None
):
    board, journal = Board(), Journal()
    campus = a_campus(board, journal)
    before = campus.state
    rehearsal.rehearse_first(campus)
    untouched = campus.state is before and not board.sent and not journal.rows
    campus.emit(pressed(campus))

    assert untouched
    assert board.ready
    # The very same: a driver knows prepared frames by it.
    assert board.sent[0] is board.ready[0]


async def test_each_response_is_gone_through_after_a_start_and_a_reload_ends_what_an_older_plan_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rehearsal, "PAUSE_S", 0.0)
    board = Board()
    campus = a_campus(board)
    await rehearsal.rehearse_all(campus)
    gone_through = len(board.ready)
    begun = asyncio.ensure_future(rehearsal.rehearse_all(campus))
    await asyncio.sleep(0)
    campus.replan(replace(campus.plan, config_hash="another"), MADE, campus.drivers)
    await begun

    assert gone_through > 0
    assert len(board.ready) == gone_through


async def test_a_driver_that_fails_in_a_rehearsal_is_told_and_its_press_still_goes_out() -> None:
    board = Board(refuses=True)
    campus = a_campus(board)
    rehearsal.rehearse_first(campus)
    campus.emit(pressed(campus))

    assert board.sent
    assert not board.ready


async def test_a_rule_that_fails_in_a_rehearsal_keeps_no_box_from_being_armed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(presses, "heard", broken)
    board = Board()
    campus = a_campus(board)
    rehearsal.rehearse_first(campus)
    campus.emit(pressed(campus))

    # By the fallback, which knows nothing of the rehearsal.
    assert board.sent
