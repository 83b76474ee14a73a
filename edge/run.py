"""`campus-edge run`: which configuration, which record, then the daemon on them; nothing here may disarm a school."""

import asyncio
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from drivers.clock import instant
from edge import logs, notify, recovery
from edge.boot import boot_id
from edge.cli.out import complain, plain
from edge.config import starts
from edge.config.accepted import accept, load_accepted, was_accepted
from edge.config.changes import forbidden_changes, only_at_a_start
from edge.config.check import Checked, read
from edge.config.choose import Choice, Refused, choose, store_for
from edge.config.plan import compile_plan
from edge.config.problems import Problem
from edge.config.remembered import remember, remembered
from edge.control.lock import Held, StoreLock
from edge.daemon import Daemon, Start
from edge.journal.journal import Journal
from edge.journal.opening import JournalInUse
from edge.setting import Setting
from edge.snapshot import Mode
from rules.model.facts import Because, ConfigurationTurned
from rules.state import Record

log = structlog.get_logger()

DONE: Final = 0
DID_NOT_HOLD: Final = 1
CONFIGURATION: Final = 78


HAND_BACK_S: Final = 0.000_2
"""A thread of ours (journal, views) that computes gives the loop its turn back after so long. Each frame that is sent offers
it the turn, and by Python's own 5 ms fifty boards could come to wait for a journal."""


async def run(path: Path) -> int:
    """Run until SIGTERM or SIGINT; the exit code. 78 only where no configuration was ever accepted."""
    logs.set_up()
    sys.setswitchinterval(HAND_BACK_S)
    # An edit that is made while we start neither ends us nor is lost.
    edited = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, edited.set)
    checked = await asyncio.to_thread(read, path)
    store = _where_it_is_live(path, store_for(checked))
    claim = _Claim(store)
    try:
        claim.take()
    except Held as err:
        complain(str(err))
        return DID_NOT_HOLD
    except OSError as err:
        # A store that takes nothing is trouble, and shown as such; it keeps no door from being locked.
        log.error("the store cannot be used", store=str(store), because=str(err))
    try:
        return await _run(path, checked, store, claim, edited)
    except JournalInUse as err:
        complain(str(err))
        return DID_NOT_HOLD
    finally:
        claim.release()


def _where_it_is_live(path: Path, store: Path) -> Path:
    """The store, or the one this file had before where a response is live in it: no edit leaves a lockdown behind."""
    before = remembered(path)
    if before is None or before == store.absolute() or not was_accepted(before):
        return store
    return before if recovery.live_in(before) else store


class _Claim:
    """The store's lock: taken at the start, or once the store can be used."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._held: StoreLock | None = None

    def take(self) -> None:
        """Raises Held and OSError."""
        if self._held is None:
            self._store.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._held = StoreLock(self._store)

    def release(self) -> None:
        if self._held is not None:
            self._held.release()


async def _run(path: Path, checked: Checked, store: Path, claim: _Claim, edited: asyncio.Event) -> int:
    boot = boot_id()
    safe = starts.begin(store, starts.Start(boot, time.monotonic()))
    choice = choose(_last_accepted(checked, store) if safe else checked, store)
    if isinstance(choice, Refused):
        for problem in choice.problems:
            # As `check` prints it, so that editors and scripts find file and line.
            sys.stderr.write(plain(problem.text()) + "\n")
        complain(
            "No configuration was ever accepted here, so there is nothing to start on. Mend these and start again."
        )
        starts.ready(store)  # a wrong file is no daemon in a loop
        return CONFIGURATION
    journal = Journal.open(store, choice.config.campus.id)
    record = recovery.recover(journal)
    if not safe:
        # What is live may not be taken away by an edited file: only now is known what is.
        standing = choose(checked, store, _live_devices(journal, record, store))
        choice = choice if isinstance(standing, Refused) else standing
    mode: Mode = "safe" if safe else "normal" if choice.source == "file" else "last_accepted"
    for problem in choice.reasons:
        log.error("not started on the file", problem=problem.text())
    setting = _setting(choice, path)
    start = Start(setting, store, mode, boot, claim.take, _notes(choice, mode, journal))
    daemon = Daemon(start, journal, record)
    _Reload(daemon, path, store, choice, edited)
    loop = asyncio.get_running_loop()
    for stop in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(stop, daemon.leaving.set)

    def ready() -> None:
        starts.ready(store)
        notify.ready(f"running, configuration: {mode}")
        log.info("running", campus=setting.config.campus.id, mode=mode, doors=len(setting.plan.doors))

    await daemon.serve(ready)
    return DID_NOT_HOLD if journal.waiting else DONE


def _last_accepted(checked: Checked, store: Path) -> Checked:
    accepted = load_accepted(store)
    return checked if accepted is None else accepted.checked()


def _live_devices(journal: Journal, record: Record, store: Path) -> frozenset[str]:
    """What live incidents stand on; where only the head witness knows of one, by the configuration it was live on."""
    accepted = load_accepted(store) if recovery.behind_witness(journal, record) else None
    last = None if accepted is None else choose(accepted.checked(), store)
    if isinstance(last, Choice):
        plan = compile_plan(last.config, last.checked.packs, last.checked.hash)
        record, _ = recovery.witnessed(journal, plan, record)
    return recovery.live_devices(record)


def _setting(choice: Choice, path: Path) -> Setting:
    checked = choice.checked
    plan = compile_plan(choice.config, checked.packs, checked.hash)
    return Setting(choice.config, plan, checked.secrets, path.parent)


def _notes(choice: Choice, mode: Mode, journal: Journal) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What is shown red from the start."""
    notes: list[tuple[str, tuple[str, ...]]] = []
    if mode == "safe":
        notes.append(("safe_mode", ()))
    if choice.source == "accepted" and mode != "safe":
        notes.append(("last_accepted", (choice.code, *_counted(choice.reasons))))
    if journal.opened.reason not in (None, "first_start"):
        # Until the next start: nobody can close it yet, and it is to be seen before it goes.
        notes.append(("journal_new_epoch", (journal.opened.reason,)))
    return tuple(notes)


