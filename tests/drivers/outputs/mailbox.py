"""A real SMTP server (aiosmtpd) on loopback that keeps what it accepts, and can refuse, be slow, or hang up."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

PASSWORD = "correct horse"


@dataclass(eq=False)
class Mailbox:
    """port: where it listens. mails: (recipient, mail, whether by TLS), as accepted.

    most_mails: of one connection; the next is answered with 421, or (abrupt) with the end of the connection.
    """

    port: int = 0
    mails: list[tuple[str, EmailMessage, bool]] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    silent_to: set[str] = field(default_factory=set)
    kept_waiting: int = 0
    each_takes_s: float = 0.0
    most_mails: int | None = None
    abrupt: bool = False
    most_connections: int | None = None
    taken: dict[Session, int] = field(default_factory=dict)
    logins: list[bool] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    most_open: int = 0
    envelopes: list[tuple[str | None, list[str]]] = field(default_factory=list)

    def to(self) -> list[str]:
        return sorted(to for to, _, _ in self.mails)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.silent_to:
            self.kept_waiting += 1
            await asyncio.sleep(60)
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.most_mails is not None and self.taken.get(session, 0) >= self.most_mails:
            if self.abrupt:
                assert isinstance(server.transport, asyncio.Transport)
                server.transport.abort()
            return "421 enough of you"
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(self.each_takes_s)
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        for to in envelope.rcpt_tos:
            self.mails.append((to, mail, session.ssl is not None))
        self.taken[session] = self.taken.get(session, 0) + len(envelope.rcpt_tos)
        return "250 OK"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        good = getattr(data, "password", b"") == PASSWORD.encode()
        self.logins.append(good)
        return AuthResult(success=good, handled=False)


class _Counted(SMTP):
    box: Mailbox
    _counted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        box = self.box
        if not self._counted:
            self._counted = True
            box.connections += 1
            box.open += 1
            box.most_open = max(box.most_open, box.open)
            if box.most_connections is not None and box.open > box.most_connections:
                assert isinstance(transport, asyncio.Transport)
                transport.write(b"421 too many connections\r\n")
                transport.close()
                return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.box.open -= 1
        if self._handler_coroutine is not None:
            super().connection_lost(error)


@contextlib.asynccontextmanager
async def mailbox(tls: ssl.SSLContext | None = None, login: bool = False) -> AsyncIterator[Mailbox]:
    box = Mailbox()

    def serve() -> SMTP:
        server = _Counted(
            box,
            hostname="mail.test",
            tls_context=tls,
            authenticator=box.authenticate if login else None,
            auth_required=login,
            auth_require_tls=tls is not None,
            loop=asyncio.get_running_loop(),
        )
        server.box = box
        return server

    server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield box
