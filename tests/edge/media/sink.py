"""A WebRTC viewer that decodes nothing: connects as a browser does, takes the packets, reports and complains as told."""

import asyncio
import re
from typing import Any

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
from aiortc.rtp import (
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtpPacket,
    is_rtcp,
)

PAYLOAD = 102
OFFER = """v=0
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
    """packets: all that came, in order of arrival."""

    def __init__(self) -> None:
        self.packets: list[RtpPacket] = []
        self.stirred = asyncio.Event()
        self.keep = True
        self.came = 0
        self.lose = -1
        """Of the packets on the wire, the number of the one that never comes."""
        self._on_wire = 0
        self._ssrc = 1
        self.media = 0

    async def offer(self) -> str:
        """What a browser would POST."""
        self._gatherer = RTCIceGatherer(iceServers=[])
        connection: Any = self._gatherer._connection
        connection.ice_controlling = True
        true = connection.get_component_candidates
        connection.get_component_candidates = lambda component, addresses: true(component, ["127.0.0.1"])
        await self._gatherer.gather()
        self._dtls = RTCDtlsTransport(RTCIceTransport(self._gatherer), [RTCCertificate.generateCertificate()])
        mine = self._gatherer.getLocalParameters()
        print_of = next(
            one.value for one in self._dtls.getLocalParameters().fingerprints if one.algorithm == "sha-256"
        )
        return OFFER.format(ufrag=mine.usernameFragment, password=mine.password, fingerprint=print_of)

    async def take(self, answer: str) -> None:
        """Connect as the answer says."""

        def said(pattern: str) -> str:
            found = re.search(pattern, answer)
            assert found is not None
            return found[1]

        host, port = said(r"a=candidate:1 1 udp \d+ (\S+)"), int(said(r"a=candidate:1 1 udp \d+ \S+ (\d+)"))
        self.media = int(said(r"a=ssrc:(\d+)"))
        ice = self._dtls.transport
        await ice.addRemoteCandidate(RTCIceCandidate(1, "1", host, port, 2130706431, "udp", "host"))
        await ice.addRemoteCandidate(None)
        true_recv = ice._recv

        async def heard() -> bytes:
            while True:
                data: bytes = await true_recv()
                if not 127 < data[0] < 192 or is_rtcp(data):
                    return data
                self._on_wire += 1
                if self._on_wire - 1 != self.lose:
                    return data

        ice._recv = heard
        self._dtls._set_role("server")
        async with asyncio.timeout(20):
            await ice.start(RTCIceParameters(said(r"ice-ufrag:(\S+)"), said(r"ice-pwd:(\S+)")))
            await self._dtls.start(
                RTCDtlsParameters([RTCDtlsFingerprint("sha-256", said(r"fingerprint:sha-256 (\S+)"))])
            )
        assert self._dtls.state == "connected"
        codec = RTCRtpCodecParameters("video/H264", 90000, payloadType=PAYLOAD)
        receiver: Any = self
        self._dtls._register_rtp_receiver(receiver, RTCRtpReceiveParameters(codecs=[codec]))

    async def until(self, packets: int) -> None:
        """Until so many came."""
        async with asyncio.timeout(20):
            while self.came < packets:
                self.stirred.clear()
                await self.stirred.wait()

    async def report(self) -> None:
        """That it is there, as a browser does each second."""
        await self._dtls._send_rtp(bytes(RtcpRrPacket(ssrc=self._ssrc)))

    async def lost_picture(self) -> None:
        """PLI."""
        await self._dtls._send_rtp(
            bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=self._ssrc, media_ssrc=self.media))
        )

    async def lost(self, *sequence: int) -> None:
        """NACK."""
        packet = RtcpRtpfbPacket(
            fmt=RTCP_RTPFB_NACK, ssrc=self._ssrc, media_ssrc=self.media, lost=list(sequence)
        )
        await self._dtls._send_rtp(bytes(packet))

    async def leave(self) -> None:
        """As a browser that closes its page."""
        await self._dtls.stop()
        await self._dtls.transport.stop()

    async def vanish(self) -> None:
        """As a browser whose machine is switched off."""
        await self._dtls.transport.stop()

    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        self.came += 1
        if self.keep:
            self.packets.append(packet)
        self.stirred.set()

    async def _handle_rtcp_packet(self, packet: object) -> None:
        pass

    def _handle_disconnect(self) -> None:
        pass
