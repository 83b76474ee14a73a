"""A mapping that remembers which of its keys changed, so that only those are saved."""

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Shelf(dict[K, V]):
    """Changed by `fold` alone: by assignment, `del` and `drop`: a `pop` would go unnoticed."""

    def __init__(self, *known: tuple[K, V]) -> None:
        super().__init__(known)
        self.changed: set[K] = set()

    def __setitem__(self, key: K, value: V) -> None:
        self.changed.add(key)
        super().__setitem__(key, value)

    def __delitem__(self, key: K) -> None:
        self.changed.add(key)
        super().__delitem__(key)

    def drop(self, key: K) -> None:
        """Take away what may not be there."""
        if key in self:
            del self[key]

    def load(self, key: K, value: V) -> None:
        """Put back what was saved."""
        super().__setitem__(key, value)

    def saved(self) -> set[K]:
        """What changed since this was last called."""
        changed, self.changed = self.changed, set()
        return changed
