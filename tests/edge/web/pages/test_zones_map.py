"""Each zone's live state on the coordinator's page: drawn on the floor plan and said as a list, and nothing of it made up."""

import re
from dataclasses import replace
from pathlib import Path

from edge.floorplans.campus_map import CampusMap
from edge.floorplans.gathering import Told
from rules.model.facts import Entry
from rules.model.ids import Actor
from rules.model.kinds import KindWord
from rules.model.moments import MINUTE_US
from rules.model.post_facts import RoomReported, RoomWord
from rules.record import fold
from rules.state import State, ZoneState
from tests.edge.campus import D1, D2, D3, INCIDENT, NOON, A, B, locked_down
from tests.edge.floorplans.plans import ROOT, svg
from tests.edge.floorplans.test_campus_map import laid
from tests.edge.web.pages.conftest import Office, Serve

ROOMS = """
 <rect data-kind="building" data-name="A" data-zone="a" width="60" height="40"/>
 <rect data-kind="room" data-name="101" data-zone="a" width="30" height="20"/>
 <rect data-kind="room" data-name="102" data-zone="a" x="30" width="30" height="20"/>
 <rect data-kind="room" data-name="201" data-zone="b" x="60" width="40" height="20"/>
 <rect data-kind="room" data-name="Annex" data-zone="nowhere" x="60" y="20" width="40" height="20"/>
 <circle data-kind="door" data-ref="a-101" cx="15" cy="20" r="1"/>
 <circle data-kind="door" data-ref="a-102" cx="45" cy="20" r="1"/>
 <circle data-kind="door" data-ref="b-201" cx="80" cy="20" r="1"/>
"""


def office(store: Path, *said: tuple[str, RoomWord], kind: KindWord = "real", plan: str = ROOMS) -> Office:
    state: State = locked_down({D1: "secured", D2: "not_latched", D3: "stale"}, kind=kind)
    record = state.record
    began = {zone: replace(own, since=NOON.plus(-5 * MINUTE_US)) for zone, own in record.zones.items()}
    record = replace(record, zones=began)
    for room, word in said:
        fact = RoomReported(INCIDENT, room, word, None)
        record = fold(record, NOON.plus(-MINUTE_US), Entry(fact, "x", Actor("account:staff"), INCIDENT))
    made = Office(store=store, state=replace(state, record=record))
    made.floorplans.now = laid(store, svg(plan)) if plan else CampusMap(known=True)
    return made


async def card(serve: Serve, made: Office) -> str:
    """The zones' card of the post."""
    _, page = await (await serve(made)).get("/incidents/inc-1/post")
    start = page.index('id="zones-card"')
    return page[start : page.index("</section>", start)]


def badge(html: str, zone: str) -> str:
    found = re.search(rf'id="badge-floor-1-{zone}".*?</g></g>', html, re.S)
    assert found is not None, zone
    drawn = re.sub(r"<title>.*?</title>", "", found[0].partition(">")[2])
    return " ".join(re.sub(r"<[^>]*>", " ", drawn).split())


def row(html: str, zone: str) -> str:
    found = re.search(rf'<li id="zonestate-{zone}".*?</li>', html, re.S)
    assert found is not None, zone
    return " ".join(re.sub(r"<[^>]*>", " ", found[0]).split())


async def test_a_zone_says_on_the_plan_what_holds_how_many_doors_are_not_secured_and_which_rooms_are_silent(
    serve: Serve, tmp_path: Path
) -> None:
    html = await card(serve, office(tmp_path, (D1, "safe")))

    assert badge(html, "a") == "Lockdown Building A ! 1 ? 1"
    assert badge(html, "b") == "Lockdown Building B ! 1 ? 1"
    assert html.count('class="area room held room-unk"') == 2
    assert 'class="area room held room-ok"' in html
    assert "102: not heard from" in html
    assert "101: not heard from" not in html
    # The doors that need somebody, and no other.
    assert re.findall(r'id="zone-pin-([ab]-\d+)', html) == ["b-201", "a-102"]
    assert "1 of 2 doors NOT SECURED · 1 of 2 rooms not heard from" in row(html, "a")
    assert "2 of 3 doors NOT SECURED · 2 of 3 rooms not heard from" in row(html, "hs")