def _counted(problems: tuple[Problem, ...]) -> tuple[str, str]:
    """How many, and the line of the first: what they quote of the file may be anybody's name or number, and a flag is
    recorded in clear. The log tells them in full."""
    return str(len(problems)), str(problems[0].line if problems else 0)


@dataclass(eq=False)
class _Reload:
    """Reads the configuration again at SIGHUP: whole, or refused with what it would have changed."""

    daemon: Daemon
    path: Path
    store: Path
    running: Choice
    edited: asyncio.Event
    """Set where it was asked for before there was a daemon: the file may have been read before it was edited."""

    def __post_init__(self) -> None:
        self._busy: asyncio.Task[None] | None = None
        self._again = False
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.start)
        self.daemon.ask_for_file = self.start
        self.daemon.began = self._begin

    def start(self) -> None:
        """Begin; one that is under way may have read the file before it was edited, so another follows it."""
        self._again = True
        if self._busy is None or self._busy.done():
            self._busy = asyncio.get_running_loop().create_task(self._reload_all(), name="reload")

    async def _begin(self) -> None:
        await self._keep_accepted()
        if self.edited.is_set():
            self.start()

    async def _reload_all(self) -> None:
        while self._again:
            self._again = False
            await self._reload()

    async def _reload(self) -> None:
        notify.reloading()
        checked = await asyncio.to_thread(read, self.path)
        problems = (
            checked.blocking or self._forbidden(checked) or only_at_a_start(self.running.config, checked)
        )
        if not problems and checked.config is not None:
            choice = Choice(checked.config, checked, "file", "", ())
            if await self.daemon.change(_setting(choice, self.path), lambda: not self._forbidden(checked)):
                self.running = choice
            else:
                problems = self._forbidden(checked)
        if self.running.checked is not checked:
            for problem in problems:
                log.error("configuration refused", problem=problem.text())
            self._say(checked, accepted=False, problems=len(problems))
            self.daemon.condition("config_refused", True, _counted(problems))
        else:
            for code in ("config_refused", "last_accepted"):
                self.daemon.condition(code, False)
            if self.daemon.mode == "last_accepted":
                self.daemon.mode = "normal"
            await self._keep_accepted()
        notify.ready("running")

    def _forbidden(self, checked: Checked) -> tuple[Problem, ...]:
        """What of it no reload may change now, for something live stands on it."""
        live = recovery.live_devices(self.daemon.appliance.state.record)
        return forbidden_changes(self.running.config, checked, live)

    async def _keep_accepted(self) -> None:
        """Keep what runs as the last accepted one; a disk that refuses is told, and tried again at the next reload."""
        if self.running.source != "file":
            return
        checked = self.running.checked
        try:
            new = await asyncio.to_thread(accept, self.store, checked, instant().utc_us)
            await asyncio.to_thread(remember, self.path, self.store)
        except OSError as err:
            log.exception("the accepted configuration could not be kept")
            self.daemon.condition("accepted_not_kept", True, (type(err).__name__,))
            return
        self.daemon.condition("accepted_not_kept", False)
        if new:
            self._say(checked, accepted=True, problems=0)

    def _say(self, checked: Checked, *, accepted: bool, problems: int) -> None:
        code = "accepted" if accepted else "refused"
        fact = ConfigurationTurned(accepted, checked.hash, checked.packs.hash, problems, code)
        self.daemon.say(fact, Because(f"configuration_{code}"))
