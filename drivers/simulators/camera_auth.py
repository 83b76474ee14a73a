"""How a simulated camera asks who is there: Basic (RFC 7617) and Digest (RFC 7616, RFC 2069) for RTSP and ONVIF's HTTP."""

import base64
import binascii
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Final, Literal

Scheme = Literal["none", "basic", "digest", "both"]
Algorithm = Literal["MD5", "SHA-256"]

_FIELD: Final = re.compile(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_MOST_NONCES: Final = 256


@dataclass(slots=True)
class Doorkeeper:
    """Knows one user. qop: `auth` is offered, as RFC 7616 wants; cameras often do not.

    uses: how often a nonce may be used before it is stale; None: always.
    """

    user: str
    password: str
    scheme: Scheme = "digest"
    algorithm: Algorithm = "MD5"
    qop: bool = False
    uses: int | None = None
    realm: str = "Simulated camera"
    refused: int = 0
    """How many requests came with what was not right; those with nothing at all are not counted."""
    _nonces: dict[str, int] = field(default_factory=dict)

    def admits(self, method: str, header: str | None) -> bool:
        """Whether a request of this method with this `Authorization` may pass."""
        if self.scheme == "none" or not self.user:
            return True
        if header is None:
            return False
        kind, _, rest = header.partition(" ")
        passed = False
        if kind.lower() == "basic" and self.scheme in ("basic", "both"):
            passed = self._basic(rest)
        elif kind.lower() == "digest" and self.scheme in ("digest", "both"):
            passed = self._digest(method, rest)
        self.refused += not passed
        return passed

    def challenges(self, header: str | None = None) -> list[str]:
        """Values of `WWW-Authenticate`, to a request with this `Authorization`."""
        said = []
        if self.scheme in ("digest", "both"):
            nonce = secrets.token_hex(16)
            self._nonces[nonce] = 0
            while len(self._nonces) > _MOST_NONCES:
                self._nonces.pop(next(iter(self._nonces)))
            stale = header is not None and self._is_stale(header)
            said.append(
                f'Digest realm="{self.realm}", nonce="{nonce}"'
                + (f", algorithm={self.algorithm}" if self.algorithm != "MD5" or self.qop else "")
                + (', qop="auth"' if self.qop else "")
                + (', stale="true"' if stale else "")
            )
        if self.scheme in ("basic", "both"):
            said.append(f'Basic realm="{self.realm}"')
        return said

    def _basic(self, text: str) -> bool:
        try:
            given = base64.b64decode(text.strip(), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return False
        return secrets.compare_digest(given.encode(), f"{self.user}:{self.password}".encode())

    def _digest(self, method: str, text: str) -> bool:
        given = _fields(text)
        nonce = given.get("nonce", "")
        if (
            given.get("username") != self.user
            or given.get("realm") != self.realm
            or nonce not in self._nonces
        ):
            return False
        if self.uses is not None and self._nonces[nonce] >= self.uses:
            return False
        secret = self._hash(f"{self.user}:{self.realm}:{self.password}")
        asked = self._hash(f"{method}:{given.get('uri', '')}")
        counted = (
            f":{given.get('nc', '')}:{given.get('cnonce', '')}:{given.get('qop', '')}" if self.qop else ""
        )
        right = self._hash(f"{secret}:{nonce}{counted}:{asked}")
        if not secrets.compare_digest(right.encode(), given.get("response", "").encode()):
            return False
        self._nonces[nonce] += 1
        return True

    def _is_stale(self, header: str) -> bool:
        used = self._nonces.get(_fields(header).get("nonce", ""))
        return used is not None and self.uses is not None and used >= self.uses

    def _hash(self, text: str) -> str:
        named = hashlib.md5 if self.algorithm == "MD5" else hashlib.sha256
        return named(text.encode(), usedforsecurity=False).hexdigest()


def _fields(text: str) -> dict[str, str]:
    return {name.lower(): quoted or plain for name, quoted, plain in _FIELD.findall(text)}
