"""One connection to the mail server: made when it is needed, kept while there is work, closed when anything went wrong on it."""

import asyncio
import contextlib
import socket
import ssl
from dataclasses import field
from email.message import EmailMessage
from typing import TYPE_CHECKING, Final, Literal

from drivers.outputs.trust import believing
from rules.model.values import dataclass

if TYPE_CHECKING:
    from aiosmtplib import SMTP

Tls = Literal["required", "offered", "none"]
SMTPS_PORT: Final = 465
"""Where TLS begins with the first byte (RFC 8314 section 3.3)."""
_LEAVE_S: Final = 0.5
"""How long a server may take to say goodbye."""


class Failed(Exception):
    """Not delivered. The code says why; nothing that a server said is kept, for it may name an address.

    unreachable, timeout, closed (it hung up), tls, auth, refused (for good), deferred (it asks to be tried later).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Server:
    """tls: required (its certificate verified), offered (what it can, by whatever certificate), none.

    authority: PEM of who vouches for its certificate; None: the system's authorities. answer_s: for each of its answers.
    """

    host: str
    port: int
    tls: Tls = "offered"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    authority: str | None = field(default=None, repr=False)
    answer_s: float = 8.0

    def context(self) -> ssl.SSLContext:
        """How TLS is spoken with it, as `believing` makes it."""
        context = believing(self.authority)
        if self.tls == "offered":
            # Unverified is worse than verified and better than clear, which is what this one takes too (RFC 7435).
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


class Line:
    """Belongs to the loop's thread, and to one transaction at a time."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client: SMTP | None = None
        self.fresh = True
        """Whether this connection has not carried a mail yet."""

    @property
    def up(self) -> bool:
        """Whether it stands, as far as is known."""
        return self._client is not None and self._client.is_connected

    async def ready(self, context: ssl.SSLContext) -> None:
        """Stand, logged in. Raises `Failed`."""
        if self.up:
            return
        self.drop()
        self.fresh = True
        secure = self._server.tls != "none"
        try:
            self._client = await self._opened(context if secure else None)
        except Failed as failed:
            if failed.code != "tls" or self._server.tls != "offered":
                raise
            self._client = await self._opened(None)

    async def send(self, mail: EmailMessage, sender: str, to: str) -> None:
        """One transaction. Raises `Failed`; a line that was refused a recipient still stands."""
        from aiosmtplib import SMTPException, SMTPRecipientsRefused

        if self._client is None:
            raise Failed("closed")
        self.fresh = False
        try:
            await self._client.send_message(mail, sender=sender, recipients=[to])
        except SMTPRecipientsRefused as refused:
            raise Failed(_code(refused.recipients[0])) from None
        except (SMTPException, OSError) as error:
            raise Failed(_code(error)) from None
        except BaseException:
            # In the midst of a transaction: nobody knows whose answer comes next.
            self.drop()
            raise

    async def end(self) -> None:
        """Say goodbye, and close. Who asks meanwhile gets another connection."""
        client, self._client = self._client, None
        if client is None:
            return
        from aiosmtplib import SMTPException

        try:
            with contextlib.suppress(SMTPException, OSError):
                await client.quit(timeout=_LEAVE_S)
        finally:
            client.close()

    def drop(self) -> None:
        """Close without a word."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def _opened(self, context: ssl.SSLContext | None) -> "SMTP":
        """context None: in clear. Raises `Failed`."""
        import aiosmtplib

        server = self._server
        sock = await self._reached()
        at_once = context is not None and server.port == SMTPS_PORT
        client = aiosmtplib.SMTP(
            hostname=server.host,
            sock=sock,
            # Our address and not our name: finding that out may take a name server's time-out.
            local_hostname=_literal(sock),
            timeout=server.answer_s,
            use_tls=at_once,
            start_tls=False,
            tls_context=context,
        )
        step = "connect"
        # From here on the socket is the transport's, and closing it is too.
        try:
            await client.connect()
            if context is not None and not at_once:
                step = "tls"
                await self._encrypt(client)
            if server.username is not None:
                step = "auth"
                await client.login(server.username, server.password or "")
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise Failed(_code(error, step)) from None
        except BaseException:
            client.close()
            raise
        return client

    async def _encrypt(self, client: "SMTP") -> None:
        from aiosmtplib import SMTPHeloError

        try:
            await client.ehlo()
        except SMTPHeloError:
            await client.helo()
        if client.supports_extension("starttls"):
            await client.starttls()
        elif self._server.tls == "required":
            raise Failed("tls")

    async def _reached(self) -> socket.socket:
        """A socket connected to the first of its addresses that answers. Raises `Failed`."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._server.answer_s):
                found = await loop.getaddrinfo(self._server.host, self._server.port, type=socket.SOCK_STREAM)
                for family, kind, proto, _, address in found:
                    with contextlib.suppress(OSError):
                        return await _connected(socket.socket(family, kind, proto), address)
        except TimeoutError:
            raise Failed("timeout") from None
        except OSError:
            pass
        raise Failed("unreachable")


async def _connected(sock: socket.socket, address: object) -> socket.socket:
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, address)  # type: ignore[arg-type]
    except BaseException:
        sock.close()
        raise
    return sock


def _literal(sock: socket.socket) -> str:
    """RFC 5321 section 4.1.3."""
    address = str(sock.getsockname()[0]).partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _code(error: Exception, step: str = "") -> str:
    """Why a step or a transaction failed."""
    from aiosmtplib import SMTPConnectError, SMTPResponseException, SMTPServerDisconnected, SMTPStatus

    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return "tls"
    if isinstance(error, SMTPServerDisconnected):
        return "tls" if step == "tls" else "closed"
    if isinstance(error, SMTPResponseException):
        if error.code == SMTPStatus.domain_unavailable and not step:
            return "closed"
        return step if step in ("tls", "auth") else "refused" if error.code >= 500 else "deferred"
    if isinstance(error, SMTPConnectError):
        return "unreachable"
    if isinstance(error, OSError):
        return "closed"
    return step if step in ("tls", "auth") else "refused"
