"""Real, drill, exercise and test are four types, so that the wrong one does not type-check."""

from typing import ClassVar, Literal, assert_never

from rules.model.values import dataclass

KindWord = Literal["real", "drill", "exercise", "test"]


@dataclass(frozen=True, slots=True)
class Real:
    """An emergency. The only kind that may ever reach 911."""

    word: ClassVar[Literal["real"]] = "real"


@dataclass(frozen=True, slots=True)
class Drill:
    """Locks, on-site outputs and staff; never 911, police, families or another campus."""

    word: ClassVar[Literal["drill"]] = "drill"


@dataclass(frozen=True, slots=True)
class Exercise:
    """Screens and record only: no lock, no output."""

    word: ClassVar[Literal["exercise"]] = "exercise"


@dataclass(frozen=True, slots=True)
class Test:
    """The tested path's evidence and the tester's screen."""

    __test__ = False  # not a test class of pytest's
    word: ClassVar[Literal["test"]] = "test"


Kind = Real | Drill | Exercise | Test
Switching = Real | Drill
"""The kinds whose response may switch a lock or an on-site output."""
Dispatching = Real
"""The kind that may be handed to 911: a function that does so takes this and nothing wider."""

REAL, DRILL, EXERCISE, TEST = Real(), Drill(), Exercise(), Test()


def kind_of(word: KindWord) -> Kind:
    """The kind that a word on the wire or in the journal stands for."""
    match word:
        case "real":
            return REAL
        case "drill":
            return DRILL
        case "exercise":
            return EXERCISE
        case "test":
            return TEST
        case _:
            assert_never(word)
