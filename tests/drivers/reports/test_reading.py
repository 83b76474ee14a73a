"""What detectors and telephone systems send is read as it is meant, and bounded; nothing of it raises but Unreadable."""

import base64
import json
from typing import Any

import pytest

from drivers.buttons.parsed import Unreadable
from drivers.reports import reading


def sent(**said: Any) -> bytes:
    return json.dumps(said).encode()


@pytest.mark.parametrize(
    ("word", "detected"),
    [
        ("weapon", "weapon"),
        ("Gun ", "weapon"),
        ("gunshot", "gunshot"),
        ("drone", None),
        (7, None),
        (None, None),
    ],
)
def test_a_word_that_is_not_known_is_what_the_detector_is_configured_for(
    word: object, detected: str | None
) -> None:
    assert reading.sighting(sent(detected=word)).detected == detected


@pytest.mark.parametrize(
    ("value", "percent"),
    [
        (93, 93),
        (0.93, 93),
        (1, 1),
        (1.0, 100),
        (100, 100),
        (101, None),
        (-1, None),
        (True, None),
        ("93", None),
        (1e300, None),
    ],
)
def test_confidence_is_percent_however_it_is_written(value: object, percent: int | None) -> None:
    assert reading.sighting(sent(confidence=value)).confidence == percent


def test_an_empty_report_is_a_report() -> None:
    one = reading.sighting(b"{}")
    assert (one.alert, one.detected, one.picture, one.picture_code, one.test) == ("", None, b"", "", False)
    assert reading.call(b"{}").extension == ""


def test_what_has_a_time_and_no_id_is_the_same_only_where_all_of_it_is() -> None:
    once = sent(at="2026-08-14T12:00:00Z")
    assert reading.sighting(once).alert == reading.sighting(once).alert != ""
    assert reading.sighting(sent(at="2026-08-14T12:00:01Z")).alert != reading.sighting(once).alert


def test_words_are_one_bounded_line_without_control_characters() -> None:
    one = reading.sighting(sent(place="Door 7\r\n\x1b[2J" + "x" * 5_000, text="\ud800 lone"))
    assert len(one.place) == reading.LONGEST_TEXT
    assert one.place.isprintable()
    assert one.place.startswith("Door 7 [2J")
    one.said.encode()


def test_a_picture_is_taken_as_it_is_and_what_is_none_leaves_the_report_standing() -> None:
    whole = base64.b64encode(b"\xff\xd8\xff picture").decode()
    assert reading.sighting(sent(picture=whole)).picture.startswith(b"\xff\xd8\xff")
    assert reading.sighting(sent(picture=f"data:image/jpeg;base64,{whole}")).picture.startswith(
        b"\xff\xd8\xff"
    )
    for value, code in (
        ("not base64!", "photo_no_picture"),
        (7, "photo_no_picture"),
        ("", ""),
        ("A" * (reading.LARGEST_PICTURE * 4 // 3 + 8), "photo_too_large"),
    ):
        one = reading.sighting(sent(picture=value))
        assert (one.picture, one.picture_code) == (b"", code)


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"\xff", b"{", b"[" * 100_000, b'{"a":' * 500 + b"1" + b"}" * 500]
)
def test_what_is_no_object_is_refused(payload: bytes) -> None:
    for read in (reading.sighting, reading.call):
        with pytest.raises(Unreadable):
            read(payload)


def test_a_call_that_dialled_a_test_number_is_a_test() -> None:
    assert reading.call(sent(dialled="933")).test
    assert reading.call(sent(dialled=933)).test
    assert reading.call(sent(test=True)).test
    assert not reading.call(sent(dialled="911", extension=2101)).test
    assert reading.call(sent(extension=2101)).extension == "2101"
