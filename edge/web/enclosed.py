"""A form with a file as a browser without a script sends it (multipart/form-data, RFC 7578), taken apart as it comes. Pure.

Strict, and bounded whatever is sent: short fields of text and one file, of which nothing is kept here.
"""

import re
from typing import Final, Literal

LONGEST_BOUNDARY: Final = 70
"""RFC 2046 section 5.1.1."""
LONGEST_HEAD: Final = 4_096
LONGEST_FIELD: Final = 2_000
MOST_PARTS: Final = 20
_BOUNDARY: Final = re.compile(rb"[0-9A-Za-z'()+_,./:=?-]{1,%d}" % LONGEST_BOUNDARY)
_NAMED: Final = re.compile(
    r'content-disposition: *form-data; *name="([^"\r\n]{1,64})"(; *filename="([^"\r\n]*)")?.*', re.IGNORECASE
)
_State = Literal["before", "between", "head", "field", "file", "over"]


class NotEnclosed(ValueError):
    """It is no such form, or more than one may hold."""


class Enclosed:
    """feed it what comes; it gives back what is of the file. over: the form came to its end."""

    def __init__(self, boundary: str) -> None:
        """Raises NotEnclosed."""
        mark = boundary.encode("utf-8", "replace")
        if not _BOUNDARY.fullmatch(mark):
            raise NotEnclosed("boundary")
        self._mark = b"\r\n--" + mark
        # The first one begins the body, without a line break.
        self._held = b"\r\n"
        self._state: _State = "before"
        self._name = ""
        self._parts = 0
        self.fields: dict[str, str] = {}
        self.files = 0
        self.file_name = ""

    @property
    def over(self) -> bool:
        """Whether its last boundary came."""
        return self._state == "over"

    def feed(self, data: bytes) -> bytes:
        """What of the file came with this. Raises NotEnclosed."""
        self._held += data
        found: list[bytes] = []
        while self._step(found):
            pass
        return b"".join(found)

    def _step(self, found: list[bytes]) -> bool:
        """One step on; false: more is needed for another."""
        match self._state:
            case "before":
                if len(self._held) < len(self._mark):
                    return False
                if not self._held.startswith(self._mark):
                    raise NotEnclosed("beginning")
                self._go("between", len(self._mark))
            case "between":
                if len(self._held) < 2:
                    return False
                if self._held[:2] not in (b"\r\n", b"--"):
                    raise NotEnclosed("boundary")
                self._go("head" if self._held[:2] == b"\r\n" else "over", 2)
            case "head":
                end = self._held.find(b"\r\n\r\n", 0, LONGEST_HEAD)
                if end < 0:
                    if len(self._held) >= LONGEST_HEAD:
                        raise NotEnclosed("head")
                    return False
                head = self._held[:end]
                self._go(self._part(head), end + 4)
            case "field" | "file":
                return self._body(found)
            case "over":
                self._held = b""
                return False
        return True

    def _part(self, head: bytes) -> _State:
        """What follows a part's head."""
        self._parts += 1
        lines = head.decode("utf-8", "replace").split("\r\n")
        named = next((match for line in lines if (match := _NAMED.fullmatch(line))), None)
        if named is None or self._parts > MOST_PARTS:
            raise NotEnclosed("part")
        self._name = named[1]
        if named[2] is None:
            return "field"
        self.files += 1
        self.file_name = named[3]
        if self.files > 1:
            raise NotEnclosed("files")
        return "file"

    def _body(self, found: list[bytes]) -> bool:
        end = self._held.find(self._mark)
        if self._state == "field":
            if end < 0 and len(self._held) < LONGEST_FIELD + len(self._mark):
                return False
            if end < 0 or end > LONGEST_FIELD or self._name in self.fields:
                raise NotEnclosed("field")
            self.fields[self._name] = _text(self._held[:end])
        else:
            # What may be the beginning of a boundary waits for its rest.
            cut = end if end >= 0 else max(0, len(self._held) - len(self._mark) + 1)
            found.append(self._held[:cut])
            if end < 0:
                self._held = self._held[cut:]
                return False
        self._go("between", end + len(self._mark))
        return True

    def _go(self, state: _State, taken: int) -> None:
        self._state = state
        self._held = self._held[taken:]


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise NotEnclosed("text") from None
    if any((ord(one) < 0x20 and one not in "\n\t") or 0x7F <= ord(one) < 0xA0 for one in text):
        raise NotEnclosed("text")
    return text
