"""What a measurement stands on: broker, boards, daemon, bare script and presser, started together and ended by id."""

import contextlib
import json
import random
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edge.bench import children
from edge.bench.campus import BARE_TOPIC, Tree, bench_tree, coils
from edge.bench.children import Child, Log, Lost
from edge.bench.running import ARMED_S, Running, all_read
from edge.bench.scenarios import Shape
from edge.control.path import NAME
from edge.simulated.addresses import spare_port


@dataclass(frozen=True, slots=True)
class How:
    """settle_s: pause before each press. nodelay: of the broker. bare_polls: the bare script reads every board's evidence too."""

    settle_s: float = 0.3
    nodelay: bool = True
    bare_polls: bool = False


@dataclass(slots=True)
class Stage:
    """port: of the broker. listen: `host:port` of the page. armed_s, complete_s: from exec to armed, to every door read."""

    port: int
    listen: str
    socket: Path
    folder: Path
    boards: Child
    presser: Child
    running: Running
    log: Log
    beside: Child | None = None
    armed_s: float = 0.0
    complete_s: float = 0.0
    _daemon: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def bare(self) -> Child:
        """The bare script. Raises Lost where there is none."""
        if self.beside is None:
            raise Lost("there is no bare script for these boards")
        return self.beside

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The daemon's."""
        return self.running.process

    def start(self) -> None:
        """Start the daemon, anew where it runs, and wait until it is armed. Raises Lost."""
        self.stop()
        began = time.monotonic()
        self.running.started(
            self._daemon.enter_context(children.daemon(self.folder / "campus.yaml", self.log))
        )
        self.armed_s = self.running.until_armed(f"http://{self.listen}/readyz") - began

    def until_complete(self) -> None:
        """Wait until every door was read. Raises Lost."""
        began = time.monotonic()
        self.running.until("every board up and every door read", all_read, ARMED_S)
        self.complete_s = self.armed_s + time.monotonic() - began

    def stop(self) -> None:
        """End the daemon."""
        self._daemon.close()


@contextlib.contextmanager
def stage(shape: Shape, folder: Path, how: How, more: Tree | None = None) -> Iterator[Stage]:
    """A running campus of this shape. more: sections of its configuration beside, or in place of, its own. Raises Lost."""
    with contextlib.ExitStack() as stack:
        port = spare_port()
        tree = _written(shape, port, folder, more or {})
        stack.enter_context(children.broker(folder, port, nodelay=how.nodelay))
        boards = _boards(stack, shape, folder)
        twin = None
        if shape.driver == "modbus-rtu":
            there = folder / "twin"
            there.mkdir()
            _written(shape, port, there, {})
            twin = _boards(stack, shape, there)
        log = stack.enter_context(children.log(folder / "daemon.log"))
        presser = stack.enter_context(children.obeying("presser", "edge.bench.presser", str(port)))
        running = Running(
            {door["id"]: door["controller"] for door in tree["doors"]},
            boards,
            folder / "store" / NAME,
            how.settle_s,
            random.Random(shape.doors),  # noqa: S311  spreads presses over the polls' half second
            twin,
        )
        here = Stage(
            port, tree["web"]["listen"], folder / "store" / NAME, folder, boards, presser, running, log
        )
        stack.callback(here.stop)
        here.start()
        here.until_complete()
        here.beside = _bare(stack, shape, tree, port, folder, how)
        yield here


def _written(shape: Shape, port: int, folder: Path, more: Tree) -> Tree:
    tree = {**bench_tree(shape, port, folder), **more}
    (folder / "campus.yaml").write_text(json.dumps(tree))
    return tree


def _boards(stack: contextlib.ExitStack, shape: Shape, folder: Path) -> Child:
    return stack.enter_context(
        children.obeying("boards", "edge.bench.boards", str(folder / "campus.yaml"), str(shape.answer_ms))
    )


def _bare(
    stack: contextlib.ExitStack, shape: Shape, tree: Tree, port: int, folder: Path, how: How
) -> Child | None:
    """After the daemon has its connections, so that they are its own."""
    controllers = tree["controllers"]
    match shape.driver:
        case "modbus-tcp":
            module, words = "edge.bench.bare", ["1" if how.bare_polls else "0"]
            words += [f"{one['host']}:{one['port']}={coils(tree, one['id'])}" for one in controllers]
        case "modbus-rtu":
            module, words = "edge.bench.bare_bus", [str(folder / "twin" / "line"), str(shape.baud)]
            words += [str(coils(tree, one["id"])) for one in controllers]
        case _:
            return None
    return stack.enter_context(children.obeying("bare script", module, str(port), BARE_TOPIC, *words))
