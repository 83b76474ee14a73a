"""The boards fail: silent, gone, resetting, refusing, babbling, lying; a door is forced, a serial line unplugged."""

import contextlib
import itertools
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.faults.campus import DOORS, HEALTHY, REX, VICTIM, Campus, running
from tests.faults.fault import Fault
from tests.flow.rig import verdicts
from tests.flow.waiting import wait_for

SPACE: Final = "campus-edge-faults"
"""The network of its own that the board behind a black hole lives in."""
OURS, THEIRS = "198.18.77.1", "198.18.77.2"
"""Addresses for measurements between devices (RFC 2544): nobody's."""
WITHDRAWN_S: Final = 2.0
"""How soon a door that is forced open is no longer said to be secured (fault research, section 9)."""


class Board(Fault):
    """A controller that fails in one of the simulators' ways, or hangs up."""

    def __init__(
        self,
        name: str,
        controller: str,
        kind: str,
        healthy: frozenset[str],
        *,
        seconds: float = 0.0,
    ) -> None:
        """kind: of the simulators; also `black hole`, `babble`, and what passes at once: `rst`, `fin`, `forgotten`, `silent`.

        forgotten: the board was switched off and on, and resets at the next frame. silent: its connections are gone
        without a word, and a new one works.
        """
        self.name = name  # type: ignore[misc]
        self.healthy = healthy  # type: ignore[misc]
        self._controller = controller
        self._kind = kind
        self._seconds = seconds

    def strike(self, campus: Campus) -> None:
        boards = campus.victim if self._controller == VICTIM else campus.main
        match self._kind:
            case "rst" | "fin" | "forgotten" | "silent":
                boards.do("hang_up", controller=self._controller, how=self._kind)
            case "babble":
                boards.do("babble", controller=self._controller, on=True)
            case "black hole":
                boards.do("black_hole", controller=self._controller, on=True)
            case kind:
                boards.do("fault", controller=self._controller, kind=kind, seconds=self._seconds)

    def settle(self, campus: Campus) -> None:
        time.sleep(1.0)

    def mend(self, campus: Campus) -> None:
        boards = campus.victim if self._controller == VICTIM else campus.main
        if self._kind == "babble":
            boards.do("babble", controller=self._controller, on=False)
        elif self._kind == "black hole":
            boards.do("black_hole", controller=self._controller, on=False)
        else:
            boards.do("fault", controller=self._controller, kind="none")


class Silent(Fault):
    """The board's program stands still (SIGSTOP): its kernel goes on saying that everything arrived."""

    name = "board silent (SIGSTOP)"
    healthy = frozenset(HEALTHY)

    def strike(self, campus: Campus) -> None:
        campus.victim.signal(signal.SIGSTOP)

    def settle(self, campus: Campus) -> None:
        time.sleep(1.0)

    def mend(self, campus: Campus) -> None:
        campus.victim.signal(signal.SIGCONT)


class BlackHole(Fault):
    """Every packet of the board is dropped without a word, in a network of its own."""

    name = "board in a black hole"
    healthy = frozenset(HEALTHY)
    shared = False

    def missing(self) -> str:
        with _network() as why:
            return why

    @contextlib.contextmanager
    def campus(self, folder: Path) -> Iterator[Campus]:
        with _network() as why:
            assert not why, why
            before = ["ip", "netns", "exec", SPACE]
            with running(Campus(folder, victim_host=THEIRS, victim_before=before)) as made:
                yield made

    def strike(self, campus: Campus) -> None:
        _ip("-n", SPACE, "route", "add", "blackhole", OURS)

    def settle(self, campus: Campus) -> None:
        time.sleep(1.0)

    def mend(self, campus: Campus) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("-n", SPACE, "route", "del", "blackhole", OURS)


class Lying(Fault):
    """The board acknowledges, reads its output back as written, and the bolt does not move."""

    name = "board acks, bolt does not move"

    def strike(self, campus: Campus) -> None:
        campus.main.do("door", door="tcp-1", latch_stuck=True)

    def shown(self, campus: Campus) -> str:
        if campus.locked()["tcp-1"]:
            now = campus.until("tcp-1 is judged", lambda now: verdicts(now, "tcp-1")["tcp-1"] != "pending")
            if verdicts(now, "tcp-1")["tcp-1"] == "secured" and not campus.thrown("tcp-1"):
                return "tcp-1 is said to be secured and its bolt stands where it stood"
        return ""

    def mend(self, campus: Campus) -> None:
        campus.main.do("door", door="tcp-1", latch_stuck=False)
        # A bolt that was told to move while it was stuck does not move by itself: somebody pushes it.
        campus.main.do("unstick", door="tcp-1")


