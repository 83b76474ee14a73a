"""An incident in more zones than one: its pages leave no room, no door and no word of any of them out."""

import re
from dataclasses import replace

from edge.post import post_document
from edge.web.pages.responses import band
from edge.web.pages.scene import scene
from edge.web.pages.times import zone_of
from rules.model.facts import Entry, Fact, IncidentOpened
from rules.model.ids import Actor, ZoneId
from rules.model.post_facts import IncidentRole, RoomReported, TasksOpened
from rules.model.response_facts import ExercisePlayed
from rules.model.responses import Response
from rules.plan import Plan, ResponsePlan, TaskPlan
from rules.record import fold
from rules.state import State, ZoneState
from tests.edge.campus import D1, D2, D3, HS, INCIDENT, NOON, PLAN, A, B, locked_down, quiet
from tests.edge.web.pages.conftest import Office, Serve, recorded
from tests.edge.web.pages.test_post import plain

MORE: dict[Response, ResponsePlan] = {
    "evacuate": ResponsePlan("evacuate", 70, "campus", False, frozenset(), False),
    "hold-in-place": ResponsePlan("hold-in-place", 40, "zone", False, frozenset(), True),
    "medical": ResponsePlan("medical", 20, "zone", False, frozenset(), False),
}
WIDER: Plan = replace(PLAN, responses={**PLAN.responses, **MORE})


def held(first: ZoneId, response: Response, **zones: Response) -> State:
    """An incident whose gravest response is in `first`, and what each zone has of its own."""
    state = locked_down({D1: "secured", D2: "secured", D3: "not_latched"})
    own = {ZoneId(zone): ZoneState(said, "real", INCIDENT, NOON) for zone, said in zones.items()}
    one = replace(state.record.incidents[INCIDENT], zone=first, response=response)
    return replace(state, record=replace(state.record, zones=own, incidents={INCIDENT: one}))


def office(first: ZoneId, response: Response, **zones: Response) -> Office:
    made = Office(state=held(first, response, **zones))
    made.plan = WIDER
    return made


def says(first: ZoneId, response: Response, **zones: Response) -> str:
    """What the band on top of every page says."""
    here = office(first, response, **zones)
    seen = scene(here.snapshot(), here.plan, here.state, zone_of("UTC"), duress=True)
    (incident,) = seen.picture["incidents"]
    return str(band(seen, incident)["says"])


def test_rooms_of_both_zones_are_missed_until_they_are_heard() -> None:
    here = office(A, "hold-in-place", a="hold-in-place", b="hold-in-place")
    found = post_document(here.plan, here.state, INCIDENT, str)
    assert found is not None
    assert {one["room"] for one in found["rooms"]["silent"]} >= {D1, D2, D3}
    assert found["rooms"]["of"] == len(found["rooms"]["silent"])


async def test_responders_are_told_of_every_door_of_both_zones(serve: Serve) -> None:
    served = await serve(office(A, "lockdown", a="lockdown", b="lockdown"))
    text = plain((await served.get("/incidents/inc-1/responder", "responder"))[1])
    unlocked = text[text.index("Doors not known to be locked") : text.index("Doors read locked")]
    assert PLAN.doors[D3].name in unlocked
    assert "Building A, Building B" in text


def test_the_band_names_every_zone_where_it_holds_and_what_else_holds_where() -> None:
    assert says(A, "lockdown", a="lockdown", b="lockdown").startswith("Building A, Building B.")
    led_out = says(B, "lockdown", hs="evacuate", b="lockdown")
    assert led_out.startswith("Building B. ")
    assert led_out.endswith("Also Evacuate: Whole campus.")


def test_the_band_names_nothing_that_something_graver_stands_above_but_a_call_for_help() -> None:
    assert "Also" not in says(HS, "lockdown", hs="lockdown", a="hold-in-place", b="lockdown")
    assert says(HS, "lockdown", hs="lockdown", a="medical").endswith("Also Medical: Building A.")


def test_of_a_zone_that_left_the_configuration_everything_is_missed_and_it_is_named() -> None:
    here = office(A, "lockdown", a="lockdown", gone="lockdown")
    found = post_document(here.plan, here.state, INCIDENT, str)
    assert found is not None
    assert {one["room"] for one in found["rooms"]["silent"]} >= {D1, D2, D3}
    assert says(A, "lockdown", a="lockdown", gone="lockdown").startswith("Building A, gone.")
    assert HS not in here.state.record.zones


