"""What a page does: starts once, answers, notes, ends and releases, each by its right, and says what became of it."""

import asyncio

import pytest
from yarl import URL

from edge.control.desk import Reply
from edge.web.pages import forms
from rules.model.events import (
    AnswerAsked,
    CloseAsked,
    LockAsked,
    NoteAsked,
    ReleaseAsked,
    StartAsked,
    WalkTestAsked,
)
from rules.model.ids import IncidentId
from rules.model.kinds import DRILL, REAL
from tests.edge.campus import D1, D2, HS, PB, locked_down, quiet
from tests.edge.web.pages.conftest import Office, Serve
from tests.edge.web.pages.test_pages import waiting, with_silent

START = [("response", "lockdown"), ("zone", "hs"), ("key", "k-1")]
KEY = "pb-office-1786708560000"


async def test_a_start_is_real_and_sent_twice_it_is_one(serve: Serve) -> None:
    office = Office(state=locked_down({}), reply=Reply(True, incident=IncidentId("inc-1")))
    served = await serve(office)

    first = await served.post("/start", START, "staff")
    second = await served.post("/start", START, "staff")
    opened_anew = await served.post("/start", [*START[:2], ("key", "k-2")], "staff")

    assert {first[:2], second[:2], opened_anew[:2]} == {(303, "/incidents/inc-1")}
    assert len(office.asked) == 2
    asked = office.asked[0]
    assert isinstance(asked, StartAsked)
    assert (asked.response, asked.zones, asked.kind, asked.actor) == (
        "lockdown",
        (HS,),
        REAL,
        "account:staff",
    )


async def test_a_page_that_lay_open_starts_again_what_was_ended_meanwhile(serve: Serve) -> None:
    office = Office(state=locked_down({}), reply=Reply(True, incident=IncidentId("inc-1")))
    served = await serve(office)

    await served.post("/start", START, "staff")
    office.turn(quiet())
    await served.post("/start", START, "staff")

    assert len(office.asked) == 2


async def test_another_response_from_the_same_list_is_another_start(serve: Serve) -> None:
    office = Office()
    served = await serve(office)

    await served.post("/start", START)
    await served.post("/start", [("response", "secure"), *START[1:]])

    assert [one.response for one in office.asked if isinstance(one, StartAsked)] == ["lockdown", "secure"]


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/start", [("response", "nonsense")]),
        ("/start", [("response", "duress")]),
        ("/drills", [("response", "lockdown"), ("kind", "real")]),
        ("/drills", [("response", "lockdown")]),
        ("/start", [("response", "lockdown"), ("reason", "x" * 3_000)]),
        ("/start", [("response", "lockdown"), ("reason", "a\x1b[2J")]),
    ],
    ids=["no response", "silent", "real drill", "drill of no kind", "too long", "control characters"],
)
async def test_what_makes_no_sense_starts_nothing(
    serve: Serve, path: str, form: list[tuple[str, str]]
) -> None:
    office = Office()
    served = await serve(office)

    role = "staff" if path == "/start" else "administrator"
    status, _, _ = await served.post(path, form, role)

    assert status == 422
    assert office.asked == []


async def test_a_drill_is_started_by_its_own_page_and_right(serve: Serve) -> None:
    office = Office()
    served = await serve(office)

    refused, _, _ = await served.post("/drills", [*START, ("kind", "drill")], "staff")
    await served.post("/drills", [*START, ("kind", "drill")])

    assert refused == 403
    assert [one.kind for one in office.asked if isinstance(one, StartAsked)] == [DRILL]


async def test_what_became_of_it_is_said_once(serve: Serve) -> None:
    office = Office(reply=Reply(False, "real_incident_live"))
    served = await serve(office)
    await served.post("/drills", [*START, ("kind", "drill")])

    _, said = await served.get("/")
    _, again = await served.get("/")

    assert "A real incident is live; nothing was started." in said
    assert "A real incident is live; nothing was started." not in again


async def test_a_start_that_is_not_on_disk_says_so(serve: Serve) -> None:
    served = await serve(Office(reply=Reply(True, durable=False)))
    await served.post("/start", START)

    _, said = await served.get("/")

    assert "Lockdown started" in said
    assert "The disk takes nothing now" in said


