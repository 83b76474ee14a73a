"""Keeps what the hub countersigned: a line each in a file of the process's own, proof of what the district held."""

import os
from pathlib import Path
from typing import Final

import msgspec

from edge.district.api import Countersignature
from edge.district.api import Countersigned as Answer

NAME: Final = "countersigned.ndjson"
_encode: Final = msgspec.json.Encoder().encode


class _Kept(msgspec.Struct):
    epoch: str
    seq: int


class Countersigned:
    """The file, and by epoch the number of the last one in it."""

    def __init__(self, folder: Path) -> None:
        """Reads what there is; a line that was cut short by a power cut is passed over. Raises OSError."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / NAME
        self._last: dict[str, int] = {}
        if self._path.exists():
            with self._path.open("rb") as file:
                for text in file:
                    try:
                        one = msgspec.json.decode(text, type=_Kept)
                    except msgspec.MsgspecError:
                        continue
                    self._last[one.epoch] = max(one.seq, self._last.get(one.epoch, 0))

    def last_of(self, epoch: str) -> int:
        """The number of the last checkpoint of it that was countersigned; 0: none."""
        return self._last.get(epoch, 0)

    def keep(self, answer: Answer) -> None:
        """To disk, before it counts. Raises OSError."""
        lines: list[Countersignature] = list(answer.countersigned)
        if not lines:
            return
        # One that was cut short by a power cut has no end of its own.
        text = b"\n" + b"".join(
            _encode({**msgspec.to_builtins(one), "pem": answer.pem}) + b"\n" for one in lines
        )
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, text)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        for one in lines:
            self._last[one.epoch] = max(one.seq, self.last_of(one.epoch))
