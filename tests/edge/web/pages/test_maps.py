"""The map's pages: what is live on it by shape and word, cells, paper, what differs, and hostile names."""

import re
from dataclasses import replace
from pathlib import Path

from edge.floorplans.campus_map import CampusMap
from edge.floorplans.gathering import Told
from rules.model.ids import ButtonId
from tests.edge.campus import D1, D2, D3, locked_down, quiet
from tests.edge.floorplans.plans import png, svg
from tests.edge.floorplans.test_campus_map import laid
from tests.edge.web.pages.conftest import Office, Serve
from tests.edge.web.pages.test_pages import HOSTILE

ROOMS = """
 <rect data-kind="building" data-name="A" data-zone="a" width="60" height="40"/>
 <rect data-kind="room" data-name="101" data-zone="a" width="40" height="20"/>
 <rect data-kind="room" data-name="B 201" data-zone="b" x="60" width="40" height="20"/>
 <circle data-kind="exterior-door" data-name="1" data-ref="a-101" cx="20" cy="20" r="1"/>
 <circle data-kind="door" data-ref="a-102" cx="50" cy="20" r="1"/>
 <circle data-kind="door" data-ref="b-201" cx="80" cy="20" r="1"/>
 <circle data-kind="aed" data-ref="aed-1" cx="10" cy="30" r="1"/>
 <circle data-kind="gas-shut-off" data-note="Quarter turn" cx="12" cy="30" r="1"/>
"""


def the_map(store: Path, *files: bytes) -> CampusMap:
    return laid(store, svg(ROOMS), *files)


def office(store: Path, state: object = None) -> Office:
    made = Office(store=store) if state is None else Office(store=store, state=state)  # type: ignore[arg-type]
    made.floorplans.now = the_map(store)
    return made


def pin(page: str, door: str) -> str:
    found = re.search(rf'<g id="pin-{door}-\d+".*?</g></a></g>', page, re.S)
    assert found is not None, door
    return found[0]


async def test_doors_that_an_ended_lockdown_left_locked_count_as_told_to_lock_no_more(
    serve: Serve, tmp_path: Path
) -> None:
    state = locked_down({D1: "secured", D2: "closed_locked", D3: "closed_locked"})
    made = office(tmp_path, replace(state, record=replace(state.record, incidents={}, zones={})))
    served = await serve(made)
    _, page = await served.get("/map")
    _, sheet = await served.get("/map/paper/floor-1")
    assert "told to lock here" not in page
    assert "NOT SECURED" not in sheet


async def test_without_a_plan_the_page_says_so_and_how_one_is_brought(serve: Serve) -> None:
    made = Office()
    status, page = await (await serve(made)).get("/map")
    assert (status, "The map is being read" in page) == (200, True)
    made.floorplans.now = CampusMap(known=True)
    status, page = await (await serve(made)).get("/map")
    assert (status, "No floor plan was brought yet" in page) == (200, True)


async def test_doors_stand_on_the_map_as_their_sensors_say_and_what_needs_somebody_above_the_others(
    serve: Serve, tmp_path: Path
) -> None:
    made = office(tmp_path, locked_down({D1: "secured", D2: "not_latched", D3: "stale"}))
    _, page = await (await serve(made)).get("/map")
    assert '#secured"' in pin(page, "a-101")
    assert 'class="v-act loud"' in pin(page, "a-102")
    assert '#stale"' in pin(page, "b-201")
    assert page.index('id="pin-a-101') < page.index('id="pin-b-201') < page.index('id="pin-a-102')
    assert re.search(r"<b>2</b><span>NOT SECURED of 3 told to lock here", page)
    assert 'class="area room held"' in page
    assert re.search(r'class="zone held real".*?LOCKDOWN|lockdown', page, re.S | re.I)


async def test_a_door_of_which_nothing_is_known_is_dashed_and_says_how_old_its_evidence_is(
    serve: Serve, tmp_path: Path
) -> None:
    state = locked_down({D1: "secured", D2: "secured", D3: "stale"})
    made = office(tmp_path, state)
    made.now = made.now.plus(44 * 60_000_000)
    _, page = await (await serve(made)).get("/map")
    assert '<text class="age" y="24">44 min ago</text>' in pin(page, "b-201")


async def test_in_quiet_times_no_zone_is_hatched_and_nothing_is_coloured(
    serve: Serve, tmp_path: Path
) -> None:
    _, page = await (await serve(office(tmp_path))).get("/map")
    drawing = page[page.index('<svg class="map') : page.index("</svg>", page.index('<svg class="map'))]
    assert "held" not in drawing
    assert "loud" not in drawing


async def test_a_cell_is_a_link_and_holds_its_rooms_doors_and_all_else(serve: Serve, tmp_path: Path) -> None:
    served = await serve(office(tmp_path))
    _, page = await served.get("/map")
    assert '<a href="/map/level/floor-1/B2" aria-label="Cell B2">' in page
    status, cell = await served.get("/map/level/floor-1/a2")
    assert status == 200
    assert 'id="door-a-102"' not in cell
    assert "Quarter turn" in cell
    _, other = await served.get("/map?level=floor-1&cell=c2")
    assert 'id="door-a-102"' in other
    assert "There is no cell Z99" in (await served.get("/map?level=floor-1&cell=z99"))[1]
    for path in ("/map/level/floor-9", "/map/level/floor-1/Z99", "/map/level/floor-1/x", "/map/paper/none"):
        assert (await served.get(path))[0] == 404, path


