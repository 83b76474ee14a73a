"""One incident: which doors are not secured, the ledger of all, outputs, timeline; live from the picture."""

from collections.abc import Mapping, Sequence
from typing import Any

from edge.notice_words import ALL_CLEAR, FOR_GOOD
from edge.notice_words import STATES as NOTICE_STATES
from edge.response_words import words_of
from edge.views.pages import Kept
from edge.views.pages import zones_of as once_in
from edge.web.nearest import sought
from edge.web.pages import telling, times
from edge.web.pages.cameras import blind_rows, incident_cameras
from edge.web.pages.campus import walk_test_rows, zone_row
from edge.web.pages.causes import by_cause
from edge.web.pages.devices import input_row
from edge.web.pages.doors import ledger_times, took
from edge.web.pages.fire_views import fire_rows
from edge.web.pages.flags import FAULTS, flag_rows, flags_here
from edge.web.pages.language import _, say
from edge.web.pages.post_line import post_line
from edge.web.pages.responses import MARKS, band, name, presses, titled
from edge.web.pages.scene import Scene
from edge.web.pages.verdicts import counted, door_row, worst_first
from rules.holding import zones_of
from rules.model.ids import CameraId, IncidentId

Document = dict[str, Any]

BAR_WIDTH = 400


def incident_view(scene: Scene, of: str) -> Document | None:
    """A live incident in sight; None: there is none of this id."""
    found = next((one for one in scene.picture["incidents"] if one["id"] == of), None)
    if found is None:
        return None
    rows = []
    for door in scene.picture["doors"]:
        order = door["order"]
        if order is not None and (order["incident"] == of or door["attention"] == "not_secured"):
            rows.append({**door_row(scene, door), "times": ledger_times(door), "proven": _proven(door)})
    rows.sort(key=worst_first)
    released = [row for row in rows if row["order"]["word"] == "rest"]
    told = [row for row in rows if row["order"]["word"] != "rest"]
    bad = [row for row in told if row["attention"] == "not_secured"]
    inputs = [input_row(scene, one) for one in scene.picture["inputs"]]
    return {
        "id": of,
        "band": band(scene, found),
        "nearest": bool(sought(scene.plan, scene.state.record, of)),
        "count": count_line(counted(told)),
        "bad": by_cause(scene, bad),
        "good": [row for row in told if row["attention"] != "not_secured"],
        "released": released,
        "locks": bool(rows),
        "zones": [zone_row(scene, one) for one in scene.picture["zones"]],
        "outputs": _outputs(scene),
        "opened": scene.full(found["opened"]),
        "presses": presses(scene, of),
        "walk_tests": walk_test_rows(scene),
        # Held back: what somebody tries has its place at home and on the button's page.
        "tests": [],
        "fire": [row for row in inputs if row["fire"] and row["tone"] != "calm"],
        "fire_effects": fire_rows(scene),
        "eyes": incident_cameras(scene, of),
        "wrong": flags_here(scene, of, found["zone"]),
        "faults": flag_rows(scene, lambda one: one["code"] in FAULTS),
        **post_line(scene, of),
    }


def count_line(count: Document) -> Document:
    """The count with its bar: widths of the parts in a drawing of `BAR_WIDTH`, gaps of 2 between them."""
    parts = [
        ("k", count["secured"]),
        ("h", count["partial"]),
        ("m", count["moving"]),
        ("a", count["open"]),
        ("u", count["unsure"]),
    ]
    there = [(tone, n) for tone, n in parts if n]
    room = BAR_WIDTH - 2 * max(0, len(there) - 1)
    least = 10
    widths = [max(least, room * n / count["total"]) for _tone, n in there] if count["total"] else []
    scale = room / sum(widths) if widths else 1
    bars, x = [], 0.0
    for (tone, _n), width in zip(there, widths, strict=True):
        bars.append({"tone": tone, "x": round(x, 1), "width": round(width * scale, 1)})
        x += width * scale + 2
    return {**count, "bars": bars, "width": BAR_WIDTH}


def _proven(door: Document) -> str:
    """`proven after 0.42 s`, from the order to the verdict that rests on evidence."""
    ledger = door["ledger"]
    if (
        ledger is None
        or ledger["verdict_ms"] is None
        or door["verdict"] not in ("secured", "secured_partial")
    ):
        return ""
    return say("proven after {took}", took=took((ledger["commanded_ms"] or 0) + ledger["verdict_ms"]))


