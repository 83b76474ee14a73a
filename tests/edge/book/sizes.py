"""How fast the book and the views follow a long journal, and what its lists cost then. `python -m tests.edge.book.sizes`.

Figures are of the processor's time, whatever else the machine does: events a second of CPU, and milliseconds of it.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import msgspec

from drivers.lines import line
from edge import codec
from edge.book.entries import entry_of
from edge.book.messages import PIECE, Decided, EventLine, Events, Open, Up, down, up
from edge.book.process import READ, Process
from edge.config.pack_tickets import shipped_tickets
from edge.journal.reader import Reader
from edge.journal.stamp import Stamper
from edge.views.database import NAME, Views
from edge.views.rebuild import follow_all
from rules.book.decision import Now
from rules.book.sweep import paced
from rules.model.moments import Instant
from tests.edge.book import long_journal, scale
from tests.edge.book.long_journal import CAMPUS

T = TypeVar("T", bound=Up)
TIMES: Final = 21
ASSETS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "first page": ("assets", {}),
    "a deep page": ("assets", {"after": "asset-015000", "limit": 200}),
    "of a zone": ("assets", {"zone": "zone-7", "limit": 200}),
    "of a type and state": ("assets", {"type": "radio", "state": "repair", "limit": 200}),
    "what is unknown": ("assets", {"unknown": "any", "limit": 200}),
    "issued, which none is": ("assets", {"where": "issued"}),
    "a word of a name": ("assets", {"search": "projector", "limit": 200}),
    "a serial number": ("assets", {"search": "SN00019999"}),
    "part of a serial number": ("assets", {"search": "019999"}),
    "a word that nobody said": ("assets", {"search": "zeppelin"}),
    "a word, of a class": ("assets", {"search": "latch", "class_": "safety"}),
    "one": ("asset", {"id": "asset-000003"}),
    "counts": ("assets.count", {}),
    "the plan of replacement": ("assets.plan", {}),
    "issued to whom": ("assets.issued", {}),
    "an export's page": ("assets.csv", {"after": "asset-010000"}),
    "firmware": ("firmware", {}),
}
QUESTIONS: Final = {
    **{f"assets: {name}": one for name, one in ASSETS.items()},
    **{f"tickets: {name}": one for name, one in scale.QUESTIONS.items()},
    "tickets: a deep page": ("tickets", {"state": "closed", "after": "c1500", "limit": 200}),
}


class _Ears:
    """The daemon's end of the pipe."""

    def __init__(self) -> None:
        self.said: list[Up] = []

    def write(self, data: bytes) -> None:
        self.said.append(up(data))


