"""Cameras as the live picture tells of them."""

from typing import Any

from edge.journal.stored import rfc3339
from rules.cameras import blind
from rules.model.ids import CameraId
from rules.plan import Plan
from rules.state import CameraSelf, State

Document = dict[str, Any]


def cameras(plan: Plan, state: State) -> list[Document]:
    """Whether each can be relied on to see, never what it sees, nor for which incident it is kept."""
    blind_now = dict(blind(plan, state))
    found = []
    for camera in plan.cameras.values():
        live = state.live.cameras.get(camera.id)
        found.append(
            {
                "id": camera.id,
                "name": camera.name,
                "zone": camera.zone,
                "doors": list(camera.doors),
                "up": live is not None and live.up and bool(state.live.cameras_up),
                "since": rfc3339(live.since.utc_us) if live else None,
                "code": live.code if live else "",
                "picture": live.picture if live else "unknown",
                "engine": live.engine if live else "",
                "engine_code": live.engine_code if live else "",
                "blind": blind_now.get(camera.id, ""),
            }
        )
    return found


def camera_self(state: State, camera: CameraId) -> Document:
    """What a camera says of itself: `identity` by the record, without its serial number, and `onvif` by the live picture."""
    asset = state.record.assets.get(camera)
    its = state.live.camera_selves.get(camera, CameraSelf())
    return {
        "identity": None
        if asset is None
        else {
            "manufacturer": asset.manufacturer,
            "model": asset.model,
            "firmware": asset.firmware,
            "hardware": asset.hardware,
            "since": rfc3339(asset.since.utc_us),
        },
        "onvif": {
            "code": "unknown" if its.code is None else its.code or "ok",
            "streams": its.streams,
            "tampered": its.tampered,
            "clock_ms": None if its.skew_us is None else its.skew_us / 1_000,
        },
    }
