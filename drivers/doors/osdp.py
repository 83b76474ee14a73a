"""A reader on OSDP (SIA OSDP 2.2, IEC 60839-11-5), its outputs and inputs: one device on a shared line.

Start at `Osdp.execute`. The line and the process that libosdp lives in are `osdp_bus`; what a device of this
family really does is in firmware_notes/osdp-reader.md.
"""

import asyncio
from dataclasses import field

import structlog

from drivers.base import Emit, NotPermitted, Watch, checked
from drivers.clock import instant
from drivers.doors.osdp_bus import OsdpBus
from drivers.doors.osdp_messages import Identified, Reader, Report
from rules.model.commands import Drive, Permit
from rules.model.device_facts import ControllerIdentified
from rules.model.events import CommandEnded, ControllerChanged, Ending, Scanned
from rules.model.ids import ControllerId, Space
from rules.model.moments import SECOND_US, Instant
from rules.model.values import dataclass

log = structlog.get_logger()

KEY_BYTES = 16
PUBLIC_KEY = bytes(range(0x30, 0x40))
"""SCBK-D, printed in the standard: whoever uses it has no secure channel (SIA OSDP 2.2 annex D)."""
_MOST_OUTPUT = 255


@dataclass(frozen=True, slots=True)
class OsdpConfig:
    """One reader. `key`: its SCBK, 16 bytes. `timeout_us`: for each command, from `execute` to its ending."""

    controller: ControllerId
    address: int
    key: bytes = field(repr=False)
    timeout_us: int
    watch: Watch

    def __post_init__(self) -> None:
        if len(self.key) != KEY_BYTES:
            raise ValueError(f"the key of {self.controller} is not {KEY_BYTES} bytes")
        if self.key == PUBLIC_KEY:
            raise ValueError(f"the key of {self.controller} is the public default; give it one of its own")


class Osdp:
    """A `drivers.base.Driver`. All drivers of a line are made before the first is run."""

    def __init__(self, config: OsdpConfig, bus: OsdpBus) -> None:
        self.controller = config.controller
        self._config, self._bus = config, bus
        self._emit: Emit | None = None
        self._told: tuple[bool, str] | None = None
        self._since = instant()
        self._points = config.watch.evidence | config.watch.fast
        bus.attach(self._reader(), self)

    async def run(self, emit: Emit) -> None:
        self._emit, self._told, self._since = emit, None, instant()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._bus.serve(), name=f"{self.controller} line")
        finally:
            self._emit = None

    def execute(self, permit: Permit) -> "asyncio.Future[CommandEnded]":
        checked(permit, self.controller)
        drives = tuple((drive.point.number, drive.on) for drive in permit.drives)
        if any(
            drive.point.space != "output" or not 0 <= drive.point.number <= _MOST_OUTPUT
            for drive in permit.drives
        ):
            raise NotPermitted(f"command {permit.id} to {self.controller} drives what is no output")
        future: asyncio.Future[CommandEnded] = asyncio.get_running_loop().create_future()

        def finish(ending: Ending, code: str) -> None:
            if not future.done():
                future.set_result(CommandEnded(instant(), permit.id, self.controller, ending, code))

        self._bus.send(self._config.address, drives, self._config.timeout_us / SECOND_US, finish)
        return future

    def prepare(self, drives: tuple[Drive, ...]) -> None:
        """Nothing is ready before its turn: each frame holds the session's next number (OSDP 2.2 section 5.7)."""

    # --- what the bus reports (osdp_bus.Listener) ---

    def linked(self, up: bool, code: str, detail: str) -> None:
        if self._emit is None or self._told == (up, code):
            return
        at = instant()
        lasted_s = at.since(self._since) // SECOND_US
        if up:
            log.info("reader answers on its secure channel", controller=self.controller, away_s=lasted_s)
        elif self._told is None or self._told[0]:
            log.warning(
                "reader is away; others are not affected; check its power, wiring, address and key",
                controller=self.controller,
                code=code,
                detail=detail,
            )
        if self._told is None or self._told[0] is not up:
            self._since = at
        self._told = (up, code)
        self._emit(ControllerChanged(at, self.controller, up, code, detail))

    def reported(self, report: Report) -> None:
        at = instant()
        age_us = at.mono_us - report.started_us
        if self._emit is None or age_us < 0:
            return  # read in the future: nobody can vouch for it
        spaces: tuple[tuple[Space, str | None], ...] = (("input", report.inputs), ("output", report.outputs))
        # 0 and 1 are all that the standard knows of an input or output; anything else stays unknown.
        values = {
            (space, number): level
            for space, text in spaces
            for number, level in enumerate(bytes.fromhex(text or ""))
            if level in (0, 1) and (space, number) in self._points
        }
        if values:
            started = Instant(at.utc_us - age_us, report.started_us)
            self._emit(Scanned(at, self.controller, started, values))

    def identified(self, said: Identified) -> None:
        if self._emit is None:
            return
        firmware = ".".join(map(str, said.firmware))
        words = f"vendor {said.vendor} model {said.model} version {said.version} firmware {firmware}"
        self._emit(
            ControllerIdentified(
                instant(),
                self.controller,
                "osdp",
                "",
                said.vendor,
                str(said.model),
                firmware,
                str(said.serial),
                words,
            )
        )

    def _reader(self) -> Reader:
        watch = self._config.watch
        return Reader(
            address=self._config.address,
            key=self._config.key.hex(),
            inputs=any(space == "input" for space, _ in self._points),
            outputs=any(space == "output" for space, _ in self._points),
            every_us=round(watch.evidence_every_s * SECOND_US) if self._points else 0,
            fast_us=round(watch.fast_every_s * SECOND_US) if watch.fast else 0,
        )
