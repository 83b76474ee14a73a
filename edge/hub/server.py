"""What one process of the hub answers over HTTPS: `edge.district.api` from the other end. No state but caches."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any, Final, TypeVar

import msgspec
import structlog
from aiohttp import web

from edge.district import api, wire
from edge.district.api import Checkpoints, Problem
from edge.hub import checkpoints, directives, live, receiving
from edge.hub.access import LONGEST, Claims, Denied, Failures, Gate
from edge.hub.counted import CONTENT_TYPE, Counted
from edge.hub.database import Busy, Database, Unreachable
from edge.hub.share import Full, Share, later_s
from edge.hub.waking import Waiting
from edge.journal.keys import SigningKey, public_key_sha256

MAIN_AT_ONCE: Final = 4
"""Batches of the main lane that are unpacked and written at once; as many more as fit into the share wait for that."""
LOOKS_AT_ONCE: Final = 3
"""Of those who wait for directives. Thousands look at once after a restart, and a live incident's events find a connection."""
LONGEST_WAIT_S: Final = 30.0
BODY_S: Final = 120.0
"""For a body to come, on a bad link."""
HEARD_S: Final = 10.0
REMEMBERED: Final = 20_000
PROBLEM: Final = "application/problem+json"
ANSWERS_S: Final = 3.0

