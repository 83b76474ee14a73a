"""The camera process as a process: killed, hung, without cameras; the daemon's side hears what became of the pictures."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from drivers.lines import line
from drivers.simulators.camera import SimulatedCamera
from edge.cameras import Cameras
from edge.media.messages import Asked, Keep, Open
from rules.model.camera_events import CamerasTurned, CameraTold, EvidenceTold
from rules.model.events import Event
from rules.model.ids import IncidentId
from tests.edge.media.encoding import complaints
from tests.edge.media.lives import cameras, keep, of, opened


class Heard:
    """The daemon's side, and what it emits."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._stirred = asyncio.Event()
        self.cameras = Cameras(self.emit)

    def emit(self, event: Event) -> None:
        self.events.append(event)
        self._stirred.set()

    def files(self, *ends: str | None) -> list[EvidenceTold]:
        return [one for one in self.events if isinstance(one, EvidenceTold) and one.end in ends]

    def turned(self) -> list[tuple[bool, str]]:
        return [(one.up, one.code) for one in self.events if isinstance(one, CamerasTurned)]

    def up(self) -> int:
        return sum(isinstance(one, CameraTold) and one.up for one in self.events)

    def keeps(self, one: Keep) -> None:
        """As `Cameras.keep` does of an incident in the record."""
        self.cameras._kept[IncidentId(one.incident)] = one
        self.cameras._write(one)

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(60):
            while not holds():
                self._stirred.clear()
                await self._stirred.wait()


@contextlib.asynccontextmanager
async def watched(first: Open) -> AsyncIterator[Heard]:
    heard = Heard()
    heard.cameras.configure(first)
    running = asyncio.create_task(heard.cameras.run())
    try:
        yield heard
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@contextlib.asynccontextmanager
async def kept(store: Path) -> AsyncIterator[tuple[Heard, SimulatedCamera, Open]]:
    """One camera, and an incident that keeps it."""
    async with cameras() as (one,):
        first = opened(store, of("cam-1", one.url()))
        async with watched(first) as heard:
            await heard.until(heard.up)
            heard.keeps(keep("inc-1", "cam-1"))
            await heard.until(lambda: heard.files(None))
            yield heard, one, first


async def test_one_that_is_killed_leaves_a_clip_that_is_told_with_its_incident_and_goes_on(
    tmp_path: Path,
) -> None:
    async with kept(tmp_path) as (heard, _, _):
        assert heard.cameras.process_id is not None
        os.kill(heard.cameras.process_id, signal.SIGKILL)
        await heard.until(lambda: heard.files("recovered") and len(heard.files(None)) == 2)

    (told,) = heard.files("recovered")
    assert (told.incident, told.camera, told.name) == ("inc-1", "cam-1", "inc-1/cam-1.mp4")
    assert told.size == (tmp_path / told.name).stat().st_size > 0
    assert complaints(tmp_path / told.name) == []
    assert heard.files(None)[1].name == "inc-1/cam-1.2.mp4"
    assert heard.turned()[:3] == [(True, ""), (False, "ended"), (True, "")]


async def test_one_that_hangs_is_ended_and_another_goes_on(tmp_path: Path) -> None:
    async with kept(tmp_path) as (heard, _, _):
        assert heard.cameras.process_id is not None
        os.kill(heard.cameras.process_id, signal.SIGSTOP)
        await heard.until(lambda: heard.turned()[-1:] == [(True, "")] and len(heard.turned()) == 3)
        await heard.until(lambda: heard.files("recovered"))

    assert heard.turned()[1] == (False, "hung")


async def test_the_last_camera_that_goes_in_an_incident_has_its_clip_sealed_first(tmp_path: Path) -> None:
    async with kept(tmp_path) as (heard, _, _):
        heard.cameras.configure(None)
        await heard.until(lambda: heard.turned()[-1] == (False, "none"))

    clips = [one.name for one in heard.files("sealed") if one.name.endswith(".mp4")]
    assert clips == ["inc-1/cam-1.mp4"]
    assert not list(tmp_path.rglob("*.part"))  # noqa: ASYNC240 - nothing else runs any more


async def test_what_it_cannot_read_ends_it_and_what_is_asked_is_answered_again(tmp_path: Path) -> None:
    async with kept(tmp_path) as (heard, _, _):
        assert heard.cameras._child is not None
        heard.cameras._child.write(b'{"type":"keep"}\n')
        await heard.until(lambda: len(heard.turned()) == 3)
        said, _, writer = await heard.cameras.ask(Asked("snapshot", "nobody"))
        writer.close()

    assert said.code == "no_stream"


async def test_pictures_are_nobodys_but_the_daemons(tmp_path: Path) -> None:
    async with kept(tmp_path / "evidence") as (heard, _, _):
        process = Path(f"/proc/{heard.cameras.process_id}")
        said = dict(
            text.split(":\t", 1) for text in (process / "status").read_text().splitlines() if ":\t" in text
        )
        adjusted = int((process / "oom_score_adj").read_text())

    assert said["NoNewPrivs"] == "1"
    assert said["Umask"] == "0077"
    assert adjusted >= 500
    for path in (tmp_path / "evidence").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0


async def test_a_password_is_in_no_message_up(tmp_path: Path) -> None:
    async with cameras() as (one,):
        secret = of("cam-1", one.url())
        first = opened(tmp_path, secret)
        assert secret.url.encode() in line(first)
        async with watched(first) as heard:
            await heard.until(heard.up)

    assert "rtsp://" not in repr(heard.events)