def _outputs(scene: Scene) -> list[Document]:
    found = []
    for one in scene.picture["outputs"]:
        found += [_told(scene, one, told) for told in one["notices"]]
        command = one["command"]
        if not one["ordered_on"] and command is None:
            continue
        sure = command is not None and command["ending"] == "written"
        found.append(
            {
                "id": one["id"],
                "called": one["id"],
                "driver": one["driver"],
                "zone": scene.zone_name(one["zone"]),
                "on": one["ordered_on"],
                "tone": "ok" if sure and not one["held"] else "unk",
                # A written coil says nothing of the strobe on it: nobody claims that it flashes.
                "word": _switched(one["ordered_on"], sure),
                "doubt": "" if sure else _("no answer yet"),
            }
        )
    return found


def _told(scene: Scene, output: Document, told: Document) -> Document:
    """What is known of a notice: sent is not informed, and nobody claims that anybody heard a loudspeaker."""
    what = _(ALL_CLEAR) if told["response"] is None else name(told["response"])
    return {
        "id": f"{output['id']}-{told['zone']}",
        "called": output["id"],
        "driver": output["driver"],
        "zone": f"{scene.zone_name(told['zone'])}: {what}",
        "on": True,
        "tone": "ok" if told["state"] in ("received", "acknowledged") else "unk",
        "word": _(NOTICE_STATES.get(told["state"], told["state"])),
        "doubt": ". ".join(filter(None, (_untold(told), telling.second(told, scene.clock)))),
    }


def _untold(told: Document) -> str:
    if told["state"] == "failed":
        why = telling.why(told["code"])
        count = say("{told} of {of} reached", told=told["told"], of=told["of"]) if told["of"] else ""
        again = "" if told["code"] in FOR_GOOD else _("it is tried again")
        return ", ".join(filter(None, (count, why, again)))
    heard = _("nobody knows who heard it") if told["state"] == "sent" and not told["of"] else ""
    return ", ".join(filter(None, (heard, telling.why(told["code"]))))


def _switched(on: bool, sure: bool) -> str:
    if sure:
        return _("switched on") if on else _("switched off")
    return _("told to switch on") if on else _("told to switch off")


# --- the list, and the record of one ----------------------------------------------------------


def incident_line(scene: Scene, line: Mapping[str, Any]) -> Document:
    """One line of the list of incidents, from the views' table."""
    kind, response = str(line["kind"]), str(line["response"])
    opened = str(line["opened_at"])
    closed = line["closed_at"]
    live = scene.state.record.incidents.get(IncidentId(str(line["incident"])))
    where = once_in(line) if live is None else zones_of(scene.state.record, live)
    lasted = times.ms_of(str(closed)) - times.ms_of(opened) if closed else None
    return {
        "id": line["incident"],
        "kind": kind,
        "mark": _(MARKS.get(kind, "")),
        "title": titled(kind, response),
        "zone": ", ".join(scene.zone_name(one) for one in where),
        "opened": times.full(times.ms_of(opened), scene.zone),
        "lasted": times.lasting(lasted) if lasted is not None else "",
        "live": live is not None,
    }


def closed_view(
    scene: Scene, line: Mapping[str, Any], ledger: Sequence[Mapping[str, Any]], kept: Kept | None
) -> Document:
    """An incident that ended: what it was, what became of each door, and where nobody could see at its press."""
    shown = incident_line(scene, line)
    doors = {str(one): planned.name for one, planned in scene.plan.doors.items()}
    rows = []
    for one in ledger:
        if one["ordered"] is None:
            continue
        secured = one["secured_at"]
        after = times.ms_of(str(secured)) - times.ms_of(str(one["ordered_at"])) if secured else None
        rows.append(
            {
                "id": one["door"],
                "name": doors.get(str(one["door"]), str(one["door"])),
                "secured": secured is not None,
                # Proven before the order that stands last: it was ordered once more, and nothing is claimed of that.
                "after": took(after) if after is not None and after > 0 else "",
                "asserted": one["asserted"],
                "held": one["held"] or "",
            }
        )
    rows.sort(key=lambda row: (row["secured"], row["name"]))
    return {
        **shown,
        "name": name(str(line["response"])),
        "says": _(words_of(scene.plan.responses).get(str(line["response"]), "")),
        "doors": rows,
        "never": sum(not row["secured"] for row in rows),
        "eyes": {
            "any": bool(kept and kept.cameras),
            "frozen": True,
            "blind": blind_rows(scene, kept.blind if kept else ()),
            "rows": [{"name": _camera(scene, one)} for one in kept.cameras] if kept else [],
        },
    }


def _camera(scene: Scene, camera: str) -> str:
    planned = scene.plan.cameras.get(CameraId(camera))
    return planned.name if planned else camera
