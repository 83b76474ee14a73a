"""Whether a published flaw is one of what is installed: the NVD's configurations, by names, ranges and pairs. Pure.

Source: NVD CVE API 2.0 (`configurations`), CPE naming 2.3 (NISTIR 7695). A flaw of firmware *on a hardware* counts only
where both are here. Never "fine": `no` says that this record does not name it.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Literal

from rules.book.versions import order, within
from rules.model.values import dataclass

Match = Literal["no", "unordered", "unstated", "yes"]
"""unordered: it names the product, and nobody can tell whether this version. unstated: it names the product and says no
version at all: ask the vendor. In their rising order."""
Part = Literal["a", "h", "o"]

_RISING: Final[tuple[Match, ...]] = ("no", "unordered", "unstated", "yes")
_NOT: Final[dict[Match, Match]] = {"yes": "no", "no": "yes", "unordered": "unordered", "unstated": "unstated"}
_ATTRIBUTE: Final = re.compile(r"((?:\\.|[^\\:])*)(?::|$)")
_BRACKETED: Final = re.compile(r"\([^()]*\)")
_UNSAID: Final = ("*", "-")
LONGEST: Final = 512
"""Signs of a CPE name; the NVD's own limit is far below."""


class NoName(ValueError):
    """A text that is no CPE 2.3 name."""


@dataclass(frozen=True, slots=True)
class Name:
    """A CPE name, but for what nobody uses. exact: false where it says more than is kept here."""

    part: str
    vendor: str
    product: str
    version: str
    update: str
    edition: str
    exact: bool


@dataclass(frozen=True, slots=True)
class Criterion:
    """`cpeMatch`. name: as published. vulnerable False: what the flawed one must run on."""

    name: str
    vulnerable: bool = True
    start_including: str | None = None
    start_excluding: str | None = None
    end_including: str | None = None
    end_excluding: str | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """every: all of its criteria (operator AND), else any (OR)."""

    criteria: tuple[Criterion, ...]
    every: bool = False
    negate: bool = False


@dataclass(frozen=True, slots=True)
class Configuration:
    """every: all of its nodes (operator AND), else any (OR)."""

    nodes: tuple[Node, ...]
    every: bool = False
    negate: bool = False


@dataclass(frozen=True, slots=True)
class Flaw:
    """One CVE. score: CVSS base score in tenths; None: not given. exploited: in CISA's catalogue."""

    cve: str
    score: int | None
    exploited: bool
    configurations: tuple[Configuration, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A name that an installed device goes by. edition None: not known."""

    part: Part
    vendor: str
    product: str
    edition: str | None = None


@lru_cache(maxsize=4_096)
def name(text: str) -> Name:
    """A CPE 2.3 formatted string taken apart, in lower case, without its backslashes. Raises NoName."""
    if len(text) > LONGEST or not text.startswith("cpe:2.3:"):
        raise NoName("no CPE 2.3 name")
    parts = [match[1] for match in _ATTRIBUTE.finditer(text.lower(), 8)]
    # An empty match stands at the very end.
    if len(parts) != 12 or not all(parts[:11]) or parts[0] not in ("a", "h", "o"):
        raise NoName("no CPE 2.3 name")
    part, vendor, product, version, update, edition, language, sw_edition, *targets = parts[:11]
    exact = all(one in _UNSAID for one in (edition, language, *targets))
    return Name(part, _plain(vendor), _plain(product), _plain(version), _plain(update), sw_edition, exact)


def key(text: str) -> str:
    """A vendor or product as it is looked up: letters and digits alone, as brackets and dashes are written in many ways."""
    return "".join(one for one in text.lower() if one.isascii() and one.isalnum())


def keys(product: str) -> frozenset[str]:
    """The keys that a published product goes by: with what stands in brackets, and without, for that is a variant."""
    return frozenset({key(product), key(_BRACKETED.sub("", product))}) - {""}


def named(flaw: Flaw) -> Iterator[tuple[str, str, str]]:
    """(part, vendor's key, product's key) of everything that a flaw calls vulnerable. Raises NoName."""
    for configuration in flaw.configurations:
        for node in configuration.nodes:
            for criterion in node.criteria:
                if criterion.vulnerable:
                    its = name(criterion.name)
                    for product in keys(its.product):
                        yield its.part, key(its.vendor), product


def match(flaw: Flaw, known: tuple[Known, ...], firmware: str) -> Match:
    """What a flaw is to a device of these names and this firmware version (`""`: not told). Raises NoName."""
    return _most(_configured(one, known, firmware) for one in flaw.configurations)


def _configured(configuration: Configuration, known: tuple[Known, ...], firmware: str) -> Match:
    nodes: list[Match] = []
    hit: Match = "no"
    for node in configuration.nodes:
        said = [(one.vulnerable, _said(one, known, firmware)) for one in node.criteria]
        found = _together((each for _, each in said), node.every)
        nodes.append(_NOT[found] if node.negate else found)
        # What only runs beside a flawed thing, or is named to be left out, is none itself.
        hit = _most((hit, *(each for vulnerable, each in said if vulnerable and not node.negate)))
    found = _together(nodes, configuration.every)
    return _least((_NOT[found] if configuration.negate else found, hit))


def _said(criterion: Criterion, known: tuple[Known, ...], firmware: str) -> Match:
    its = name(criterion.name)
    vendor, products = key(its.vendor), keys(its.product)
    return _most(
        _least((_version(criterion, its, firmware), _edition(its, one)))
        for one in known
        if one.part == its.part and key(one.vendor) == vendor and key(one.product) in products
    )


def _version(criterion: Criterion, its: Name, firmware: str) -> Match:
    if its.part == "h":
        # Nobody reads a board's revision from it.
        return "yes" if its.version in _UNSAID else "unordered"
    if its.version == "*":
        return within(
            firmware,
            start_including=criterion.start_including,
            start_excluding=criterion.start_excluding,
            end_including=criterion.end_including,
            end_excluding=criterion.end_excluding,
        )
    if its.version == "-":
        return "unstated"
    update = "" if its.update in _UNSAID else f" {its.update}"
    found = order(firmware, its.version + update)
    if found is None:
        return "unordered"
    return "yes" if found == "same" else "no"


def _edition(its: Name, known: Known) -> Match:
    if not its.exact:
        return "unordered"
    if its.edition == "*" or its.edition == known.edition:
        return "yes"
    return "unordered" if known.edition is None else "no"


def _together(said: "Iterator[Match] | list[Match]", every: bool) -> Match:
    return _least(said) if every else _most(said)


def _most(said: "Iterator[Match] | list[Match] | tuple[Match, ...]") -> Match:
    return max(said, key=_RISING.index, default="no")


def _least(said: "Iterator[Match] | list[Match] | tuple[Match, ...]") -> Match:
    return min(said, key=_RISING.index, default="no")


def _plain(text: str) -> str:
    return text.replace("\\", "")
