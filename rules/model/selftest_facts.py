"""Facts of self-tests, and of locks that are exercised."""

from typing import ClassVar

from rules.model.ids import CommandId, DoorId
from rules.model.selftest import ExerciseStep, Outcome, TestCause
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class SelfTestScheduled:
    """From this local day on a self-test is due every day; also after the clock was found to have been set back."""

    KIND: ClassVar[str] = "selftest.scheduled/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    day: int


@dataclass(frozen=True, slots=True)
class SelfTestStarted:
    """day: the local day whose test it is, None for one that a person asked for."""

    KIND: ClassVar[str] = "selftest.started/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    number: int
    cause: TestCause
    day: int | None


@dataclass(frozen=True, slots=True)
class SelfTestEnded:
    """What a self-test saw. proven: links by name; others: those that are not, each with outcome and code.

    complete False: given up for `code`, and nothing is said. commands: the tests of outputs.
    """

    KIND: ClassVar[str] = "selftest.ended/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    number: int
    cause: TestCause
    day: int | None
    complete: bool
    code: str
    proven: tuple[str, ...]
    others: tuple[tuple[str, Outcome, str], ...]
    commands: tuple[CommandId, ...]


@dataclass(frozen=True, slots=True)
class DoorExercised:
    """A lock that is exercised out of hours came to this step. window: the local day on which its hours began.

    outcome, code: what is known by then; only `proven` says that bolt and door were read after the command.
    """

    KIND: ClassVar[str] = "selftest.door/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    door: DoorId
    window: int
    step: ExerciseStep
    outcome: Outcome
    code: str
    commands: tuple[CommandId, ...]


SelfTestFact = SelfTestScheduled | SelfTestStarted | SelfTestEnded | DoorExercised
