"""When somebody last pressed an exit button, kept over a restart: its door stays free for 30 s, whoever was killed meanwhile.

One small file in the store, written anew at each press in a thread of its own, so that nothing waits for its disk. It is
not synced: what a kill leaves is in the kernel's memory, and a power cut begins another boot, before which nobody can
have pressed later than at its beginning. What is not known counts as pressed just now. What the box did not see, because
it did not run, is the buttons' own affair: they cut the lock's power themselves (inspections.md D5).
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import Final

import msgspec
import structlog

from drivers.clock import instant
from edge.journal.faults import errno_name
from rules.contacts import last_active
from rules.model.events import Event, Scanned
from rules.model.ids import ControllerId, InputId
from rules.model.moments import Instant
from rules.model.values import dataclass
from rules.plan import Plan
from rules.state import State

NAME: Final = "exits.json"
BOOTED: Final = Instant(0, 0)
"""CLOCK_MONOTONIC begins with the machine."""
_LONGEST_BYTES: Final = 256 * 1024

Condition = Callable[[str, bool, tuple[str, ...]], None]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Before:
    """What earlier runs saw: when each exit button was last active, and until when any of them may have been.

    unseen None: nobody was here before, or all of it is known.
    """

    exits: Mapping[InputId, Instant] = field(default_factory=dict)
    unseen: Instant | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    boot: str
    unseen_us: int | None
    exits_us: dict[str, int]


def found(store: Path, boot: str, *, first_start: bool) -> Before:
    """What is known at a start. Never raises: what cannot be read, or not be kept from now on, is not known."""
    now = instant()
    path = store / NAME
    try:
        before = _read(path, boot, now)
    except FileNotFoundError:
        before = Before() if first_start else Before(unseen=now)
    except (OSError, msgspec.MsgspecError):
        before = Before(unseen=now)
    try:
        _write(path, boot, before)
    except OSError:
        # What lies there may be older than a press that the disk refused.
        return Before(unseen=now)
    return before


class Exits:
    """Belongs to the loop's thread. `note` each event, and `run` beside it."""

    def __init__(self, store: Path, boot: str, before: Before, condition: Condition) -> None:
        """condition: told with (code, whether it holds, arguments)."""
        self._store = store
        self._boot = boot
        self._exits: dict[InputId, Instant] = dict(before.exits)
        self._unseen = before.unseen
        self._condition = condition
        self._refused = False
        self._moved = asyncio.Event()
        self._of: tuple[Plan, Mapping[ControllerId, tuple[InputId, ...]]] | None = None

    def note(self, event: Event, plan: Plan, after: State) -> None:
        """An event was handled: keep what a scan saw of exit buttons."""
        if not isinstance(event, Scanned):
            return
        for one in self._on(plan).get(event.controller, ()):
            at = last_active(plan, after.live, one)
            if at is not None and at != self._exits.get(one):
                self._exits[one] = at
                self._moved.set()

    async def run(self) -> None:
        """Write it down whenever something moved, until cancelled."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            code = await asyncio.to_thread(self._kept, Before(dict(self._exits), self._unseen))
            if code or self._refused:
                self._condition("exits_not_kept", bool(code), (code,) if code else ())
            self._refused = bool(code)

    def _on(self, plan: Plan) -> Mapping[ControllerId, tuple[InputId, ...]]:
        """The exit buttons of each board, worked out once for a plan."""
        if self._of is None or self._of[0] is not plan:
            boards: dict[ControllerId, tuple[InputId, ...]] = {}
            for one in plan.inputs.values():
                if one.kind == "exit-button":
                    boards[one.controller] = (*boards.get(one.controller, ()), one.id)
            self._of = plan, boards
        return self._of[1]

    def _kept(self, before: Before) -> str:
        """`""`, or why the disk refused. Then no file is better than one that does not know."""
        path = self._store / NAME
        try:
            _write(path, self._boot, before)
        except OSError as err:
            log.error("the last press of an exit button could not be kept", error=str(err))
            with suppress(OSError):
                path.unlink()
            return errno_name(err)
        return ""


def _read(path: Path, boot: str, now: Instant) -> Before:
    with path.open("rb") as file:
        kept = msgspec.json.decode(file.read(_LONGEST_BYTES), type=_File)
    if kept.boot != boot:
        return Before(unseen=BOOTED)
    exits = {InputId(one): _moment(us, now) for one, us in kept.exits_us.items()}
    return Before(exits, None if kept.unseen_us is None else _moment(kept.unseen_us, now))


def _moment(mono_us: int, now: Instant) -> Instant:
    """Never later than now: a damaged number must not hold a door for ever."""
    return now.plus(min(0, mono_us - now.mono_us))


def _write(path: Path, boot: str, before: Before) -> None:
    """Whole or not at all. Raises OSError."""
    unseen = None if before.unseen is None else before.unseen.mono_us
    file = _File(boot, unseen, {one: at.mono_us for one, at in before.exits.items()})
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(msgspec.json.encode(file))
    new.chmod(0o600)
    new.replace(path)
