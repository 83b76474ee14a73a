"""Who may do what: role by right, deny by default. The table itself is `packs/rights.yaml`.

Issue 3, B8 and B9; OWASP ASVS 5.0 V8.2.1 and V8.3.1. A press by hardware passes no table: it is never blocked.
"""

from collections.abc import Mapping
from typing import Final, Literal, get_args

from rules.model.values import dataclass

Role = Literal[
    "administrator",
    "staff",
    "technician",
    "viewer",
    "device",
    "detector",
    "teacher",
    "substitute",
    "front-office",
    "it",
    "safety-coordinator",
    "school-resource-officer",
    "security-officer",
    "responder",
    "kiosk",
    "auditor",
    "district",
]
"""Some are not given out yet: they stand in the table so that nothing has to be thought up in a hurry."""
ROLES: Final[tuple[Role, ...]] = get_args(Role)
GIVEN: Final[frozenset[Role]] = frozenset(
    {
        "administrator",
        "staff",
        "technician",
        "viewer",
        "device",
        "detector",
        "teacher",
        "substitute",
        "front-office",
        "safety-coordinator",
        "school-resource-officer",
        "security-officer",
        "responder",
    }
)

Right = Literal[
    "look",
    "look-duress",
    "watch",
    "start",
    "start-drill",
    "acknowledge",
    "dismiss",
    "lock",
    "unlock",
    "release",
    "close",
    "note",
    "walk-test",
    "selftest",
    "measure",
    "record",
    "export",
    "assets",
    "assets-write",
    "people",
    "configure",
    "metrics",
    "report",
    "read-tickets",
    "work-tickets",
    "sign-sweep",
    "inspect",
    "coordinate",
    "respond",
    "report-room",
    "alerts",
    "detect",
    "screen",
    "answer-room",
    "speak",
]
RIGHTS: Final[tuple[Right, ...]] = get_args(Right)

ALWAYS: Final[frozenset[Right]] = frozenset({"start", "acknowledge", "report-room"})
"""What a session that ran out or was locked out may still do, of what its role may: never blocked (issue 3, B9)."""
NEVER_BY_TOKEN: Final[frozenset[Right]] = frozenset({"release", "people", "configure", "speak"})
"""What no program may do, whatever its role: contract section 5 (`release`: tokens never)."""

IN_QUIET: Final[frozenset[Right]] = frozenset({"look", "screen"})
"""What a role of `only_live` may while nothing is live: find its way about, and try its sign-in."""


@dataclass(frozen=True, slots=True)
class RightsTable:
    """A role that is not in it has no right at all.

    second_factor: the rights of which a signed-in person's session makes use only once a second factor was proven in it
    (OWASP ASVS 5.0 V6.3.3). Where nothing is said it is all of them but those that call for help.
    """

    version: int
    rights: Mapping[Role, frozenset[Right]]
    second_factor: frozenset[Right] = frozenset(RIGHTS) - ALWAYS
    looks_recorded: frozenset[Role] = frozenset(ROLES)
    """The roles whose looks through a camera enter the record, each; where nothing is said, everybody's."""
    only_live: frozenset[Role] = frozenset()
    """The roles that have more than `IN_QUIET` only while an incident or a drill is live that they may know of."""

    def may(self, role: Role, right: Right) -> bool:
        """Whether a role has a right; what is not written is denied."""
        return right in self.rights.get(role, frozenset())

    def proof_opens(self, role: Role) -> frozenset[Right]:
        """What a second factor opens to a role's session, beside what its password did."""
        return self.rights.get(role, frozenset()) & self.second_factor
