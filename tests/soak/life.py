"""Days of a school's ordinary life against the real daemon, and what of it is measured after each.

One day here, as one school day of these six buttons and three doors: 480 statuses a button (one in three minutes), three
presses for help, a walk-test of one button, a drill with a release, forty pages and lists looked at, four streams that
come and go, two wrong log-ins, a reload, a board away and back. Each fifth day a real lockdown and a broker that restarts.
"""

import contextlib
import http.client
import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.edge.web.api.served import Served, lay_book
from tests.flow.mosquitto import Document
from tests.flow.rig import School, running
from tests.flow.school import native, office, school

BUTTONS = ("pb-1", "pb-2", "pb-3", "pb-4", "pb-5", "pb-6")
STATUSES = 480
LOOKS = (
    "/",
    "/doors",
    "/buttons",
    "/incidents",
    "/flags",
    "/api/v1/campus",
    "/api/v1/doors",
    "/api/v1/events",
    "/metrics",
    "/readyz",
)
DOORS = ("osdp-1", "tcp-1", "tcp-2")
LOOKS_A_SAMPLE = 10
STORE = ("views.db", "views.db-wal", "journal.spill.ndjson")
"""Of the store, measured; other files come and go while one looks."""


@dataclass(frozen=True, slots=True)
class Sample:
    """After one day. memory_kib: PSS of the daemon alone. rows, views_kib, log_kib: in its store and log."""

    memory_kib: int
    files: int
    tasks: int
    rows: int
    views_kib: int
    spill_bytes: int
    log_kib: int

    def line(self, day: int) -> str:
        return (
            f"day {day:3}: {self.memory_kib:7,} KiB, {self.files:3} files, {self.tasks:3} tasks, {self.rows:7,} rows, views "
            f"{self.views_kib:6,} KiB, spill {self.spill_bytes}, log {self.log_kib:,} KiB"
        )


class Fast(School):
    """A school whose daemon's days last `day_s` seconds."""

    day_s = 10.0
    leak = 0

    def launch(self) -> None:
        command = [
            sys.executable,
            "-m",
            "tests.soak.daemon",
            str(self.config),
            str(self.day_s),
            str(self.leak),
        ]
        with (self.folder / "daemon.log").open("ab") as log:
            self.daemon = subprocess.Popen(command, stdout=log, stderr=log)


@contextlib.contextmanager
def living(folder: Path, day_s: float, leak: int = 0) -> Iterator["Life"]:
    """A school, armed, with its accounts."""

    def make(port: int) -> Document:
        buttons = [native(name) for name in BUTTONS]
        return school(folder, port, drivers=("modbus-tcp", "osdp"), buttons=[*buttons, office()])

    with running(folder, make, started=False) as campus:
        campus.__class__ = Fast
        assert isinstance(campus, Fast)
        campus.day_s, campus.leak = day_s, leak
        keys = lay_book(campus.store)
        campus.start()
        campus.until("the page is open", lambda _: campus.health("healthz") == 200)
        yield Life(campus, Served(campus, keys))


