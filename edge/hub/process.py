"""One process of the hub: `python -m edge.hub.process`, its `Settings` as one line of JSON on standard input.

It says `ready` on standard output once it listens, and ends when its input does: with whoever started it, or on SIGTERM.
"""

import asyncio
import gc
import os
import resource
import signal
import socket
import ssl
import sys
from asyncio import sslproto
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
import structlog
from aiohttp import web

from edge import logs
from edge.hub.database import Database
from edge.hub.server import Hub
from edge.hub.waking import listen
from edge.journal.keys import load_or_make

TLS_BUFFER: Final = 32 * 1024
"""asyncio keeps a quarter of a megabyte for each connection's reading; two records of TLS are enough, and thousands wait here."""
TURN_S: Final = 0.000_5
"""How long a thread that unpacks a batch keeps the interpreter from the loop. A live incident's events pass it some ten times on
their way to the disk, and with Python's own 5 ms they came in 50 ms, not in 10.
"""
BACKLOG: Final = 2_048
HANDSHAKE_S: Final = 60.0
LEAVE_S: Final = 20.0
"""At the end, for what is being taken."""

log = structlog.get_logger()


class Settings(msgspec.Struct, frozen=True):
    """database: its URL. keys: the folder of the hub's signing key. client_ca: whose client certificates are looked at."""

    database: str
    keys: str
    host: str
    port: int
    certificate: str = ""
    private_key: str = ""
    client_ca: str = ""


def tls(settings: Settings) -> ssl.SSLContext | None:
    """None: plain HTTP. Raises OSError, ssl.SSLError where a file is none."""
    if not settings.certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.certificate, settings.private_key or None)
    if settings.client_ca:
        context.load_verify_locations(settings.client_ca)
        context.verify_mode = ssl.CERT_OPTIONAL  # a campus with a token shows none
    return context


def bound(host: str, port: int) -> socket.socket:
    """A socket that shares its port with the other processes of this hub. Raises OSError."""
    found = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICSERV
    )
    family, kind, proto, _, address = found[0]
    made = socket.socket(family, kind, proto)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(address)
    except BaseException:
        made.close()
        raise
    return made


async def run(settings: Settings, ends: asyncio.Event) -> None:
    """Serve until told to end."""
    context = tls(settings)
    database = await Database.open(settings.database)
    hub = Hub(database, load_or_make(Path(settings.keys)))
    await hub.gate.learn()
    runner = web.AppRunner(
        hub.application(),
        access_log=None,
        auto_decompress=False,
        shutdown_timeout=LEAVE_S,
        keepalive_timeout=75.0,
    )
    await runner.setup()
    site = web.SockSite(runner, bound(settings.host, settings.port), ssl_context=context, backlog=BACKLOG)
    await site.start()
    if context is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _renewed, context, settings)
    tasks = [
        asyncio.create_task(listen(database, settings.database, hub.waiting, hub.gate.learn), name="listen"),
        asyncio.create_task(hub.heard(), name="heard"),
    ]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    ended = asyncio.create_task(ends.wait(), name="ends")
    try:
        done, _ = await asyncio.wait([ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        hub.stop()
        await runner.cleanup()
        for task in (ended, *tasks):
            task.cancel()
        await asyncio.gather(ended, *tasks, return_exceptions=True)
        await hub.note_heard()
        hub.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_S):
                await database.close()


def _renewed(context: ssl.SSLContext, settings: Settings) -> None:
    """SIGHUP: the certificate's files were replaced; whoever connects from now on sees the new one."""
    try:
        context.load_cert_chain(settings.certificate, settings.private_key or None)
    except (OSError, ssl.SSLError) as err:
        log.error("the new certificate cannot be used; the old one stays", error=str(err))


async def _main(settings: Settings) -> None:
    loop = asyncio.get_running_loop()
    ends = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, ends.set)
    loop.add_reader(sys.stdin.fileno(), ends.set)  # nothing more is said there: readable is its end
    await run(settings, ends)


def _first_line() -> bytes:
    # Not through a buffer: whatever came behind it would be in there, and the pipe would not be readable.
    line = b""
    while not line.endswith(b"\n"):
        if not (one := os.read(sys.stdin.fileno(), 1)):
            break
        line += one
    return line


def main() -> int:
    """Exit code 0: told to end."""
    logs.set_up()
    settings = msgspec.json.decode(_first_line(), type=Settings)
    with suppress(ValueError, OSError):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    sslproto.SSLProtocol.max_size = TLS_BUFFER
    sys.setswitchinterval(TURN_S)
    gc.freeze()
    asyncio.run(_main(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
