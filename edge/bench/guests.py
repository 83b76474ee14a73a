"""Who looks at the measured campus: people with a session each, programs with a token, made as an administrator makes them."""

import re
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from edge.bench.children import Lost
from edge.control.client import ask
from rules.model.values import dataclass

PEOPLE: Final = ("staff", "technician", "staff", "staff", "viewer") * 3
"""One account and one session each; their pages differ by right, so that no single rendering serves all."""
PROGRAMS: Final = 10
WATCHES: Final = PEOPLE.index("technician")
"""The first who may look through cameras; programs may as well."""
ANSWER_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer. head: all of it, as text."""

    status: int
    head: str
    body: bytes

    @property
    def size(self) -> int:
        """Bytes as transferred, without the transport's own."""
        return len(self.head) + 4 + len(self.body)


def request(
    listen: str, path: str, headers: Mapping[str, str], form: Mapping[str, str] | None = None
) -> Answered:
    """One request, whole. HTTP/1.0, so that the answer ends with the connection. Raises Lost."""
    host, _, port = listen.rpartition(":")
    body = b"" if form is None else urlencode(form).encode()
    more = {**headers, "Host": listen, "Content-Length": str(len(body))}
    if form is not None:
        more |= {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in more.items())
    method = "GET" if form is None else "POST"
    data = bytearray()
    try:
        with socket.create_connection((host, int(port)), ANSWER_S) as connection:
            connection.sendall(f"{method} {path} HTTP/1.0\r\n{lines}\r\n".encode() + body)
            while piece := connection.recv(65_536):
                data += piece
    except OSError as err:
        raise Lost(f"the page did not answer {path}: {err}") from None
    head, _, rest = bytes(data).partition(b"\r\n\r\n")
    text = head.decode("latin-1")
    return Answered(int(text.split(" ", 2)[1]), text, rest)


@dataclass(frozen=True, slots=True)
class Guests:
    """cookies: `NAME=VALUE`, one of each session. tokens: of programs that may read the record."""

    cookies: tuple[str, ...]
    tokens: tuple[str, ...]

    def pages(self, count: int, *paths: str) -> list[dict[str, Any]]:
        """So many page streams, spread over the sessions and these addresses."""
        return [
            {
                "path": paths[one // len(self.cookies) % len(paths)],
                "headers": {"Cookie": self.cookies[one % len(self.cookies)]},
            }
            for one in range(count)
        ]

    def programs(self, count: int) -> list[dict[str, Any]]:
        """So many event streams."""
        return [
            {
                "path": "/api/v1/events/stream",
                "headers": {"Authorization": f"Bearer {self.tokens[one % len(self.tokens)]}"},
            }
            for one in range(count)
        ]


def invite(control: Path, listen: str) -> Guests:
    """Make them all. Raises Lost where the daemon refuses."""
    password = secrets.token_urlsafe(16)
    cookies = []
    for number, role in enumerate(PEOPLE):
        name = f"Guest {number}"
        _done(control, {"do": "user", "verb": "add", "name": name, "role": role, "password": password})
        answered = request(listen, "/sign-in", {}, {"name": name, "password": password, "code": ""})
        found = re.search(r"(?im)^set-cookie: ([^;\r\n]+)", answered.head)
        if answered.status != 303 or found is None:
            raise Lost(f"{name} could not sign in: {answered.status}")
        cookies.append(found[1])
    tokens = [
        _done(control, {"do": "token", "verb": "create", "name": f"program-{one}", "role": "technician"})
        for one in range(PROGRAMS)
    ]
    return Guests(tuple(cookies), tuple(one["secret"][0] for one in tokens))


def _done(control: Path, order: dict[str, Any]) -> dict[str, Any]:
    answer = ask(control, order, ANSWER_S)
    if not answer["ok"]:
        raise Lost(f"the daemon refused: {answer['words']}")
    found: dict[str, Any] = answer["data"]
    return found
