"""Short messages as a modem in PDU mode takes and tells them: 3GPP TS 23.040 and TS 23.038.

Pure. Octets are written as hex digits, as AT commands have them, behind an empty address of the service centre (the SIM's own).
"""

from collections.abc import Iterator
from typing import Final, Literal

from rules.model.values import dataclass

BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""TS 23.038 section 6.2.1, by code; 27 is the escape."""
EXTENDED: Final = {
    "\f": 10,
    "^": 20,
    "{": 40,
    "}": 41,
    "\\": 47,
    "[": 60,
    "~": 61,
    "]": 62,
    "|": 64,
    "€": 101,
}
"""Section 6.2.1.1: behind the escape."""
_CODES: Final = {char: code for code, char in enumerate(BASIC) if code != 27}
_ESCAPE: Final = 27
_WHOLE_7, _PART_7 = 160, 153
_WHOLE_2, _PART_2 = 140, 134
MOST_PARTS: Final = 255
HOUR: Final = 11
"""Validity of an hour (TS 23.040 section 9.2.3.12.1): what a campus was to do yesterday misleads."""
_SUBMIT, _RELATIVE, _REPORT, _HEADER = 0x01, 0x10, 0x20, 0x40
_INTERNATIONAL: Final = 0x91
_SEPTETS, _UCS2 = 0x00, 0x08

Delivery = Literal["delivered", "trying", "failed"]


class Malformed(Exception):
    """What a modem told is no status report."""


@dataclass(frozen=True, slots=True)
class Submit:
    """One short message to be sent. hex: with the empty service centre. octets: without it, as AT+CMGS counts."""

    hex: str
    octets: int


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one short message. reference: what the modem called it. number: whose, digits alone."""

    reference: int
    number: str
    status: int

    @property
    def delivery(self) -> Delivery:
        """TS 23.040 section 9.2.3.15: only 0 says that the handset has it; 1 and 2 that it left for where nobody knows."""
        if self.status == 0:
            return "delivered"
        return "trying" if self.status in (1, 2) or 0x20 <= self.status < 0x40 else "failed"


def submits(
    number: str, text: str, reference: int, validity: int = HOUR, report: bool = True
) -> tuple[Submit, ...]:
    """A text as the short messages that carry it. number: `+12175550100`. reference: 0 to 255, of a message in parts.

    What the alphabet has not is sent in UCS-2, 67 characters a part. Raises ValueError for a text of more than 255 parts.
    """
    coded = _septets(text)
    if coded is None:
        units = text.encode("utf-16-be")
        pieces = [units] if len(units) <= _WHOLE_2 else list(_cut_ucs2(text))
        datas = [(len(piece), piece) for piece in pieces]
        scheme = _UCS2
    else:
        parts = [coded] if sum(map(len, coded)) <= _WHOLE_7 else list(_cut(coded))
        septets = [[code for char in part for code in char] for part in parts]
        scheme = _SEPTETS
        fill = 1 if len(parts) > 1 else 0
        datas = [(len(part), pack(part, fill)) for part in septets]
    if len(datas) > MOST_PARTS:
        raise ValueError(f"{len(datas)} parts: a text may have {MOST_PARTS}")
    return tuple(
        _submit(number, scheme, size, data, (reference, len(datas), at), validity, report)
        for at, (size, data) in enumerate(datas, 1)
    )


def _submit(
    number: str,
    scheme: int,
    size: int,
    data: bytes,
    part: tuple[int, int, int],
    validity: int,
    report: bool,
) -> Submit:
    """size: of the data, in the scheme's own units. part: reference, of how many, which."""
    header = b""
    if part[1] > 1:
        # TS 23.040 section 9.2.3.24.1: six octets, which with a bit of fill are seven septets.
        header = bytes((5, 0, 3, part[0], part[1], part[2]))
        size += 7 if scheme == _SEPTETS else len(header)
    first = _SUBMIT | _RELATIVE | (_REPORT if report else 0) | (_HEADER if header else 0)
    digits = number.removeprefix("+")
    # The message's reference is the modem's to choose: 0 here.
    octets = bytes((first, 0, len(digits), _INTERNATIONAL)) + _semi(digits)
    octets += bytes((0, scheme, validity, size)) + header + data
    return Submit(f"00{octets.hex().upper()}", len(octets))


def _septets(text: str) -> list[tuple[int, ...]] | None:
    """The codes of each character; None where the alphabet lacks one."""
    coded: list[tuple[int, ...]] = []
    for char in text:
        if char in _CODES:
            coded.append((_CODES[char],))
        elif char in EXTENDED:
            coded.append((_ESCAPE, EXTENDED[char]))
        else:
            return None
    return coded


def _cut(coded: list[tuple[int, ...]]) -> Iterator[list[tuple[int, ...]]]:
    """Parts of at most 153 septets; no character is cut in two."""
    part: list[tuple[int, ...]] = []
    size = 0
    for char in coded:
        if size + len(char) > _PART_7:
            yield part
            part, size = [], 0
        part.append(char)
        size += len(char)
    yield part


def _cut_ucs2(text: str) -> Iterator[bytes]:
    """Parts of at most 134 octets; a pair of surrogates stays together."""
    part = b""
    for char in text:
        unit = char.encode("utf-16-be")
        if len(part) + len(unit) > _PART_2:
            yield part
            part = b""
        part += unit
    yield part


def pack(septets: list[int], fill: int = 0) -> bytes:
    """Septets in octets, the lowest bits first (TS 23.038 section 6.1.2.1), behind so many empty bits."""
    bits, held, packed = 0, fill, bytearray()
    for one in septets:
        bits |= one << held
        held += 7
        while held >= 8:
            packed.append(bits & 0xFF)
            bits >>= 8
            held -= 8
    if held:
        packed.append(bits)
    return bytes(packed)


def _semi(digits: str) -> bytes:
    """Decimal digits, two an octet, the first one low; an odd last one beside F."""
    even = digits + "F" * (len(digits) % 2)
    return bytes.fromhex("".join(even[at + 1] + even[at] for at in range(0, len(even), 2)))


def status_report(hexed: str) -> Report:
    """What `+CDS` tells. Raises `Malformed`."""
    try:
        octets = bytes.fromhex(hexed)
        at = 1 + octets[0]
        first, reference, digits = octets[at], octets[at + 1], octets[at + 2]
        at += 4
        number = "".join(f"{octet & 15:x}{octet >> 4:x}" for octet in octets[at : at + (digits + 1) // 2])[
            :digits
        ]
        # Behind the number the times of submission and of delivery, seven octets each.
        status = octets[at + (digits + 1) // 2 + 14]
    except (ValueError, IndexError):
        raise Malformed(f"{len(hexed)} characters") from None
    if first & 3 != 2:
        raise Malformed(f"message type {first & 3}")
    return Report(reference, number, status)
