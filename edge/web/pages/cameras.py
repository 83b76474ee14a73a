"""Cameras: which can be relied on, what is counted of each, and where an incident could see nothing. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from edge import camera_words as words
from edge.journal.stored import rfc3339
from edge.web.pages import times
from edge.web.pages.language import _, say
from edge.web.pages.scene import Scene
from rules.cameras import KEPT_KINDS, of_incident
from rules.model.ids import CameraId, IncidentId

Document = dict[str, Any]

SHAPES: Final[Mapping[str, tuple[str, str]]] = {
    # tone, symbol: what a person must mend is a fault that is seen; the rest is not known.
    "never": ("unk", "unknown"),
    "lost": ("unk", "noanswer"),
    "unwatched": ("unk", "unconfirmed"),
    "frozen": ("unk", "stale"),
    "black": ("look", "active"),
    "covered": ("look", "active"),
    "turned": ("look", "active"),
}
AT_ONCE: Final = 6
"""Tiles of an incident that are open at first: as many as a phone shows without scrolling for long."""


def camera_row(scene: Scene, camera: Document) -> Document:
    """One row of any list of cameras. age_ms: how long it is as it is; None: never, or it is up and nothing stands."""
    blind = camera["blind"]
    if blind:
        word, says = words.BLIND[blind]
        tone, symbol = SHAPES[blind]
    else:
        judged = camera["picture"] == "ok"
        word, says = ("up", "") if judged else ("up, not judged", words.PICTURES["unknown"])
        tone, symbol = ("calm", "") if judged else ("unk", "unknown")
    since = _since(scene, camera)
    if blind == "lost" and camera["code"]:
        says = words.lost(camera["code"])
    return {
        "id": camera["id"],
        "name": camera["name"],
        "zone": scene.zone_name(camera["zone"]),
        "doors": camera["doors"],
        "blind": blind,
        "word": _(word),
        "says": _(says),
        "tone": tone,
        "symbol": symbol,
        "age_ms": scene.since_ms(since) if blind else None,
        "from": scene.full(since) if since else "",
        "old": bool(blind),
    }


def _since(scene: Scene, camera: Document) -> str | None:
    """Since when it is as it is, as far as that is known."""
    blind = camera["blind"]
    if blind == "unwatched":
        gone = scene.state.live.cameras_since
        return rfc3339(gone.utc_us) if gone else None
    flag = scene.state.record.flags.get((f"camera_{blind}", camera["id"])) if blind else None
    if flag is not None:
        return rfc3339(flag.since.utc_us)
    # Of a picture that turned a moment ago only that is known: the stream came long before.
    return camera["since"] if blind in ("", "lost") else None


def cameras_view(scene: Scene, of: str = "") -> Document:
    """All cameras: where nobody can see first, then by zone."""
    rows = [camera_row(scene, one) for one in scene.picture["cameras"]]
    order = {zone.name: place for place, zone in enumerate(scene.plan.zones.values())}
    rows.sort(key=lambda row: (order.get(row["zone"], 0), row["name"]))
    return {
        "blind": [row for row in rows if row["blind"]],
        "seen": _by_zone(row for row in rows if not row["blind"]),
        "count": len(rows),
        "up": sum(not row["blind"] for row in rows),
    }


def _by_zone(rows: Iterable[Document]) -> list[Document]:
    zones: dict[str, list[Document]] = {}
    for row in rows:
        zones.setdefault(row["zone"], []).append(row)
    return [{"name": name, "rows": found} for name, found in zones.items()]


def camera_view(scene: Scene, of: str) -> Document | None:
    """One camera; None: there is none of this id."""
    found = next((one for one in scene.picture["cameras"] if one["id"] == of), None)
    if found is None:
        return None
    row = camera_row(scene, found)
    planned = scene.plan.doors
    asked = scene.state.live.learning.get(CameraId(of))
    return {
        "row": row,
        "id": of,
        "zone": row["zone"],
        "picture": _(words.PICTURES[found["picture"]]) if found["up"] else _("Nothing is known of it now."),
        "engine": _(words.ENGINES.get(found["engine_code"], found["engine_code"])) if found["up"] else "",
        "shows": [{"id": one, "name": planned[one].name} for one in planned if one in found["doors"]],
        "learning": scene.clock(rfc3339(asked.utc_us)) if asked and found["picture"] == "unknown" else "",
    }


def shown_by(scene: Scene, door: str) -> list[Document]:
    """The cameras that show a door."""
    return [camera_row(scene, one) for one in scene.picture["cameras"] if door in one["doors"]]


# --- an incident ------------------------------------------------------------------------------


def incident_cameras(scene: Scene, of: str) -> Document:
    """A live incident's cameras as they are now, and its blind spots as they were at its press.

    frozen false: nothing is written of that yet, and what is shown is of now.
    """
    record = scene.state.record
    live = record.incidents.get(IncidentId(of))
    known = {one["id"]: one for one in scene.picture["cameras"]}
    ids = of_incident(scene.plan, scene.state, live) if live is not None else ()
    frozen = record.blind.get(IncidentId(of))
    now = [(one["id"], one["blind"]) for one in scene.picture["cameras"] if one["blind"]]
    rows = [camera_row(scene, known[one]) for one in ids if one in known]
    return {
        "any": bool(known),
        "frozen": frozen is not None,
        "blind": blind_rows(
            scene, now if frozen is None else (*frozen, *record.blind_found.get(IncidentId(of), ()))
        ),
        "rows": sorted(rows, key=lambda row: (not row["blind"], row["zone"], row["name"])),
        "kept": live is not None and live.kind in KEPT_KINDS,
        "total": len(known),
    }


def blind_rows(
    scene: Scene, blind: Iterable[tuple[str, str] | tuple[str, str, int | None]]
) -> list[Document]:
    """Where nobody could see, in words; a camera that the configuration no longer has is named by its id.

    Of each: camera, why, and of what became known behind the press since when, UTC microseconds.
    """
    found = []
    for camera, code, *more in blind:
        since_us = more[0] if more else None
        planned = scene.plan.cameras.get(CameraId(camera))
        found.append(
            {
                "id": camera,
                "name": planned.name if planned else camera,
                "zone": scene.zone_name(planned.zone) if planned else "",
                "known": planned is not None,
                "since": "" if since_us is None else scene.clock(rfc3339(since_us)),
                "word": _(words.BLIND[code][0]) if code in words.BLIND else code,
                "symbol": SHAPES.get(code, ("unk", "unknown"))[1],
                "tone": SHAPES.get(code, ("unk", "unknown"))[0],
            }
        )
    return found


def evidence_rows(scene: Scene, of: str, files: Iterable[Mapping[str, Any]]) -> list[Document]:
    """The files of pictures that an incident keeps, from the views' table."""
    return [_file(scene, of, one) for one in files]


