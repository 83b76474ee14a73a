"""Fields that every button format has: bounded JSON, press ids, counters, battery, times. Pure."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime

from drivers.buttons.parsed import Unreadable

LONGEST_PAYLOAD_BYTES = 64 * 1024
"""The largest real message seen, a ChirpStack uplink heard by eight gateways, is 4 KiB."""
DEEPEST = 32
"""Real messages nest 6 deep (ChirpStack rxInfo)."""
LARGEST_INTEGER = 2**53
"""The journal holds integers within this (contract section 6)."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_NO_BRACKET = bytes(one for one in range(256) if one not in b"[]{}")
_PRESS_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive on purpose: offsets are counted as integers below


def json_object(payload: bytes, longest: int = LONGEST_PAYLOAD_BYTES) -> Mapping[str, object]:
    """The payload as one JSON object; raises `Unreadable` for all else, however long or deep it is."""
    if len(payload) > longest:
        raise Unreadable("too_long")
    if _too_deep(payload):
        raise Unreadable("too_deep")
    try:
        value: object = _DECODER.decode(payload.decode("utf-8"))
    except (ValueError, RecursionError) as err:
        raise Unreadable("not_json") from err
    if not isinstance(value, dict):
        raise Unreadable("not_an_object")
    return value


def _too_deep(payload: bytes) -> bool:
    """Whether brackets nest deeper than `DEEPEST`: a few scans in C, for a flood of such messages stands before a press."""
    # Most messages hold few brackets and need no scan.
    if payload.count(b"{") + payload.count(b"[") <= DEEPEST:
        return False
    brackets = _STRING.sub(b"", payload).translate(_ONE_KIND, _NO_BRACKET)
    if b"[" * (DEEPEST + 1) in brackets:
        return True
    for _ in range(DEEPEST):
        if b"[]" not in brackets:
            break
        brackets = brackets.replace(b"[]", b"")
    return b"[]" in brackets or brackets.count(b"[") > DEEPEST


def press_id(value: object) -> str | None:
    """A press id by the contract: 1 to 64 of `[A-Za-z0-9._:-]`, anything else as its SHA-256 in hex.

    Absent, null and empty are "without one": a device that always sends `""` must not have every press
    after its first taken for a repeat.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        if _PRESS_ID.fullmatch(value):
            return value
        return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def counter(value: object) -> int | None:
    """A count of 0 or more, or None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_INTEGER:
        return value
    return None


def battery(value: object) -> int | None:
    """Whole percent, 0 to 100 rounded down; anything else is unknown, never good."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= 100 else None


def rfc3339(value: object) -> int | None:
    """UTC microseconds since 1970 of an RFC 3339 date-time (section 5.6), digits past microseconds cut.

    None for anything else: a press with a broken clock is still a press.
    """
    if not isinstance(value, str) or len(value) > 64:
        return None
    match = _RFC3339.fullmatch(value)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(match.group(n)) for n in range(1, 7))
    leap = 1 if second == 60 else 0
    try:
        since = datetime(year, month, day, hour, minute, second - leap) - _EPOCH  # noqa: DTZ001
    except ValueError:
        return None
    fraction_us = int((match.group(7) or "0")[:6].ljust(6, "0"))
    offset_s = 0
    if match.group(8):
        hours, minutes = int(match.group(9)), int(match.group(10))
        if hours > 23 or minutes > 59:
            return None
        offset_s = (hours * 60 + minutes) * 60 * (1 if match.group(8) == "+" else -1)
    utc_us = (since.days * 86_400 + since.seconds + leap - offset_s) * 1_000_000 + fraction_us
    return utc_us if 0 <= utc_us <= LARGEST_INTEGER else None


def unix_seconds(value: object) -> int | None:
    """UTC microseconds of a Unix time in seconds with a fraction (Shelly `ts`); None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # 0 and the years just after are a device that has not heard the time yet.
    if not 1_000_000_000 <= value <= LARGEST_INTEGER // 1_000_000:
        return None
    return round(value * 1_000_000)


def mapping(value: object) -> Mapping[str, object]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}
