"""Every page, as every kind of visitor gets it: its time, its words, what it hides, and what hostile names become."""

import asyncio
import re
from dataclasses import replace
from typing import Literal

import pytest

from edge.control.desk import Reply
from edge.web.pages import looking
from edge.web.pages.replies import told
from edge.web.routes import ROUTES
from rules.model.ids import ButtonId, IncidentId
from rules.model.verdicts import VerdictWord
from rules.rights import GIVEN, Role
from rules.state import Flag, Incident, State, Unanswered
from tests.edge.campus import D1, D2, D3, HS, NOON, PB, PB_WIRED, A, locked_down, quiet
from tests.edge.web.pages.conftest import Office, Serve

HOSTILE = "\"><script>alert(1)</script><b x='{{7*7}} onload=1"
PATHS = (
    "/", "/doors", f"/doors/{D1}", "/buttons", f"/buttons/{PB}", "/inputs", "/controllers", "/controllers/plc-east",
    "/flags", "/incidents", "/walk-test", "/drills", "/release", "/start", "/close", "/account", "/sign-in", "/set-up",
)  # fmt: skip


def hostile(office: Office) -> None:
    """Every name of the campus is an attack."""
    plan = office.plan
    office.plan = replace(
        plan,
        zones={one: replace(zone, name=HOSTILE) for one, zone in plan.zones.items()},
        doors={one: replace(door, name=HOSTILE) for one, door in plan.doors.items()},
        buttons={one: replace(button, name=HOSTILE, room=HOSTILE) for one, button in plan.buttons.items()},
    )


def broken() -> State:
    return locked_down({D1: "secured", D2: "not_latched", D3: "stale"})


def with_silent(state: State) -> State:
    """A duress incident and an unanswered duress press beside what is."""
    silent = Incident(IncidentId("inc-silent"), "real", "duress", A, True, NOON)
    press = Unanswered(7, PB, "p-7", "duress", A, "too_old", NOON)  # type: ignore[arg-type]
    record = replace(
        state.record, incidents={**state.record.incidents, silent.id: silent}, unanswered={7: press}
    )
    return replace(state, record=record)


def waiting(state: State) -> State:
    press = Unanswered(1, ButtonId("pb-office"), "p-1", "lockdown", HS, "too_old", NOON.plus(-240_000_000))  # type: ignore[arg-type]
    return replace(state, record=replace(state.record, unanswered={1: press}))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("state", [quiet, broken], ids=["quiet", "lockdown"])
async def test_hostile_names_are_text_on_every_page(serve: Serve, path: str, state: object) -> None:
    assert callable(state)
    office = Office(state=waiting(state()))
    hostile(office)
    office.people.left_s = 200
    served = await serve(office)

    status, text = await served.get(path)

    assert status in (200, 303)
    assert "<script>alert" not in text
    assert "49" not in re.findall(r"\b49\b", text)
    assert not re.search(r"<[^>]*\sonload=", text)


@pytest.mark.parametrize("path", [one for one in PATHS if one not in ("/sign-in", "/set-up")])
async def test_every_page_says_how_old_what_it_shows_is_without_a_script(serve: Serve, path: str) -> None:
    served = await serve(Office())

    _, text = await served.get(path)

    assert "As of 07:00:00 -05:00, does not update" in text
    assert ">Reload</a>" in text


@pytest.mark.parametrize("role", sorted(GIVEN))
async def test_a_page_offers_what_its_visitor_may_do_and_no_more(serve: Serve, role: Role) -> None:
    office = Office(state=waiting(broken()))
    served = await serve(office)

    _, text = await served.get("/", role)

    may = office.rights.rights[role]
    assert ('action="/start"' in text) is ("start" in may)
    assert ('href="/release"' in text) is ("release" in may)
    assert ('href="/close"' in text) is ("close" in may)
    assert ('href="/drills"' in text) is ("start-drill" in may)
    assert ("/notes" in text) is ("note" in may)


async def test_home_turns_into_the_incident_and_its_title_says_so(serve: Serve) -> None:
    served = await serve(Office(state=broken()))

    _, home = await served.get("/")
    _, doors = await served.get("/doors")

    assert "<title>Lockdown · Lincoln High School</title>" in home
    assert 'data-screen="incident"' in home
    assert '<a class="band" href="/incidents/inc-1">' in doors
    assert "<title>Lockdown · " in doors


async def test_a_drill_says_drill_first_and_a_real_one_carries_no_mark(serve: Serve) -> None:
    served = await serve(Office(state=locked_down({D1: "secured"}, kind="drill")))
    real = await serve(Office(state=locked_down({D1: "secured"})))

    _, drill = await served.get("/")
    _, text = await real.get("/")

    assert "<title>DRILL Lockdown" in drill
    assert re.search(r'class="word"><span class="d">DRILL</span> Lockdown', drill)
    assert "DRILL" not in text
    assert 'class="mark' not in text


