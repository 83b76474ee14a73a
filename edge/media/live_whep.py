"""The first door to a live picture: WebRTC by WHEP, H.264 passed through as the camera sent it. Only here is aiortc.

Of aiortc we take ICE, DTLS and SRTP; the offer is read (`live_sdp`), pictures are packed (`live_rtp`, once for all) and
sent by ourselves, so that a viewer begins with the newest key picture, what was lost is sent again from there, and
each picture carries its own time. `Viewers.offer` answers a POST, `Viewers.end` a DELETE.

Nobody is spoken to but who spoke to us first with the password of the answer: no STUN server, no relay, no name is
looked up, and the addresses in an offer are not read.
"""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Literal

import structlog
from aiortc import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    RTCIceGatherer,
    RTCIceParameters,
    RTCIceTransport,
)
from aiortc.clock import current_ntp_time
from aiortc.rtcrtpparameters import RTCRtpSendParameters
from aiortc.rtp import (
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpByePacket,
    RtcpPsfbPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
)

from edge.media.hub import Hub
from edge.media.live_rtp import Packed, Packer, header
from edge.media.live_sdp import Malformed, Ours, answer, choose, read
from rules.model.values import dataclass

log = structlog.get_logger()

Refused = Literal["malformed", "no_h264", "codec", "reordered", "no_picture", "full", "address"]
DEFAULT_MOST: Final = 32
CONNECTED_WITHIN_S: Final = 10.0
SILENT_S: Final = 30.0
"""A browser reports every second (RTCP) and answers for its consent; one that does neither so long is gone."""
MOST_WAITING: Final = 150
REPLAY_EVERY_S: Final = 0.5
_HISTORY: Final = 512
"""Packets that can be sent again: one second at 5 Mbit/s."""
_BURST: Final = 32
_BREATH_S: Final = 0.002
"""After so many packets in a row: other cameras' packets are read meanwhile, and a receiver's buffer is emptied."""


