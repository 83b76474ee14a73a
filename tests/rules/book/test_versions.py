"""Which of two firmware versions is newer: told where vendors' texts have one shape, and never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.book.versions import LONGEST, Order, Within, order, within

TURNED: dict[Order | None, Order | None] = {"older": "newer", "newer": "older", "same": "same", None: None}


@pytest.mark.parametrize(
    ("one", "found", "other"),
    [
        ("9.80.1", "older", "9.80.49"),
        ("10.12.240", "newer", "9.80.49"),
        ("V5.7.3 build 220315", "older", "5.7.3 build 230101"),
        ("V5.4.0 build 160530", "same", "5.4.0_build_160530"),
        ("V5.7.3 build 20220315", "same", "V5.7.3 build 220315"),
        ("5.7.3 220315", "older", "5.7.3 20220316"),
        ("2.840.0000000.28.R", "newer", "2.820.0000000.18.r.210705"),
        ("2.820.0000000.18.R, Build Date: 2021-07-04", "older", "2.820.0000000.18.r.210705"),
        ("3.1 Build 19072612", "older", "V3.1 build 20072612"),
        ("20230913-112003/v1.14.0-gcb84623", "newer", "1.13.9"),
        ("01.09.18(13)", "newer", "01.09.18(12)"),
        ("5.0", "same", "5.0.0"),
        ("5.4", "older", "5.4.1"),
        ("1.0.1f", "older", "1.0.1g"),
        ("1.0.1", "older", "1.0.1a"),
        ("2.0-rc1", "older", "2.0"),
        ("2.0-beta2", "older", "2.0-rc1"),
        ("2.0 rc1", "same", "2.0-RC.1"),
        ("7", "same", "v7"),
        ("FW13", "newer", "fw03"),
    ],
)
def test_versions_of_one_shape_have_an_order(one: str, found: Order, other: str) -> None:
    assert order(one, other) == found
    assert order(other, one) == TURNED[found]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5.7.3", "5.7.3 build 220315"),
        ("2.820.0000000.18.R", "2.820.0000000.18.r.210705"),
        ("2.820.0000000.18.R", "2.820.0000000.18.T"),
        ("FW11", "01.02.29(14)"),
        ("1.2.2", "1.2.2.s0"),
        ("1.14.0", "1.14.0-gcb84623"),
        ("20230913", "1.14"),
        ("3.1 build 19072612", "3.1 build 190726"),
        ("3.1 build 19072612", "3.1 build 1907261"),
        ("1.1a", "1.1.b"),
        ("1.1", "1.r"),
        ("", "1.0"),
        ("-", "1.0"),
        ("n/a", "n/a"),
        ("1." * 17, "1.0"),
        ("1" * (LONGEST + 1), "1.0"),
    ],
)
def test_what_has_no_known_order_is_given_none(one: str, other: str) -> None:
    assert order(one, other) is None
    assert order(other, one) is None


@given(st.text("0123456789.vrs -", max_size=20), st.text("0123456789.vrs -", max_size=20))
def test_an_order_read_the_other_way_round_is_its_opposite(one: str, other: str) -> None:
    assert order(other, one) == TURNED[order(one, other)]


@pytest.mark.parametrize(
    ("version", "bounds", "found"),
    [
        ("9.80.48", {"end_excluding": "9.80.49"}, "yes"),
        ("9.80.49", {"end_excluding": "9.80.49"}, "no"),
        ("2.4", {"end_including": "2.4"}, "yes"),
        ("2.5", {"end_including": "2.4"}, "no"),
        ("11.8.0", {"start_including": "11.8.0", "end_excluding": "11.11.140"}, "yes"),
        ("11.8.0", {"start_excluding": "11.8.0"}, "no"),
        ("11.7", {"start_including": "11.8.0", "end_excluding": "11.11.140"}, "no"),
        ("n/a", {"end_excluding": "9.80.49"}, "unordered"),
        ("7.1", {"start_including": "r2", "end_excluding": "6"}, "no"),
        ("n/a", {}, "yes"),
    ],
)
def test_a_version_lies_in_a_range_or_not_or_nobody_can_tell(
    version: str, bounds: dict[str, str], found: Within
) -> None:
    assert within(version, **bounds) == found
