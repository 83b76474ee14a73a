"""Checklists that come in over the network: read in a process of their own, checked by the book, taken as a whole."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from edge import words
from edge.book.messages import Answered
from edge.checklist_file import Form
from edge.first_line import first_line, module
from edge.operations import NotDone
from rules.model.assessment_asks import ImportChecklist, QuestionLine
from rules.model.book_asks import BookAsk
from rules.model.ids import Actor
from rules.model.values import dataclass

READ_S: Final = 60.0
PIECE: Final = 40
LONGEST_ANSWER: Final = 8 * 1_048_576
HURRIED_S: Final = 0.05


class Book(Protocol):
    """The book, as far as a checklist needs it."""

    async def ask(self, actor: Actor, asked: BookAsk) -> Answered: ...

    async def read(self, query: str, **asked: Any) -> msgspec.Raw: ...


class _Said(msgspec.Struct, frozen=True):
    """What the reading process says."""

    title: str = ""
    sha256: str = ""
    questions: list[tuple[int, QuestionLine]] = []
    wrong: list[tuple[int, str]] = []
    no: str = ""


class _Judged(msgspec.Struct, frozen=True):
    place: int
    code: str
    args: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a file came to. wrong: (line, why) of each question that may not be: then nothing of it counts."""

    title: str
    questions: int
    sha256: str
    wrong: tuple[tuple[int, str], ...] = ()


class Checklists:
    """Belongs to the loop's thread."""

    def __init__(self, book: Book, hurried: Callable[[], bool]) -> None:
        self._book = book
        self._hurried = hurried
        self._taking: set[asyncio.Task[None]] = set()

    async def take(
        self, actor: Actor, path: Path, form: Form, name: str, title: str, *, check: bool
    ) -> Outcome:
        """Read a file, and let it count unless something of it may not be. name: the checklist's id. title: `""`: as the file
        says. check: change nothing. Raises NotDone. Once begun it goes on, also where nobody waits for it any more.
        """
        said = await self._read(path, form)
        if said.no:
            raise NotDone("checklist_unread", (("why", said.no),))
        called = title or said.title
        if not called:
            raise NotDone("checklist_untitled")
        wrong = tuple(said.wrong) or tuple([one async for one in self._judged(said)])
        outcome = Outcome(called, len(said.questions), said.sha256, wrong)
        if not wrong and not check:
            taking = asyncio.ensure_future(self._take(actor, said, name, called))
            self._taking.add(taking)
            taking.add_done_callback(self._taking.discard)
            await asyncio.shield(taking)
        return outcome

    async def _read(self, path: Path, form: Form) -> _Said:
        program = (*module("edge.book.checklist_process"), form)
        try:
            with path.open("rb") as file:
                line = await first_line(program, most_bytes=LONGEST_ANSWER, patience_s=READ_S, reads=file)
            return msgspec.json.decode(line, type=_Said)
        except (TimeoutError, ValueError, msgspec.MsgspecError):
            why = "it takes more time or memory to read than a checklist may"
            raise NotDone("checklist_unread", (("why", why),)) from None
        except OSError as err:
            raise NotDone("import_file", (("why", err.strerror or "it cannot be opened"),)) from None

    async def _judged(self, said: _Said) -> Any:
        for first in range(0, len(said.questions), PIECE):
            await self._courtesy()
            piece = said.questions[first : first + PIECE]
            raw = await self._book.read("checklists.judged", lines=[one for _, one in piece])
            for one in msgspec.json.decode(raw, type=list[_Judged]):
                yield piece[one.place][0], words.reply(one.code, one.args)

    async def _take(self, actor: Actor, said: _Said, name: str, title: str) -> None:
        head = ImportChecklist(0, name, title, len(said.questions), said.sha256)
        begun = await self._book.ask(actor, head)
        number = int(str(dict(begun.args)["subject"]).rpartition("-")[2])
        try:
            for first in range(0, len(said.questions), PIECE):
                await self._courtesy()
                lines = tuple(one for _, one in said.questions[first : first + PIECE])
                await self._book.ask(actor, ImportChecklist(number, lines=lines))
            await self._book.ask(actor, ImportChecklist(number, end="taken"))
        except NotDone as err:
            with contextlib.suppress(NotDone):
                # Where the book cannot be asked, it lets it go by itself after an hour.
                await self._book.ask(actor, ImportChecklist(number, end="abandoned"))
            raise err

    async def _courtesy(self) -> None:
        """A press on its way to the wire comes first."""
        while self._hurried():  # noqa: ASYNC110  # for some ms, a few times a year
            await asyncio.sleep(HURRIED_S)
