"""A child of the benchmark: WebRTC viewers that decode nothing: connect as a browser does, take packets, report each second.

`python -m edge.bench.cameras.sinks`. It gives offers and takes answers; the parent carries them to the page's own address.
"""

import asyncio
import contextlib
import re
from typing import Any, Final

from aiortc import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    RTCIceCandidate,
    RTCIceGatherer,
    RTCIceParameters,
    RTCIceTransport,
)
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpReceiveParameters
from aiortc.rtp import RtcpRrPacket, RtpPacket

from edge.bench.lines import Message, obey

PAYLOAD: Final = 102
REPORT_S: Final = 1.0
CONNECT_S: Final = 20.0
OFFER: Final = """v=0
o=- 1 1 IN IP4 0.0.0.0
s=-
t=0 0
a=group:BUNDLE 0
m=video 9 UDP/TLS/RTP/SAVPF 96 102
c=IN IP4 0.0.0.0
a=ice-ufrag:{ufrag}
a=ice-pwd:{password}
a=fingerprint:sha-256 {fingerprint}
a=setup:actpass
a=mid:0
a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
a=recvonly
a=rtcp-mux
a=rtpmap:96 VP8/90000
a=rtpmap:102 H264/90000
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
"""


class Sink:
    """One viewer. came: how many packets."""

    def __init__(self) -> None:
        self.came = 0
        self._gatherer = RTCIceGatherer(iceServers=[])

    async def offer(self) -> str:
        """What a browser would POST."""
        connection: Any = self._gatherer._connection
        connection.ice_controlling = True
        # aioice never offers loopback, and all of this happens on it.
        theirs = connection.get_component_candidates
        connection.get_component_candidates = lambda component, addresses: theirs(component, ["127.0.0.1"])
        await self._gatherer.gather()
        self._dtls = RTCDtlsTransport(RTCIceTransport(self._gatherer), [RTCCertificate.generateCertificate()])
        mine, prints = self._gatherer.getLocalParameters(), self._dtls.getLocalParameters().fingerprints
        fingerprint = next(one.value for one in prints if one.algorithm == "sha-256")
        return OFFER.format(ufrag=mine.usernameFragment, password=mine.password, fingerprint=fingerprint)

    async def take(self, answer: str) -> None:
        """Connect as the answer says. Raises ValueError, TimeoutError, ConnectionError."""
        candidate = r"a=candidate:1 1 udp \d+ "
        host, port = said(candidate + r"(\S+)", answer), int(said(candidate + r"\S+ (\d+)", answer))
        ice = self._dtls.transport
        await ice.addRemoteCandidate(RTCIceCandidate(1, "1", host, port, 2130706431, "udp", "host"))
        await ice.addRemoteCandidate(None)
        self._dtls._set_role("server")
        async with asyncio.timeout(CONNECT_S):
            await ice.start(
                RTCIceParameters(said(r"ice-ufrag:(\S+)", answer), said(r"ice-pwd:(\S+)", answer))
            )
            fingerprint = RTCDtlsFingerprint("sha-256", said(r"fingerprint:sha-256 (\S+)", answer))
            await self._dtls.start(RTCDtlsParameters([fingerprint]))
        if self._dtls.state != "connected":
            raise ConnectionError(self._dtls.state)
        codec = RTCRtpCodecParameters("video/H264", 90_000, payloadType=PAYLOAD)
        receiver: Any = self
        self._dtls._register_rtp_receiver(receiver, RTCRtpReceiveParameters(codecs=[codec]))

    async def report(self) -> None:
        """That it is there, as a browser does each second."""
        await self._dtls._send_rtp(bytes(RtcpRrPacket(ssrc=1)))

    async def leave(self) -> None:
        """As a browser that closes its page."""
        await self._dtls.stop()
        await self._dtls.transport.stop()

    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        self.came += 1

    async def _handle_rtcp_packet(self, packet: object) -> None:
        """A browser would set its clock by it."""

    def _handle_disconnect(self) -> None:
        """The parent sees it by what no longer comes."""


class Sinks:
    """Obeys: `offer` gives an SDP, `take` the newest one's answer, `packets` how many came of each, `leave` ends all."""

    def __init__(self) -> None:
        self._all: list[Sink] = []
        self._connected: list[Sink] = []
        self._reporting: asyncio.Task[None] | None = None

    async def orders(self, order: Message) -> Message:
        match order["do"]:
            case "offer":
                self._all.append(Sink())
                return {"sdp": await self._all[-1].offer()}
            case "take":
                await self._all[-1].take(order["answer"])
                self._connected.append(self._all[-1])
                if self._reporting is None:
                    self._reporting = asyncio.create_task(self._report(), name="viewers report")
                return {}
            case "packets":
                return {"packets": [one.came for one in self._all]}
            case "leave":
                if self._reporting is not None:
                    self._reporting.cancel()
                    await asyncio.gather(self._reporting, return_exceptions=True)
                    self._reporting = None
                for one in self._all:
                    await one.leave()
                self._all.clear()
                self._connected.clear()
                return {}
            case other:
                raise ValueError(other)

    async def _report(self) -> None:
        while True:
            for one in tuple(self._connected):
                with contextlib.suppress(ConnectionError):
                    await one.report()
            await asyncio.sleep(REPORT_S)


def said(pattern: str, answer: str) -> str:
    found = re.search(pattern, answer)
    if found is None:
        raise ValueError(f"the answer has no {pattern}")
    return found[1]


if __name__ == "__main__":
    asyncio.run(obey(Sinks().orders))