log = structlog.get_logger()
_encode: Final = msgspec.json.Encoder().encode
_campus: Final = msgspec.json.Decoder(api.Campus)
_checkpoints: Final = msgspec.json.Decoder(Checkpoints).decode
T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Hub:
    """One process's answers. Belongs to its loop."""

    def __init__(self, database: Database, key: SigningKey) -> None:
        self.database = database
        self.gate = Gate(database, key)
        self.waiting = Waiting()
        self.counted = Counted()
        self._key = key
        self._failures = Failures()
        self._heard: dict[str, float] = {}
        self._fingerprints: OrderedDict[bytes, bytes] = OrderedDict()
        self._main = Share(48, 64 * 1_048_576)
        self._live = Share(48, 32 * 1_048_576)
        self._short = Share(256, 32 * 1_048_576)
        self._polls = Share(4_000, 0)
        self._turn = asyncio.Semaphore(MAIN_AT_ONCE)
        self._looks = asyncio.Semaphore(LOOKS_AT_ONCE)
        self._main_thread = ThreadPoolExecutor(1, "unpacking")
        self._live_thread = ThreadPoolExecutor(1, "live")
        self._stopping = False

    def application(self) -> web.Application:
        """Every route."""
        app = web.Application(middlewares=[self._answered], client_max_size=wire.MOST_BYTES)
        app.router.add_get("/healthz", self._health, allow_head=False)
        app.router.add_get("/metrics", self._metrics, allow_head=False)
        app.router.add_post(api.EVENTS, self._events)
        app.router.add_post(api.LIVE, self._live_events)
        app.router.add_get(api.POSITION, self._position, allow_head=False)
        app.router.add_post(api.CHECKPOINTS, self._countersign)
        app.router.add_get(api.DIRECTIVES, self._directives, allow_head=False)
        app.router.add_post(api.TOKEN, self._token)
        return app

    def stop(self) -> None:
        """Whoever waits for something that may come is answered now; what is being taken is taken."""
        self._stopping = True
        self.waiting.wake_all()

    def close(self) -> None:
        """Nothing is asked any more."""
        for one in (self._main_thread, self._live_thread):
            one.shutdown(wait=False, cancel_futures=True)

    # --- what campuses ask ------------------------------------------------------------------------

    async def _events(self, request: web.Request) -> web.StreamResponse:
        campus, _ = await self._let_in(request)
        with self._main.of(_size(request, wire.MOST_BYTES)):
            self.counted.inside.set(self._main.inside)
            body = await _body(request, wire.MOST_BYTES)
            began = time.monotonic()
            async with self._turn:
                batch = await self._apart(self._main_thread, wire.unpacked, body, campus)
                answer = await receiving.take(self.database, campus, batch)
        self._note("main", campus, answer, len(batch.events), began)
        return _answer(answer)

    async def _live_events(self, request: web.Request) -> web.StreamResponse:
        campus, _ = await self._let_in(request)
        with self._live.of(_size(request, wire.MOST_BYTES)):
            body = await _body(request, wire.MOST_BYTES)
            began = time.monotonic()
            events = await self._apart(self._live_thread, wire.unpacked_live, body, campus)
            answer = await live.take_live(self.database, campus, events)
        self._note("live", campus, answer, len(events), began)
        return _answer(answer)

    async def _position(self, request: web.Request) -> web.StreamResponse:
        campus, _ = await self._let_in(request)
        with self._short.of(0):
            return _answer(await receiving.position(self.database, campus))

    async def _countersign(self, request: web.Request) -> web.StreamResponse:
        campus, _ = await self._let_in(request)
        with self._short.of(_size(request, 262_144)):
            try:
                told = _checkpoints(await _body(request, 262_144))
            except msgspec.MsgspecError as err:
                raise wire.Refused("form", str(err)[:200]) from None
            answer = await checkpoints.countersign(self.database, campus, told.checkpoints, self._key)
        if isinstance(answer, Problem):
            self._refused(campus, answer)
        return _answer(answer)

    async def _directives(self, request: web.Request) -> web.StreamResponse:
        campus, _ = await self._let_in(request)
        after, wait_s = _number(request, "after"), min(_number(request, "wait"), LONGEST_WAIT_S)
        with self._polls.of(0), self.waiting.of(campus) as woken:
            self.counted.waiting.set(self.waiting.count)
            ends = time.monotonic() + wait_s
            while True:
                woken.clear()
                async with self._looks:
                    found = await directives.behind(self.database, campus, int(after))
                left = ends - time.monotonic()
                if found.directives or left <= 0 or self._stopping:
                    return _answer(found)
                try:
                    async with asyncio.timeout(left):
                        await woken.wait()
                except TimeoutError:
                    return _answer(found)

    async def _token(self, request: web.Request) -> web.StreamResponse:
        _, claims = await self._let_in(request)
        if claims is None:
            raise Denied  # a certificate is renewed by whoever issues it
        with self._short.of(0):
            return _answer(await self.gate.renew(claims))

    async def _let_in(self, request: web.Request) -> tuple[str, Claims | None]:
        """The campus that asks, and its token where it showed one. Raises Denied."""
        campus = request.match_info["campus"]
        try:
            msgspec.convert(campus, api.Campus)
        except msgspec.ValidationError:
            raise Denied from None
        kind, _, shown = request.headers.get("Authorization", "").partition(" ")
        claims = None
        if kind:
            if kind.lower() != "bearer" or len(shown) > LONGEST:
                raise Denied
            claims = self.gate.shown(campus, shown.strip())
            await self.gate.used(claims)
        else:
            self.gate.certified(campus, self._fingerprint(request))
        self._heard[campus] = time.time()
        return campus, claims

    def _fingerprint(self, request: web.Request) -> bytes:
        tls = None if request.transport is None else request.transport.get_extra_info("ssl_object")
        shown = None if tls is None else tls.getpeercert(binary_form=True)
        if shown is None:
            raise Denied
        known_by = sha256(shown).digest()
        found = self._fingerprints.get(known_by)
        if found is None:
            found = public_key_sha256(shown)
            self._fingerprints[known_by] = found
            if len(self._fingerprints) > REMEMBERED:
                self._fingerprints.popitem(last=False)
        return found

    async def heard(self) -> None:
        """Note when each campus was last heard, once in a while for all: for as long as the process runs."""
        while True:
            await asyncio.sleep(HEARD_S)
            await self.note_heard()

    async def note_heard(self) -> None:
        """What was heard since the last time."""
        heard, self._heard = self._heard, {}
        if not heard:
            return
        try:
            async with self.database.of_district() as district:
                await district.execute(
                    "INSERT INTO heard (campus, at) SELECT campus, to_timestamp(at) "
                    "FROM unnest($1::text[], $2::float8[]) AS news (campus, at) JOIN campus USING (campus) ORDER BY campus "
                    "ON CONFLICT (campus) DO UPDATE SET at = greatest(heard.at, excluded.at)",
                    list(heard),
                    list(heard.values()),
                )
        except (*Unreachable, *Busy) as err:
            self._heard = heard | self._heard
            log.warning("when campuses were heard is noted later", error=str(err))

    # --- what others ask --------------------------------------------------------------------------

    async def _health(self, _: web.Request) -> web.StreamResponse:
        if self._stopping or not await self.database.answers(ANSWERS_S):
            return web.json_response({"ok": False}, status=503, headers={"Retry-After": str(later_s())})
        return web.json_response({"ok": True})

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        # A balancer on this machine speaks for others, and says so.
        if _source(request) not in ("127.0.0.1", "::1") or request.headers.keys() & {
            "X-Forwarded-For",
            "Forwarded",
        }:
            raise web.HTTPNotFound
        self.counted.waiting.set(self.waiting.count)
        self.counted.inside.set(self._main.inside)
        return web.Response(body=self.counted.text(), headers={"Content-Type": CONTENT_TYPE})

    # --- answers ----------------------------------------------------------------------------------

    @web.middleware
    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request)
        except Denied as err:
            response = self._denied(request, err)
        except wire.Refused as err:
            self.counted.refused.labels(err.code).inc()
            status = 413 if err.code == "too_large" else 400
            response = _problem(Problem(err.code, "This cannot be taken", err.text, status))
        except web.HTTPRequestEntityTooLarge:
            detail = f"A batch has {wire.MOST_BYTES} bytes at most: send fewer events at once."
            response = _problem(Problem("too_large", "This is too large", detail, 413))
        except web.HTTPException as err:
            response = _problem(Problem("form", err.reason, "", err.status))
        except Full:
            response = _later("This hub takes as much at once as it can")
        except (*Unreachable, *Busy) as err:
            log.warning(
                "PostgreSQL does not take it", path=request.path, error=f"{type(err).__name__}: {err}"
            )
            response = _later("The hub's database does not take it now")
        except Exception:
            # A fault of ours, which no sender can mend: it is told to come again, and somebody reads the log.
            log.exception("a request failed", path=request.path)
            response = _problem(Problem("busy", "This hub could not do it", "The fault is the hub's.", 500))
        route = request.match_info.route.resource
        what = "unknown" if route is None else route.canonical.rpartition("/")[2]
        self.counted.requests.labels(what, str(response.status)).inc()
        return response

    def _denied(self, request: web.Request, err: Denied) -> web.Response:
        if self._failures.note(_source(request), time.monotonic()):
            return _later("Too many that were not let in", 429)
        title = "This token has ended" if err.code == "revoked" else "Not let in"
        response = _problem(Problem(err.code, title, "", 401))
        response.headers["WWW-Authenticate"] = "Bearer"
        return response

    def _note(self, lane: api.Lane, campus: str, answer: object, events: int, began: float) -> None:
        if isinstance(answer, Problem):
            self._refused(campus, answer)
        else:
            self.counted.events.labels(lane).inc(events)
            self.counted.taking.labels(lane).observe(time.monotonic() - began)

    def _refused(self, campus: str, problem: Problem) -> None:
        self.counted.refused.labels(problem.code).inc()
        if problem.code in ("fork", "cloned"):
            log.error(
                "two histories claim one journal: somebody has to look", campus=campus, code=problem.code
            )

    async def _apart(
        self, thread: ThreadPoolExecutor, what: Callable[[bytes, str], T], body: bytes, campus: str
    ) -> T:
        return await asyncio.get_running_loop().run_in_executor(thread, what, body, campus)


