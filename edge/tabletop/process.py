"""Makes a film: `python -m edge.tabletop.process`, in a process of its own, which has no driver and can start or write nothing.

Descriptor 0 holds a `Wanted` (MessagePack). What it has to say is one line of JSON on standard output: a `Film`.
"""

import os
import resource
import sys
from typing import Final

import msgspec

from drivers.confined import STARTS_NOTHING, confine
from edge.tabletop.film import film
from edge.tabletop.messages import Film, Wanted
from edge.tabletop.running import run

MOST_MEMORY: Final = 768 * 1_048_576
MOST_CPU_S: Final = 60
NICE: Final = 10
CONFINING: Final = "drivers.confined"
"""Of `drivers`, what this process gives up rights by; it drives nothing."""


def answer(wanted: Wanted) -> Film:
    """The film that was asked for."""
    loaded = drivers_here()
    if loaded:
        # Nothing of a tabletop is worth a driver in its process.
        return Film(wrong=[(0, "a driver is loaded where tabletops are made; none was")], loaded=loaded)
    if wanted.scenario is not None and wanted.plan is not None:
        return run(wanted.plan, wanted.scenario, wanted.at_us)
    return film(wanted.rows, title=wanted.title, cut=wanted.cut)


def drivers_here() -> list[str]:
    """Modules of drivers that this process has loaded."""
    return sorted(one for one in sys.modules if one.startswith("drivers.") and one != CONFINING)


if __name__ == "__main__":
    confine(*STARTS_NOTHING, nice=NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    with os.fdopen(0, "rb", closefd=False) as file:
        asked = msgspec.msgpack.decode(file.read(), type=Wanted)
    sys.stdout.buffer.write(msgspec.json.encode(answer(asked)) + b"\n")
    sys.stdout.buffer.flush()
