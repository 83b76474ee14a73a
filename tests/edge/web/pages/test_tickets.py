"""Tickets on the page: a technician's day with one hand, a report by anybody on staff, one ticket with its history."""

import re
from dataclasses import replace
from typing import Any

import pytest

from rules.model.asset_asks import ReportFault
from rules.model.ids import Actor, AssetId
from rules.model.ticket_asks import ChangeTicket, MergeTicket, NoteTicket, OpenTicket
from rules.model.ticket_operations import Operation
from rules.state import Flag
from tests.edge.campus import D1, D2, D3, NOON, locked_down
from tests.edge.web.pages.conftest import Office, Serve

DAY_US = 86_400_000_000
ME = Actor("account:technician")


def ticket(office: Office, **said: str) -> int:
    whole = {"title": "Screen is black", "category": "computer", **said}
    return int(str(dict(office.book.ask(ME, OpenTicket(tuple(whole.items()))).args)["subject"])[7:])


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


async def test_a_technicians_day_has_safety_on_top_and_every_touch_beside_each_ticket(serve: Serve) -> None:
    office = Office()
    ticket(office, assigned=ME)
    ticket(office, title="Of somebody else", assigned="account:staff")
    door = next(iter(office.plan.doors))
    ticket(office, title="Latch does not catch", category="lock", asset=door, assigned="role:technician")
    served = await serve(office)

    status, page = await served.get("/tickets?mine", "technician")

    assert status == 200
    cards = re.findall(
        r'<section class="card full ticket[^>]*id="ticket-(\d+)">(.*?)</section>', page, re.DOTALL
    )
    assert [number for number, _ in cards] == ["3", "1"]
    for _, card in cards:
        assert {"Start", "Note", "Photo", "Done, close"} <= set(re.findall(r">([^<>]+)<", card))
    assert "Of somebody else" not in page


async def test_a_touch_begins_a_ticket_and_makes_it_ones_own(serve: Serve) -> None:
    office = Office()
    number = ticket(office)
    served = await serve(office)
    form = [("key", "k1"), ("state", "progress"), ("mine", "yes"), ("to", "/tickets?mine")]

    for _ in range(2):  # a second tap is the same touch
        status, place, _page = await served.post(f"/tickets/{number}/turn", form, "technician")
        assert (status, place) == (303, "/tickets?mine")

    known = office.book.database.book.ticket(number)
    assert known is not None
    assert (known.state, known.field("assigned")) == ("progress", ME)
    assert office.book.seq == 2


async def test_a_safety_ticket_is_not_closed_without_words_and_what_was_typed_stays(serve: Serve) -> None:
    office = Office()
    number = ticket(office, weight="safety")
    served = await serve(office)

    closing = [("state", "closed"), ("why", "")]
    status, _, page = await served.post(f"/tickets/{number}/turn", closing, "technician")
    assert status == 422
    assert "Write what was done, then close it." in plain(page)
    done = [("state", "closed"), ("why", "New panel, shown to Ms Brown")]
    assert (await served.post(f"/tickets/{number}/turn", done, "technician"))[0] == 303
    _, page = await served.get(f"/tickets/{number}", "technician")
    assert "New panel, shown to Ms Brown" in page
    assert "Open it again" in page


async def test_a_report_without_a_sign_in_is_a_ticket_that_says_nobody_checked_it(serve: Serve) -> None:
    office = Office()
    office.book.sweep()
    office.book.ask(Actor("page:stranger"), ReportFault(AssetId(D1), "Its light <b>blinks</b>", "Jo"))
    office.book.sweep()
    served = await serve(office)
    _, page = await served.get("/tickets", "technician")
    assert "not checked" in plain(page)
    (number,) = [one.number for one in office.book.database.book.tickets.values() if one.field("asset") == D1]
    _, page = await served.get(f"/tickets/{number}", "technician")
    assert "Not checked: somebody wrote without signing in" in plain(page)
    assert "Its light &lt;b&gt;blinks&lt;/b&gt; (Jo)" in page


async def test_anybody_on_staff_reports_a_problem_and_reads_what_came_of_it(serve: Serve) -> None:
    served = await serve(Office())
    _, form = await served.get("/tickets/new?template=lock-broken", "staff")
    assert "Lock does not lock" in form
    assert "This calls nobody at once." in plain(form)

    said = [
        ("title", "Window does not close"),
        ("category", "building"),
        ("room", "204"),
        ("text", "Line one\nline <b>two"),
    ]
    status, place, _page = await served.post("/tickets", [("key", "a"), *said], "staff")

    assert (status, place) == (303, "/tickets/1")
    _, page = await served.get("/tickets/1", "staff")
    assert "line &lt;b&gt;two" in page
    assert "/tickets/1/assign" not in page
    assert (await served.post("/tickets/1/turn", [("state", "closed")], "staff"))[0] == 403