async def test_a_note_that_is_not_on_disk_is_not_said_to_be_in_the_record(serve: Serve) -> None:
    served = await serve(Office(state=locked_down({D1: "secured"}), reply=Reply(True, durable=False)))
    await served.post("/incidents/inc-1/notes", [("text", "x"), ("key", "k")])

    _, said = await served.get("/")

    assert "The note is taken. The disk takes nothing now, so this is not in the record yet." in said
    assert "The note is in the record." not in said


async def test_an_unanswered_press_is_started_with_one_touch_and_dismissed_with_a_reason(
    serve: Serve,
) -> None:
    office = Office(state=waiting(quiet()))
    served = await serve(office)
    _, home = await served.get("/", "staff")
    assert f'value="{KEY}"' in home

    await served.post("/presses/start", [("press", KEY)], "staff")
    silent, _, text = await served.post("/presses/dismiss", [("press", KEY)])
    refused, _, _ = await served.post("/presses/dismiss", [("press", KEY), ("reason", "test")], "staff")
    await served.post("/presses/dismiss", [("press", KEY), ("reason", "Checked: nobody there")])

    answers = [one for one in office.asked if isinstance(one, AnswerAsked)]
    assert [(one.press, one.start, one.reason) for one in answers] == [
        (1, True, ""),
        (1, False, "Checked: nobody there"),
    ]
    assert (silent, refused) == (422, 403)
    assert "Write why it was nothing." in text


async def test_a_session_that_ran_out_starts_what_its_role_may_know_of_and_dismisses_nothing(
    serve: Serve,
) -> None:
    """A silent press that was shown before it ran out; it is shown no more, and who may not know of it starts nothing."""
    office = Office(state=with_silent(quiet()))
    served = await serve(office)
    key = [("press", f"{PB}-{KEY.rpartition('-')[2][:-6]}800000")]

    _, hidden = await served.get("/sign-in", "administrator--lapsed")
    await served.post("/presses/start", key, "administrator--lapsed")
    await served.post("/presses/start", key, "staff")
    dismissed, _, _ = await served.post("/presses/dismiss", [*key, ("reason", "x")], "administrator--lapsed")
    started, _, _ = await served.post("/start", [("response", "duress")], "administrator--lapsed")
    refused, _, _ = await served.post("/start", [("response", "duress")], "staff--lapsed")

    assert "/presses/start" not in hidden
    assert [(type(one), one.actor) for one in office.asked] == [
        (AnswerAsked, "account:administrator"),
        (StartAsked, "account:administrator"),
    ]
    assert (dismissed, started, refused) == (401, 303, 422)


async def test_where_a_session_that_ran_out_starts_it_is_shown_nothing_of_what_is_live(serve: Serve) -> None:
    served = await serve(Office(state=locked_down({D1: "secured"})))
    status, lapsed = await served.get("/start", "administrator--lapsed")
    _, known = await served.get("/start", "administrator")
    assert (status, "/incidents/inc-1" in known) == (200, True)
    assert "inc-1" not in lapsed
    assert "Building" not in lapsed.partition("<main")[0]


async def test_a_press_that_was_answered_before_is_said_to_be(serve: Serve) -> None:
    office = Office()
    served = await serve(office)

    await served.post("/presses/start", [("press", KEY)])

    assert office.asked == []
    assert "Somebody answered this press before." in (await served.get("/"))[1]


async def test_a_note_is_written_into_a_live_incident(serve: Serve) -> None:
    office = Office(state=locked_down({D1: "secured"}))
    served = await serve(office)

    await served.post(
        "/incidents/inc-1/notes", [("text", "SRO at east gate,\nwalking to gym"), ("key", "n")], "staff"
    )
    missing, _, _ = await served.post("/incidents/inc-2/notes", [("text", "x")], "staff")
    viewer, _, _ = await served.post("/incidents/inc-1/notes", [("text", "x")], "viewer")

    assert [one.text for one in office.asked if isinstance(one, NoteAsked)] == [
        "SRO at east gate,\nwalking to gym"
    ]
    assert (missing, viewer) == (404, 403)


async def test_a_note_for_a_silent_incident_is_answered_like_one_for_none(serve: Serve) -> None:
    office = Office(state=with_silent(quiet()))
    served = await serve(office)

    silent = await served.post("/incidents/inc-silent/notes", [("text", "x")], "staff")
    none = await served.post("/incidents/inc-none/notes", [("text", "x")], "staff")

    assert silent == none
    assert silent[0] == 404
    assert office.asked == []


