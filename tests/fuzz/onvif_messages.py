"""What comes from the ONVIF process, and through the camera process to the daemon: the record never holds more than it may."""

import re
from dataclasses import replace
from typing import Final

from drivers.lines import Unreadable, line
from edge.codec import Made, row
from edge.journal.canonical import canonical
from edge.media import messages as media
from edge.media import onvif_messages
from edge.media.messages import Beat, Notice, Visited
from edge.media.onvif_messages import AskedCamera, Look
from rules.decide import decide
from rules.model.camera_events import CameraSaid, CameraVisited
from rules.model.camera_facts import CameraIdentified, CameraNoticed
from rules.model.ids import CameraId
from rules.model.moments import Instant
from rules.plan import CameraPlan
from tests.rules.campus import A1
from tests.rules.story import Story
from tests.rules.test_cameras import watched

_LARGEST: Final = 2**53
_ASSET: Final = re.compile(r"[A-Za-z0-9 ._-]{0,64}")
_story: list[Story] = []


def messages(data: bytes) -> None:
    """Any bytes as a message, either way: the same again when it is said again, or a refusal that repeats nothing."""
    try:
        look = onvif_messages.down(data)
        assert onvif_messages.down(line(look)) == look
    except Unreadable as refused:
        assert len(str(refused)) < 64
    try:
        message = onvif_messages.up(data)
    except Unreadable:
        return
    assert onvif_messages.up(line(message)) == message
    # The daemon understands all that the camera process does.
    assert media.up(line(message)) == message
    if not isinstance(message, Beat):
        _recorded(message)


def _recorded(message: Visited | Notice) -> None:
    """What the rules write of it can be canonical JSON, and is no longer than it may be."""
    camera, at = CameraId(message.camera), Instant(1_790_000_000_000_000, 1_000_000)
    if not _story:
        _story.append(Story(watched()))
    story = _story[0]
    plan = replace(story.plan, cameras={camera: CameraPlan(camera, "Cam", A1, (), 60_000_000)})
    if isinstance(message, Notice):
        event: CameraSaid | CameraVisited = CameraSaid(
            at, camera, message.what, message.active, message.source
        )
    else:
        event = CameraVisited(
            at,
            camera,
            message.code,
            message.manufacturer,
            message.model,
            message.firmware,
            message.hardware,
            message.serial,
            message.skew_us,
            message.streams,
            message.words,
        )
    for entry in decide(plan, story.state, event).entries:
        assert isinstance(entry.fact, CameraIdentified | CameraNoticed)
        made = row(entry, at, Made("pack", "code"))
        assert len(canonical(made.data)) < 1_024
        assert set(made.sealed) <= {"serial", "source", "words"}
        assert {"serial", "source", "words"}.isdisjoint(made.data)
        if isinstance(entry.fact, CameraIdentified):
            its = entry.fact
            for text in (its.manufacturer, its.model, its.firmware, its.hardware):
                assert _ASSET.fullmatch(text)
    if isinstance(event, CameraVisited):
        assert event.skew_us is None or abs(event.skew_us) <= _LARGEST


def messages_seeds() -> list[bytes]:
    """What is really said."""
    said = (
        Look((AskedCamera("cam", "rtsp://10.0.0.1/s", "", "admin", "secret"),), 3_702),
        Beat(),
        Visited("cam", "", "Axis", "M3085-V", "11.2.61", "7F1", "ACCC8E01", -90_000_000, streams=True),
        Visited("cam", "unauthorized"),
        Notice("cam", "tamper", active=True),
        Notice("cam", "input", active=False, source="InputToken=1"),
    )
    return [line(one).rstrip(b"\n") for one in said]
