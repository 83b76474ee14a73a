"""Pages of cameras: what can be relied on, what a visitor may see, where an incident was blind, and what it kept."""

import re
from dataclasses import replace

import pytest

from edge.control.desk import Reply
from edge.web.pages.statics import FILES
from rules.model.camera_events import LearnAsked
from rules.model.camera_facts import BlindCode
from rules.model.ids import CameraId
from rules.plan import CameraPlan
from rules.rights import GIVEN, Role
from rules.state import Flag
from tests.edge.campus import D1, NOON, PLAN, A, B, locked_down, quiet
from tests.edge.web.pages.camera_scenes import (
    GATE,
    GYM,
    HALL,
    blind_at_the_press,
    counted,
    office,
    seeing,
    tiles,
)
from tests.edge.web.pages.conftest import LIVE, Office, Serve


async def test_blind_spots_come_first_each_with_its_word_its_age_and_what_to_do(serve: Serve) -> None:
    state = seeing(quiet(), hall="lost:silent", gym="covered", gate="never")
    flag = Flag("camera_covered", GYM, (), NOON.plus(-120_000_000))
    state = replace(state, record=replace(state.record, flags={("camera_covered", GYM): flag}))
    served = await serve(office(state))

    _, text = await served.get("/cameras")

    rows = dict(re.findall(r'<li id="camera-([^"]*)"[^>]*>(.*?)</li>', text, re.DOTALL))
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

    rows = dict(re.findall(r'<li id="camera-([^"]*)"[^>]*>(.*?)</li>', text, re.DOTALL))
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


async def test_without_a_script_a_still_and_a_last_picture_say_how_old(serve: Serve) -> None:
    here = office(seeing(quiet(), gym="lost:silent", gate="never"))
    here.figures[GYM] = counted(GYM, sub=False, up=False, age_us=3_600_000_000)
    here.figures[GATE] = counted(GATE, sub=False, up=False, age_us=None)
    served = await serve(here)

    _, text = await served.get("/cameras")

    found = {
        one: figure for figure in re.findall(r"<figure.*?</figure>", text, re.DOTALL) for one in tiles(figure)
    }
    place = "/api/v1/cameras/cam-hall/snapshot.jpg?width=640&amp;last=true&amp;stream=sub"
    assert f'src="{place}"' in found[HALL]
    assert "At most 3 s old at 07:00:00 -05:00" in found[HALL]
    assert "snapshot.jpg" in found[GYM]
    assert (" data-lost" in found[GYM], " data-lost" in found[HALL]) == (True, False)
    assert "At most 1 h 0 min old" in found[GYM]
    assert "snapshot.jpg" not in found[GATE]
    assert "No picture at 07:00:00" in found[GATE]


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
    now = dict(re.findall(r'<li id="eye-([^"]*)"[^>]*>(.*?)</li>', text, re.DOTALL))
    assert ">black<" in now[HALL]
    assert ">up<" in now[GYM]


async def test_what_turned_out_to_be_blind_already_at_the_press_is_shown_with_it_and_called_so(
    serve: Serve,
) -> None:
    state = blind_at_the_press(seeing(locked_down({D1: "secured"})), (GYM, "lost"))
    hung: BlindCode = "unwatched"
    record = replace(state.record, blind_found={LIVE: ((HALL, hung, NOON.utc_us - 2_000_000),)})
    served = await serve(office(replace(state, record=record)))

    _, text = await served.get("/incidents/inc-1")

    assert "2 of 3 blind at the press" in text
    rows = dict(re.findall(r'<li id="blind-([^"]*)">(.*?)</li>', text, re.DOTALL))
    assert set(rows) == {GYM, HALL}
    assert ">not watched<" in rows[HALL]
    assert "found out after the press" in rows[HALL]
    assert "found out after the press" not in rows[GYM]


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


def test_a_tile_costs_a_slow_line_four_and_a_half_kilobytes_and_what_few_need_is_fetched_by_them() -> None:
    assert len(FILES["camera.js"].packed) < 4_500
    assert b'import("./camera-mse.js")' in FILES["camera.js"].body
    assert b'import("./camera-still.js")' in FILES["camera.js"].body
    assert b"MediaSource(" not in FILES["camera.js"].body
    assert b"export async function play" in FILES["camera-mse.js"].body
