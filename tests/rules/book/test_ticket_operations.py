"""The journal of the campus as operations, and the book's own ticket: both are the fold of the same set."""

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.book.decision import Refused
from rules.book.merging import merged
from rules.book.ticket_fields import FIELDS
from rules.book.ticket_operations import Told, operations
from rules.model.ticket_asks import ChangeTicket, NoteTicket
from rules.model.ticket_facts import TicketBatchTurned, TicketMerged
from rules.model.ticket_operations import Operation
from tests.rules.book.desk import DAY_US, HOUR_US, MINUTE_US, Desk
from tests.rules.book.district import rig
from tests.rules.book.replicas import PACK

HASH = "cd" * 32
CLOSE = "closed"


# --- the journal and the pure fold are one ticket ---------------------------------------------


def test_every_event_of_the_campus_is_operations_that_had_seen_all_before_it() -> None:
    desk, hub, number = rig(title="Door", text="It sticks", reporter="Ms Brown")
    hub.say(number, "note", "Which door?")
    hub.say(number, "note", "The east one?")
    desk.ask(
        ChangeTicket(
            number, (("state", "progress"), ("title", "East door"), ("assigned", "account:1")), "Mine"
        )
    )
    desk.ask(ChangeTicket(number, (("zone", "a"),), "It is there"))
    desk.ask(NoteTicket(number, "Oiled", 15, (("latch", "1"), ("screw", "4")), (HASH,)))
    desk.at_us += 100 * DAY_US
    desk.change(number, weight="normal")
    desk.sweep()
    desk.book.head = ("epoch-2", 0)
    desk.note(number, "After the restore")
    told = [*desk.told[number], Told("epoch-2", 9, desk.at_us, "x", TicketBatchTurned(1, "taken", 1, HASH))]
    found = operations("campus-1", told)
    by_field: dict[str, list[str]] = {}
    for one in found:
        by_field.setdefault(one.field, []).append(one.value)
    assert by_field == {
        "state": ["open", "progress"],
        "category": ["computer"],
        "weight": ["normal", "urgent"],
        "title": ["Door", "East door"],
        "text": ["It sticks"],
        "reporter": ["Ms Brown"],
        "note": ["Which door?", "The east one?", "It is there", "Oiled", "After the restore"],
        "assigned": ["account:1"],
        "zone": ["a"],
        "minutes": ["15"],
        "part": ["1 x latch", "4 x screw"],
        "photo": [HASH],
        "escalated": ["normal-old"],
    }
    assert [one.why for one in found if one.value == "progress"] == ["Mine"]
    last = found[-1]
    assert (last.line, last.number) == ("epoch-2", 1)
    assert last.seen == (("epoch-1", 1, desk.told[number][-2].seq), ("hub-1", 1, 2))
    assert len({one.id for one in found}) == len(found)


def test_a_recovery_and_what_a_step_gives_are_operations_too() -> None:
    desk = Desk()
    desk.flag("coil_differs", "east")
    desk.sweep()
    desk.later(5 * HOUR_US)
    desk.sweep()
    desk.clear("coil_differs", "east")
    desk.later(HOUR_US)
    desk.sweep()
    fields = {one.field: one.value for one in operations("campus-1", desk.told[1])}
    assert fields["escalated"] == "safety-unassigned"
    assert fields["assigned"] == "role:administrator"
    assert (fields["recovered"], fields["state"]) == ("coil_differs", "proposed")


CAMPUS = st.sampled_from(
    [
        ("state", "progress"), ("state", "waiting"), ("state", CLOSE), ("state", "reopened"), ("weight", "safety"),
        ("weight", "normal"), ("title", "Door"), ("title", "Latch"), ("zone", "a"), ("zone", ""), ("due", "2026-11-01"),
        ("assigned", "account:1"), ("note", "Seen"),
    ]
)  # fmt: skip
DISTRICT = st.sampled_from(
    [
        ("state", "proposed"), ("state", CLOSE), ("state", "open"), ("weight", "urgent"), ("weight", "safety"),
        ("title", "Lock"), ("text", "It sticks"), ("zone", "b"), ("zone", "a"), ("due", "2026-10-01"), ("assigned", "account:2"),
        ("assigned", ""), ("note", "Called"), ("asset", "east"), ("minutes", "5"),
    ]
)  # fmt: skip
STEPS = st.lists(
    st.tuples(st.just("campus"), CAMPUS)
    | st.tuples(st.just("writes"), DISTRICT)
    | st.tuples(st.sampled_from(["up", "down", "one down", "wait", "back"]), st.none()),
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_the_book_s_ticket_is_the_fold_of_all_operations_whenever_they_come(
    steps: list[tuple[str, tuple[str, str] | None]],
) -> None:
    """The line is cut and comes back in either direction; the district's edits wait, come one by one, and come twice."""
    desk, hub, number = rig(title="It", category="lock", weight="normal")
    waiting: list[Operation] = []
    for what, said in [*steps, ("down", None)]:
        match what, said:
            case "campus", ("note", value):
                desk.note(number, value)
            case "campus", (name, value):
                try:
                    desk.change(number, "Done", **{name: value})
                except Refused as no:
                    assert no.code == "no_such_turn"  # noqa: PT017  # all else it must take
            case "writes", (name, value):
                why = "Done" if name == "state" else ""
                waiting.append(hub.op(number, name, value, why=why))
            case "up", _:
                hub.hear()
            case "wait", _:
                desk.later(HOUR_US)
            case "back", _:
                desk.at_us -= 10 * MINUTE_US
            case (("down" | "one down"), _):
                sent = waiting if what == "down" else waiting[:1]
                waiting = waiting[len(sent) :]
                for one in [*sent, *sent[:2]]:
                    try:
                        hub.send(one, one.hlc[0])
                    except Refused as no:
                        assert no.code == "safety_kept"  # noqa: PT017
    known = operations(f"campus-{number}", desk.told[number])
    ticket = merged(known, PACK)
    book = desk.ticket(number)
    assert (book.state, book.conflict) == (ticket.value("state"), ticket.conflict)
    for name, known_field in FIELDS.items():
        if known_field.where == "field" and name != "state":
            assert book.field(name) == ticket.value(name), name
    # What the district says of it is what the event says, and the hub reads the same journal.
    merges = [one.fact for one in desk.told[number] if isinstance(one.fact, TicketMerged)]
    for fact in merges:
        assert (fact.outcome == "added") == (PACK.fields[fact.field].rule == "all")
    assert merged(reversed(operations(f"campus-{number}", tuple(desk.told[number]))), PACK) == ticket