async def test_the_real_list_starts_no_drill_and_the_page_of_drills_nothing_real(serve: Serve) -> None:
    served = await serve(Office())

    _, home = await served.get("/")
    _, drills = await served.get("/drills")

    assert not re.search(r'<form class="sheet".*?drill.*?</form>', home, re.DOTALL | re.IGNORECASE)
    assert 'action="/start"' not in drills


async def test_a_silent_incident_is_shown_to_the_duress_right_alone(serve: Serve) -> None:
    office = Office(state=with_silent(quiet()))
    served = await serve(office)

    for role in ("staff", "technician", "viewer", "device"):
        for path in ("/", "/incidents", "/flags", f"/buttons/{PB}"):
            _, text = await served.get(path, role)
            assert "uress" not in text, (role, path)
            assert "Press not answered" not in text
        hidden, missing = await served.get("/incidents/inc-silent", role)
        nowhere, absent = await served.get("/incidents/inc-nowhere", role)
        assert (hidden, missing) == (nowhere, absent)
        assert hidden == 404
    _, text = await served.get("/")
    assert "Silent duress" in text
    assert "Press not answered" in text


async def test_a_silent_incident_in_the_record_is_no_row_of_others(serve: Serve) -> None:
    office = Office()
    line = {"incident": "inc-9", "kind": "real", "response": "duress", "zone": "a", "silent": 1,
            "zones": "[]", "opened_at": "2026-08-14T11:00:00.000000Z", "closed_at": "2026-08-14T11:10:00.000000Z"}  # fmt: skip
    office.record.found = [line]
    served = await serve(office)

    assert "No incident is in the record." in (await served.get("/incidents", "staff"))[1]
    assert (await served.get("/incidents/inc-9", "staff"))[0] == 404
    assert "inc-9" in (await served.get("/incidents"))[1]
    assert (await served.get("/incidents/inc-9"))[0] == 200


@pytest.mark.parametrize("disk", ["hangs", "refuses"])
async def test_pages_stand_with_the_disk_hanging(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, disk: Literal["hangs", "refuses"]
) -> None:
    monkeypatch.setattr(looking, "RECORD_S", 0.05)
    office = Office(state=broken(), disk=disk)
    served = await serve(office)

    async with asyncio.timeout(5):
        _, incident = await served.get("/")
        _, door = await served.get(f"/doors/{D1}")
        _, record = await served.get("/incidents")

    assert "doors NOT SECURED" in incident
    assert "The record cannot be read now" in incident
    assert "comes from memory" in door
    assert "The record cannot be read now" in record


async def test_what_is_live_and_not_on_disk_is_not_said_to_be_nothing(serve: Serve) -> None:
    _, live = await (await serve(Office(state=broken()))).get("/incidents")
    _, calm = await (await serve(Office())).get("/incidents")

    assert "What is live is not in the record yet." in live
    assert "No incident is in the record." not in live
    assert "No incident is in the record." in calm


@pytest.mark.parametrize("verdict", ["stale", "unknown", "no_answer", "unconfirmed"])
async def test_what_is_not_known_counts_as_not_secured_and_is_dashed(
    serve: Serve, verdict: VerdictWord
) -> None:
    served = await serve(Office(state=locked_down({D1: "secured", D2: verdict})))

    _, text = await served.get("/")

    assert re.search(r"<b>1</b><span>door NOT SECURED</span>", text)
    assert '<b class="v-unk">1 not known</b>' in text
    assert 'class="b-u"' in text


async def test_not_armed_is_said_on_every_page_with_why_and_what_works(serve: Serve) -> None:
    state = quiet()
    served = await serve(Office(state=replace(state, live=replace(state.live, controllers={}))))

    for path in ("/", "/doors", "/flags"):
        _, text = await served.get(path)
        assert "NOT ARMED since" in text
        assert "No door controller answers." in text


async def test_a_session_that_ran_out_finds_the_way_to_start_and_nothing_else(serve: Serve) -> None:
    office = Office(state=broken())
    served = await serve(office)

    status, _ = await served.get("/", "staff--lapsed")
    _, sign_in = await served.get("/sign-in", "staff--lapsed")
    started, _, _ = await served.post(
        "/start", [("response", "lockdown"), ("zone", "hs"), ("key", "k")], "staff--lapsed"
    )
    note, _, _ = await served.post("/incidents/inc-1/notes", [("text", "x")], "staff--lapsed")

    assert status == 303
    assert "Starting a response still works" in sign_in
    assert 'action="/start"' in sign_in
    assert "NOT SECURED" not in sign_in
    assert (started, note) == (303, 401)
    assert [type(one).__name__ for one in office.asked] == ["StartAsked"]


