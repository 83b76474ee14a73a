"""How soon a device is tried again."""

from drivers.backoff import Backoff


def test_the_first_attempt_after_a_loss_is_made_at_once() -> None:
    assert Backoff().pause_s() == 0.0


def test_a_device_that_returns_soon_is_met_within_a_fifth_of_a_second() -> None:
    backoff = Backoff()
    pauses = [backoff.pause_s() for _ in range(10)]

    assert all(pause <= 0.2 for pause in pauses)


def test_a_device_long_dead_is_tried_every_two_seconds_for_ever() -> None:
    backoff = Backoff()
    pauses = [backoff.pause_s() for _ in range(5_000)]

    assert max(pauses) <= 2.0
    assert min(pauses[50:]) >= 1.6


def test_many_devices_lost_at_once_are_not_all_tried_at_the_same_instant() -> None:
    backoffs = [Backoff() for _ in range(20)]
    for backoff in backoffs:
        backoff.pause_s()

    assert len({backoff.pause_s() for backoff in backoffs}) == 20


def test_an_answer_makes_the_next_attempt_immediate_again() -> None:
    backoff = Backoff()
    for _ in range(30):
        backoff.pause_s()
    backoff.reset()

    assert backoff.pause_s() == 0.0
