"""Which passwords are refused: short ones and common ones, and none for its letters (OWASP ASVS 5.0 V6.2)."""

import pytest

from edge.people.passwords import LONGEST, weak

KNOWN = ("Ada Moreno", "Lincoln High School")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "short"),
        ("seven77", "short"),
        ("x" * (LONGEST + 1), "long"),
        ("password", "common"),
        ("Password1", "common"),
        ("P@$$word2024!", "common"),
        ("Lockdown!!", "common"),
        ("Wildcats2026", "common"),
        ("campus-edge", "common"),
        ("12345678", "common"),
        ("aaaaaaaaaa", "common"),
        ("abababab", "common"),
        ("abcdefghij", "common"),
        ("87654321", "common"),
        ("Lincoln High School", "common"),
        ("adamoreno".title() and "Ada Moreno 1", "common"),
        ("lincoln1", "common"),
    ],
)
def test_a_password_that_is_tried_first_or_soon_is_refused(password: str, why: str) -> None:
    assert weak(password, KNOWN) == why


@pytest.mark.parametrize(
    "password",
    [
        "seven blue herons at dawn",
        "kq7vz2mt",
        "only lower case letters here",
        "пароль который никто не знает",
        "🦩🦆🦉🐓🦃🦚🦜🐧",
        "a" + "b c d e f g h" * 19,
    ],
)
def test_a_password_is_taken_whatever_its_letters_are(password: str) -> None:
    assert weak(password, KNOWN) is None


def test_64_characters_and_more_are_allowed() -> None:
    assert weak("correct horse battery staple " * 4) is None
