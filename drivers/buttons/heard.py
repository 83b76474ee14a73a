"""A message as it came, and the events it becomes. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from drivers.buttons.formats import Channel, parse
from drivers.buttons.settings import ButtonTopic
from rules.model.events import ButtonEvent, MessageRefused, PressHeard, StatusHeard
from rules.model.ids import DeliveryId, PressId
from rules.model.moments import Instant
from rules.model.values import dataclass

KEPT_BYTES = 1024
"""As much of a message that cannot be read is handed on."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One MQTT message. mid: its packet id, to acknowledge it with where qos is 1."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    mid: int


def events(
    buttons: Sequence[ButtonTopic], channel: Channel, message: Arrived, at: Instant, waited_us: int | None
) -> list[ButtonEvent]:
    """What the message says, for every button that declares its topic; presses before anything else."""
    kept = message.payload[:KEPT_BYTES]
    if not buttons:
        return [MessageRefused(at, None, "unknown_topic", message.topic, kept, None)]
    heard: list[ButtonEvent] = []
    reports: list[ButtonEvent] = []
    for button in buttons:
        parsed = parse(button.format, channel, message.topic, message.payload)
        for press in parsed.presses:
            heard.append(
                PressHeard(
                    at=at,
                    button=button.button,
                    gesture=press.gesture,
                    press_id=None if press.press_id is None else PressId(press.press_id),
                    counter=press.counter,
                    device_at_us=press.device_at_us,
                    waited_at_most_us=waited_us,
                    retained=message.retain,
                    path="mqtt",
                    delivery=None,
                )
            )
        if parsed.refused is not None:
            heard.append(MessageRefused(at, button.button, parsed.refused, message.topic, kept, None))
        if (status := parsed.status) is not None:
            reports.append(
                StatusHeard(
                    at, button.button, status.battery, status.online, status.device_at_us, message.retain
                )
            )
    return heard + reports


def lasts(event: ButtonEvent) -> bool:
    """Whether the broker keeps the message until this is durable: a press, also one that cannot be read."""
    return isinstance(event, PressHeard | MessageRefused)


def with_delivery(event: ButtonEvent, delivery: DeliveryId) -> ButtonEvent:
    """The event with what it is to be acknowledged by."""
    return replace(event, delivery=delivery) if isinstance(event, PressHeard | MessageRefused) else event
