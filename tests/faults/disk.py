"""The disk fails: full, broken, read-only, hanging; the database is damaged, a bit of its log flipped; blocks of 1 kB run out."""

import contextlib
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.faults.campus import Campus, running
from tests.faults.fault import A_START_S, Fault, Phase
from tests.faults.processes import traceable

DISK_MB: Final = 6
BLOCKS: Final = 1024
IMAGE_BYTES: Final = 24 * 1024 * 1024
FREE_BLOCKS: Final = 24
"""Left on the file system of 1 kB blocks: with so few Python was killed by SIGBUS (fault research, 1.4)."""
JOURNAL: Final = ("journal.db", "journal.db-wal")


def while_down(campus: Campus, act: Callable[[Path], None]) -> None:
    """Kill the daemon, do something to its store, and let it start again."""
    before = campus.daemon.restarts
    campus.daemon.hold()
    try:
        campus.daemon.kill()
        campus.daemon.until_ended()
        act(campus.store)
    finally:
        campus.daemon.let_go()
    campus.daemon.until_started_again(before)


class OnDisk(Fault):
    """A fault of a store that lies on a disk of its own."""

    shared = False

    def mount(self, folder: Path) -> Iterator[None]:
        """Mount something on `folder`. Raises OSError, CalledProcessError."""
        raise NotImplementedError

    def missing(self) -> str:
        with tempfile.TemporaryDirectory() as folder:
            try:
                with contextlib.contextmanager(self.mount)(Path(folder)):
                    return ""
            except FileNotFoundError as err:
                return f"{err.filename} is not installed"
            except subprocess.CalledProcessError as err:
                return f"nothing may be mounted here: {err.stderr.decode().strip()}"

    @contextlib.contextmanager
    def campus(self, folder: Path) -> Iterator[Campus]:
        store = folder / "store"
        store.mkdir(mode=0o700)
        with contextlib.contextmanager(self.mount)(store), running(Campus(folder)) as made:
            yield made


class Full(OnDisk):
    """Not one byte more goes onto the disk of the store."""

    name = "disk full"

    def __init__(self, disk_mb: int = DISK_MB) -> None:
        self._disk_mb = disk_mb

    def within_of(self, phase: Phase) -> float:
        # A release uses a code up, and waits a second for a disk to keep that.
        return 1.5 if phase == "release" else self.within_s

    def mount(self, folder: Path) -> Iterator[None]:
        _run("mount", "-t", "tmpfs", "-o", f"size={self._disk_mb}m,mode=700", "tmpfs", str(folder))
        try:
            yield
        finally:
            _run("umount", "-l", str(folder))

    def strike(self, campus: Campus) -> None:
        fill(campus.store / "filler")

    def mend(self, campus: Campus) -> None:
        (campus.store / "filler").unlink(missing_ok=True)


class SmallBlocks(OnDisk):
    """A start on a nearly full file system of 1 kB blocks: what is mapped into memory may have no block (SIGBUS)."""

    name = "ext4 of 1 kB blocks nearly full"
    within_s = A_START_S
    follows = True

    def mount(self, folder: Path) -> Iterator[None]:
        image = folder.with_name(f"{folder.name}.ext4")
        with image.open("wb") as file:
            file.truncate(IMAGE_BYTES)
        _run("mkfs.ext4", "-q", "-b", str(BLOCKS), str(image))
        _run("mount", "-o", "loop", str(image), str(folder))
        try:
            yield
        finally:
            _run("umount", "-l", str(folder))
            image.unlink()

    def strike(self, campus: Campus) -> None:
        while_down(campus, self.leave_few)

    def leave_few(self, store: Path) -> None:
        """Leave fewer blocks than any file that is mapped needs."""
        fill(store / "filler")
        with (store / "filler").open("r+b") as file:
            file.truncate((store / "filler").stat().st_size - FREE_BLOCKS * BLOCKS)

    def mend(self, campus: Campus) -> None:
        (campus.store / "filler").unlink(missing_ok=True)


