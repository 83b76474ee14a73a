"""Simulated bolts take their time, and break in the ways that doors do."""

import pytest

from drivers.simulators.bolts import Board, Bolt, NoSuchPoint


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def door(clock: Clock) -> Board:
    """A fail-secure strike on coil 0, unlocked by energising; bolt on input 0, position on input 1."""
    board = Board(clock_s=clock)
    board.write_coils(0, (True,))
    board.add(Bolt(coil=0, locked_when=False, bolt_input=0, position_input=1, travel_s=0.3))
    return board


def bolt_and_position(board: Board) -> list[int]:
    return board.read_discrete_inputs(0, 2)


def test_a_bolt_is_thrown_only_after_its_travel() -> None:
    clock = Clock()
    board = door(clock)
    assert bolt_and_position(board) == [0, 1]

    board.write_coils(0, (False,))
    clock.now_s += 0.29
    before = bolt_and_position(board)
    clock.now_s += 0.02

    assert before == [0, 1]
    assert bolt_and_position(board) == [1, 1]


def test_the_same_value_again_neither_moves_nor_restarts_a_bolt() -> None:
    clock = Clock()
    board = door(clock)
    board.write_coils(0, (False,))
    clock.now_s += 0.2
    board.write_coils(0, (False,))
    clock.now_s += 0.11

    assert bolt_and_position(board) == [1, 1]


def test_a_bolt_called_back_on_its_way_stays_where_it_was() -> None:
    clock = Clock()
    board = door(clock)
    board.write_coils(0, (False,))
    clock.now_s += 0.1
    board.write_coils(0, (True,))
    clock.now_s += 1.0

    assert bolt_and_position(board) == [0, 1]


def test_a_stuck_latch_never_moves_though_the_coil_does() -> None:
    clock = Clock()
    board = door(clock)
    board.bolt(0).latch_stuck = True
    board.write_coils(0, (False,))
    clock.now_s += 5.0

    assert board.read_coils(0, 1) == [0]
    assert bolt_and_position(board) == [0, 1]


def test_a_latch_that_is_freed_moves_at_the_next_command() -> None:
    clock = Clock()
    board = door(clock)
    board.bolt(0).latch_stuck = True
    board.write_coils(0, (False,))
    clock.now_s += 5.0
    bolt_and_position(board)
    board.bolt(0).latch_stuck = False
    board.write_coils(0, (False,))
    clock.now_s += 0.31

    assert bolt_and_position(board) == [1, 1]


def test_a_held_door_and_cut_wires_show_on_their_inputs() -> None:
    board = door(Clock())
    board.bolt(0).door_open = True
    held = bolt_and_position(board)
    board.bolt(0).sensor_cut = True

    assert held == [0, 0]
    assert bolt_and_position(board) == [0, 0]


def test_each_write_of_a_coil_is_stamped() -> None:
    clock = Clock()
    board = Board(clock_s=clock)
    board.write_coils(2, (True, False))

    assert board.written_at_us == {2: 100_000_000, 3: 100_000_000}
    assert list(board.writes) == [(100_000_000, 2, True), (100_000_000, 3, False)]


def test_a_point_that_the_board_does_not_have_is_refused_and_nothing_is_written() -> None:
    board = Board(coils=4)
    with pytest.raises(NoSuchPoint):
        board.write_coils(3, (True, True))
    with pytest.raises(NoSuchPoint):
        board.add(Bolt(coil=4, locked_when=True))

    assert board.coils == [False] * 4
