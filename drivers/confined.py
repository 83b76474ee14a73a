"""What a process of ours gives up when it starts: each is a second wall, and none is a reason not to do its work."""

import contextlib
import ctypes
import os
import resource
import signal
from typing import Final

WRITES_NOTHING: Final = (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE)
"""No file grows by it: it speaks over its socket alone."""
STARTS_NOTHING: Final = (*WRITES_NOTHING, resource.RLIMIT_NPROC)

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38


def confine(*none_of: int, hidden: bool = True, nice: int = 0) -> None:
    """End with the parent, gain no right (prctl(2)), and have none of these resources (getrlimit(2)).

    hidden: nobody of the same user reads its memory. By SIGKILL, for a process that somebody stopped gets nothing else.
    """
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if hidden:
        prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for limit in none_of:
        resource.setrlimit(limit, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C goes to the daemon, which ends us
    if nice:
        with contextlib.suppress(OSError):
            os.nice(nice)