class Life:
    """The people, programs and devices of one school."""

    def __init__(self, campus: School, served: Served) -> None:
        self.campus = campus
        self.served = served
        self._days = 0
        self._began_s = time.monotonic()

    def day(self, statuses: int = STATUSES) -> Sample:
        """One school day, and what is measured when it is over."""
        self._days += 1
        day, campus = self._days, self.campus
        self.statuses(statuses)
        for number in range(3):
            campus.broker.press("pb-1", "single", f"help-{day}-{number}")
            campus.until("called", lambda now: now["incidents"])
            self._closed()
        self._walk_test(day)
        self._locked_down("drill")
        self._looked_at()
        self._streams()
        self._wrong_log_ins()
        self._reloaded(day)
        campus.devices.fault("plc", "away")
        campus.until("a board is away", lambda now: not all(one["up"] for one in now["controllers"]))
        campus.devices.fault("plc", "none")
        campus.until("it is back", lambda now: all(one["up"] for one in now["controllers"]))
        if day % 5 == 0:
            campus.broker.press("pb-2", "hold", f"real-{day}")
            campus.until_secured(*DOORS)
            self._closed(*DOORS)
            campus.broker.end()
            campus.until("the broker is gone", lambda now: not all(one["up"] for one in now["sessions"]))
            campus.broker.start()
        campus.until(
            "all is up", lambda now: all(one["up"] for one in (*now["sessions"], *now["controllers"]))
        )
        self._until_midnight()
        return self.sample()

    def sample(self) -> Sample:
        daemon = self.campus.daemon
        assert daemon is not None
        said = Path(f"/proc/{daemon.pid}/smaps_rollup").read_text()
        found = re.search(r"Pss:\s+(\d+) kB", said)
        assert found
        store = self.campus.store
        size = {name: store.joinpath(name).stat().st_size for name in STORE if store.joinpath(name).is_file()}
        return Sample(
            memory_kib=int(found[1]),
            # The fewest of some looks: a snapshot being written or a visitor just gone is not what stays.
            files=min(self._files(daemon.pid) for _ in range(LOOKS_A_SAMPLE)),
            tasks=min(self._tasks() for _ in range(LOOKS_A_SAMPLE)),
            rows=int(self.campus.status()["appliance"]["journal"]["seq"]),
            views_kib=sum(size.get(name, 0) for name in ("views.db", "views.db-wal")) // 1024,
            spill_bytes=size.get("journal.spill.ndjson", 0),
            log_kib=(self.campus.folder / "daemon.log").stat().st_size // 1024,
        )

    def _files(self, pid: int) -> int:
        """Open now, a turn of the daemon's loop behind the look before."""
        self.campus.status()
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))

    def _tasks(self) -> int:
        found = re.search(r"^campus_edge_tasks ([\d.]+)$", self._get("/metrics"), re.M)
        assert found
        return int(float(found[1]))

    def telemetry_rows(self) -> int:
        """Of the views, once the daemon has ended."""
        with contextlib.closing(sqlite3.connect(self.campus.store / "views.db")) as views:
            return int(views.execute("SELECT count(*) FROM telemetry").fetchone()[0])

    def _until_midnight(self) -> None:
        """Until the daemon's clock says so: what it does by time is done a whole day's worth of times."""
        assert isinstance(self.campus, Fast)
        over_s = self._began_s + self._days * self.campus.day_s
        while time.monotonic() < over_s:
            time.sleep(0.05)

    # --- what happens in a day ------------------------------------------------------------------

    def statuses(self, count: int) -> None:
        for name in BUTTONS:
            said = [json.dumps({"battery": 60 + number % 40}) for number in range(count)]
            self.campus.broker.publish_many(f"campus/button/{name}/status", said)

    def _closed(self, *doors: str) -> None:
        for one in self.campus.status()["incidents"]:
            assert self.campus.end_incident("over", one["id"])["ok"]
        for one in doors:
            assert self.served.post(f"doors/{one}/unlock", {"reason": "over"}).status == 200
        if doors:
            self.campus.until_at_rest(*doors)

    def _walk_test(self, day: int) -> None:
        asked = {"do": "walk-test", "buttons": ["pb-3"], "minutes": 30, "person": "R. Diaz"}
        assert self.campus.ask(asked)["ok"]
        self.campus.broker.press("pb-3", "hold", f"walk-{day}")
        self._closed()

    def _locked_down(self, kind: str) -> None:
        assert self.served.start("lockdown", kind=kind, zones=["flow-school"]).status == 200
        self.campus.until_secured(*DOORS)
        self._closed(*DOORS)

    def _looked_at(self) -> None:
        for _ in range(4):
            for path in LOOKS:
                self._get(path)

    def _get(self, path: str) -> str:
        by = "token" if path.startswith("/api/") else "session"
        return self.served.send("GET", path, None, self.served.headers("administrator", by)).body.decode()  # type: ignore[arg-type]

    def _streams(self) -> None:
        for _ in range(4):
            link = http.client.HTTPConnection(self.served.host, self.served.port, timeout=20)
            link.request("GET", "/api/v1/events/stream", None, self.served.headers("administrator", "token"))
            assert link.getresponse().readline()
            link.close()

    def _wrong_log_ins(self) -> None:
        for _ in range(2):
            form = {"Origin": self.served.origin, "Content-Type": "application/x-www-form-urlencoded"}
            self.served.send("POST", "/sign-in", b"name=nobody&password=wrong", form)

    def _reloaded(self, day: int) -> None:
        tree = self.campus.tree
        name = f"Office, day {day}"
        named = [{**one, "name": name} if one["id"] == "pb-office" else one for one in tree["buttons"]]
        self.campus.write({**tree, "buttons": named})
        self.campus.reload()
        self.campus.until("taken over", lambda now: name in {one["name"] for one in now["buttons"]})


def slope(values: Sequence[float]) -> float:
    """Theil-Sen: the median of the slopes of all pairs, a step."""
    pairs = sorted(
        (later - earlier) / (at - before)
        for before, earlier in enumerate(values)
        for at, later in enumerate(values)
        if at > before
    )
    return pairs[len(pairs) // 2] if pairs else 0.0


def settled(values: Sequence[float]) -> Sequence[float]:
    """Without the first quarter: what is made once is no growth."""
    return values[len(values) // 4 :]