class Refusing(Fault):
    """Every call that would bring something onto the disk fails, in every thread but the loop's."""

    def __init__(self, name: str, error: str, files: Sequence[str] = ()) -> None:
        """files: only calls about these of the store; none: about any."""
        self.name = name  # type: ignore[misc]
        self._inject = f"error={error}"
        self._calls = "fsync,fdatasync,pwrite64,ftruncate"
        self._files = files
        self._strace: subprocess.Popen[bytes] | None = None

    def within_of(self, phase: Phase) -> float:
        # A release uses a code up, and waits a second for a disk to keep that.
        return 1.5 if phase == "release" else self.within_s

    def missing(self) -> str:
        return traceable()

    def strike(self, campus: Campus) -> None:
        command = ["strace", "-qq", "-o", str(campus.folder / "strace.log")]
        command += ["-e", f"trace={self._calls}", "-e", f"inject={self._calls}:{self._inject}"]
        for name in self._files:
            command += ["-P", str(campus.store / name)]
        command += [part for thread in campus.daemon.other_threads() for part in ("-p", str(thread))]
        self._strace = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        assert self._strace.poll() is None, "strace did not attach"

    def mend(self, campus: Campus) -> None:
        if self._strace is not None:
            self._strace.terminate()
            self._strace.wait(10)
            self._strace = None


class Hanging(Refusing):
    """Every sync takes half a minute longer, in every thread but the loop's."""

    name = "fsync hangs 30 s"

    def __init__(self) -> None:
        super().__init__(self.name, "EIO")
        self._calls = "fsync,fdatasync"
        self._inject = "delay_enter=30s"


class Damaged(Fault):
    """The database's first pages are overwritten while nothing runs; then it is started again."""

    name = "database corrupt"
    within_s = A_START_S
    follows = True
    loses_rows = True

    def strike(self, campus: Campus) -> None:
        while_down(campus, self.damage)

    def damage(self, store: Path) -> None:
        _overwrite(store)


class DamagedUnderIt(Fault):
    """Database and log are overwritten while the daemon runs on them; it is started again some time after."""

    name = "database corrupt under the daemon"
    loses_rows = True

    def strike(self, campus: Campus) -> None:
        _overwrite(campus.store)

    def mend(self, campus: Campus) -> None:
        before = campus.daemon.restarts
        campus.daemon.kill()
        campus.daemon.until_started_again(before)


class Flipped(Damaged):
    """One bit of the write-ahead log turns while nothing runs: SQLite forgets all behind it and says nothing."""

    name = "bit flipped in the WAL"

    def __init__(self, seed: int = 7) -> None:
        self._chance = random.Random(seed)

    def damage(self, store: Path) -> None:
        log = store / "journal.db-wal"
        # One that ended in order leaves none.
        data = bytearray(log.read_bytes()) if log.exists() else bytearray()
        if data:
            data[self._chance.randrange(len(data))] ^= 1 << self._chance.randrange(8)
            log.write_bytes(data)


def disks() -> list[Fault]:
    """Every way in which the store's disk fails."""
    return [
        Full(),
        Refusing("disk answers EIO", "EIO"),
        Refusing("database answers EIO", "EIO", JOURNAL),
        Refusing("disk read-only (EROFS)", "EROFS"),
        Hanging(),
        Damaged(),
        DamagedUnderIt(),
        Flipped(),
        SmallBlocks(),
    ]


def fill(file: Path) -> None:
    """Not one byte more."""
    size = 1 << 20
    with file.open("wb", buffering=0) as out:
        while size:
            try:
                out.write(b"x" * size)
            except OSError:
                size //= 2


def _overwrite(store: Path) -> None:
    """The beginnings of the database and of its log, which would mend it."""
    chance = random.Random(7)
    for name in JOURNAL:
        with contextlib.suppress(FileNotFoundError), (store / name).open("r+b") as file:
            file.write(chance.randbytes(4 * 4096))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
