"""Cameras: their standing, the campus's blind spots, and whose pictures an incident keeps. Nothing here is near a press."""

from collections.abc import Iterator
from typing import Final

from rules import camera_selves
from rules.camera_selves import CAMERAS
from rules.model.camera_events import CameraLooked, CamerasTurned, CameraTold, EvidenceGone, EvidenceTold
from rules.model.camera_facts import (
    BlindCode,
    CameraPictureTurned,
    CamerasAsked,
    CamerasWatched,
    CameraTurned,
    CameraViewed,
    EvidenceBegun,
    EvidenceDeleted,
    EvidenceEnded,
)
from rules.model.ids import CameraId, ZoneId
from rules.model.moments import SECOND_US
from rules.plan import Plan
from rules.state import CameraLive, CameraSelf, Incident, State
from rules.step import DAEMON, Step

UNWATCHED_AFTER_US: Final = 5 * SECOND_US
"""It is started again within a second: only one that stays away is a shortcoming."""
KEPT_KINDS: Final = frozenset({"real", "drill"})
"""An exercise is screens and record only (contract section 1)."""


def told(step: Step, event: CameraTold) -> None:
    """A camera's standing; what turned enters the record."""
    if event.camera not in step.plan.cameras:
        return
    before = step.live.cameras.get(event.camera)
    # Of its last picture nothing is said while none comes.
    picture = event.picture if event.up else "unknown"
    turned = before is None or before.up != event.up
    since = step.at if turned or before is None else before.since
    now = CameraLive(event.up, since, event.code, picture, event.engine, event.engine_code)
    step.change(cameras={**step.live.cameras, event.camera: now})
    # After a start each camera says that it is up: no news, unless it was down, or is now.
    if (turned and not (before is None and event.up)) or (
        before is not None and (before.code, before.engine) != (now.code, now.engine)
    ):
        fact = CameraTurned(event.camera, event.up, event.code, event.engine, event.engine_code, event.detail)
        step.write(fact, event.camera, actor=CAMERAS)
    known = "unknown" if before is None else before.picture
    if picture != known and not (known == "unknown" and picture == "ok") and event.up:
        step.write(CameraPictureTurned(event.camera, picture), event.camera, actor=CAMERAS)


def turned(step: Step, event: CamerasTurned) -> None:
    """The camera process came or went: with it went all that was known of pictures."""
    before = step.live.cameras_up
    step.change(cameras_up=event.up, cameras_since=step.at)
    if not event.up:
        # A serial number is no standing: by it an exchanged camera is known.
        selves = {
            one: CameraSelf(serial=its.serial, written=its.written)
            for one, its in step.live.camera_selves.items()
        }
        step.change(cameras={}, camera_selves=selves)
    if before is not None or not event.up:
        step.write(CamerasWatched(event.up, event.code), step.plan.campus, actor=DAEMON)


def evidence(step: Step, event: EvidenceTold) -> None:
    """A file of pictures is being written, or is whole."""
    if event.end is None:
        begun = EvidenceBegun(event.camera, event.name)
        step.write(begun, event.camera, actor=CAMERAS, incident=event.incident)
        return
    ended = EvidenceEnded(
        event.camera,
        event.name,
        event.end,
        event.code,
        event.sha256,
        event.size,
        event.first_us,
        event.last_us,
        event.error_us,
        event.pictures,
        event.missing,
        event.dropped,
    )
    step.write(ended, event.camera, actor=CAMERAS, incident=event.incident)


def gone(step: Step, event: EvidenceGone) -> None:
    """Retention deleted a file: the record of it stays."""
    fact = EvidenceDeleted(event.name, event.sha256, event.code)
    step.write(fact, step.plan.campus, actor=CAMERAS, incident=event.incident)


def looked(step: Step, event: CameraLooked) -> None:
    """A person looked."""
    step.write(CameraViewed(event.camera, event.how), event.camera, actor=event.actor)


def sweep(step: Step) -> None:
    """Say for each incident whose pictures are kept and where nobody could see, as soon as a tick follows its press.

    Behind the press and not in it, so that no press costs more for a campus with more cameras.
    """
    if not step.plan.cameras:
        return
    for incident in tuple(step.record.incidents.values()):
        if incident.kind not in KEPT_KINDS:
            continue
        wanted = of_incident(step.plan, step.state, incident)
        kept = step.record.keeping.get(incident.id)
        if kept is not None and kept.issuperset(wanted):
            continue
        fact = CamerasAsked(
            tuple(one for one in wanted if not kept or one not in kept), blind(step.plan, step.state)
        )
        step.write(fact, incident.id, incident=incident.id)


def of_incident(plan: Plan, state: State, incident: Incident) -> tuple[CameraId, ...]:
    """The cameras of an incident's zones, and of the doors there, in the plan's order."""
    zones = {zone for zone, own in state.record.zones.items() if own.incident == incident.id} | {
        incident.zone
    }
    within: frozenset[ZoneId] = frozenset().union(
        *(plan.zones[zone].within for zone in zones if zone in plan.zones)
    )
    return tuple(
        camera.id
        for camera in plan.cameras.values()
        if camera.zone in within
        or any(plan.doors[door].zone in within for door in camera.doors if door in plan.doors)
    )


def blind(plan: Plan, state: State) -> tuple[tuple[CameraId, BlindCode], ...]:
    """Every camera that nobody can rely on now, and why."""
    return tuple((camera, code) for camera in plan.cameras if (code := _blind(state, camera)) is not None)


def _blind(state: State, camera: CameraId) -> BlindCode | None:
    live = state.live
    if not live.cameras_up:
        return "unwatched"
    its = live.cameras.get(camera)
    if its is None:
        return "never"
    if not its.up:
        return "lost"
    return None if its.picture == "ok" or its.picture == "unknown" else its.picture


def flags(plan: Plan, state: State) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    """Cameras offline beyond their limit, blind ones, and a camera process that stays away."""
    live, now = state.live, state.live.now
    if not plan.cameras:
        return
    if not live.cameras_up:
        since = live.cameras_since or live.started
        if now.since(since) >= UNWATCHED_AFTER_US:
            yield ("cameras_unwatched", str(plan.campus)), ()
        # What was flagged of a camera before it went stands: nobody looked meanwhile.
        for key, flag in state.record.flags.items():
            if (key[0] in FLAGS or key[0] in camera_selves.FLAGS) and CameraId(key[1]) in plan.cameras:
                yield key, flag.args
        return
    for camera in plan.cameras.values():
        its = live.cameras.get(camera.id)
        since = (live.cameras_since or live.started) if its is None else its.since
        raised = ("camera_offline", str(camera.id)) in state.record.flags
        if (its is None or not its.up) and (raised or now.since(since) >= camera.offline_after_us):
            yield ("camera_offline", camera.id), ("never" if its is None else its.code,)
        if its is not None and its.up and its.picture not in ("ok", "unknown"):
            yield (f"camera_{its.picture}", camera.id), ()
        yield from camera_selves.flags(camera.id, state)


FLAGS: Final = frozenset(
    {"camera_offline", "camera_frozen", "camera_black", "camera_covered", "camera_turned"}
)
