"""Cameras: their standing, the campus's blind spots, and whose pictures an incident keeps. Nothing here is near a press."""

from collections.abc import Iterable, Iterator
from typing import Final

from rules import camera_selves
from rules.camera_selves import CAMERAS
from rules.decision import RequestAnswer
from rules.holding import zones_of
from rules.model.camera_events import (
    CameraLooked,
    CamerasTurned,
    CameraTold,
    EvidenceGone,
    EvidenceTold,
    LearnAsked,
)
from rules.model.camera_facts import (
    BlindCode,
    CameraAudioTurned,
    CameraLearned,
    CameraPictureTurned,
    CamerasAsked,
    CamerasFoundBlind,
    CamerasWatched,
    CameraTurned,
    CameraViewed,
    EvidenceBegun,
    EvidenceDeleted,
    EvidenceEnded,
)
from rules.model.facts import Because, RequestRefused
from rules.model.ids import CameraId, ZoneId
from rules.model.moments import SECOND_US, Instant
from rules.plan import Plan
from rules.state import CameraLive, CameraMemory, CameraSelf, Incident, State
from rules.step import DAEMON, Step

UNWATCHED_AFTER_US: Final = 5 * SECOND_US
"""It is started again within a second: only one that stays away is a shortcoming."""
KEPT_KINDS: Final = frozenset({"real", "drill"})
"""An exercise is screens and record only (contract section 1)."""


def told(step: Step, event: CameraTold) -> None:
    """A camera's standing; what turned enters the record."""
    if event.camera not in step.plan.cameras:
        return
    before, blind_before = step.live.cameras.get(event.camera), _blind(step.state, event.camera)
    # Of its last picture nothing is said while none comes.
    picture = event.picture if event.up else "unknown"
    turned = before is None or before.up != event.up
    since = step.at if turned or before is None else before.since
    judged = step.at if before is None or before.picture != picture else before.judged
    now = CameraLive(event.up, since, event.code, picture, event.engine, event.engine_code, judged)
    step.change(cameras={**step.live.cameras, event.camera: now})
    blind_now = _blind(step.state, event.camera)
    if blind_before is None and blind_now is not None:
        _found(step, ((event.camera, blind_now),), event.since)
    # After a start each camera says how it is: news is only what the record does not say yet.
    written = step.record.cameras.get(event.camera, CameraMemory())
    if written.down == event.up or (
        before is not None and (before.code, before.engine) != (now.code, now.engine)
    ):
        fact = CameraTurned(event.camera, event.up, event.code, event.engine, event.engine_code, event.detail)
        step.write(fact, event.camera, actor=CAMERAS)
    if picture not in ("unknown", written.picture):
        step.write(CameraPictureTurned(event.camera, picture), event.camera, actor=CAMERAS)


def turned(step: Step, event: CamerasTurned) -> None:
    """The camera process came or went: with it went all that was known of pictures."""
    before = step.live.cameras_up
    if before is event.up:
        # Another life that ended before its first word: it is away since the first of them.
        return
    seen = tuple(one for one in step.plan.cameras if _blind(step.state, one) is None)
    step.change(cameras_up=event.up, cameras_since=step.at)
    if not event.up:
        _found(step, tuple((one, "unwatched") for one in seen), event.since)
        step.change(cameras={}, learning={})
        # A serial number is no standing: by it an exchanged camera is known.
        selves = {
            one: CameraSelf(serial=its.serial, written=its.written)
            for one, its in step.live.camera_selves.items()
        }
        step.change(cameras={}, camera_selves=selves)
    if before is not None or not event.up:
        step.write(CamerasWatched(event.up, event.code), step.plan.campus, actor=DAEMON)


