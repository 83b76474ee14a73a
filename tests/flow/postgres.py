"""A real PostgreSQL of the tests' own, on loopback, with nothing of the machine's. Ended by its process id."""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import asyncpg

from edge.simulated.addresses import spare_port
from tests.flow.waiting import wait_for

SETTINGS = """
listen_addresses = '127.0.0.1'
max_connections = 200
shared_buffers = 128MB
max_wal_size = 4GB
fsync = {fsync}
"""


def program(name: str) -> str:
    """Debian keeps PostgreSQL's own programs off the path, a folder a version."""
    found = shutil.which(name) or next(
        map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), ""
    )
    assert found, f"there is no {name}: ./install.sh --packages"
    return found


def somebody() -> str | None:
    """Whom it runs as: it refuses root. None: ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise AssertionError("root is alone on this machine")


class Postgres:
    """One cluster in a folder of its own. `hub`: a login that owns its databases and is no superuser."""

    def __init__(self, *, fsync: bool = False) -> None:
        self._user = somebody()
        self._folder = Path(tempfile.mkdtemp(prefix="campus-edge-postgres-"))
        self._data = self._folder / "data"
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        self.port = spare_port()
        self._databases = 0
        made = [program("initdb"), "--pgdata", str(self._data), "--username", "admin", "--auth", "trust"]
        subprocess.run(
            [*made, "--no-sync", "--encoding", "UTF8", "--locale", "C"],
            check=True,
            capture_output=True,
            user=self._user,
            cwd=self._folder,
        )
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS.format(fsync="on" if fsync else "off"))
            settings.write(f"unix_socket_directories = '{self._folder}'\nport = {self.port}\n")
        self.start()
        self.administer("CREATE ROLE hub LOGIN CREATEROLE")

    def start(self) -> None:
        """And wait until it answers."""
        with (self._folder / "log").open("ab") as log:
            self._child = subprocess.Popen(
                [program("postgres"), "-D", str(self._data)],
                stdout=subprocess.DEVNULL,
                stderr=log,
                user=self._user,
                cwd=self._folder,
            )
        wait_for("PostgreSQL answers", self._answers)

    def _answers(self) -> bool:
        assert self._child.poll() is None, (self._folder / "log").read_text()
        with contextlib.suppress(OSError, asyncpg.PostgresError):
            self.administer("SELECT 1")
            return True
        return False

    @property
    def process_id(self) -> int:
        """Of the one that was started."""
        return self._child.pid

    def kill(self) -> None:
        """At once, as a power cut would: what was committed is found again from its log (SIGQUIT: immediate)."""
        self._end(signal.SIGQUIT)

    def remove(self) -> None:
        """Stopped, and the folder deleted: nothing of it has to be brought to the disk."""
        self._end(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        if self._child.poll() is None:
            self._child.send_signal(how)
        self._child.wait(30)

    def administer(self, *statements: str, database: str = "postgres") -> None:
        """As its superuser, outside of any loop of the test's."""

        async def run() -> None:
            connection = await asyncpg.connect(self.url(database, "admin"), timeout=10)
            try:
                for one in statements:
                    await connection.execute(one)
            finally:
                await connection.close()

        with asyncio.Runner() as runner:
            runner.run(run())

    def database(self, like: str = "template0") -> str:
        """The URL of a new one, empty or like another that nobody is connected to, as `hub`."""
        self._databases += 1
        name = f"hub_{self._databases}"
        self.administer(f"CREATE DATABASE {name} OWNER hub TEMPLATE {like}")
        return self.url(name, "hub")

    def url(self, database: str, user: str) -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"
