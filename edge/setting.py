"""An accepted configuration ready to run: its values, the plan compiled from it, its secrets."""

from pathlib import Path

from edge.config.check import Checked, read
from edge.config.model import Config
from edge.config.plan import compile_plan
from edge.config.problems import Problem
from edge.config.secrets import Secrets
from rules.model.values import dataclass
from rules.plan import Plan


class NotAccepted(Exception):
    """The configuration has problems that keep the daemon from starting on it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problem.text() for problem in problems))


@dataclass(frozen=True, slots=True)
class Setting:
    """base: the folder that its relative paths start from."""

    config: Config
    plan: Plan
    secrets: Secrets
    base: Path


def setting(checked: Checked, base: Path) -> Setting:
    """Raises NotAccepted."""
    if checked.config is None or checked.blocking:
        raise NotAccepted(checked.problems)
    plan = compile_plan(checked.config, checked.packs, checked.hash)
    return Setting(checked.config, plan, checked.secrets, base)


def setting_of(path: Path) -> Setting:
    """The setting of a configuration file. Raises NotAccepted."""
    return setting(read(path), path.absolute().parent)
