"""The coordinator's, the responders' and the teacher's page: what each says of a campus of values, and what their forms ask."""

import re
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from edge.control.desk import Reply
from edge.people.book import Account
from edge.web.pages.post_line import post_line
from edge.web.pages.scene import scene
from edge.web.pages.times import zone_of
from rules.model.events import NoteAsked
from rules.model.facts import Entry, Fact, NoteWritten
from rules.model.ids import Actor, IncidentId, OutputId
from rules.model.moments import MINUTE_US
from rules.model.post_asks import RespondingAsked, RoleAsked, RoomAsked, TaskAddAsked, TaskAsked
from rules.model.post_facts import (
    ResponderMarked,
    RoleHandedOver,
    RoomReported,
    TaskOverdue,
    TasksOpened,
    TaskTurned,
)
from rules.model.screens import RoomHeard, RoomName, ScreenWord
from rules.plan import OutputPlan, RolePlan
from rules.record import fold
from rules.rooms import rooms_of
from rules.state import State
from tests.edge.campus import D1, D2, D3, NOON, PLAN, locked_down, quiet
from tests.edge.web.pages.conftest import Office, Serve, recorded
from tests.edge.web.pages.test_pages import HOSTILE, with_silent

LIVE = IncidentId("inc-1")
ROOM = next(iter(rooms_of(PLAN)))
OPENED = TasksOpened(
    LIVE,
    "lockdown",
    "boot",
    (
        (1, "call", "incident-commander", MINUTE_US, 0, False),
        (2, "rooms", "operations", 0, 0, False),
        (3, "media", "public-information", 30 * MINUTE_US, 30 * MINUTE_US, True),
    ),
    ("Make sure that 911 was called.", "Ask the rooms.", "Statement to the media."),
)


def said(*facts: Fact, by: str = "account:staff", kind: str = "real", ago_us: int = 2 * MINUTE_US) -> State:
    """A lockdown in which this was said at its post, some minutes before noon."""
    state = locked_down({D1: "secured", D2: "not_latched", D3: "stale"}, kind=kind)  # type: ignore[arg-type]
    began = {zone: replace(own, since=NOON.plus(-5 * MINUTE_US)) for zone, own in state.record.zones.items()}
    record = replace(state.record, zones=began)
    for fact in facts:
        record = fold(record, NOON.plus(-ago_us), Entry(fact, "x", Actor(by), LIVE))
    return replace(state, record=record)


def plain(html: str) -> str:
    """The words of a page, as one line."""
    body = html[html.index("<main") : html.index("</main>")]
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def office(*facts: Fact, **how: Any) -> Office:
    made = Office(state=said(*facts, **how))
    book = made.people.registrar.book.with_account(Account("account:staff", "Kim Staff", "staff", "$none$"))
    made.people.registrar.book = book
    return made


# --- the coordinator's page ---------------------------------------------------------------------


async def test_that_nobody_coordinates_is_said_loudly_with_whom_to_call(serve: Serve) -> None:
    here = office(OPENED)
    here.plan = replace(here.plan, roles={"incident-commander": RolePlan("R. Diaz", ("J. Ott", "M. Lee"))})
    served = await serve(here)

    _, html = await served.get("/incidents/inc-1/post", "staff")
    _, incident = await served.get("/incidents/inc-1", "viewer")

    assert "NOBODY COORDINATES. Take the role, or call R. Diaz, then J. Ott, then M. Lee." in plain(html)
    assert 'role="alert" id="vacant"' in html
    assert "NOBODY COORDINATES." in plain(incident)


async def test_who_holds_a_role_since_when_and_that_they_respond_too(serve: Serve) -> None:
    both = RoleHandedOver(
        LIVE, "incident-commander", Actor(""), Actor("account:staff"), True, "", "", "alone"
    )
    served = await serve(office(OPENED, both, ResponderMarked(LIVE, Actor(""), True, False, "Officer Lee")))

    text = plain((await served.get("/incidents/inc-1/post"))[1])

    assert "NOBODY" not in text
    assert "Incident commander Kim Staff since 06:58:00 · alone COORDINATES AND RESPONDS" in text
    assert "Responding: Officer Lee since 06:58:00" in text


