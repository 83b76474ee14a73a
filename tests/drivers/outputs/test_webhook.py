"""A webhook against a real HTTPS server: signed, sent where it is configured and nowhere else, and ended within its time."""

import asyncio
import base64
import contextlib
import json
import ssl
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from drivers.base import NotPermitted
from drivers.outputs.webhook import Webhook, WebhookConfig
from drivers.outputs.webhook_message import signature
from rules.model.ids import OutputId
from rules.model.kinds import DRILL
from tests.drivers.outputs.receiving import receiver
from tests.drivers.outputs.telling import LOCKDOWN, OUTPUT, Told, certificate, notice, running

SECRET = bytes(range(32))


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    """A server's TLS, and the PEM of who vouches for it."""
    key, cert = certificate(tmp_path_factory.mktemp("tls"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, cert.read_text()


def webhook(url: str, authority: str | None = None, within_s: float = 10.0) -> Webhook:
    return Webhook(WebhookConfig(OUTPUT, "lincoln-hs", url, SECRET, authority), within_s)


async def ended(route: Webhook) -> tuple[str, str, int, int]:
    async with running(route) as told:
        return await told.of(notice())


async def test_a_receiver_is_told_in_json_signed_by_the_standard_webhooks_scheme(
    secured: tuple[ssl.SSLContext, str],
) -> None:
    context, authority = secured
    async with receiver(context) as to:
        async with running(webhook(f"https://127.0.0.1:{to.port}/alarm?key=1", authority)) as told:
            assert await told.of(notice()) == ("received", "", 1, 1)
            assert await told.of(notice(id=2)) == ("received", "", 1, 1)
            assert await told.of(notice(id=3, number=8, response=None, kind=DRILL)) == ("received", "", 1, 1)
        (path, headers, body), (_, again, _), (_, over, end) = to.heard

    assert (path, headers["Content-Type"], headers["User-Agent"]) == (
        "/alarm",
        "application/json",
        "campus-edge",
    )
    said = json.loads(body)
    assert abs(datetime.fromisoformat(said.pop("at")).timestamp() - time.time()) < 60
    assert said == {
        "campus": "lincoln-hs", "incident": "inc-3", "kind": "real", "response": "lockdown", "zone": "a", "number": 7,
        "text": LOCKDOWN.text,
    }  # fmt: skip
    cleared = json.loads(end)
    assert (cleared["kind"], cleared["response"], cleared["text"][:6]) == ("drill", None, "DRILL:")

    said_at = int(headers["webhook-timestamp"])
    assert headers["webhook-signature"] == signature(SECRET, headers["webhook-id"], said_at, body)
    assert abs(said_at - time.time()) < 60
    assert headers["webhook-id"] == again["webhook-id"] != over["webhook-id"]


async def test_a_program_is_told_who_did_not_acknowledge_by_a_message_of_its_own() -> None:
    missing = replace(notice(id=2), unheard=((OutputId("screens"), "101"), (OutputId("mail"), "")))
    async with receiver(None) as to:
        async with running(webhook(f"http://127.0.0.1:{to.port}/alarm")) as told:
            await told.of(notice())
            assert await told.of(missing) == ("received", "", 1, 1)
        (_, first, body), (_, second, named) = to.heard
    assert "unacknowledged" not in json.loads(body)
    assert json.loads(named)["unacknowledged"] == [
        {"output": "screens", "room": "101"},
        {"output": "mail", "room": None},
    ]
    assert first["webhook-id"] != second["webhook-id"]


def test_the_signature_is_that_of_the_schemes_own_example() -> None:
    """Of the specification's reference libraries: secret, id, time and body of their tests."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    said = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert said == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/elsewhere", "redirected"),
        ("/?status=410", "refused"),
        ("/?status=429", "deferred"),
        ("/?status=503", "deferred"),
        ("/hangs-up", "closed"),
    ],
)
async def test_whoever_does_not_take_it_is_told_and_nobody_else_is_asked(path: str, code: str) -> None:
    async with receiver(None) as to:
        assert await ended(webhook(f"http://127.0.0.1:{to.port}{path}")) == ("failed", code, 0, 1)
        assert len(to.heard) == 1


async def test_a_certificate_that_nobody_vouches_for_is_told_and_nothing_is_sent(
    secured: tuple[ssl.SSLContext, str], tmp_path: Path
) -> None:
    context, _ = secured
    _, other = certificate(tmp_path)
    async with receiver(context) as to:
        for authority in (
            None,
            other.read_text(),
            "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n",
        ):
            assert await ended(webhook(f"https://127.0.0.1:{to.port}/", authority)) == ("failed", "tls", 0, 1)
        assert to.heard == []


async def test_who_never_answers_and_who_answers_without_end_hold_nothing_up() -> None:
    async with receiver(None) as to:
        silent = webhook(f"http://127.0.0.1:{to.port}/silent", within_s=0.2)
        assert await ended(silent) == ("failed", "timeout", 0, 1)
        assert await ended(webhook(f"http://127.0.0.1:{to.port}/endless")) == ("received", "", 1, 1)
        assert to.endless < 200


@pytest.mark.parametrize(
    ("drops", "ends"), [(1, ("received", "", 1, 1)), (9, ("failed", "unreachable", 0, 1))]
)
async def test_a_connection_that_breaks_before_anything_was_sent_is_made_once_more(
    drops: int, ends: tuple[str, str, int, int], secured: tuple[ssl.SSLContext, str]
) -> None:
    context, authority = secured
    came = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        came += 1
        if came > drops:
            await writer.start_tls(context)
            await reader.readuntil(b"}")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await ended(webhook(f"https://127.0.0.1:{port}/", authority)) == ends
    assert came == 2


async def test_a_newer_notice_of_a_zone_takes_the_place_of_one_that_is_not_answered() -> None:
    async with (
        receiver(None) as to,
        running(webhook(f"http://127.0.0.1:{to.port}/silent", within_s=0.3)) as told,
    ):
        told._route.tell(notice(), LOCKDOWN)
        await told.until(lambda: len(to.heard) == 1)
        assert (await told.of(notice(id=2, number=8)))[1] == "timeout"
        assert [end.notice for end in told.ended] == [2]


async def test_the_secret_is_not_shown_and_an_unsealed_notice_is_not_taken() -> None:
    route = webhook("https://127.0.0.1/")
    assert "x01" not in repr(route._config)
    with pytest.raises(NotPermitted):
        route.tell(replace(notice(), seal=object()), LOCKDOWN)
    assert Told(route).ended == []
