"""HTTP against a running daemon: requests spoilt at every place, over sockets, with sessions, tokens and nobody.

Nothing may fail (500), hang, be believed from nobody, or bring anything down: after it a press still locks.
"""

import argparse
import json
import random
import re
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edge.web.routes import ROUTES
from tests.edge.web.api.served import Served, serving
from tests.flow.rig import flags
from tests.fuzz import mutating

CALLERS: Final = 4
ANSWER_S: Final = 10.0
SHORT_S: Final = 0.25
EPOCH: Final = "3f2a7f2e-0000-4000-8000-000000000001"
BODIES: Final[dict[str, dict[str, object]]] = {
    "/api/v1/incidents": {"response": "secure", "zones": ["a"], "kind": "exercise", "reason": "fuzz"},
    "/api/v1/walk-tests": {"buttons": ["pb-native"], "minutes": 1, "person": "fuzz"},
    "/api/v1/doors/{id}/lock": {"reason": "fuzz"},
    "/api/v1/doors/{id}/unlock": {"reason": "fuzz"},
    "/api/v1/incidents/{id}/release": {"doors": ["tcp-1"], "reason": "fuzz"},
    "/api/v1/incidents/{id}/close": {"reason": "fuzz"},
    "/api/v1/incidents/{id}/notes": {"text": "fuzz"},
}
FORM: Final = b"response=secure&zone=a&kind=exercise&reason=fuzz&doors=tcp-1&name=Kim&password=x&code=1&text=x&held=held"
QUERIES: Final = (
    "",
    "?limit=5",
    f"?after={EPOCH}:3&limit=2",
    "?zone=a&after=x",
    "?screen=campus&of=a",
    "?limit=0&more=1",
)
HEADERS: Final = (
    b"Idempotency-Key: 7d3f", b"Last-Event-ID: 3f2a:1", b"Accept: text/html", b"Accept-Language: de;q=0.5", b"Range: bytes=0-1",
    b"If-None-Match: \"x\"", b"Expect: 100-continue", b"Transfer-Encoding: chunked", b"Content-Encoding: gzip",
    b"Sec-Fetch-Site: same-origin", b"X-Forwarded-For: 10.0.0.1", b"Upgrade: h2c",
)  # fmt: skip


class Broke(Exception):
    """An answer that may not be; the text says which, and to what."""


def seeds(served: Served) -> list[bytes]:
    """One request of each route by each kind of caller, whole and right in form."""
    found: list[bytes] = []
    for route in ROUTES:
        if route.stream or route.path.startswith("/static"):
            continue
        path = re.sub(r"\{id[^}]*\}", "tcp-1", route.path)
        path = re.sub(r"\{[^}]*\}", "x", path)
        for role, by in (
            ("administrator", "session"),
            ("staff", "session"),
            ("viewer", "token"),
            ("viewer", "none"),
        ):
            known = served.headers(role, by)  # type: ignore[arg-type]  # `By`
            head = [f"{name}: {value}".encode() for name, value in known.items()]
            body = b""
            if route.method == "POST" and path.startswith("/api/"):
                head.append(b"Content-Type: application/json")
                body = json.dumps(BODIES.get(route.path, {})).encode()
            elif route.method == "POST":
                head.append(b"Content-Type: application/x-www-form-urlencoded")
                body = FORM
            query = QUERIES[len(found) % len(QUERIES)] if route.method == "GET" else ""
            line = f"{route.method} {path}{query} HTTP/1.1".encode()
            found.append(whole([line, b"Host: " + served.origin[7:].encode(), *head], body))
    return found


def whole(head: list[bytes], body: bytes) -> bytes:
    """A request with its length."""
    return b"\r\n".join([*head, b"Content-Length: %d" % len(body), b"", body])


def spoilt(request: bytes, draw: random.Random) -> bytes:
    """The request with one of its parts changed; one in ten as bytes, whatever they then are."""
    if draw.random() < 0.1:
        return changed(request, draw)
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")[:-1]
    match draw.randrange(5):
        case 0:
            method, target, version = lines[0].split(b" ", 2)
            lines[0] = b" ".join((method, changed(target, draw).replace(b" ", b"+"), version))
        case 1:
            at = draw.randrange(1, len(lines))
            name, _, value = lines[at].partition(b": ")
            lines[at] = name + b": " + changed(value, draw).replace(b"\r", b"").replace(b"\n", b"")
        case 2:
            added = draw.choice(HEADERS)
            lines.append(added if draw.random() < 0.5 else changed(added, draw).replace(b"\n", b""))
        case 3:
            del lines[draw.randrange(1, len(lines))]
        case _:
            body = changed(body, draw)
    return whole(lines, body)


def changed(data: bytes, draw: random.Random) -> bytes:
    mutants = mutating.inputs([data], draw.randrange(2**32))
    next(mutants)
    return next(mutants)


