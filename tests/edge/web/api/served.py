"""A real daemon on a simulated campus, with an account, a session and a token of every role, and a client for its API.

The book of accounts is laid down before the daemon starts, so that no test waits for a password to be hashed.
"""

import http.client
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from edge.boot import boot_id
from edge.people import shelf
from edge.people.book import Account, Book, Session, Token, digest
from edge.people.totp import STEP_S, code_at
from rules.rights import ROLES
from tests.flow.rig import School, running
from tests.flow.school import native, office, school

Document = dict[str, Any]
By = Literal["session", "unproven", "spare", "replaced", "token", "lapsed", "revoked", "none"]

TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Keys:
    """Secrets of every role: cookies of sessions, of some by password alone, of some that ran out; tokens.

    spare: by password alone, for a test that proves something in it. replaced: what a session had before it was proven.
    """

    cookies: dict[str, str] = field(default_factory=dict)
    unproven: dict[str, str] = field(default_factory=dict)
    spare: dict[str, str] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)
    lapsed: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)


def lay_book(store: Path) -> Keys:
    """An account, a session, one by password alone, a lapsed session and a token of each role."""
    keys, book = Keys(), Book()
    now_us, mono_us, boot = time.time_ns() // 1_000, time.monotonic_ns() // 1_000, boot_id()
    for role in ROLES:
        account = Account(f"account:{role}", f"Kim {role}", role, "$none$", totp=TOTP)
        for cookies in (keys.cookies, keys.unproven, keys.spare, keys.replaced, keys.lapsed):
            cookies[role] = secrets.token_urlsafe(32)
        keys.tokens[role] = f"ce_{secrets.token_urlsafe(32)}"
        live = (now_us, mono_us, now_us, mono_us)
        # Begun in another boot, so that its age is counted by the wall clock.
        old = (now_us - 3 * DAY_US, 0, now_us - 2 * DAY_US, 0)
        book = (
            book.with_account(account)
            .with_session(
                Session(
                    f"session:{role}",
                    digest(keys.cookies[role]),
                    account.id,
                    boot,
                    *live,
                    proven=True,
                    before=digest(keys.replaced[role]),
                )
            )
            .with_session(Session(f"session:{role}-un", digest(keys.unproven[role]), account.id, boot, *live))
            .with_session(Session(f"session:{role}-2", digest(keys.spare[role]), account.id, boot, *live))
            .with_session(
                Session(f"session:{role}-old", digest(keys.lapsed[role]), account.id, "other", *old)
            )
            .with_token(Token(f"token:{role}", role, role, digest(keys.tokens[role]), now_us // 1_000_000))
        )
    store.mkdir(mode=0o700, parents=True, exist_ok=True)
    shelf.save(store, book)
    return keys


def code_now() -> str:
    """What an authenticator app shows now."""
    return code_at(TOTP, int(time.time()) // STEP_S)


class Served:
    """The campus and its API."""

    def __init__(self, campus: School, keys: Keys) -> None:
        self.campus = campus
        self.keys = keys
        self.host, _, port = campus.tree["web"]["listen"].rpartition(":")
        self.port = int(port)
        self.origin = f"http://{self.host}:{self.port}"

    def headers(self, role: str, by: By) -> dict[str, str]:
        """What somebody sends to be known, from this origin."""
        match by:
            case "session":
                return {"Cookie": f"campus-edge={self.keys.cookies[role]}", "Origin": self.origin}
            case "unproven":
                return {"Cookie": f"campus-edge={self.keys.unproven[role]}", "Origin": self.origin}
            case "spare":
                return {"Cookie": f"campus-edge={self.keys.spare[role]}", "Origin": self.origin}
            case "replaced":
                return {"Cookie": f"campus-edge={self.keys.replaced[role]}", "Origin": self.origin}
            case "lapsed":
                return {"Cookie": f"campus-edge={self.keys.lapsed[role]}", "Origin": self.origin}
            case "token":
                return {"Authorization": f"Bearer {self.keys.tokens[role]}"}
            case "revoked":
                return {"Authorization": f"Bearer ce_{'x' * 43}"}
            case "none":
                return {"Origin": self.origin}

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request as it is."""
        link = http.client.HTTPConnection(self.host, self.port, timeout=20)
        try:
            link.request(method, path, body, dict(headers or {}))
            got = link.getresponse()
            return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())
        finally:
            link.close()

    def get(self, path: str, role: str = "administrator", by: By = "token", **headers: str) -> Answer:
        """A GET under /api/v1/."""
        return self.send("GET", f"/api/v1/{path}", None, {**self.headers(role, by), **headers})

    def post(
        self, path: str, said: object, role: str = "administrator", by: By = "token", **headers: str
    ) -> Answer:
        """A POST of JSON under /api/v1/."""
        known = {**self.headers(role, by), "Content-Type": "application/json"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("POST", f"/api/v1/{path}", json.dumps(said).encode(), {**known, **named})

    def start(self, response: str = "lockdown", kind: str = "real", **more: Any) -> Answer:
        """Start a response on the whole campus."""
        said = {"response": response, "zones": ["flow-school"], "kind": kind, "reason": "shots heard"}
        return self.post("incidents", {**said, **more})

    def quiet(self) -> None:
        """Close what is live, and bring every door to its rest."""
        now = self.campus.status()
        if now["incidents"]:
            self.campus.end_incident("the test is over")
        doors = [one["id"] for one in now["doors"] if one["order"] and one["order"]["word"] != "rest"]
        for one in doors:
            answer = self.post(f"doors/{one}/unlock", {"reason": "the test is over"})
            assert answer.status == 200, answer.body
        for one in now["unanswered"]:
            self.campus.ask({"do": "answer", "press": one["number"], "answer": "dismiss", "reason": "test"})


@contextmanager
def serving(folder: Path, *, more: Document | None = None, **how: Any) -> Iterator[Served]:
    """A campus with a native, a duress and a wired button, armed, its page open. more: sections of its configuration."""
    buttons = [native("pb-native"), native("pb-duress", {"single": "duress", "hold": "lockdown"}), office()]

    def make(port: int) -> Document:
        made = school(folder, port, buttons=buttons, outputs=True, magnet=True, freshness="20s", **how)
        return {**made, **(more or {})}

    with running(folder, make, started=False) as campus:
        keys = lay_book(campus.store)
        campus.start()
        served = Served(campus, keys)
        campus.until("the page is open", lambda _: campus.health("healthz") == 200)
        campus.until("the book is there", lambda _: served.get("assets").status == 200)
        yield served
