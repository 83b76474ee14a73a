"""A film plays at a speed, stands still when told, and stops by itself at each question."""

from edge.tabletop.playing import SPEEDS, Playing

SECOND = 1_000_000
FILM = Playing((0, 30_000, 90_000), 120_000)


def test_it_stands_still_until_it_is_played() -> None:
    assert FILM.position(10 * SECOND) == 0
    assert not FILM.going(10 * SECOND)


def test_each_speed_counts_so_many_seconds_a_second_and_stops_at_the_next_question() -> None:
    for speed in SPEEDS:
        playing = FILM.play(speed, 5 * SECOND)
        assert playing.position(6 * SECOND) == speed * 1_000
        assert playing.going(6 * SECOND)
        assert playing.position(1_000 * SECOND) == 30_000
        assert not playing.going(1_000 * SECOND)


def test_it_goes_on_behind_a_question_and_ends_at_its_end() -> None:
    at_question = FILM.play(20, 0).play(20, 60 * SECOND)
    assert at_question.position(60 * SECOND) == 30_000
    assert at_question.position(61 * SECOND) == 50_000
    last = at_question.play(5, 100 * SECOND)
    assert last.position(500 * SECOND) == 120_000
    assert not last.play(5, 600 * SECOND).going(601 * SECOND)


def test_another_speed_and_a_pause_go_on_from_where_it_is() -> None:
    faster = FILM.play(1, 0).play(5, 10 * SECOND)
    assert faster.position(12 * SECOND) == 20_000
    paused = faster.pause(12 * SECOND)
    assert paused.position(99 * SECOND) == 20_000


def test_seeking_stays_within_the_film_and_stands_still() -> None:
    assert FILM.play(5, 0).seek(45_000, SECOND).position(9 * SECOND) == 45_000
    assert FILM.seek(-5, 0).position(0) == 0
    assert FILM.seek(10**9, 0).position(0) == 120_000


def test_a_step_goes_to_the_next_moment_and_at_last_to_the_end() -> None:
    moments = [0, 400, 400, 30_000]
    one = FILM.step(moments, 0)
    assert one.position(0) == 400
    assert one.step(moments, 0).position(0) == 30_000
    assert one.step(moments, 0).step(moments, 0).position(0) == 120_000


def test_a_clock_that_stands_or_goes_back_moves_nothing() -> None:
    playing = FILM.play(20, 10 * SECOND)
    assert playing.position(9 * SECOND) == 0