async def test_a_report_that_lacks_something_says_what_and_keeps_what_was_typed(serve: Serve) -> None:
    served = await serve(Office())
    status, _, page = await served.post("/tickets", [("title", "Window"), ("category", "plumbing")], "staff")
    assert status == 422
    assert "There is no category plumbing." in plain(page)
    assert 'value="Window"' in page


@pytest.mark.parametrize("role", ["viewer", "device"])
async def test_whoever_only_looks_reads_no_ticket(role: str, serve: Serve) -> None:
    office = Office()
    ticket(office)
    served = await serve(office)
    assert (await served.get("/tickets", role))[0] == 403
    assert (await served.get("/tickets/1", role))[0] == 403
    _, home = await served.get("/", role)
    assert "/tickets" not in home


async def test_one_ticket_shows_its_history_in_words_with_rules_and_persons(serve: Serve) -> None:
    office = Office()
    door = next(iter(office.plan.doors))
    number = ticket(office, category="lock", asset=door, title="Latch", reporter="Ms Brown")
    office.book.ask(ME, NoteTicket(number, "Strike is worn", 20, (("strike", "1"),)))
    office.book.at_us += 15 * DAY_US
    office.book.sweep()
    served = await serve(office)

    _, page = await served.get(f"/tickets/{number}", "technician")
    text = plain(page)

    assert "Ms Brown" in text
    assert "a rule escalated" in text
    assert "any administrator" in text.lower()
    assert "Strike is worn" in text
    assert "20 min" in text
    assert f"{office.plan.campus}-{number}" in text
    assert "escalated" in plain((await served.get("/tickets", "technician"))[1])


async def test_words_are_searched_and_a_list_goes_on(serve: Serve) -> None:
    office = Office()
    for number in range(60):
        ticket(office, title=f"Projector {number}")
    served = await serve(office)
    _, page = await served.get("/tickets", "staff")
    (more,) = re.findall(r'href="(/tickets\?after[^"]+)"', page)
    _, rest = await served.get(more.replace("&amp;", "&"), "staff")
    assert len(re.findall(r'id="ticket-', page)) + len(re.findall(r'id="ticket-', rest)) == 60
    _, found = await served.get("/tickets?q=projector+17", "staff")
    assert re.findall(r'id="ticket-(\d+)"', found) == ["18"]
    assert (await served.get("/tickets?after=o1.2", "staff"))[0] == 404


async def test_maintenance_has_an_owner_a_reason_and_an_end_on_the_page(serve: Serve) -> None:
    office = Office()
    number = ticket(office)
    served = await serve(office)
    zone = next(iter(office.plan.zones))

    refused, _, page = await served.post(
        "/upkeep", [("place", f"zone:{zone}"), ("days", "99"), ("reason", "x")], "technician"
    )
    assert refused == 422
    assert "for 30 days at most" in page
    office.book.at_us = 1_786_708_800_000_000  # the page's noon
    assert (
        await served.post(
            "/upkeep", [("place", f"zone:{zone}"), ("days", "2"), ("reason", "Painters")], "technician"
        )
    )[0] == 303
    assert (
        await served.post(
            f"/tickets/{number}/snooze", [("days", "1"), ("reason", "Part ordered")], "technician"
        )
    )[0] == 303
    _, page = await served.get("/upkeep", "technician")
    assert "Painters" in page
    assert "Part ordered" in page
    assert (await served.post("/upkeep/end", [("upkeep", "1")], "technician"))[0] == 303
    assert "Painters" not in (await served.get("/upkeep", "technician"))[1]


async def test_what_is_given_to_a_person_is_in_their_day_and_what_is_closed_in_nobodys(serve: Serve) -> None:
    office = Office()
    number = ticket(office)
    served = await serve(office)
    assert (await served.post(f"/tickets/{number}/assign", [("whom", ME)], "administrator"))[0] == 303
    assert f'id="ticket-{number}"' in (await served.get("/tickets?mine", "technician"))[1]
    office.book.ask(ME, ChangeTicket(number, (("state", "closed"),)))
    assert "Nothing waits for you." in (await served.get("/tickets?mine", "technician"))[1]
    assert f'id="ticket-{number}"' in (await served.get("/tickets?state=closed", "technician"))[1]


