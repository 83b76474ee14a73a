"""The appliance as socket, page and API see it: questions answered from memory, requests handed to the inbox."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from drivers.clock import instant
from edge import drill_views
from edge.book.messages import Answered
from edge.bundles import Bundles
from edge.calendar import zone_of
from edge.checklists import Checklists
from edge.config.pack_rights import shipped_rights
from edge.control.desk import Make, NoRecord, Reply
from edge.control.reports import add_rebuilt, told
from edge.control.rows import row, wanted
from edge.flaws.taken import Taken
from edge.floorplans.drawn import Limits
from edge.floorplans.shelf import Floorplans
from edge.importing import Imports, zones_by_name
from edge.journal.export import Enclosing, NothingToExport, Opens, everything, export, nothing, span_of
from edge.journal.journal import Journal
from edge.journal.keys import KeyRefused
from edge.journal.places import EVIDENCE, TICKET_PHOTOS
from edge.journal.sources import OfJournal
from edge.journal.stamp import Stamped
from edge.journal.stored import PEOPLE_ONLY, Stored
from edge.journal.verify import look_at_pictures
from edge.journal.writer import JournalRefused
from edge.media.messages import Answer, Asked, Figures
from edge.people.keeper import in_a_thread
from edge.people.people import People
from edge.rulebook import rulebook
from edge.snapshot import Steady, in_bites, snapshot
from edge.tabletops import Tabletops
from edge.version import VERSION
from edge.views.database import Views
from edge.views.rebuild import rebuild_beside
from edge.whose import from_elsewhere, to_somebody
from rules.model.book_asks import BookAsk
from rules.model.bundle_facts import BundleKind
from rules.model.events import Event, ExportMade
from rules.model.ids import Actor, CameraId, IncidentId, OutputId
from rules.plan import Plan
from rules.rights import RightsTable
from rules.state import State

if TYPE_CHECKING:
    from drivers.outputs.cap_feed import CapFeed
    from edge.daemon import Daemon

T = TypeVar("T")

BATCH: Final = 200
REBUILD_S: Final = 120.0
"""A million events in 50,000 a second, and room."""
UNFETCHED_S: Final = 7_200.0
"""The longest that anybody waits for an export."""


class FrontDesk:
    """An `edge.control.desk.Desk` and an `edge.web.office.Office`. Belongs to the loop's thread."""

    def __init__(self, daemon: "Daemon") -> None:
        self._daemon = daemon
        self._steady = Steady()
        self._bundles = Bundles(daemon.store, daemon.operations.ask)
        self.floorplans = Floorplans(
            daemon.store, daemon.operations.ask, daemon.operations.read, limits=self._plan_limits
        )
        self.rights: RightsTable = shipped_rights()
        self.people: People = daemon.people

    @property
    def plan(self) -> Plan:
        """The accepted configuration, as the rules know it."""
        return self._daemon.appliance.plan

    @property
    def state(self) -> State:
        """What is believed now."""
        return self._daemon.appliance.state

    def _plan_limits(self) -> Limits:
        said = self._daemon.setting.config.policies.floorplans
        return Limits(said.file_mb, said.things, said.points)

    @property
    def timezone(self) -> str:
        """The campus's IANA zone."""
        return self._daemon.setting.config.campus.timezone

    @property
    def campus_networks(self) -> tuple[str, ...]:
        """The campus's own networks as the configuration has them; none: private addresses."""
        configured = self._daemon.setting.config.web
        return () if configured is None else configured.campus_networks

    @property
    def feeds(self) -> "Mapping[OutputId, CapFeed]":
        """What signs come and fetch, by its output."""
        return self._daemon.routes.feeds

    @property
    def store(self) -> Path:
        """The store directory."""
        return self._daemon.store

    async def views(self, what: Callable[[Views], T]) -> T:
        """Read lists and history in the views' thread. Raises JournalRefused where they do not answer."""
        return await self._daemon.views.ask(what)

    async def events(self, after: tuple[str, int] | None, limit: int) -> list[Stored]:
        """Events of the journal behind (epoch, seq). Raises KeyError, JournalRefused."""
        return await self._daemon.journal.read(after, limit)

    def on_committed(self, told: Callable[[Sequence[Stamped]], None]) -> Callable[[], None]:
        """Have `told` called on the loop with what the journal has just taken; returns what ends it."""
        return self._daemon.committed.listen(told)

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Have `changed` called on the loop soon after the picture changed; returns what ends it."""
        return self._daemon.onlookers.watch(changed)

    async def ask_camera(self, asked: Asked) -> tuple[Answer, asyncio.StreamReader, asyncio.StreamWriter]:
        """Ask the camera process for a look. Raises NotAsked."""
        return await self._daemon.cameras.ask(asked)

    def camera_figures(self, camera: CameraId) -> tuple[Figures | None, int]:
        """What was last counted of a camera, and when that was told."""
        cameras = self._daemon.cameras
        return cameras.figures.get(camera), cameras.figures_at_us.get(camera, 0)

    @cached_property
    def imports(self) -> Imports:
        """Files of assets on their way in."""
        return Imports(self._daemon.operations, lambda: zones_by_name(self.plan), self.hurried)

    @cached_property
    def tabletops(self) -> Tabletops:
        """Tabletop exercises."""
        return Tabletops(self, self.hurried)

    @cached_property
    def checklists(self) -> Checklists:
        """Checklists on their way in."""
        return Checklists(self._daemon.operations, self.hurried)

    async def ask_book(self, actor: Actor, asked: BookAsk) -> Answered:
        """Have the book decide something; told once it is in the record and in every list. Raises NotDone."""
        return await self._daemon.operations.ask(actor, to_somebody(asked, actor, self.people.registrar.book))

    async def read_book(self, query: str, **asked: Any) -> msgspec.Raw:
        """Read of the book, as JSON; queries are `edge.book.queries.QUERIES`. Raises NotDone."""
        if query != "tickets.judged":
            return await self._daemon.operations.read(query, **asked)
        lines, nobodys = from_elsewhere(asked.get("lines"), self.people.registrar.book)
        found = await self._daemon.operations.read(query, **{**asked, "lines": lines})
        return msgspec.Raw(msgspec.json.encode([*msgspec.json.decode(found), *nobodys]))

    async def take_bundle(self, actor: Actor, kind: BundleKind, file: str) -> Taken:
        """Take in a list of published flaws, by a process of its own. Raises `edge.flaws.refusal.Refused`, NotDone."""
        return await self._bundles.take(actor, kind, file)

    def report_secret(self, source: str) -> bytes | None:
        """What a detector or telephone system signs its webhooks with; None: it does not report by webhook."""
        setting = self._daemon.setting
        hooks = {one.id: one.webhook for one in setting.config.detectors}
        hook = (hooks | {one.id: one.webhook for one in setting.config.phone_systems}).get(source)
        return None if hook is None else setting.secrets.webhook_secret(hook.secret_file)

    def emit(self, event: Event) -> None:
        """Hand in an event that answers nobody."""
        self._daemon.appliance.emit(event)

    def hurried(self) -> bool:
        """Whether a press's commands are on their way to the wire."""
        return self._daemon.appliance.hurried

    def metrics(self) -> dict[str, Any]:
        """Counters and gauges of now, by name."""
        daemon = self._daemon
        reflex, routine = daemon.appliance.lanes
        return {
            "reflex": reflex,
            "routine": routine,
            "shed": daemon.appliance.shed,
            "longest_s": daemon.appliance.longest_s,
            "loop_longest_s": daemon.loop_watch.longest_s,
            "loop_over": daemon.loop_watch.over,
            "journal_waiting": daemon.journal.waiting,
            "views_waiting": daemon.views.waiting,
            "tasks": len(asyncio.all_tasks()),
            "camera_viewers": daemon.cameras.viewers,
            "camera_restarts": daemon.cameras.restarts,
            "book_restarts": daemon.operations.restarts,
        }

    def drills(self, drill: str | None) -> dict[str, Any] | None:
        """Every drill and what is due; with an id the record of one that is over."""
        return drill_views.told(self.plan, self.state, zone_of(self.timezone), drill)

    def rules(self) -> dict[str, Any]:
        """The rules and limits in force."""
        policies = self._daemon.setting.config.policies
        kept = policies.retention
        evidence = policies.evidence
        return rulebook(
            self.plan,
            None if kept is None else (kept.incidents, kept.other),
            {
                "before_s": evidence.before // 1_000_000,
                "disk_gb": evidence.disk_gb,
                "reserve_gb": evidence.reserve_gb,
                "drills_days": evidence.drills // 86_400_000_000,
            },
        )

    def snapshot(self) -> dict[str, Any]:
        """The live picture of now."""
        appliance = self._daemon.appliance
        return snapshot(appliance.plan, appliance.state, instant(), self._daemon.box, self._steady)

    def picture(self) -> Generator[None, None, dict[str, Any]]:
        """The same, to be made with the loop's own work in between; of the moment in which it was asked for."""
        appliance = self._daemon.appliance
        return in_bites(appliance.plan, appliance.state, instant(), self._daemon.box, self._steady)

    async def submit(self, actor: Actor, make: Make) -> Reply:
        """Hand one request in; told once it is durable, or once the disk took nothing for 1 s."""
        request, waiting = self._daemon.answers.expect()
        self._daemon.appliance.emit(make(instant(), request, actor))
        return await asyncio.shield(waiting)

    async def leave_safe_mode(self, actor: Actor) -> Reply:
        """Go back to the configured file, as a reload would."""
        if self._daemon.mode != "safe":
            return Reply(False, "not_in_safe_mode")
        self._daemon.leave_safe_mode()
        return Reply(True)

    async def verify_journal(self, rebuild: bool, evidence: bool) -> dict[str, Any]:
        """The chain checked while it grows, in the journal's thread, a hundred events at a time."""
        daemon = self._daemon
        with _refusals():
            report = await daemon.journal.verify()
            pictures = daemon.store / EVIDENCE
            await in_a_thread(
                "pictures verified",
                lambda: look_at_pictures(
                    pictures, report, hashes=evidence, read=daemon.journal.read_blocking
                ),
            )
            found = told(report)
            if rebuild:
                # What dropped segments alone told of cannot be made again, and is no difference.
                dropped = any(each.dropped is not None for each in await daemon.journal.segments())
                read = daemon.journal.read_blocking
                made = await daemon.views.ask(
                    lambda views: rebuild_beside(daemon.store, views, read, dropped=dropped), REBUILD_S
                )
                add_rebuilt(found, made.events, made.differences)
        return found

    async def rows(self, incident: str | None) -> AsyncIterator[Sequence[dict[str, Any]]]:
        """The events of one incident, or those that open, raise or close any."""
        after: tuple[str, int] | None = None
        while batch := await self._read(after):
            yield [row(event) for event in batch if wanted(event, incident)]
            after = batch[-1].position

    async def export(self, incident: str, redact: bool, by: Actor, *, names: bool = True) -> Path:
        """The record of one incident as a file. Raises KeyError for one that is not in the record."""
        opens = nothing if redact else everything if names else _but_of_accounts
        journal, store = self._daemon.journal, self._daemon.store
        reserve = self._daemon.setting.config.policies.evidence.reserve_gb * 1_000_000_000
        enclosing = Enclosing(store / EVIDENCE, redact, reserve, store / TICKET_PHOTOS)
        with _refusals():
            made = await in_a_thread("export", lambda: _exported(journal, store, incident, opens, enclosing))
        self.emit(ExportMade(instant(), by, IncidentId(incident), redact))
        return made

    async def _read(self, after: tuple[str, int] | None) -> Sequence[Stored]:
        with _refusals():
            return await self._daemon.journal.read(after, BATCH)


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """What disk, key and chain do to the record is no bug of ours: told to whoever asked."""
    try:
        yield
    except (JournalRefused, KeyRefused, NothingToExport, OSError) as err:
        raise NoRecord(str(err)) from err


def _but_of_accounts(event: Stored, field: str) -> bool:
    return not event.kind.startswith(PEOPLE_ONLY)


def _exported(journal: Journal, store: Path, incident: str, opens: Opens, enclosing: Enclosing) -> Path:
    source = OfJournal(journal)
    _remove_unfetched(store)
    try:
        first, last = span_of(source, incident)
    except NothingToExport as err:
        raise KeyError(incident) from err
    # A name of our own making: what the caller wrote is no path here.
    out = store / f"export-{time.monotonic_ns()}.zip"
    about = {"incident": incident, "version": VERSION}
    return export(source, out, first, last, opens=opens, about=about, enclosing=enclosing).path


def _remove_unfetched(store: Path) -> None:
    """Exports that nobody moved away: whoever asked for them died, or the daemon did."""
    for one in store.glob("export-*.zip*"):
        with contextlib.suppress(OSError):
            if time.time() - one.stat().st_mtime > UNFETCHED_S:
                one.unlink()
