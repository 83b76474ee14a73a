"""Where the page listens: what a taken port or a bad certificate does is told, and nothing stops."""

import asyncio
import socket
import ssl
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from edge.web.listening import Listen
from tests.edge.web.conftest import NOW, Pair, Serve, make_pair, passphrase

LOOPBACK = Listen("127.0.0.1", 0)


async def get(url: str, tls: ssl.SSLContext | bool = True) -> tuple[int, Any, dict[str, str]]:
    async with aiohttp.ClientSession() as client, client.get(url, ssl=tls) as answer:
        return (
            answer.status,
            await answer.json(),
            {name.lower(): value for name, value in answer.headers.items()},
        )


def trusting(pair: Pair) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(pair.certificate))


async def test_with_a_certificate_it_speaks_tls_and_nothing_older_than_1_2(
    serve: Serve, tmp_path: Path
) -> None:
    pair = make_pair(tmp_path)
    served = await serve(Listen("127.0.0.1", 0, pair.certificate, pair.private_key))
    port = await served.until_open()

    assert (await get(f"https://127.0.0.1:{port}/healthz", trusting(pair)))[0] == 200
    old = trusting(pair)
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    # Python 3.11.2, Debian 12's, hangs up where later ones send the alert first.
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        await asyncio.open_connection("127.0.0.1", port, ssl=old)


async def test_a_taken_port_is_told_and_opened_as_soon_as_it_is_free(serve: Serve) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        served = await serve(Listen("127.0.0.1", port))

        await served.until_told(1)
        code, active, (detail,) = served.told[0]
        assert (code, active) == ("web_port", True)
        assert f"127.0.0.1:{port}" in detail

    assert await served.until_open() == port
    await served.until_told(2)
    assert served.told[1:] == [("web_port", False, ())]
    assert (await get(f"http://127.0.0.1:{port}/healthz"))[0] == 200


async def test_a_missing_certificate_is_told_once_and_taken_as_soon_as_it_is_there(
    serve: Serve, tmp_path: Path
) -> None:
    served = await serve(Listen("127.0.0.1", 0, tmp_path / "cert.pem", tmp_path / "key.pem"))
    await served.until_told(1)
    assert served.told[0][:2] == ("web_certificate", True)
    assert "cert.pem" in served.told[0][2][0]

    pair = make_pair(tmp_path)
    port = await served.until_open()

    assert (await get(f"https://127.0.0.1:{port}/healthz", trusting(pair)))[0] == 200
    await served.until_told(2)
    assert [one for one in served.told if not one[1]] == [("web_certificate", False, ())]


async def test_a_certificate_with_another_ones_key_is_told(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    certificate, key = make_pair(tmp_path).certificate, make_pair(tmp_path / "other").private_key

    served = await serve(Listen("127.0.0.1", 0, certificate, key))

    await served.until_told(1)
    assert served.told[0][:2] == ("web_certificate", True)
    assert not served.listener.opened.is_set()


async def test_a_key_with_a_passphrase_never_asks_on_the_terminal(serve: Serve, tmp_path: Path) -> None:
    pair = make_pair(tmp_path, encryption=passphrase())

    served = await serve(Listen("127.0.0.1", 0, pair.certificate, pair.private_key))

    await served.until_told(1)
    assert served.told[0][0] == "web_certificate"


async def test_an_expired_certificate_is_told_and_served_until_a_new_one_is_there(
    serve: Serve, tmp_path: Path
) -> None:
    pair = make_pair(tmp_path, not_after=NOW - timedelta(hours=1))
    served = await serve(Listen("127.0.0.1", 0, pair.certificate, pair.private_key))
    await served.until_told(1)
    assert served.told[0][:2] == ("web_certificate", True)
    assert "expired" in served.told[0][2][0]
    assert (await get(f"https://127.0.0.1:{await served.until_open()}/healthz", tls=False))[0] == 200

    renewed = make_pair(tmp_path)
    await served.until_told(2)

    assert served.told[-1] == ("web_certificate", False, ())
    assert (await get(f"https://127.0.0.1:{await served.until_open()}/healthz", trusting(renewed)))[0] == 200


async def test_plain_http_stays_on_loopback(serve: Serve) -> None:
    served = await serve(Listen("0.0.0.0", 0))

    await served.until_told(1)
    assert served.told[0][:2] == ("web_certificate", True)
    assert not served.listener.opened.is_set()


async def test_garbage_on_the_port_disturbs_nobody(serve: Serve) -> None:
    served = await serve(LOOPBACK)
    port = await served.until_open()
    for sent in (
        b"\x16\x03\x01garbage\r\n\r\n",
        b"GET " + b"/" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"\r\n" * 500,
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        writer.write_eof()
        await reader.read()
        writer.close()

    assert (await get(f"http://127.0.0.1:{port}/healthz"))[0] == 200


async def test_the_port_is_given_back_when_it_stops(serve: Serve) -> None:
    served = await serve(LOOPBACK)
    port = await served.until_open()
    running = [task for task in asyncio.all_tasks() if "Listener.run" in repr(task.get_coro())]

    running[0].cancel()
    await asyncio.wait(running)

    with socket.socket() as again:
        again.bind(("127.0.0.1", port))


def test_arming_does_not_wait_for_aiohttp() -> None:
    import subprocess

    code = "import sys, edge.web.listening; sys.exit('aiohttp' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
