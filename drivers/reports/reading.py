"""A report as it was sent, read and bounded. Pure.

Of a detector: `{"id", "at", "detected", "camera", "place", "text", "confidence", "test", "picture"}`; of a telephone system that
tells of a 911 call: `{"id", "at", "extension", "name", "place", "callback", "dialled", "test"}`. None is a must: whoever may
report and says nothing else has reported all the same. Times are RFC 3339; `picture` is base64 of JPEG or PNG.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Final

from drivers.buttons import fields
from rules.model.alerts import Detected
from rules.model.values import dataclass

LONGEST_BYTES: Final = 1_536 * 1024
"""Of a whole report: a picture of 1 MiB in base64, and words."""
LARGEST_PICTURE: Final = 1024 * 1024
LONGEST_TEXT: Final = 500
TEST_NUMBERS: Final = frozenset({"933", "9933"})
"""Dialled to test 911 without calling it, in most of the United States."""
DETECTED: Final[Mapping[str, Detected]] = {
    "weapon": "weapon",
    "gun": "weapon",
    "firearm": "weapon",
    "knife": "weapon",
    "gunshot": "gunshot",
    "shot": "gunshot",
}
"""Words of the field; another one means what the detector is configured to detect."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A detector's report. alert `""`: it names neither itself nor its time. detected None: not said, or in no known word.

    confidence: percent. picture: as sent, not looked at; picture_code: why one that came is not taken.
    """

    alert: str
    detected: Detected | None
    device_at_us: int | None
    camera: str
    confidence: int | None
    place: str
    said: str
    test: bool
    picture: bytes
    picture_code: str


@dataclass(frozen=True, slots=True)
class Call:
    """What a telephone system says of a 911 call."""

    call: str
    extension: str
    caller: str
    place: str
    callback: str
    device_at_us: int | None
    test: bool


def sighting(payload: bytes) -> Sighting:
    """Raises Unreadable."""
    message = fields.json_object(payload, LONGEST_BYTES)
    picture, picture_code = _picture(message.get("picture"))
    word = message.get("detected")
    return Sighting(
        alert=_id(message, payload),
        detected=DETECTED.get(word.strip().lower()) if isinstance(word, str) else None,
        device_at_us=fields.rfc3339(message.get("at")),
        camera=_text(message.get("camera"))[:64],
        confidence=_percent(message.get("confidence")),
        place=_text(message.get("place")),
        said=_text(message.get("text")),
        test=message.get("test") is True,
        picture=picture,
        picture_code=picture_code,
    )


def call(payload: bytes) -> Call:
    """Raises Unreadable."""
    message = fields.json_object(payload)
    return Call(
        call=_id(message, payload),
        extension=_text(message.get("extension"))[:64],
        caller=_text(message.get("name")),
        place=_text(message.get("place")),
        callback=_text(message.get("callback"))[:64],
        device_at_us=fields.rfc3339(message.get("at")),
        test=message.get("test") is True or _text(message.get("dialled")) in TEST_NUMBERS,
    )


def _id(message: Mapping[str, object], payload: bytes) -> str:
    """Its own, by the rule of a press's; without one, and with a time, what was sent; `""`: with neither."""
    own = fields.press_id(message.get("id"))
    if own is None and fields.rfc3339(message.get("at")) is not None:
        return hashlib.sha256(payload).hexdigest()
    return own or ""


def _text(value: object) -> str:
    """One line of words; a number is taken as it is written."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    # What no UTF-8 can hold is no text, and the journal would refuse it.
    said = str(value)[: 2 * LONGEST_TEXT].encode("utf-8", "replace").decode()
    return " ".join("".join(one if one.isprintable() else " " for one in said).split())[:LONGEST_TEXT]


def _percent(value: object) -> int | None:
    """Whole percent, by 0 to 100 or, with a fraction, by 0 to 1; anything else is not known."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    percent = value * 100 if isinstance(value, float) and 0 <= value <= 1 else value
    return int(percent) if 0 <= percent <= 100 else None


def _picture(value: object) -> tuple[bytes, str]:
    if value is None or value == "":
        return b"", ""
    if not isinstance(value, str):
        return b"", "photo_no_picture"
    encoded = value.partition("base64,")[2] if value.startswith("data:") else value
    if len(encoded) > LARGEST_PICTURE * 4 // 3 + 4:
        return b"", "photo_too_large"
    try:
        return base64.b64decode(encoded, validate=True), ""
    except (binascii.Error, ValueError):
        return b"", "photo_no_picture"
