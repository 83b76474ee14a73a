"""Reads a written incident: `python -m edge.scenarios.process`, in a process of its own: a stranger may have written it.

Descriptor 0 is the file. What it has to say is one line of JSON: `edge.tabletop.messages.Read`. It knows no campus.
"""

import os
import resource
import sys
from typing import Final

import msgspec

from drivers.confined import STARTS_NOTHING, confine
from edge.scenarios.reading import read
from edge.tabletop import LARGEST

MOST_MEMORY: Final = 512 * 1_048_576
MOST_CPU_S: Final = 20
NICE: Final = 10

if __name__ == "__main__":
    confine(*STARTS_NOTHING, nice=NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    with os.fdopen(0, "rb", closefd=False) as file:
        data = file.read(LARGEST + 1)
    sys.stdout.buffer.write(msgspec.json.encode(read(data, "the file")) + b"\n")
    sys.stdout.buffer.flush()
