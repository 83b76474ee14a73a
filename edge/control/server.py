"""Serves the local socket: one bounded request a connection, answered by JSON lines, the last of them `"more": false`.

Every caller is checked by the kernel's word (SO_PEERCRED) and bounded in time, size and number; what one of them
does, or a bug at one request, ends that connection and nothing else.
"""

import asyncio
import contextlib
import os
import socket
import stat
import struct
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, Final, assert_never

import msgspec
import structlog

from drivers.clock import instant
from edge import words
from edge.control import (
    accounts,
    books,
    drilling,
    ending,
    floorplans,
    post,
    speaking,
    tabletop,
)
from edge.control.booked import booked
from edge.control.desk import Desk, NoRecord, Reply
from edge.control.path import address
from edge.control.requests import (
    LONGEST,
    Answer,
    BookAsk,
    BookRead,
    Close,
    Detection,
    Drill,
    Drills,
    DropFloorplan,
    DryRun,
    Export,
    Firmware,
    ImportAssets,
    ImportBundle,
    ImportFloorplan,
    Known,
    LeaveSafeMode,
    Lock,
    Map,
    Measure,
    NotARequest,
    Post,
    Press,
    ReadBook,
    Release,
    Request,
    Rows,
    Rules,
    SelfTest,
    Start,
    Statement,
    Statements,
    Status,
    Tabletop,
    Token,
    User,
    VerifyJournal,
    WalkTest,
    asked,
    parse,
    released,
)
from edge.control.rights import ROLE, right_of
from edge.control.seen import picture
from edge.flaws.refusal import Refused
from edge.operations import NotDone
from edge.people.caller import Caller
from edge.people.people import NotSignedIn
from edge.people.registrar import Done
from rules.model.ids import Actor
from rules.screens import room_of

MOST_CALLERS: Final = 32
READ_S: Final = 5.0
"""A caller that does not finish its line in this time is gone or hostile."""
WRITE_S: Final = 5.0
"""A caller that does not take an answer in this time holds memory for nothing."""
SUBMIT_S: Final = 10.0
"""Durable, or the disk took nothing for 1 s: anything near this is a loop in trouble, and the person is told so."""
WATCH_EVERY_S: Final = 0.5

log = structlog.get_logger(__name__)


