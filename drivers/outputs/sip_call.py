"""One outgoing SIP call, from INVITE to BYE: what to send and when, and what became of it. No socket and no clock of its own.

Source: RFC 3261 (9: CANCEL; 13: INVITE; 15: BYE; 17.1.1: INVITE client transaction, with its timers; 17.1.2; 22: Digest, as RFC
7616 has it). By datagrams what is not answered is sent again; a connection does that by itself (17.1.1.2).
Times are microseconds of CLOCK_MONOTONIC.
"""

import secrets
from collections.abc import Callable
from typing import Final, Literal

from drivers.cameras.rtsp_auth import Authority, NoAnswer, read_challenges
from drivers.outputs import sip_message
from drivers.outputs.sip_message import Answer, Malformed, Message
from rules.model.values import dataclass

T1_US: Final = 500_000
T2_US: Final = 4_000_000
"""RFC 3261 17.1.1.1."""
HEARD_US: Final = 6_000_000
"""Without any answer by then nobody is there: a page cannot wait for 64 times T1."""
ENDED_US: Final = 3_000_000
"""For so long a CANCEL or BYE is repeated; then the call is over whatever the other end believes."""
MAX_FORWARDS: Final = "70"
AGENT: Final = "campus-edge"

State = Literal["calling", "ringing", "answered", "ending", "ended"]
CODES: Final = {
    401: "auth", 403: "declined", 404: "unknown_number", 407: "auth", 408: "no_answer", 410: "unknown_number", 415: "no_codec",
    480: "no_answer", 484: "unknown_number", 486: "busy", 487: "no_answer", 488: "no_codec", 600: "busy", 603: "declined",
    604: "unknown_number", 606: "no_codec",
}  # fmt: skip
"""Why a call was not taken, by its final response; of others the class says it."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who is called, and from where. target: a SIP URI. local, port: of our socket. rtp: the port where sound would come back."""

    target: str
    local: str
    port: int
    rtp: int
    payload: int
    user: str = ""
    password: str = ""
    transport: Literal["udp", "tcp", "tls"] = "udp"


