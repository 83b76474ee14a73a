"""The ONVIF process: `python -m edge.media.onvif_process`, started, watched and killed by `edge/media/onvif.py`.

Descriptor 0 is the socket to the camera process. What cameras say in XML is read here and nowhere else of the product:
reading one answer may hold a loop for most of a second. It ends with the camera process, and by SIGTERM at once.
"""

import asyncio
import os
import resource
import socket
from typing import Final

from drivers.confined import WRITES_NOTHING, confine
from drivers.lines import Lines, Unreadable, line
from edge.media.messages import LONGEST_DOWN, Beat
from edge.media.onvif_messages import Up, down
from edge.media.onvif_visits import Visits

BEAT_S: Final = 0.2
NICE: Final = 5
MOST_MEMORY: Final = 512 * 1024 * 1024
MOST_UNSENT: Final = 1024 * 1024


async def serve() -> int:
    """Until the camera process closes its socket. Returns 0 then, 1 where it spoke what is no message."""
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=os.dup(0)), limit=LONGEST_DOWN)
    lines = Lines(LONGEST_DOWN)

    def say(message: Up) -> None:
        if writer.transport.get_write_buffer_size() < MOST_UNSENT:
            writer.write(line(message))

    async def beat() -> None:
        while True:
            say(Beat())
            await asyncio.sleep(BEAT_S)

    visits = Visits(say)
    beating = asyncio.create_task(beat())
    try:
        while data := await reader.read(65_536):
            for text in lines.feed(data):
                visits.look(down(text))
        return 0
    except (Unreadable, ConnectionError):
        return 1
    finally:
        # Of cameras no leave is taken: subscriptions end by themselves in two minutes, and nobody waits for us.
        beating.cancel()


def main() -> None:
    """Confine this process, and serve."""
    _confine()

    async def all_of_it() -> None:
        os._exit(await serve())

    asyncio.run(all_of_it())


def _confine() -> None:
    confine(*WRITES_NOTHING, nice=NICE)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))


if __name__ == "__main__":
    main()
