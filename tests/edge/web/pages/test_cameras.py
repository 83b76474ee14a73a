"""Pages of cameras: what can be relied on, what a visitor may see, where an incident was blind, and what it kept."""

import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from edge.control.desk import Reply
from edge.media.messages import Figures, StreamFigures
from edge.snapshot import snapshot
from edge.views.pages import Kept
from edge.web.pages import cameras
from edge.web.pages.scene import Scene, scene
from edge.web.pages.statics import FILES
from edge.web.pages.times import zone_of
from rules.model.camera_events import LearnAsked
from rules.model.camera_facts import BlindCode, Picture
from rules.model.ids import CameraId, IncidentId
from rules.plan import CameraPlan, Plan
from rules.rights import GIVEN, Role
from rules.state import CameraLive, Flag, State
from tests.edge.campus import BOX, D1, D2, NOON, PLAN, A, B, locked_down, quiet
from tests.edge.web.pages.conftest import LIVE, Office, Serve, recorded

HALL, GYM, GATE = CameraId("cam-hall"), CameraId("cam-gym"), CameraId("cam-gate")
NAMES = {HALL: "Hall", GYM: "Gym", GATE: "Gate"}
SHA = "ab" * 32


def with_cameras(names: Mapping[CameraId, str] = NAMES) -> Plan:
    places = {HALL: (A, (D1, D2)), GYM: (B, ()), GATE: (B, (D1,))}
    return replace(
        PLAN,
        cameras={
            one: CameraPlan(one, names[one], zone, doors, 60_000_000) for one, (zone, doors) in places.items()
        },
    )


def seeing(state: State, **of: Picture | str) -> State:
    """All cameras up and right, but for those named: by what is seen, or by why nothing comes (`lost:silent`), or `never`."""
    found = {}
    for camera in (HALL, GYM, GATE):
        word = of.get(camera.removeprefix("cam-"), "ok")
        lost, _, code = word.partition(":")
        if word == "never":
            continue
        up = lost != "lost"
        picture: Any = word if up else "unknown"
        found[camera] = CameraLive(up, NOON.plus(-90_000_000), code, picture, "own", "")
    live = replace(state.live, cameras=found, cameras_up=True, cameras_since=NOON.plus(-3_600_000_000))
    return replace(state, live=live)


def blind_at_the_press(state: State, *blind: tuple[CameraId, BlindCode]) -> State:
    record = replace(state.record, keeping={LIVE: frozenset({HALL, GYM, GATE})}, blind={LIVE: tuple(blind)})
    return replace(state, record=record)


def stream(**more: Any) -> StreamFigures:
    values: dict[str, Any] = {
        "up": True, "codec": "h264", "width": 1280, "height": 720, "transport": "tcp", "engine": "own", "engine_detail": "",
        "first_us": NOON.utc_us - 90_000_000, "last_us": NOON.utc_us - 400_000, "age_us": 400_000, "last_rtp": 9,
        "fps_milli": 14_960, "bits_a_second": 2_040_000, "key_us": 2_000_000, "gaps": 1, "gap_at_us": NOON.utc_us,
        "missing": 7, "skew_us": -12_000, "reordered": False, "connections": 2, **more,
    }  # fmt: skip
    return StreamFigures(**values)


def counted(camera: CameraId = HALL, *, sub: bool = True, **more: Any) -> Figures:
    small = stream(width=640, height=360) if sub else None
    return Figures(camera, stream(**more), small, 28_000_000, 7_200_000, NOON.utc_us - 3_000_000)


def office(state: State, plan: Plan | None = None) -> Office:
    made = Office(state=state, plan=plan or with_cameras())
    made.figures = {one: counted(one) for one in (HALL, GYM, GATE)}
    return made


def seen(state: State) -> Scene:
    plan = with_cameras()
    return scene(snapshot(plan, state, NOON, BOX), plan, state, zone_of("America/Chicago"), duress=False)


def tiles(text: str) -> list[str]:
    return re.findall(r'<figure class="camera" data-camera="([^"]*)"', text)