class Call:
    """`out` holds what is to be sent; take it after each call of a method. code: why it ended, `""`: we hung up."""

    def __init__(self, party: Party, fresh: Callable[[], str] | None = None) -> None:
        """fresh: makes tags, branches and ids."""
        self.state: State = "calling"
        self.code = ""
        self.out: list[bytes] = []
        self.answer: Answer | None = None
        self.answered_us: int | None = None
        self._party = party
        self._fresh = fresh or (lambda: secrets.token_hex(8))
        self._host = f"[{party.local}]" if ":" in party.local else party.local
        self._id = f"{self._fresh()}@{AGENT}"
        self._tag = self._fresh()
        self._session = int(self._fresh()[:8], 16) if fresh is None else 1
        self._sequence = 1
        self._branch = ""
        self._authority = Authority(party.user, party.password, basic=False)
        self._proof: tuple[str, str] | None = None
        self._invite = b""
        self._began_us = 0
        self._again_us: int | None = None
        self._pause_us = T1_US
        self._give_up_us: int | None = None
        self._ring_us = 0
        self._to = f"<{party.target}>"
        self._remote = party.target
        self._routes: list[str] = []
        self._last = b""
        """CANCEL or BYE, as long as it is repeated."""
        self._ack = b""

    # --- what we do ------------------------------------------------------------------------------

    def start(self, now_us: int, ring_us: int) -> None:
        """Call. ring_us: how long it may ring."""
        self._ring_us = ring_us
        self._begin(now_us)

    def hang_up(self, now_us: int, code: str = "") -> None:
        """End it, whatever it has come to. code: why, where it is not over as it should be."""
        if self.state in ("ending", "ended"):
            return
        self.code = code
        if self.state == "answered":
            self._sequence += 1
            self._last = self._request("BYE", self._remote, self._branch_new(), self._sequence, dialog=True)
        elif self.state == "ringing":
            # Of the same branch and number (9.1); before any answer none may be sent.
            self._last = self._request("CANCEL", self._party.target, self._branch, self._sequence)
        else:
            self.state = "ended"
            return
        self.state = "ending"
        self.out.append(self._last)
        self._repeat_from(now_us)
        self._give_up_us = now_us + ENDED_US

    def lost(self, now_us: int, code: str) -> None:
        """Its connection is gone: nothing that is said reaches anybody."""
        if self.state not in ("ending", "ended"):
            self.code = code
        self.state, self._again_us, self._give_up_us = "ended", None, None

    def tick(self, now_us: int) -> None:
        """Time passed: repeat what was not answered, give up what never will be."""
        if self.state == "ended":
            return
        if self._give_up_us is not None and now_us >= self._give_up_us:
            if self.state == "calling":
                self.state, self.code = "ended", "timeout"
            elif self.state == "ringing":
                self.hang_up(now_us, "no_answer")
            else:
                self.state = "ended"
            return
        if self._again_us is not None and now_us >= self._again_us:
            self._pause_us = min(2 * self._pause_us, T2_US)
            self._again_us = now_us + self._pause_us
            self.out.append(self._last if self.state == "ending" else self._invite)

    def due(self) -> int | None:
        """When `tick` has something to do."""
        return min((one for one in (self._again_us, self._give_up_us) if one is not None), default=None)

    # --- what comes ------------------------------------------------------------------------------

    def received(self, data: bytes, now_us: int) -> None:
        """A datagram; what is no SIP, or of no call of ours, changes nothing."""
        try:
            message = sip_message.parse(data)
        except Malformed:
            return
        if message.first("call-id").strip() != self._id:
            return
        if message.method:
            self._asked(message, now_us)
        else:
            self._answered(message, now_us)

    def _answered(self, message: Message, now_us: int) -> None:
        number, method = message.sequence
        ours = sip_message.tag_of(message.first("from")) == self._tag
        if not ours or number != self._sequence or len(message.all("via")) != 1:
            if method == "INVITE" and ours and self._ack and 200 <= message.status < 300:
                self.out.append(self._ack)  # its 2xx again: the ACK was lost (13.2.2.4)
            return
        if method == "INVITE":
            self._invited(message, now_us)
        elif method in ("BYE", "CANCEL") and self.state == "ending" and message.status >= 200:
            self._again_us = None
            if method == "BYE":
                self.state = "ended"

    def _invited(self, message: Message, now_us: int) -> None:
        if sip_message.branch_of(message.first("via")) != self._branch:
            return
        if message.status < 200:
            if self.state == "calling":
                self.state, self._again_us, self._give_up_us = "ringing", None, now_us + self._ring_us
        elif message.status < 300:
            self._taken(message, now_us)
        else:
            self._refused(message, now_us)

    def _taken(self, message: Message, now_us: int) -> None:
        if self.state == "answered":
            self.out.append(self._ack)
            return
        late = self.state in ("ending", "ended")
        self._to = _plain(message.first("to"))
        self._remote = sip_message.uri_of(message.first("contact")) or self._party.target
        self._routes = [_plain(one) for value in message.all("record-route") for one in value.split(",")][
            ::-1
        ][:8]
        self._ack = self._request("ACK", self._remote, self._branch_new(), self._sequence, dialog=True)
        self.out.append(self._ack)
        self._again_us = self._give_up_us = None
        code = self.code
        self.state = "answered"
        if late:
            self.hang_up(now_us, code)  # it was taken just as we gave it up (15.1.1)
            return
        try:
            self.answer = sip_message.answer(message.body)
        except Malformed:
            self.hang_up(now_us, "no_codec")
            return
        if self._party.payload not in self.answer.payloads:
            self.hang_up(now_us, "no_codec")
            return
        self.answered_us = now_us

    def _refused(self, message: Message, now_us: int) -> None:
        # The ACK of a refusal belongs to its transaction (17.1.1.3): same branch, To as it came.
        self.out.append(
            self._request(
                "ACK", self._party.target, self._branch, self._sequence, to=_plain(message.first("to"))
            )
        )
        if self.state in ("answered", "ended"):
            return
        if message.status in (401, 407) and self.state != "ending" and self._prove(message):
            self._sequence += 1
            self._begin(now_us)
            return
        if self.state != "ending":
            self.code = CODES.get(message.status) or (
                "redirected" if message.status < 400 else "refused" if message.status < 500 else "unavailable"
            )
        self.state, self._again_us, self._give_up_us = "ended", None, None

    def _prove(self, message: Message) -> bool:
        name, reply = (
            ("www-authenticate", "Authorization")
            if message.status == 401
            else ("proxy-authenticate", "Proxy-Authorization")
        )
        try:
            if not self._authority.challenged(read_challenges(message.all(name))):
                return False
            header = self._authority.header("INVITE", self._party.target)
        except NoAnswer:
            return False
        self._proof = (reply, header or "")
        return header is not None

    def _asked(self, message: Message, now_us: int) -> None:
        """A request inside the call."""
        inside = self._ack and sip_message.tag_of(message.first("from")) == sip_message.tag_of(self._to)
        if message.method == "ACK":
            return
        if not inside:
            self.out.append(_reply(message, 481, "Call/Transaction Does Not Exist"))
        elif message.method == "BYE":
            self.out.append(_reply(message, 200, "OK"))
            if self.state == "answered":
                self.code = "hung_up"
            self.state, self._again_us, self._give_up_us = "ended", None, None
        elif message.method == "OPTIONS":
            self.out.append(_reply(message, 200, "OK"))
        else:
            # A change of the call in the middle of a page: it stays as it was agreed.
            self.out.append(_reply(message, 488, "Not Acceptable Here"))

    # --- what is sent ----------------------------------------------------------------------------

    def _begin(self, now_us: int) -> None:
        self._branch = self._branch_new()
        body = sip_message.offer(self._party.local, self._party.rtp, (self._party.payload,), self._session)
        self._invite = self._request(
            "INVITE", self._party.target, self._branch, self._sequence, body=body, kind="application/sdp"
        )
        self.state = "calling"
        self.out.append(self._invite)
        self._repeat_from(now_us)
        self._give_up_us = now_us + HEARD_US

    def _repeat_from(self, now_us: int) -> None:
        self._pause_us = T1_US
        self._again_us = now_us + T1_US if self._party.transport == "udp" else None

    def _branch_new(self) -> str:
        return f"z9hG4bK{self._fresh()}"

    def _request(
        self,
        method: str,
        uri: str,
        branch: str,
        sequence: int,
        *,
        dialog: bool = False,
        to: str = "",
        body: bytes = b"",
        kind: str = "",
    ) -> bytes:
        here = f"{self._host}:{self._party.port}"
        headers = [
            ("Via", f"SIP/2.0/{self._party.transport.upper()} {here};rport;branch={branch}"),
            ("Max-Forwards", MAX_FORWARDS),
            *(("Route", one.strip()) for one in (self._routes if dialog else [])),
            ("From", f'"Campus" <sip:{AGENT}@{here}>;tag={self._tag}'),
            ("To", to or (self._to if dialog else f"<{self._party.target}>")),
            ("Call-ID", self._id),
            ("CSeq", f"{sequence} {method}"),
            ("User-Agent", AGENT),
        ]
        if method == "INVITE":
            by = "" if self._party.transport == "udp" else f";transport={self._party.transport}"
            headers += [
                ("Contact", f"<sip:{AGENT}@{here}{by}>"),
                ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS"),
            ]
            if self._proof is not None:
                headers.append(self._proof)
        return sip_message.render(f"{method} {uri} SIP/2.0", headers, body, kind)


def _reply(message: Message, status: int, reason: str) -> bytes:
    """A response with what the request has to find again (8.2.6.2)."""
    echoed = [("Via", one) for one in message.all("via")] + [
        (name, message.first(name.lower())) for name in ("From", "To", "Call-ID", "CSeq")
    ]
    return sip_message.render(f"SIP/2.0 {status} {reason}", [(name, _plain(value)) for name, value in echoed])


def _plain(value: str) -> str:
    return "".join(one for one in value if one.isprintable())
