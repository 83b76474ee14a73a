"""Pictures that incidents keep: clips and stills begun and ended, what was sealed told, what retention lets go.

Start at `Keeping`. Everything that touches a disk is a thread's; a disk that hangs holds up nothing here.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import msgspec

from drivers.clock import instant
from edge.media.camera import Camera
from edge.media.clip import Clip
from edge.media.clip_parts import Utc
from edge.media.clip_writer import ClipWriter
from edge.media.looking import Looking, NotSeen
from edge.media.messages import Condition, File, Gone, Keep, Open, Up
from edge.media.quota import Decision, Kept, Quota, free_bytes, remove, what_goes
from edge.media.quota import Gone as Going
from edge.media.sealing import Sealed, Unsealed
from edge.media.still import keep_still

SEALS: Final = "seals.ndjson"
"""In each incident's folder: what of it was sealed, and its kind. Retention reads it; the seal itself is the journal's."""
ROUND_S, WRITING_ROUND_S = 10.0, 1.0
GO_MOST, GO_MOST_WRITING = 64, 8
"""Files that go in one round: each is a row of the record, and the daemon takes no flood of them."""
STUCK_US: Final = 5_000_000
STILL_OLDEST_US: Final = 30_000_000
"""A key picture older than this is no still of the press."""

Say = Callable[[Up], None]


class Seal(msgspec.Struct, frozen=True):
    """A line of `SEALS`. kind is its first line's, the others' are the same."""

    kind: Literal["real", "drill"]
    name: str = ""
    sha256: str = ""
    size: int = 0
    sealed_us: int = 0


@dataclass(slots=True)
class _Incident:
    keep: Keep
    clips: dict[str, Clip]


class Keeping:
    """Belongs to the loop's thread."""

    def __init__(self, opened: Open, utc: Utc, looking: Looking, say: Say) -> None:
        self._opened = opened
        self._store = Path(opened.evidence)
        self._say = say
        self._looking = looking
        self._incidents: dict[str, _Incident] = {}
        self._kinds: dict[str, Literal["real", "drill"]] = {}
        self._conditions: dict[str, bool] = {}
        self._routine = True
        self._stills: set[asyncio.Task[None]] = set()
        self._round: threading.Thread | None = None
        self._writing = threading.Lock()
        self._writer = ClipWriter(self._store, utc, self._sealed)

    def start(self) -> None:
        """Begin to write; what a crash left is finished and told."""
        self._writer.start()

    def configure(self, opened: Open) -> None:
        """Other limits; another folder asks for another process."""
        self._opened = opened

    def keep(self, keep: Keep, cameras: dict[str, Camera]) -> None:
        """Write the pictures of an incident's cameras, from before its opening on."""
        known = self._incidents.get(keep.incident)
        if known is not None:
            known.keep = keep
        else:
            if keep.kind == "drill" and not self._routine:
                return  # told as a condition: what may wait gives way to what may not
            known = self._incidents[keep.incident] = _Incident(keep, {})
            self._kinds[keep.incident] = keep.kind
            self._note(keep.incident, Seal(keep.kind))
        now = instant()
        opened_us = now.mono_us - max(0, now.utc_us - keep.opened_us)
        since_us = opened_us - self._opened.before_us
        for name in keep.cameras:
            camera = cameras.get(name)
            if camera is None or name in known.clips:
                continue
            known.clips[name] = self._writer.begin(name, keep.incident, camera.ring, since_us)
            self._say(File(name, keep.incident, f"{keep.incident}/{name}", None))
            self._still(camera, keep.incident)

    def keep_on(self, cameras: dict[str, Camera]) -> None:
        """The configuration is another: go on with cameras that were read anew, in files of their own."""
        for known in tuple(self._incidents.values()):
            self.keep(known.keep, cameras)

    def over(self, incident: str) -> None:
        """An incident is closed."""
        known = self._incidents.pop(incident, None)
        if known is not None:
            for clip in known.clips.values():
                clip.end()

    def gone(self, camera: str) -> None:
        """A camera is not configured any more."""
        for known in self._incidents.values():
            clip = known.clips.pop(camera, None)
            if clip is not None:
                clip.end()

    @property
    def writing(self) -> int:
        """Clips being written."""
        return self._writer.figures.clips

    async def run(self) -> None:
        """Watch the disk, and let go what retention lets go, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            self._watch_disk()
            if self._round is None or not self._round.is_alive():
                # A thread for each round: one that hangs with its disk is told, and nothing waits for it.
                self._round = threading.Thread(
                    target=self._retain, args=(loop,), name="evidence retention", daemon=True
                )
                self._round.start()
            await asyncio.sleep(ROUND_S if self.writing == 0 else WRITING_ROUND_S)

    async def close(self, within_s: float) -> None:
        """End all clips."""
        await self._writer.close(within_s)

    # --- inside --------------------------------------------------------------------------------

    def _still(self, camera: Camera, incident: str) -> None:
        task = asyncio.get_running_loop().create_task(self._take(camera, incident), name="still")
        self._stills.add(task)
        task.add_done_callback(self._stills.discard)

    async def _take(self, camera: Camera, incident: str) -> None:
        with contextlib.suppress(NotSeen):
            now_us = instant().mono_us
            await keep_still(self._looking, self._writer, camera.main.hub, incident, now_us, STILL_OLDEST_US)

    def _sealed(self, told: Sealed | Unsealed) -> None:
        incident = told.path.partition("/")[0]
        if isinstance(told, Unsealed):
            self._say(File(told.camera, incident, told.path[:200], "failed", told.code[:64]))
            return
        first, last = told.first, told.last
        self._say(
            File(
                told.camera,
                incident,
                told.path[:200],
                "recovered" if told.recovered else "sealed",
                "",
                told.sha256,
                told.bytes,
                None if first is None else first.utc_us,
                None if last is None else last.utc_us,
                None if last is None else last.error_us,
                told.pictures or 0,
                told.missing,
                told.dropped,
            )
        )
        kind = self._kinds.get(incident, "real")
        self._note(incident, Seal(kind, told.path, told.sha256, told.bytes, instant().utc_us))

    def _note(self, incident: str, seal: Seal) -> None:
        line = msgspec.json.encode(seal) + b"\n"
        folder = self._store / incident

        def write() -> None:
            with self._writing, contextlib.suppress(OSError):
                folder.mkdir(parents=True, exist_ok=True)
                with (folder / SEALS).open("ab") as file:
                    file.write(line)

        threading.Thread(target=write, name="evidence seals", daemon=True).start()

    def _watch_disk(self) -> None:
        figures = self._writer.figures
        stuck = figures.stuck_us > STUCK_US
        code = "hangs" if stuck else figures.refused
        self._condition("evidence_not_written", bool(code), (code,) if code else ())

    def _condition(
        self, code: Literal["evidence_disk_full", "evidence_not_written"], active: bool, args: tuple[str, ...]
    ) -> None:
        if self._conditions.get(code, False) != active:
            self._conditions[code] = active
            self._say(Condition(code, active, args))

    def _retain(self, loop: asyncio.AbstractEventLoop) -> None:
        """One round of retention, in a thread of its own."""
        opened, live = self._opened, frozenset(self._incidents)
        try:
            files = tuple(_kept(self._store))
            free = free_bytes(self._store) if self._store.exists() else opened.reserve * 2
        except OSError as err:
            loop.call_soon_threadsafe(
                self._condition, "evidence_not_written", True, (str(err.strerror)[:64],)
            )
            return
        now_us = instant().utc_us
        ages: dict[Literal["check", "rehearsal", "real"], int] = {"rehearsal": opened.drills_us}
        if opened.incidents_us is not None:
            ages["real"] = opened.incidents_us
        # A real incident's pictures go by their age alone, and where nobody chose one, never: room is no reason.
        held = {
            one.path
            for one in files
            if one.path.partition("/")[0] in live
            or (
                one.kind == "real"
                and (opened.incidents_us is None or now_us - one.sealed_us <= opened.incidents_us)
            )
        }
        unsynced = {one.path for one in files} if opened.district else set()
        decision = what_goes(files, Quota(opened.disk, opened.reserve, ages), free, held, unsynced, now_us)

        def told(going: Going) -> None:
            loop.call_soon_threadsafe(self._gone, going)

        most = GO_MOST_WRITING if live else GO_MOST
        now = replace(decision, gone=decision.gone[:most])
        remove(self._store, now, told, lambda _gone, _code: None)
        loop.call_soon_threadsafe(self._decided, decision)

    def _gone(self, going: Going) -> None:
        file = going.file
        self._say(Gone(file.path.partition("/")[0], file.path, file.sha256, going.why))

    def _decided(self, decision: Decision) -> None:
        self._routine = decision.routine
        self._condition("evidence_disk_full", not decision.routine, ())


def _kept(store: Path) -> Iterable[Kept]:
    """Every sealed file that is there. Raises OSError."""
    if not store.exists():
        return
    for folder in store.iterdir():
        seals = folder / SEALS
        if not seals.is_file():
            continue
        for line in seals.read_bytes().splitlines():
            with contextlib.suppress(msgspec.DecodeError, msgspec.ValidationError):
                seal = msgspec.json.decode(line, type=Seal)
                if seal.name and (store / seal.name).is_file():
                    yield Kept(
                        seal.name,
                        seal.size,
                        "rehearsal" if seal.kind == "drill" else "real",
                        seal.sealed_us,
                        seal.sha256,
                    )