async def test_a_task_of_a_response_that_holds_no_more_is_not_late_and_stands_behind(serve: Serve) -> None:
    made = office(HS, "lockdown", hs="lockdown")
    rows: tuple[tuple[int, str, IncidentRole, int, int, bool], ...] = (
        (1, "route", "safety", 1_000_000, 0, False),
        (2, "rooms", "operations", 0, 0, False),
    )
    opened = TasksOpened(
        INCIDENT, "evacuate", "boot-1", rows, ("See that the way is safe.", "Ask each room.")
    )
    record = fold(
        made.state.record, NOON.plus(-120_000_000), Entry(opened, INCIDENT, Actor("rule"), INCIDENT)
    )
    made.state = replace(made.state, record=record)
    made.plan = replace(
        WIDER,
        tasks={
            "evacuate": (TaskPlan("route", "safety", "x"),),
            "lockdown": (TaskPlan("rooms", "operations", "y"),),
        },
    )
    served = await serve(made)

    text = plain((await served.get("/incidents/inc-1/post"))[1])

    assert "LATE" not in text
    assert "of Evacuate, which holds nowhere now" in text
    assert text.index("Ask each room.") < text.index("See that the way is safe.")


async def test_a_room_that_was_safe_before_what_holds_now_began_is_not_heard_from(serve: Serve) -> None:
    made = office(HS, "lockdown", hs="lockdown", b="hold-in-place")
    record = made.state.record
    for room, word, ago_us in ((D1, "safe", 60_000_000), (D2, "needs-help", 60_000_000), (D3, "safe", -5)):
        report = RoomReported(INCIDENT, room, word, 24)  # type: ignore[arg-type]
        record = fold(record, NOON.plus(-ago_us), Entry(report, INCIDENT, Actor("account:staff"), INCIDENT))
    made.state = replace(made.state, record=record)

    found = post_document(made.plan, made.state, INCIDENT, str)
    assert found is not None
    assert {one["room"] for one in found["rooms"]["heard"]} == {D2, D3}
    (before,) = [one for one in found["rooms"]["silent"] if one["room"] == D1]
    assert before["safe_before"] is not None
    assert found["people"] == {"counted": 48, "places": 2}
    served = await serve(made)
    text = plain((await served.get("/incidents/inc-1/post"))[1])
    assert f"{PLAN.doors[D1].name}, safe before, " in text


def exercised(*zones: ZoneId) -> Office:
    """A lockdown that is played in these zones, by the facts of it."""
    first, *more = zones
    state = quiet()
    record, rule = state.record, Actor("rule")
    facts: list[Fact] = [IncidentOpened(INCIDENT, "exercise", "lockdown", first, silent=False)]
    facts += [ExercisePlayed(INCIDENT, zone, "lockdown") for zone in more]
    for fact in facts:
        record = fold(record, NOON, Entry(fact, INCIDENT, rule, INCIDENT))
    return Office(state=replace(state, record=record))


async def test_an_exercise_in_two_zones_is_shown_in_both_and_in_no_third(serve: Serve) -> None:
    made = exercised(A, B)
    served = await serve(made)
    _, home = await served.get("/")
    assert "Building A, Building B." in plain_of(home)
    for zone in (A, B):
        assert f'id="zone-{zone}" class="zone depth-1 held exercise"' in home
    assert f'id="zone-{HS}" class="zone depth-0 held' not in home

    found = post_document(made.plan, made.state, INCIDENT, str)
    assert found is not None
    assert {one["room"] for one in found["rooms"]["silent"]} >= {D1, D2, D3}
    _, post = await served.get("/incidents/inc-1/post", "staff")
    assert 'id="zonestate-a"' in post
    assert 'id="zonestate-b"' in post


async def test_a_room_outside_of_an_exercise_is_in_none(serve: Serve) -> None:
    served = await serve(exercised(A))
    _, inside = await served.get(f"/classroom/{D1}", "staff")
    _, outside = await served.get(f"/classroom/{D3}", "staff")
    assert "EXERCISE" in plain(inside)
    assert "EXERCISE" not in plain(outside)


def plain_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


async def test_the_timeline_names_each_further_zone_of_an_exercise(serve: Serve) -> None:
    made = exercised(A, B)
    opened = {"id": "inc-1", "kind": "exercise", "response": "lockdown", "zone": "a", "silent": False}
    played = {"id": "inc-1", "zone": "b", "response": "lockdown"}
    made.journal = [recorded("incident.opened/1", 5, opened), recorded("exercise.played/1", 6, played)]
    _, page = await (await serve(made)).get("/incidents/inc-1")
    assert "EXERCISE Lockdown in Building B as well" in plain(page)
