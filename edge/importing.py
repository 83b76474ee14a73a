"""Imports of assets as the daemon sees them: a file read in a process of its own, checked by the book, staged, taken as a whole.

Nothing here decides: rows go from one process to the other, a hundred at a time, and never while a press is on its way.
"""

import asyncio
import contextlib
import json
import os
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

import edge
from edge.book.messages import Answered
from edge.operations import AWAY, NotDone
from rules.model.asset_asks import AddRows, BeginBatch, EndBatch
from rules.model.asset_facts import Pairs
from rules.model.book_asks import BookAsk
from rules.model.ids import Actor, AssetId
from rules.plan import Plan

MOST_STAGED: Final = 3
KEPT_S: Final = 1_800.0
READ_S: Final = 120.0
AT_ONCE: Final = 50
LONGEST_LINE: Final = 16 * 1024 * 1024
MOST_TOLD: Final = 1_000
"""Refused rows that are told one by one; the others are counted."""
SHOWN: Final = 50
"""Rows of a preview that are shown as they would be."""
HURRIED_S: Final = 0.05
TAKEN_S: Final = 120.0
"""All rows begin to count at once: some seconds of a processor that others may want too."""
_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "LANG", "PYTHONDONTWRITEBYTECODE")
_ROWS: Final = msgspec.json.Decoder(tuple[tuple[AssetId | None, Pairs, bool], ...])


def zones_by_name(plan: Plan) -> dict[str, str]:
    """Ids of zones by their names and ids, in lower case; of two of one name neither."""
    names = Counter(str(one.name).casefold() for one in plan.zones.values())
    by_name = {str(one.name).casefold(): str(one.id) for one in plan.zones.values()}
    return {
        **{name: zone for name, zone in by_name.items() if names[name] == 1},
        **{str(zone).casefold(): str(zone) for zone in plan.zones},
    }


class Book(Protocol):
    """The book, as far as an import needs it."""

    async def ask(self, actor: Actor, asked: BookAsk, patience_s: float = ...) -> Answered: ...

    async def read(self, query: str, **asked: Any) -> msgspec.Raw: ...


class _Piece(msgspec.Struct, frozen=True):
    """What the reading process says. refused: (line, code, arguments)."""

    head: dict[str, Any] | None = None
    rows: msgspec.Raw = msgspec.Raw(b"[]")
    refused: list[tuple[int, str, dict[str, str]]] = []
    as_room: list[int] = []
    end: bool = False
    no: str = ""
    args: dict[str, Any] = {}


class _Checked(msgspec.Struct, frozen=True):
    line: int
    outcome: str
    id: str | None = None
    said: msgspec.Raw = msgspec.Raw(b"[]")
    new: bool = False
    code: str = ""
    args: dict[str, Any] = {}


class _Answer(msgspec.Struct, frozen=True):
    rows: list[_Checked]


@dataclass(slots=True)
class Staged:
    """A file that was read and checked, and changed nothing. columns: (as the file calls it, our field or `""`).

    refused: (line, code, arguments) of rows. as_room: lines whose place is no zone here, and was kept as a room.
    """

    id: str
    sha256: str = ""
    encoding: str = ""
    columns: list[tuple[str, str]] = field(default_factory=list)
    new: int = 0
    change: int = 0
    same: int = 0
    refused_count: int = 0
    refused: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    as_room: list[int] = field(default_factory=list)
    shown: list[dict[str, Any]] = field(default_factory=list)
    rows: list[bytes] = field(default_factory=list)
    at_s: float = field(default_factory=time.monotonic)
    behind: int = 0
    """How many lists had been taken when it was begun to be read."""

    @property
    def good(self) -> int:
        """Rows that would change something."""
        return self.new + self.change

    def refuse(self, line: int, code: str, args: Mapping[str, Any]) -> None:
        """Note a row that may not be."""
        self.refused_count += 1
        if len(self.refused) < MOST_TOLD:
            self.refused.append((line, code, dict(args)))


