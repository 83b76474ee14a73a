"""Screens that are known by a token of no room: whoever has it could answer for any. A condition while there are some."""

from typing import Final

from edge.people.caller import Caller
from edge.people.keeper import Condition, Keeper
from rules.model.ids import Actor

LOOSE: Final = "screen_token_loose"
"""The condition."""


class LooseScreens:
    """Belongs to the loop's thread. What was used is kept in memory: after a restart screens come back by themselves."""

    def __init__(self, keeper: Keeper, condition: Condition) -> None:
        self._keeper = keeper
        self._condition = condition
        self._used: set[Actor] = set()
        self._told = False

    def used(self, caller: Caller) -> None:
        """A screen of a room came by a token that is bound to none."""
        self._used.add(caller.actor)
        self.weigh()

    def weigh(self) -> None:
        """Tell whether there is one yet that was not revoked."""
        self._used &= {Actor(one) for one in self._keeper.book.tokens}
        if bool(self._used) != self._told:
            self._told = bool(self._used)
            self._condition(LOOSE, self._told, ())
