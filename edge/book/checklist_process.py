"""Reads a foreign checklist: `python -m edge.book.checklist_process csv|yaml`, in a process of its own: strangers wrote it.

Descriptor 0 is the file. What it has to say is one line of JSON on standard output: `title`, `sha256`, `questions` and `wrong`,
each with its line, or `no`. Bounded in memory and time; it writes no file and starts nothing.
"""

import hashlib
import json
import os
import resource
import sys
from typing import Any, Final

from drivers.confined import STARTS_NOTHING, confine
from edge import checklist_file

MOST_MEMORY: Final = 512 * 1024 * 1024
MOST_CPU_S: Final = 30
NICE: Final = 10


def answer(form: str) -> dict[str, Any]:
    """What the file says."""
    with os.fdopen(0, "rb", closefd=False) as file:
        data = file.read(checklist_file.LARGEST + 1)
    try:
        title, questions, wrong = checklist_file.read(data, "yaml" if form == "yaml" else "csv")
    except checklist_file.NotRead as err:
        return {"no": str(err)[:400]}
    return {
        "title": title,
        "sha256": hashlib.sha256(data).hexdigest(),
        "questions": questions,
        "wrong": wrong,
    }


if __name__ == "__main__":
    confine(*STARTS_NOTHING, nice=NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    sys.stdout.write(json.dumps(answer(sys.argv[1]), separators=(",", ":")) + "\n")
