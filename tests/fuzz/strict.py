"""Independent, strict readings of what the product parses: written from the standards, sharing no line with it.

They are slow and plain. A fuzz target compares: what they refuse, the product may not believe.
"""

from collections.abc import Sequence
from dataclasses import dataclass

DEEPEST = 32

Json = object


class Refused(Exception):
    """The standard does not allow these bytes; the text says where."""


@dataclass(slots=True)
class _At:
    text: str
    place: int = 0


def json(payload: bytes, deepest: int = DEEPEST) -> Json:
    """One JSON text (RFC 8259), all of it. Numbers come as their own text, the last of equal names counts.

    Raises Refused, also for what nests deeper than `deepest`.
    """
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("not UTF-8") from None
    at = _At(text)
    value = _value(at, deepest)
    _space(at)
    if at.place != len(text):
        raise Refused(f"something follows at {at.place}")
    return value


def _space(at: _At) -> None:
    while at.place < len(at.text) and at.text[at.place] in " \t\n\r":
        at.place += 1


def _peek(at: _At) -> str:
    return at.text[at.place : at.place + 1]


def _value(at: _At, deep: int) -> Json:
    _space(at)
    match _peek(at):
        case "{" | "[" if deep == 0:
            raise Refused("too deep")
        case "{":
            return _object(at, deep)
        case "[":
            return _array(at, deep)
        case '"':
            return _string(at)
        case _:
            return _word(at)


def _object(at: _At, deep: int) -> dict[str, Json]:
    found: dict[str, Json] = {}
    at.place += 1
    _space(at)
    if _peek(at) == "}":
        at.place += 1
        return found
    while True:
        _space(at)
        if _peek(at) != '"':
            raise Refused(f"no name at {at.place}")
        name = _string(at)
        _space(at)
        _take(at, ":")
        found[name] = _value(at, deep - 1)
        _space(at)
        if _peek(at) == "}":
            at.place += 1
            return found
        _take(at, ",")


def _array(at: _At, deep: int) -> list[Json]:
    found: list[Json] = []
    at.place += 1
    _space(at)
    if _peek(at) == "]":
        at.place += 1
        return found
    while True:
        found.append(_value(at, deep - 1))
        _space(at)
        if _peek(at) == "]":
            at.place += 1
            return found
        _take(at, ",")


def _take(at: _At, one: str) -> None:
    if _peek(at) != one:
        raise Refused(f"no {one!r} at {at.place}")
    at.place += 1


_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def _string(at: _At) -> str:
    found: list[str] = []
    at.place += 1
    while True:
        one = _peek(at)
        at.place += 1
        if one == '"':
            return "".join(found)
        if one == "" or one < " ":
            raise Refused(f"a text that does not end, at {at.place}")
        if one != "\\":
            found.append(one)
            continue
        escape = _peek(at)
        at.place += 1
        if escape == "u":
            digits = at.text[at.place : at.place + 4]
            if len(digits) != 4 or any(each not in "0123456789abcdefABCDEF" for each in digits):
                raise Refused(f"no four digits at {at.place}")
            found.append(chr(int(digits, 16)))
            at.place += 4
        elif escape in _ESCAPES and escape:
            found.append(_ESCAPES[escape])
        else:
            raise Refused(f"no escape at {at.place}")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written."""

    text: str


def _word(at: _At) -> Json:
    for word, value in (("true", True), ("false", False), ("null", None)):
        if at.text.startswith(word, at.place):
            at.place += len(word)
            return value
    start = at.place
    if _peek(at) == "-":
        at.place += 1
    whole = _digits(at)
    if not whole or (len(whole) > 1 and whole[0] == "0"):
        raise Refused(f"no value at {start}")
    if _peek(at) == ".":
        at.place += 1
        if not _digits(at):
            raise Refused(f"no fraction at {at.place}")
    if _peek(at) in ("e", "E"):
        at.place += 1
        if _peek(at) in ("+", "-"):
            at.place += 1
        if not _digits(at):
            raise Refused(f"no exponent at {at.place}")
    return Number(at.text[start : at.place])


def _digits(at: _At) -> str:
    start = at.place
    while _peek(at) in tuple("0123456789"):
        at.place += 1
    return at.text[start : at.place]


def crc_modbus(data: bytes) -> bytes:
    """MODBUS over Serial Line V1.02, 6.2.2, bit by bit, low byte first."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            carry = register & 1
            register >>= 1
            if carry:
                register ^= 0xA001
    return bytes((register & 0xFF, register >> 8))


