"""The two lanes: what waits, what goes first, and what may be let go when there is too much."""

from edge.inbox import ROUTINE_MOST, SCANS_BEFORE_MERGING, Inbox
from rules.model.events import MessageRefused, PressHeard, Scanned, StatusHeard
from rules.model.ids import ButtonId, ControllerId, DeliveryId, PressId
from rules.model.moments import Instant

NOON = Instant(1_764_000_000_000_000, 1_000_000)


def press(number: int) -> PressHeard:
    return PressHeard(
        at=NOON,
        button=ButtonId("pb"),
        gesture="hold",
        press_id=PressId(f"p-{number}"),
        counter=None,
        device_at_us=None,
        waited_at_most_us=0,
        retained=False,
        path="mqtt",
        delivery=None,
    )


def status(button: str) -> StatusHeard:
    return StatusHeard(NOON, ButtonId(button), 90, None, None, retained=False)


def scan(controller: str, value: int) -> Scanned:
    return Scanned(NOON, ControllerId(controller), NOON, {("coil", 0): value})


def test_a_press_overtakes_every_waiting_status() -> None:
    inbox = Inbox()
    for number in range(50):
        inbox.put(status(f"pb-{number}"))
    inbox.put(press(1))

    assert inbox.take() == press(1)
    assert inbox.take() == status("pb-0")


def test_an_empty_inbox_gives_nothing() -> None:
    assert Inbox().take() is None


def test_a_flood_of_statuses_is_bounded_and_loses_the_oldest() -> None:
    inbox = Inbox()
    for number in range(ROUTINE_MOST + 10):
        inbox.put(status(f"pb-{number}"))

    assert inbox.lanes == (0, ROUTINE_MOST)
    assert inbox.shed == 10
    assert inbox.take() == status("pb-10")


def test_an_unreadable_message_that_the_broker_still_holds_is_not_let_go_for_a_status() -> None:
    inbox = Inbox()
    held = MessageRefused(NOON, None, "not_json", "t", b"x", DeliveryId(7))
    inbox.put(held)
    for number in range(ROUTINE_MOST + 1):
        inbox.put(status(f"pb-{number}"))

    assert inbox.take() == held


def test_no_press_is_ever_shed() -> None:
    inbox = Inbox()
    presses = [press(number) for number in range(20_000)]
    for one in presses:
        inbox.put(one)

    assert [inbox.take() for _ in presses] == presses


def test_under_overload_the_newer_scan_of_a_controller_stands_for_the_waiting_one() -> None:
    inbox = Inbox()
    for number in range(SCANS_BEFORE_MERGING + 1):
        inbox.put(scan(f"plc-{number}", 0))
    inbox.put(scan("plc-3", 1))

    taken = [inbox.take() for _ in range(SCANS_BEFORE_MERGING + 1)]

    assert taken[3] == scan("plc-3", 1)
    assert inbox.take() is None


def test_scans_of_different_points_are_never_merged() -> None:
    inbox = Inbox()
    for number in range(SCANS_BEFORE_MERGING + 1):
        inbox.put(scan(f"plc-{number}", 0))
    other = Scanned(NOON, ControllerId("plc-3"), NOON, {("discrete_input", 5): 1})
    inbox.put(other)

    taken = [inbox.take() for _ in range(SCANS_BEFORE_MERGING + 2)]

    assert taken[3] == scan("plc-3", 0)
    assert taken[-1] == other
