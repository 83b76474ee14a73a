"""What a measurement stands on: broker, boards, daemon, bare script and presser, started together and ended by id."""

import contextlib
import json
import random
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.bench import children
from edge.bench.campus import BARE_TOPIC, bench_tree
from edge.bench.children import Child
from edge.bench.running import ARMED_S, Running, all_read
from edge.control.path import NAME
from edge.simulated.addresses import spare_port


@dataclass(frozen=True, slots=True)
class Stage:
    """listen: `host:port` of the page. armed_s, complete_s: from exec to armed, and to every door read."""

    listen: str
    socket: Path
    process: "subprocess.Popen[bytes]"
    boards: Child
    bare: Child
    presser: Child
    running: Running
    armed_s: float
    complete_s: float


@contextlib.contextmanager
def stage(
    doors: int, boards: int, folder: Path, *, settle_s: float, nodelay: bool, bare_polls: bool
) -> Iterator[Stage]:
    """A running campus of this size. bare_polls: the bare script reads every board's evidence too. Raises Lost."""
    with contextlib.ExitStack() as stack:
        yield _stage(stack, doors, boards, folder, settle_s, nodelay, bare_polls)


def _stage(
    stack: contextlib.ExitStack,
    doors: int,
    boards: int,
    folder: Path,
    settle_s: float,
    nodelay: bool,
    bare_polls: bool,
) -> Stage:
    port, socket = spare_port(), folder / "store" / NAME
    tree = bench_tree(doors, boards, port, folder / "store")
    config = folder / "campus.yaml"
    config.write_text(json.dumps(tree))
    stack.enter_context(children.broker(folder, port, nodelay=nodelay))
    all_boards = stack.enter_context(children.obeying("boards", "edge.bench.boards", str(config)))
    began = time.monotonic()
    process = stack.enter_context(children.daemon(config, folder / "daemon.log"))
    chance = random.Random(doors)  # noqa: S311  spreads presses over the polls' half second
    running = Running(doors, all_boards, process, socket, settle_s, chance)
    armed_s = running.until_armed(f"http://{tree['web']['listen']}/readyz") - began
    running.until("every board up and every door read", all_read, ARMED_S)
    complete_s = time.monotonic() - began
    addresses = [f"{one['host']}:{one['port']}={_coils(tree, one['id'])}" for one in tree["controllers"]]
    bare = stack.enter_context(
        children.obeying(
            "bare script", "edge.bench.bare", str(port), BARE_TOPIC, "1" if bare_polls else "0", *addresses
        )
    )
    presser = stack.enter_context(children.obeying("presser", "edge.bench.presser", str(port)))
    listen = str(tree["web"]["listen"])
    return Stage(listen, socket, process, all_boards, bare, presser, running, armed_s, complete_s)


def _coils(tree: dict[str, Any], controller: str) -> int:
    return sum(door["controller"] == controller for door in tree["doors"])
