"""Speaks HTTPS to the hub: one request, one answer, each bounded in bytes and time. Knows nothing of what it carries."""

import email.utils
import os
import ssl
import time
from types import TracebackType
from typing import Final, Self, TypeVar

import aiohttp
import msgspec

from edge.district import api, wire
from edge.district.messages import Open
from edge.version import VERSION

T = TypeVar("T")
CONNECT_S: Final = 15.0
REQUEST_S: Final = 90.0
"""Of a whole batch on a link that gives some kilobytes a second; the next one is smaller."""
WAIT_S: Final = 30
"""The hub holds a question for directives so long."""
LONGEST_ANSWER: Final = 8 * 1_048_576
MOST_RETRY_S: Final = 900.0
"""A hub that asks for more patience is asked again all the same: its clock may be wrong."""
_BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class Away(Exception):
    """No answer, or one that says to come again. why: a code. retry_s: how long to wait at least, as the hub says."""

    def __init__(self, why: str, retry_s: float = 0.0) -> None:
        super().__init__(why)
        self.why, self.retry_s = why, retry_s


class Told(Exception):
    """The hub refuses, and why."""

    def __init__(self, problem: api.Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class Client:
    """One campus's way to its hub. A context manager, of the loop's thread."""

    def __init__(self, opened: Open) -> None:
        """Raises ValueError where a certificate or key is none."""
        self._campus = opened.campus
        self._url = opened.url
        self._proxy = opened.proxy or None
        self.token = opened.token
        self._tls = _tls(opened)
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=self._tls, limit=8, keepalive_timeout=75.0)
        timeout = aiohttp.ClientTimeout(total=REQUEST_S, sock_connect=CONNECT_S)
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=timeout,
            headers={"User-Agent": f"campus-edge/{VERSION}"},
            auto_decompress=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._session.close()

    async def position(self) -> api.Position:
        """Where the hub stands. Raises Away, Told, as all below."""
        return await self._asked("GET", api.POSITION, api.Position)

    async def send(self, batch: bytes) -> api.Place:
        """Hand a batch over; the last event that the hub holds without a gap."""
        return (await self._asked("POST", api.EVENTS, api.Taken, batch)).acknowledged

    async def send_live(self, events: bytes) -> None:
        """Hand events of a live incident over, ahead of the main lane."""
        await self._asked("POST", api.LIVE, api.TakenLive, events)

    async def checkpoints(self, lines: tuple[api.CheckpointLine, ...]) -> api.Countersigned:
        """Have checkpoints verified and countersigned."""
        body = msgspec.json.encode(api.Checkpoints(lines))
        return await self._asked("POST", api.CHECKPOINTS, api.Countersigned, body, "application/json")

    async def directives(self, after: int) -> tuple[api.Directive, ...]:
        """Those behind number `after`, once there are any; none where none came for half a minute."""
        path = f"{api.DIRECTIVES}?after={after}&wait={WAIT_S}"
        return (await self._asked("GET", path, api.Directives)).directives

    async def new_token(self) -> api.NewToken:
        """One in place of that which is shown now; that ends when the new one is first used."""
        return await self._asked("POST", api.TOKEN, api.NewToken, b"", "application/json")

    async def _asked(
        self,
        method: str,
        path: str,
        kind: type[T],
        body: bytes | None = None,
        content: str = wire.CONTENT_TYPE,
    ) -> T:
        headers = (
            {"Authorization": f"Bearer {self.token}", "Accept": "application/json"} if self.token else {}
        )
        if body is not None:
            headers["Content-Type"] = content
            if content == wire.CONTENT_TYPE:
                headers["Content-Encoding"] = wire.CONTENT_ENCODING
        url = self._url + path.format(campus=self._campus)
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, proxy=self._proxy, allow_redirects=False
            ) as answer:
                found = await _read(answer)
                status, retry_s = answer.status, _retry_s(answer.headers.get("Retry-After", ""))
        except TimeoutError:
            raise Away("silent") from None
        except aiohttp.ClientConnectorCertificateError:
            raise Away("certificate") from None
        except aiohttp.ClientHttpProxyError:
            raise Away("proxy") from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise Away("unreachable") from None
        if status in _BUSY:
            raise Away("busy" if status in (429, 503) else "failed", retry_s)
        if status == 200:
            return answered(kind, found)
        if 400 <= status < 500:
            raise Told(problem_of(status, found))
        raise Away("not_a_hub")


def _tls(opened: Open) -> ssl.SSLContext | bool:
    if not opened.url.startswith("https:"):
        return False
    context = ssl.create_default_context(cadata=opened.ca or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if opened.certificate:
        # The library reads a chain from files alone: memory-backed ones, which no disk keeps.
        context.load_cert_chain(*_in_memory(opened.certificate, opened.key))
    return context


def _in_memory(*texts: str) -> list[str]:
    names = []
    for text in texts:
        descriptor = os.memfd_create("pem", os.MFD_CLOEXEC)
        os.write(descriptor, text.encode("ascii", "replace"))
        os.lseek(descriptor, 0, os.SEEK_SET)
        names.append(f"/proc/self/fd/{descriptor}")
    return names


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    found = await answer.content.read(LONGEST_ANSWER + 1)
    while len(found) <= LONGEST_ANSWER and (more := await answer.content.read(LONGEST_ANSWER)):
        found += more
    if len(found) > LONGEST_ANSWER:
        raise ValueError("an answer that is too long")
    return found


def answered(kind: type[T], found: bytes) -> T:
    """What was asked for. Raises Away where it is nothing of a hub: a portal of the line's, another program."""
    try:
        return msgspec.json.decode(found, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise Away("not_a_hub") from None


def problem_of(status: int, found: bytes) -> api.Problem:
    """Why it was refused: as the hub says it, or by the status alone. Raises Away as `answered`."""
    try:
        return msgspec.json.decode(found, type=api.Problem)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        code = {401: "not_allowed", 403: "not_allowed", 413: "too_large"}.get(status)
        if code is None:
            raise Away("not_a_hub") from None
        return api.Problem(code, status=status)


def _retry_s(said: str) -> float:
    """RFC 9110 section 10.2.3: seconds, or a date."""
    wait_s = 0.0
    if said.isascii() and said.isdigit() and len(said) < 9:
        wait_s = float(said)
    elif said:
        try:
            wait_s = email.utils.parsedate_to_datetime(said).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            wait_s = 0.0
    return min(max(wait_s, 0.0), MOST_RETRY_S)
