"""Speech files, read and encoded by a thread of their own: who sends packets waits for no disk and no encoder."""

import queue
import threading
from itertools import count
from pathlib import Path
from typing import Final, Literal

from drivers.outputs.codecs import CODECS, packets
from drivers.outputs.paging_messages import CodecName
from drivers.outputs.sound import SPEECH_HZ, NotSound, read_speech, resampled

MOST_BYTES: Final = 32 * 1_048_576
"""Of encoded speech: more than an hour."""

Words = tuple[bytes, ...]
_Key = tuple[str, CodecName]


class SpeechShelf:
    """Asked by one thread, filled by its own. A file that cannot be read is tried again when it is asked for again."""

    def __init__(self) -> None:
        self._words: dict[_Key, Words | None] = {}
        self._asked: queue.PriorityQueue[tuple[int, int, _Key]] = queue.PriorityQueue()
        self._order = count()
        self._bytes = 0

    def start(self) -> None:
        threading.Thread(target=self._fill, name="speech", daemon=True).start()

    def want(self, speech: str, codec: CodecName, *, now: bool) -> None:
        """Have a file's words ready. now: before all that may only come to be said."""
        if speech and not self._words.get((speech, codec)):
            self._words.pop((speech, codec), None)
            self._asked.put((not now, next(self._order), (speech, codec)))

    def words(self, speech: str, codec: CodecName) -> Words | Literal["coming"] | None:
        """The packets of a file; None: it has none that can be said."""
        return self._words.get((speech, codec), "coming") if speech else None

    def _fill(self) -> None:
        while True:
            _, _, key = self._asked.get()
            if self._words.get(key):
                continue
            words = _encoded(*key)
            self._bytes += sum(map(len, words or ()))
            self._words[key] = words
            while self._bytes > MOST_BYTES:
                oldest = next(iter(self._words))
                self._bytes -= sum(map(len, self._words.pop(oldest) or ()))


def _encoded(speech: str, codec: CodecName) -> Words | None:
    how = CODECS[codec]
    try:
        return packets(how, resampled(read_speech(Path(speech)), SPEECH_HZ, how.rate))
    except (OSError, NotSound):
        return None
