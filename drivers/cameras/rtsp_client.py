"""Our own engine: one stream of a camera over RTSP, read without decoding, on the loop."""

from typing import Final, NoReturn

from drivers.cameras.address import resolve
from drivers.cameras.malformed import Malformed
from drivers.cameras.rtsp_auth import Authority
from drivers.cameras.rtsp_connection import Redirected
from drivers.cameras.rtsp_session import RtspSession, followed, redirected
from drivers.cameras.rtsp_url import clean, host_and_port
from drivers.cameras.stream import Sink, Source, StreamLost

MOST_HOPS: Final = 4


class RtspClient:
    """See `stream.Engine`."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def run(self, sink: Sink) -> NoReturn:
        """Play until the stream is lost. Raises StreamLost; follows a camera elsewhere only within the campus."""
        source = self._source
        try:
            url = clean(source.url)
        except Malformed as bad:
            raise StreamLost("unreachable", str(bad)) from None
        configured = target = await resolve(host_and_port(url)[0])
        authority = Authority(source.user, source.password)
        again = True
        hops = 0
        while True:
            session = RtspSession(source, sink, url, configured, authority)
            try:
                await session.run(target)
            except Redirected as hop:
                hops += 1
                if hops > MOST_HOPS:
                    raise StreamLost("answer", "redirected too often") from None
                url = redirected(hop.location, url)
                target = await resolve(host_and_port(url)[0])
                followed(configured, target)
                # Another host is never told the password in clear, and its challenges are its own.
                authority = Authority(source.user, source.password, basic=target == configured)
                again = True
            except StreamLost as lost:
                # Some cameras hang up behind a challenge: they are answered over a new connection, once.
                if not (lost.code == "closed" and session.challenged and again):
                    raise
                again = False
