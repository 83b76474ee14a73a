"""When a Modbus controller is asked what it is, and what its answer means. Asked seldom, and never on a press's way.

Once it has answered for a while, and then daily; never while a response is live. One that gives no answer is not asked
again before it was away and is back, or a day has passed. Source: MODBUS Application Protocol V1.1b3, 6.21.
"""

import math
import time
from collections.abc import Awaitable, Callable
from typing import Final

from drivers.clock import instant
from drivers.doors.modbus_pdu import Identify, Identity, Refusal
from drivers.doors.modbus_reading import INTERRUPTED, NOT_SENT, Answer, Nothing
from drivers.doors.words import code_of, words_of
from rules.model.device_facts import ControllerIdentified, IdentityCode
from rules.model.ids import ControllerId

SETTLED_S: Final = 3.0
"""How long it answers before it is asked: evidence first."""
EVERY_S: Final = 24 * 3_600.0
ANSWER_S: Final = 0.25
"""Patience with an answer. A board that takes longer is busy with what it does not know."""
_MOST_REQUESTS: Final = 4
"""Three basic objects may come one at a time."""

Quiet = Callable[[], bool]
"""Whether no response is live, and no press on its way."""


def always() -> bool:
    """Of a bench, where no response is ever live."""
    return True


class Asking:
    """The timetable of one controller. wanted: whether its family answers at all, as far as is known."""

    def __init__(self, controller: ControllerId, wanted: bool, quiet: Quiet) -> None:
        self._controller = controller
        self._quiet = quiet
        self._wanted = wanted
        self._due_s = math.inf

    def answers(self, up: bool) -> None:
        """It answers from now on, or no longer."""
        self._due_s = time.monotonic() + SETTLED_S if up and self._wanted else math.inf

    def due(self) -> bool:
        """Whether to ask now."""
        return time.monotonic() >= self._due_s and self._quiet()

    async def ask(self, asked: Callable[[Identify], Awaitable[Answer]]) -> ControllerIdentified | None:
        """Ask; None where the question did not leave."""
        self._due_s = time.monotonic() + EVERY_S
        objects: dict[int, bytes] = {}
        following: int | None = 0
        for _ in range(_MOST_REQUESTS):
            answer = await asked(Identify(following or 0))
            if isinstance(answer, Refusal):
                return self._told(objects) if objects else self._without("cannot_tell")
            if isinstance(answer, Nothing) and answer.code in (NOT_SENT, INTERRUPTED):
                self._due_s = time.monotonic() + SETTLED_S
                return None
            if not isinstance(answer, Identity):
                # Nothing, nonsense, or the connection gone: once is enough, or it would be lost again and again.
                return self._without("silent")
            objects.update(answer.objects)
            following = answer.following
            if following is None:
                break
        return self._told(objects)

    def _told(self, objects: dict[int, bytes]) -> ControllerIdentified:
        texts = [objects.get(number, b"") for number in range(3)]
        vendor, model, firmware = map(code_of, texts)
        said = words_of(b" | ".join(texts))
        return ControllerIdentified(
            instant(), self._controller, "modbus", "", vendor, model, firmware, said=said
        )

    def _without(self, code: IdentityCode) -> ControllerIdentified:
        return ControllerIdentified(instant(), self._controller, "modbus", code)