async def test_tasks_stand_by_role_the_late_one_first_and_who_has_which(serve: Serve) -> None:
    served = await serve(office(OPENED, TaskTurned(LIVE, 2, "taken", "boot"), TaskOverdue(LIVE, 1)))

    html = (await served.get("/incidents/inc-1/post"))[1]
    text = plain(html)

    assert "LATE since 06:59:00" in text
    assert text.index("Make sure that 911") < text.index("Ask the rooms.")
    assert "Operations · taken by Kim Staff, 06:58:00" in text
    assert "Statement to the media. due 07:28:00 Public information · again every 30 min" in text
    assert "2 to do, 0 over" in text


async def test_what_is_over_is_not_in_the_way_and_erased_words_are_said(serve: Serve) -> None:
    bare = TasksOpened(LIVE, None, "boot", ((9, "", "safety", 0, 0, False),), ())
    done = TaskTurned(LIVE, 2, "not-applicable", "boot", "no room is open")
    served = await serve(office(OPENED, bare, done))

    text = plain((await served.get("/incidents/inc-1/post"))[1])

    assert "1 that is over" in text
    assert "does not apply by Kim Staff, 06:58:00 · no room is open" in text
    assert "The words of this task were erased." in text


async def test_rooms_not_heard_from_are_not_known_and_calls_come_first(serve: Serve) -> None:
    served = await serve(
        office(
            OPENED,
            RoomReported(LIVE, ROOM, "safe", 24),
            RoomReported(LIVE, "", "injured", None, "by the gym"),
        )
    )

    html = (await served.get("/incidents/inc-1/post"))[1]
    text = plain(html)

    assert text.index("by the gym") < text.index("All here, safe 24 people")
    assert "Not heard from: treat as not known." in text
    assert "24 people counted in 1 place; of others nothing is known." in text
    assert f'id="silent-{ROOM}"' not in html


async def test_that_nothing_is_known_of_people_is_said(serve: Serve) -> None:
    served = await serve(office(OPENED))
    assert "How many people where: not known." in plain((await served.get("/incidents/inc-1/post"))[1])
    assert "Not known" in plain((await served.get("/incidents/inc-1/responder"))[1])


async def test_notes_have_an_author_and_a_time_the_newest_first(serve: Serve) -> None:
    served = await serve(office(OPENED, NoteWritten(LIVE, "first"), NoteWritten(LIVE, "police at the gate")))

    text = plain((await served.get("/incidents/inc-1/post"))[1])

    assert text.index("police at the gate Kim Staff") < text.index("first Kim Staff")


async def test_whatever_people_wrote_is_text_on_every_page_of_the_post(serve: Serve) -> None:
    evil = office(
        TasksOpened(LIVE, None, "boot", ((1, "", "safety", 0, 0, False),), (HOSTILE,)),
        TaskTurned(LIVE, 1, "taken", "boot", HOSTILE),
        RoleHandedOver(LIVE, "safety", Actor(""), Actor(""), False, HOSTILE, "", HOSTILE),
        ResponderMarked(LIVE, Actor(""), True, False, HOSTILE, HOSTILE),
        RoomReported(LIVE, "", "injured", 3, HOSTILE),
        NoteWritten(LIVE, HOSTILE),
    )
    evil.plan = replace(evil.plan, responder_access=HOSTILE, roles={"finance": RolePlan(HOSTILE)})
    served = await serve(evil)
    for path in ("/incidents/inc-1/post", "/incidents/inc-1/responder", f"/classroom/{ROOM}", "/classroom"):
        status, text = await served.get(path)
        assert status == 200
        assert "<script>alert" not in text
        # A name that stands in an attribute stays within its quotes.
        assert not re.search(r"<[^>]*\sonload=", re.sub(r'"[^"]*"', '""', text))


async def test_only_its_roles_see_the_post_and_follow_its_stream(serve: Serve) -> None:
    served = await serve(office(OPENED))
    for path in ("/incidents/inc-1/post", "/events/page?screen=post&of=inc-1"):
        assert (await served.get(path, "viewer"))[0] == 403
    assert (await served.get("/incidents/inc-1/responder", "staff"))[0] == 403
    assert (await served.get("/events/page?screen=responder&of=inc-1", "staff"))[0] == 403
    incident = plain((await served.get("/incidents/inc-1", "viewer"))[1])
    assert "Make sure that 911" not in incident


