"""When a certificate ends, read from its PEM text: RFC 5280 section 4.1.2.5, as far as that needs and no further."""

import binascii
import re
from datetime import UTC, datetime
from typing import Final

_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----")
_SEQUENCE, _UTC_TIME, _GENERALIZED_TIME, _VERSION = 0x30, 0x17, 0x18, 0xA0


def not_after(pem: bytes) -> datetime:
    """The end of validity of the first certificate in `pem`, UTC. Raises ValueError where there is none to read."""
    found = _PEM.search(pem)
    if found is None:
        raise ValueError("no certificate in it")
    der = binascii.a2b_base64(found[1])
    _, certificate, _ = _element(der)
    _, signed, _ = _element(certificate)
    tag, _, rest = _element(signed)
    if tag != _VERSION:
        rest = signed
    for _ in ("serial number", "signature", "issuer"):
        _, _, rest = _element(rest)
    tag, validity, _ = _element(rest)
    if tag != _SEQUENCE:
        raise ValueError("no validity in it")
    _, _, rest = _element(validity)
    tag, end, _ = _element(rest)
    return _time(tag, end.decode("ascii"))


def _time(tag: int, text: str) -> datetime:
    if tag == _UTC_TIME:
        # Two digits: 50 and above is of the century before (RFC 5280 section 4.1.2.5.1).
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("no time where its validity ends")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _element(der: bytes) -> tuple[int, bytes, bytes]:
    """(tag, content, what follows) of the first element of `der` (X.690 sections 8.1.2, 8.1.3)."""
    if len(der) < 2:
        raise ValueError("cut short")
    length, begin = der[1], 2
    if length & 0x80:
        octets = length & 0x7F
        begin += octets
        length = int.from_bytes(der[2:begin], "big")
        if not 1 <= octets <= 4:
            raise ValueError("a length that nobody writes")
    if begin + length > len(der):
        raise ValueError("cut short")
    return der[0], der[begin : begin + length], der[begin + length :]