def _file(scene: Scene, of: str, line: Mapping[str, Any]) -> Document:
    name = str(line["name"]).rpartition("/")[2].removesuffix(".part")
    camera = str(line["camera"] or "")
    planned = scene.plan.cameras.get(CameraId(camera))
    state = file_state(scene, of, line)
    says = _(words.FILES_SAY.get(state, ""))
    if state == "failed":
        says = _(words.failed(str(line["code"] or "")))
    elif state == "deleted":
        says = f"{scene.full(str(line['deleted_at']))}. {_(words.DELETED.get(str(line['deleted_for']), ''))}"
    whole = state in ("sealed", "recovered")
    lost = [
        say(text, n=line[one])
        for one, text in (("missing", "{n} packets never came."), ("dropped", "{n} pictures were dropped."))
        if line[one]
    ]
    return {
        "key": name.replace(".", "-"),
        "name": name,
        "incident": of,
        "camera": planned.name if planned else camera,
        "what": _("Picture") if name.endswith(".jpg") else _("Film"),
        "size": size_of(int(line["size"])) if line["size"] else "",
        "span": _span(scene, line),
        "sha256": str(line["sha256"] or ""),
        "word": _(words.FILES[state]),
        "tone": "ok" if whole else "act" if state in ("failed", "refused") else "unk",
        "says": " ".join([says, *lost]).strip(),
        "exact": whole and line["error_us"] is None,
        "whole": whole,
    }


def file_state(scene: Scene, of: str, line: Mapping[str, Any]) -> str:
    """A key of `camera_words.FILES`."""
    if line["deleted_at"]:
        return "deleted"
    if line["ended_at"]:
        return str(line["ending"]) if line["ending"] in ("sealed", "recovered") else "failed"
    if "evidence_not_written" in scene.state.live.conditions:
        return "refused"
    if IncidentId(of) not in scene.state.record.incidents:
        return "finishing"
    live = scene.state.live.cameras.get(CameraId(str(line["camera"])))
    return "writing" if scene.state.live.cameras_up and live is not None and live.up else "waiting"


