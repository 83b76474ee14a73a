"""Somebody who may release, for demo, benchmark and journeys: an account made over the socket, with printed codes.

What stands here is what a person at the box would type: `user add`, `user codes`, `release … --user … --code-file …`.
"""

import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.control.client import ask


class NoKeyholder(Exception):
    """The daemon refused to make the account; the text says why."""


class Keyholder:
    """Made at the first release, or end of a real incident, with a name and a password that nobody else ever has."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self.name = ""
        self.password = secrets.token_urlsafe(16)
        self.codes: list[str] = []

    def make(self, name: str) -> None:
        """Add the account and print its codes. Raises NoKeyholder; and as `ask`."""
        add = {"verb": "add", "name": name, "role": "administrator", "password": self.password}
        self._done({"do": "user", **add})
        self.name = name
        self._print_codes()

    def release(self, doors: Sequence[str], reason: str) -> dict[str, Any]:
        """Release these doors; the daemon's answer. Raises NoKeyholder; and as `ask`."""
        code = self.code()
        request = {"do": "release", "doors": list(doors), "reason": reason}
        asked_us = time.monotonic_ns() // 1000
        return ask(self._socket, {**request, "user": self.name, "code": code, "asked_us": asked_us})

    def close(self, reason: str, incident: str | None = None) -> dict[str, Any]:
        """End what is live, or one of it; by name where a real one asks for it. Raises NoKeyholder; and as `ask`."""
        answer = self._close(reason, incident)
        # A silent one stands apart: it is ended behind what everybody sees.
        return self._close(reason, None) if answer["ok"] and answer["args"].get("silent") else answer

    def _close(self, reason: str, incident: str | None) -> dict[str, Any]:
        request = {"do": "close", "reason": reason} | ({} if incident is None else {"incident": incident})
        answer = ask(self._socket, request)
        if answer["code"] != "person_first":
            return answer
        return ask(self._socket, {**request, "user": self._made(), "code": self.code()})

    def code(self) -> str:
        """A code that was not used yet. Raises NoKeyholder; and as `ask`."""
        self._made()
        if not self.codes:
            self._print_codes()
        return self.codes.pop()

    def _made(self) -> str:
        """Its name; made with it where there is none yet."""
        if not self.name:
            self.make(f"Keyholder {secrets.token_hex(4)}")
        return self.name

    def _print_codes(self) -> None:
        self.codes = list(self._done({"do": "user", "verb": "codes", "name": self.name})["secret"])

    def _done(self, request: dict[str, object]) -> dict[str, Any]:
        answer = ask(self._socket, request)
        if not answer["ok"]:
            raise NoKeyholder(str(answer["words"]))
        found: dict[str, Any] = answer["data"]
        return found
