"""Reads one floor plan: `python -m edge.floorplans.process FILE STORE TOLD keep|check`; one line of JSON out, then its end.

Apart from everything else, for a file of strangers is read here: it may be killed at any moment and takes no room of others.
"""

import json
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from drivers.confined import confine
from edge.floorplans.gathering import Told
from edge.floorplans.keeping import take
from edge.floorplans.refusal import Refused

MOST_BYTES: Final = 768 * 1024 * 1024
MOST_CPU_S: Final = 60
NICE: Final = 15
"""A press is worth more than a floor plan."""


def answer(file: str, store: str, told: str, what: str) -> dict[str, Any]:
    """`taken`, or `refused` with a code and what, where, do."""
    try:
        asked = msgspec.json.decode(told, type=Told)
        return {"taken": take(Path(file), Path(store), asked, keep=what == "keep")}
    except msgspec.MsgspecError:
        return {
            "refused": "wrong",
            "what": "what was said beside the file is none",
            "where": "",
            "do": "say it again",
        }
    except Refused as err:
        return {"refused": err.code, "what": err.what, "where": err.where, "do": err.do}


def main() -> None:
    """Read one file."""
    confine(resource.RLIMIT_CORE, resource.RLIMIT_NPROC, nice=NICE)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    os.umask(0o077)
    sys.stdout.write(json.dumps(answer(*sys.argv[1:5])) + "\n")


if __name__ == "__main__":
    main()
