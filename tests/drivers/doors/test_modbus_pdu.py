"""Modbus PDUs: the specification's own examples, strict matching, and whatever bytes may come."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.doors.modbus_pdu import (
    BadRequest,
    NotTheReply,
    Read,
    Refusal,
    Request,
    Values,
    WriteCoil,
    WriteCoils,
    decode_request,
    encode_refusal,
    encode_reply,
    encode_request,
    match_reply,
)

EXAMPLES: dict[str, tuple[Request, str, tuple[int, ...], str]] = {
    "6.1 read coils 20-38": (
        Read("coil", 19, 19),
        "01 0013 0013",
        (1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1),
        "01 03 cd 6b 05",
    ),
    "6.2 read discrete inputs 197-218": (
        Read("discrete_input", 196, 22),
        "02 00c4 0016",
        (0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1),
        "02 03 ac db 35",
    ),
    "6.3 read holding registers 108-110": (
        Read("holding_register", 107, 3),
        "03 006b 0003",
        (555, 0, 100),
        "03 06 022b 0000 0064",
    ),
    "6.4 read input register 9": (Read("input_register", 8, 1), "04 0008 0001", (10,), "04 02 000a"),
    "6.5 write coil 173 on": (WriteCoil(172, True), "05 00ac ff00", (), "05 00ac ff00"),
    "6.11 write ten coils from 20": (
        WriteCoils(19, (True, False, True, True, False, False, True, True, True, False)),
        "0f 0013 000a 02 cd01",
        (),
        "0f 0013 000a",
    ),
}
each_example = pytest.mark.parametrize(
    ("request_", "sent", "values", "reply"), EXAMPLES.values(), ids=EXAMPLES.keys()
)
SPACES = st.sampled_from(["coil", "discrete_input", "input_register", "holding_register"])
REQUESTS: st.SearchStrategy[Request] = st.one_of(
    st.builds(Read, SPACES, st.integers(0, 0xFF00), st.integers(1, 125)),
    st.builds(WriteCoil, st.integers(0, 0xFFFF), st.booleans()),
    st.builds(
        WriteCoils, st.integers(0, 0xF000), st.lists(st.booleans(), min_size=1, max_size=60).map(tuple)
    ),
)
fuzzed = settings(derandomize=True, max_examples=80, deadline=None)


@each_example
def test_the_specifications_examples_are_said_and_read(
    request_: Request, sent: str, values: tuple[int, ...], reply: str
) -> None:
    assert encode_request(request_) == bytes.fromhex(sent)
    assert decode_request(bytes.fromhex(sent)) == request_
    assert encode_reply(request_, values) == bytes.fromhex(reply)
    assert match_reply(request_, bytes.fromhex(reply)) == Values(values)


@each_example
def test_an_exception_is_a_refusal_with_its_code(
    request_: Request, sent: str, values: tuple[int, ...], reply: str
) -> None:
    assert match_reply(request_, encode_refusal(request_.function, 2)) == Refusal(2)


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        (WriteCoil(1, True), "05 0002 ff00"),
        (WriteCoil(1, True), "05 0001 0000"),
        (WriteCoil(1, True), "01 01 01"),
        (WriteCoil(1, True), "05 0001 ff00 00"),
        (WriteCoil(1, True), "05 0001 ff"),
        (WriteCoils(1, (True, True)), "0f 0002 0002"),
        (WriteCoils(1, (True, True)), "0f 0001 0001"),
        (Read("coil", 0, 9), "01 01 ff"),
        (Read("coil", 0, 9), "01 02 ff"),
        (Read("coil", 0, 9), "02 02 ff01"),
        (Read("input_register", 0, 2), "04 02 0001"),
        (Read("coil", 0, 9), "82 02"),
        (Read("coil", 0, 9), "81"),
        (Read("coil", 0, 9), ""),
    ],
    ids=[
        "another coil",
        "another value",
        "an earlier read's answer",
        "too long",
        "too short",
        "coils from another address",
        "fewer coils",
        "fewer bits",
        "byte count and bytes differ",
        "another space",
        "fewer registers",
        "another function's exception",
        "an exception without a code",
        "nothing",
    ],
)
def test_what_is_not_the_answer_to_this_request_is_told_apart(request_: Request, reply: str) -> None:
    with pytest.raises(NotTheReply):
        match_reply(request_, bytes.fromhex(reply))


@pytest.mark.parametrize(
    "request_",
    [
        Read("coil", 0, 0),
        Read("coil", 0, 2001),
        Read("holding_register", 0, 126),
        Read("coil", 65535, 2),
        WriteCoil(65536, True),
        WriteCoil(-1, True),
        WriteCoils(0, ()),
        WriteCoils(0, (True,) * 1969),
    ],
    ids=repr,
)
def test_what_modbus_cannot_say_is_never_sent(request_: Request) -> None:
    with pytest.raises(ValueError, match="outside what Modbus can say"):
        encode_request(request_)


@fuzzed
@given(REQUESTS)
def test_every_request_is_read_as_it_was_meant_and_its_echo_is_its_answer(request_: Request) -> None:
    assert decode_request(encode_request(request_)) == request_
    values = (1,) * request_.count if isinstance(request_, Read) else ()
    assert match_reply(request_, encode_reply(request_, values)) == Values(values)


@fuzzed
@given(REQUESTS, st.binary(max_size=300))
def test_any_bytes_are_an_answer_or_told_apart_and_never_break_us(request_: Request, pdu: bytes) -> None:
    try:
        reply = match_reply(request_, pdu)
    except NotTheReply:
        return
    if isinstance(reply, Refusal):
        assert pdu == encode_refusal(request_.function, reply.exception)
    elif isinstance(reply, Values):
        assert len(reply.values) == (request_.count if isinstance(request_, Read) else 0)


@fuzzed
@given(st.binary(max_size=300))
def test_any_bytes_are_a_request_or_refused(pdu: bytes) -> None:
    try:
        request = decode_request(pdu)
    except BadRequest:
        return
    assert encode_request(request)[:5] == pdu[:5]


@pytest.mark.parametrize(
    ("pdu", "exception"),
    [
        *[("", 1), ("63", 1), ("01 0000", 3), ("01 0000 0000", 3), ("01 ffff 0002", 2), ("05 0000 1234", 3)],
        *[("0f 0000 0002 02 0300", 3), ("0f 0000", 3), ("0f ffff 0002 01 03", 2)],
    ],
)
def test_a_bad_request_is_refused_with_the_specifications_code(pdu: str, exception: int) -> None:
    with pytest.raises(BadRequest) as refused:
        decode_request(bytes.fromhex(pdu))

    assert refused.value.exception == exception
