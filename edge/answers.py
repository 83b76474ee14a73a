"""Tells whoever asked what became of it: the button on its `accepted` topic, the person at the socket."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import assert_never

from edge.control.desk import Reply
from rules.decision import Answer, PressAnswer, RequestAnswer
from rules.model.ids import ButtonId, DeliveryId, RequestId

Publish = Callable[[str, bytes, bool], None]
Acknowledge = Callable[[DeliveryId], None]


class Answers:
    """Belongs to the loop's thread."""

    def __init__(self) -> None:
        self._publish: Publish = _nowhere
        self._acknowledge: Acknowledge = _nobody
        self._accepted: Mapping[ButtonId, str] = {}
        self._waiting: dict[RequestId, asyncio.Future[Reply]] = {}
        self._last = 0

    def connect(self, publish: Publish, acknowledge: Acknowledge, accepted: Mapping[ButtonId, str]) -> None:
        """Where answers go. accepted: the topic of each button that can hear."""
        self._publish, self._acknowledge, self._accepted = publish, acknowledge, accepted

    def expect(self) -> tuple[RequestId, "asyncio.Future[Reply]"]:
        """A number for a new request, and what will be told about it."""
        self._last += 1
        request = RequestId(self._last)
        waiting: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[request] = waiting
        waiting.add_done_callback(lambda _: self._waiting.pop(request, None))
        return request, waiting

    def tell(self, answer: Answer, durable: bool) -> None:
        """Once durable; or with False after the disk took nothing for 1 s, and once more when it does."""
        match answer:
            case PressAnswer():
                self._tell_button(answer, durable)
            case RequestAnswer():
                waiting = self._waiting.get(answer.request)
                if waiting is not None and not waiting.done():
                    reply = Reply(answer.done, answer.code, answer.args, answer.incident, durable)
                    waiting.set_result(reply)
            case _:
                assert_never(answer)

    def _tell_button(self, answer: PressAnswer, durable: bool) -> None:
        topic = self._accepted.get(answer.button) if answer.button is not None else None
        if answer.topic_answer and topic is not None:
            said = {
                "press_id": answer.press,
                "incident": answer.incident,
                "kind": answer.kind,
                "durable": durable,
            }
            self._publish(topic, json.dumps(said).encode(), False)
        if answer.delivery is not None:
            self._acknowledge(answer.delivery)


def _nowhere(topic: str, payload: bytes, retain: bool) -> None:
    """No broker is configured."""


def _nobody(delivery: DeliveryId) -> None:
    """No broker holds anything."""
