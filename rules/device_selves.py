"""What controllers say they are. Foreign words, bounded here a second time: a device fills neither record nor picture."""

import re
from dataclasses import replace
from typing import Final

from rules.model.device_facts import ControllerIdentified, DeviceIdentified
from rules.model.ids import Actor
from rules.model.moments import MINUTE_US
from rules.state import DeviceSelf
from rules.step import Step

CODE: Final = re.compile(r"[A-Za-z0-9 ._-]{0,64}", re.ASCII)
WORDS_MOST: Final = 300
WRITTEN_MOST: Final = 3
"""Facts of one controller in a minute. More is a device gone mad, or two of one address."""


def identified(step: Step, event: ControllerIdentified) -> None:
    """It enters the record where it is another than before. One that does not answer now is what it last said it is."""
    if event.controller not in step.plan.controllers:
        return
    codes = (event.vendor, event.model, event.firmware)
    if not all(CODE.fullmatch(one) for one in codes) or len(event.said) + len(event.serial) > WORDS_MOST:
        return
    its = step.live.device_selves.get(event.controller, DeviceSelf())
    known = step.record.devices.get(event.controller)
    if event.code and known is not None and (known.code in ("", event.code)):
        return
    same = known is not None and (known.code, known.vendor, known.model, known.firmware) == (
        event.code,
        *codes,
    )
    minute = step.at.mono_us // MINUTE_US
    count = its.written[1] + 1 if its.written[0] == minute else 1
    # The record holds no serial number: in each run it is written once, or one exchanged meanwhile would not be known.
    unchanged = same and its.serial == event.serial
    if not unchanged and count <= WRITTEN_MOST:
        fact = DeviceIdentified(event.controller, event.way, event.code, *codes, event.serial, event.said)
        step.write(fact, event.controller, actor=Actor(f"device:{event.controller}"))
        its = replace(its, written=(minute, count))
    elif not unchanged:
        return
    its = replace(its, serial=event.serial)
    step.change(device_selves={**step.live.device_selves, event.controller: its})