@pytest.mark.parametrize(
    ("form", "ends"),
    [
        ([("reason", "over")], False),
        ([("reason", "over"), ("word", "ends")], False),
        ([("reason", "over"), ("word", "end")], True),
        ([("reason", "over"), ("held", "held")], True),
    ],
    ids=["a touch", "another word", "typed", "held"],
)
async def test_an_incident_is_ended_by_holding_or_by_a_typed_word(
    serve: Serve, form: list[tuple[str, str]], ends: bool
) -> None:
    office = Office(state=locked_down({D1: "secured"}))
    served = await serve(office)

    _, _, text = await served.post("/close", [*form, ("seen", "inc-1 lockdown")])

    assert [one.reason for one in office.asked if isinstance(one, CloseAsked)] == (["over"] if ends else [])
    assert ends or 'name="reason" maxlength="200" autocomplete="off" value="over"' in text


async def test_a_form_that_lay_open_while_something_began_or_rose_ends_nothing(serve: Serve) -> None:
    state = locked_down({D1: "secured"})
    office = Office(state=state)
    served = await serve(office)
    _, page = await served.get("/close")
    held = [("reason", "over"), ("held", "held")]

    assert 'name="seen" value="inc-1 lockdown"' in page
    for seen in ([], [("seen", "inc-1 secure")], [("seen", "inc-0 lockdown")]):
        status, _, text = await served.post("/close", [*held, *seen])
        assert status == 422
        assert "Nothing was ended: look, then end it." in text
        assert 'value="over"' in text
    assert office.asked == []


async def test_a_release_needs_a_factor_names_a_reason_and_a_hold(serve: Serve) -> None:
    office = Office(state=locked_down({D1: "secured", D2: "secured"}))
    served = await serve(office)
    whole = [("door", D1), ("reason", "responder inside"), ("held", "held"), ("key", "r")]

    closed = await served.post("/release", whole)
    assert closed[1] == "/release"
    assert "The five minutes are over" in (await served.get("/release"))[1]
    wrong, _, text = await served.post("/release/open", [("code", "000000")])
    assert (wrong, "does not fit" in text) == (422, True)
    opened, place, _ = await served.post("/release/open", [("code", "123 456")])
    assert (opened, place) == (303, "/release")
    for left_out in ("door", "reason", "held"):
        status, _, text = await served.post("/release", [one for one in whole if one[0] != left_out])
        assert (status, "No door was released." in text) == (422, True)
    assert office.asked == []

    await served.post("/release", whole)

    asked = office.asked[0]
    assert isinstance(asked, ReleaseAsked)
    assert (asked.doors, asked.reason) == ((D1,), "responder inside")
    assert "returns to its rest" in (await served.get("/release"))[1]


async def test_what_is_held_back_is_said_by_the_doors_names_and_each_reason_once(serve: Serve) -> None:
    held = (("held", f"{D1}:latched_active, {D2}:latched_active"),)
    served = await serve(
        Office(state=locked_down({D1: "secured", D2: "secured"}), reply=Reply(False, "held", held))
    )
    await served.post("/release/open", [("code", "123 456")])

    form = [("door", D1), ("door", D2), ("reason", "why"), ("held", "held"), ("key", "r")]
    await served.post("/release", form)
    _, page = await served.get("/release")

    assert "Held back: Room 101, Room 102. Fire alarm: this fire door stays latched." in page
    assert page.count("stays latched") == 1


async def test_a_program_releases_nothing(serve: Serve) -> None:
    office = Office(state=locked_down({D1: "secured"}))
    office.people.left_s = 300
    served = await serve(office)

    async with served.client.post(
        served.url + "/release",
        data={"door": D1, "reason": "x", "held": "held"},
        headers={"Authorization": "Bearer administrator"},
    ) as answer:
        assert answer.status == 403
    assert office.asked == []


async def test_a_door_is_locked_from_its_page(serve: Serve) -> None:
    office = Office()
    served = await serve(office)

    refused, _, _ = await served.post(f"/doors/{D1}/lock", [], "staff")
    await served.post(f"/doors/{D1}/lock", [("reason", "visitor")])

    assert refused == 403
    assert [(one.doors, one.reason) for one in office.asked if isinstance(one, LockAsked)] == [
        ((D1,), "visitor")
    ]


