"""The page before a campus of values: an office that answers requests, and people who are who their cookie says."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, cast

import aiohttp
import pytest
from aiohttp import web

from edge import drill_views
from edge.book.messages import Answered
from edge.config.pack_rights import shipped_rights
from edge.control.desk import Make, NoRecord, Reply
from edge.floorplans.shelf import Floorplans
from edge.journal.stored import Stored
from edge.journal.writer import JournalRefused
from edge.media.messages import Figures
from edge.people.book import Book
from edge.people.caller import Caller
from edge.people.own import OwnAccount, OwnSession, Pending
from edge.people.people import Factor, NotSignedIn, SetUp, SignedIn
from edge.rulebook import rulebook
from edge.snapshot import in_bites, snapshot
from edge.web import office as offices
from edge.web.application import application
from edge.web.routes import ROUTES
from edge.web.shared import Shared
from rules.model.book_asks import BookAsk
from rules.model.events import Asked, Event
from rules.model.ids import Actor, CameraId, IncidentId, RequestId
from rules.model.moments import Instant
from rules.plan import Plan
from rules.rights import ROLES, Role
from rules.state import State
from tests.edge.book.paper import PaperBook
from tests.edge.campus import BOX, NOON, PLAN, quiet


class Own:
    """An account that has everything."""

    def of(self, caller: Caller) -> OwnAccount:
        session = OwnSession(caller.session, 1_786_000_000_000_000, 1_786_000_000_000_000, True, False)
        return OwnAccount("R. Diaz", caller.role, True, 8, (session,), True)

    def pending(self, caller: Caller) -> Pending | None:
        return None


class People:
    """A cookie is a role's name; behind it `--lapsed` for a session that ran out, `--unproven` for one by password alone."""

    def __init__(self) -> None:
        self.own = Own()
        self.registrar = SimpleNamespace(book=Book())
        self.needs_set_up = False
        self.recovering = False
        self.left_s = 0
        self.second = ""
        self.revoked: set[str] = set()
        self.factors: list[Factor] = []
        self.confirmed: set[str] = set()
        """Sessions in which a second factor was proven meanwhile."""
        self.unproven: set[str] = set()
        self.ran_out: set[str] = set()
        """Sessions whose person came to another role meanwhile; that ran out."""
        self.became: dict[str, Role] = {}
        """The role that a cookie's person was given meanwhile."""

    def by_cookie(self, cookie: str) -> Caller | None:
        word, _, how = cookie.partition("--")
        role: Role | None = self.became.get(cookie) or next((one for one in ROLES if one == word), None)
        if role is None or cookie in self.revoked:
            return None
        proven = (how != "unproven" or cookie in self.confirmed) and cookie not in self.unproven
        actor, lapsed = Actor(f"account:{role}"), how == "lapsed" or cookie in self.ran_out
        return Caller(actor, role, "session", lapsed=lapsed, session=cookie, proven=proven)

    def by_bearer(self, token: str) -> Caller | None:
        return Caller(Actor("token:1"), "administrator", "token") if token == "administrator" else None

    def still(self, caller: Caller) -> Caller | None:
        return self.by_cookie(caller.session)

    def name_of(self, caller: Caller) -> str:
        return "R. Diaz"

    async def sign_in(self, name: str, password: str, code: str, source: str) -> SignedIn | NotSignedIn:
        if password != "right":
            return NotSignedIn("wrong")
        caller = self.by_cookie(name)
        assert caller is not None
        return SignedIn(caller, name, name)

    async def sign_out(self, caller: Caller) -> None:
        self.revoked.add(caller.session)

    async def set_up(self, code: str, name: str, password: str, source: str) -> SetUp:
        return "done" if code == "right" else "no_code"

    def has_factor(self, caller: Caller) -> bool:
        return True

    async def confirm(self, caller: Caller, factor: Factor, source: str) -> NotSignedIn | None:
        self.factors.append(factor)
        if factor.code != "123456":
            return NotSignedIn("wrong")
        self.confirmed.add(caller.session)
        return None

    async def renew(self, caller: Caller) -> str:
        return "" if caller.proven or caller.session not in self.confirmed else f"{caller.role}"

    async def first_codes(self, name: str) -> tuple[str, ...]:
        return ("ABCDE-FGHJK",)

    async def open_release(self, caller: Caller, factor: Factor, source: str) -> NotSignedIn | int:
        self.factors.append(factor)
        if factor.code != "123456":
            return NotSignedIn("wrong")
        self.left_s = 300
        return self.left_s

    def release_left_s(self, caller: Caller) -> int:
        return self.left_s

    def release_second(self, caller: Caller) -> str:
        return self.second


