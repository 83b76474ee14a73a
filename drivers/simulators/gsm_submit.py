"""What a network reads in a short message: SMS-SUBMIT of 3GPP TS 23.040, read bit by bit and not as we write it. Pure."""

from drivers.outputs.sms_pdu import BASIC, EXTENDED
from rules.model.values import dataclass

_EXTENDED = {code: char for char, code in EXTENDED.items()}


@dataclass(frozen=True, slots=True)
class Part:
    """number: digits alone. report: whether a status report is asked for. at of of: 1 of 1 where it stands alone."""

    number: str
    text: str
    report: bool
    reference: int = 0
    of: int = 1
    at: int = 1


def read(hexed: str) -> Part:
    """Of what AT+CMGS was given. Raises ValueError or IndexError for what is none."""
    octets = bytes.fromhex(hexed)
    octets = octets[1 + octets[0] :]
    first, digits = octets[0], octets[2]
    if first & 0b11 != 0b01 or first & 0b11000 != 0b10000:
        raise ValueError("no SMS-SUBMIT with a relative validity")
    number = "".join(f"{one & 15:x}{one >> 4:x}" for one in octets[4 : 4 + (digits + 1) // 2])[:digits]
    body = octets[4 + (digits + 1) // 2 :]
    scheme, length, data = body[1], body[3], body[4:]
    header = data[: 1 + data[0]] if first & 0x40 else b""
    if scheme == 8:
        if len(data) != length:
            raise ValueError(f"{len(data)} octets where {length} were said")
        text = data[len(header) :].decode("utf-16-be")
    else:
        text = _text(data, length, -(-len(header) * 8 // 7))
    part = tuple(header[3:6]) if header else (0, 1, 1)
    return Part(number, text, bool(first & 0x20), *part)


def _text(data: bytes, length: int, skipped: int) -> str:
    """So many septets of these octets, without the first ones, which a header takes."""
    if len(data) != (length * 7 + 7) // 8:
        raise ValueError(f"{len(data)} octets where {length} septets were said")
    bits = "".join(f"{octet:08b}"[::-1] for octet in data)
    codes = [int(bits[at * 7 : at * 7 + 7][::-1], 2) for at in range(skipped, length)]
    text, escaped = "", False
    for code in codes:
        if escaped:
            text, escaped = text + _EXTENDED[code], False
        elif code == 27:
            escaped = True
        else:
            text += BASIC[code]
    if escaped:
        raise ValueError("a character is cut in two")
    return text