def answered_on_screens(here: Office, words: dict[str, ScreenWord]) -> Office:
    """Screens in this campus's rooms, and what was said on them during the lockdown."""
    screens = OutputPlan(OutputId("screens"), "screens", PLAN.campus, None, "2026-08-14", rooms=tuple(words))
    here.plan = replace(here.plan, outputs={**here.plan.outputs, screens.id: screens})
    record = here.state.record
    for number, (room, word) in enumerate(words.items()):
        fact = RoomHeard(RoomName(room), screens.id, 1, word)
        record = fold(record, NOON.plus(number - MINUTE_US), Entry(fact, "x", Actor("token:screen"), LIVE))
    here.state = replace(here.state, record=record)
    return here


async def test_a_room_that_answered_on_its_screen_is_heard_and_one_whose_screen_only_drew_is_not(
    serve: Serve,
) -> None:
    name = rooms_of(PLAN)[ROOM].name
    drew = await serve(answered_on_screens(office(OPENED), {name: "shown"}))
    asks = await serve(answered_on_screens(office(OPENED), {name: "help", "Attic": "safe"}))

    assert f'id="silent-{ROOM}"' in (await drew.get("/incidents/inc-1/post", "staff"))[1]
    _, html = await asks.get("/incidents/inc-1/post", "staff")
    text = plain(html)

    assert f'id="silent-{ROOM}"' not in html
    assert '<strong class="v-act">Needs help</strong>' in html
    assert text.index("Needs help") < text.index("Attic"), "a call for help stands above all else"
    assert "said by somebody at the screen there" in text
    assert "How many people where: not known." in text, "a screen counts nobody"
    _, incident = await asks.get("/incidents/inc-1", "viewer")
    assert "1 place asks for help or misses somebody" in plain(incident)


async def test_a_screen_that_says_safe_does_not_hide_a_person_who_calls_for_help(serve: Serve) -> None:
    here = office(OPENED, RoomReported(LIVE, ROOM, "injured", 12))
    served = await serve(answered_on_screens(here, {rooms_of(PLAN)[ROOM].name: "safe"}))

    _, html = await served.get("/incidents/inc-1/post", "staff")

    assert html.index("Somebody is injured") < html.index("All here, safe")


async def test_what_a_person_and_the_screen_of_a_room_both_say_stands_once(serve: Serve) -> None:
    here = office(OPENED, RoomReported(LIVE, ROOM, "safe", 12))
    served = await serve(answered_on_screens(here, {rooms_of(PLAN)[ROOM].name: "safe"}))

    _, html = await served.get("/incidents/inc-1/post", "staff")

    assert html.count("All here, safe") == 1
    assert "at the screen there" not in html


async def test_a_silent_incident_has_a_post_for_those_alone_who_may_know_of_it(serve: Serve) -> None:
    served = await serve(Office(state=with_silent(said(OPENED))))
    assert (await served.get("/incidents/inc-silent/post", "staff"))[0] == 303
    assert (await served.get("/incidents/inc-silent/post", "administrator"))[0] == 200
    assert (await served.get("/incidents/gone/post"))[0] == 303


async def test_an_incident_without_anything_at_its_post_says_so() -> None:
    made = Office(state=said())
    seen = scene(made.snapshot(), made.plan, made.state, zone_of("UTC"), duress=True)
    assert post_line(seen, "gone") == {"post_vacant": False, "post_says": ""}
    assert post_line(seen, "inc-1")["post_vacant"] is True