async def test_blind_spots_come_first_each_with_its_word_its_age_and_what_to_do(serve: Serve) -> None:
    state = seeing(quiet(), hall="lost:silent", gym="covered", gate="never")
    flag = Flag("camera_covered", GYM, (), NOON.plus(-120_000_000))
    state = replace(state, record=replace(state.record, flags={("camera_covered", GYM): flag}))
    served = await serve(office(state))

    _, text = await served.get("/cameras")

    rows = dict(re.findall(r'<li id="camera-([^"]*)">(.*?)</li>', text, re.DOTALL))
    assert "3 of 3" in text
    assert ">no picture<" in rows[HALL]
    assert "It stopped sending." in rows[HALL]
    assert ">1 min ago<" in rows[HALL]
    assert ">covered<" in rows[GYM]
    assert "Send somebody." in rows[GYM]
    assert ">2 min ago<" in rows[GYM]
    assert ">never came<" in rows[GATE]
    assert ">never<" in rows[GATE]


async def test_a_picture_that_is_not_judged_is_not_called_right(serve: Serve) -> None:
    served = await serve(office(seeing(quiet(), hall="unknown")))

    _, text = await served.get("/cameras")

    rows = dict(re.findall(r'<li id="camera-([^"]*)">(.*?)</li>', text, re.DOTALL))
    assert "v-unk" in rows[HALL]
    assert "not judged yet" in rows[HALL]
    assert "v-calm" in rows[GYM]


async def test_a_camera_process_that_is_away_leaves_no_camera_believed(serve: Serve) -> None:
    state = quiet()
    away = replace(state, live=replace(state.live, cameras_up=False, cameras_since=NOON.plus(-9_000_000)))
    served = await serve(office(away))

    _, text = await served.get("/cameras")

    assert "3 of 3" in text
    assert text.count(">not watched<") == 3
    assert text.count(">9 s ago<") == 3


@pytest.mark.parametrize("role", sorted(GIVEN))
@pytest.mark.parametrize("path", ["/cameras", f"/cameras/{HALL}", f"/doors/{D1}", "/incidents/inc-1"])
async def test_pictures_are_for_who_may_watch_and_the_rest_is_told_why(
    serve: Serve, role: Role, path: str
) -> None:
    here = office(seeing(locked_down({D1: "secured"})))
    served = await serve(here)

    status, text = await served.get(path, role)

    rights = here.rights.rights[role]
    if "look" not in rights:
        return
    assert status == 200
    assert bool(tiles(text)) is ("watch" in rights)
    assert ("camera.js" in text) is ("watch" in rights or path == f"/cameras/{HALL}")
    if "watch" not in rights and path.startswith("/cameras"):
        assert "Your role may not look through cameras." in text


async def test_where_no_tile_is_no_script_of_tiles_is_loaded(serve: Serve) -> None:
    served = await serve(Office(state=locked_down({D1: "secured"})))
    beside = await serve(office(seeing(quiet())))

    for path in ("/", "/?show=campus", f"/doors/{D1}", "/doors", "/cameras"):
        _, text = await served.get(path)
        assert "camera.js" not in text, path
    _, home = await beside.get("/?show=campus")
    assert "camera.js" not in home


async def test_a_camera_s_page_tells_what_is_counted_of_it(serve: Serve) -> None:
    here = office(seeing(quiet()))
    here.figures[HALL] = counted(engine="pyav", engine_detail="B frames in <b>UDP</b>")
    served = await serve(here)

    _, text = await served.get(f"/cameras/{HALL}")

    values = dict(re.findall(r"<dt>([^<]*)</dt><dd>(.*?)</dd>", text, re.DOTALL)[::-1])
    assert values["Form"] == "H264, 1280 x 720"
    assert values["Pictures a second"] == "15.0"
    assert values["Bit rate"] == "2.04 Mbit/s"
    assert values["Between key pictures"] == "2.0 s"
    assert values["Its age then"] == "0.4 s"
    assert values["Packets missing"] == "7"
    assert values["Its clock minus the box&#39;s"] == "-12 ms"
    assert values["Reader"] == "the fallback: B frames in &lt;b&gt;UDP&lt;/b&gt;"
    assert values["Kept from before now"] == "28 s, 7.2 MB"
    assert values["Last judged"].startswith("2026-08-14 06:59:57")
    assert f'href="/doors/{D1}"' in values["Shows doors"]


async def test_a_camera_of_which_nothing_is_counted_says_so_and_shows_no_figure(serve: Serve) -> None:
    here = office(seeing(quiet()))
    here.figures = {}
    served = await serve(here)

    _, text = await served.get(f"/cameras/{HALL}")

    assert "Nothing is counted now" in text
    assert "snapshot.jpg" not in text
    assert tiles(text) == [HALL]


