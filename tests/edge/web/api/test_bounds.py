"""What a stranger on the wire may do to the page: little, for long, and never to a press."""

import socket

import pytest

from tests.edge.web.api.served import Served
from tests.flow.waiting import wait_for


def dialled(api: Served) -> socket.socket:
    link = socket.create_connection((api.host, api.port))
    link.settimeout(30)
    return link


def answered(link: socket.socket) -> bytes:
    data = b""
    while more := link.recv(65_536):
        data += more
    return data


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X-Many: 1\r\n" * 500 + b"\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
    ids=[
        "long address",
        "long header",
        "many headers",
        "negative length",
        "two lengths",
        "TLS on plain HTTP",
    ],
)
def test_a_head_out_of_bounds_is_refused_as_a_problem_and_hung_up_on(api: Served, head: bytes) -> None:
    link = dialled(api)
    link.sendall(head)
    said = answered(link)
    link.close()

    assert b" 400 " in said.splitlines()[0]
    assert b"application/problem+json" in said
    assert b"aiohttp" not in said.lower()
    assert b"Traceback" not in said


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        ({"Content-Encoding": "gzip"}, b"this is no gzip", 415),
        ({}, b'{"buttons": ' + b"[" * 700 + b"]" * 700 + b"}", 400),
        ({}, b'{"a": ' * 700 + b"1" + b"}" * 700, 400),
    ],
    ids=["not packed as said", "lists in lists", "objects in objects"],
)
def test_a_body_that_cannot_be_read_is_a_problem_and_no_failure_of_ours(
    api: Served, head: dict[str, str], body: bytes, status: int
) -> None:
    known = {**api.headers("administrator", "token"), "Content-Type": "application/json", **head}
    got = api.send("POST", "/api/v1/walk-tests", body, known)
    assert (got.status, got.headers["content-type"]) == (status, "application/problem+json"), got.body


def test_a_packed_body_is_unpacked_for_nobody_and_fills_no_log(api: Served) -> None:
    """Refused before its body was read, it was a traceback in the log each time."""
    for _ in range(3):
        got = api.send("POST", "/api/v1/walk-tests", b"this is no gzip", {"Content-Encoding": "gzip"})
        assert got.status in (401, 403), got.body
    assert "Traceback" not in api.campus.log


@pytest.mark.parametrize("reason", ["over\n", "\n"])
def test_a_text_that_ends_in_a_line_break_is_refused_as_the_document_says(api: Served, reason: str) -> None:
    """`$` of a Python pattern stands before a last line break too."""
    got = api.post("doors/tcp-1/lock", {"reason": reason})
    assert (got.status, got.json["errors"][0]["path"]) == (422, "$.reason"), got.body
    assert api.get("events?after=3f2a7f2e-0000-4000-8000-000000000001:17%0A").status == 422
    assert api.post("walk-tests", {"buttons": ["pb-native\n"], "minutes": 1, "person": "x"}).status == 422


@pytest.mark.parametrize("head", [{"Authorization": b"Bearer \xff\xfe"}, {"Cookie": b"campus-edge=\xff\xfe"}])
def test_a_secret_that_is_no_text_is_nobodys(api: Served, head: dict[str, bytes]) -> None:
    link = dialled(api)
    lines = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in head.items())
    link.sendall(b"GET /api/v1/campus HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + lines + b"\r\n")
    said = answered(link)
    link.close()
    assert b" 401 " in said.splitlines()[0]


def test_what_is_not_there_or_not_so_is_told_with_what_to_do(api: Served) -> None:
    nowhere, not_so = api.get("nowhere"), api.post("campus", {})
    assert (nowhere.status, "/api/v1/openapi.json" in nowhere.json["detail"]) == (404, True)
    assert (not_so.status, not_so.headers["allow"]) == (405, "GET,HEAD")
    assert "GET" in not_so.json["detail"]


def test_a_program_that_would_release_is_told_that_a_person_does(api: Served) -> None:
    got = api.post("release-session", {"code": "123456"})
    assert (got.status, "a person signs in" in got.json["detail"]) == (403, True)


def test_an_expectation_of_no_kind_is_passed_over(api: Served) -> None:
    assert api.send("GET", "/healthz", headers={"Expect": "banana"}).status == 200
    known = {**api.headers("administrator", "token"), "Content-Type": "application/json"}
    got = api.send("POST", "/api/v1/walk-tests", b"{}", {**known, "Expect": "100-continue"})
    assert got.status == 422


def test_who_sends_a_byte_now_and_then_holds_no_place_for_long(api: Served) -> None:
    """Slow loris: heads and bodies that never end. A press is answered meanwhile, and they are hung up on."""
    known = "".join(f"{name}: {value}\r\n" for name, value in api.headers("administrator", "token").items())
    body = dialled(api)
    body.sendall(
        f"POST /api/v1/doors/tcp-1/lock HTTP/1.1\r\nHost: x\r\n{known}Content-Type: application/json\r\n"
        "Content-Length: 1000\r\n\r\n{".encode()
    )
    heads = [dialled(api) for _ in range(50)]
    for one in heads:
        one.sendall(b"GET /api/v1/campus HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    api.campus.broker.press("pb-native", "hold", "loris")
    api.campus.until_secured()
    assert api.get("campus").status == 200

    for one in heads:
        one.sendall(b"x")
        one.settimeout(20)
    for one in heads:
        answered(one)
        one.close()
    said = b""
    while b"\r\n\r\n" not in said:
        said += body.recv(65_536)
    body.close()
    assert b" 408 " in said.splitlines()[0]


def test_a_flood_of_nobody_keeps_nobody_from_starting(api: Served) -> None:
    """No rate limit stands in the way of a start, whoever else hammers the page."""
    for _ in range(100):
        assert api.get("campus", by="revoked").status == 401
    done = api.start()
    assert (done.status, done.json["durable"]) == (200, True)
    wait_for("it locks", lambda: api.campus.devices.locked("tcp-1") or None)


@pytest.mark.parametrize(
    "path", ["/api/v1/campus", "/api/v1/openapi.json", "/healthz", "/static/x/page.css", "/doors"]
)
def test_head_is_answered_as_get_is_without_the_body(api: Served, path: str) -> None:
    headers = api.headers("administrator", "token")
    got, head = api.send("GET", path, None, headers), api.send("HEAD", path, None, headers)
    assert (got.status, head.status, head.body) == (200, 200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


def test_a_stream_has_no_head_to_ask_for(api: Served) -> None:
    for path in ("/api/v1/events/stream", "/events/page?screen=campus"):
        assert api.send("HEAD", path, None, api.headers("administrator", "token")).status == 405


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "campus"), ("GET", "doors"), ("GET", "openapi.json"), ("POST", "walk-tests")]
)
def test_a_query_that_is_not_known_is_refused_by_its_name_everywhere(
    api: Served, method: str, path: str
) -> None:
    headers = api.headers("administrator", "token")
    refused = api.send(method, f"/api/v1/{path}?sort=name", None if method == "GET" else b"{}", headers)
    assert refused.status == 422
    assert [one["path"] for one in refused.json["errors"]] == ["$.sort"]