async def test_a_lock_that_was_reported_and_not_mended_stands_on_the_incidents_page(serve: Serve) -> None:
    state = locked_down({D1: "secured", D2: "secured", D3: "secured"})
    served = await serve(Office(state=state))
    assert "Reported, and not mended" not in (await served.get("/incidents/inc-1"))[1]
    flag = Flag("lock_ticket_old", D2, ("a", "187", "2026-07-31"), NOON)
    served.office.turn(replace(state, record=replace(state.record, flags={(flag.code, flag.subject): flag})))

    _, page = await served.get("/incidents/inc-1")

    (faults,) = re.findall(r'<div data-part="faults".*?</section>', page, re.DOTALL)
    assert f"{served.office.plan.doors[D2].name} was reported not to lock (ticket 187)" in plain(faults)
    assert "since 2026-07-31. In a lockdown it may stay open: send a person" in plain(faults)


def merge(office: Office, number: int, name: str, value: str, seq: int, **other: Any) -> None:
    """The district writes, having seen the journal up to there."""
    database = office.book.database
    epoch, _ = database.book.head
    made = Operation(
        f"{database.book.campus.id}-{number}", "district", "hub-1", other.pop("of", 1), name, value,
        ((epoch, 1, seq),), "ana.lopez", (office.book.at_us, 0), **other,
    )  # fmt: skip
    office.book.ask(Actor("district"), MergeTicket(made))


async def test_what_both_sides_wrote_stands_on_the_page_with_who_when_and_where(serve: Serve) -> None:
    office = Office()
    number = ticket(office, due="2026-09-20")
    seen = office.book.seq
    office.book.ask(ME, ChangeTicket(number, (("title", "Projector is <black>"), ("assigned", str(ME)))))
    merge(office, number, "title", "Lamp of room 7", seq=seen)
    merge(office, number, "assigned", "account:staff", seq=seen, of=2)
    merge(office, number, "due", "2026-09-01", seq=seen, of=3)
    merge(office, number, "acknowledged", "", seq=seen, of=4)
    served = await serve(office)

    status, page = await served.get(f"/tickets/{number}", "technician")
    shown = plain(page[page.index('id="versions"') : page.index("To be said aloud")])

    assert status == 200
    assert (
        "Title What was written last holds. Lamp of room 7 ana.lopez at the district · at the district · holds"
        in shown
    )
    assert "Projector is &lt;black&gt;" in shown
    assert "· on campus" in shown
    assert "Whose it is The district&#39;s holds; somebody before nobody. account:staff" in shown
    assert "To be done by 2026-09-01" in plain(page)
    history = plain(page[page.index("History") :])
    assert "ana.lopez at the district wrote: Title Lamp of room 7" in history
    assert "changed: given to account:technician Projector is &lt;black&gt;" in history
    assert "wrote: has seen it" in history
    assert "wrote: Whose it is" in history


async def test_a_conflict_says_what_to_do_until_somebody_says_a_state(serve: Serve) -> None:
    office = Office()
    number = ticket(office)
    seen = office.book.seq
    office.book.ask(ME, ChangeTicket(number, (("state", "closed"),)))
    merge(office, number, "note", "It is dark again", seq=seen)
    merge(office, number, "state", "closed", seq=seen, of=2, why="Lamp changed")
    served = await serve(office)

    _, page = await served.get(f"/tickets/{number}", "technician")
    text = plain(page)
    assert "Read both, then say what state it is in." in text
    assert "closed (Lamp changed)" in text
    assert "it does not hold, it stands open as a conflict" in text
    _, listed = await served.get("/tickets", "technician")
    assert "conflict" in plain(listed)

    assert re.search(r'name="state" value="open">\s*<button>It stays open</button>', page)
    form = [("key", "k1"), ("state", "open")]
    await served.post(f"/tickets/{number}/turn", form, "technician")
    _, page = await served.get(f"/tickets/{number}", "technician")
    assert 'id="versions"' not in page


async def test_a_day_by_which_it_is_to_be_done_is_set_and_taken_away(serve: Serve) -> None:
    office = Office()
    number = ticket(office)
    served = await serve(office)
    for key, day in (("k1", "2026-09-01"), ("k2", "")):
        status, _, _ = await served.post(f"/tickets/{number}/due", [("key", key), ("due", day)], "technician")
        assert status == 303
        known = office.book.database.book.ticket(number)
        assert known is not None
        assert known.field("due") == day
    status, _, page = await served.post(
        f"/tickets/{number}/due", [("key", "k3"), ("due", "soon")], "technician"
    )
    assert status == 422
    assert "soon is no day by which it is to be done: write 2026-09-01." in plain(page)