def _found(step: Step, blind: tuple[tuple[CameraId, BlindCode], ...], since: Instant | None) -> None:
    """Say for each incident which cameras turn out to have been blind already at its press, though its list is without them.

    A camera that falls silent, a process that hangs, a lens that is covered: each is known only behind a limit.
    """
    if since is None:
        return
    for incident in tuple(step.record.incidents.values()):
        listed, opened = step.record.blind.get(incident.id), incident.opened
        # By both clocks: the one starts anew with the box, the other may be set.
        if listed is None or since.utc_us > opened.utc_us or since.mono_us > opened.mono_us:
            continue
        known = {camera for camera, _ in listed} | {
            one for one, *_ in step.record.blind_found.get(incident.id, ())
        }
        found = tuple(one for one in blind if one[0] not in known)
        if found:
            step.write(CamerasFoundBlind(found, since.utc_us), incident.id, incident=incident.id)


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
    fact = CameraViewed(event.camera, event.how)
    step.write(fact, event.camera, actor=event.actor, incident=event.incident)


def learn(step: Step, event: LearnAsked) -> None:
    """What a camera sees from now on is right: asked of the camera process, where it is there and the picture comes.

    Of a picture that does not come nothing could be learned, and the wish would be forgotten with the process.
    """
    its = step.live.cameras.get(event.camera)
    code = ""
    if event.camera not in step.plan.cameras:
        code = "unknown_camera"
    elif not step.live.cameras_up:
        code = "cameras_away"
    elif its is None or not its.up:
        code = "camera_lost"
    if code:
        step.write(RequestRefused("learn", code), step.plan.campus, actor=event.actor)
        step.answer(RequestAnswer(event.request, False, code, (("camera", event.camera),)))
        return
    step.write(CameraLearned(event.camera), event.camera, actor=event.actor, because=Because("asked"))
    step.change(learning={**step.live.learning, event.camera: step.at})
    step.answer(RequestAnswer(event.request, True, "done"))


def sweep(step: Step) -> None:
    """Say for each incident whose pictures are kept and where nobody could see, as soon as a tick follows its press.

    Behind the press and not in it, so that no press costs more for a campus with more cameras.
    """
    _sounds(step)
    if not step.live.cameras.keys() <= step.plan.cameras.keys():
        # One that is configured again is not believed by what was seen before.
        known = {name: its for name, its in step.live.cameras.items() if name in step.plan.cameras}
        step.change(cameras=known)
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


def _sounds(step: Step) -> None:
    """Say whose sound is kept from now on, or no longer, where the configuration is another than what was recorded."""
    for camera in step.plan.cameras.values():
        sound, written = camera.sound, step.record.cameras.get(camera.id)
        if sound is None:
            continue
        known = step.live.sounds.get(camera.id)
        if known == sound:
            continue
        step.change(sounds={**step.live.sounds, camera.id: sound})
        # Over a restart the date alone is known: names and grounds are sealed, and may be erased.
        if known is not None or written is None or written.sound != sound.date:
            fact = CameraAudioTurned(camera.id, True, sound.date, sound.by, sound.note)
            step.write(fact, camera.id, actor=DAEMON)
    for name, memory in step.record.cameras.items():
        its = step.plan.cameras.get(name)
        if memory.sound and (its is None or its.sound is None):
            step.change(sounds={one: kept for one, kept in step.live.sounds.items() if one != name})
            step.write(CameraAudioTurned(name, False, "", "", ""), name, actor=DAEMON)


def of_incident(plan: Plan, state: State, incident: Incident) -> tuple[CameraId, ...]:
    """The cameras of an incident's zones, and of the doors there, in the plan's order."""
    return of_zones(plan, zones_of(state.record, incident))


def of_zones(plan: Plan, zones: Iterable[ZoneId]) -> tuple[CameraId, ...]:
    """The cameras of these zones and all below, and of the doors there, in the plan's order."""
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
        if its is None or (its.up and its.picture == "unknown"):
            # Whoever has not looked yet has seen no end of it.
            for code in PICTURE_FLAGS:
                if (code, str(camera.id)) in state.record.flags:
                    yield (code, camera.id), ()
        elif its.up and its.picture != "ok":
            yield (f"camera_{its.picture}", camera.id), ()
        yield from camera_selves.flags(camera.id, state)


PICTURE_FLAGS: Final = frozenset({"camera_frozen", "camera_black", "camera_covered", "camera_turned"})
FLAGS: Final = PICTURE_FLAGS | {"camera_offline"}
