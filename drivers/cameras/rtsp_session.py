"""One conversation with a camera: described, set up, played, kept alive, left.

Source: RFC 2326 sections 10 (methods), 12.37 (time-out), 12.39 (Transport); RFC 3550 section 6.2 (how often to report).
"""

import asyncio
import contextlib
import ipaddress
import random
import ssl
from collections.abc import Callable
from typing import Final, cast

from drivers.cameras.address import Address, may_follow
from drivers.cameras.malformed import Malformed
from drivers.cameras.rtcp import Goodbye, read_rtcp, receiver_report
from drivers.cameras.rtp import RtpStream
from drivers.cameras.rtsp_auth import Authority, NoAnswer, read_challenges
from drivers.cameras.rtsp_connection import Redirected, RtspConnection, now_us
from drivers.cameras.rtsp_message import Answer, Asked, Headers
from drivers.cameras.rtsp_tls import another_name, context, pinned
from drivers.cameras.rtsp_tracks import Reading, audio_section, video_of
from drivers.cameras.rtsp_transport import SESSION_S, read_session, read_transport
from drivers.cameras.rtsp_udp import UdpPair
from drivers.cameras.rtsp_url import base, clean, controls, host_and_port, joined
from drivers.cameras.sdp import read_sdp
from drivers.cameras.stream import AccessUnit, Sink, Source, StreamLost, Transport, Unserved

REPORT_S: Final = 5.0
MOST_CHALLENGES: Final = 3
_UNAUTHORIZED: Final = frozenset((401, 403, 407))
_NO_AGGREGATE: Final = frozenset((404, 405, 455, 459))
_TRANSPORT_REFUSED, _SESSION_GONE, _RANGE_REFUSED = 461, 454, 457