async def test_on_paper_every_state_has_a_letter_and_the_sheet_its_grid_north_key_and_days(
    serve: Serve, tmp_path: Path
) -> None:
    made = office(tmp_path, locked_down({D1: "secured", D2: "not_latched", D3: "stale"}))
    _, page = await (await serve(made)).get("/map/paper/floor-1")
    letters = dict(re.findall(r'<g id="pin-([a-z0-9-]+)-\d+".*?class="letter"[^>]*>(.)</text>', page, re.S))
    assert letters == {"a-101": "S", "a-102": "N", "b-201": "?"}
    for word in (
        "True north is up",
        "2 of 3 doors NOT SECURED",
        "never verified",
        "not known: treat as open",
        ">A</text>",
    ):
        assert word in page, word
    assert '<a href="/map/level/floor-1/A1"' not in page


async def test_hostile_names_are_text_on_the_map_too(serve: Serve, tmp_path: Path) -> None:
    made = office(tmp_path)
    (level,) = made.floorplans.now.levels
    layers = tuple(
        replace(
            one,
            by=HOSTILE,
            features=tuple(
                type(each)(each.kind, each.form, each.points, HOSTILE[:90], each.ref, each.zone, HOSTILE)
                for each in one.features
            ),
        )
        for one in level.layers
    )
    made.floorplans.now = replace(made.floorplans.now, levels=(replace(level, name=HOSTILE, layers=layers),))
    served = await serve(made)
    for path in ("/map", "/map/level/floor-1/A2", "/map/paper/floor-1"):
        status, page = await served.get(path)
        assert status == 200
        assert "<script>alert" not in page
        assert not re.search(r"<[^>]*\sonload=", re.sub(r'"[^"]*"', "", page))


async def test_the_picture_of_a_level_is_served_as_it_was_bared_and_nothing_else_of_the_store(
    serve: Serve, tmp_path: Path
) -> None:
    from edge.floorplans import reading
    from edge.floorplans.places import picture_of

    made = office(tmp_path)
    found = reading.read(png(), Told(level="floor-1", scale=1.0, north=0.0))
    picture = found.drawn.levels[0].layers[0].picture
    assert picture is not None
    (level,) = made.floorplans.now.levels
    behind = replace(level.layers[0], name="backdrop", picture=picture, features=())
    made.floorplans.now = replace(
        made.floorplans.now, levels=(replace(level, layers=(behind, *level.layers)),)
    )
    picture_of(tmp_path, picture.sha256).write_bytes(found.picture)
    served = await serve(made)
    assert f"/map/picture/{picture.sha256}" in (await served.get("/map"))[1]
    async with served.client.get(
        f"{served.url}/map/picture/{picture.sha256}", headers={"Cookie": "campus-edge=viewer"}
    ) as answer:
        assert (answer.status, answer.content_type, await answer.read()) == (200, "image/png", found.picture)
    assert (await served.get("/map/picture/" + "0" * 64))[0] == 404


async def test_what_differs_is_listed_with_what_to_do(serve: Serve, tmp_path: Path) -> None:
    made = office(tmp_path)
    made.plan = replace(
        made.plan,
        buttons={
            **made.plan.buttons,
            ButtonId("pb-x"): replace(
                made.plan.buttons[ButtonId("pb-101")], id=ButtonId("pb-x"), room="Cellar"
            ),
        },
    )
    status, page = await (await serve(made)).get("/map/inventory")
    assert status == 200
    for word in (
        "not among the assets",
        "does not say which one it is",
        "Cellar",
        "Nobody said that it was verified",
    ):
        assert word in page, word
    assert 'enctype="multipart/form-data"' in page
    _, less = await (await serve(made)).get("/map/inventory", "staff")
    assert 'enctype="multipart/form-data"' not in less


async def test_the_way_to_the_inventory_is_shown_to_whoever_may_go_it(serve: Serve, tmp_path: Path) -> None:
    bare = Office()
    bare.floorplans.now = CampusMap(known=True)
    for made in (bare, office(tmp_path)):
        served = await serve(made)
        assert 'href="/map/inventory"' in (await served.get("/map", "technician"))[1]
        assert 'href="/map/inventory"' not in (await served.get("/map", "viewer"))[1]


async def test_the_map_is_one_touch_from_an_incident(serve: Serve, tmp_path: Path) -> None:
    made = office(tmp_path, locked_down({D1: "secured", D2: "not_latched", D3: "stale"}))
    assert 'href="/map"' in (await (await serve(made)).get("/"))[1]


def test_a_quiet_state_is_what_these_tests_think() -> None:
    assert quiet().record.incidents == {}
