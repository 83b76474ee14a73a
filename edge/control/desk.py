"""What the socket asks of the appliance. `edge.appliance` implements it; tests implement it with a few lines."""

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from edge.book.messages import Answered
from edge.flaws.taken import Taken
from edge.floorplans.shelf import Floorplans
from edge.importing import Imports
from edge.people.people import People
from rules.model.book_asks import BookAsk
from rules.model.bundle_facts import BundleKind
from rules.model.events import Asked
from rules.model.ids import Actor, IncidentId, RequestId
from rules.model.moments import Instant
from rules.model.values import dataclass
from rules.plan import Plan
from rules.rights import RightsTable
from rules.state import State

if TYPE_CHECKING:
    from edge.tabletops import Tabletops

Make = Callable[[Instant, RequestId, Actor], Asked]
"""Makes the event once the appliance has stamped and numbered it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a person's request. `code`: `done`, or why not; `args` for its sentence (`edge.words.reply`).

    durable False: decided and done, but the disk takes nothing now.
    """

    done: bool
    code: str = "done"
    args: tuple[tuple[str, str | int | bool], ...] = ()
    incident: IncidentId | None = None
    durable: bool = True


class NoRecord(Exception):
    """The record cannot be read, or not exported, now. What it says is for the caller."""


class Desk(Protocol):
    """The appliance as the socket sees it. All of it is called on the loop's thread.

    Whatever reads the disk must do it in a thread: a hanging disk may hang these answers, never the loop.
    """

    rights: RightsTable
    people: People

    @property
    def state(self) -> State:
        """What is believed now; immutable."""

    @property
    def plan(self) -> Plan:
        """The accepted configuration, as the rules know it."""

    def snapshot(self) -> dict[str, Any]:
        """`edge.snapshot.snapshot` of now."""

    def drills(self, drill: str | None) -> dict[str, Any] | None:
        """Every drill and what is due; with an id the record of one that is over, None: there is none such."""

    def rules(self) -> dict[str, Any]:
        """`edge.rulebook.rulebook` of the configuration in force."""

    async def submit(self, actor: Actor, make: Make) -> Reply:
        """Hand one request to the inbox; returns once it is durable, or once the disk took nothing for 1 s.

        A caller that goes away cancels the waiting, never the request.
        """

    @property
    def tabletops(self) -> "Tabletops":
        """Tabletop exercises, past and written incidents shown to a table."""

    @property
    def imports(self) -> Imports:
        """Files of assets on their way in."""

    @property
    def floorplans(self) -> Floorplans:
        """The map, and files of floor plans on their way in."""

    @property
    def store(self) -> Path:
        """The store directory."""

    async def ask_book(self, actor: Actor, asked: BookAsk) -> Answered:
        """Have the book decide something; told once it is in the record and in every list. Raises NotDone."""

    async def read_book(self, query: str, **asked: Any) -> msgspec.Raw:
        """Read of the book, as JSON; queries are `edge.book.queries.QUERIES`. Raises NotDone."""

    async def take_bundle(self, actor: Actor, kind: BundleKind, file: str) -> Taken:
        """Take in a list of published flaws, by a process of its own. Raises `edge.flaws.refusal.Refused`, NotDone."""

    async def leave_safe_mode(self, actor: Actor) -> Reply:
        """Code `done`, or `not_in_safe_mode`."""

    async def verify_journal(self, rebuild: bool, evidence: bool) -> dict[str, Any]:
        """`{"holds": bool, "text": [line, ...], ...}`: the chain and its files of pictures checked.

        rebuild: the views made again as well. evidence: each file of pictures read whole. Raises NoRecord.
        """

    def rows(self, incident: str | None) -> AsyncIterator[Sequence[dict[str, Any]]]:
        """The journal's events as `edge.control.rows.row` makes them, oldest first, in batches of at most 200.

        incident: only that one's; None: those that open, raise or close any incident. Raises NoRecord.
        """

    async def export(self, incident: str, redact: bool, by: Actor, *, names: bool = True) -> Path:
        """Make the export as a file in the store directory, for the caller to move away; for whom enters the record.

        names: with the personal text of accounts.

        Raises KeyError for an incident that is not in the record, NoRecord.
        """
