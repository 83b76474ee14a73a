"""Short messages to the octet: against written examples, and read back by another reading of the same standard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.outputs.sms_pdu import BASIC, EXTENDED, Malformed, Report, Submit, status_report, submits
from drivers.simulators.gsm_submit import Part, read

NUMBER = "+12175550100"
OF_THE_ALPHABET = "".join(char for char in BASIC if char != "\x1b") + "".join(EXTENDED)


def whole(parts: tuple[Submit, ...]) -> list[Part]:
    found = []
    for one in parts:
        assert one.octets == len(bytes.fromhex(one.hex)) - 1
        found.append(read(one.hex))
    return found


def test_the_message_that_tutorials_show_is_made_to_the_octet() -> None:
    (made,) = submits("+46708251358", "hellohello", 0, validity=0xAA, report=False)

    assert made == Submit("0011000B916407281553F80000AA0AE8329BFD4697D9EC37", 23)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3),
        # Each of them is two codes, and none is cut in two.
        ("€" * 80, 1), ("€" * 81, 2), ("€" * 153, 3),
        ("ф" * 70, 1), ("ф" * 71, 2), ("ф" * 134, 2), ("ф" * 135, 3),
        ("\U0001f6a8" * 35, 1), ("\U0001f6a8" * 36, 2), ("\U0001f6a8" * 67, 3),
    ],
)  # fmt: skip
def test_a_text_takes_as_many_messages_as_the_standard_says(text: str, parts: int) -> None:
    found = whole(submits(NUMBER, text, 77))

    assert len(found) == parts
    assert "".join(one.text for one in found) == text
    assert {one.number for one in found} == {"12175550100"}
    assert all(one.report for one in found)
    if parts > 1:
        assert [(one.reference, one.of, one.at) for one in found] == [
            (77, parts, at + 1) for at in range(parts)
        ]


@given(st.text(alphabet=OF_THE_ALPHABET, max_size=500) | st.text(max_size=300), st.integers(0, 255))
def test_every_text_comes_back_as_it_was(text: str, reference: int) -> None:
    text = text.encode("utf-16", "ignore").decode("utf-16")

    assert "".join(one.text for one in whole(submits(NUMBER, text, reference))) == text


def test_a_text_of_more_parts_than_can_be_counted_is_refused() -> None:
    with pytest.raises(ValueError, match="a text may have 255"):
        submits(NUMBER, "a" * 39_100, 0)


@pytest.mark.parametrize(
    ("status", "delivery"),
    [(0, "delivered"), (1, "trying"), (0x20, "trying"), (0x41, "failed"), (0x60, "failed")],
)
def test_a_status_report_says_whose_message_and_what_became_of_it(status: int, delivery: str) -> None:
    told = f"07914180900000F0062A0B912171550501F06211031602800462110316128004{status:02X}"

    found = status_report(told)

    assert found == Report(42, "12175550100", status)
    assert found.delivery == delivery


@pytest.mark.parametrize("told", ["", "zz", "00", "0006", "0004" + "00" * 30, "ff" * 10, "0006012"])
def test_what_is_no_status_report_is_malformed(told: str) -> None:
    with pytest.raises(Malformed):
        status_report(told)
