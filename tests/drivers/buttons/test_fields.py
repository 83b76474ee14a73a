"""Press ids, times and percentages as any device may send them."""

import hashlib

import pytest

from drivers.buttons import fields


@pytest.mark.parametrize("sent", ["a", "A-Za-z0-9._:-", "x" * 64])
def test_a_press_id_of_the_contracts_form_is_kept(sent: str) -> None:
    assert fields.press_id(sent) == sent


@pytest.mark.parametrize("sent", ["x" * 65, "a b", "ä", "a/b", "a\n"])
def test_any_other_text_is_replaced_by_its_sha_256(sent: str) -> None:
    assert fields.press_id(sent) == hashlib.sha256(sent.encode()).hexdigest()


@pytest.mark.parametrize("sent", [0, 7, True, 1.5, ["a"], {"a": 1}, "\ud800"])
def test_any_other_value_is_hashed_too_and_differs_from_the_next(sent: object) -> None:
    assert len(fields.press_id(sent) or "") == 64
    assert fields.press_id(sent) != fields.press_id([sent])


@pytest.mark.parametrize("sent", [None, ""])
def test_no_press_id_is_none_so_that_a_second_press_is_no_repeat(sent: object) -> None:
    assert fields.press_id(sent) is None


@pytest.mark.parametrize(
    ("text", "utc_us"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-08-14T10:00:00Z", 1_786_701_600_000_000),
        ("2026-08-14t05:00:00.5-05:00", 1_786_701_600_500_000),
        ("2026-08-14T15:30:00.123456999+05:30", 1_786_701_600_123_456),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
    ],
    ids=["epoch", "utc", "offset", "nanoseconds", "leap second"],
)
def test_an_rfc_3339_time_is_read_to_the_microsecond(text: str, utc_us: int) -> None:
    assert fields.rfc3339(text) == utc_us


@pytest.mark.parametrize(
    "text",
    [
        "2026-08-14T10:00:00",
        "2026-08-14 10:00:00Z",
        "2026-08-14T10:00Z",
        "2026-02-30T10:00:00Z",
        "2026-08-14T24:00:00Z",
        "2026-08-14T10:00:00+24:00",
        "2026-08-14T10:00:00.Z",
        "٢٠٢٦-08-14T10:00:00Z",
        "1969-12-31T23:59:59Z",
        "2026-08-14T10:00:00Z ",
        1_786_701_600,
        None,
    ],
)
def test_what_is_no_rfc_3339_time_proves_nothing(text: object) -> None:
    assert fields.rfc3339(text) is None


@pytest.mark.parametrize(("sent", "percent"), [(0, 0), (100, 100), (87.9, 87), (0.4, 0)])
def test_a_battery_is_whole_percent(sent: object, percent: int) -> None:
    assert fields.battery(sent) == percent


@pytest.mark.parametrize("sent", [-1, 101, True, "87", None, float("nan"), float("inf"), 10**400])
def test_any_other_battery_is_unknown(sent: object) -> None:
    assert fields.battery(sent) is None


@pytest.mark.parametrize("sent", [-1, True, 1.0, "7", None, 2**60])
def test_what_is_no_count_is_none(sent: object) -> None:
    assert fields.counter(sent) is None


@pytest.mark.parametrize("sent", [0, 12.5, True, "1700000000", 10**400, float("nan")])
def test_a_shelly_that_does_not_know_the_time_yet_gives_none(sent: object) -> None:
    assert fields.unix_seconds(sent) is None
