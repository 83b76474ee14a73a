"""AT commands to a GSM modem in PDU mode (3GPP TS 27.005, TS 27.007): one at a time, and what it tells by itself meanwhile."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from drivers.outputs.sms_pdu import Malformed, Report, Submit, status_report
from drivers.serial_line import LineLost, SerialLine, open_line

ANSWER_S: Final = 5.0
"""For a command that asks the modem itself."""
NETWORK_S: Final = 20.0
"""For a message to be taken by the network; usually two to five seconds."""
_HELLO_S: Final = 1.0
_HELLOS: Final = 3
_LONGEST_LINE: Final = 2_048
_PROMPT: Final = "> "
_SEND, _LEAVE = b"\x1a", b"\x1b"
_WHY: Final = {
    310: "no_sim", 311: "pin", 312: "pin", 316: "pin", 317: "pin", 318: "pin", 313: "no_sim", 330: "no_centre",
    331: "no_network", 332: "no_network",
    1: "refused", 8: "refused", 10: "refused", 21: "refused", 27: "refused", 28: "refused", 29: "refused", 30: "refused",
}  # fmt: skip
"""TS 27.005 section 3.2.5 and TS 24.011 annex E-2; every other one may be otherwise in a minute."""


class Failed(Exception):
    """Not sent. The code says why.

    unreachable (no such port), timeout, closed (unplugged), unclear (no such dialog), pin, no_sim, no_network, no_centre (the
    SIM knows no service centre), refused (for good), deferred (it may be taken later).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Refused(Exception):
    """The modem's word for no. number: of `+CMS ERROR` or `+CME ERROR`, else -1."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Modem:
    """One opened port. Belongs to the loop's thread. reported: called with each status report."""

    def __init__(self, path: str, baud: int, reported: Callable[[Report], None]) -> None:
        self._path = path
        self._baud = baud
        self._reported = reported
        self._line: SerialLine | None = None
        self._buffer = b""
        self._answers: asyncio.Queue[str] | None = None
        self._report_next = False
        self._one = asyncio.Lock()
        self._over = asyncio.Event()

    async def open(self) -> None:
        """Make it ready to send. Raises `Failed`."""
        try:
            self._line = await open_line(self._path, self._baud, "none", self._stirred)
        except LineLost:
            raise Failed("unreachable") from None
        await self._hello()
        ready: list[str] = []
        with contextlib.suppress(_Refused):
            await self._ask("AT+CMEE=1")
        try:
            ready = await self._ask("AT+CPIN?", "+CPIN:")
            await self._ask("AT+CMGF=0")
        except _Refused as no:
            raise Failed(_WHY.get(no.number, "unclear")) from None
        if ready != ["READY"]:
            raise Failed("pin")
        # Reports as they come. A modem that refuses it sends all the same, and nobody learns what became of it.
        for mode in (2, 1):
            with contextlib.suppress(_Refused):
                await self._ask(f"AT+CNMI={mode},0,0,1,0")
                break

    async def send(self, message: Submit) -> int:
        """Hand a message to the network: the reference that its report will carry. Raises `Failed`."""
        async with self._one:
            answers = self._begun()
            try:
                self._write(f"AT+CMGS={message.octets}\r".encode())
                await self._until(answers, _PROMPT, ANSWER_S)
                self._write(message.hex.encode() + _SEND)
                told = await self._until(answers, "OK", NETWORK_S)
            except _Refused as no:
                raise Failed(_WHY.get(no.number, "deferred")) from None
            except BaseException:
                # In the midst of it: nobody knows whose answer comes next.
                self.close()
                raise
            finally:
                self._answers = None
        number = next((one.removeprefix("+CMGS:").strip() for one in told if one.startswith("+CMGS:")), "")
        # `+CMGS: 17` or, with an acknowledgement of the centre's behind it, `+CMGS: 17,…`.
        number = number.partition(",")[0]
        if not number.isdecimal() or not number.isascii() or int(number[:4]) > 255:
            raise Failed("unclear")
        return int(number)

    async def over(self) -> None:
        """Until it was unplugged, or closed."""
        await self._over.wait()

    def close(self) -> None:
        """Whoever waits for an answer gets none."""
        line, self._line = self._line, None
        self._over.set()
        if self._answers is not None:
            self._answers.put_nowait("")
        if line is not None:
            with contextlib.suppress(LineLost):
                line.write(_LEAVE)
            line.close()

    async def _hello(self) -> None:
        """It may be in the midst of what was begun before us, and repeat all that is typed."""
        self._write(_LEAVE)
        for at in range(_HELLOS):
            try:
                await self._ask("ATE0", within_s=_HELLO_S)
            except Failed as failed:
                if failed.code != "timeout" or at == _HELLOS - 1:
                    raise
            except _Refused:
                continue
            else:
                return
        raise Failed("unclear")

    async def _ask(self, command: str, prefix: str = "", within_s: float = ANSWER_S) -> list[str]:
        """What follows the prefix in each line of the answer. Raises `_Refused`, `Failed`."""
        async with self._one:
            answers = self._begun()
            try:
                self._write(f"{command}\r".encode())
                told = await self._until(answers, "OK", within_s)
            finally:
                self._answers = None
        return [one.removeprefix(prefix).strip() for one in told if prefix and one.startswith(prefix)]

    def _begun(self) -> asyncio.Queue[str]:
        self._answers = asyncio.Queue()
        return self._answers

    async def _until(self, answers: asyncio.Queue[str], end: str, within_s: float) -> list[str]:
        told: list[str] = []
        try:
            async with asyncio.timeout(within_s):
                while True:
                    line = await answers.get()
                    if line == end:
                        return told
                    if self._line is None:
                        raise Failed("closed")
                    if line in ("ERROR", "OK", "NO CARRIER"):
                        raise _Refused(-1)
                    if line.startswith(("+CMS ERROR:", "+CME ERROR:")):
                        number = line.partition(":")[2].strip()
                        raise _Refused(int(number) if number.isdecimal() and number.isascii() else -1)
                    told.append(line)
        except TimeoutError:
            raise Failed("timeout") from None

    def _write(self, data: bytes) -> None:
        if self._line is None:
            raise Failed("closed")
        try:
            self._line.write(data)
        except LineLost:
            self.close()
            raise Failed("closed") from None

    def _stirred(self) -> None:
        if self._line is None:
            return
        try:
            self._buffer += self._line.take()
        except LineLost:
            self.close()
            return
        while (line := self._cut()) is not None:
            self._heard(line)
        if len(self._buffer) > _LONGEST_LINE:
            self._buffer = b""

    def _cut(self) -> str | None:
        """The next line, or the prompt, which none ends."""
        self._buffer = self._buffer.lstrip(b"\r\n")
        if self._buffer.startswith(_PROMPT.encode()):
            self._buffer = self._buffer[len(_PROMPT) :]
            return _PROMPT
        ends = [at for at in (self._buffer.find(b"\r"), self._buffer.find(b"\n")) if at >= 0]
        if not ends:
            return None
        line, self._buffer = self._buffer[: min(ends)], self._buffer[min(ends) :]
        return line.decode("ascii", "replace").strip()

    def _heard(self, line: str) -> None:
        if self._report_next:
            self._report_next = False
            with contextlib.suppress(Malformed):
                self._reported(status_report(line))
        elif line.startswith("+CDS:"):
            self._report_next = True
        elif self._answers is not None:
            self._answers.put_nowait(line)
