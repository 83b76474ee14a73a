"""The campus that is broken: the real daemon, Mosquitto and the simulators, each a process, and all that one can ask them.

Two doors are refused by the interlock: a maglock while somebody is in its doorway, and one without a record.
"""

import contextlib
import json
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from edge.control.client import Broken, NotRunning, ask
from edge.journal.reader import Reader
from edge.journal.spill import read_spill
from edge.journal.verify import verify_store
from edge.journal.writer import JournalRefused
from edge.simulated.keyholder import Keyholder, NoKeyholder
from tests.faults.button import Button
from tests.faults.processes import ROOT, Boards, Supervised
from tests.flow.mosquitto import Broker, Document
from tests.flow.rig import flags, told, verdicts
from tests.flow.school import MAGNET, Tree, door, native, office, school, tcp
from tests.flow.waiting import LOOK_S, PATIENCE_S, wait_for

DRIVERS: Final = ("modbus-tcp", "modbus-rtu", "osdp")
HEALTHY: Final = ("tcp-1", "tcp-2", "rtu-1", "osdp-1")
VICTIMS: Final = ("b-1", "b-2")
"""The doors of the board that is a process of its own."""
VICTIM: Final = "plc-b"
REFUSED: Final = frozenset({"gym", "closet"})
DOORS: Final = frozenset({*HEALTHY, *VICTIMS})
RELEASED: Final = ("tcp-1", "rtu-1", "osdp-1")
"""One door of each driver."""
REX: Final = "rex-gym"
AT_REST: Final = frozenset({"released", "closed_unlocked"})


def tree(out: Path, broker_port: int, victim_host: str = "127.0.0.1") -> Tree:
    """Six doors of three drivers on four controllers, and two more that nothing may lock."""
    buttons = [native("pb-native"), native("pb-2", zone="b"), office()]
    made = school(out, broker_port, drivers=DRIVERS, magnet=True, buttons=buttons, outputs=True)
    made["controllers"].append({**tcp(VICTIM), "host": victim_host})
    made["doors"] += [door("b-1", "b", VICTIM, 0), door("b-2", "b", VICTIM, 1)]
    closet = door("closet", "b", VICTIM, 2, MAGNET)
    del closet["hardware"]
    made["doors"].append(closet)
    return made


@dataclass(slots=True)
class Asked:
    """A release under way. at_us: CLOCK_MONOTONIC; answer: None until one came, and where none could come."""

    at_us: int
    thread: threading.Thread
    answer: dict[str, Any] | None = None
    said: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.answer is not None and bool(self.answer["ok"])

    def told(self) -> str:
        """What became of it, in a word or two."""
        if self.answer is None:
            return "no answer: " + (self.said[0].partition(":")[0] if self.said else "still waiting")
        return "granted" if self.answer["ok"] else f"refused: {self.answer.get('code')}"


