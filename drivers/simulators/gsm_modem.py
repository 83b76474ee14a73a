"""A simulated GSM modem on a pty, with a network behind it: AT commands in PDU mode, and status reports."""

import asyncio
import contextlib
import os
import tty
from functools import partial
from pathlib import Path

from drivers.simulators.faults import WORKS, Fault
from drivers.simulators.gsm_submit import Part, read

NO_NETWORK = 331
_END, _LEAVE = b"\x1a", b"\x1b"
_GARBAGE = b"\xff\x00\x7e%%\r\n"


class GsmModem:
    """port: a path that stays the same; a symbolic link to the pty of the day.

    messages: what the network took, in order. refuses: the `+CMS ERROR` that a number is answered with.
    status: what each report says (TS 23.040 section 9.2.3.15); None: none comes. pin: whether the SIM asks for one.
    together: a report leaves in one write with the answer to its message.
    """

    def __init__(self, port: Path, takes_s: float = 0.0) -> None:
        self.port = port
        self.takes_s = takes_s
        self.messages: list[Part] = []
        self.refuses: dict[str, int] = {}
        self.status: int | None = 0
        self.pin = False
        self.network = True
        self.together = False
        self.fault: Fault = WORKS
        self.heard: list[str] = []
        self._echo = True
        self._octets: int | None = None
        self._reference = 250
        self._reports = False
        self._buffer = b""
        self._timers: set[asyncio.TimerHandle] = set()
        self._master: int | None = None
        self._slave = -1

    def start(self) -> None:
        """Open a pty and point `port` to it. Raises OSError."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.port.unlink(missing_ok=True)
        self.port.symlink_to(os.ttyname(self._slave))
        self._echo, self._reports, self._octets, self._buffer = True, False, None, b""
        asyncio.get_running_loop().add_reader(self._master, self._readable)

    def stop(self) -> None:
        """Unplug: whoever has the port open sees it hang up."""
        if self._master is None:
            return
        asyncio.get_running_loop().remove_reader(self._master)
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        os.close(self._master)
        os.close(self._slave)
        self._master = None
        self.port.unlink(missing_ok=True)

    def set_fault(self, fault: Fault) -> None:
        """dead, slow (`seconds` for each message), refusing (`code` of `+CMS ERROR`), garbage, noisy, drop, away, or none."""
        self.fault = fault
        if fault.kind == "away":
            self.stop()
        elif self._master is None:
            self.start()

    def report(self, reference: int, number: str, status: int) -> None:
        """A report to whoever listens, wherever it comes from."""
        self._send(self._report(reference, number, status))

    def _readable(self) -> None:
        if self._master is None:
            return
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._master, 1_024)
            if self.fault.kind == "dead":
                return
            if self._echo:
                self._send(data)
            self._buffer += data
        while self._taken():
            pass

    def _taken(self) -> bool:
        """Whether something whole was in the buffer."""
        if self._octets is not None:
            ends = [at for at in (self._buffer.find(_END), self._buffer.find(_LEAVE)) if at >= 0]
            if not ends:
                return False
            data, mark, self._buffer = (
                self._buffer[: min(ends)],
                self._buffer[min(ends) :][:1],
                self._buffer[min(ends) + 1 :],
            )
            octets, self._octets = self._octets, None
            if mark == _END:
                self._message(data, octets)
            else:
                self._send(b"\r\nOK\r\n")
            return True
        line, found, rest = self._buffer.lstrip(_LEAVE).partition(b"\r")
        if found:
            self._buffer = rest
            self._command(line.decode("ascii", "replace").strip())
        return bool(found)

    def _command(self, line: str) -> None:
        self.heard.append(line)
        if self.fault.kind == "garbage":
            self._send(_GARBAGE)
            return
        if self.fault.kind == "noisy":
            self._send(b"\r\n+CREG: 5\r\n\r\nRING\r\n")
        if line == "ATE0":
            self._echo = False
        elif line == "AT+CPIN?":
            self._send(b"\r\n+CPIN: SIM PIN\r\n" if self.pin else b"\r\n+CPIN: READY\r\n")
        elif line.startswith("AT+CNMI=2,"):
            # As some do: they know how to tell, but not this way of holding back.
            self._send(b"\r\n+CMS ERROR: 303\r\n")
            return
        elif line.startswith("AT+CNMI="):
            self._reports = True
        elif line.startswith("AT+CMGS="):
            self._octets = int(line.partition("=")[2])
            self._send(b"\r\n> ")
            return
        elif line not in ("AT", "AT+CMEE=1", "AT+CMGF=0"):
            self._send(b"\r\nERROR\r\n")
            return
        self._send(b"\r\nOK\r\n")

    def _message(self, data: bytes, octets: int) -> None:
        if self.fault.kind == "drop":
            self.stop()
            self.start()
            return
        part = read(data.decode("ascii"))
        if len(data) // 2 - 1 != octets:
            self._error(304)
        elif self.fault.kind == "refusing":
            self._error(self.fault.code)
        elif not self.network:
            self._error(NO_NETWORK)
        elif part.number in self.refuses:
            self._error(self.refuses[part.number])
        else:
            seconds = self.fault.seconds if self.fault.kind == "slow" else self.takes_s
            self._later(seconds, partial(self._take, part))

    def _take(self, part: Part) -> None:
        self.messages.append(part)
        self._reference = (self._reference + 1) % 256
        answer = f"\r\n+CMGS: {self._reference}\r\n\r\nOK\r\n".encode()
        report = b""
        if self._reports and part.report and self.status is not None:
            report = self._report(self._reference, part.number, self.status)
        if self.together:
            self._send(answer + report)
        else:
            self._send(answer)
            self._later(0.01, partial(self._send, report))

    @staticmethod
    def _report(reference: int, number: str, status: int) -> bytes:
        even = number + "F" * (len(number) % 2)
        swapped = "".join(even[at + 1] + even[at] for at in range(0, len(even), 2))
        time = "62110371028400"
        pdu = f"0006{reference:02X}{len(number):02X}91{swapped}{time}{time}{status:02X}"
        return f"\r\n+CDS: {len(pdu) // 2 - 1}\r\n{pdu}\r\n".encode()

    def _error(self, number: int) -> None:
        self._send(f"\r\n+CMS ERROR: {number}\r\n".encode())

    def _send(self, data: bytes) -> None:
        if self._master is not None and data:
            with contextlib.suppress(BlockingIOError):
                os.write(self._master, data)

    def _later(self, seconds: float, act: "partial[None]") -> None:
        def due() -> None:
            self._timers.discard(timer)
            act()

        timer = asyncio.get_running_loop().call_later(seconds, due)
        self._timers.add(timer)