async def test_forms_of_the_post_ask_once_for_what_they_say(serve: Serve) -> None:
    here = office(OPENED)
    served = await serve(here)

    async def sent(path: str, *form: tuple[str, str]) -> Any:
        status, place, _ = await served.post(f"/incidents/inc-1/{path}", form, "staff")
        assert status == 303, path
        assert place.startswith("/incidents/inc-1/post")
        return here.asked[-1]

    task = await sent("tasks/1", ("state", "taken"), ("was", "open 1"))
    await sent("tasks/1", ("state", "taken"), ("was", "open 1"))
    assert len(here.asked) == 1
    assert isinstance(task, TaskAsked)
    assert (task.number, task.state, task.actor) == (1, "taken", "account:staff")
    timer = await sent(
        "tasks",
        ("text", "Ask police"),
        ("role", "liaison"),
        ("minutes", "10"),
        ("timer", "timer"),
        ("every", "every"),
    )
    assert isinstance(timer, TaskAddAsked)
    assert (timer.within_us, timer.every_us, timer.timer) == (10 * MINUTE_US, 10 * MINUTE_US, True)
    me = await sent("roles/incident-commander", ("to", "me"), ("was", "0"))
    assert isinstance(me, RoleAsked)
    assert (me.holder, me.name) == ("account:staff", "")
    other = await sent("roles/safety", ("to", "named"), ("name", " kim  STAFF "), ("reason", "x"))
    assert isinstance(other, RoleAsked)
    assert (other.holder, other.name) == ("account:staff", "")
    left = await sent("roles/safety", ("to", "nobody"), ("reason", "x"))
    assert isinstance(left, RoleAsked)
    assert (left.holder, left.name) == ("", "")
    note = await sent("notes", ("text", "police at the gate"), ("to", "post"), ("key", "k"))
    assert isinstance(note, NoteAsked)
    await served.post("/incidents/inc-1/responding", [("name", "Officer Lee"), ("here", "yes"), ("key", "k")])
    responds = here.asked[-1]
    assert isinstance(responds, RespondingAsked)
    assert (responds.who, responds.name, responds.here) == ("", "Officer Lee", True)


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/incidents/inc-1/tasks/1", [("state", "lost")], 422),
        ("/incidents/inc-1/tasks", [("role", "king"), ("text", "x")], 422),
        ("/incidents/inc-1/roles/king", [("to", "me")], 404),
        ("/incidents/inc-1/roles/safety", [("to", "named"), ("name", " ")], 422),
        (f"/classroom/{ROOM}", [("word", "fine")], 422),
    ],
)
async def test_a_form_that_says_nothing_asks_nothing(
    serve: Serve, path: str, form: list[tuple[str, str]], status: int
) -> None:
    here = office(OPENED)
    served = await serve(here)
    assert (await served.post(path, form))[0] == status
    assert here.asked == []


async def test_a_refusal_says_what_to_do_on_the_page(serve: Serve) -> None:
    here = office(OPENED)
    here.reply = Reply(False, "responds_too")
    served = await serve(here)
    await served.post("/incidents/inc-1/roles/incident-commander", [("to", "me")])
    _, html = await served.get("/incidents/inc-1/post")
    assert "does not coordinate as well" in html


# --- the responders' page -----------------------------------------------------------------------


async def test_a_responder_sees_where_the_way_in_and_what_is_in_fact_locked(serve: Serve) -> None:
    here = office(OPENED, RoomReported(LIVE, ROOM, "needs-help", 12))
    here.plan = replace(here.plan, responder_access="key box, west entrance")
    served = await serve(here)

    text = plain((await served.get("/incidents/inc-1/responder", "responder"))[1])

    assert "key box, west entrance" in text
    locked = text[text.index("Doors read locked") : text.index("Locked means from outside")]
    names = {one: PLAN.doors[one].name for one in (D1, D2, D3)}
    assert names[D1] in locked
    assert names[D2] not in locked
    assert names[D3] not in locked
    assert "12 counted, the rest not known" in text


async def test_a_way_in_that_nobody_wrote_down_is_not_known(serve: Serve) -> None:
    served = await serve(office(OPENED))
    assert "Not known: nobody wrote it" in plain((await served.get("/incidents/inc-1/responder"))[1])


# --- the teacher's page -------------------------------------------------------------------------


async def test_a_teacher_has_one_line_their_door_and_one_button(serve: Serve) -> None:
    served = await serve(office(OPENED))

    html = (await served.get(f"/classroom/{ROOM}", "teacher"))[1]
    text = plain(html)

    assert "Lockdown. Lock, lights off, out of sight, silent." in text
    assert "hide-light" in html
    assert "Nobody has heard from this room yet." in text
    assert html.count("<summary") - html[: html.index("<main")].count("<summary") <= 2
    assert "Kim" not in text
    assert 'name="incident" value="inc-1"' in html


