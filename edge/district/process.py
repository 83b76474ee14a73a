"""The district's process: `python -m edge.district.process`, started and watched by `edge/district_link.py`.

Descriptor 0 is the socket for messages. The network and what a stranger's server says are met here and nowhere else.
"""

import asyncio
import random
import socket
import sys
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec

from drivers.confined import confine
from drivers.lines import Lines, Unreadable, line
from edge.district import renewal
from edge.district.ahead import Ahead
from edge.district.api import Place
from edge.district.client import Away, Client, Told
from edge.district.countersigned import Countersigned
from edge.district.directing import Directing, Unsigned
from edge.district.lane import Halted, Lane
from edge.district.messages import (
    LONGEST_DOWN,
    Answered,
    Beat,
    Directed,
    Down,
    Live,
    More,
    Open,
    Piece,
    Pull,
    PullSigned,
    Signed,
    Standing,
    Up,
    down,
)

BEAT_S: Final = 0.5
TOLD_S: Final = 0.5
"""The daemon hears of acknowledgements so often, however fast they come."""
PAUSE_MOST_S: Final = 60.0
"""Full jitter between nothing and this at most: thousands of campuses come back at once (stack.md 5.4)."""
ASKED: Final = 20
"""Pauses (`Open.pause_us`) after which a hub that refuses or halted this campus is asked whether a person has looked."""
MOST_SPOILT: Final = 2
NICE: Final = 10


