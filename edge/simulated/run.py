"""Runs the simulators of one configuration with their control page: as a context, or as a process until it is told to end."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Self

from aiohttp import web

from edge import wiring
from edge.setting import Setting
from edge.simulated.addresses import moved
from edge.simulated.cameras import kept_pictures
from edge.simulated.campus import SimulatedCampus
from edge.simulated.control import Control


class Simulation:
    """Simulators and control page of a configuration whose addresses lie on this machine; an async context."""

    def __init__(self, setting: Setting, control_port: int, store: Path) -> None:
        broker = wiring.buttons_broker(setting.config, setting.secrets, setting.base, store)
        pictures = kept_pictures() or store.parent / "pictures"
        self.campus = SimulatedCampus(
            setting.config, setting.plan, setting.secrets, broker, pictures=pictures
        )
        self.url = f"http://127.0.0.1:{control_port}"
        self._port = control_port
        self._runner = web.AppRunner(Control(self.campus).application(), access_log=None)

    async def __aenter__(self) -> Self:
        await self.campus.start()
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self.campus.stop()

    async def until_told(self) -> None:
        """Run until SIGINT, SIGTERM or, where nohup does not shield it, SIGHUP."""
        leaving = asyncio.Event()
        loop = asyncio.get_running_loop()
        for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(stop) is not signal.SIG_IGN:
                loop.add_signal_handler(stop, leaving.set)
        await leaving.wait()


def write_moved(tree: dict[str, object], base: Path, out: Path) -> Path:
    """The configuration moved onto this machine, as a file in `out` (JSON, which YAML 1.2 contains)."""
    written = out / "campus.yaml"
    written.write_text(json.dumps(moved(tree, base, out), indent=1))
    return written
