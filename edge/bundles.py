"""Lists of published flaws as the daemon takes them: read by a process of their own, then recorded by the book."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from edge.flaws.refusal import Refused
from edge.flaws.taken import Taken
from edge.flaws.taking import Taking
from edge.operations import NotDone
from rules.model.book_asks import BookAsk, RecordBundle
from rules.model.bundle_facts import BundleKind, BundleRefused, BundleTaken
from rules.model.ids import Actor

AskBook = Callable[[Actor, BookAsk], Awaitable[object]]


class Bundles:
    """Belongs to the loop's thread."""

    def __init__(self, store: Path, ask: AskBook, taking: Taking | None = None) -> None:
        self._taking = taking or Taking(store)
        self._ask = ask

    async def take(self, actor: Actor, kind: BundleKind, file: str) -> Taken:
        """Take a file in, and record that or why not. file: an absolute path. Raises Refused, with everything as before.

        Raises NotDone where it was taken, and the book is away to record it.
        """
        try:
            if not Path(file).is_absolute():
                raise Refused("unreadable", "the file is not named by its whole path", "name it from / on")
            taken = await self._taking.take(kind, Path(file))
        except Refused as err:
            # Where the book is away the person is told all the same.
            with suppress(NotDone):
                await self._ask(actor, RecordBundle(refused=BundleRefused(kind, err.code)))
            raise
        fact = BundleTaken(kind, taken.sha256, taken.count, taken.stamp_us, taken.whole)
        await self._ask(actor, RecordBundle(taken=fact))
        return taken