async def test_a_room_that_calls_is_drawn_above_the_silent_ones_and_counted_in_its_zone(
    serve: Serve, tmp_path: Path
) -> None:
    html = await card(serve, office(tmp_path, (D1, "safe"), (D2, "injured")))

    assert "102: it calls" in html
    assert html.index("room-unk") < html.index("room-act")
    assert "1 room calls · 1 of 2 doors NOT SECURED · 0 of 2 rooms not heard from" in row(html, "a")
    assert "calls" not in row(html, "b")


async def test_a_drill_is_said_first_on_the_plan_and_has_lines_of_its_own(
    serve: Serve, tmp_path: Path
) -> None:
    html = await card(serve, office(tmp_path, kind="drill"))

    assert badge(html, "a").startswith("DRILL Lockdown Building A")
    assert 'class="area building held drill"' in html
    assert "drill" in row(html, "a")
    assert 'class="area building held"' not in html


async def test_two_zones_with_two_responses_say_their_own(serve: Serve, tmp_path: Path) -> None:
    made = office(tmp_path)
    own = {
        A: ZoneState("lockdown", "real", INCIDENT, NOON),
        B: ZoneState("staff-assist", "real", INCIDENT, NOON),
    }
    made.state = replace(made.state, record=replace(made.state.record, zones=own))
    html = await card(serve, made)

    assert badge(html, "a").startswith("Lockdown Building A")
    assert badge(html, "b").startswith("Staff help Building B")
    assert 'id="zonestate-hs"' not in html


async def test_a_zone_in_which_nothing_holds_is_not_marked(serve: Serve, tmp_path: Path) -> None:
    made = office(tmp_path)
    own = {A: ZoneState("lockdown", "real", INCIDENT, NOON)}
    record = replace(
        made.state.record,
        zones=own,
        incidents={INCIDENT: replace(made.state.record.incidents[INCIDENT], zone=A)},
    )
    made.state = replace(made.state, record=record)
    html = await card(serve, made)

    assert 'id="badge-floor-1-b"' not in html
    assert "201: not heard from" not in html


async def test_what_is_on_no_plan_is_said_in_the_list_and_a_campus_without_one_has_the_list(
    serve: Serve, tmp_path: Path
) -> None:
    only_a = re.sub(r' <rect[^>]*"(b|nowhere)"[^>]*>\n', "", ROOMS)
    html = await card(serve, office(tmp_path, plan=only_a))
    assert "On no floor plan." in row(html, "b")
    assert "On no floor plan." not in row(html, "a")

    bare = await card(serve, office(tmp_path, plan=""))
    assert "No floor plan was brought yet" in bare
    assert "1 of 1 doors NOT SECURED" in row(bare, "b")
    assert '<svg class="map' not in bare


async def test_of_many_levels_those_with_most_that_needs_somebody_are_drawn_and_the_others_named(
    serve: Serve, tmp_path: Path
) -> None:
    made = office(tmp_path)
    room = '<rect data-kind="room" data-name="{}" data-zone="a" width="30" height="20"/>'
    files = [svg(ROOMS)]
    files += [svg(room.format(f"9{n}"), ROOT.replace("floor-1", f"floor-{n}")) for n in (2, 3, 4)]
    made.floorplans.now = laid(tmp_path, *files, told=Told(scale=0.5, north=0.0))
    html = await card(serve, made)

    assert html.count("zonemap") == 3
    assert 'aria-label="Zones on floor-1"' in html
    assert '<a href="/map/level/floor-4">floor-4</a>' in html


