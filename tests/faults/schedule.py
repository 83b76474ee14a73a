"""What a random schedule is: presses, a release, kills and faults of every kind, each at a moment drawn from one seed.

The seed and the number of a schedule say all of it, whatever came before: any of them is played again alone.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from tests.faults.box import Frozen, LittleProcessor, NoDescriptors, OutOfMemory, Terminated
from tests.faults.campus import VICTIM
from tests.faults.clock import clocks
from tests.faults.disk import JOURNAL, Damaged, DamagedUnderIt, Flipped, Full, Hanging, Refusing, SmallBlocks
from tests.faults.fault import Fault
from tests.faults.reload import Reloaded
from tests.faults.traffic import BrokerKilled, BrokerRestarted, Flood, Hostile, Stuck, Twice
from tests.faults.wire import Board, Doorway, Forced, Lying, Silent

STORY_S: Final = 1.5
"""Presses, a release and whatever breaks fall into so long a time."""
MOST_KILLS: Final = 3
MOST_FAULTS: Final = 4
AIMED: Final = 0.5
"""So many of the strikes fall right at a press or a release, the others anywhere."""
AIM_S: Final = 0.03
MENDED: Final = 0.4
"""So many of the faults are mended in the midst of it, the others behind the last press."""
BUTTONS: Final = ("pb-native", "pb-2")

Verb = Literal["press", "wired", "release", "kill", "strike", "mend"]
Maker = Callable[[random.Random], Fault]


@dataclass(frozen=True, slots=True)
class Step:
    """at_s: after the beginning of the story. button: of a press. fault: of a strike and its mending."""

    at_s: float
    verb: Verb
    button: str = ""
    fault: Fault | None = None

    def told(self) -> str:
        of_what = self.button or (self.fault.name if self.fault is not None else "")
        return f"{self.verb} {of_what}".rstrip()


def kills(seed: int, number: int) -> list[Step]:
    """Kills alone, also in the midst of a start; in the order of their moments."""
    chance = random.Random(f"kills {seed}:{number}")
    steps = _usual(chance)
    steps += [Step(_moment(chance, steps), "kill") for _ in range(chance.randint(1, MOST_KILLS))]
    return sorted(steps, key=lambda step: step.at_s)


def faults(seed: int, number: int) -> list[Step]:
    """One to four faults of different kinds, and a kill now and then; in the order of their moments."""
    chance = random.Random(f"schedule {seed}:{number}")
    usual = _usual(chance)
    steps = list(usual)
    for makers in chance.sample(MENU, chance.randint(1, MOST_FAULTS)):
        fault = chance.choice(makers)(chance)
        at_s = _moment(chance, usual)
        steps.append(Step(at_s, "strike", fault=fault))
        if chance.random() < MENDED:
            steps.append(Step(chance.uniform(at_s, at_s + STORY_S), "mend", fault=fault))
    if chance.random() < 0.3:
        steps.append(Step(_moment(chance, usual), "kill"))
    return sorted(steps, key=lambda step: step.at_s)


def _usual(chance: random.Random) -> list[Step]:
    """One to three presses, and now and then a release between them or a finger on the wired button."""
    steps = [
        Step(chance.uniform(0, STORY_S), "press", chance.choice(BUTTONS)) for _ in range(chance.randint(1, 3))
    ]
    if chance.random() < 0.5:
        steps.append(Step(chance.uniform(0, STORY_S), "release"))
    if chance.random() < 0.2:
        steps.append(Step(chance.uniform(0, STORY_S), "wired", "pb-office"))
    return steps


def _moment(chance: random.Random, usual: Sequence[Step]) -> float:
    if chance.random() < AIMED:
        return max(0.0, chance.choice(usual).at_s + chance.uniform(-AIM_S, AIM_S))
    return chance.uniform(0, STORY_S)


def _boards(name: str, controller: str, *kinds: str) -> list[Maker]:
    def of(kind: str) -> Maker:
        return lambda chance: Board(
            f"{name} {kind}", controller, kind, frozenset(), seconds=chance.uniform(0.2, 1.0)
        )

    return [of(kind) for kind in kinds]


_GONE: Final = ("rst", "fin", "forgotten", "silent", "away", "black hole", "dead")
_WRONG: Final = ("refusing", "garbage", "late", "slow", "wrong_point", "wrong_value", "drop")

MENU: Final[Sequence[Sequence[Maker]]] = (
    [lambda chance: BrokerKilled(chance.uniform(0.1, 2.5)), lambda _: BrokerRestarted()],
    [lambda _: Silent(), *_boards("board b", VICTIM, *_GONE, *_WRONG, "babble")],
    _boards("main board", "plc", *_GONE, *_WRONG, "babble"),
    _boards("bus", "bus", "away", "dead", "garbage", "noisy", "babble", "refusing", "late"),
    _boards("OSDP reader", "reader", "away", "dead", "garbage", "refusing", "late"),
    [lambda _: Lying(), lambda _: Forced()],
    [lambda _: Doorway()],
    [
        lambda _: Full(),
        lambda _: Refusing("disk answers EIO", "EIO"),
        lambda _: Refusing("database answers EIO", "EIO", JOURNAL),
        lambda _: Refusing("disk read-only (EROFS)", "EROFS"),
        lambda _: Refusing("disk answers ENOSPC", "ENOSPC"),
        lambda _: Hanging(),
        lambda _: Damaged(),
        lambda _: DamagedUnderIt(),
        lambda chance: Flipped(chance.randrange(1 << 30)),
        lambda _: SmallBlocks(),
    ],
    [lambda chance: chance.choice(clocks())],
    [
        lambda chance: Frozen(chance.uniform(0.05, 1.5)),
        lambda _: OutOfMemory(),
        lambda _: LittleProcessor(),
        lambda _: NoDescriptors(),
        lambda _: Terminated(),
    ],
    [lambda chance: Reloaded(chance.choice(("as it was", "changed", "broken", "gone", "without a door")))],
    [
        lambda chance: Flood(chance.randint(1_000, 20_000)),
        lambda chance: Stuck(chance.randint(10, 100), same=False),
        lambda chance: Stuck(chance.randint(10, 300), same=True),
        lambda _: Twice(),
        lambda chance: Hostile(chance.randrange(1 << 30)),
    ],
)
"""By what they break: of each of these at most one in a schedule."""