async def test_without_a_script_a_still_says_how_old_it_is_at_most_and_an_old_one_is_none(
    serve: Serve,
) -> None:
    here = office(seeing(quiet()))
    here.figures[GYM] = counted(GYM, sub=False, age_us=58_500_000)
    served = await serve(here)

    _, text = await served.get("/cameras")

    hall, gym = (re.search(rf'data-camera="{one}".*?</figure>', text, re.DOTALL) for one in (HALL, GYM))
    assert hall is not None
    assert gym is not None
    assert 'src="/api/v1/cameras/cam-hall/snapshot.jpg?width=640&amp;stream=sub"' in hall[0]
    assert "At most 2 s old at 07:00:00 -05:00" in hall[0]
    assert "snapshot.jpg" not in gym[0]
    assert "No picture at 07:00:00" in gym[0]


async def test_an_unknown_camera_is_not_here(serve: Serve) -> None:
    served = await serve(office(seeing(quiet())))

    status, _ = await served.get("/cameras/cam-nowhere")

    assert status == 404


async def test_a_view_is_learned_anew_once_by_who_configures(serve: Serve) -> None:
    here = office(seeing(quiet()))
    served = await serve(here)

    for _ in range(2):
        status, to, _ = await served.post(f"/cameras/{HALL}/learn", [("key", "k")])
        assert (status, to) == (303, f"/cameras/{HALL}")
    refused, _, _ = await served.post(f"/cameras/{HALL}/learn", [("key", "k2")], "technician")

    assert [one.camera for one in here.asked if isinstance(one, LearnAsked)] == [HALL]
    assert refused == 403
    _, text = await served.get(f"/cameras/{HALL}")
    assert "What it sees from now on is learned." in text
    _, other = await served.get(f"/cameras/{HALL}", "technician")
    assert "/learn" not in other


async def test_a_view_that_cannot_be_learned_is_said_in_words(serve: Serve) -> None:
    here = office(seeing(quiet()))
    here.reply = Reply(False, "camera_lost", (("camera", HALL),))
    served = await serve(here)

    await served.post(f"/cameras/{HALL}/learn", [("key", "k")])
    _, text = await served.get(f"/cameras/{HALL}")

    assert "No picture comes from it now, so nothing can be learned. Nothing was changed." in text


async def test_a_door_s_page_names_the_cameras_that_show_it(serve: Serve) -> None:
    served = await serve(office(seeing(quiet(), gate="black")))

    _, text = await served.get(f"/doors/{D1}")

    shown = re.search(r"<dt>Cameras</dt><dd>(.*?)</dd>", text, re.DOTALL)
    assert shown is not None
    assert re.findall(r'href="/cameras/([^"]*)"', shown[1]) == [HALL, GATE]
    assert ">black<" in shown[1]
    assert tiles(text) == [HALL, GATE]


# --- incidents --------------------------------------------------------------------------------


async def test_an_incident_shows_its_blind_spots_as_they_were_at_the_press(serve: Serve) -> None:
    state = seeing(locked_down({D1: "secured"}), hall="black")
    served = await serve(office(blind_at_the_press(state, (GYM, "lost"), (CameraId("cam-gone"), "covered"))))

    _, text = await served.get("/incidents/inc-1")

    assert "2 of 3 blind at the press" in text
    frozen = dict(re.findall(r'<li id="blind-([^"]*)">(.*?)</li>', text, re.DOTALL))
    assert set(frozen) == {GYM, "cam-gone"}
    assert ">no picture<" in frozen[GYM]
    now = dict(re.findall(r'<li id="eye-([^"]*)">(.*?)</li>', text, re.DOTALL))
    assert ">black<" in now[HALL]
    assert ">up<" in now[GYM]


async def test_before_the_press_s_blind_spots_are_written_those_of_now_are_called_so(serve: Serve) -> None:
    served = await serve(office(seeing(locked_down({D1: "secured"}), hall="black")))

    _, text = await served.get("/incidents/inc-1")

    assert "1 of 3 blind</small>" in text
    assert "Nobody can see there now:" in text


async def test_an_incident_of_one_zone_shows_the_tiles_of_its_cameras_and_of_its_doors(serve: Serve) -> None:
    state = seeing(locked_down({D1: "secured"}))
    record = state.record
    incident = replace(record.incidents[LIVE], zone=A)
    zones = {A: replace(next(iter(record.zones.values())), incident=LIVE)}
    state = replace(state, record=replace(record, incidents={LIVE: incident}, zones=zones))
    served = await serve(office(state))

    _, text = await served.get("/incidents/inc-1")

    assert set(tiles(text)) == {HALL, GATE}