async def test_a_walk_test_names_buttons_minutes_and_a_person(serve: Serve) -> None:
    office = Office()
    served = await serve(office)

    nobody, _, _ = await served.post("/walk-test", [("minutes", "10"), ("person", "R. Diaz")], "technician")
    await served.post("/walk-test", [("button", PB), ("minutes", "10"), ("person", "R. Diaz")], "technician")

    assert nobody == 422
    asked = office.asked[0]
    assert isinstance(asked, WalkTestAsked)
    assert (asked.buttons, asked.minutes, asked.person) == ((PB,), 10, "R. Diaz")


async def test_a_form_from_elsewhere_does_nothing(serve: Serve) -> None:
    office = Office()
    served = await serve(office)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://evil.example"},
        {},
        # What a browser sends for https://a:b@box/start: no token, and the cookie counts.
        {"Sec-Fetch-Site": "same-site", "Authorization": "Basic YTpi"},
        {"Sec-Fetch-Site": "cross-site", "Authorization": ""},
    ):
        async with served.client.post(
            served.url + "/start", data=dict(START), headers={"Cookie": "campus-edge=staff", **headers}
        ) as answer:
            assert answer.status == 403
    assert office.asked == []


async def test_signing_in_gives_a_cookie_that_no_script_reads_and_out_ends_it(serve: Serve) -> None:
    served = await serve(Office())

    wrong, _, text = await served.post("/sign-in", [("name", "staff"), ("password", "<b>x")], None)
    async with served.client.post(
        served.url + "/sign-in",
        data={"name": "staff", "password": "right"},
        headers={"Sec-Fetch-Site": "same-origin"},
        allow_redirects=False,
    ) as answer:
        cookie = answer.headers["Set-Cookie"]
    await served.post("/sign-out", [], "staff")

    assert (wrong, "Check all three." in text, "<b>x" in text) == (422, True, False)
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert (await served.get("/doors", "staff"))[0] == 303


async def test_signing_in_anew_ends_the_session_that_the_browser_had(serve: Serve) -> None:
    office = Office()
    served = await serve(office)
    form = [("name", "staff"), ("password", "right")]

    await served.post("/sign-in", [("name", "staff"), ("password", "wrong")], "technician--lapsed")
    kept = set(office.people.revoked)
    await served.post("/sign-in", form, "technician--lapsed")

    assert kept == set()
    assert office.people.revoked == {"technician--lapsed"}


async def test_a_form_that_does_not_come_in_time_holds_no_place(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "BODY_S", 0.1)
    served = await serve(Office())
    url = URL(served.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(
        b"POST /sign-in HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 100\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\nname="
    )

    answer = await asyncio.wait_for(reader.readline(), 5)
    writer.close()

    assert b" 408 " in answer


async def test_the_first_administrator_is_made_once(serve: Serve) -> None:
    office = Office()
    office.people.needs_set_up = True
    served = await serve(office)
    form = [("name", "R. Diaz"), ("password", "a"), ("again", "a")]

    assert "Set-up code" in (await served.get("/set-up", None))[1]
    wrong = await served.post("/set-up", [("code", "wrong"), *form], None)
    differs = await served.post("/set-up", [("code", "right"), *form[:2], ("again", "b")], None)
    right = await served.post("/set-up", [("code", "right"), *form], None)
    office.people.needs_set_up = False
    late = await served.post("/set-up", [("code", "right"), *form], None)

    assert [one[0] for one in (wrong, differs, right, late)] == [422, 422, 200, 409]
    assert "ABCDE-FGHJK" in right[2]


async def test_what_became_of_it_is_said_on_the_page_that_is_looked_at_and_not_to_a_script(
    serve: Serve,
) -> None:
    served = await serve(Office(state=locked_down({D1: "secured"})))
    await served.post("/incidents/inc-1/notes", [("text", "x"), ("key", "k")])

    _, fetched = await served.get("/", **{"X-Requested-With": "fetch"})
    _, page = await served.get("/")
    _, again = await served.get("/")

    assert [one.count("The note is in the record.") for one in (fetched, page, again)] == [0, 1, 0]