class Campus:
    """One campus in one folder. `store` may lie on a disk of its own, `victim_before` in a network of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        victim_host: str = "127.0.0.1",
        victim_before: Sequence[str] = (),
        change: Callable[[Tree], object] = lambda _: None,
    ) -> None:
        self.folder = folder
        self.config = folder / "campus.yaml"
        self._ends = contextlib.ExitStack()
        self.broker = Broker(folder / "broker")
        self._ends.callback(self.broker.end)
        self.tree = tree(folder, self.broker.port, victim_host)
        change(self.tree)
        self.store = Path(self.tree["store"]["directory"])
        self.config.write_text(json.dumps(self.tree, indent=1))
        names = [one["id"] for one in self.tree["controllers"]]
        self.main = Boards(self.config, [one for one in names if one != VICTIM])
        self._ends.callback(self.main.end)
        self.victim = Boards(self.config, [VICTIM], victim_before)
        self._ends.callback(self.victim.end)
        self.main.do("input", input=REX, active=True)
        self.button = Button(self.broker.port, folder.name)
        self._ends.callback(self.button.end)
        self.button.ready()
        self.daemon = Supervised(self.config, folder / "daemon.log")
        self.keyholder = Keyholder(self.store / "control.sock")

    def start(self) -> None:
        self._ends.callback(self.daemon.end)
        self.daemon.start()
        self.until("armed and read", read)

    def end(self) -> None:
        self._ends.close()

    # --- asking -------------------------------------------------------------------------------

    def status(self) -> Document:
        """Raises NotRunning, Broken."""
        found: Document = ask(self.store / "control.sock", {"do": "status"})["data"]
        return found

    def until(
        self, what: str, holds: Callable[[Document], object], patience_s: float = PATIENCE_S
    ) -> Document:
        """The first picture that `holds`. Raises AssertionError with the last one and the daemon's log."""
        ends, last = time.monotonic() + patience_s, None
        while True:
            with contextlib.suppress(NotRunning, Broken, OSError):
                last = self.status()
                if holds(last):
                    return last
            if time.monotonic() > ends:
                raise AssertionError(
                    f"not within {patience_s:g} s: {what}; {told(last)}; log: {self.log[-1500:]}"
                )
            time.sleep(LOOK_S)

    @property
    def log(self) -> str:
        return (self.folder / "daemon.log").read_text(errors="replace")

    def flagged(self, code: str) -> bool:
        with contextlib.suppress(NotRunning, Broken, OSError):
            return code in flags(self.status())
        return False

    # --- doors --------------------------------------------------------------------------------

    def writes(self, since_us: int, *, victim: bool = True) -> list[tuple[int, str, bool]]:
        found: list[list[Any]] = self.main.do("writes", since_us=since_us)["writes"]
        if victim:
            found += self.victim.do("writes", since_us=since_us)["writes"]
        return sorted((one[0], one[1], one[2]) for one in found)

    def moved(self, *, victim: bool = True) -> list[tuple[int, str, bool, bool]]:
        found: list[list[Any]] = self.main.do("moved", since_us=0)["moved"]
        if victim:
            found += self.victim.do("moved", since_us=0)["moved"]
        return sorted((one[0], one[1], one[2], one[3]) for one in found)

    def doorway(self) -> list[tuple[int, bool]]:
        """When somebody stood in the doorway of the magnet (its REX) and when nobody did, from the beginning."""
        turned: list[list[Any]] = self.main.do("turned")["turned"]
        return [(at_us, active) for at_us, one, active in turned if one == REX]

    def locked(self, *, victim: bool = True) -> dict[str, bool]:
        found: dict[str, bool] = dict(self.main.do("locked")["locked"])
        return found | (self.victim.do("locked")["locked"] if victim else {})

    def thrown(self, door: str) -> bool:
        """Whether a bolt stands out in truth."""
        found = [thrown for _, one, thrown, _ in self.moved(victim=door in VICTIMS) if one == door]
        return bool(found) and found[-1]

    def until_written(
        self, doors: Iterable[str], since_us: int, *, locks: bool = True, patience_s: float = PATIENCE_S
    ) -> int | None:
        """When the last of these doors was first written so; None: not within the patience."""
        wanted = frozenset(doors)
        victim = bool(wanted & frozenset(VICTIMS))
        ends = time.monotonic() + patience_s
        while time.monotonic() < ends:
            first: dict[str, int] = {}
            for at_us, one, locking in self.writes(since_us, victim=victim):
                if locking is locks:
                    first.setdefault(one, at_us)
            if wanted <= first.keys():
                return max(first[one] for one in wanted)
            time.sleep(0.005)
        return None

    def release(self, *doors: str) -> Asked:
        """Ask for these doors' release by a printed code, in a thread of its own: the daemon may not answer."""

        def work() -> None:
            try:
                asked.answer = self.keyholder.release(doors, "police inside")
            except (NotRunning, Broken, NoKeyholder, OSError) as err:
                asked.said.append(f"{type(err).__name__}: {err}")

        asked = Asked(time.monotonic_ns() // 1000, threading.Thread(target=work, daemon=True))
        asked.thread.start()
        return asked

    def until_secured(self, patience_s: float = PATIENCE_S) -> Document:
        """Until every door that may be locked is proven locked."""
        return self.until(
            "all secured", lambda now: set(verdicts(now, *DOORS).values()) == {"secured"}, patience_s
        )

    def quiet(self) -> None:
        """Close what is live and give back every door."""
        with contextlib.suppress(NotRunning, Broken, NoKeyholder):
            self.keyholder.close("the cell is over")
        asked = wait_for("the doors were not given back", self._given_back, 2 * PATIENCE_S)
        assert asked.ok, f"the doors were not given back: {asked.answer} {asked.said}"

        def at_rest(now: Document) -> bool:
            if now["incidents"] or not set(verdicts(now, *DOORS).values()) <= AT_REST:
                return False
            # A release whose answer was lost is written again, whatever the bolts say.
            commands = [one["command"] for one in now["doors"] if one["id"] in DOORS]
            if any(one is not None and one["ending"] != "written" for one in commands):
                return False
            locked = self.locked()
            return not any(locked[one] for one in DOORS)

        self.until("at rest", at_rest)

    def _given_back(self) -> Asked | None:
        """Their release, asked for; None: the box, too busy to hash, said to wait and try again, and that is over."""
        asked = self.release(*sorted(DOORS))
        asked.thread.join(PATIENCE_S)
        if asked.answer is not None and asked.answer.get("code") == "factor_wait":
            over_s = time.monotonic() + int(asked.answer["args"]["seconds"])
            wait_for("the wait is over", lambda: time.monotonic() >= over_s)
            return None
        return None if any(said.startswith(NoKeyholder.__name__) for said in asked.said) else asked

    # --- the record ---------------------------------------------------------------------------

    def record(self) -> "Record":
        """What a power cut would leave now, read as a stranger would: rows, and the chain's problems.

        Looked at again where the daemon wrote between two of our copies: the database of before a checkpoint
        beside the log of behind it is a sound chain without its end. Raises AssertionError.
        """
        ends, head = time.monotonic() + PATIENCE_S, self._head()
        while True:
            try:
                found = copied(self.store)
            except (JournalRefused, FileNotFoundError) as err:
                found = Record((), (f"the journal cannot be read: {err}",))
            else:
                found = replace(found, problems=[*found.problems, *behind(found.rows, *head)])
            if not found.problems or time.monotonic() > ends:
                return found
            time.sleep(0.1)

    def _head(self) -> tuple[str, int]:
        """Epoch and number of the last event that a running daemon says is on the disk; none: ("", 0)."""
        with contextlib.suppress(NotRunning, Broken, OSError):
            told = self.status()["appliance"]["journal"]
            if not told["trouble"]:
                return told["epoch"], told["seq"]
        return "", 0

    def verified(self) -> str:
        """What `campus-edge verify-journal` complains of; empty: nothing."""
        done = subprocess.run(
            [sys.executable, "-m", "edge", "verify-journal", "--config", str(self.config)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return "" if done.returncode == 0 else (done.stdout + done.stderr).strip()


@dataclass(frozen=True, slots=True)
class Record:
    """Rows of a journal, oldest first, as their hashed fields; and what does not hold of it."""

    rows: Sequence[Mapping[str, Any]]
    problems: Sequence[str]


def behind(rows: Sequence[Mapping[str, Any]], epoch: str, seq: int) -> Iterator[str]:
    """What is missing of an epoch's end, in words: its last events, or a whole epoch."""
    last = max((int(row["seq"]) for row in rows if row["epoch"] == epoch), default=0)
    if last < seq:
        yield f"epoch {epoch[:8]} ends at {last}, and the daemon had told of {seq}"


def copied(store: Path) -> Record:
    """The journal of a store that a daemon may have open. Raises JournalRefused, FileNotFoundError."""
    with tempfile.TemporaryDirectory() as folder:
        # The witness first: what it says is never ahead of what comes behind it.
        while True:
            before = _checkpointed(store)
            for name in ("journal.witness", "journal.spill.ndjson", "journal.db", "journal.db-wal"):
                with contextlib.suppress(FileNotFoundError):
                    shutil.copy(store / name, folder)
            if _checkpointed(store) == before:
                break
            # The write-ahead log began anew between the two copies: what it held is in neither.
        with Reader.open(Path(folder)) as reader:
            report = verify_store(reader.store, reader.places, reader.campus)
            rows = [json.loads(bytes(body)) for _, _, body in reader.store.raw_after(0, 1_000_000)]
            # What stands in the spill is as durable, and a start folds it in.
            for event in read_spill(reader.places.spill):
                if not reader.store.holds(event.epoch, event.seq):
                    rows.append(json.loads(event.body))
    return Record(rows, [f"{one.code}: {one.text}" for one in report.problems])


def _checkpointed(store: Path) -> int | None:
    """When the database itself was last written, which only a checkpoint of its write-ahead log does."""
    with contextlib.suppress(FileNotFoundError):
        return (store / "journal.db").stat().st_mtime_ns
    return None


def read(document: Document) -> bool:
    """Armed, every controller and session up, every door of a controller read."""
    return (
        bool(document["appliance"]["armed"])
        and all(one["up"] for one in document["controllers"])
        and all(one["up"] for one in document["sessions"])
        and all(one["verdict"] != "unknown" for one in document["doors"] if one["id"] in DOORS)
    )


@contextlib.contextmanager
def running(campus: Campus) -> Iterator[Campus]:
    """Armed, with somebody who may release; ended whatever happens."""
    try:
        campus.start()
        wait_for("a keyholder", lambda: _named(campus.keyholder))
        yield campus
    finally:
        campus.end()


def _named(keyholder: Keyholder) -> bool:
    # Too busy to hash, it says so; whether the account came to be is then not known, so another name.
    with contextlib.suppress(NotRunning, Broken, NoKeyholder):
        keyholder.make(f"Keyholder {secrets.token_hex(4)}")
        return True
    return False
