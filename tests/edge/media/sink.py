"""The benchmark's WebRTC viewer, which also keeps what it was given, loses packets, and complains as told."""

import asyncio
from typing import Any

from aiortc.rtp import (
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPsfbPacket,
    RtcpRtpfbPacket,
    RtpPacket,
    is_rtcp,
)

from edge.bench.cameras import sinks
from edge.bench.cameras.sinks import OFFER, PAYLOAD, said

__all__ = ["OFFER", "PAYLOAD", "Sink"]


class Sink(sinks.Sink):
    """packets: all that came, in order of arrival."""

    def __init__(self) -> None:
        super().__init__()
        self.packets: list[RtpPacket] = []
        self.stirred = asyncio.Event()
        self.keep = True
        self.lose = -1
        """Of the packets on the wire, the number of the one that never comes."""
        self._on_wire = 0
        self.media = 0

    async def take(self, answer: str) -> None:
        self.media = int(said(r"a=ssrc:(\d+)", answer))
        ice: Any = self._dtls.transport
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
        await super().take(answer)

    async def until(self, packets: int) -> None:
        """Until so many came."""
        async with asyncio.timeout(20):
            while self.came < packets:
                self.stirred.clear()
                await self.stirred.wait()

    async def lost_picture(self) -> None:
        """PLI."""
        await self._dtls._send_rtp(bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=1, media_ssrc=self.media)))

    async def lost(self, *sequence: int) -> None:
        """NACK."""
        packet = RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=1, media_ssrc=self.media, lost=list(sequence))
        await self._dtls._send_rtp(bytes(packet))

    async def vanish(self) -> None:
        """As a browser whose machine is switched off."""
        await self._dtls.transport.stop()

    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        await super()._handle_rtp_packet(packet, arrival_time_ms)
        if self.keep:
            self.packets.append(packet)
        self.stirred.set()
