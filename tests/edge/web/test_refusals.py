"""What is refused stands in the log: once, then counted, by opaque actor, without what was sent."""

import asyncio
from collections.abc import Mapping, Sequence

from structlog.testing import capture_logs
from yarl import URL

from edge.web.refusals import MOST, TOLD_EVERY_S, Refusals
from tests.edge.web.pages.conftest import Office, Serve, serve

__all__ = ["serve"]


def told(logs: Sequence[Mapping[str, object]]) -> list[tuple[object, ...]]:
    names = ("route", "method", "status", "actor", "times")
    return [tuple(one[name] for name in names) for one in logs if one["event"] == "web.refused"]


async def test_a_refusal_names_route_and_actor_and_nothing_that_was_sent(serve: Serve) -> None:
    served = await serve(Office())

    with capture_logs() as logs:
        await served.post("/incidents/inc-secret/notes", [("text", "secret")], "viewer")
        async with served.client.post(served.url + "/start", data={"response": "lockdown"}):
            pass

    assert told(logs) == [
        ("/incidents/{id}/notes", "POST", 403, "account:viewer", 1),
        ("/start", "POST", 403, "", 1),
    ]
    assert "secret" not in repr(logs)


async def test_who_hangs_up_half_way_is_no_failure_in_the_log(serve: Serve) -> None:
    served = await serve(Office())
    url = URL(served.url)
    with capture_logs() as logs:
        for _ in range(3):
            _, writer = await asyncio.open_connection(url.host, url.port)
            writer.write(
                b"POST /sign-in HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 100\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\n\r\nx=abc"
            )
            await writer.drain()
            assert (await served.get("/healthz", None))[0] == 200  # it is being read by now
            writer.close()
            await writer.wait_closed()
            assert (await served.get("/healthz", None))[0] == 200

    assert logs == []


def test_a_thousand_refusals_are_a_line_and_then_a_number() -> None:
    now = [0.0]
    refusals = Refusals(lambda: now[0])
    with capture_logs() as logs:
        for _ in range(1_000):
            refusals.note(("/start", "POST", 403, ""))
        now[0] = TOLD_EVERY_S
        refusals.note(("/close", "POST", 403, "token:1"))

    assert [line[-1] for line in told(logs)] == [1, 999, 1]


def test_a_thousand_different_ones_are_bounded_too() -> None:
    refusals = Refusals(lambda: 0.0)
    with capture_logs() as logs:
        for number in range(1_000):
            refusals.note(("/start", "POST", 403, f"token:{number}"))

    assert len(told(logs)) == MOST + 1
