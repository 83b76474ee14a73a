"""Time-based one-time passwords (RFC 6238 with SHA-1, six digits, 30 s steps: what every authenticator app does)."""

import base64
import hashlib
import hmac
import secrets
import struct
from typing import Final
from urllib.parse import quote

STEP_S: Final = 30
DIGITS: Final = 6
DRIFT: Final = 1
"""Steps before and after the one of now that count too: a phone's clock and a slow hand (RFC 6238 section 5.2)."""


def new_secret() -> str:
    """160 random bits in base32 (RFC 4226 section 4)."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, step: int) -> str:
    """The six digits of one time step. Raises ValueError for a secret that is no base32."""
    mac = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1)
    (word,) = struct.unpack_from(">I", mac, mac[-1] & 0x0F)
    return f"{(word & 0x7FFF_FFFF) % 10**DIGITS:0{DIGITS}}"


def step_of(secret: str, code: str, now_s: float, last: int) -> int | None:
    """The time step that a code stands for, none of them used up to `last`; None: it is not right now."""
    here = int(now_s) // STEP_S
    for step in range(max(here - DRIFT, last + 1, 0), here + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            return step
    return None


def uri(secret: str, campus: str, name: str) -> str:
    """What an authenticator app reads from a QR code (Google's `otpauth` key URI format)."""
    label = f"{quote(campus, safe='')}:{quote(name, safe='')}"
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(campus, safe='')}&digits={DIGITS}&period={STEP_S}"