async def test_nobody_signed_in_sees_nothing_of_the_campus(serve: Serve) -> None:
    served = await serve(Office(state=broken()))

    _, text = await served.get("/sign-in", None)

    assert (await served.get("/doors", None))[0] == 303
    assert (await served.get("/events/page?screen=campus", None))[0] == 401
    for secret in ("Lincoln", "LOCKDOWN", "Room", 'action="/start"'):
        assert secret not in text


async def test_a_problem_is_a_page_for_people_and_a_document_for_programs(serve: Serve) -> None:
    served = await serve(Office())

    status, page = await served.get("/doors/nowhere")
    _, problem = await served.get("/doors/nowhere", Accept="application/json")

    assert status == 404
    assert "Doors and buttons work on" in page
    assert '"status": 404' in problem
    assert not re.search(r"\b(error|exception|invalid)\b", page, re.IGNORECASE)


async def test_a_person_is_refused_in_words_that_say_whom_to_ask_and_without_those_of_http(
    serve: Serve,
) -> None:
    served = await serve(Office())

    _, theirs = await served.get("/close", "staff")
    _, nowhere = await served.get("/no/such/page")
    status, answered = await served.get("/release/open")
    _, program = await served.get("/release/open", Accept="application/json")

    assert "Your role may not end an incident. Nothing was done: ask an administrator." in theirs
    assert "There is no page at this address." in nowhere
    assert (status, "does not open again" in answered, "POST" in answered) == (405, True, False)
    assert "This address takes POST." in program


async def test_files_are_kept_by_browsers_and_found_over_an_upgrade(serve: Serve) -> None:
    served = await serve(Office())
    _, home = await served.get("/")
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', home)

    assert len(found) == 3
    for path in found:
        async with served.client.get(served.url + path) as answer:
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer.status == 200
    async with served.client.get(served.url + "/static/of-last-year/page.css") as answer:
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    assert (await served.get("/static/x/secrets"))[0] == 404


async def test_a_first_view_is_below_100_kb(serve: Serve) -> None:
    served = await serve(Office(state=broken()))
    async with served.client.get(
        served.url + "/", headers={"Cookie": "campus-edge=administrator"}, auto_decompress=False
    ) as answer:
        page = len(await answer.read())

    assert page < 60_000


def test_only_signing_in_and_the_first_set_up_are_pages_for_everybody() -> None:
    opened = {one.path for one in ROUTES if one.right == "open" and one.page}

    # The label on a thing is for whoever stands before it, from the campus's own networks alone.
    assert opened == {"/sign-in", "/sign-out", "/set-up", "/welcome", "/a/{id}", "/a/{id}/fault"}


async def test_the_plot_of_a_door_has_the_same_as_a_list(serve: Serve) -> None:
    office = Office()
    office.record.past = [
        {"at": "2026-08-14T11:00:00.000000Z", "verdict": "closed_locked", "code": ""},
        {"at": "2026-08-14T05:00:00.000000Z", "verdict": "stale", "code": ""},
    ]
    served = await serve(office)

    _, text = await served.get(f"/doors/{D1}")

    assert text.count('<rect class="p-') == 2
    assert "2026-08-14 06:00:00 -05:00" in text
    assert "2 changes of verdict" in text


async def test_an_exercise_is_shown_in_its_zones_and_said_to_move_no_lock(serve: Serve) -> None:
    state = locked_down({}, kind="exercise")
    served = await serve(Office(state=replace(state, record=replace(state.record, zones={}))))

    _, text = await served.get("/")

    assert re.search(
        rf'id="zone-{A}" class="zone depth-1 held exercise".*exercise</b> <b class="up">Lockdown', text
    )
    assert "An exercise moves no lock." in text
    assert "This response locks no door" not in text


async def test_orders_that_outlast_their_incident_are_said_at_home(serve: Serve) -> None:
    state = locked_down({D1: "closed_locked", D2: "closed_locked"})
    over = replace(state, record=replace(state.record, zones={}, incidents={}))

    _, text = await (await serve(Office(state=over))).get("/")
    _, quietly = await (await serve(Office())).get("/")

    assert "2 doors are held by an order now." in text
    assert "held by an order" not in quietly


async def test_a_wired_button_of_a_controller_that_is_away_is_no_cause_of_its_own(serve: Serve) -> None:
    state = quiet()
    named = (("controller_down", "plc-east"), ("button_silent", PB_WIRED))
    raised = {(code, subject): Flag(code, subject, (), NOON) for code, subject in named}
    served = await serve(Office(state=replace(state, record=replace(state.record, flags=raised))))

    _, flags = await served.get("/flags")
    _, buttons = await served.get("/buttons")

    assert "1 door or input with it." in flags
    assert "is silent" not in flags
    row = buttons.partition(f'id="button-{PB_WIRED}"')[2].partition("</li>")[0]
    assert "battery" not in row


async def test_the_end_claims_of_no_door_that_it_is_locked() -> None:
    said = told(Reply(True, args=(("doors_still_locked", 23),)), "Ended.")

    assert said == "Ended. 23 doors stay told to lock: release each by name."
