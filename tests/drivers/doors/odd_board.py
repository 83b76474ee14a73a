"""A Modbus TCP board with the habits of real ones: what its maker left out, how it answers, when it hangs up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from drivers.base import Watch
from drivers.doors.modbus_mbap import MbapFrame, MbapReader, encode_mbap
from drivers.doors.modbus_pdu import (
    Identify,
    Read,
    Request,
    WriteCoil,
    decode_request,
    encode_refusal,
    encode_reply,
)
from drivers.doors.modbus_tcp import ModbusTcp, ModbusTcpConfig
from rules.model.ids import ControllerId
from tests.drivers.doors.rigs import Inbox

CONTROLLER = ControllerId("plc-east")


class OddBoard:
    """Points 0 to 31. `heard`: every request, in order. A board does one thing at a time, whoever asks."""

    def __init__(self) -> None:
        self.coils = [False] * 32
        self.inputs = [False] * 32
        self.heard: list[Request] = []
        self.connections = 0
        self.refuses: dict[int, int] = {}
        """Exception by function code."""
        self.reads_only: frozenset[int] | None = None
        self.refuses_others_with = 2
        """What a read that touches any other point gets."""
        self.most_read = 32
        self.hangs_up_after_each_answer = False
        self.resets_at_a_write = False
        self.read_s = 0.0
        self.write_s = 0.0
        self.port = 0
        self._one_at_a_time = asyncio.Lock()

    @property
    def writes(self) -> list[Request]:
        return [one for one in self.heard if not isinstance(one, Read)]

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        frames = MbapReader()
        with suppress(ConnectionError, asyncio.CancelledError):
            while data := await reader.read(4096):
                for frame in frames.feed(data):
                    async with self._one_at_a_time:
                        answer = await self._answer(frame.pdu)
                    if answer is None:
                        writer.transport.abort()
                        return
                    writer.write(encode_mbap(MbapFrame(frame.transaction, frame.unit, answer)))
                    if self.hangs_up_after_each_answer:
                        await writer.drain()
                        writer.close()
                        return
        writer.transport.abort()

    async def _answer(self, pdu: bytes) -> bytes | None:
        request = decode_request(pdu)
        self.heard.append(request)
        if not isinstance(request, Read) and self.resets_at_a_write:
            return None
        await asyncio.sleep(self.read_s if isinstance(request, Read) else self.write_s)
        if request.function in self.refuses:
            return encode_refusal(request.function, self.refuses[request.function])
        if isinstance(request, Read):
            points = range(request.address, request.address + request.count)
            if self.reads_only is not None and not self.reads_only.issuperset(points):
                return encode_refusal(request.function, self.refuses_others_with)
            if request.count > self.most_read:
                return encode_refusal(request.function, 3)
            of = self.coils if request.space == "coil" else self.inputs
            return encode_reply(request, [of[n] for n in points])
        if isinstance(request, Identify):
            return encode_refusal(request.function, 1)
        values = (request.on,) if isinstance(request, WriteCoil) else request.values
        self.coils[request.address : request.address + len(values)] = values
        return encode_reply(request)


@asynccontextmanager
async def at_work(board: OddBoard, watch: Watch, timeout_s: float) -> AsyncIterator[tuple[ModbusTcp, Inbox]]:
    """The board and its driver; a bug in `run` fails the test."""
    inbox = Inbox()
    async with board.serving():
        driver = ModbusTcp(
            ModbusTcpConfig(CONTROLLER, "127.0.0.1", board.port, 1, round(timeout_s * 1e6), 1, watch)
        )
        running = asyncio.create_task(driver.run(inbox.emit))
        try:
            yield driver, inbox
            assert not running.done(), "run ended by itself"
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
