"""A Modbus TCP board that the test plays by hand, byte for byte, to see what is on the wire and when."""

import asyncio
import socket
from contextlib import suppress

from drivers.doors.modbus_mbap import MbapFrame, MbapReader, encode_mbap
from drivers.doors.modbus_pdu import Read, decode_request, encode_reply


class RawConnection:
    def __init__(self, accepted: socket.socket) -> None:
        self._socket = accepted
        self._socket.setblocking(False)
        self._reader = MbapReader()
        self._frames: list[MbapFrame] = []

    def arrived(self) -> list[MbapFrame]:
        """What is in the kernel's hands this instant, without giving the loop a turn."""
        with suppress(BlockingIOError):
            self._frames += self._reader.feed(self._socket.recv(4096))
        taken, self._frames = self._frames, []
        return taken

    async def frame(self) -> MbapFrame:
        async with asyncio.timeout(5):
            while not self._frames:
                data = await asyncio.get_running_loop().sock_recv(self._socket, 4096)
                if not data:
                    raise EOFError
                self._frames += self._reader.feed(data)
        return self._frames.pop(0)

    async def hung_up(self) -> None:
        """Returns once the driver has closed or reset the connection."""
        try:
            while True:
                await self.frame()
        except (EOFError, ConnectionResetError):
            return

    def send(self, data: bytes) -> None:
        self._socket.send(data)

    def answer(self, frame: MbapFrame, pdu: bytes | None = None) -> None:
        """A good answer (reads: all zero), or this PDU."""
        if pdu is None:
            request = decode_request(frame.pdu)
            pdu = encode_reply(request, (0,) * request.count if isinstance(request, Read) else ())
        self.send(encode_mbap(MbapFrame(frame.transaction, frame.unit, pdu)))

    async def first_contact(self) -> None:
        """Answer the first round of two reads; the first of them is asked twice."""
        for _ in range(3):
            self.answer(await self.frame())

    def reset(self) -> None:
        """Hang up with a RST."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self._socket.close()

    def close(self) -> None:
        self._socket.close()


class RawBoard:
    """Listens on a loopback port; the test accepts each connection."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.setblocking(False)
        self.port: int = self._listening.getsockname()[1]
        self._accepted: list[RawConnection] = []

    async def accept(self) -> RawConnection:
        async with asyncio.timeout(5):
            accepted, _ = await asyncio.get_running_loop().sock_accept(self._listening)
        self._accepted.append(RawConnection(accepted))
        return self._accepted[-1]

    def close(self) -> None:
        self._listening.close()
        for connection in self._accepted:
            connection.close()
