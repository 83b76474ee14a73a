"""A route to somebody who is not of the campus's staff: police, families, the press, another campus. Never of a drill."""

from drivers.base import Emit, NotPermitted
from drivers.outputs.route import Route, Wording
from rules.model.kinds import Dispatching, Real
from rules.model.notices import Notice


class Outward:
    """The last wall in front of the wire: the interlock passed no such notice, and one that came all the same ends here."""

    def __init__(self, route: Route) -> None:
        self.output = route.output
        self._route = route

    def tell(self, notice: Notice, wording: Wording) -> None:
        """As `Route.tell`. Raises `NotPermitted` for what is not real, too."""
        kind = notice.kind
        if not isinstance(kind, Real):
            raise NotPermitted(f"notice {notice.id} to {self.output} is of a {kind.word}")
        self._hand_over(kind, notice, wording)

    async def run(self, emit: Emit) -> None:
        """As `Route.run`."""
        await self._route.run(emit)

    def _hand_over(self, kind: Dispatching, notice: Notice, wording: Wording) -> None:
        self._route.tell(notice, wording)
