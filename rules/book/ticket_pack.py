"""The pack of tickets as rules read it: `rules/packs/escalation.yaml`, with what the site's policies put in its place.

Lengths of time are microseconds. `on` names what a ticket is about: a kind of door (`exterior`), of device (`camera`), a type
of asset (`aed`) or its class (`safety`); any one of them is enough, and nothing named means whatever it is about.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from rules.book.ticket_fields import Weight
from rules.model.values import dataclass

DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Category:
    """desk: `it` or `facilities`. weight: where nobody says one. safety_on: on which things it always weighs `safety`."""

    desk: str
    weight: Weight
    safety_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """A flag that opens a ticket once it stands for so long, or turns often (`TicketPack.flaps`).

    of_thing: the category is that of the thing it stands for (`TicketPack.things`), where there is one.
    """

    id: str
    flag: str
    after_us: int
    category: str
    weight: Weight
    of_thing: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What a ticket comes to at an age. weights, category, on: of which tickets; empty: of all.

    flag: raised while it is open from then on, or empty. weight, assign: raised to, given to where it is nobody's; or empty.
    """

    id: str
    after_us: int
    category: tuple[str, ...] = ()
    weights: tuple[Weight, ...] = ()
    on: tuple[str, ...] = ()
    flag: str = ""
    weight: str = ""
    assign: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A ticket to begin with. text: lines to fill in."""

    title: str
    category: str
    text: str = ""
    weight: str = ""


@dataclass(frozen=True, slots=True)
class TicketPack:
    """sha256: of the file's bytes and of what policies put in place of it.

    flaps: so many times raised within `flaps_within_us` is often. settled_us: a flag that is gone so long has recovered.
    reopened_us: what comes back within it is the same ticket. stands_us: so long after its ticket was closed, what still stands
    reopens it. close_us: a ticket below `safety` that a rule proposed to close is closed after it.
    snooze_us, maintenance_us: the longest there is. things: the category of what is wrong with a kind of device or type of asset.
    """

    version: int = 0
    sha256: str = ""
    categories: Mapping[str, Category] = field(default_factory=dict)
    opens: tuple[Opening, ...] = ()
    steps: tuple[Step, ...] = ()
    templates: Mapping[str, Template] = field(default_factory=dict)
    flaps: int = 10
    flaps_within_us: int = 3_600_000_000
    settled_us: int = 900_000_000
    reopened_us: int = 3 * DAY_US
    stands_us: int = DAY_US
    close_us: int = 7 * DAY_US
    snooze_us: int = 7 * DAY_US
    maintenance_us: int = 30 * DAY_US
    things: Mapping[str, str] = field(default_factory=dict)
