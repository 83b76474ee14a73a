"""Which floor plans count: the newest of each layer of each level, over retention and a drop."""

from rules.book import floorplans
from rules.book.book import Book
from rules.book.decision import Now
from rules.book.kinds import allowed
from rules.model.facts import Entry, FlagCleared, FlagRaised
from rules.model.floorplan_asks import DropFloorplan, RefuseFloorplan, TakeFloorplan
from rules.model.floorplan_facts import FloorplanDropped, FloorplanRefused, FloorplanTaken, LayerDrawn
from rules.model.ids import Actor
from tests.rules.book.inventory import DAY_US, NOW, asked, book, entered, refused, swept

ROOMS: LayerDrawn = ("floor-1", "rooms", "2026-08-14", 12)
DOORS: LayerDrawn = ("floor-1", "doors", "", 3)
UPSTAIRS: LayerDrawn = ("floor-2", "rooms", "2026-08-14", 9)
FILE, OTHER, PLAN, NEXT = "a" * 64, "b" * 64, "c" * 64, "d" * 64


def taken(into: Book, *layers: LayerDrawn, plan: str = PLAN) -> list[object]:
    return asked(into, TakeFloorplan(FILE, plan, "svg", layers))


def counts(of: Book) -> dict[tuple[str, str], str]:
    return {(level, layer): one.plan for level, layer, one in floorplans.by_level(of.floorplans)}


def test_a_file_takes_the_place_of_the_layers_that_it_has_and_of_no_other() -> None:
    made = book()
    (fact,) = taken(made, ROOMS, DOORS)
    assert fact == FloorplanTaken(FILE, PLAN, "svg", (ROOMS, DOORS), NOW.utc_us)
    taken(made, UPSTAIRS, plan=NEXT)
    taken(made, DOORS, plan=NEXT)
    assert counts(made) == {
        ("floor-1", "doors"): NEXT,
        ("floor-1", "rooms"): PLAN,
        ("floor-2", "rooms"): NEXT,
    }
    assert made.floorplans["floor-1", "rooms"].verified == "2026-08-14"
    assert made.floorplans.saved() == {("floor-1", "doors"), ("floor-1", "rooms"), ("floor-2", "rooms")}


def test_a_file_without_a_layer_and_a_map_of_too_many_are_refused() -> None:
    made = book()
    assert refused(made, TakeFloorplan(FILE, PLAN, "svg", ())) == "bad_floorplan"
    many: tuple[LayerDrawn, ...] = tuple((f"l{n}", "rooms", "", 1) for n in range(floorplans.MOST_LAYERS))
    taken(made, *many)
    assert refused(made, TakeFloorplan(FILE, PLAN, "svg", (ROOMS,))) == "bad_floorplan"


def test_a_refused_file_is_recorded_and_changes_nothing() -> None:
    made = book()
    assert asked(made, RefuseFloorplan("forbidden")) == [FloorplanRefused("forbidden")]
    assert counts(made) == {}
    person = Actor("person:1")
    facts = (FloorplanRefused("wrong"), FloorplanDropped("a", ""), FloorplanTaken(FILE, PLAN, "svg", (), 1))
    assert all(allowed(Entry(one, "map", person)) for one in facts)


def test_a_layer_or_a_level_is_dropped_and_what_is_not_there_is_said() -> None:
    made = book()
    taken(made, ROOMS, DOORS, UPSTAIRS)
    assert refused(made, DropFloorplan("floor-3")) == "no_such_floorplan"
    assert refused(made, DropFloorplan("floor-1", "safety")) == "no_such_floorplan"
    assert asked(made, DropFloorplan("floor-1", "doors")) == [FloorplanDropped("floor-1", "doors")]
    assert set(counts(made)) == {("floor-1", "rooms"), ("floor-2", "rooms")}
    asked(made, DropFloorplan("floor-1"))
    assert set(counts(made)) == {("floor-2", "rooms")}


def test_what_counts_is_said_again_before_retention_lets_go_of_it() -> None:
    made = book(kept_us=30 * DAY_US)
    taken(made, ROOMS, DOORS)
    taken(made, DOORS, plan=NEXT)
    assert [one for one in swept(made) if isinstance(one, FloorplanTaken)] == []
    later = Now(NOW.utc_us + 16 * DAY_US, NOW.day + 16)
    again = [one for one in swept(made, later) if isinstance(one, FloorplanTaken)]
    assert {(one.plan, one.layers, one.taken_us) for one in again} == {
        (PLAN, (ROOMS,), NOW.utc_us),
        (NEXT, (DOORS,), NOW.utc_us),
    }
    assert [one for one in swept(made, later) if isinstance(one, FloorplanTaken)] == []
    rebuilt = entered(book(), *(Entry(one, "map", Actor("rule")) for one in again))
    assert counts(rebuilt) == counts(made)


def old(of: Book, now: Now = NOW) -> dict[str, tuple[str, ...]]:
    return dict(floorplans.flags(of, now))


def test_a_layer_that_was_not_verified_in_time_or_never_is_a_flag_of_its_level_until_it_is_brought_again() -> (
    None
):
    made = book(map_days=365)
    taken(made, ROOMS, UPSTAIRS)
    assert [one for one in swept(made) if isinstance(one, FlagRaised)] == []
    late = Now(NOW.utc_us + 366 * DAY_US, NOW.day + 366)
    raised = [one for one in swept(made, late) if isinstance(one, FlagRaised)]
    assert [(one.code, one.subject, one.args) for one in raised] == [
        ("map_old", "map:floor-1", ("", "floor-1", "rooms", "2026-08-14", "365")),
        ("map_old", "map:floor-2", ("", "floor-2", "rooms", "2026-08-14", "365")),
    ]
    asked(made, TakeFloorplan(FILE, NEXT, "svg", (("floor-1", "rooms", "2027-08-15", 12),)), late)
    cleared = [one for one in swept(made, late) if isinstance(one, FlagCleared)]
    assert [(one.code, one.subject) for one in cleared] == [("map_old", "map:floor-1")]
    assert set(old(made, late)) == {"floor-2"}


def test_on_the_last_day_a_map_still_counts_as_verified() -> None:
    made = book(map_days=365)
    taken(made, ROOMS)
    assert old(made, Now(NOW.utc_us, NOW.day + 365)) == {}
    assert set(old(made, Now(NOW.utc_us, NOW.day + 366))) == {"floor-1"}


def test_what_nobody_verified_a_day_to_come_and_what_is_no_day_were_never_verified() -> None:
    made = book(map_days=30)
    taken(made, DOORS, ROOMS)
    assert old(made) == {"floor-1": ("", "floor-1", "doors", "never", "30")}
    taken(made, ("floor-3", "rooms", "2026-08-20", 1), ("floor-4", "rooms", "soon", 1))
    assert {level: args[3] for level, args in old(made).items()} == {
        "floor-1": "never",
        "floor-3": "never",
        "floor-4": "never",
    }
