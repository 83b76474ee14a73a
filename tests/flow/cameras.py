"""Simulated cameras beside the daemon, on a loop of their own thread, broken by the tests; and what the daemon says of them."""

import asyncio
import hashlib
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import av

from drivers.simulators.camera import MAIN, SimulatedCamera
from drivers.simulators.camera_auth import Doorkeeper
from drivers.simulators.camera_faults import CameraFault, CameraFaultKind
from drivers.simulators.camera_loop import StreamSettings
from tests.flow.mosquitto import Document
from tests.flow.rig import School
from tests.flow.school import Tree
from tests.flow.waiting import PATIENCE_S, wait_for

T = TypeVar("T")

USER, PASSWORD = "viewer", "seen-by-nobody-else"
PASSWORD_FILE: Final = "secrets/cameras"
SMALL: Final = StreamSettings(width=320, height=180, fps=10, gop=10, bit_rate=300_000, seconds=2)
ENCODING_S: Final = 60.0
KEY_S: Final = 1.2
"""From key picture to key picture, and a little."""


class Cameras:
    """Some cameras by name, on spare ports; `stop` ends them."""

    def __init__(self, cache: Path, streams: dict[str, StreamSettings]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.by_name = {
            name: SimulatedCamera(
                {MAIN: settings}, cache, doorkeeper=Doorkeeper(USER, PASSWORD, "digest"), seed=number
            )
            for number, (name, settings) in enumerate(streams.items(), 1)
        }
        for camera in self.by_name.values():
            self.do(camera.start(), ENCODING_S)

    def do(self, work: Coroutine[Any, Any, T], patience_s: float = PATIENCE_S) -> T:
        """Run in the loop and wait."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(patience_s)

    def call(self, work: Callable[[], T]) -> T:
        """Call in the loop's thread and wait."""
        found: Future[T] = Future()
        self._loop.call_soon_threadsafe(lambda: found.set_result(work()))
        return found.result(PATIENCE_S)

    def fault(self, name: str, kind: CameraFaultKind) -> None:
        self.do(self.by_name[name].set_fault(CameraFault(kind)))

    def watched_by(self, name: str) -> frozenset[int]:
        """The connections of who plays it now, each by its identity."""
        camera = self.by_name[name]
        return self.call(lambda: frozenset(id(one) for one in camera.connections))

    def played(self, name: str) -> int:
        """How often somebody asked it to play."""
        return self.call(lambda: self.by_name[name].asked.get("PLAY", 0))

    def section(self, name: str, zone: str, **more: Any) -> Tree:
        """Its configuration."""
        return {
            "id": name,
            "name": f"View of {name}",
            "zone": zone,
            "url": self.by_name[name].url(),
            "credentials_file": PASSWORD_FILE,
            **more,
        }

    def stop(self) -> None:
        for camera in self.by_name.values():
            self.do(camera.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()


def with_cameras(tree: Tree, sections: Sequence[Tree], folder: Path) -> Tree:
    """The campus with these cameras, and their password beside it."""
    file = folder / PASSWORD_FILE
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(f"{USER}:{PASSWORD}\n")
    policies = {**tree["policies"], "evidence": {"before": "5s", "memory_mb": 32, "reserve_gb": 1}}
    return {**tree, "policies": policies, "cameras": list(sections)}


def seen(now: Document) -> set[str]:
    """The cameras that can be relied on."""
    return {one["id"] for one in now["cameras"] if one["up"]}


def until_seen(campus: School, *names: str) -> Document:
    return campus.until(f"{names} are seen", lambda now: seen(now) >= set(names))


def until_held(campus: School, *names: str) -> Document:
    """Until of each a key picture came, so that there is something from before the next press."""

    def held(now: Document) -> bool:
        since = [one["since"] for one in now["cameras"] if one["id"] in names and one["up"]]
        return len(since) == len(names) and all(time.time() - seconds(one) > KEY_S for one in since)

    return campus.until(f"{names} have pictures from before", held)


def seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def camera_process(campus: School) -> int:
    """The process id of the camera process; waits until there is one."""
    return wait_for("the camera process", lambda: _camera_process(campus))


def has_camera_process(campus: School) -> bool:
    return _camera_process(campus) is not None


def _camera_process(campus: School) -> int | None:
    for pid in campus.children():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"edge.media.process" in words:
            return pid
    return None


def descendants(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for one in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in one.read_text().split():
            found += descendants(int(child))
    return found


class Journal:
    """What was recorded since this was made."""

    def __init__(self, campus: School) -> None:
        self._campus = campus
        self._first = len(campus.rows())

    def of(self, kind: str) -> list[Document]:
        rows = self._campus.rows()[self._first :]
        return [row for row in rows if row["kind"].partition("/")[0] == kind]

    def data(self, kind: str) -> list[Document]:
        return [row["data"] for row in self.of(kind)]

    def until(self, what: str, holds: Callable[[], object]) -> None:
        wait_for(what, lambda: bool(holds()))

    def begun(self) -> list[str]:
        """The cameras whose clips were begun, in order."""
        return [one["camera"] for one in self.data("evidence.begun")]

    def ended(self, camera: str) -> list[Document]:
        """The clips of a camera that are whole."""
        return [
            one for one in self.data("evidence.ended") if one["camera"] == camera and ".mp4" in one["name"]
        ]


def clip_grows(campus: School, camera: str) -> None:
    """Until two more pictures of a camera are on the disk."""

    def size() -> int:
        return sum(file.stat().st_size for file in evidence(campus).glob(f"*/{camera}*.mp4.part"))

    before = size()
    wait_for(f"the clip of {camera} grows", lambda: size() > before + 2_000)


def evidence(campus: School) -> Path:
    return campus.store / "evidence"


def pictures_of(file: Path) -> int:
    """How many pictures another program decodes in it."""
    with av.open(str(file)) as container:
        return sum(1 for _ in container.decode(video=0))


def sounds_of(file: Path) -> int:
    with av.open(str(file)) as container:
        return len(container.streams.audio)


def as_recorded(campus: School, one: Document) -> Path:
    """The file is there, and is what the journal says."""
    file = evidence(campus) / str(one["name"])
    data = file.read_bytes()
    assert hashlib.sha256(data).hexdigest() == one["sha256"]
    assert len(data) == one["size"]
    return file
