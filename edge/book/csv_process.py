"""Reads a foreign file of assets: `python -m edge.book.csv_process`, in a process of its own: strangers wrote it.

Descriptor 0 is the file; the zones are the first argument, JSON. What it has to say goes to standard output, a JSON object a
line: the head, rows a hundred at a time, the end. Bounded in memory, time and output; it writes no file and starts nothing.
"""

import hashlib
import itertools
import json
import os
import resource
import sys
from typing import Any, Final

from drivers.confined import STARTS_NOTHING, confine
from edge.book import csv_rows

AT_ONCE: Final = 100
MOST_MEMORY: Final = 1_024 * 1024 * 1024
MOST_CPU_S: Final = 60
NICE: Final = 10


def _say(**said: Any) -> None:
    sys.stdout.buffer.write(json.dumps(said, separators=(",", ":")).encode() + b"\n")
    sys.stdout.buffer.flush()


def _read(zones: dict[str, str]) -> None:
    with os.fdopen(0, "rb", closefd=False) as file:
        data = file.read(csv_rows.MOST_BYTES + 1)
    digest = hashlib.sha256(data).hexdigest()
    head, rows = csv_rows.read(*csv_rows.text_of(data), zones)
    del data
    _say(head={"encoding": head.encoding, "columns": head.columns, "sha256": digest})
    while piece := list(itertools.islice(rows, AT_ONCE)):
        good = [[one.line, one.id, list(one.said.items())] for one in piece if not one.code]
        bad = [[one.line, one.code, dict(one.args)] for one in piece if one.code]
        _say(rows=good, refused=bad, as_room=[one.line for one in piece if one.kept_as_room and not one.code])
    _say(end=True)


def main() -> None:
    """Read it once, and end."""
    try:
        _read(json.loads(sys.argv[1]))
    except csv_rows.NotATable as err:
        _say(no=err.code, args=err.said)


if __name__ == "__main__":
    confine(*STARTS_NOTHING, nice=NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    main()
