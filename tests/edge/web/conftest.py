"""Certificates made on the spot, and a listener with two pages on a spare loopback port."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from edge.web.listening import Listen, Listener

NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Pair:
    """A self-made certificate for 127.0.0.1 and its key, as files."""

    certificate: Path
    private_key: Path


def make_pair(
    folder: Path,
    not_after: datetime = NOW + timedelta(days=30),
    encryption: KeySerializationEncryption | None = None,
) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "campus-edge test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(1999, 1, 1, tzinfo=UTC))
        .not_valid_after(not_after)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pair = Pair(folder / "cert.pem", folder / "key.pem")
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    pair.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
    pair.private_key.write_bytes(pem)
    return pair


def passphrase() -> KeySerializationEncryption:
    return BestAvailableEncryption(b"a passphrase")


@dataclass
class Served:
    """A running listener; `told` holds what it said of itself."""

    listen: Listen
    told: list[tuple[str, bool, tuple[str, ...]]] = field(default_factory=list)
    turned: asyncio.Event = field(default_factory=asyncio.Event)
    listener: Listener = field(init=False)

    def __post_init__(self) -> None:
        self.listener = Listener(self.listen, self._application, self._tell, again_s=0.01)

    def _application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/healthz", self._alive)
        return app

    async def _alive(self, request: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    def _tell(self, code: str, active: bool, args: tuple[str, ...]) -> None:
        self.told.append((code, active, args))
        self.turned.set()

    async def until_told(self, count: int) -> None:
        while len(self.told) < count:
            self.turned.clear()
            await asyncio.wait_for(self.turned.wait(), 10)

    async def until_open(self) -> int:
        await asyncio.wait_for(self.listener.opened.wait(), 10)
        return self.listener.port


Serve = Callable[[Listen], Awaitable[Served]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    running: list[asyncio.Task[None]] = []

    async def start(listen: Listen) -> Served:
        served = Served(listen)
        running.append(asyncio.create_task(served.listener.run()))
        return served

    yield start
    for task in running:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