class Desk:
    """The book's process in this one, fed with a journal that lies in a directory, as the daemon feeds it."""

    def __init__(self, store: Path, book: Path) -> None:
        self._ears = _Ears()
        self.process = Process(cast("asyncio.StreamWriter", self._ears))
        self._store = store
        self._book = book
        self.followed = 0

    def follow(self) -> float:
        """Follow all of the journal; seconds of the processor that the process took for it."""
        took_s = 0.0
        for piece in self._pieces(self.opened()):
            began_s = time.process_time()
            self.take(piece)
            took_s += time.process_time() - began_s
        return took_s

    def opened(self) -> Open:
        """What the daemon says first."""
        doors = tuple((door, "door", zone, "", "", None, kind) for door, zone, kind in scale.DOORS)
        zones = {CAMPUS: (CAMPUS,), **{f"zone-{one}": (f"zone-{one}", CAMPUS) for one in range(40)}}
        return Open(
            str(self._book), CAMPUS, "America/Chicago", msgspec.convert(doors, Open.__annotations__["devices"]),
            zones, tickets=shipped_tickets(),
        )  # fmt: skip

    def take(self, piece: bytes) -> None:
        """Let the process have a message."""
        self.process.take(down(piece))

    def heard(self, kind: type[T]) -> list[T]:
        """What the process said of this kind."""
        return [one for one in self._ears.said if isinstance(one, kind)]

    def enter(self, decided: Decided) -> None:
        """What the process decided, as it comes back through the journal."""
        database = self.process.database
        if database is None or database.ends is None:
            raise RuntimeError("nothing was followed yet")
        ends = database.ends
        now = Instant(time.time_ns() // 1_000, 1)
        stamper = Stamper(CAMPUS, "boot", None, ends)
        made = [stamper.stamp(codec.row(entry_of(one), now, long_journal.MADE)) for one in decided.entries]
        found = [
            EventLine(one.hash, one.body.decode(), {each.field: each.value.decode() for each in one.sealed})
            for one in made
        ]
        self.take(line(Events(tuple(found), more=False)))

    def _pieces(self, opened: Open) -> Iterator[bytes]:
        yield line(opened)
        with Reader.open(self._store) as reader:
            ends = None if self.process.database is None else self.process.database.ends
            place = 0 if ends is None else reader.store.place_of(ends.epoch, ends.seq) or 0
            more = True
            while more:
                found = reader.store.lines_after(place, PIECE)
                more = len(found) == PIECE
                place = found[-1][0] if found else place
                self.followed += len(found)
                yield line(Events(tuple(EventLine(*one[1:]) for one in found), more))

    def read(self, query: str, asked: dict[str, Any]) -> bytes:
        """What the process does for a question."""
        if self.process.database is None:
            raise RuntimeError("it was never opened")
        kind, answer = READ[query]
        now = Now(time.time_ns() // 1_000, 739_000)
        return msgspec.json.encode(answer(self.process.database, msgspec.convert(asked, kind), now))

    def close(self) -> None:
        """Let go of its database."""
        if self.process.database is not None:
            self.process.database.close()


def p95(tried: Callable[[], object], times: int = TIMES) -> float:
    """Milliseconds of the processor, by nearest rank."""
    found = []
    for _ in range(times):
        began_s = time.process_time()
        tried()
        found.append((time.process_time() - began_s) * 1_000)
    return sorted(found)[-(-len(found) * 95 // 100) - 1]


def swept_ms(desk: Desk) -> tuple[float, float]:
    """A sweep's milliseconds: in all, and the longest of its steps, between which others are answered."""
    if desk.process.database is None:
        raise RuntimeError("it was never opened")
    book, longest, whole = desk.process.database.book, 0.0, 0.0
    steps = paced(book, Now(time.time_ns() // 1_000, 739_000))
    began_s = time.process_time()
    for entry in steps:
        if entry is None:
            took_s = time.process_time() - began_s
            longest, whole = max(longest, took_s), whole + took_s
            began_s = time.process_time()
    took_s = time.process_time() - began_s
    return (whole + took_s) * 1_000, max(longest, took_s) * 1_000


def views_followed(store: Path, directory: Path) -> tuple[int, float]:
    """How many events the views followed from nothing, and in how many seconds of the processor."""
    with Reader.open(store) as reader, closing(Views.open(directory / NAME)) as views:
        began_s = time.process_time()
        count = follow_all(views, reader.read_sealed)
        return count, time.process_time() - began_s


def memory_mib() -> float:
    """Of this process, now."""
    text = Path("/proc/self/smaps_rollup").read_text()
    return sum(int(one.split()[1]) for one in text.splitlines() if one.startswith("Pss:")) / 1_024


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the journal, or take one that is there, and print the figures."""
    parser = argparse.ArgumentParser(prog="tests.edge.book.sizes", description=__doc__)
    parser.add_argument("--assets", type=int, default=20_000)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=1_000_000, help="in all (1,000,000)")
    parser.add_argument("--store", type=Path, help="a store that lies there, made where it does not")
    parser.add_argument(
        "--book", type=Path, help="a directory in which the book is kept (else it is thrown away)"
    )
    parser.add_argument("--no-views", action="store_true", help="leave out the views")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        store = args.store or Path(folder) / "store"
        if not store.exists():
            count = long_journal.write(store, long_journal.mixed(args.assets, args.tickets, args.events))
            _say(f"{count} events written")
        if not args.no_views:
            count, took_s = views_followed(store, Path(folder))
            _say(f"views: {count} events followed in {took_s:.1f} s: {count / took_s:.0f}/s")
        desk = Desk(store, args.book or Path(folder))
        took_s = desk.follow()
        _say(
            f"book: {desk.followed} events followed in {took_s:.1f} s: {desk.followed / took_s:.0f}/s; "
            f"{memory_mib():.0f} MiB"
        )
        for name, (query, asked) in QUESTIONS.items():
            _say(f"{p95(lambda query=query, asked=asked: desk.read(query, asked)):8.1f} ms  {name}")  # type: ignore[misc]
        whole, longest = swept_ms(desk)
        _say(f"{whole:8.1f} ms  a sweep; the longest of its steps {longest:.1f} ms")
        desk.close()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