class Process:
    """One life. Belongs to the loop's thread."""

    def __init__(self, say: Callable[[Up], None]) -> None:
        self._say = say
        self._open: Open
        self._opened = asyncio.Event()
        self._pieces: asyncio.Queue[Piece] = asyncio.Queue()
        self._signed: asyncio.Queue[Signed] = asyncio.Queue()
        self._pulling, self._pulling_signed = asyncio.Lock(), asyncio.Lock()
        self._owed = self._owed_signed = 0
        """Asked for, and not answered yet: whoever asked may have given up meanwhile."""
        self._acknowledged: dict[str, int] = {}
        self._progress = 0
        """Counts what the hub acknowledged anew: a line that fails now and then is no line that fails."""
        self._standing = Standing("district_away", "starting", {})
        self._lane: Lane | None = None
        self._directing: Directing | None = None
        self._ahead = Ahead()
        self._changed = asyncio.Event()

    def take(self, message: Down) -> None:
        """A message of the daemon."""
        match message:
            case Open():
                self._open = message
                self._opened.set()
            case More():
                if self._lane is not None:
                    self._lane.grew()
            case Piece():
                self._pieces.put_nowait(message)
            case Signed():
                self._signed.put_nowait(message)
            case Live():
                self._ahead.add(message.events)
            case Answered():
                if self._directing is not None:
                    self._directing.answered(message.number)

    async def run(self) -> None:
        """Serve, by whatever configuration is the last."""
        while True:
            await self._opened.wait()
            self._opened.clear()
            ways = asyncio.create_task(self._ways(self._open))
            another = asyncio.create_task(self._opened.wait())
            try:
                await asyncio.wait((ways, another), return_when=asyncio.FIRST_COMPLETED)
                if ways.done():
                    ways.result()
            finally:
                for one in (ways, another):
                    one.cancel()
                await asyncio.gather(ways, another, return_exceptions=True)

    async def _ways(self, opened: Open) -> None:
        try:
            client = Client(opened)
        except ValueError as err:
            traceback.print_exception(err)
            self._stand("district_refused", "certificate_file")
            await asyncio.Event().wait()
            return
        async with client, asyncio.TaskGroup() as group:
            folder = Path(opened.store)
            kept = Countersigned(folder)
            client.token = renewal.chosen(folder, opened.token, opened.campus)
            self._directing = directing = Directing(
                opened.campus, opened.hub_key, opened.directive, self._direct
            )
            self._lane = lane = Lane(client, self._pull, self._told)
            group.create_task(self._again(lane.run, main=True))
            group.create_task(self._again(lambda: self._ahead.run(client)))
            group.create_task(self._again(lambda: self._have_signed(client, kept)))
            group.create_task(self._again(lambda: directing.run(client)))
            if opened.token:
                group.create_task(self._again(lambda: renewal.run(client, folder)))
            group.create_task(self._tell())

    async def _again(self, work: Callable[[], Awaitable[None]], *, main: bool = False) -> None:
        """Do it for ever, and pause behind each failure: the longer, the more there were.

        What is said once may have been spoilt on the way; a refusal, and another chain, are told when they are said again.
        """
        failed = 0
        while True:
            before, least_s, stands = self._progress, 0.0, ("", "")
            try:
                await work()
            except Away as err:
                least_s, stands = err.retry_s, ("district_away", err.why)
            except Told as err:
                stands = "district_refused", err.problem.code
            except Halted as err:
                stands = "district_halted", err.why
            except Unsigned:
                least_s = ASKED * self._open.pause_us / 1e6
                self._standing = msgspec.structs.replace(self._standing, unsigned=True)
            failed = 1 if self._progress > before else min(failed + 1, 10)
            pause_s = self._open.pause_us / 1e6
            most_s = min(pause_s * 2**failed, PAUSE_MOST_S)
            if stands[0] != "district_away" and failed > MOST_SPOILT:
                least_s = ASKED * pause_s
            elif stands[0] != "district_away":
                stands = "district_away", "spoilt"
            if main:
                self._stand(*stands)
            await asyncio.sleep(least_s + random.uniform(0.0, most_s))  # noqa: S311  # no secret

    # --- what is asked of the daemon -----------------------------------------------------------

    async def _pull(self, pull: Pull) -> Piece:
        async with self._pulling:
            while self._owed:
                await self._pieces.get()
                self._owed -= 1
            self._owed += 1
            self._say(pull)
            piece = await self._pieces.get()
            self._owed -= 1
            return piece

    async def _pull_signed(self, pull: PullSigned) -> Signed:
        async with self._pulling_signed:
            while self._owed_signed:
                await self._signed.get()
                self._owed_signed -= 1
            self._owed_signed += 1
            self._say(pull)
            signed = await self._signed.get()
            self._owed_signed -= 1
            return signed

    async def _have_signed(self, client: Client, kept: Countersigned) -> None:
        """Have the hub countersign what it holds, and keep that."""
        while True:
            self._changed.clear()
            for epoch, upto in dict(self._acknowledged).items():
                while True:
                    asked = PullSigned(epoch, kept.last_of(epoch), upto)
                    lines = (await self._pull_signed(asked)).checkpoints
                    if not lines:
                        break
                    kept.keep(await client.checkpoints(lines))
                    if kept.last_of(epoch) == asked.after:
                        break  # none of them was countersigned: asking again would not help
            await self._changed.wait()

    def _direct(self, directed: Directed) -> None:
        self._standing = msgspec.structs.replace(self._standing, unsigned=False)
        self._say(directed)

    # --- how it goes ---------------------------------------------------------------------------

    def _told(self, place: Place) -> None:
        if not place.epoch:
            return
        self._progress += self._acknowledged.get(place.epoch) != place.seq
        self._acknowledged[place.epoch] = place.seq
        self._ahead.passed(place)
        self._stand("", "")

    def _stand(self, trouble: str, why: str) -> None:
        self._standing = Standing(trouble, why, dict(self._acknowledged), self._standing.unsigned)
        self._changed.set()

    async def _tell(self) -> None:
        said: Standing | None = None
        while True:
            if self._standing != said:
                said = self._standing
                self._say(said)
            await asyncio.sleep(TOLD_S)


async def main() -> None:
    """Serve the daemon until it is gone."""
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=0), limit=1 << 20)

    def say(message: Up) -> None:
        writer.write(line(message))

    process, lines = Process(say), Lines(LONGEST_DOWN)

    async def beat() -> None:
        while True:
            say(Beat())
            await asyncio.sleep(BEAT_S)

    async def serve() -> None:
        while data := await reader.read(1 << 18):
            for text in lines.feed(data):
                process.take(down(text))
            await writer.drain()
        raise SystemExit(0)

    async with asyncio.TaskGroup() as group:
        group.create_task(beat())
        group.create_task(serve())
        group.create_task(process.run())


if __name__ == "__main__":
    confine(nice=NICE)
    try:
        asyncio.run(main())
    except (Unreadable, OSError):
        traceback.print_exc()
        sys.exit(1)