class Forced(Fault):
    """Somebody opens a locked door by force and leaves it open."""

    name = "door forced open"
    phases = ("lockdown", "release")

    def __init__(self) -> None:
        self._at_s = 0.0

    def strike(self, campus: Campus) -> None:
        self._at_s = time.monotonic()
        campus.main.do("door", door="tcp-2", door_open=True)

    def shown(self, campus: Campus) -> str:
        began_us = round(self._at_s * 1e6)

        def withdrawn() -> list[int]:
            return [at for at, door, _ in campus.button.claims if door == "tcp-2" and at >= began_us]

        wait_for("another word of the forced door", withdrawn)
        if (withdrawn()[0] - began_us) / 1e6 > WITHDRAWN_S:
            return f"a forced door stayed secured for more than {WITHDRAWN_S:g} s"
        return ""

    def mend(self, campus: Campus) -> None:
        campus.main.do("door", door="tcp-2", door_open=False)


class Doorway(Fault):
    """Nobody is in the magnet's doorway any more; mended, somebody is again: it may lock, and it may not."""

    name = "nobody in the doorway"

    def strike(self, campus: Campus) -> None:
        campus.main.do("input", input=REX, active=False)

    def mend(self, campus: Campus) -> None:
        campus.main.do("input", input=REX, active=True)


def boards() -> list[Fault]:
    """Every way in which a controller fails."""
    others = frozenset(HEALTHY)
    no_bus, no_reader = DOORS - {"rtu-1"}, DOORS - {"osdp-1"}
    return [
        Silent(),
        BlackHole(),
        Board("board resets (RST)", VICTIM, "rst", DOORS),
        Board("board hangs up (FIN)", VICTIM, "fin", DOORS),
        Board("board was switched off and on", VICTIM, "forgotten", DOORS),
        Board("connection silently gone", VICTIM, "silent", DOORS),
        Board("board refuses connections", VICTIM, "away", others),
        Board("board refuses commands", VICTIM, "refusing", others),
        Board("board answers garbage", VICTIM, "garbage", others),
        Board("board babbles unasked", VICTIM, "babble", others),
        Board("board answers 0.7 s late", VICTIM, "late", others, seconds=0.7),
        Board("board acks another coil", VICTIM, "wrong_point", others),
        Lying(),
        Forced(),
        Board("serial bus unplugged", "bus", "away", no_bus),
        Board("serial bus garbage", "bus", "garbage", no_bus),
        Board("serial bus babbles", "bus", "babble", no_bus),
        Board("OSDP line unplugged", "reader", "away", no_reader),
        Board("OSDP reader garbage", "reader", "garbage", no_reader),
    ]


_NUMBERS = itertools.count()


@contextlib.contextmanager
def _network() -> Iterator[str]:
    """A network of its own with one wire to it; `""`, or why there is none."""
    try:
        _ip("netns", "add", SPACE)
    except FileNotFoundError:
        yield "iproute2 is not installed"
        return
    except subprocess.CalledProcessError as err:
        yield f"no network of its own may be made here: {err.stderr.decode().strip()}"
        return
    try:
        wire = f"faults{os.getpid() % 10_000}{next(_NUMBERS)}"
        _ip("link", "add", wire, "type", "veth", "peer", "name", "board", "netns", SPACE)
        _ip("addr", "add", f"{OURS}/30", "dev", wire)
        _ip("link", "set", wire, "up")
        _ip("-n", SPACE, "addr", "add", f"{THEIRS}/30", "dev", "board")
        for one in ("board", "lo"):
            _ip("-n", SPACE, "link", "set", one, "up")
        wait_for("the wire carries", lambda: "UP" in _ip("-br", "link", "show", wire))
        yield ""
    except subprocess.CalledProcessError as err:
        yield f"no wire to it can be made here: {err.stderr.decode().strip()}"
    finally:
        _ip("netns", "del", SPACE)


def _ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], check=True, capture_output=True)
    return done.stdout.decode()