async def test_badges_of_zones_that_begin_at_the_same_corner_do_not_lie_upon_each_other(
    serve: Serve, tmp_path: Path
) -> None:
    corner = ROOMS.replace('data-zone="b" x="60" width="40"', 'data-zone="b" x="0" width="40"')
    html = await card(serve, office(tmp_path, plan=corner))

    boxes = re.findall(
        r'id="badge-floor-1-\w+" transform="translate\(([\d.]+) ([\d.]+)\).*?width="(\d+)" height="(\d+)"',
        html,
    )
    first, second = [
        (float(x), float(y), float(x) + int(w) * 3.1, float(y) + int(h) * 3.1) for x, y, w, h in boxes
    ]
    apart = first[2] <= second[0] or second[2] <= first[0] or first[3] <= second[1] or second[3] <= first[1]
    assert apart


async def test_a_badge_stands_where_it_hides_no_door_and_no_room_that_needs_somebody(
    serve: Serve, tmp_path: Path
) -> None:
    plan = """
     <rect data-kind="room" data-name="101" data-zone="a" width="60" height="60"/>
     <rect data-kind="room" data-name="102" data-zone="a" x="60" width="60" height="60"/>
     <rect data-kind="corridor" data-zone="a" y="60" width="120" height="30"/>
     <circle data-kind="door" data-ref="a-101" cx="30" cy="60" r="1"/>
     <circle data-kind="door" data-ref="a-102" cx="112" cy="60" r="1"/>
    """
    html = await card(serve, office(tmp_path, plan=plan))

    found = re.search(r'id="badge-floor-1-a" transform="translate\(([\d.]+) ([\d.]+)\).*?width="(\d+)"', html)
    assert found is not None
    left, top, right = float(found[1]), float(found[2]), float(found[1]) + int(found[3]) * 3.1
    (pin,) = re.findall(r'id="zone-pin-a-102-\d+" transform="translate\(([\d.]+) ([\d.]+)\)', html)
    assert not (left < float(pin[0]) < right and top < float(pin[1]) < top + 36 * 3.1)
    marks = re.findall(r'<g transform="translate\(([\d.]+) ([\d.]+)\)" class="mark-', html)
    assert len(marks) == 2
    assert not [one for one in marks if left < float(one[0]) < right and top < float(one[1]) < top + 36 * 3.1]


async def test_a_long_name_of_a_zone_is_cut_at_a_word_on_the_plan_and_whole_in_the_list(
    serve: Serve, tmp_path: Path
) -> None:
    made = office(tmp_path)
    zones = {**made.plan.zones, A: replace(made.plan.zones[A], name="Building A, the long east wing")}
    made.plan = replace(made.plan, zones=zones)
    html = await card(serve, made)
    assert badge(html, "a") == "Lockdown Building A ! 1 ? 2"
    assert "Building A, the long east wing" in row(html, "a")


async def test_the_map_itself_tells_a_drill_from_what_is_real(serve: Serve, tmp_path: Path) -> None:
    _, real = await (await serve(office(tmp_path))).get("/map")
    _, drill = await (await serve(office(tmp_path, kind="drill"))).get("/map")

    assert '<polygon class="area room held"' in real
    assert '<polygon class="area room held drill"' not in real
    assert '<polygon class="area room held drill"' in drill
    assert '<polygon class="area room held"' not in drill


async def test_a_responder_sees_the_outside_doors_by_their_numbers_whatever_they_are(
    serve: Serve, tmp_path: Path
) -> None:
    front = ROOMS.replace(
        'data-kind="door" data-ref="a-101"', 'data-kind="exterior-door" data-name="7" data-ref="a-101"'
    )
    made = office(tmp_path, plan=front)
    made.plan = replace(
        made.plan, doors={**made.plan.doors, D1: replace(made.plan.doors[D1], kind="exterior")}
    )
    _, page = await (await serve(made)).get("/incidents/inc-1/responder")
    start = page.index('id="zones-card"')
    html = page[start : page.index("</section>", start)]

    assert re.search(r'id="zone-pin-a-101-\d+".*?class="v-ok">.*?#secured.*?>7</text>', html, re.S)
    assert "zone-pin-a-102" in html
    assert 'href="/map"' in html
