"""Which requests a watch or a permit becomes, and when they are due."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import NotPermitted, Watch
from drivers.doors.modbus_pdu import Read, WriteCoil, WriteCoils
from drivers.doors.modbus_plan import Watched, narrower, plan_reads, plan_writes
from drivers.doors.modbus_reading import Nothing, Reading
from drivers.doors.modbus_rounds import Rounds
from rules.model.commands import Drive
from rules.model.ids import ControllerId, DoorId, Point, Space

PLC = ControllerId("plc-east")
fuzzed = settings(derandomize=True, max_examples=60, deadline=None)
NUMBERS = st.frozensets(st.integers(0, 400), max_size=40)


def drives(values: dict[int, bool], space: Space = "coil") -> list[Drive]:
    return [Drive(DoorId(f"d-{n}"), Point(PLC, space, n), on) for n, on in values.items()]


def test_near_points_are_read_together_and_far_ones_apart() -> None:
    points: Watched = frozenset([("coil", 0), ("coil", 3), ("coil", 40), ("discrete_input", 5)])

    assert plan_reads(points) == (Read("coil", 0, 4), Read("coil", 40, 1), Read("discrete_input", 5, 1))


def test_a_gap_of_eight_is_bridged_and_one_of_nine_is_not() -> None:
    assert plan_reads(frozenset([("coil", 0), ("coil", 9)])) == (Read("coil", 0, 10),)
    assert plan_reads(frozenset([("coil", 0), ("coil", 10)])) == (Read("coil", 0, 1), Read("coil", 10, 1))


@fuzzed
@given(NUMBERS, st.integers(0, 8))
def test_every_watched_point_is_read_once_and_no_wider_gap_is_bridged(
    numbers: frozenset[int], gap: int
) -> None:
    reads = plan_reads(frozenset(("holding_register", n) for n in numbers), gap)
    covered = [n for read in reads for n in range(read.address, read.address + read.count)]

    assert len(covered) == len(set(covered))
    assert numbers <= set(covered)
    assert all(read.count <= 125 for read in reads)
    for read in reads:
        own = sorted(n for n in numbers if read.address <= n < read.address + read.count)
        assert (own[0], own[-1]) == (read.address, read.address + read.count - 1)
        assert all(b - a <= gap + 1 for a, b in pairwise(own))


def test_a_point_that_modbus_does_not_have_is_our_own_error() -> None:
    with pytest.raises(ValueError, match="output"):
        plan_reads(frozenset([("output", 0)]))
    with pytest.raises(ValueError, match="65535"):
        plan_reads(frozenset([("coil", 65536)]))


def test_a_refused_read_is_cut_at_its_gaps_and_then_into_points() -> None:
    points: Watched = frozenset([("coil", 0), ("coil", 1), ("coil", 4)])

    assert narrower(Read("coil", 0, 5), points) == (Read("coil", 0, 2), Read("coil", 4, 1))
    assert narrower(Read("coil", 0, 2), points) == (Read("coil", 0, 1), Read("coil", 1, 1))
    assert narrower(Read("coil", 4, 1), points) == (Read("coil", 4, 1),)


@fuzzed
@given(st.dictionaries(st.integers(0, 60), st.booleans(), min_size=1))
def test_a_write_covers_each_coil_of_the_permit_with_its_value_and_no_other(values: dict[int, bool]) -> None:
    writes = plan_writes(drives(values))
    written: dict[int, bool] = {}
    for write in writes:
        run = (write.on,) if isinstance(write, WriteCoil) else write.values
        for number, on in enumerate(run, write.address):
            assert number not in written
            written[number] = on

    assert written == values
    runs = sum(1 for n in values if n - 1 not in values)
    assert len(writes) == runs


def test_neighbouring_coils_are_one_frame_and_a_gap_makes_two() -> None:
    assert plan_writes(drives({4: True, 5: False})) == (WriteCoils(4, (True, False)),)
    assert plan_writes(drives({4: True, 6: False})) == (WriteCoil(4, True), WriteCoil(6, False))


@pytest.mark.parametrize(
    "wrong",
    [drives({0: True}, "discrete_input"), drives({70_000: True}), [*drives({1: True}), *drives({1: False})]],
    ids=["an input", "a number beyond 65535", "one coil twice"],
)
def test_what_no_sound_permit_holds_is_never_sent(wrong: list[Drive]) -> None:
    with pytest.raises(NotPermitted):
        plan_writes(wrong)


def watch(fast: bool = False) -> Watch:
    return Watch(frozenset([("coil", 0)]), frozenset([("discrete_input", 7)]) if fast else frozenset())


def test_evidence_of_all_boards_is_due_at_the_same_instants() -> None:
    early, late = Rounds(watch()), Rounds(watch())
    early.begin(100.01)
    late.begin(100.49)

    assert early.due_s() == late.due_s() == 100.5


def test_a_new_controller_is_read_at_once_and_then_every_half_second() -> None:
    rounds = Rounds(watch())
    begun = []
    now_s = 100.2
    for _ in range(4):
        now_s = max(now_s, rounds.due_s())
        begun.append((round(now_s, 3), rounds.begin(now_s)))

    assert begun == [(100.2, "all"), (100.5, "all"), (101.0, "all"), (101.5, "all")]


def test_wired_buttons_are_read_every_50_ms_and_evidence_rides_along() -> None:
    rounds = Rounds(watch(fast=True))
    rounds.begin(100.0)
    now_s, rounds_begun = 100.0, []
    while now_s < 101.0:
        now_s = rounds.due_s()
        rounds_begun.append(rounds.begin(now_s))

    assert rounds_begun.count("fast") == 18
    assert rounds_begun.count("all") == 2


def followed(rounds: Rounds, from_s: float, to_s: float) -> list[tuple[float, str]]:
    """The rounds begun, each as soon as it is due."""
    now_s = from_s
    begun: list[tuple[float, str]] = []
    while (now_s := max(now_s, rounds.due_s())) < to_s:
        begun.append((round(now_s, 2), rounds.begin(now_s)))
    return begun


def test_after_a_command_the_sensors_are_read_at_once_and_every_100_ms_for_a_second() -> None:
    rounds = Rounds(watch())
    rounds.begin(100.0)
    rounds.commanded(100.02)
    begun = followed(rounds, 100.02, 103.0)

    assert begun[0] == (100.02, "close")
    assert [when for when, _ in begun[1:12]] == pytest.approx([100.1 + 0.1 * n for n in range(11)])
    assert begun[12:] == [(101.5, "all"), (102.0, "all"), (102.5, "all")]


def test_all_boards_are_followed_at_the_same_instants_once_every_frame_has_had_its_time() -> None:
    early, late = Rounds(watch()), Rounds(watch())
    for rounds, ended_s in ((early, 100.005), (late, 100.045)):
        rounds.begin(100.0)
        rounds.commanded(ended_s, 0.03)

    assert followed(early, 100.005, 102.0) == followed(late, 100.045, 102.0)


def test_a_stream_of_commands_does_not_keep_a_board_from_being_read() -> None:
    rounds = Rounds(watch())
    rounds.begin(100.0)
    begun = []
    for number in range(100):
        now_s = 100.0 + number * 0.02
        rounds.commanded(now_s, 0.03)
        if rounds.due_s() <= now_s:
            begun.append(rounds.begin(now_s))

    assert len(begun) >= 15
    assert begun.count("all") >= 3


def test_a_bolt_that_still_moves_is_followed_on_and_a_contact_that_never_rests_is_not_for_ever() -> None:
    rounds = Rounds(watch())
    rounds.begin(100.0)
    rounds.commanded(100.02)
    followed(rounds, 100.02, 100.95)
    rounds.changed(100.9)

    assert followed(rounds, 100.95, 101.3)[-1] == (101.2, "close")
    now_s = 101.3
    while now_s < 110.0:
        rounds.changed(now_s)
        now_s = rounds.due_s()
        last = rounds.begin(now_s)
    assert last == "all"
    assert rounds.due_s() - now_s == pytest.approx(0.5)


def test_with_nothing_but_coils_a_close_round_reads_nothing() -> None:
    asked: list[Read] = []

    async def ask(read: Read) -> Nothing:
        asked.append(read)
        return Nothing("silent")

    reading = Reading(PLC, watch(), most_gap=0)

    assert asyncio.run(reading.round("close", ask, lambda: False)) == {}
    assert asked == []


def test_with_nothing_to_watch_nothing_is_ever_due() -> None:
    assert Rounds(Watch(frozenset(), frozenset())).due_s() == float("inf")
