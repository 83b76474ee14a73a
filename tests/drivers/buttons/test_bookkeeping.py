"""The pure parts beside the sessions: deliveries, the backlog, the last sign of the session, the outbox."""

import json
from pathlib import Path

import pytest

from drivers.buttons import last_known_up
from drivers.buttons.backlog import LONGEST_US, QUIET_US, Backlog
from drivers.buttons.deliveries import Deliveries
from drivers.buttons.outbox import MOST_ANSWERS, MOST_TOPICS, Answers, StateBoard
from drivers.buttons.settings import ButtonTopic
from rules.model.ids import ButtonId, DeliveryId
from rules.model.moments import Instant

S = 1_000_000


def test_a_message_is_acknowledged_with_the_last_of_its_events() -> None:
    deliveries = Deliveries()
    first, second = deliveries.hold(mid=9, events=2, since_us=0)

    assert deliveries.done(first) is None
    assert deliveries.done(first) is None
    assert deliveries.done(second) == 9
    assert deliveries.waiting() == 0


def test_a_delivery_of_a_lost_connection_acknowledges_nothing() -> None:
    deliveries = Deliveries()
    (old,) = deliveries.hold(mid=1, events=1, since_us=0)
    deliveries.forget()
    (new,) = deliveries.hold(mid=1, events=1, since_us=0)

    assert old != new
    assert deliveries.done(old) is None
    assert deliveries.done(DeliveryId(999)) is None
    assert deliveries.done(new) == 1


def test_the_session_counts_as_up_only_until_the_oldest_press_not_yet_durable() -> None:
    deliveries = Deliveries()
    assert deliveries.all_seen_until(50 * S) == 50 * S

    deliveries.hold(mid=1, events=1, since_us=30 * S)
    assert deliveries.all_seen_until(50 * S) == 30 * S

    deliveries.hold(mid=2, events=1, since_us=None)
    assert deliveries.all_seen_until(50 * S) is None


def test_before_the_marker_a_press_may_have_waited_since_we_were_last_up() -> None:
    backlog = Backlog(known_up_us=10 * S, connected_us=100 * S, nonce=b"mine")

    assert backlog.waited_at_most_us(101 * S) == 91 * S
    backlog.marker(b"an older connection's")
    assert backlog.waited_at_most_us(102 * S) == 92 * S
    backlog.marker(b"mine")
    assert backlog.waited_at_most_us(103 * S) == 0


def test_before_the_marker_nothing_is_known_where_the_last_sign_is_not() -> None:
    assert Backlog(None, 0, b"").waited_at_most_us(5) is None


def test_a_session_that_the_broker_had_not_kept_holds_nothing_old() -> None:
    assert Backlog(None, 0, b"", kept=False).waited_at_most_us(5) == 0


def test_without_a_marker_the_broker_is_empty_after_five_quiet_seconds() -> None:
    backlog = Backlog(0, 100 * S, b"mine")
    backlog.waited_at_most_us(102 * S)

    backlog.give_up(102 * S + QUIET_US - 1, waiting=0)
    assert not backlog.drained
    backlog.give_up(102 * S + QUIET_US, waiting=3)
    assert not backlog.drained
    backlog.give_up(102 * S + QUIET_US, waiting=0)
    assert backlog.drained


def test_without_a_marker_live_presses_are_not_called_old_for_ever() -> None:
    backlog = Backlog(0, 100 * S, b"mine")

    for second in range(100, 130):
        backlog.waited_at_most_us(second * S)
        backlog.give_up(second * S, waiting=5)
    assert not backlog.drained
    backlog.give_up(100 * S + LONGEST_US, waiting=5)
    assert backlog.drained


HOUR = 3600 * S
BOOTED = Instant(utc_us=1_000 * HOUR, mono_us=60 * S)


@pytest.mark.parametrize(
    ("kept", "up_us"),
    [
        ({"boot": "this", "utc_us": 0, "mono_us": 40 * S}, 40 * S),
        ({"boot": "this", "utc_us": 0, "mono_us": 61 * S}, None),
        ({"boot": "other", "utc_us": 999 * HOUR, "mono_us": 7}, 60 * S - HOUR),
        ({"boot": "other", "utc_us": 1_001 * HOUR, "mono_us": 7}, None),
        ({"boot": "other", "utc_us": 1_000 * HOUR - 30 * S, "mono_us": 7}, None),
        ({"boot": "other"}, None),
        ([], None),
    ],
    ids=["same boot", "later", "an hour ago", "clock set back", "shorter than this boot", "torn", "a list"],
)
def test_the_last_sign_of_the_session_survives_a_restart(
    tmp_path: Path, kept: object, up_us: int | None
) -> None:
    (tmp_path / "up.json").write_text(json.dumps(kept))

    assert last_known_up.read(tmp_path / "up.json", BOOTED, "this") == up_us


def test_no_file_is_an_unknown_sign(tmp_path: Path) -> None:
    assert last_known_up.read(tmp_path / "up.json", BOOTED, "this") is None


def test_only_the_newest_state_of_a_topic_waits_and_the_appliance_goes_first() -> None:
    board = StateBoard(first="appliance")
    for topic, payload in (("door", b"1"), ("zone", b"1"), ("door", b"2"), ("appliance", b"up")):
        assert board.put(topic, payload)

    assert board.take(9) == [("appliance", b"up"), ("door", b"2"), ("zone", b"1")]


def test_a_state_that_changed_while_it_was_sent_is_sent_again() -> None:
    board = StateBoard(first="appliance")
    board.put("door", b"1")
    board.put("door", b"2")
    board.sent("door", b"1")
    assert board.take(9) == [("door", b"2")]

    board.sent("door", b"2")
    assert board.take(9) == []
    board.all_unsent()
    assert board.take(9) == [("door", b"2")]


def test_states_beyond_the_bound_are_refused_and_known_ones_still_change() -> None:
    board = StateBoard(first="appliance")
    for number in range(MOST_TOPICS):
        assert board.put(f"door/{number}", b"1")

    assert not board.put("one more", b"1")
    assert board.put("door/0", b"2")


def test_answers_keep_their_order_and_the_oldest_falls_out() -> None:
    answers = Answers()
    for number in range(MOST_ANSWERS + 1):
        answers.put("t", b"%d" % number)
    first = answers.take(2)
    assert first == [("t", b"1"), ("t", b"2")]

    answers.put_back(first)
    assert answers.take(1) == [("t", b"1")]


def test_only_native_buttons_have_topics_beside_their_own() -> None:
    native = ButtonTopic(ButtonId("a"), "campus/button/a", "native")
    other = ButtonTopic(ButtonId("b"), "stat/desk/RESULT", "tasmota")

    assert native.press_topic == "campus/button/a/press"
    assert native.status_topic == "campus/button/a/status"
    assert native.accepted_topic == "campus/button/a/accepted"
    assert (other.press_topic, other.status_topic, other.accepted_topic) == ("stat/desk/RESULT", None, None)


def test_a_stuck_buttons_answers_hold_up_nobody_elses() -> None:
    answers = Answers()
    for number in range(MOST_ANSWERS + 50):
        answers.put("stuck", str(number).encode())
    answers.put("other", b"accepted")

    taken = answers.take(4)
    assert taken == [("stuck", b"51"), ("other", b"accepted"), ("stuck", b"52"), ("stuck", b"53")]
    answers.put_back(taken)
    assert answers.take(2) == [("stuck", b"51"), ("other", b"accepted")]