def _span(scene: Scene, line: Mapping[str, Any]) -> str:
    first, last = line["first_us"], line["last_us"]
    if first is None or last is None:
        return ""
    begin, end = (times.clock(int(one) // 1_000, scene.zone) for one in (first, last))
    return begin if begin == end else say("{first} to {last}", first=begin, last=end)


def size_of(size: int) -> str:
    """`812 kB`, `12.3 MB`."""
    if size < 1_000_000:
        return say("{n} kB", n=max(1, round(size / 1_000)))
    return say("{n} MB", n=f"{size / 1_000_000:.1f}")


# --- figures and tiles ------------------------------------------------------------------------


def figures(whole: Document, zone: Any) -> list[Document]:
    """What is counted of a camera, as `edge.web.api.cameras.whole` has it: `{title, rows: [(name, value)]}` a stream."""
    found = []
    for title, stream in ((_("Main stream"), whole["main"]), (_("Small stream"), whole["sub"])):
        if stream is not None:
            found.append({"title": title, "rows": _stream(stream, zone)})
    return found


def _stream(stream: Document, zone: Any) -> list[tuple[str, str]]:
    unknown = _("not known")

    def moment(text: str | None) -> str:
        return times.full(times.ms_of(text), zone) if text else _("never")

    def milliseconds(ms: float | None) -> str:
        return unknown if ms is None else say("{n} s", n=f"{ms / 1_000:.1f}")

    rate, fps, codec = stream["bits_a_second"], stream["fps"], str(stream["codec"]).upper()
    size = f"{stream['width']} x {stream['height']}" if stream["width"] else unknown
    rows = [
        (_("Form"), f"{codec}, {size}" if codec else unknown),
        (_("Pictures a second"), unknown if fps is None else f"{fps:.1f}"),
        (_("Bit rate"), unknown if rate is None else say("{n} Mbit/s", n=f"{rate / 1e6:.2f}")),
        (_("Between key pictures"), milliseconds(stream["key_interval_ms"])),
        (_("Newest picture"), moment(stream["last"])),
        (_("Its age then"), milliseconds(stream["age_ms"])),
        (_("First picture"), moment(stream["first"])),
        (_("Gaps"), f"{stream['gaps']}" + (f", {moment(stream['last_gap'])}" if stream["last_gap"] else "")),
        (_("Packets missing"), str(stream["packets_missing"])),
        (_("Its clock minus the box's"), _skew(stream["skew_ms"])),
        (_("Transport"), str(stream["transport"]).upper() or unknown),
        (_("Reader"), _reader(stream)),
        (_("Connections since start"), str(stream["connections"])),
    ]
    if stream["reordered"]:
        rows.append((_("B-frames"), _("yes: WebRTC cannot show it. Switch them off in the camera.")))
    return rows


def _skew(ms: float | None) -> str:
    if ms is None:
        return _("not known")
    return say("{n} ms", n=round(ms)) if abs(ms) < 1_000 else say("{n} s", n=f"{ms / 1_000:.1f}")


def _reader(stream: Document) -> str:
    name = _("our own") if stream["engine"] == "own" else _("the fallback")
    return f"{name}: {stream['engine_detail']}" if stream["engine_detail"] else name


def tile(scene: Scene, camera: Document, whole: Document, *, main: bool = False) -> Document:
    """What a tile is drawn from. main: it fills a page.

    shot: the still for whoever has no script, of a lost camera the last one, `""`: there is none; age: how old it is at
    most when the page is made. lost: its stream does not come, and only the last picture can be shown.
    """
    small = whole["sub"] is not None and not main
    first = whole["sub" if small else "main"]
    shot = age = ""
    if first is not None and first["age_ms"] is not None:
        # A still is made of the newest key picture.
        age_ms = first["age_ms"] + (first["key_interval_ms"] or 0)
        shot = f"/api/v1/cameras/{camera['id']}/snapshot.jpg?width={1280 if main else 640}&last=true"
        shot += "&stream=sub" if small else ""
        age = times.lasting(max(1_000, age_ms + 999))
    return {
        "id": camera["id"],
        "name": camera["name"],
        "zone": scene.zone_name(camera["zone"]),
        "streams": ["main"] if whole["sub"] is None else ["main", "sub"],
        "shot": shot,
        "age": age,
        "lost": first is not None and not first["up"],
        "blind": camera["blind"],
    }
