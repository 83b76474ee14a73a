"""Loads `rules/packs/rights.yaml`, which no site overrides: who may do what."""

from functools import cache
from pathlib import Path
from typing import Final, cast

import rules
from edge.config.pack_tables import BrokenPack
from edge.config.yaml12 import compose, plain_of
from rules.rights import ALWAYS, GIVEN, NEVER_BY_TOKEN, RIGHTS, ROLES, Right, RightsTable, Role

FILE: Final = Path(rules.__file__).parent / "packs" / "rights.yaml"


@cache
def shipped_rights() -> RightsTable:
    """The table of this version. Raises `BrokenPack`."""
    return read_rights(FILE.read_bytes(), FILE.name)


def read_rights(data: bytes, file: str) -> RightsTable:
    """The table in `data`: every role and right known, every role there. Raises `BrokenPack`.

    Whatever it says, no second factor stands before a call for help, and one does before what is never a program's.
    """
    root, problems = compose(data, file)
    if root is None or problems:
        raise BrokenPack("; ".join(one.text() for one in problems) or f"{file}: empty")
    try:
        pack = cast("dict[str, object]", plain_of(root))
        now = cast("dict[str, list[str]]", pack["roles"])
        later = cast("dict[str, list[str]]", pack["later"])
        if set(now) != GIVEN or set(later) != set(ROLES) - GIVEN:
            raise ValueError(
                f"roles {sorted(set(ROLES) ^ {*now, *later})} missing, unknown or in the other part"
            )
        rights = {cast("Role", role): _rights(role, words) for role, words in {**now, **later}.items()}
        proven = _rights("second_factor", cast("list[str]", pack["second_factor"]))
        if proven & ALWAYS or not proven >= NEVER_BY_TOKEN:
            raise ValueError(f"second_factor: without {sorted(ALWAYS)}, and with {sorted(NEVER_BY_TOKEN)}")
        recorded = cast("list[str]", pack["looks_recorded"])
        if unknown := set(recorded) - set(ROLES):
            raise ValueError(f"looks_recorded: {sorted(unknown)} unknown")
        if unknown := set(only_live := cast("list[str]", pack["only_live"])) - set(ROLES):
            raise ValueError(f"only_live: {sorted(unknown)} unknown")
        guests = frozenset(cast("list[Role]", only_live))
        looks = frozenset(cast("list[Role]", recorded))
        return RightsTable(cast("int", pack["version"]), rights, proven, looks, guests)
    except (AttributeError, KeyError, TypeError, ValueError) as err:
        raise BrokenPack(f"{file}: {err!r}") from err


def _rights(of: str, words: list[str]) -> frozenset[Right]:
    """Raises ValueError."""
    unknown = set(words) - set(RIGHTS)
    if unknown or len(set(words)) != len(words):
        raise ValueError(f"{of}: {sorted(unknown)} unknown, or a right twice")
    return frozenset(cast("list[Right]", words))