class RtspSession:
    """Used once: `run` plays until the stream is lost."""

    def __init__(
        self, source: Source, sink: Sink, url: str, configured: Address, authority: Authority
    ) -> None:
        """url: clean. configured: the address the source was configured with; redirections lead elsewhere."""
        self._source, self._sink, self._url = source, sink, url
        self._configured, self._authority = configured, authority
        self._answer_s = source.answer_us / 1e6
        self._session = ""
        self._timeout_s = float(SESSION_S)
        self._aggregate = url
        self._described = b""
        self._methods = ""
        self._pairs: list[UdpPair] = []
        self._reporting: list[tuple[RtpStream, Callable[[bytes], None]]] = []
        self._ssrc = random.getrandbits(32)
        self._told = False
        self._chosen: Transport = "tcp"
        self._video: Reading | None = None
        self._connection: RtspConnection | None = None
        self.challenged = False
        """The camera's last answer asked who we are, and it has said nothing since."""

    async def run(self, address: Address) -> None:
        """Connect to `address`, play, stay. Raises StreamLost, `Redirected` among them; never returns."""
        connection = self._connection = await self._connect(address)
        try:
            readings, base_url = await self._describe()
            played = await self._set_up(readings, base_url, address)
            await self._play(played)
            await self._stay(connection)
        except Malformed as bad:
            raise StreamLost("malformed", str(bad)) from None
        finally:
            self._leave(connection)

    # --- Connection's owner ---

    def asked(self, request: Asked) -> None:
        if request.method == "REDIRECT" and request.get("location"):
            raise Redirected(request.get("location"))
        if request.method == "TEARDOWN":
            raise StreamLost("ended", "the camera ended the session")
        if request.method == "ANNOUNCE" and request.body and request.body != self._described:
            raise StreamLost("ended", "the camera announced another stream")

    # --- steps ---

    async def _connect(self, address: Address) -> RtspConnection:
        host, port, secure = host_and_port(self._url)
        ca_file = self._source.ca_file
        if not secure:
            return await self._open(address, host, port, None)
        try:
            return await self._open(address, host, port, context(ca_file))
        except ssl.SSLCertVerificationError as bad:
            if ca_file is None or not another_name(bad):
                raise StreamLost("tls", bad.verify_message) from None
        try:
            connection = await self._open(address, host, port, context(ca_file, by_name=False))
        except ssl.SSLCertVerificationError as bad:
            raise StreamLost("tls", bad.verify_message) from None
        shown = connection.transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        if not pinned(ca_file, shown):
            connection.transport.abort()
            raise StreamLost("tls", "the certificate carries another name")
        return connection

    async def _open(
        self, address: Address, host: str, port: int, secure: ssl.SSLContext | None
    ) -> RtspConnection:
        try:
            async with asyncio.timeout(self._answer_s):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: RtspConnection(self),
                    str(address),
                    port,
                    ssl=secure,
                    server_hostname=host if secure else None,
                )
        except TimeoutError:
            raise StreamLost("unreachable", f"no connection within {self._answer_s:g} s") from None
        except ConnectionRefusedError:
            raise StreamLost("refused", "nobody listens there") from None
        except ssl.SSLCertVerificationError:
            raise
        except ssl.SSLError as bad:
            raise StreamLost("tls", bad.reason or str(bad)) from None
        except OSError as bad:
            raise StreamLost("unreachable", bad.strerror or str(bad)) from None
        return connection

    async def _describe(self) -> tuple[list[Reading], str]:
        said = await self._ask("OPTIONS", self._url)
        if said.status == 200:
            self._methods = said.get("public").upper()
        answer = self._good(await self._ask("DESCRIBE", self._url, ("Accept", "application/sdp")))
        self._described = answer.body
        description = read_sdp(answer.body)
        base_url = base(self._url, answer.get("content-base"), answer.get("content-location"))
        self._aggregate = controls(base_url, self._url, description.control)[0]
        self._video = video_of(description, self._picture, self._sink.missing)
        readings = [self._video]
        if self._source.audio and (audio := audio_section(description, self._sink.audio)):
            readings.append(audio)
        return readings, base_url

    async def _set_up(self, readings: list[Reading], base_url: str, address: Address) -> list[str]:
        """Each section, over TCP or UDP. Returns the addresses that were set up."""
        by = self._source.transport
        self._chosen = by or "tcp"
        played: list[str] = []
        for number, reading in enumerate(readings):
            try:
                urls = controls(base_url, self._url, reading.section.control)
                accepted = await self._set_up_one(reading, urls, number, address)
            except (StreamLost, Malformed) as refused:
                if reading.pictures is None and not self._live().ended.done() and _of_this(refused):
                    continue  # pictures without sound
                raise
            if accepted is None and by is None and self._chosen == "tcp" and not played:
                self._chosen = "udp"
                accepted = await self._set_up_one(reading, urls, number, address)
            if accepted is None:
                if reading.pictures is None:
                    continue  # pictures without sound
                raise StreamLost("answer", f"461: the camera does not send over {self._chosen.upper()}")
            played.append(accepted)
        return played

    async def _set_up_one(
        self, reading: Reading, urls: tuple[str, ...], number: int, address: Address
    ) -> str | None:
        """The address that was set up; None where the camera refuses the transport."""
        answer, url = None, urls[0]
        pair: UdpPair | None = None
        if self._chosen == "udp":
            local = self._live().transport.get_extra_info("sockname")[0]
            pair = UdpPair(ipaddress.ip_address(local), self._live().guarded)
            self._pairs.append(pair)
            wanted = f"RTP/AVP;unicast;client_port={pair.ports[0]}-{pair.ports[1]}"
        else:
            wanted = f"RTP/AVP/TCP;unicast;interleaved={2 * number}-{2 * number + 1}"
            self._listen(reading.stream, (2 * number, 2 * number + 1))
        for url in urls:
            answer = await self._ask("SETUP", url, ("Transport", wanted))
            if answer.status not in (404, 400, 451):
                break
        if answer is None or answer.status == _TRANSPORT_REFUSED:
            return None
        self._good(answer)
        if answer.get("session"):
            self._session, self._timeout_s = read_session(answer.get("session"))
        chosen = read_transport(answer.get("transport"))
        if chosen.multicast:
            raise Unserved("engine", "the camera only sends to a group (multicast)")
        if pair is None:
            if chosen.interleaved is None and chosen.server_ports and not chosen.tcp:
                return None
            self._listen(reading.stream, chosen.interleaved or (2 * number, 2 * number + 1))
            return url
        if chosen.tcp or chosen.interleaved is not None:
            return None
        sender = self._sender(address, chosen.source)
        pair.start(sender, reading.stream.packet, self._reports_of(reading.stream))
        if chosen.server_ports:
            pair.punch(sender, chosen.server_ports)
        self._reporting.append((reading.stream, pair.send_report))
        return url

    def _sender(self, address: Address, said: str) -> str:
        """Whose datagrams are taken: the camera's, or those of the address that it names, if it may lead us there."""
        with contextlib.suppress(ValueError):
            named = ipaddress.ip_address(said)
            if named.version == address.version and may_follow(self._configured, named):
                return str(named)
        return str(self._live().transport.get_extra_info("peername")[0])

    def _listen(self, stream: RtpStream, channels: tuple[int, int]) -> None:
        connection = self._live()
        report = self._reports_of(stream)

        def rtcp(buffer: bytearray, start: int, end: int, at_us: int) -> None:
            report(bytes(buffer[start:end]), at_us)

        mine = connection.reader.channels
        for channel in [one for one, take in mine.items() if take == stream.packet]:
            mine.pop(channel, None)
            connection.reader.runs.pop(channel, None)
        self._reporting = [each for each in self._reporting if each[0] is not stream]
        mine[channels[1]] = rtcp
        mine[channels[0]] = stream.packet
        connection.reader.runs[channels[0]] = stream.run
        self._reporting.append((stream, lambda data: connection.write_frame(channels[1], data)))

    def _reports_of(self, stream: RtpStream) -> Callable[[bytes, int], None]:
        def heard(data: bytes, at_us: int) -> None:
            for one in read_rtcp(data):
                if isinstance(one, Goodbye):
                    if not one.ssrcs or stream.ssrc in one.ssrcs:
                        raise StreamLost("ended", "the camera said goodbye")
                elif (clock := stream.report(one, at_us)) is not None and self._is_video(stream):
                    self._sink.clock(clock)

        return heard

    def _is_video(self, stream: RtpStream) -> bool:
        return self._video is not None and self._video.stream is stream

    async def _play(self, urls: list[str]) -> None:
        range_ = ("Range", "npt=0.000-")
        answer = await self._ask("PLAY", self._aggregate, range_)
        if answer.status == _RANGE_REFUSED:
            answer = await self._ask("PLAY", self._aggregate)
        if answer.status in _NO_AGGREGATE and urls != [self._aggregate]:
            for url in urls:
                self._good(await self._ask("PLAY", url, range_))
        else:
            self._good(answer)
        self._tell()

    async def _stay(self, connection: RtspConnection) -> None:
        """Report and keep the session alive until it is lost."""
        loop = asyncio.get_running_loop()
        every_s = max(0.5, self._timeout_s / 2)
        alive_at, report_at = loop.time() + every_s, loop.time() + REPORT_S / 2
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(min(alive_at, report_at)):
                    await asyncio.shield(connection.ended)
            now = loop.time()
            if now >= report_at:
                report_at = now + REPORT_S * random.uniform(0.5, 1.5)  # noqa: S311 - spreads reports
                self._report()
            if now >= alive_at:
                alive_at = now + every_s
                await self._keep_alive()

    def _report(self) -> None:
        for stream, send in self._reporting:
            received = stream.reception(now_us())
            send(receiver_report(self._ssrc, [received] if received else []))

    async def _keep_alive(self) -> None:
        """GET_PARAMETER, or OPTIONS where that is not understood. A camera that does not answer may still send."""
        method = "OPTIONS" if self._methods and "GET_PARAMETER" not in self._methods else "GET_PARAMETER"
        try:
            answer = await self._ask(method, self._aggregate)
        except StreamLost as lost:
            if lost.code != "silent":
                raise
            self._methods = "OPTIONS"
            return
        if answer.status == _SESSION_GONE:
            raise StreamLost("closed", "the camera no longer knows the session")
        if method == "GET_PARAMETER" and answer.status != 200:
            self._methods = "OPTIONS"

    def _leave(self, connection: RtspConnection) -> None:
        for pair in self._pairs:
            pair.close()
        if self._session and not connection.transport.is_closing():
            with contextlib.suppress(Malformed):
                connection.send_unasked(
                    "TEARDOWN", self._aggregate, self._headers("TEARDOWN", self._aggregate)
                )
        connection.leave()

    # --- requests ---

    async def _ask(self, method: str, url: str, *headers: tuple[str, str]) -> Answer:
        for _ in range(MOST_CHALLENGES):
            answer = await self._live().request(
                method, url, (*headers, *self._headers(method, url)), self._answer_s
            )
            self.challenged = answer.status == 401
            if not self.challenged:
                return answer
            try:
                again = self._authority.challenged(read_challenges(answer.all("www-authenticate")))
            except NoAnswer as why:
                raise StreamLost("unauthorized", str(why)) from None
            if not again:
                break
        raise StreamLost("unauthorized", "the camera refuses this user and password")

    def _headers(self, method: str, url: str) -> Headers:
        found: Headers = ()
        if self._session:
            found += (("Session", self._session),)
        said = self._authority.header(method, url)
        return (*found, ("Authorization", said)) if said else found

    def _good(self, answer: Answer) -> Answer:
        """Raises StreamLost for an answer that is none of success."""
        status = answer.status
        if 200 <= status < 300:
            return answer
        if 300 <= status < 400 and answer.get("location"):
            raise Redirected(answer.get("location"))
        if status in _UNAUTHORIZED:
            raise StreamLost("unauthorized", f"{status} {answer.reason}")
        if status == 404:
            raise StreamLost("not_found", "the camera has no stream of this name")
        raise StreamLost("answer", f"{status} {answer.reason}")

    def _live(self) -> RtspConnection:
        return cast("RtspConnection", self._connection)

    # --- what comes ---

    def _picture(self, unit: AccessUnit) -> None:
        if not self._told:
            self._tell()
        self._sink.unit(unit)

    def _tell(self) -> None:
        """Once, as soon as it plays: some cameras send before they answer."""
        if not self._told and self._video is not None and self._video.pictures is not None:
            self._told = True
            self._sink.opened("own", self._chosen, self._video.pictures.track)


def _of_this(refused: StreamLost | Malformed) -> bool:
    """Whether one section alone was refused."""
    return isinstance(refused, Malformed) or refused.code in ("answer", "not_found")


def redirected(location: str, base_url: str) -> str:
    """The clean address of a redirection. Raises StreamLost `answer` for one that cannot be followed."""
    try:
        found = clean(joined(base_url, location))
    except Malformed as bad:
        raise StreamLost("answer", f"redirected: {bad}") from None
    if base_url.startswith("rtsps:") and not found.startswith("rtsps:"):
        raise StreamLost("answer", "redirected from TLS to a connection in clear")
    return found


def followed(configured: Address, target: Address) -> None:
    """Raises StreamLost where a camera may not send us there."""
    if not may_follow(configured, target):
        raise StreamLost("answer", "redirected to an address outside the campus")
