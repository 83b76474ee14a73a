"""What goes up to the district: each event is made again to the bit, and nothing else is ever taken for a batch."""

import hashlib
import secrets
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.district import wire
from edge.district.pressing import pressed, unpressed
from edge.district.wire import Line, Refused
from edge.journal.canonical import JSON, canonical
from edge.journal.chain import ZEROS

EPOCH = "6f1c7a52-1111-4222-8333-444455556666"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES: st.SearchStrategy[JSON] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


def chain(datas: Sequence[dict[str, JSON]], sealed: dict[str, JSON] | None = None) -> list[Line]:
    """Events of one epoch, from its beginning; each with these sealed fields."""
    prev, lines = ZEROS, []
    for seq, data in enumerate(datas, start=1):
        opened = {name: (secrets.token_bytes(16), canonical(value)) for name, value in (sealed or {}).items()}
        body = canonical(
            {
                "v": 1,
                "campus": "north",
                "epoch": EPOCH,
                "seq": seq,
                "id": f"id-{seq}",
                "at": "2026-12-01T00:00:00.000000Z",
                "clock": {"boot": "b", "monotonic_us": seq, "error_us": None},
                "kind": "door.verdict/1",
                "subject": "d-1",
                "actor": "rule",
                "incident": None if seq % 2 else "inc-1",
                "because": None if seq % 3 else {"code": "scanned", "args": {}},
                "data": data,
                "sealed": {
                    name: hashlib.sha256(salt + value).hexdigest() for name, (salt, value) in opened.items()
                },
                "prev": prev,
            }
        )
        prev = hashlib.sha256(body).hexdigest()
        lines.append(Line(prev, body, opened))
    return lines


@given(
    st.lists(st.dictionaries(st.sampled_from(("seq", "prev", "x")), VALUES, max_size=3), max_size=6), VALUES
)
def test_every_event_comes_out_as_it_lay_in_the_journal(datas: list[dict[str, JSON]], value: JSON) -> None:
    lines = chain(datas, {"text": value})

    head, data = wire.packed(EPOCH, 0, ZEROS, lines)
    found = wire.unpacked(data, "north")

    assert found.head == head
    assert [(one.hash, one.body, one.opened) for one in found.events] == [
        (one.hash, one.body, one.opened) for one in lines
    ]


def test_a_value_that_may_not_travel_leaves_its_commitment_in_the_chain() -> None:
    lines = [Line(one.hash, one.body) for one in chain([{}], {"text": "a name"})]

    (event,) = wire.unpacked(wire.packed(EPOCH, 0, ZEROS, lines)[1], "north").events

    assert event.hash == lines[0].hash
    assert event.opened == {}
    assert b"a name" not in event.body


def test_the_second_lane_brings_single_events_with_what_they_follow() -> None:
    lines = chain([{"x": number} for number in range(5)], {"text": "said"})

    found = wire.unpacked_live(wire.packed_live([lines[1], lines[4]]), "north")

    assert [(one.epoch, one.event.seq, one.event.hash, one.prev) for one in found] == [
        (EPOCH, 2, lines[1].hash, lines[0].hash),
        (EPOCH, 5, lines[4].hash, lines[3].hash),
    ]
    assert found[0].event.opened == lines[1].opened


def test_a_batch_of_another_campus_is_none_of_this_one() -> None:
    _, data = wire.packed(EPOCH, 0, ZEROS, chain([{}]))

    with pytest.raises(Refused) as refused:
        wire.unpacked(data, "south")
    assert refused.value.code == "hash"


def _changed(text: bytes) -> bytes:
    return pressed(text)


_, WHOLE = wire.packed(EPOCH, 0, ZEROS, chain([{"x": 1}, {"x": 2}, {"x": 3}], {"text": "said"}))
PLAIN = unpressed(WHOLE, 1_000_000)
LINES = PLAIN.split(b"\n")
WRONG = {
    "an event less": (_changed(b"\n".join(LINES[:-1])), "form"),
    "two in another order": (_changed(b"\n".join((LINES[0], LINES[2], LINES[1], LINES[3]))), "hash"),
    "another word in one": (_changed(PLAIN.replace(b'"x":2', b'"x":7')), "hash"),
    "another value that was sealed": (_changed(PLAIN.replace(b"said", b"mute", 1)), "hash"),
    "a number with a fraction": (_changed(PLAIN.replace(b'"x":2', b'"x":2.5')), "form"),
    "a field too many": (_changed(PLAIN.replace(b'"x":2}', b'"x":2},"y":1')), "form"),
    "a place of its own": (_changed(PLAIN.replace(b'"x":2}', b'"x":2},"seq":9')), "form"),
    "a beginning in the middle": (_changed(PLAIN.replace(b'"after":0', b'"after":4')), "form"),
    "half a frame": (WHOLE[: len(WHOLE) // 2], "form"),
    "something behind the frame": (WHOLE + b"x", "form"),
    "no zstd": (PLAIN, "form"),
    "a thousandfold": (pressed(b"0" * (wire.MOST_UNPACKED + 1)), "too_large"),
    "too many bytes": (bytes(wire.MOST_BYTES + 1), "too_large"),
    "nothing": (b"", "form"),
    "no lines": (pressed(b""), "form"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_batch_is_refused(wrong: str) -> None:
    data, code = WRONG[wrong]

    with pytest.raises(Refused) as refused:
        wire.unpacked(data, "north")
    assert refused.value.code == code


@given(st.binary(max_size=200))
def test_no_line_makes_anything_but_a_refusal(noise: bytes) -> None:
    for data in (noise, pressed(noise), _changed(b"\n".join((LINES[0], noise, *LINES[2:])))):
        with pytest.raises(Refused):
            wire.unpacked(data, "north")


def test_an_event_of_a_later_version_is_taken_whole() -> None:
    body = canonical(msgspec.json.decode(chain([{}])[0].body) | {"v": 2, "weather": "fair"})
    line = Line(hashlib.sha256(body).hexdigest(), body)

    (event,) = wire.unpacked(wire.packed(EPOCH, 0, ZEROS, [line])[1], "north").events

    assert (event.body, event.hash) == (body, line.hash)
