"""Three starts within a minute that ended before READY lead to safe mode."""

from pathlib import Path

import pytest

from edge.config.starts import NAME, Start, begin, ready, safe_mode


def at(*seconds: float, boot: str = "b") -> tuple[Start, ...]:
    return tuple(Start(boot, second) for second in seconds)


@pytest.mark.parametrize(
    ("failed", "now", "safe"),
    [
        ((), 100.0, False),
        (at(98, 99), 100.0, False),
        (at(97, 98, 99), 100.0, True),
        (at(40, 70, 99), 100.0, True),
        (at(39, 70, 99), 100.0, False),
        (at(97, 98, 99, boot="before"), 100.0, False),
        (at(101, 102, 103), 100.0, False),
    ],
    ids=["first", "two", "three", "just within", "one too old", "before a reboot", "in the future"],
)
def test_three_failed_starts_of_this_boot_within_a_minute_are_one_too_many(
    failed: tuple[Start, ...], now: float, safe: bool
) -> None:
    assert safe_mode(failed, Start("b", now)) is safe


def test_the_fourth_start_in_a_row_is_safe_and_a_ready_one_begins_the_count_anew(tmp_path: Path) -> None:
    assert [begin(tmp_path, Start("b", second)) for second in (1.0, 2.0, 3.0, 4.0, 5.0)] == [
        False,
        False,
        False,
        True,
        True,
    ]

    ready(tmp_path)

    assert begin(tmp_path, Start("b", 6.0)) is False


def test_many_starts_keep_the_file_small(tmp_path: Path) -> None:
    for second in range(50):
        begin(tmp_path, Start("b", float(second)))

    assert (tmp_path / NAME).stat().st_size < 400


@pytest.mark.parametrize("rubbish", [b"", b"{", b"[1]", b'[{"boot": 1}]', b"\xff"])
def test_rubbish_in_the_file_stops_no_start(tmp_path: Path, rubbish: bytes) -> None:
    (tmp_path / NAME).write_bytes(rubbish)

    assert begin(tmp_path, Start("b", 1.0)) is False


def test_a_store_that_is_not_there_stops_no_start(tmp_path: Path) -> None:
    assert begin(tmp_path / "none", Start("b", 1.0)) is False
    ready(tmp_path / "none")
