"""Paging by a telephone call: an adapter takes it, what a notice says is played into it, and called again until all is clear.

Other than loudspeakers of a group, an adapter answers: `received` says that it took the call and all of a round was played
into it, with for how long and how many packets; busy, declined, no answer and each other end of a call are told as that.
"""

from typing import Final

from drivers.outputs.paging_bus import TERMS, PagingBus
from drivers.outputs.paging_messages import TOO_LATE, Down, OpenCall, Said
from drivers.outputs.rtp_paging import REPEAT_S, SAID_S, RtpPaging
from drivers.outputs.sip_way import Transport
from rules.model.ids import OutputId

RING_S: Final = 12.0
SIP_PORT: Final = 5060
SIPS_PORT: Final = 5061
SIP_TERMS: Final = type(TERMS)(
    "drivers.outputs.sip_process",
    TERMS.read,
    TERMS.longest,
    TERMS.hung_ticks,
    TERMS.start_ticks,
    TERMS.most,
    TERMS.unsent,
)


def calls() -> PagingBus:
    """The process of all numbers."""
    return PagingBus(SIP_TERMS)


class SipPaging(RtpPaging):
    """One number. Its pages outlive the process that calls, as those of a group do."""

    def __init__(
        self,
        output: OutputId,
        bus: PagingBus,
        target: str,
        host: str,
        port: int = SIP_PORT,
        *,
        codec: "str" = "pcmu",
        repeat_s: float = REPEAT_S,
        ring_s: float = RING_S,
        user: str = "",
        password: str = "",
        transport: Transport = "udp",
        authority: str = "",
        server: str = "",
        said_s: float = SAID_S,
    ) -> None:
        """bus: of `calls`. target: a SIP URI. host: the IP address that is asked for it. authority, server: of `tls`."""
        super().__init__(output, bus, host, port, repeat_s=repeat_s, said_s=said_s)
        self._opening = OpenCall(
            output,
            target,
            host,
            port,
            "pcma" if codec == "pcma" else "pcmu",
            round(repeat_s * 1e6),
            round(ring_s * 1e6),
            user,
            password,
            transport,
            authority,
            server,
        )

    def opening(self) -> Down:
        """What the process is told of this output."""
        return self._opening

    def said(self, message: Said) -> None:
        """A call ended a round, or was none."""
        page = next((one for one in self._pages.values() if one.number == message.page), None)
        if page is None:
            return
        self._stop(page)
        page.failed = not message.left
        if not message.left or page.ended is None or page.ended[0] == "failed":
            # The calls after the first say the same again.
            self._end(page, ("received" if message.left else "failed", message.code))
        if page.notice.response is None and (message.left or message.code == TOO_LATE):
            del self._pages[page.notice.zone]
