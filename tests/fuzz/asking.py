"""What people and programs send: the local socket's lines, the API's bodies, queries, places and keys, pages' forms."""

import asyncio
import atexit
import json
from typing import Any, Final

import msgspec
from aiohttp import web
from multidict import MultiDictProxy
from yarl import URL

from edge.control import requests
from edge.control.requests import NotARequest
from edge.web.api import reading
from edge.web.api.events import Following, From, position_of
from edge.web.api.forms import PLACE, Asked, Id, Ids, KindAsked, Words
from edge.web.api.lists import InZone
from edge.web.api.repeating import Answer, repeated
from edge.web.enclosed import LONGEST_FIELD, Enclosed, NotEnclosed
from edge.web.once import Once
from edge.web.pages.forms import LONGEST_TEXT, MOST_VALUES, form_of
from edge.web.problem import Problem
from edge.web.route import Visit
from tests.edge.web.enclosing import MARK, sent
from tests.fuzz import strict


class _Query:
    """As much of a request as a query is read from, made of the request line as aiohttp makes it."""

    def __init__(self, text: str) -> None:
        self.query: MultiDictProxy[str] = URL.build(path="/x", query_string=text, encoded=True).query


class _Sent:
    """As much of a request as a form is read from; http-live sends them over a socket."""

    content_type = "application/x-www-form-urlencoded"
    headers: Final[dict[str, str]] = {}

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def read(self) -> bytes:
        return self._data


class Body(Asked, frozen=True, kw_only=True):
    """Every form of member that the API's own models have."""

    kind: KindAsked
    doors: Ids
    reason: Words
    name: Id = "x"
    minutes: int = 1
    sure: bool = False


_QUERIES: Final = (From, Following, InZone)
_loop: Final = asyncio.new_event_loop()
atexit.register(_loop.close)


def control(data: bytes) -> None:
    """One line at the socket: a request that says the same again when it is written, or a reason."""
    try:
        request = requests.parse(data)
    except NotARequest as refused:
        assert str(refused)
        return
    said = strict.json(data.rstrip(b"\n"), deepest=200)
    assert isinstance(said, dict), "a request from what is no object"
    assert requests.parse(msgspec.json.encode(request)) == request
    known = {field.encode_name for field in msgspec.structs.fields(type(request))} | {"do"}
    assert set(said) <= known, "a member that nobody knows was passed over"
    if isinstance(request, requests.Press | requests.Start):
        assert said.get("kind") == request.kind, "a press or start whose kind nobody said"
    for one in (getattr(request, name, "") for name in ("reason", "person", "name", "user", "second")):
        assert isinstance(one, str)
        assert not any(ord(each) < 0x20 or 0x7F <= ord(each) < 0xA0 for each in one)


def body(data: bytes) -> None:
    """A body of the API: the model with what every reader finds in it, or a problem with a place."""
    try:
        model = reading.body(Body, data)
    except Problem as problem:
        assert problem.status in (400, 422)
        assert problem.response().body
        return
    said = strict.json(data, deepest=200)
    assert isinstance(said, dict)
    assert len(json.loads(data, object_pairs_hook=list)) == len(said), "a name that was given twice"
    assert set(said) <= {"kind", "doors", "reason", "name", "minutes", "sure"}
    assert said["kind"] == model.kind in ("real", "drill", "exercise")
    assert said["doors"] == model.doors
    assert all(0x21 <= ord(one) <= 0x7E for door in model.doors for one in door), (
        "a door with a space in its name"
    )
    assert said["reason"] == model.reason
    assert 0 < len(model.reason) <= 2_000
    assert not any(ord(one) < 0x20 or 0x7F <= ord(one) < 0xA0 for one in model.reason)