def modbus_values(function: int, address: int, count: int, reply: bytes) -> tuple[int, ...]:
    """What a read's reply PDU says (MODBUS Application Protocol V1.1b3, 6.1 to 6.4). Raises Refused."""
    if len(reply) < 2 or reply[0] != function:
        raise Refused("another function")
    data = reply[2:]
    if reply[1] != len(data):
        raise Refused("byte count")
    if function in (1, 2):
        if len(data) != -(-count // 8):
            raise Refused("another quantity")
        return tuple(data[bit // 8] >> (bit % 8) & 1 for bit in range(count))
    if len(data) != 2 * count:
        raise Refused("another quantity")
    return tuple(data[2 * at] * 256 + data[2 * at + 1] for at in range(count))


def modbus_echo(address: int, values: Sequence[bool], one: bool, reply: bytes) -> None:
    """A write's reply (6.5, 6.11): the same address and value, or address and quantity. Raises Refused."""
    if one:
        wanted = [5, address >> 8, address & 0xFF, 0xFF if values[0] else 0, 0]
    else:
        wanted = [15, address >> 8, address & 0xFF, len(values) >> 8, len(values) & 0xFF]
    if list(reply) != wanted:
        raise Refused("another coil or value")


def modbus_identity(reply: bytes) -> tuple[tuple[tuple[int, bytes], ...], int | None]:
    """The objects of a device identification, and where it goes on (6.21). Raises Refused."""
    if reply[:3] != b"\x2b\x0e\x01" or len(reply) < 7:
        raise Refused("another function")
    rest, objects = reply[7:], []
    while rest:
        if len(rest) < 2 or len(rest) < 2 + rest[1]:
            raise Refused("cut short")
        objects.append((rest[0], rest[2 : 2 + rest[1]]))
        rest = rest[2 + rest[1] :]
    if len(objects) != reply[6]:
        raise Refused("another number of objects")
    return tuple(objects), reply[5] if reply[4] else None


def osdp(raw: bytes) -> tuple[int, bool, int, int, int]:
    """(address, reply, sequence, security block type, code) of a frame (SIA OSDP 2.2, 5.9). Raises Refused."""
    if len(raw) < 7 or raw[0] != 0x53:
        raise Refused("no start")
    if raw[2] + 256 * raw[3] != len(raw):
        raise Refused("length")
    control = raw[4]
    if control & 4:
        register = 0x1D0F
        for byte in raw[:-2]:
            register ^= byte << 8
            for _ in range(8):
                register = (register << 1 ^ 0x1021 if register & 0x8000 else register << 1) & 0xFFFF
        if raw[-2] != register & 0xFF or raw[-1] != register >> 8:
            raise Refused("CRC")
        inside = raw[5:-2]
    else:
        if sum(raw) & 0xFF:
            raise Refused("checksum")
        inside = raw[5:-1]
    block = 0
    if control & 8:
        if len(inside) < 2 or not 2 <= inside[0] < len(inside) or not 0x11 <= inside[1] <= 0x18:
            raise Refused("security block")
        block = inside[1]
        inside = inside[inside[0] :]
        if block >= 0x15 and len(inside) < 5:
            raise Refused("no room for a MAC")
    if not inside:
        raise Refused("no code")
    return raw[1] & 0x7F, raw[1] >= 0x80, control & 3, block, inside[0]
