"""Where the checks write down what they find: problems and notices, each at the right line of the file."""

from collections.abc import Sequence
from typing import Final

from edge.config.collect import Collected, Place
from edge.config.problems import Problem, Topic

_TOP: Final = Place(1, 1)


class Report:
    """Collects what is wrong (`problems`) and what is allowed but worth knowing (`notices`)."""

    def __init__(self, file: str, found: Collected) -> None:
        self.problems: list[Problem] = []
        self.notices: list[Problem] = []
        self._file = file
        self._places = found.places

    def refuse(self, keys: str | Sequence[str], what: str, do: str, topic: Topic = "configuration") -> None:
        """One problem about these keys: it stands at the later of those that are written in the file."""
        self.problems.append(self._at(keys, what, do, topic))

    def note(self, keys: str | Sequence[str], what: str, do: str) -> None:
        """Allowed, and worth knowing: `check` prints it and still exits 0."""
        self.notices.append(self._at(keys, what, do, "configuration"))

    def place(self, path: str) -> Place | None:
        """Where a key is written, if it is."""
        return self._places.get(path)

    def _at(self, keys: str | Sequence[str], what: str, do: str, topic: Topic) -> Problem:
        paths = (keys,) if isinstance(keys, str) else keys
        written = [(self._places[path], path) for path in paths if path in self._places]
        if written:
            place, path = max(written, key=lambda one: (one[0].line, one[0].column))
        else:
            path = paths[0]
            place = self._nearest(path)
        return Problem(self._file, place.line, path, what, do, topic, place.column)

    def _nearest(self, path: str) -> Place:
        """The place of the closest written key above a path that is not written itself."""
        while path:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
            if path in self._places:
                return self._places[path]
        return _TOP