class Views:
    """Lists from the record."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []
        self.past: list[dict[str, Any]] = []
        self.position: Any = None

    def incidents(self, limit: int = 100) -> list[dict[str, Any]]:
        return self.found

    def lines(self, sql: str, *values: object) -> list[dict[str, Any]]:
        return [one for one in self.found if one["incident"] in values]

    def ledger(self, incident: str) -> list[dict[str, Any]]:
        return []

    def verdicts(self, door: str, limit: int = 100) -> list[dict[str, Any]]:
        return self.past


def recorded(kind: str, seq: int, data: dict[str, Any], **more: Any) -> Stored:
    """An event of the incident that the tests' campuses are in, at noon."""
    at = "2026-08-14T12:00:00.000000Z"
    return Stored(
        epoch="e", seq=seq, hash="", id=f"e{seq}", at=at, boot="b", monotonic_us=0, error_us=None, kind=kind,
        subject="", actor="", because=None, data=data, sealed={}, prev="", body=b"",
        **{"incident": "inc-1", "opened": {}, **more},
    )  # fmt: skip


@dataclass(eq=False)
class Office:
    """An office whose campus is set by hand. asked: every request that was handed in."""

    state: State = field(default_factory=quiet)
    plan: Plan = PLAN
    timezone: str = "America/Chicago"
    store: Path = Path("nowhere")
    reply: Reply = field(default_factory=lambda: Reply(True))
    asked: list[Asked] = field(default_factory=list)
    journal: list[Stored] = field(default_factory=list)
    disk: Literal["answers", "hangs", "refuses"] = "answers"
    now: Instant = NOON

    def __post_init__(self) -> None:
        self.rights = shipped_rights()
        self.people: Any = People()
        self.record = Views()
        self.watching: list[Callable[[], None]] = []
        self.pictured = 0
        self.read_after: list[tuple[str, int] | None] = []
        self.measures = SimpleNamespace(told=None)
        self.emitted: list[Event] = []
        self.exported: list[tuple[str, bool, str, bool]] = []
        self.no_export = False
        self.figures: dict[CameraId, Figures] = {}
        self._book: PaperBook | None = None
        self.floorplans = Floorplans(self.store, self.ask_book, self.read_book)

    @property
    def book(self) -> PaperBook:
        """The operations half, made when it is first asked for."""
        if self._book is None:
            self._book = PaperBook(
                doors=[(one.id, one.zone, one.kind) for one in self.plan.doors.values()],
                zones={one.id: one.above for one in self.plan.zones.values()},
                campus=self.plan.campus,
            )
        return self._book

    async def ask_book(self, actor: Actor, asked: BookAsk) -> Answered:
        return await self.book.ask_book(actor, asked)

    async def read_book(self, query: str, **asked: Any) -> Any:
        return await self.book.read_book(query, **asked)

    @property
    def it(self) -> offices.Office:
        """As what it stands in for; pages ask no more of an office than what is here."""
        return cast(offices.Office, self)

    def drills(self, drill: str | None) -> dict[str, Any] | None:
        return drill_views.told(self.plan, self.state, UTC, drill)

    def rules(self) -> dict[str, Any]:
        evidence = {"before_s": 30, "disk_gb": 50, "reserve_gb": 2, "drills_days": 30}
        return rulebook(self.plan, (86_400_000_000 * 365, 86_400_000_000 * 30), evidence)

    def snapshot(self) -> dict[str, Any]:
        self.pictured += 1
        return snapshot(self.plan, self.state, self.now, BOX)

    def picture(self) -> Generator[None, None, dict[str, Any]]:
        self.pictured += 1
        return in_bites(self.plan, self.state, self.now, BOX)

    async def submit(self, actor: Actor, make: Make) -> Reply:
        self.asked.append(make(self.now, RequestId(len(self.asked) + 1), actor))
        await asyncio.sleep(0)
        return self.reply

    async def export(self, incident: str, redact: bool, by: Actor, *, names: bool = True) -> Path:
        if self.no_export:
            raise NoRecord("the key is gone")
        self.exported.append((incident, redact, by, names))
        made = self.store / f"export-{len(self.exported)}.zip"
        made.write_bytes((self.store / "evidence" / "inc-1" / "cam-hall.mp4").read_bytes())
        return made

    async def views(self, what: Callable[[Any], Any]) -> Any:
        if self.disk == "hangs":
            await asyncio.Event().wait()
        if self.disk == "refuses":
            raise JournalRefused("the views do not answer")
        return what(self.record)

    async def events(self, after: tuple[str, int] | None, limit: int) -> list[Stored]:
        if self.disk == "hangs":
            await asyncio.Event().wait()
        if self.disk == "refuses":
            raise JournalRefused("database disk image is malformed")
        self.read_after.append(after)
        return [one for one in self.journal if after is None or one.position > after][:limit]

    def camera_figures(self, camera: CameraId) -> tuple[Figures | None, int]:
        return self.figures.get(camera), time.monotonic_ns() // 1_000

    def emit(self, event: Event) -> None:
        self.emitted.append(event)

    def hurried(self) -> bool:
        return False

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        self.watching.append(changed)
        return lambda: self.watching.remove(changed)

    def turn(self, state: State) -> None:
        """The campus is another from now on."""
        self.state = state
        for changed in tuple(self.watching):
            changed()


