"""A daemon that can be killed: hears presses, prints each as a line, makes only the first few durable.

Arguments: port, store directory, how many to acknowledge, topics of native buttons.
"""

import asyncio
import sys
from pathlib import Path

from drivers.buttons.mqtt_session import ButtonSessions
from drivers.buttons.settings import ButtonTopic, MqttConfig
from rules.model.events import Event, PressHeard, SessionChanged
from rules.model.ids import ButtonId


async def main() -> None:
    port, store, durable, *topics = sys.argv[1:]
    settings = MqttConfig("127.0.0.1", int(port), "lincoln-hs", Path(store))
    sessions = ButtonSessions(settings, [ButtonTopic(ButtonId(topic), topic, "native") for topic in topics])
    left = int(durable)

    def emit(event: Event) -> None:
        nonlocal left
        if isinstance(event, SessionChanged) and event.up:
            print(f"up {event.session}", flush=True)  # noqa: T201 - the test reads it
        if isinstance(event, PressHeard) and event.delivery is not None:
            if left > 0:
                left -= 1
                sessions.acknowledge(event.delivery)
            print(f"press {event.press_id}", flush=True)  # noqa: T201 - the test reads it

    sessions.publish("campus/state/appliance", b'{"armed": true}', retain=True)
    await sessions.run(emit)


asyncio.run(main())
