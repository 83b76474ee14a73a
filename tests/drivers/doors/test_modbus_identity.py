"""A controller says what it is once it has answered for a while, and asking it costs neither a poll nor a press."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from drivers.base import Driver, Watch
from drivers.doors import modbus_identity
from drivers.doors.modbus_identity import Quiet, always
from drivers.doors.modbus_pdu import (
    BASIC,
    BadRequest,
    Identify,
    Identity,
    NotTheReply,
    Refusal,
    decode_request,
    encode_identity,
    encode_refusal,
    encode_request,
    match_reply,
)
from drivers.doors.modbus_rtu import ModbusRtu, ModbusRtuConfig
from drivers.doors.modbus_rtu_bus import RtuBus
from drivers.doors.modbus_rtu_frame import BadFrame, RtuReader, encode_rtu, reply_size, request_size
from drivers.doors.modbus_tcp import ModbusTcp, ModbusTcpConfig
from drivers.doors.words import code_of, words_of
from drivers.simulators.bolts import Board
from drivers.simulators.faults import FaultKind
from drivers.simulators.modbus_rtu_peer import ModbusRtuPeer
from drivers.simulators.modbus_tcp_peer import ModbusTcpPeer
from rules.model.commands import Drive, Permit
from rules.model.device_facts import ControllerIdentified
from rules.model.events import ControllerChanged, Event, Scanned
from rules.model.ids import CommandId, ControllerId, DoorId, Point
from rules.model.seal import SEAL
from tests.drivers.doors.rigs import Inbox, ended, now

PLC = ControllerId("plc")
WATCH = Watch(frozenset({("discrete_input", 0), ("coil", 0)}), frozenset(), evidence_every_s=0.05)
WAGO = ("WAGO", "750-362", "01.09.18(13)")


class Rig:
    """A board on a loopback port, or on a pty of its own, and the driver that asks it."""

    def __init__(self, folder: Path, over: str) -> None:
        self.board = Board()
        self.controller = PLC
        self.over = over
        self._line = folder / "line"
        self._tcp = ModbusTcpPeer(self.board, most_connections=1)
        self._rtu = ModbusRtuPeer({1: self.board}, self._line)

    @property
    def requests(self) -> int:
        return self._tcp.requests if self.over == "tcp" else self._rtu.requests

    @asynccontextmanager
    async def running(
        self, quiet: Quiet = always, identify: bool = True
    ) -> AsyncIterator[tuple[Driver, Inbox]]:
        driver: Driver
        if self.over == "tcp":
            await self._tcp.start()
            tcp = ModbusTcpConfig(
                PLC, self._tcp.host, self._tcp.port, 1, 300_000, 1, WATCH, identify=identify
            )
            driver = ModbusTcp(tcp, quiet=quiet)
        else:
            self._rtu.start()
            bus = RtuBus(str(self._line), 115_200, "none")
            driver = ModbusRtu(ModbusRtuConfig(PLC, 1, 300_000, WATCH, identify=identify), bus, quiet)
        inbox = Inbox()
        running = asyncio.create_task(driver.run(inbox.emit))
        try:
            await inbox.up()
            yield driver, inbox
            assert not running.done()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            if self.over == "tcp":
                await self._tcp.stop()
            else:
                self._rtu.stop()


@pytest.fixture(params=["tcp", "rtu"])
def rig(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    monkeypatch.setattr(modbus_identity, "SETTLED_S", 0.05)
    return Rig(tmp_path, request.param)


def lock() -> Permit:
    drive = Drive(DoorId("door-0"), Point(PLC, "coil", 0), on=True)
    return Permit(CommandId(1), PLC, "lock", (drive,), SEAL)


async def said(inbox: Inbox) -> ControllerIdentified:
    found = await inbox.wait_for(lambda event: isinstance(event, ControllerIdentified))
    assert isinstance(found, ControllerIdentified)
    return found


def told(inbox: Inbox, kind: type[Event]) -> list[Event]:
    return [one for one in inbox.events if isinstance(one, kind)]


@pytest.mark.parametrize("room", [240, 1])
async def test_it_says_vendor_model_and_firmware_in_one_reply_or_several(rig: Rig, room: int) -> None:
    rig.board.identity, rig.board.identity_room = WAGO, room
    async with rig.running() as (_, inbox):
        it = await said(inbox)
    assert (it.way, it.code, it.vendor, it.model, it.firmware) == (
        "modbus",
        "",
        "WAGO",
        "750-362",
        "01.09.18 13",
    )
    assert it.said == "WAGO | 750-362 | 01.09.18(13)"


async def test_one_that_refuses_cannot_tell(rig: Rig) -> None:
    async with rig.running() as (_, inbox):
        it = await said(inbox)
    assert (it.code, it.vendor, it.firmware) == ("cannot_tell", "", "")


@pytest.mark.parametrize("fault", ["dead", "garbage", "drop"])
async def test_one_that_chokes_on_it_is_not_asked_again_and_loses_no_poll(rig: Rig, fault: FaultKind) -> None:
    if rig.over == "rtu" and fault == "drop":
        pytest.skip("a line has no connection to drop")
    rig.board.identity, rig.board.identity_fault = WAGO, fault
    async with rig.running() as (_, inbox):
        it = await said(inbox)
        assert it.code == "silent"
        await inbox.scanned("discrete_input", 0, 0, it.at)
        await inbox.scanned("discrete_input", 0, 0, now())
        changes = told(inbox, ControllerChanged)
    assert [one.up for one in changes if isinstance(one, ControllerChanged)] == [True]
    assert len(told(inbox, ControllerIdentified)) == 1


async def test_while_a_response_is_live_it_is_not_asked(rig: Rig) -> None:
    rig.board.identity = WAGO
    live = True
    async with rig.running(lambda: not live) as (_, inbox):
        for _ in range(5):
            await inbox.scanned("discrete_input", 0, 0, now())
        await asyncio.sleep(0)
        assert told(inbox, ControllerIdentified) == []
        live = False
        assert (await said(inbox)).model == "750-362"


async def test_a_family_that_cannot_tell_is_never_asked(rig: Rig) -> None:
    rig.board.identity = WAGO
    async with rig.running(identify=False) as (_, inbox):
        for _ in range(6):
            await inbox.scanned("discrete_input", 0, 0, now())
    assert told(inbox, ControllerIdentified) == []
    assert told(inbox, Scanned)


async def test_a_command_is_carried_out_while_it_owes_that_answer(rig: Rig) -> None:
    rig.board.identity, rig.board.identity_fault = WAGO, "dead"
    async with rig.running() as (driver, inbox):
        await said(inbox)
        outcome = await ended(driver.execute(lock()))
    assert outcome.ending == "written"
    assert rig.board.coils[0]


# --- the bytes -------------------------------------------------------------------------------


def test_the_request_and_the_reply_are_the_standards_own() -> None:
    # V1.1b3, 6.21: the example of a basic request and its answer.
    assert encode_request(Identify()) == bytes.fromhex("2b 0e 01 00")
    reply = (
        bytes.fromhex("2b 0e 01 01 00 00 03 00 16") + b"Company identification" + b"\x01\x0fProduct code XX"
    )
    reply += b"\x02\x05V2.11"
    found = match_reply(Identify(), reply)
    assert found == Identity(((0, b"Company identification"), (1, b"Product code XX"), (2, b"V2.11")))
    assert match_reply(Identify(), bytes.fromhex("ab 01")) == Refusal(1)


@pytest.mark.parametrize(
    "pdu",
    [
        "2b",
        "2b 0e 01 01 00 00",
        "2b 0d 01 01 00 00 00",
        "2b 0e 02 01 00 00 00",
        "2b 0e 01 01 00 00 01",
        "2b 0e 01 01 00 00 01 00 05 41",
        "2b 0e 01 01 00 00 00 41",
        "03 02 00 00",
    ],
)
def test_what_is_no_identification_is_told_apart(pdu: str) -> None:
    with pytest.raises(NotTheReply):
        match_reply(Identify(), bytes.fromhex(pdu))


def test_a_device_reads_the_request_and_refuses_other_codes() -> None:
    assert decode_request(bytes((43, 14, BASIC, 2))) == Identify(2)
    for pdu, exception in ((bytes((43, 14, 4, 0)), 3), (bytes((43, 13, 1, 0)), 1), (bytes((43, 14, 1)), 1)):
        with pytest.raises(BadRequest) as refused:
            decode_request(pdu)
        assert refused.value.exception == exception
    assert encode_refusal(43, 1) == bytes.fromhex("ab 01")


def test_on_a_serial_line_its_length_is_what_its_objects_say() -> None:
    reply = encode_rtu(1, encode_identity(Identity(((0, b"WAGO"), (1, b"750-362")))))
    for end in range(len(reply)):
        reader = RtuReader(reply_size)
        assert reader.feed(reply[:end]) == []
    assert [one.unit for one in RtuReader(reply_size).feed(reply)] == [1]
    assert [one.unit for one in RtuReader(request_size).feed(encode_rtu(1, encode_request(Identify())))] == [
        1
    ]
    with pytest.raises(BadFrame):
        RtuReader(reply_size).feed(bytes.fromhex("01 2b 0e 01 01 00 00 ff") + b"\x00\xff" * 200)


def test_foreign_words_become_a_code_and_words_that_can_be_shown() -> None:
    assert code_of("Müller & Söhne; V2\n".encode()) == "M ller S hne V2"
    assert code_of(b"x" * 200) == "x" * 64
    assert words_of(b"ok \x1b[31m\xff") == "ok ?[31m?"
    assert len(words_of(b"x" * 900)) == 200