class ControlServer:
    """The server on one path. The caller holds the store's lock: a socket file found there is a dead daemon's."""

    def __init__(self, path: Path, desk: Desk, *, watch_every_s: float = WATCH_EVERY_S) -> None:
        self._path = path
        self._desk = desk
        self._watch_every_s = watch_every_s
        self._server: asyncio.Server | None = None
        self._callers: set[asyncio.Task[None]] = set()
        self._made: tuple[int, int] | None = None

    def is_there(self) -> bool:
        """Whether whoever calls at our path reaches us: not where the store was deleted or unmounted since. May block."""
        return self._server is not None and _identity(self._path) == self._made

    async def start(self) -> None:
        """Listen. Raises OSError where the socket cannot be made."""
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISSOCK(self._path.lstat().st_mode):
                raise FileExistsError(f"{self._path} is no socket and is left alone; move it away")
            self._path.unlink()
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with address(self._path) as name:
                sock.bind(name)
            # Before listen(): until then nobody can connect, so there is no moment in which others could.
            self._path.chmod(0o600)
            self._made = _identity(self._path)
            self._server = await asyncio.start_unix_server(self._called, sock=sock, limit=LONGEST)
        except BaseException:
            sock.close()
            raise

    async def stop(self) -> None:
        """Hang up on everybody and remove the socket, if it is ours and can be. May be called again; raises nothing."""
        if self._server is None:
            return
        ours = self.is_there()
        server, self._server = self._server, None
        server.close()
        for caller in tuple(self._callers):
            caller.cancel()
        await asyncio.gather(*self._callers, return_exceptions=True)
        if ours:
            # A disk that is read-only by now keeps it, and no end from going on: the next start takes it away.
            with contextlib.suppress(OSError):
                self._path.unlink()

    async def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  a connection is always served by a task
        self._callers.add(task)
        # `drain` returns once all of it is with the kernel: a caller that reads nothing is noticed there.
        writer.transport.set_write_buffer_limits(high=0)
        try:
            await self._converse(reader, writer)
        except asyncio.CancelledError:
            # Only `stop` cancels: the task ends here, in order.
            writer.transport.abort()
        except (ConnectionError, TimeoutError) as gone:
            log.debug("control.caller_gone", detail=repr(gone))
            writer.transport.abort()
        except NoRecord as refused:
            with contextlib.suppress(ConnectionError, TimeoutError):
                await _say(writer, _refusal("no_record", detail=str(refused)))
        except Exception as bug:
            log.exception("control.request_failed")
            with contextlib.suppress(ConnectionError, TimeoutError):
                await _say(writer, _refusal("failed", detail=type(bug).__name__))
        finally:
            self._callers.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        uid = _peer_uid(writer)
        if uid not in (0, os.getuid()):
            await _turn_away(reader, writer, _refusal("not_yours"))
            return
        if len(self._callers) > MOST_CALLERS:
            await _turn_away(reader, writer, _refusal("busy"))
            return
        try:
            async with asyncio.timeout(READ_S):
                line = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError:
            return  # hung up before the end of a line: nothing was asked
        except asyncio.LimitOverrunError:
            await _turn_away(reader, writer, _refusal("too_long"))
            return
        try:
            request = parse(line)
        except NotARequest as err:
            await _say(writer, _refusal("unreadable_request", detail=str(err)))
            return
        caller = Caller(Actor(f"socket:{uid}"), ROLE, "socket")
        right = right_of(request)
        if not caller.may(self._desk.rights, right):
            await _say(writer, _refusal("no_right", right=right))
            return
        if isinstance(request, Status) and request.watch:
            await self._watch(reader, writer, caller)
            return
        async with contextlib.aclosing(self._answers(request, caller)) as answers:
            async for answer in answers:
                await _say(writer, answer)

    async def _answers(self, request: Request, caller: Caller) -> AsyncGenerator[dict[str, Any], None]:
        desk, actor = self._desk, caller.actor
        match request:
            case Status():
                yield _data(picture(desk, caller))
            case Rules():
                yield _data(desk.rules())
            case Release():
                yield await self._released(request, actor)
            case Close():
                yield await ending.closed(desk, request, caller, _reply)
            case Detection() if not caller.may(desk.rights, "alerts"):
                yield _refusal("no_right", right="alerts")
            case Start() if not request.zones:
                whole = msgspec.structs.replace(request, zones=(str(desk.plan.campus),))
                yield await _reply(desk.submit(actor, asked(whole)))
            case (
                Press()
                | Start()
                | Lock()
                | Answer()
                | Detection()
                | WalkTest()
                | SelfTest()
                | Measure()
                | DryRun()
            ):
                yield await _reply(desk.submit(actor, asked(request)))
            case Statements():
                yield speaking.read(desk)
            case Statement():
                yield await speaking.answered(desk, request, caller, _reply)
            case Drill():
                yield await drilling.asked(desk, request, actor, _reply)
            case Drills():
                yield drilling.read(desk, request)
            case Tabletop():
                yield await tabletop.asked(desk, request, actor, _reply)
            case User():
                yield _changed(request.name, await accounts.user(desk.people, request, actor))
            case Token() if request.room and room_of(desk.plan, request.room) is None:
                yield _refusal("no_such_screen", room=request.room)
            case Token():
                yield _changed(request.name, await accounts.token(desk.people, request, actor))
            case Known():
                await desk.people.until_loaded(READ_S)
                yield _data(accounts.known(desk.people, request))
            case Firmware():
                yield await _read(desk, "firmware")
            case ImportBundle():
                yield await _imported(desk, request, actor)
            case BookAsk() | BookRead():
                yield await booked(desk, request, actor)
            case ImportFloorplan():
                yield await floorplans.bring_in(desk, request, actor)
            case DropFloorplan():
                yield await floorplans.drop(desk, request, actor)
            case Map():
                yield await floorplans.told(desk, request)
            case LeaveSafeMode():
                yield await _reply(desk.leave_safe_mode(actor))
            case VerifyJournal():
                yield _data(await desk.verify_journal(request.rebuild, request.evidence))
            case Rows():
                async for batch in desk.rows(request.incident):
                    yield {"ok": True, "data": list(batch), "more": True}
                yield _data([])
            case Export():
                try:
                    made = await desk.export(request.incident, request.redact, actor)
                except KeyError:
                    yield _refusal("unknown_incident", incident=request.incident)
                else:
                    yield _data({"path": str(made)})
            case Post():
                yield await self._post(request, caller)
            case ReadBook():
                yield await books.read(desk, request)
            case ImportAssets():
                yield await books.bring_in(desk, request, actor)
            case _:
                assert_never(request)

    async def _post(self, request: Post, caller: Caller) -> dict[str, Any]:
        of = post.incident_of(self._desk, request)
        if isinstance(of, Reply):
            return _refusal(of.code)
        if request.verb == "show":
            found = post.document(self._desk, of)
            return _refusal("not_live") if found is None else _data(found)
        silent = caller.may(self._desk.rights, "look-duress")
        return await _reply(
            self._desk.submit(caller.actor, post.asked(self._desk, request, of, silent=silent))
        )

    async def _released(self, request: Release, asking: Actor) -> dict[str, Any]:
        """A release, in the name and by the code of a person who may: the socket alone opens no door."""
        came = instant()
        unknown = [one for one in request.doors if one not in self._desk.plan.doors]
        if unknown:
            # Before the code is used up.
            return _refusal("unknown_door", door=", ".join(unknown))
        if not request.user or not request.code:
            return _refusal("factor_needed")
        vouched = await self._desk.people.vouched(request.user, request.code, asking, asking)
        if isinstance(vouched, NotSignedIn):
            return _refusal(f"factor_{vouched.why}", user=request.user, seconds=vouched.wait_s)
        return await _reply(self._desk.submit(vouched.actor, released(request, came)))

    async def _watch(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, caller: Caller
    ) -> None:
        """A snapshot now and at every beat, until the caller hangs up."""
        hung_up = asyncio.ensure_future(reader.read(1))
        try:
            while not hung_up.done():
                await _say(writer, {"ok": True, "data": picture(self._desk, caller), "more": True})
                await asyncio.wait([hung_up], timeout=self._watch_every_s)
        finally:
            hung_up.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await hung_up