async def test_six_tiles_are_open_at_once_and_the_rest_by_a_touch(serve: Serve) -> None:
    many = {
        (one := CameraId(f"cam-{number}")): CameraPlan(one, f"Camera {number}", B, (), 60_000_000)
        for number in range(9)
    }
    state = locked_down({D1: "secured"})
    served = await serve(office(state, replace(PLAN, cameras=many)))

    _, text = await served.get("/incidents/inc-1")

    before, summary, behind = text.partition("3 more pictures")
    assert summary
    assert len(tiles(before)) == 6
    assert len(tiles(behind)) == 3


def line(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": f"inc-1/{name}", "incident": "inc-1", "camera": name.partition(".")[0], "begun_at": None,
        "ended_at": "2026-08-14T12:00:01.000000Z", "ending": "sealed", "code": "", "sha256": SHA, "size": 12_300_000,
        "first_us": NOON.utc_us - 30_000_000, "last_us": NOON.utc_us, "error_us": 900, "pictures": 450, "missing": 0,
        "dropped": 0, "deleted_at": None, "deleted_for": None, **more,
    }  # fmt: skip


WRITING = {"ended_at": None, "ending": None, "sha256": None, "size": None, "first_us": None, "last_us": None}


def test_a_file_says_what_became_of_it_in_words() -> None:
    live = seen(seeing(locked_down({D1: "secured"}), gym="lost:silent"))
    over = seen(seeing(quiet()))

    def word(now: Scene, **more: Any) -> tuple[str, str]:
        (row,) = cameras.evidence_rows(now, "inc-1", [line(more.pop("name", "cam-hall.mp4"), **more)])
        return row["word"], row["says"]

    assert word(live) == ("sealed", "")
    assert word(live, missing=3) == ("sealed", "3 packets never came.")
    assert word(live, ending="recovered")[0] == "sealed, cut short"
    assert word(live, **WRITING) == ("being written", "It is sealed when the incident ends.")
    assert word(live, name="cam-gym", **WRITING)[0] == "open, no picture comes now"
    assert word(over, **WRITING)[0] == "being finished"
    assert word(live, name="cam-hall.mp4.part", ending="failed", code="ENOSPC", sha256="") == (
        "failed",
        "The disk was full.",
    )
    assert word(live, ending="of a version to come")[0] == "failed"
    assert word(over, deleted_at="2026-09-14T12:00:01.000000Z", deleted_for="age")[0] == "deleted"


def test_a_clip_is_not_said_to_be_written_while_the_disk_takes_nothing() -> None:
    state = seeing(locked_down({D1: "secured"}))
    full = replace(state, live=replace(state.live, conditions={"evidence_not_written": ("ENOSPC",)}))

    (row,) = cameras.evidence_rows(seen(full), "inc-1", [line("cam-hall", **WRITING)])

    assert (row["word"], row["tone"]) == ("not written", "act")


class Attributes(HTMLParser):
    """The names of all attributes, as a browser reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names |= {name for name, _ in attrs}


class Record:
    """The views of one incident, over or live."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self.found: list[dict[str, Any]] = []

    def incidents(self, limit: int = 100) -> list[dict[str, Any]]:
        return self.found

    def ledger(self, incident: str) -> list[dict[str, Any]]:
        return []

    def lines(self, sql: str, *values: object) -> list[dict[str, Any]]:
        if "FROM incident_cameras" in sql:
            return [{"camera": one} for one in self.kept.cameras]
        if "FROM blind_spots" in sql:
            return [{"camera": camera, "code": code} for camera, code in self.kept.blind]
        if "FROM evidence" in sql:
            return list(self.kept.files)
        return [one for one in self.found if one["incident"] in values]


def kept() -> Record:
    files = (line("cam-hall.jpg", size=85_000), line("cam-hall.mp4"), line("cam-gym", **WRITING))
    record = Record(Kept((GYM, HALL), ((GYM, "covered"), (HALL, "a word to come")), files))
    record.found = [
        {
            "incident": "inc-1", "kind": "real", "response": "lockdown", "zone": "hs", "silent": 0,
            "opened_at": "2026-08-14T11:00:00.000000Z", "raised_at": None, "closed_at": "2026-08-14T11:30:00.000000Z",
            "epoch": "e", "seq": 9,
        }
    ]  # fmt: skip
    return record


