"""Tickets on the page: a technician's day with one hand, a report by anybody on staff, one ticket with its history."""

import re
from dataclasses import replace

import pytest

from rules.model.asset_asks import ReportFault
from rules.model.ids import Actor, AssetId
from rules.model.ticket_asks import ChangeTicket, NoteTicket, OpenTicket
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