def query(data: bytes) -> None:
    """A query string: the model's values within their bounds, or a problem."""
    if not data:
        return
    model = _QUERIES[data[0] % len(_QUERIES)]
    text = data[1:].decode("latin-1")
    if any(one <= " " or one == "#" or one >= "\x7f" for one in text):
        return  # no such request line reaches us: aiohttp answers 400
    asked: Any
    try:
        visit = Visit(_Query(text), None, None)  # type: ignore[arg-type]  # nothing else is asked
        asked = reading.query(visit, model)
    except Problem as problem:
        assert problem.status == 422
        assert problem.response().body
        return
    limit = getattr(asked, "limit", 1)
    assert type(limit) is int
    assert 1 <= limit <= 500
    after = asked.after
    if after is not None and not isinstance(asked, InZone):
        place(after.encode())
    assert set(visit.request.query) <= {field.name for field in msgspec.structs.fields(model)}


def place(data: bytes) -> None:
    """EPOCH:SEQ: read to what it says, or a problem."""
    text = data.decode("latin-1")
    try:
        epoch, seq = position_of(text)
    except Problem as problem:
        assert problem.status == 422
        return
    assert 1 <= seq < 10**16
    assert f"{epoch}:{seq}" == text, f"{PLACE} lets through what it does not say"
    assert set(epoch) <= set("0123456789abcdef-")


def key(data: bytes) -> None:
    """An Idempotency-Key and a body: what is asked twice by one key is done once, two bodies by one key never."""
    name, _, what = data.partition(b"\0")
    once: Once[Answer] = Once(60.0)
    done: list[bytes] = []

    async def do() -> web.Response:
        done.append(what)
        return web.Response(body=b"done")

    async def all_three() -> None:
        text = name.decode("latin-1")
        try:
            first = await repeated(once, "somebody", text, what, do)
        except Problem as problem:
            assert problem.status == 422
            assert not done
            return
        assert 1 <= len(text) <= 128
        assert all("!" <= one <= "~" for one in text)
        again = await repeated(once, "somebody", text, what, do)
        assert (first.body, again.body) == (b"done", b"done")
        assert len(done) == 1
        try:
            await repeated(once, "somebody", text, what + b"x", do)
        except Problem as problem:
            assert problem.status == 409
            assert len(done) == 1
            return
        raise AssertionError("one key for two bodies was let through")

    _loop.run_until_complete(all_three())


def form(data: bytes) -> None:
    """A page's form: bounded text by name, or a problem."""

    async def read() -> None:
        try:
            found = await form_of(Visit(_Sent(data), None, None))  # type: ignore[arg-type]  # nothing else is asked
        except Problem as problem:
            assert problem.status == 422
            return
        values = [value for each in found.fields.values() for value in each]
        assert len(values) <= MOST_VALUES
        assert all(len(one) <= LONGEST_TEXT for one in values)
        for name in found.fields:
            assert 0 <= found.number(name) < 10**9
            assert "\n" not in found.line(name)
            assert not any(ord(one) < 0x20 and one not in "\n\t" for one in found.text(name))
            found.text(name).encode()

    _loop.run_until_complete(read())


def enclosed(data: bytes) -> None:
    """A form with a file: the same in one piece as in many, bounded text beside it, or refused."""
    if not data:
        return

    def read(size: int) -> tuple[dict[str, str], bytes, bool] | None:
        try:
            one = Enclosed(MARK)
            file = b"".join(one.feed(data[at : at + size]) for at in range(1, len(data), size))
        except NotEnclosed:
            return None
        return one.fields, file, one.over

    whole, pieces = read(len(data)), read(data[0] % 40 + 1)
    assert whole == pieces
    if whole is None:
        return
    fields, file, _over = whole
    assert f"\r\n--{MARK}".encode() not in file
    assert all(len(one) <= LONGEST_FIELD and "\0" not in one for one in fields.values())