async def test_a_drill_says_drill_in_the_room_and_what_was_said_stands(serve: Serve) -> None:
    served = await serve(office(OPENED, RoomReported(LIVE, ROOM, "safe", 21), kind="drill"))
    text = plain((await served.get(f"/classroom/{ROOM}", "staff"))[1])
    assert text.index("DRILL.") < text.index("Lockdown.")
    assert "You said at 06:58:00: All here, safe · 21 people" in text


async def test_without_an_incident_the_room_says_how_to_call_for_help(serve: Serve) -> None:
    served = await serve(Office(state=quiet()))
    html = (await served.get(f"/classroom/{ROOM}", "staff"))[1]
    assert "No response." in plain(html)
    assert "To call for help press a button" in plain(html)
    assert f'action="/classroom/{ROOM}"' not in html
    assert (await served.get("/classroom/no-room", "staff"))[0] == 404
    assert ROOM in (await served.get("/classroom", "staff"))[1]


@pytest.mark.parametrize("role", ["staff", "substitute", "staff--lapsed"])
async def test_a_report_is_taken_from_whoever_is_in_the_room(serve: Serve, role: str) -> None:
    here = office(OPENED)
    served = await serve(here)

    form = [
        ("word", "needs-help"),
        ("people", "22"),
        ("text", "a cut hand"),
        ("incident", "inc-1"),
        ("key", "k"),
    ]
    status, place, _ = await served.post(f"/classroom/{ROOM}", form, role)

    assert (status, place) == (303, "/sign-in" if "lapsed" in role else f"/classroom/{ROOM}")
    (asked,) = here.asked
    assert isinstance(asked, RoomAsked)
    assert (asked.incident, asked.room, asked.word, asked.people) == (LIVE, ROOM, "needs-help", 22)


# --- the timeline -------------------------------------------------------------------------------


async def test_the_timeline_tells_what_happened_at_the_post(serve: Serve) -> None:
    here = office(OPENED)
    row = (1, "", "safety", 0, 0, False)
    rows: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("tasks.opened/1", {"response": "lockdown", "tasks": [list(row), list(row)]}, {"texts": ["a", "b"]}),
        ("tasks.opened/1", {"response": None, "tasks": [[4, *row[1:]]]}, {"texts": ["Water"]}),
        ("task.turned/1", {"number": 4, "state": "done"}, {"reason": "brought"}),
        ("task.overdue/1", {"number": 1}, {}),
        ("role.handed_over/1", {"role": "safety", "was": "", "holder": "account:staff", "responds": False}, {}),
        ("role.handed_over/1", {"role": "safety", "was": "account:staff", "holder": "", "responds": True},
         {"name": "Chief Ott", "reason": "took over"}),
        ("role.handed_over/1", {"role": "safety", "was": "", "holder": "", "responds": False}, {"was_name": "Chief Ott"}),
        ("responder.marked/1", {"who": "", "here": True, "coordinates": True}, {"name": "Officer Lee"}),
        ("responder.marked/1", {"who": "account:staff", "here": False, "coordinates": False}, {}),
        ("room.reported/1", {"room": "gone", "word": "safe", "people": None}, {}),
        ("room.reported/1", {"room": "", "word": "injured", "people": 2}, {"text": "by the gym"}),
    ]  # fmt: skip
    here.journal = [
        structs.replace(recorded(kind, n, data, opened=opened), actor="account:staff")
        for n, (kind, data, opened) in enumerate(rows, 1)
    ]
    served = await serve(here)

    text = plain((await served.get("/incidents/inc-1"))[1])

    for line in (
        "2 tasks opened: Lockdown",
        "Task 4 added: Water",
        "Task 4: done · Kim Staff (brought)",
        "Task 1 is LATE: nobody has done it",
        "Safety: Kim Staff",
        "Safety: Chief Ott, from Kim Staff COORDINATES AND RESPONDS (took over)",
        "Safety: nobody, from Chief Ott",
        "Officer Lee responds COORDINATES AND RESPONDS",
        "Kim Staff responds no longer",
        "gone: All here, safe · Kim Staff",
        "Elsewhere: Somebody is injured, 2 people (by the gym)",
    ):
        assert line in text, line
