"""The process that takes a bundle: `python -m edge.flaws.process KIND FILE STORE NOW_US`, one line of JSON out, then its end.

`rebuild` in the place of KIND makes the index anew from the kept bundles, where it is not sound; FILE is then `-`.

Apart from everything else, for a file of strangers is read here: it may be killed at any moment and takes no room of others.
"""

import json
import os
import resource
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from drivers.confined import confine
from edge.flaws.keeping import rebuild, take
from edge.flaws.refusal import Refused

MOST_BYTES: Final = 300 * 1024 * 1024
MOST_CPU_S: Final = 600
NICE: Final = 15
"""A press is worth more than a list of flaws."""


def answer(kind: str, file: str, store: str, now_us: str) -> dict[str, Any]:
    """`taken`, or `refused` with a code and two sentences."""
    try:
        if kind == "rebuild":
            return {"held": [asdict(one) for one in rebuild(Path(store))]}
        if kind not in ("cve", "kev"):
            raise Refused("failed", "there is no such kind of bundle", "ask for cve or kev")
        one = take("cve" if kind == "cve" else "kev", Path(file), Path(store), int(now_us))
    except Refused as err:
        return {"refused": err.code, "what": err.what, "do": err.do}
    return {"taken": asdict(one)}


def main() -> None:
    """Take one bundle."""
    confine(resource.RLIMIT_CORE, resource.RLIMIT_NPROC, nice=NICE)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    with suppress(OSError):
        os.umask(0o077)
    sys.stdout.write(json.dumps(answer(*sys.argv[1:5])) + "\n")


if __name__ == "__main__":
    main()