async def _reply(waiting: Any) -> dict[str, Any]:
    try:
        async with asyncio.timeout(SUBMIT_S):
            reply: Reply = await waiting
    except TimeoutError:
        return _refusal("late", seconds=int(SUBMIT_S))
    args = dict(reply.args)
    return {
        "ok": reply.done,
        "code": reply.code,
        "args": args,
        "words": words.reply(reply.code, args),
        "incident": reply.incident,
        "durable": reply.durable,
        "more": False,
    }


async def _read(desk: Desk, query: str) -> dict[str, Any]:
    try:
        return _data(msgspec.json.decode(await desk.read_book(query)))
    except NotDone as err:
        return _refusal(err.code, **dict(err.said))


async def _imported(desk: Desk, request: ImportBundle, actor: Actor) -> dict[str, Any]:
    """A list of flaws, which takes its process up to minutes."""
    try:
        return _data(await desk.take_bundle(actor, request.kind, request.file))
    except Refused as err:
        return _refusal("bundle_refused", reason=err.code, what=err.what, do=err.do)
    except NotDone as err:
        return _refusal("bundle_unrecorded", reason=err.code)


def _changed(name: str, made: Done | str) -> dict[str, Any]:
    """What became of a change of accounts; `secret` is in this answer and nowhere else."""
    if not isinstance(made, Done):
        return _refusal(made, name=name)
    return {
        "ok": True,
        "code": "done",
        "data": {"id": made.id, "secret": list(made.secret)},
        "durable": made.durable,
        "more": False,
    }


def _data(data: object) -> dict[str, Any]:
    return {"ok": True, "data": data, "more": False}


def _refusal(code: str, **args: str | int) -> dict[str, Any]:
    return {"ok": False, "code": code, "args": args, "words": words.reply(code, args), "more": False}


async def _say(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    writer.write(msgspec.json.encode(answer) + b"\n")
    async with asyncio.timeout(WRITE_S):
        await writer.drain()


async def _turn_away(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, refusal: dict[str, Any]
) -> None:
    """Refuse a caller whose request is still unread: a socket closed on unread bytes would lose the answer too."""
    await _say(writer, refusal)
    async with asyncio.timeout(READ_S):
        while await reader.read(LONGEST):
            pass


def _peer_uid(writer: asyncio.StreamWriter) -> int:
    sock: socket.socket = writer.get_extra_info("socket")
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return int(uid)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        there = path.stat()
    except OSError:
        return None
    return there.st_dev, there.st_ino
