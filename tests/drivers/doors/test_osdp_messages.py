"""What the daemon and its OSDP process may say to each other."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.doors.osdp_messages import Beat, Do, Down, Ended, Link, Open, Reader, Report, Sent, Up, down, up
from drivers.lines import Lines, Unreadable, line

KEY = "00112233445566778899aabbccddeeff"
READER = Reader(address=5, key=KEY, inputs=True, outputs=True, every_us=500_000, fast_us=0)
DOWN: list[Down] = [Open("/dev/ttyUSB1", 115200, (READER,)), Do(7, 5, ((0, True), (3, False)), 12)]
UP: list[Up] = [
    Sent(7),
    Ended(7, "refused", "nak_9"),
    Report(5, 99, "0001", None),
    Link(5, False, "silent", "no answer"),
    Beat(),
]


@pytest.mark.parametrize("message", DOWN, ids=lambda m: type(m).__name__)
def test_what_goes_down_arrives_as_it_left(message: Down) -> None:
    assert down(line(message).rstrip(b"\n")) == message


@pytest.mark.parametrize("message", UP, ids=lambda m: type(m).__name__)
def test_what_comes_up_arrives_as_it_left(message: Up) -> None:
    assert up(line(message).rstrip(b"\n")) == message


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"nonsense",
        b'{"type":"beat","more":1}',
        b'{"type":"ended","id":1,"ending":"secured","code":""}',
        b'{"type":"report","address":5,"started_us":1,"inputs":"xx"}',
        b'{"type":"report","address":500,"started_us":1}',
        b'{"type":"link","address":5,"up":true,"code":"up","detail":"' + b"x" * 201 + b'"}',
        b'{"type":"do","id":1,"address":5,"drives":[],"until_us":1}',
        b"\xff\xfe",
    ],
)
def test_what_the_process_may_not_say_is_unreadable(text: bytes) -> None:
    with pytest.raises(Unreadable):
        up(text)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(text=st.binary(max_size=300))
def test_no_bytes_from_the_process_raise_anything_else(text: bytes) -> None:
    lines = Lines(100)
    try:
        for whole in lines.feed(text):
            up(whole)
    except Unreadable:
        pass


def test_a_line_that_does_not_end_is_unreadable_before_it_fills_the_memory() -> None:
    lines = Lines(100)

    assert lines.feed(b"x" * 100) == []
    with pytest.raises(Unreadable):
        lines.feed(b"x")


def test_a_reader_never_shows_its_key_and_an_error_never_repeats_it() -> None:
    assert KEY not in repr(DOWN[0])
    with pytest.raises(Unreadable) as err:
        down(line(DOWN[0]).replace(b'"baud":115200', b'"baud":"x"').rstrip(b"\n"))
    assert KEY not in str(err.value)