def enclosed_seeds() -> list[bytes]:
    return [
        b"\x07" + sent(b'{"a": 1}\r\n', ("kind", "cve"), ("key", "x")),
        b"\x00" + sent(b"", name=""),
        b"\x27" + sent(b"\r\n--" + MARK[:-1].encode(), ("a", "b\r\nc")),
        b"\x05" + sent(b"x", ("a", "\0")),
    ]


def control_seeds() -> list[bytes]:
    said: list[dict[str, Any]] = [
        {"do": "status", "watch": True},
        {"do": "press", "button": "pb-101", "kind": "real", "gesture": "hold"},
        {"do": "press", "button": "pb-101", "kind": "drill"},
        {"do": "lock", "doors": ["a-101", "a-102"], "reason": "x"},
        {"do": "release", "doors": ["a-101"], "reason": "x", "user": "R", "code": "123456"},
        {"do": "answer", "press": 1, "answer": "start", "reason": ""},
        {"do": "close", "reason": "x", "incident": "inc-1"},
        {"do": "close", "reason": "x\u0007"},
        {"do": "walk-test", "buttons": ["pb-101"], "minutes": 5, "person": "R"},
        {"do": "verify-journal", "rebuild": True},
        {"do": "rows", "incident": None},
        {"do": "export", "incident": "inc-1", "redact": True},
        {"do": "user", "verb": "add", "name": "R", "role": "staff", "password": "x"},
        {"do": "token", "verb": "create", "name": "R", "role": "viewer", "expires_utc_s": 2},
        {"do": "people", "what": "users"},
        {"do": "leave-safe-mode"},
        {"do": "post", "verb": "task", "task": 1, "state": "done", "reason": "x"},
        {"do": "post", "verb": "room", "room": "a-101", "word": "injured", "people": 3, "text": "x"},
    ]
    return [json.dumps(one).encode() + b"\n" for one in said] + [
        b'{"do":"press","kind":"real","kind":"drill","button":"b"}',
        b"[" * 5_000,
    ]


def body_seeds() -> list[bytes]:
    good = {
        "kind": "drill",
        "doors": ["a-101", "a-102"],
        "reason": "shots \u00e4",
        "minutes": 5.0,
        "sure": True,
    }
    return [
        json.dumps(good).encode(),
        json.dumps(good, ensure_ascii=False).encode(),
        b'{"kind":"real","kind":"drill","doors":["a"],"reason":"x"}',
        b'{"kind":"real","doors":["a b"],"reason":"x"}',
        b'{"kind":"real","doors":["a\\n"],"reason":"x\\n"}',
        b'{"kind":"real","doors":[],"reason":"","more":1,"minutes":1e400}',
        b"[" * 5_000,
    ]


def query_seeds() -> list[bytes]:
    epoch = b"3f2a7f2e-0000-4000-8000-000000000001"
    return [
        b"\0after=" + epoch + b":17&limit=5",
        b"\0limit=0&limit=1",
        b"\1after=" + epoch + b":17%0a",
        b"\2zone=a-1&after=a%20b&limit=500",
        b"\2zone=%ff&more=1",
        b"\0limit=1e2",
    ]


def place_seeds() -> list[bytes]:
    epoch = b"3f2a7f2e-0000-4000-8000-000000000001"
    return [
        epoch + b":17",
        epoch + b":0",
        epoch + b":17\n",
        epoch + b":9999999999999999",
        b" " + epoch + b":1",
    ]


def key_seeds() -> list[bytes]:
    return [b"7d3f\0{}", b"\0x", b"a b\0", b"~" * 128 + b"\0b", b"~" * 129 + b"\0b", b"k\n\0b"]


def form_seeds() -> list[bytes]:
    return [
        b"reason=all+clear&doors=a-101&doors=a-102&minutes=5",
        b"reason=%00&minutes=%D9%A1",
        b"a=b&" * 1_100,
        b"reason=%ff%fe%ed%a0%80",
        b"reason=\xff",
        b"&&=;=%&minutes=0000000009",
        b"reason=" + b"x" * 2_001,
    ]