@pytest.mark.parametrize("over", [False, True])
async def test_the_files_that_an_incident_kept_are_listed_and_linked_for_who_may_take_them(
    serve: Serve, *, over: bool
) -> None:
    here = office(seeing(quiet() if over else locked_down({D1: "secured"})))
    here.record = kept()  # type: ignore[assignment]
    served = await serve(here)

    _, text = await served.get("/incidents/inc-1")
    _, plain = await served.get("/incidents/inc-1", "technician")

    rows = dict(re.findall(r'<li id="file-([^"]*)">(.*?)</li>', text, re.DOTALL))
    assert set(rows) == {"cam-hall-jpg", "cam-hall-mp4", "cam-gym"}
    assert 'href="/incidents/inc-1/evidence/cam-hall.mp4"' in rows["cam-hall-mp4"]
    assert "06:59:30 to 07:00:00" in rows["cam-hall-mp4"]
    assert "12.3 MB" in rows["cam-hall-mp4"]
    assert "85 kB" in rows["cam-hall-jpg"]
    assert SHA[:12] in rows["cam-hall-mp4"]
    assert "href" not in rows["cam-gym"]
    assert "/evidence/" not in plain
    assert "cam-hall.mp4" in plain


async def test_an_incident_that_is_over_tells_where_nobody_could_see(serve: Serve) -> None:
    here = office(seeing(quiet()))
    here.record = kept()  # type: ignore[assignment]
    served = await serve(here)

    _, text = await served.get("/incidents/inc-1")

    assert "2 were blind at the press" in text
    assert "Pictures kept: Gym, Hall." in text
    assert "a word to come" in text


@pytest.mark.parametrize("disk", ["refuses"])
async def test_without_its_disk_an_incident_says_that_pictures_are_kept_all_the_same(
    serve: Serve, disk: Any
) -> None:
    here = office(blind_at_the_press(seeing(locked_down({D1: "secured"})), (GYM, "lost")))
    here.disk = disk
    served = await serve(here)

    _, text = await served.get("/incidents/inc-1")

    assert "Pictures are kept all the same." in text
    assert "1 of 3 blind at the press" in text


async def test_what_is_named_by_a_stranger_is_text(serve: Serve) -> None:
    hostile = "\"><script>alert(1)</script><b x='{{7*7}} onload=1"
    plan = with_cameras(dict.fromkeys((HALL, GYM, GATE), hostile))
    here = office(
        blind_at_the_press(seeing(locked_down({D1: "secured"}), hall="covered"), (HALL, "lost")), plan
    )
    here.record = kept()  # type: ignore[assignment]
    served = await serve(here)

    for path in ("/cameras", f"/cameras/{HALL}", f"/doors/{D1}", "/incidents/inc-1"):
        _, text = await served.get(path)
        assert "<script>alert" not in text, path
        asked = Attributes()
        asked.feed(text)
        assert not [one for one in asked.names if one.startswith("on")], path


async def test_a_timeline_tells_of_the_cameras_kept_and_of_a_file_that_was_taken_out(serve: Serve) -> None:
    here = office(seeing(locked_down({D1: "secured"})))
    here.journal = [
        recorded(
            "incident.opened/1", 1, {"id": "inc-1", "kind": "real", "response": "lockdown", "zone": "hs"}
        ),
        recorded("cameras.asked/1", 2, {"cameras": [HALL, GYM], "blind": [[GYM, "lost"]]}),
        recorded("evidence.ended/1", 3, {"camera": GYM, "name": "x", "end": "failed", "code": "ENOSPC"}),
        recorded("camera.viewed/1", 4, {"camera": HALL, "how": "evidence"}),
    ]
    here.record.found = [{"incident": "inc-1", "epoch": "e", "seq": 1, "silent": 0}]
    served = await serve(here)

    _, text = await served.get("/incidents/inc-1")

    assert "Pictures of 2 cameras are kept, 1 blind spot" in text
    assert "No pictures of Gym: The disk was full." in text
    assert "A file of Hall was taken out" in text


def test_an_incident_that_is_not_live_has_no_cameras_of_its_own() -> None:
    assert cameras.incident_cameras(seen(seeing(quiet())), IncidentId("inc-9"))["rows"] == []


def test_a_tile_costs_a_slow_line_four_kilobytes_and_what_few_browsers_need_is_fetched_by_them() -> None:
    assert len(FILES["camera.js"].packed) < 4_000
    assert b'import("./camera-mse.js")' in FILES["camera.js"].body
    assert b"MediaSource(" not in FILES["camera.js"].body
    assert b"export async function play" in FILES["camera-mse.js"].body