def _source(request: web.Request) -> str:
    return request.remote or ""


def _size(request: web.Request, most: int) -> int:
    """How many bytes the body may have. Raises HTTPRequestEntityTooLarge, before one of them is read."""
    told = request.content_length
    if told is not None and told > most:
        raise web.HTTPRequestEntityTooLarge(most, told)
    return most if told is None else told


async def _body(request: web.Request, most: int) -> bytes:
    try:
        async with asyncio.timeout(BODY_S):
            body = await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    if len(body) > most:
        raise web.HTTPRequestEntityTooLarge(most, len(body))
    return body


def _number(request: web.Request, name: str) -> float:
    text = request.query.get(name, "0")
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise web.HTTPBadRequest(reason=f"{name} is a number")
    return float(text)


def _answer(answer: Any) -> web.Response:
    if isinstance(answer, Problem):
        return _problem(answer)
    return web.Response(body=_encode(answer), content_type="application/json")


def _problem(problem: Problem) -> web.Response:
    response = web.Response(body=_encode(problem), status=problem.status, content_type=PROBLEM)
    if problem.code == "busy":
        response.headers["Retry-After"] = str(later_s())
    return response


def _later(title: str, status: int = 503) -> web.Response:
    return _problem(Problem("busy", title, "Come again after the time that is told.", status))