class NotServed(Exception):
    """This door does not serve. `code` decides what the page does: the next door (all but `full`, `no_picture`).

    `malformed`, `no_h264`: of the offer. `codec`: the stream is H.265. `reordered`: it has B-frames, which WebRTC shows
    as stutter. `no_picture`: nothing known of the stream yet. `full`: as many viewers as are allowed. `address`: no
    port could be opened where the page listens.
    """

    def __init__(self, code: Refused, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code: Refused = code


@dataclass(frozen=True, slots=True)
class Answer:
    """viewer: names it in a DELETE. sdp: the answer, `application/sdp`."""

    viewer: str
    sdp: str


class Viewers:
    """Everybody who looks through this door; belongs to the loop's thread.

    ended: told each viewer's name and why they left: `ended`, `closed`, `silent`, `not_connected`, `unservable`, `failed`.
    """

    def __init__(self, most: int = DEFAULT_MOST, ended: Callable[[str, str], None] | None = None) -> None:
        self._most = most
        self._ended = ended or (lambda viewer, why: None)
        self._packers: dict[Hub, Packer] = {}
        self._viewers: dict[str, tuple[_Viewer, asyncio.Task[None]]] = {}
        self._opening = 0
        self._certificate = RTCCertificate.generateCertificate()
        self._certificate_at = time.monotonic()

    @property
    def count(self) -> int:
        """How many look, or are about to."""
        return len(self._viewers) + self._opening

    async def offer(self, hub: Hub, sdp: str, address: str) -> Answer:
        """Answer a browser's offer. address: of this host, where the page was asked for. Raises `NotServed`."""
        track = hub.track
        if track is None:
            raise NotServed("no_picture")
        if track.codec != "h264":
            raise NotServed("codec")
        if track.reordered:
            raise NotServed("reordered")
        try:
            asked = read(sdp)
        except Malformed as refused:
            raise NotServed("malformed", str(refused)) from None
        chosen = choose(asked, track.profile_level)
        if chosen is None:
            raise NotServed("no_h264")
        if self.count >= self._most:
            raise NotServed("full")
        self._opening += 1
        try:
            gatherer = await _gathered(address)
        finally:
            self._opening -= 1
        candidate = gatherer.getLocalCandidates()[0]
        dtls = RTCDtlsTransport(RTCIceTransport(gatherer), [self._current_certificate()])
        viewer = _Viewer(dtls, chosen[0], asked.playout_delay)
        mine = gatherer.getLocalParameters()
        ours = Ours(
            ufrag=mine.usernameFragment or "",
            password=mine.password or "",
            fingerprint=next(
                one.value for one in dtls.getLocalParameters().fingerprints if one.algorithm == "sha-256"
            ),
            host=candidate.ip,
            port=candidate.port,
            ssrc=viewer.ssrc,
            clock=time.monotonic_ns() * 9 // 100_000,
        )
        name = secrets.token_urlsafe(12)
        theirs = RTCIceParameters(usernameFragment=asked.ufrag, password=asked.password)
        fingerprints = [RTCDtlsFingerprint(algorithm, value) for algorithm, value in asked.fingerprints]
        looking = self._look(
            name, viewer, hub, theirs, RTCDtlsParameters(fingerprints=fingerprints, role="server")
        )
        self._viewers[name] = viewer, asyncio.create_task(looking, name=f"a viewer of {hub.camera}")
        return Answer(name, answer(asked, *chosen, ours))

    async def end(self, viewer: str) -> bool:
        """They left. False: nobody of that name looks."""
        found = self._viewers.get(viewer)
        if found is None:
            return False
        looker, task = found
        task.cancel()
        await asyncio.wait([task])
        # A task that is cancelled before its first step never gets to its end.
        if self._viewers.pop(viewer, None) is not None:
            await looker.stop()
        return True

    async def close(self) -> None:
        """Everybody leaves."""
        for viewer in tuple(self._viewers):
            await self.end(viewer)

    async def _look(
        self, name: str, viewer: "_Viewer", hub: Hub, ice: RTCIceParameters, dtls: RTCDtlsParameters
    ) -> None:
        why = "ended"
        try:
            why = await self._connected(viewer, hub, ice, dtls)
        except Exception as broken:  # noqa: BLE001 - one viewer's end, whatever aiortc made of their packets
            why = "failed"
            log.warning("a viewer's connection broke", camera=hub.camera, kind=type(broken).__name__)
        finally:
            self._viewers.pop(name, None)
            self._ended(name, why)
            with suppress(Exception):
                await viewer.stop()

    async def _connected(
        self, viewer: "_Viewer", hub: Hub, ice: RTCIceParameters, dtls: RTCDtlsParameters
    ) -> str:
        try:
            async with asyncio.timeout(CONNECTED_WITHIN_S):
                await viewer.connect(ice, dtls)
        except (TimeoutError, ConnectionError):
            return "not_connected"
        packer = self._packers.get(hub)
        if packer is None:
            packer = self._packers[hub] = Packer(hub)
        packer.join(viewer)
        try:
            return await viewer.send(packer)
        except ConnectionError:
            return "closed"
        finally:
            if packer.leave(viewer):
                del self._packers[hub]

    def _current_certificate(self) -> RTCCertificate:
        # It is good for 30 days from when it was made.
        if time.monotonic() - self._certificate_at > 86_400:
            self._certificate, self._certificate_at = RTCCertificate.generateCertificate(), time.monotonic()
        return self._certificate


async def _gathered(address: str) -> RTCIceGatherer:
    """One port at `address` and nowhere else; the library would take every interface."""
    gatherer = RTCIceGatherer(iceServers=[])
    connection = gatherer._connection
    everywhere = connection.get_component_candidates

    async def only_there(component: int, addresses: list[str]) -> list[object]:
        return list(await everywhere(component, [address]))

    connection.get_component_candidates = only_there  # type: ignore[method-assign, assignment]
    await gatherer.gather()
    if not gatherer.getLocalCandidates():
        raise NotServed("address", address)
    return gatherer


class _Viewer:
    """One browser: a `PackedTap`, and for aiortc the sender whose reports it hands on."""

    def __init__(self, dtls: RTCDtlsTransport, payload_type: int, playout_delay: int) -> None:
        self.ssrc = self._ssrc = secrets.randbits(32)
        self._dtls = dtls
        self._payload_type, self._playout_delay = payload_type, playout_delay
        self._waiting: deque[Packed] = deque()
        self._most = MOST_WAITING
        self._stirred = asyncio.Event()
        self._until_key = False
        self._replay = True
        self._replayed_at = 0.0
        self._unservable = False
        self._sequence = secrets.randbits(15)
        self._at = -1
        self._history: list[bytes] = [b""] * _HISTORY
        self._packets = self._octets = 0
        self._heard_at = 0.0

    async def connect(self, ice: RTCIceParameters, dtls: RTCDtlsParameters) -> None:
        """Raises `ConnectionError`."""
        self._dtls._set_role("client")
        await self._dtls.transport.start(ice)
        if self._dtls.transport.state != "completed":
            raise ConnectionError
        await self._dtls.start(dtls)
        if self._dtls.state != "connected":
            raise ConnectionError
        self._dtls.on("statechange", self._stirred.set)
        self._dtls._register_rtp_sender(self, RTCRtpSendParameters())

    async def send(self, packer: Packer) -> str:
        """Pictures, until they leave; says why they did. Raises `ConnectionError`."""
        loop = asyncio.get_running_loop()
        self._heard_at = loop.time()
        report_at = loop.time()
        burst = 0
        while True:
            if loop.time() >= report_at:
                report_at = loop.time() + 1
                if loop.time() - self._heard_at > SILENT_S:
                    return "silent"
                await self._report()
            if self._unservable:
                return "unservable"
            if self._replay:
                self._begin_anew(packer, loop.time())
            if not self._waiting:
                burst = 0
                self._stirred.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(report_at):
                        await self._stirred.wait()
                if self._dtls.state != "connected":
                    return "closed"
                continue
            burst = await self._picture(self._waiting.popleft(), burst)

    async def stop(self) -> None:
        """Take leave, and give the port back."""
        with suppress(ConnectionError):
            await self._dtls._send_rtp(bytes(RtcpByePacket(sources=[self.ssrc])))
        await self._dtls.stop()
        await self._dtls.transport.stop()

    def packed(self, packed: Packed) -> None:
        if self._until_key and not packed.key:
            return
        self._until_key = False
        if len(self._waiting) >= self._most:
            self._replay = True
        if not self._replay:
            self._waiting.append(packed)
        self._stirred.set()

    def unservable(self) -> None:
        self._unservable = True
        self._stirred.set()

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        """Called by aiortc for what the browser reports of our stream."""
        now = asyncio.get_running_loop().time()
        self._heard_at = now
        if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            for number in packet.lost[:_HISTORY]:
                again = self._history[number % _HISTORY]
                if again[2:4] == number.to_bytes(2, "big"):
                    with suppress(ConnectionError):
                        await self._dtls._send_rtp(again)
        elif isinstance(packet, RtcpPsfbPacket) and packet.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
            # A camera cannot be asked for a key picture in good time: what is kept since the last one is sent again.
            self._replay = self._replay or now - self._replayed_at >= REPLAY_EVERY_S
            self._stirred.set()

    def _begin_anew(self, packer: Packer, now: float) -> None:
        self._replay, self._replayed_at = False, now
        # Shown again they are as old as they are: by a time that only rises a viewer would take them for new.
        self._at = -1
        self._waiting = deque(packer.gop)
        self._most = len(packer.gop) + MOST_WAITING
        self._until_key = not packer.gop

    async def _picture(self, packed: Packed, burst: int) -> int:
        """burst: packets sent without a pause so far; returned anew."""
        self._at = max(self._at + 1, packed.at)
        last = len(packed.payloads) - 1
        for number, payload in enumerate(packed.payloads):
            head = header(
                self._payload_type,
                marker=number == last,
                sequence=self._sequence,
                at=self._at,
                ssrc=self.ssrc,
                shown_at_once=self._playout_delay if packed.key and number == 0 else 0,
            )
            packet = head + payload
            self._history[self._sequence % _HISTORY] = packet
            self._sequence = self._sequence + 1 & 0xFFFF
            await self._dtls._send_rtp(packet)
            self._packets += 1
            self._octets += len(payload)
            burst += 1
            if burst >= _BURST:
                burst = 0
                await asyncio.sleep(_BREATH_S)
        return burst

    async def _report(self) -> None:
        now = time.monotonic_ns() * 9 // 100_000
        info = RtcpSenderInfo(
            current_ntp_time(), now & 0xFFFFFFFF, self._packets & 0xFFFFFFFF, self._octets & 0xFFFFFFFF
        )
        await self._dtls._send_rtp(bytes(RtcpSrPacket(ssrc=self.ssrc, sender_info=info)))
