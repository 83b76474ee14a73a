"""Shelly: Gen2 and later `<id>/events/rpc`, Gen1 `shellies/<id>/input_event/<n>`. Pure.

Source: shelly-api-docs.shelly.cloud, gen2/General/Notifications and gen2/ComponentsAndServices/Input;
Gen1 reference, section MQTT ("input_event: event and event counter").
"""

from drivers.buttons import fields
from drivers.buttons.parsed import NOTHING, Parsed, Press, Status, Unreadable
from drivers.buttons.words import Words

WORDS = Words(
    gestures={
        "single_push": "single",
        "double_push": "double",
        "triple_push": "triple",
        "long_push": "hold",
        "hold_press": "hold",
    },
    edges=frozenset({"btn_down", "btn_up", "config_changed", "none", "scheduled_restart", "sleep"}),
    edge_prefixes=("ota_",),
)
WORDS_GEN1 = Words(gestures={"s": "single", "ss": "double", "sss": "triple", "l": "hold"}, edges=frozenset())
_BUTTON_COMPONENTS = ("input:", "bthomesensor:")
"""Where a word we do not know is taken for a press; elsewhere (`sys`, `wifi`) only known ones are."""
_MOST_PRESSES = 64
"""Of one frame: a device of eight inputs that tells all it has queued. The rest is told as refused, never in silence."""


def parse(payload: bytes) -> Parsed:
    """Presses of a NotifyEvent (there may be several), the battery of a NotifyStatus, or one Gen1 event.

    Raises `Unreadable`.
    """
    if not payload:
        return NOTHING
    message = fields.json_object(payload)
    match message.get("method"):
        case "NotifyEvent":
            return _events(fields.mapping(message.get("params")))
        case "NotifyStatus" | "NotifyFullStatus":
            return Parsed(status=_status(message.get("params")))
        case None:
            return _gen1(message.get("event"), message.get("event_cnt"))
        case _:
            raise Unreadable("method_unknown")


def _events(params: object) -> Parsed:
    events = fields.mapping(params).get("events")
    if not isinstance(events, list):
        raise Unreadable("events_missing")
    presses: list[Press] = []
    unreadable = False
    for event in events:
        entry = fields.mapping(event)
        word = entry.get("event")
        if not isinstance(word, str):
            unreadable = True
            continue
        component = str(entry.get("component", "input:"))
        gesture = WORDS.gesture(word)
        if gesture is None or (word not in WORDS.gestures and not component.startswith(_BUTTON_COMPONENTS)):
            continue
        at = fields.unix_seconds(entry.get("ts"))
        presses.append(
            Press(gesture, device_at_us=at or fields.unix_seconds(fields.mapping(params).get("ts")))
        )
    # One bad entry must not take the presses beside it away.
    if unreadable and not presses:
        raise Unreadable("event_unreadable")
    # Equal ones, at the same instant, are one however often the frame says so.
    different = tuple(dict.fromkeys(presses))
    more = "too_many_presses" if len(different) > _MOST_PRESSES else None
    return Parsed(presses=different[:_MOST_PRESSES], refused=more)


def _status(params: object) -> Status:
    report = fields.mapping(params)
    level: int | None = None
    for key, value in report.items():
        power = fields.mapping(value).get("battery")
        if key.startswith("devicepower:"):
            level = fields.battery(fields.mapping(power).get("percent"))
        elif key.startswith("bthomedevice:") and level is None:
            level = fields.battery(power)
    return Status(battery=level, device_at_us=fields.unix_seconds(report.get("ts")))


def _gen1(event: object, count: object) -> Parsed:
    if not isinstance(event, str):
        raise Unreadable("event_missing")
    gesture = WORDS_GEN1.gesture(event)
    # Gen1 firmware sends the last event again every 30 s; `event_cnt` alone tells a new one from it.
    return NOTHING if gesture is None else Parsed(presses=(Press(gesture, counter=fields.counter(count)),))
