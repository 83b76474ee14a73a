"""Canonical JSON (RFC 8785) for what the journal hashes and signs.

msgspec's sorted encoding equals RFC 8785 only without floats, with ASCII keys and with integers that a double
holds exactly; the guard refuses everything else (libraries.md section 3). The counterpart in the tests is
rfc8785.
"""

from typing import Final, TypeAlias

import msgspec

JSON: TypeAlias = "bool | int | str | list[JSON] | dict[str, JSON] | None"

MAX_INTEGER: Final = 2**53 - 1
"""RFC 8785 section 3.2.2.3 with RFC 7493 section 2.2: beyond it a reader with doubles sees another number."""
MAX_DEPTH: Final = 16
MAX_BYTES: Final = 64 * 1024
"""Of one event or one sealed value; a picture belongs into a file that the event names by its hash."""

_encode = msgspec.json.Encoder(order="sorted").encode


class NotCanonical(ValueError):
    """A value that has no single byte form: a float, a key outside ASCII, a lone surrogate, too large or too
    deep.
    """


def canonical(value: JSON, *, max_bytes: int = MAX_BYTES) -> bytes:
    """The RFC 8785 bytes of `value`. Raises `NotCanonical`."""
    _guard(value, 0)
    try:
        encoded = _encode(value)
    except UnicodeEncodeError:
        raise NotCanonical("text with a lone surrogate") from None
    if len(encoded) > max_bytes:
        raise NotCanonical(f"{len(encoded)} bytes, more than {max_bytes}")
    return encoded


def salvaged(value: object, depth: int = 0) -> JSON:
    """The nearest canonical value to `value`: nothing that a careless caller hands in may cost a press its
    row.
    """
    kind = type(value)
    if value is None or kind is bool:
        return value  # type: ignore[return-value]  # narrowed by the line above
    if isinstance(value, int) and -MAX_INTEGER <= value <= MAX_INTEGER:
        return int(value)
    if isinstance(value, (list, tuple, set, frozenset)) and depth < MAX_DEPTH - 1:
        return [salvaged(each, depth + 1) for each in list(value)[:64]]
    if isinstance(value, dict) and depth < MAX_DEPTH - 1:
        return {_text(key): salvaged(each, depth + 1) for key, each in list(value.items())[:64]}
    return _text(value)


def _text(value: object) -> str:
    text = str(value) if isinstance(value, str) else repr(value)
    return text[:256].encode("ascii", "backslashreplace").decode("ascii")


def _guard(value: JSON, depth: int) -> None:
    # By exact type: an enum, a NewType's value or a date would be written in some form of msgspec's choosing.
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return
    if kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:  # type: ignore[operator]  # kind says it is an int
            raise NotCanonical("an integer beyond 2^53")
        return
    if depth >= MAX_DEPTH:
        raise NotCanonical(f"deeper than {MAX_DEPTH}")
    if kind is dict:
        for key, each in value.items():  # type: ignore[union-attr]  # kind says it is a dict
            if type(key) is not str or not key.isascii():
                raise NotCanonical("a key that is not ASCII text")
            _guard(each, depth + 1)
        return
    if kind is list:
        for each in value:  # type: ignore[union-attr]  # kind says it is a list
            _guard(each, depth + 1)
        return
    raise NotCanonical(f"a {kind.__name__}")