@dataclass(eq=False)
class Served:
    """The page on a port of loopback."""

    office: Office
    url: str
    client: aiohttp.ClientSession

    async def get(self, path: str, role: str | None = "administrator", **headers: str) -> tuple[int, str]:
        """Status and text of a page, as somebody of this role; redirects are not followed."""
        async with self.client.get(
            self.url + path, headers=self._headers(role, headers), allow_redirects=False
        ) as answer:
            return answer.status, await answer.text()

    async def post(
        self, path: str, form: Sequence[tuple[str, str]], role: str | None = "administrator"
    ) -> tuple[int, str, str]:
        """Status, where it leads, and the text."""
        async with self.client.post(
            self.url + path, data=list(form), headers=self._headers(role, {}), allow_redirects=False
        ) as answer:
            return answer.status, answer.headers.get("Location", ""), await answer.text()

    def _headers(self, role: str | None, more: dict[str, str]) -> dict[str, str]:
        cookie = {} if role is None else {"Cookie": f"campus-edge={role}"}
        return {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", **cookie, **more}


Serve = Callable[[Office], Awaitable[Served]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves an office until the test is over."""
    runners: list[web.AppRunner] = []
    async with aiohttp.ClientSession() as client:

        async def start(office: Office) -> Served:
            runner = web.AppRunner(application(Shared(office.it), ROUTES, tls=False), shutdown_timeout=0.1)
            await runner.setup()
            runners.append(runner)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            return Served(office, f"http://127.0.0.1:{runner.addresses[0][1]}", client)

        yield start
        for runner in runners:
            await runner.cleanup()


LIVE = IncidentId("inc-1")
