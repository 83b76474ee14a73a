"""What cameras say of themselves by ONVIF: what they are, that somebody tampers with them, what time they have.

Foreign words, bounded here a second time: a camera can fill neither the record nor the live picture.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from rules.model.camera_events import CameraClockTold, CameraSaid, CameraVisited
from rules.model.camera_facts import CameraIdentified, CameraNoticed
from rules.model.ids import Actor, CameraId, IncidentId
from rules.model.moments import MINUTE_US, SECOND_US
from rules.state import CameraSelf, State
from rules.step import Step

CAMERAS: Final = Actor("cameras")
"""The camera process, as who did it."""
WRITTEN_MOST: Final = 30
"""Facts of one camera's own words in a minute. More is a camera gone mad: its flags go on, its notices are dropped."""
INPUTS_MOST: Final = 32
"""Of a camera; what more it names is not remembered, and never written."""
CLOCK_US: Final = 5 * SECOND_US
CLOCK_OVER_US: Final = 4 * SECOND_US
"""A clock is wrong beyond the one and right again below the other, so that none flutters."""
TAMPER_RESTS_US: Final = 10 * SECOND_US
"""So long after its end tampering is over: a camera that says it twice a second is one flag."""
FLAGS: Final = frozenset({"camera_tampered", "camera_clock"})


def visited(step: Step, event: CameraVisited) -> None:
    """A visit: what the camera is enters the record where it is another; where it was not reached, all stays as it was."""
    if event.camera not in step.plan.cameras:
        return
    its = _its(step, event.camera)
    if event.code == "off":
        # Its operator said that nothing is believed of it; what its stream is stamped with is no matter of ONVIF.
        off = CameraSelf(
            "off", its.serial, stream_skew_us=its.stream_skew_us, tampered=False, written=its.written
        )
        _set(step, event.camera, off)
        return
    if event.code:
        _set(step, event.camera, replace(its, code=event.code))
        return
    _set(step, event.camera, replace(its, code="", streams=event.streams, skew_us=event.skew_us))
    known = step.record.assets.get(event.camera)
    now = (event.manufacturer, event.model, event.firmware, event.hardware)
    same = known is not None and (known.manufacturer, known.model, known.firmware, known.hardware) == now
    # The record holds no serial number: in each run it is written once, or one exchanged meanwhile would not be known.
    if same and its.serial == event.serial:
        return
    if _may_write(step, event.camera):
        _set(step, event.camera, replace(_its(step, event.camera), serial=event.serial))
        fact = CameraIdentified(event.camera, *now, event.serial, event.words)
        step.write(fact, event.camera, actor=CAMERAS)


def said(step: Step, event: CameraSaid) -> None:
    """A notice. Motion enters the record only of a camera whose pictures are kept: it is of use nowhere else."""
    if event.camera not in step.plan.cameras:
        return
    its = _its(step, event.camera)
    key = (event.what, event.source)
    turned = event.active != (key in its.active)
    if event.active and turned and len(its.active) >= INPUTS_MOST:
        return
    active = its.active | {key} if event.active else its.active - {key}
    now = replace(its, active=active)
    if event.what == "tamper":
        over = step.at if its.tampered and not event.active else its.tamper_over
        now = replace(now, tampered=event.active, tamper_over=over)
    _set(step, event.camera, now)
    incident = _kept_for(step, event.camera)
    if turned and (event.what != "motion" or incident is not None) and _may_write(step, event.camera):
        fact = CameraNoticed(event.camera, event.what, event.active, event.source)
        step.write(fact, event.camera, actor=CAMERAS, incident=incident)


def clock_told(step: Step, event: CameraClockTold) -> None:
    """What time the camera stamps its stream with."""
    if event.camera in step.plan.cameras:
        _set(step, event.camera, replace(_its(step, event.camera), stream_skew_us=event.skew_us))


def flags(camera: CameraId, state: State) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    """Tampering until it is over, and a wrong clock. What is not known now stands as it was flagged."""
    its = state.live.camera_selves.get(camera, _NOTHING)
    raised = state.record.flags.get(("camera_tampered", camera))
    rests = its.tamper_over is not None and state.live.now.since(its.tamper_over) < TAMPER_RESTS_US
    if its.tampered or (raised is not None and (its.tampered is None or rests)):
        yield ("camera_tampered", camera), ()
    clock = state.record.flags.get(("camera_clock", camera))
    skews = [one for one in (its.skew_us, its.stream_skew_us) if one is not None]
    if not skews:
        if clock is not None and its.code != "off":
            yield ("camera_clock", camera), clock.args
        return
    worst_us = max(skews, key=abs)
    if abs(worst_us) > (CLOCK_US if clock is None else CLOCK_OVER_US):
        way = "ahead" if worst_us > 0 else "behind"
        yield ("camera_clock", camera), (str(abs(worst_us) // SECOND_US), way)


_NOTHING: Final = CameraSelf()


def _its(step: Step, camera: CameraId) -> CameraSelf:
    return step.live.camera_selves.get(camera, _NOTHING)


def _set(step: Step, camera: CameraId, now: CameraSelf) -> None:
    step.change(camera_selves={**step.live.camera_selves, camera: now})


def _kept_for(step: Step, camera: CameraId) -> IncidentId | None:
    return next((incident for incident, kept in step.record.keeping.items() if camera in kept), None)


def _may_write(step: Step, camera: CameraId) -> bool:
    its = _its(step, camera)
    minute = step.at.mono_us // MINUTE_US
    count = its.written[1] + 1 if its.written[0] == minute else 1
    if count > WRITTEN_MOST:
        return False
    _set(step, camera, replace(its, written=(minute, count)))
    return True
