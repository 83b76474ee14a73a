"""Time-based codes: RFC 6238's own vectors, the drift that is allowed, and that no code counts twice."""

import base64

import pytest

from edge.people.totp import DRIFT, STEP_S, code_at, new_secret, step_of, uri

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "eight_digits"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_the_codes_are_those_of_rfc_6238_appendix_b(seconds: int, eight_digits: str) -> None:
    assert code_at(RFC_SECRET, seconds // STEP_S) == eight_digits[-6:]


@pytest.mark.parametrize("drift", range(-3, 4))
def test_a_code_counts_in_its_own_step_and_one_beside_it(drift: int) -> None:
    here = 50_000_000
    found = step_of(RFC_SECRET, code_at(RFC_SECRET, here + drift), here * STEP_S + 7, last=0)
    assert found == (here + drift if abs(drift) <= DRIFT else None)


def test_a_code_of_a_step_that_was_used_or_passed_over_counts_no_more() -> None:
    here = 50_000_000
    code = code_at(RFC_SECRET, here)
    assert step_of(RFC_SECRET, code, here * STEP_S, last=here - 1) == here
    assert step_of(RFC_SECRET, code, here * STEP_S, last=here) is None
    assert step_of(RFC_SECRET, code, here * STEP_S, last=here + 1) is None


def test_a_clock_before_1970_finds_no_code_and_breaks_nothing() -> None:
    assert step_of(RFC_SECRET, "000000", -1e9, last=0) is None


def test_a_secret_is_160_random_bits_and_its_uri_holds_no_character_that_would_end_it() -> None:
    one, other = new_secret(), new_secret()
    assert one != other
    assert len(base64.b32decode(one)) == 20
    made = uri(one, "Lincoln & Sons?", "Ada/Moreno")
    assert made.startswith("otpauth://totp/Lincoln%20%26%20Sons%3F:Ada%2FMoreno?secret=")
    assert made.endswith("&digits=6&period=30")
