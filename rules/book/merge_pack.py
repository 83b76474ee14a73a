"""The pack of merging as rules read it: `rules/packs/merging.yaml`. It is the same on both sides, so no policy changes it."""

from collections.abc import Mapping
from dataclasses import field
from typing import Final, Literal, get_args

from rules.model.values import dataclass

MergeRule = Literal["all", "safer", "higher", "district", "earlier", "last"]
RULES: Final[tuple[MergeRule, ...]] = get_args(MergeRule)


@dataclass(frozen=True, slots=True)
class FieldRule:
    """rule: what holds where both said something and neither had seen the other's. district: whether it may say it at all.

    quiet: whether it may say it while an incident is live: it takes nothing from sight then.
    """

    rule: MergeRule
    district: bool = True
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class MergePack:
    """sha256: of the file's bytes; it stands with the version in each event that comes of a merge, and both sides compare it."""

    version: int = 0
    sha256: str = ""
    fields: Mapping[str, FieldRule] = field(default_factory=dict)

    def of(self, rule: MergeRule) -> frozenset[str]:
        """The fields under a rule."""
        return frozenset(name for name, one in self.fields.items() if one.rule == rule)
