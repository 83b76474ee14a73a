"""What is read of a reader, and when."""

from itertools import pairwise

from drivers.doors.osdp_messages import Reader
from drivers.doors.osdp_rounds import AFTER_COMMAND_EVERY_US, AFTER_COMMAND_US, REFUSED_US, Rounds

KEY = "00" * 15 + "01"
EVERY_US, FAST_US = 500_000, 50_000


def rounds(inputs: bool = True, outputs: bool = True, every_us: int = EVERY_US, fast_us: int = 0) -> Rounds:
    return Rounds(Reader(5, KEY, inputs, outputs, every_us, fast_us))


def asked(r: Rounds, now: int) -> list[str]:
    """Ask and answer all that is due; what it was."""
    names = []
    while (query := r.next(now)) is not None:
        names.append("outputs" if query.outputs else "inputs")
        r.answered(query, now, b"\x01")
        r.finished()
    return names


def test_a_round_asks_for_inputs_and_outputs_and_is_dated_by_its_first_query() -> None:
    r = rounds()
    first = r.next(1_000)
    assert first is not None
    r.answered(first, 1_000, b"\x01\x00")
    assert r.finished() is None
    second = r.next(6_000)
    assert second is not None
    r.answered(second, 6_000, b"\x00")

    assert r.finished() == (1_000, b"\x01\x00", b"\x00")
    assert r.next(6_000) is None
    assert r.due() == 1_000 + EVERY_US


def test_a_round_begun_before_a_command_never_reports() -> None:
    r = rounds()
    first = r.next(1_000)
    assert first is not None
    r.answered(first, 1_000, b"\x00")
    r.commanded(2_000)
    again = r.next(3_000)
    assert again is first
    r.answered(again, 3_000, b"\x01")
    other = r.next(4_000)
    assert other is not None
    r.answered(other, 4_000, b"\x01")

    assert r.finished() == (3_000, b"\x01", b"\x01")


def test_after_a_command_rounds_follow_each_other_closely_for_as_long_as_a_bolt_may_move() -> None:
    r = rounds()
    r.commanded(0)
    times = []
    while (now := r.due()) < AFTER_COMMAND_US + EVERY_US:
        times.append(now)
        assert asked(r, now) == ["inputs", "outputs"]

    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps == [AFTER_COMMAND_EVERY_US] * (AFTER_COMMAND_US // AFTER_COMMAND_EVERY_US)


def test_fast_rounds_ask_for_inputs_only_in_between() -> None:
    r = rounds(fast_us=FAST_US)

    seen = []
    while (now := r.due()) <= EVERY_US:
        seen.append(asked(r, now))

    assert seen == [["inputs", "outputs"], *[["inputs"]] * (EVERY_US // FAST_US - 1), ["inputs", "outputs"]]


def test_a_refused_query_is_asked_more_and_more_seldom_and_the_other_goes_on() -> None:
    r = rounds()
    query = r.next(0)
    assert query is not None
    r.refused(query, 0)
    rest = r.next(0)
    assert rest is not None
    r.answered(rest, 10, b"\x01")
    assert r.finished() == (10, None, b"\x01")

    assert asked(r, EVERY_US) == ["outputs"]
    query = r.next(REFUSED_US)
    assert query is not None
    assert query.outputs is False
    r.refused(query, REFUSED_US)
    assert query.allowed_us == REFUSED_US + 2 * REFUSED_US


def test_a_reader_with_nothing_to_read_is_never_due() -> None:
    r = rounds(inputs=False, outputs=False, every_us=0)
    r.commanded(5)

    assert r.next(1_000_000_000) is None
    assert r.due() > 1_000_000_000