class Imports:
    """Belongs to the loop's thread. zones: ids by name and id in lower case, as the configuration has them now."""

    def __init__(self, book: Book, zones: Callable[[], dict[str, str]], hurried: Callable[[], bool]) -> None:
        self._book = book
        self._zones = zones
        self._hurried = hurried
        self._staged: dict[str, Staged] = {}
        self._taking: set[asyncio.Task[int]] = set()
        self._taken = 0

    def staged(self, name: str) -> Staged | None:
        """What was staged under an id and is still there."""
        self._forget_old()
        return self._staged.get(name)

    async def stage(self, path: Path) -> Staged:
        """Read and check a file. Raises NotDone."""
        self._forget_old()
        made = Staged(secrets.token_hex(8), behind=self._taken)
        try:
            async with asyncio.timeout(READ_S):
                await self._read(path, made)
        except TimeoutError:
            raise NotDone("table_unreadable") from None
        except OSError as err:
            raise NotDone("import_file", (("why", err.strerror or "it cannot be opened"),)) from None
        while len(self._staged) >= MOST_STAGED:
            del self._staged[next(iter(self._staged))]
        self._staged[made.id] = made
        return made

    async def take(self, actor: Actor, name: str, *, without_refused: bool) -> int:
        """Let what was staged count, as a whole; how many assets that were. Raises NotDone: then none of it does.

        It goes on also where nobody waits for it any more.
        """
        staged = self.staged(name)
        if staged is None:
            raise NotDone("no_such_import")
        if staged.refused_count and not without_refused:
            raise NotDone("rows_refused", (("refused", staged.refused_count),))
        if not staged.good:
            raise NotDone("nothing_to_import")
        del self._staged[name]
        if staged.behind != self._taken:
            # What was new then may be there by now, and would be there twice.
            raise NotDone("import_overtaken")
        self._taken += 1
        taking = asyncio.ensure_future(self._take(actor, staged))
        self._taking.add(taking)
        taking.add_done_callback(self._taking.discard)
        return await asyncio.shield(taking)

    async def _take(self, actor: Actor, staged: Staged) -> int:
        begun = await self._book.ask(actor, BeginBatch(staged.sha256, staged.good))
        batch = int(str(dict(begun.args)["subject"]).rpartition("-")[2])
        last = False
        try:
            for first in range(0, len(staged.rows), AT_ONCE):
                await self._courtesy()
                rows = _ROWS.decode(b"[" + b",".join(staged.rows[first : first + AT_ONCE]) + b"]")
                await self._book.ask(actor, AddRows(batch, rows))
            last = True
            await self._book.ask(actor, EndBatch(batch, True), TAKEN_S)
        except NotDone as err:
            with contextlib.suppress(NotDone):
                # Where the book cannot be asked, it lets it go by itself when it is back.
                await self._book.ask(actor, EndBatch(batch, False))
            # Without its last word nothing of it ever counts.
            raise NotDone(AWAY) if err.code == "book_silent" and not last else err from None
        return staged.good

    async def _read(self, path: Path, made: Staged) -> None:
        with path.open("rb") as file:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "edge.book.csv_process",
                json.dumps(self._zones()),
                stdin=file.fileno(),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=LONGEST_LINE,
                cwd=Path(edge.__file__).parent.parent,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            )
        try:
            await self._heard(process.stdout, made)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _heard(self, out: asyncio.StreamReader | None, made: Staged) -> None:
        while out is not None:
            await self._courtesy()
            try:
                piece = msgspec.json.decode(await out.readline(), type=_Piece)
            except (ValueError, msgspec.MsgspecError):
                raise NotDone("table_unreadable") from None
            if piece.no:
                raise NotDone(piece.no, tuple(piece.args.items()))
            if piece.head is not None:
                made.sha256, made.encoding = str(piece.head["sha256"]), str(piece.head["encoding"])
                made.columns = [(str(of), str(name)) for of, name in piece.head["columns"]]
            for line, code, args in piece.refused:
                made.refuse(line, code, args)
            made.as_room += piece.as_room[: MOST_TOLD - len(made.as_room)]
            if piece.end:
                made.refused.sort(key=lambda one: one[0])
                return
            if bytes(piece.rows) != b"[]":
                self._checked(await self._book.read("import.rows", rows=piece.rows), made)

    def _checked(self, answer: msgspec.Raw, made: Staged) -> None:
        for one in msgspec.json.decode(answer, type=_Answer).rows:
            match one.outcome:
                case "refused":
                    made.refuse(one.line, one.code, one.args)
                case "same":
                    made.same += 1
                case _:
                    made.new += one.outcome == "new"
                    made.change += one.outcome == "change"
                    made.rows.append(msgspec.json.encode((one.id, one.said, one.new)))
                    if len(made.shown) < SHOWN:
                        said = dict(msgspec.json.decode(one.said))
                        made.shown.append(
                            {"line": one.line, "outcome": one.outcome, "id": one.id, "said": said}
                        )

    async def _courtesy(self) -> None:
        """A press on its way to the wire comes first."""
        while self._hurried():  # noqa: ASYNC110  # for some ms, a few times a year
            await asyncio.sleep(HURRIED_S)

    def _forget_old(self) -> None:
        now = time.monotonic()
        for name in [name for name, one in self._staged.items() if now - one.at_s > KEPT_S]:
            del self._staged[name]
