"""Whether a configured device lets a stranger in: one question each, without the password that we have. Nothing is changed."""

import asyncio
import contextlib
import ssl
from typing import Final

ASK_S: Final = 5.0
LONGEST: Final = 4_096
_CONNECT: Final = bytes.fromhex("10 0c 00 04 4d 51 54 54 04 02 00 0a 00 00".replace(" ", ""))
"""An MQTT 3.1.1 CONNECT with no name, no password, no client id and a clean session (OASIS, section 3.1)."""
_DISCONNECT: Final = b"\xe0\x00"
_ACCEPTED: Final = b"\x20\x02\x00\x00"
"""CONNACK, return code 0 (section 3.2)."""


async def broker_open(host: str, port: int, tls: ssl.SSLContext | None) -> bool:
    """Whether the broker takes a session without a name. One that does not answer is not known to be open."""
    answer = await _asked(host, port, tls, _CONNECT, 4)
    return answer[:1] == b"\x20" and answer[3:4] == _ACCEPTED[3:]


async def camera_open(host: str, port: int, url: str) -> bool:
    """Whether the camera describes its stream to whoever asks (RFC 2326 section 10.2). url: without name and password."""
    question = f"DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n".encode()
    answer = await _asked(host, port, None, question, 12)
    return answer.startswith(b"RTSP/1.0 200")


async def _asked(host: str, port: int, tls: ssl.SSLContext | None, question: bytes, least: int) -> bytes:
    """The first bytes of the answer; `b""` where none came."""
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(ASK_S):
            reader, writer = await asyncio.open_connection(host, port, ssl=tls, limit=LONGEST)
            writer.write(question)
            await writer.drain()
            return await reader.readexactly(least)
    except (OSError, TimeoutError, asyncio.IncompleteReadError, ssl.SSLError):
        return b""
    finally:
        if writer is not None:
            with contextlib.suppress(OSError, RuntimeError):
                if question is _CONNECT:
                    writer.write(_DISCONNECT)
                writer.close()
