"""Who asks: the answer to every question of rights, made once for each request, stream and socket call."""

from typing import Literal

from rules.model.ids import Actor
from rules.model.values import dataclass
from rules.rights import ALWAYS, IN_QUIET, NEVER_BY_TOKEN, Right, RightsTable, Role

By = Literal["session", "token", "socket"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody known. `actor`: `account:…`, `token:…` or `socket:UID`, opaque in every record.

    lapsed: a session that ran out, or whose account is locked out for a while: it may still start and acknowledge,
    of what its role may, and nothing else. session: its opaque id, for what belongs to it (a release session).
    proven: of a session, whether a second factor was proven in it. replaced: known by the cookie that the session had
    before; always `lapsed`. room: of a token, the one room whose screen it may be; `""`: any.
    quiet: of a guest's role (`only_live`), that nothing is live for which it is here.
    """

    actor: Actor
    role: Role
    by: By
    lapsed: bool = False
    session: str = ""
    proven: bool = False
    replaced: bool = False
    room: str = ""
    quiet: bool = False

    def may(self, table: RightsTable, right: Right) -> bool:
        """Whether this caller has a right now; what is not written is denied."""
        asks = self.by == "session" and not self.proven and right in table.second_factor
        return not asks and self.could(table, right)

    def could(self, table: RightsTable, right: Right) -> bool:
        """Whether this caller has a right, or would have it once a second factor is proven: for showing the way to it."""
        if self.lapsed and right not in ALWAYS:
            return False
        if self.quiet and right not in IN_QUIET:
            return False
        if self.by == "token" and right in NEVER_BY_TOKEN:
            return False
        return table.may(self.role, right)
