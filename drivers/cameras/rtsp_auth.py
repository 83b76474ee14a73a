"""Who we are, said to a camera: Basic and Digest. Pure.

Source: RFC 7617 (Basic), RFC 2617 and RFC 7616 (Digest), as RFC 2326 section 11 takes them over. Of several challenges the
strongest is answered: Digest with SHA-256, then MD5; Basic only where no Digest was offered at all.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import field
from typing import Final

from rules.model.values import dataclass

MOST_CHALLENGES: Final = 8
_LONGEST: Final = 4_096
_HASHES: Final = ("SHA-256", "MD5")
_PART: Final = re.compile(
    r'[\s,]*+(?:([A-Za-z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))|([A-Za-z][\w-]*)(?=\s|$))',
    re.ASCII,
)


class NoAnswer(Exception):
    """None of what the camera accepts can be answered; the text says why."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge. scheme: `basic`, `digest` or another, in small letters; so are the names of the parameters."""

    scheme: str
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def stale(self) -> bool:
        return self.parameters.get("stale", "").lower() == "true"


def read_challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """All challenges of all WWW-Authenticate headers; what cannot be read is passed over."""
    found: list[Challenge] = []
    for header in headers:
        place, text = 0, header[:_LONGEST]
        while len(found) <= MOST_CHALLENGES and (part := _PART.match(text, place)) and part.end() > place:
            place = part.end()
            name, quoted, plain, scheme = part.groups()
            if scheme is not None:
                found.append(Challenge(scheme.lower()))
            elif found:
                value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain
                found[-1].parameters.setdefault(name.lower(), value)
    return tuple(found[:MOST_CHALLENGES])


class Authority:
    """Answers one camera's challenges; keeps the nonce for the requests after."""

    def __init__(
        self, user: str, password: str, basic: bool = True, fresh: Callable[[], str] | None = None
    ) -> None:
        """basic: False where a password may not be told, only proven. fresh: makes a client nonce."""
        self._user, self._password, self._basic = user, password, basic
        self._fresh = fresh or (lambda: secrets.token_hex(8))
        self._chosen: Challenge | None = None
        self._algorithm = ""
        self._count = 0
        self._digest_seen = False

    def challenged(self, challenges: Iterable[Challenge]) -> bool:
        """Choose one to answer. True: the request may be sent once more. Raises NoAnswer.

        False: the same challenge came again, so it was the name or the password that was refused.
        """
        if not self._user:
            raise NoAnswer("the camera wants a user and a password, and none is configured")
        offered = tuple(challenges)
        before = self._chosen
        self._chosen, self._algorithm = self._strongest(offered)
        if before is None or before.scheme != self._chosen.scheme:
            self._count = 0
            return True
        if self._chosen.scheme == "basic":
            return False
        renewed = before.parameters.get("nonce") != self._chosen.parameters.get("nonce")
        if renewed:
            # What was answered to a nonce that had aged says nothing of the password; a fresh one refused does.
            answered, self._count = self._count, 0
            return self._chosen.stale or answered > 1
        return False

    def header(self, method: str, url: str) -> str | None:
        """The Authorization header of a request, None before any challenge."""
        chosen = self._chosen
        if chosen is None:
            return None
        self._count += 1
        if chosen.scheme == "basic":
            return "Basic " + base64.b64encode(f"{self._user}:{self._password}".encode()).decode()
        return self._digest(chosen.parameters, method, url)

    def _strongest(self, offered: tuple[Challenge, ...]) -> tuple[Challenge, str]:
        digests = [one for one in offered if one.scheme == "digest"]
        self._digest_seen = self._digest_seen or bool(digests)
        for algorithm in _HASHES:
            for one in digests:
                named = one.parameters.get("algorithm", "") or "MD5"
                plain = named.upper().removesuffix("-SESS")
                if plain == algorithm and "nonce" in one.parameters and _quality(one) is not None:
                    return one, named
        if self._digest_seen:
            raise NoAnswer(
                "none of the camera's Digest challenges can be answered, and it is not told the password"
            )
        for one in offered:
            if one.scheme == "basic":
                if not self._basic:
                    raise NoAnswer("another host asks for the password in clear")
                return one, ""
        raise NoAnswer("the camera offers neither Digest nor Basic")

    def _digest(self, said: dict[str, str], method: str, url: str) -> str:
        plain = self._algorithm.upper()
        session = plain.endswith("-SESS")
        make = hashlib.sha256 if plain.startswith("SHA") else hashlib.md5

        def digest(text: str) -> str:
            return make(text.encode(), usedforsecurity=False).hexdigest()

        realm, nonce, client = said.get("realm", ""), said["nonce"], self._fresh()
        secret = digest(f"{self._user}:{realm}:{self._password}")
        if session:
            secret = digest(f"{secret}:{nonce}:{client}")
        request = digest(f"{method}:{url}")
        fields = [
            f'username="{_quoted(self._user)}"',
            f'realm="{_quoted(realm)}"',
            f'nonce="{_quoted(nonce)}"',
            f'uri="{url}"',
        ]
        if _quality(self._chosen) == "auth":
            count = f"{self._count:08x}"
            fields.append(f'response="{digest(f"{secret}:{nonce}:{count}:{client}:auth:{request}")}"')
            fields += [f'qop=auth, nc={count}, cnonce="{client}"']
        else:
            fields.append(f'response="{digest(f"{secret}:{nonce}:{request}")}"')
            if session:
                fields.append(f'cnonce="{client}"')
        if "algorithm" in said:
            fields.append(f"algorithm={self._algorithm}")
        if "opaque" in said:
            fields.append(f'opaque="{_quoted(said["opaque"])}"')
        return "Digest " + ", ".join(fields)


def _quality(challenge: Challenge | None) -> str | None:
    """`auth`, empty where the challenge names no qop (RFC 2069), None where only `auth-int` is offered."""
    said = challenge.parameters.get("qop", "") if challenge else ""
    if not said.strip():
        return ""
    return "auth" if "auth" in (one.strip().lower() for one in said.split(",")) else None


def _quoted(text: str) -> str:
    """Without what would end the header or the line it stands in."""
    return re.sub(r"[\x00-\x1f\x7f]", "", text).replace("\\", "\\\\").replace('"', '\\"')