def answers(address: tuple[str, int], request: bytes) -> bytes:
    """What is answered to these bytes. Raises Broke where an answer to a request with its length does not come."""
    # Of bytes that hold no whole request the daemon waits for the rest, as it should.
    head = request.partition(b"\r\n\r\n")[0].lower()
    patience_s = ANSWER_S if b"\r\ncontent-length: 0" in head and b"transfer-enc" not in head else SHORT_S
    with socket.create_connection(address, timeout=ANSWER_S) as link:
        found = b""
        try:
            link.sendall(request)
            link.settimeout(patience_s)
            while not complete(request, found) and (piece := link.recv(65_536)):
                found += piece
        except TimeoutError:
            if patience_s == ANSWER_S:
                raise Broke(f"no answer to {request!r}") from None
        except ConnectionError:
            pass  # it hung up on what it would not read; what came before that counts
        return found


def complete(request: bytes, answer: bytes) -> bool:
    """Whether an answer is all there."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    if b" 100 " in head[:14]:
        return complete(request, body)
    length = re.search(rb"\r\nContent-Length: (\d+)", head)
    if request.startswith(b"HEAD ") or b" 304 " in head[:14] or b" 204 " in head[:14]:
        return True
    return len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n")


def judge(request: bytes, answer: bytes) -> int:
    """The status; 0 where it was hung up on without one. Raises Broke for one that may not be."""
    found = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
    if found is None:
        return 0
    status = int(found[1])
    if status == 100:
        return judge(request, answer.partition(b"\r\n\r\n")[2])
    if status >= 500 and status not in (501, 503, 505):
        raise Broke(f"{status} to {request!r}: {answer[-300:]!r}")
    nobody = b"Bearer" not in request and b"campus-edge=" not in request
    to_api = request.startswith(b"POST /api/")
    if nobody and to_api and status < 400:
        raise Broke(f"{status} to nobody's {request!r}")
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"application/problem+json" in head and not request.startswith(b"HEAD") and b"chunked" not in head:
        told = json.loads(body[: body.rfind(b"}") + 1].partition(b"\r\nHTTP/1")[0])
        if told["status"] != status:
            raise Broke(f"{status} says {told['status']}: {request!r}")
    return status


def feed(served: Served, runs: int, seed: int) -> Counter[int]:
    """So many requests, from a few callers at once; how often each status came. Raises Broke."""
    address = (served.host, served.port)
    first = seeds(served)
    statuses: Counter[int] = Counter()
    broke: list[BaseException] = []
    numbers = iter(range(runs))
    guard = threading.Lock()

    def caller(number: int) -> None:
        draw = random.Random(seed * CALLERS + number)
        try:
            while not broke:
                with guard:
                    if next(numbers, None) is None:
                        return
                request = spoilt(draw.choice(first), draw)
                status = judge(request, answers(address, request))
                with guard:
                    statuses[status] += 1
        except BaseException as err:  # noqa: BLE001  # told below, where the test sees it
            broke.append(err)

    for request in first[: min(runs, len(first))]:
        statuses[judge(request, answers(address, request))] += 1
    callers = [threading.Thread(target=caller, args=(number,), daemon=True) for number in range(CALLERS)]
    for one in callers:
        one.start()
    for one in callers:
        one.join()
    if broke:
        raise broke[0]
    return statuses


def still_sound(served: Served) -> None:
    """Nothing failed, and a press still locks. Raises Broke."""
    failed = [
        line for line in served.campus.log.splitlines() if "request_failed" in line or "Traceback" in line
    ]
    if failed:
        raise Broke(f"in the log: {failed[0][:500]}")
    now = served.campus.status()
    if "part_failed" in flags(now) or not now["appliance"]["armed"]:
        raise Broke(f"armed {now['appliance']['armed']}, flags {flags(now)}")
    served.campus.broker.press("pb-native", "hold", f"after-{time.monotonic_ns()}")
    served.campus.until_secured("tcp-1", "tcp-2")


def memory_kib(pid: int) -> int:
    said = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"Pss:\s+(\d+) kB", said)
    assert found
    return int(found[1])


def pieces(runs: int, most: int = 50_000) -> Iterator[int]:
    while runs > 0:
        yield min(runs, most)
        runs -= most


def main() -> int:
    asked = argparse.ArgumentParser()
    asked.add_argument("--runs", type=int, required=True)
    asked.add_argument("--seed", type=int, default=1)
    options = asked.parse_args()
    statuses: Counter[int] = Counter()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "http") as served:
        daemon = served.campus.daemon
        assert daemon is not None
        for number, some in enumerate(pieces(options.runs)):
            try:
                statuses += feed(served, some, options.seed + number)
                still_sound(served)
            except Broke as broke:
                sys.stderr.write(f"{broke}\n{served.campus.log[-2_000:]}\n")
                return 1
            served.quiet()
            sys.stdout.write(
                f"{statuses.total()} requests, memory {memory_kib(daemon.pid)} KiB, {dict(statuses)}\n"
            )
            sys.stdout.flush()
    sys.stdout.write(f"Done {statuses.total()} runs\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
