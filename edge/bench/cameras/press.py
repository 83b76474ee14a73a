"""The press unmoved: 200 doors with no camera at all, and with cameras, viewers and clips being written, by turns."""

import contextlib
import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from edge.bench.cameras.driven import name
from edge.bench.cameras.part import Part, p95
from edge.bench.cameras.peers import View, simulated
from edge.bench.cameras.viewers import sinks, until_live
from edge.bench.campus import FLOOD_TOPIC, Tree
from edge.bench.children import Lost
from edge.bench.guests import invite
from edge.bench.running import Pressed, Unwritten
from edge.bench.scenarios import Shape
from edge.bench.stage import How, Stage, stage
from edge.journal.places import EVIDENCE

CAMERAS: Final = 32
VIEWERS: Final = 8
CLIPS: Final = 4
"""Of the zone whose staff call for help right before each press; a lockdown is of the whole campus and keeps all."""
BLOCK: Final = 5
"""Presses of one phase before the other's turn: a drift of the machine hits both."""
RATIO: Final = 1.5
UP_S: Final = 30.0
WRITING_S: Final = 10.0
ZONES: Final = [{"id": "a", "name": "Building A"}, {"id": "b", "name": "Building B"}]
DOORS: Final = Shape(200, 50)


def pressed(presses: int, folder: Path, doors: Shape = DOORS) -> Part:
    """So many presses in each phase."""
    part = Part(
        "press",
        f"{doors.doors} doors, with none and with {CAMERAS} cameras, {VIEWERS} viewers and {CLIPS} clips by turns",
    )
    try:
        with simulated(folder, View(), CAMERAS) as cameras:
            _Pressing(folder, cameras.urls, doors).all(presses, part)
    except Lost as err:
        part.broken_off = str(err)
    return part


class _Pressing:
    def __init__(self, folder: Path, urls: list[str], doors: Shape) -> None:
        self._folder, self._doors = folder, doors
        self._cameras: list[Tree] = [
            {"id": name(at), "name": f"Camera {at}", "zone": "a" if at < CLIPS else "b", "url": url}
            for at, url in enumerate(urls)
        ]
        self._unwritten = 0
        self._evidence = folder / "store" / EVIDENCE

    def all(self, presses: int, part: Part) -> None:
        idle: list[Pressed] = []
        busy: list[Pressed] = []
        with stage(self._doors, self._folder, How(), {"zones": ZONES}) as here:
            token = invite(here.socket, here.listen).tokens[0]
            try:
                for begin in range(0, presses, BLOCK):
                    count = min(BLOCK, presses - begin)
                    # Each phase first every second time.
                    for with_cameras in (begin // BLOCK % 2 == 1, begin // BLOCK % 2 == 0):
                        with self._cameras_on(here, token) if with_cameras else contextlib.nullcontext():
                            some = busy if with_cameras else idle
                            some += [self._press(here, with_cameras=with_cameras) for _ in range(count)]
            except Unwritten as err:
                self._unwritten += err.pressed.unwritten
                raise
            finally:
                self._tell(part, idle, busy, here.running.longest_ms())

    @contextlib.contextmanager
    def _cameras_on(self, here: Stage, token: str) -> Iterator[None]:
        self._reload(
            here, self._cameras, lambda seen: seen["cameras"] and all(one["up"] for one in seen["cameras"])
        )
        until_live(here, token, name(0))
        with sinks(here, token, name(0), VIEWERS):
            yield
        self._reload(here, [], lambda seen: not seen["cameras"])

    def _reload(self, here: Stage, cameras: list[Tree], holds: Callable[[Tree], bool]) -> None:
        path = here.folder / "campus.yaml"
        tree: Tree = json.loads(path.read_text())
        path.write_text(json.dumps({**tree, "cameras": cameras}))
        here.process.send_signal(signal.SIGHUP)
        here.running.until("the configured cameras, every one up", holds, UP_S)

    def _press(self, here: Stage, *, with_cameras: bool) -> Pressed:
        found, doors = here.running.lock(
            here.presser, before=lambda: self._call(here, with_cameras=with_cameras)
        )
        self._unwritten += found.unwritten
        here.running.release(doors)
        return found

    def _call(self, here: Stage, *, with_cameras: bool) -> None:
        """Somebody calls for help: an incident that locks nothing and keeps pictures. In both phases."""
        begun = set(self._parts())
        payload = json.dumps({"press_id": f"call-{time.monotonic_ns()}", "gesture": "single"})
        here.presser.do("publish", topic=FLOOD_TOPIC, payload=payload)
        here.running.until("the call for help", lambda seen: bool(seen["incidents"]), WRITING_S)
        ends = time.monotonic() + WRITING_S
        while with_cameras and len(set(self._parts()) - begun) < CLIPS:
            if time.monotonic() > ends:
                raise Lost(f"not {CLIPS} clips are being written")
            time.sleep(0.05)

    def _parts(self) -> Iterator[Path]:
        return (one for one in self._evidence.glob("*/*.part") if one.stat().st_size)

    def _tell(self, part: Part, idle: list[Pressed], busy: list[Pressed], longest: float | None) -> None:
        part.at_most("doors never written", self._unwritten, 0)
        if not idle or not busy:
            return
        part.head("ms from the publish of the press")
        for what, some in (("no camera", idle), ("cameras, viewers, clips", busy)):
            part.spread(f"{what}: last written", [one.last_written for one in some])
            part.spread(f"{what}: last proven", [one.last_proven or 0.0 for one in some])
        part.rows.append(f"  longest event on the daemon's loop {longest or 0:.1f} ms")
        ratio = p95([one.last_written for one in busy]) / p95([one.last_written for one in idle])
        part.at_most("95th percentile over that with no camera", ratio, RATIO)
