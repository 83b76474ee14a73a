"""What is remembered of self-tests and of locks that were exercised, and what is under way."""

from collections.abc import Mapping
from dataclasses import field

from rules.model.ids import CommandId, ControllerId, DoorId, OutputId
from rules.model.moments import Instant
from rules.model.selftest import ExerciseStep, LinkName, Outcome, TestCause
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class TestResult:
    """What the last whole self-test saw; others: the links that were not proven, with outcome and code."""

    __test__ = False  # not a test class of pytest's
    number: int
    at: Instant
    cause: TestCause
    proven: tuple[LinkName, ...]
    others: Mapping[LinkName, tuple[Outcome, str]]


@dataclass(frozen=True, slots=True)
class ExerciseMemory:
    """The last time a lock was exercised: whose night it was, how far it came, and what was seen.

    told: the last night that said something of the lock; None: none did.
    """

    window: int
    at: Instant
    step: ExerciseStep
    outcome: Outcome
    code: str
    told: int | None = None


@dataclass(frozen=True, slots=True)
class SelfTests:
    """What the record keeps of self-tests: the last one, not their history. Days are local, as ordinals.

    since: from when on they are due. day: of the last one begun by schedule; done: of the last one that came to its end.
    proven: when each link of the last one was last proven.
    """

    number: int = 0
    since: int | None = None
    day: int = 0
    done: int = 0
    last: TestResult | None = None
    proven: Mapping[LinkName, Instant] = field(default_factory=dict)
    exercises: Mapping[DoorId, ExerciseMemory] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutputTest:
    """A test write to one output that is off: the value it has. ended None: still on the wire.

    command None: nothing was written, for `code`.
    """

    command: CommandId | None
    sent: Instant
    ended: Instant | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class SelfTestRun:
    """A self-test under way.

    answers: what probes came to, `""` for those that held. held: doors that a press would find held back.
    heard: controllers that answered over the connection of their commands since it began.
    """

    number: int
    cause: TestCause
    day: int | None
    began: Instant
    answers: Mapping[LinkName, str] = field(default_factory=dict)
    held: Mapping[LinkName, tuple[tuple[DoorId, str], ...]] = field(default_factory=dict)
    heard: frozenset[ControllerId] = frozenset()
    outputs: Mapping[OutputId, OutputTest] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExerciseLive:
    """A lock that is being exercised. command None: the interlock holds its way back; since: of this step.

    locked: proven locked meanwhile. why: what stopped it before, `""` nothing. tries: times it was told to go back.
    """

    window: int
    step: ExerciseStep
    since: Instant
    command: CommandId | None = None
    locked: bool = False
    why: str = ""
    tries: int = 0
