"""What an output says and when: the newest first, twice, again and again, and nothing that stands is left out."""

from collections.abc import Iterator
from typing import Literal

import pytest

from drivers.outputs.paging_rounds import OVER_US, Page, Rounds
from drivers.outputs.rtp_sender import NotSent

SECOND = 1_000_000
WORDS = {"lock": (b"L" * 160,) * 5, "hold": (b"H" * 160,) * 5, "clear": (b"C" * 160,) * 5}


class Wire:
    """Takes packets; `dead`: it takes none."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, str, bool]] = []
        self.passed = 0
        self.dead = ""
        self.now = 0

    def send(self, payload: bytes, *, first: bool) -> None:
        if self.dead:
            raise NotSent(self.dead)
        letter = chr(payload[0]) if chr(payload[0]) in "LHC" and len(set(payload)) == 1 else "."
        self.sent.append((self.now, letter, first))

    def pass_over(self, packets: int) -> None:
        self.passed += packets

    def said(self) -> str:
        """The words' packets, a letter each, a run of one letter per five."""
        return (
            "".join(letter for _, letter, _ in self.sent if letter != ".")
            .replace("L" * 5, "lock ")
            .replace("H" * 5, "hold ")
            .replace("C" * 5, "clear ")
        )


class Output:
    def __init__(self, repeat_us: int = 5 * SECOND) -> None:
        self.wire = Wire()
        self.told: list[tuple[int, bool, str]] = []
        self.coming: set[str] = set()
        self.rounds = Rounds("pcmu", repeat_us, self.wire, self._words, lambda *said: self.told.append(said))
        self.now = 0

    def _words(self, speech: str) -> "tuple[bytes, ...] | Literal['coming'] | None":
        return "coming" if speech in self.coming else WORDS.get(speech)

    def say(self, number: int, zone: str, speech: str, *, standing: bool = True) -> None:
        self.rounds.say(Page(number, zone, speech, standing, self.now), self.now)

    def until(self, at_us: int, late: Iterator[int] | None = None) -> None:
        """Let time go by, each packet sent when it is due."""
        while (due := self.rounds.due()) is not None and due <= at_us:
            self.now = max(self.now, due) + (next(late, 0) if late else 0)
            self.wire.now = self.now
            self.rounds.send(self.now)
        self.now = max(self.now, at_us)


@pytest.fixture
def out() -> Output:
    return Output()


def test_a_page_is_a_tone_and_its_words_twice_and_comes_again_until_all_is_clear(out: Output) -> None:
    out.say(1, "a", "lock")
    out.until(4 * SECOND)
    assert (out.wire.said(), out.told) == ("lock lock ", [(1, True, "")])
    out.until(12 * SECOND)
    assert [at for at, _, first in out.wire.sent if first] == [0, 5 * SECOND, 10 * SECOND]

    out.say(2, "a", "clear", standing=False)
    out.until(60 * SECOND)
    assert out.wire.said().endswith("clear clear ")
    assert out.told[-1] == (2, True, "")
    assert out.rounds.due() is None


def test_a_newer_page_cuts_in_with_the_next_packet_and_takes_its_zone_s_place(out: Output) -> None:
    out.say(1, "a", "hold")
    out.until(1_500_000)
    out.say(2, "a", "lock")
    out.until(30 * SECOND)

    assert (1_520_000, ".", True) in out.wire.sent
    assert "hold hold" not in out.wire.said()
    assert {number for number, _, _ in out.told} == {2}


def test_what_stands_for_another_zone_comes_behind_the_newer_and_is_never_left_out(out: Output) -> None:
    out.say(1, "campus", "lock")
    out.until(100_000)
    out.say(2, "a", "hold")
    out.until(8 * SECOND)
    assert out.wire.said().startswith("hold hold lock lock ")
    assert out.told[:2] == [(2, True, ""), (1, True, "")]

    out.say(3, "a", "clear", standing=False)
    out.until(out.now + 4 * SECOND)
    out.wire.sent.clear()
    out.until(out.now + 6 * SECOND)
    assert set(out.wire.said().split()) == {"lock"}


def test_who_was_heard_once_whole_was_told_when_a_newer_one_cuts_in(out: Output) -> None:
    out.say(1, "campus", "lock")
    out.until(1_500_000)
    assert out.wire.said() == "lock "
    out.say(2, "a", "hold")
    out.until(4 * SECOND)
    assert (out.wire.said(), out.told) == ("lock hold hold ", [(1, True, ""), (2, True, "")])


def test_two_zones_that_are_told_the_same_words_hear_them_once_a_round(out: Output) -> None:
    out.say(1, "a", "lock")
    out.say(2, "b", "lock")
    out.until(6 * SECOND)
    assert {number for number, _, _ in out.told} == {1, 2}
    out.wire.sent.clear()
    out.until(out.now + 5 * SECOND)
    assert out.wire.said() == "lock lock "


def test_while_pages_are_held_back_nothing_is_heard_and_afterwards_all_that_stands(out: Output) -> None:
    out.say(1, "a", "hold")
    out.until(1_500_000)
    out.rounds.hold(True, out.now)
    out.say(2, "b", "lock")
    sent = len(out.wire.sent)
    out.until(60 * SECOND)
    assert (len(out.wire.sent), out.rounds.due()) == (sent, None)

    out.wire.sent.clear()
    out.rounds.hold(False, out.now)
    out.until(out.now + 8 * SECOND)
    assert out.wire.said().startswith("lock lock hold hold ")
    assert {number for number, _, _ in out.told} == {1, 2}


def test_without_words_there_are_tones_and_it_says_so(out: Output) -> None:
    out.say(1, "a", "lost")
    out.until(4 * SECOND)
    assert out.told == [(1, True, "no_speech")]
    assert len(out.wire.sent) == 50 + 10 + 50


def test_words_that_are_still_being_read_are_waited_for_and_not_for_ever(out: Output) -> None:
    out.coming = {"lock"}
    out.say(1, "a", "lock")
    out.until(2 * SECOND)
    out.coming = set()
    out.until(4 * SECOND)
    assert (out.wire.said(), out.told) == ("lock lock ", [(1, True, "")])

    out.coming = {"hold"}
    out.say(2, "a", "hold")
    out.until(out.now + 5 * SECOND)
    assert out.told[-1] == (2, True, "no_speech")


def test_what_does_not_leave_fails_by_name_and_is_tried_until_it_does(out: Output) -> None:
    out.wire.dead = "unreachable"
    out.say(1, "a", "lock")
    out.until(3 * SECOND)
    assert out.told == [(1, False, "unreachable")] * 2
    out.wire.dead = ""
    out.until(7 * SECOND)
    assert (out.wire.said(), out.told[-1]) == ("lock lock ", (1, True, ""))


def test_an_all_clear_that_never_left_is_given_up_before_it_is_news_to_nobody(out: Output) -> None:
    out.wire.dead = "unreachable"
    out.say(1, "a", "clear", standing=False)
    out.until(OVER_US + 10 * SECOND)
    assert (out.told[-1], out.rounds.due()) == ((1, False, "too_late"), None)


def test_who_was_stopped_for_a_while_goes_on_from_now_and_the_stream_s_time_with_it(out: Output) -> None:
    """Not in a burst: 50 packets at once are 50 that no loudspeaker plays."""
    out.say(1, "a", "lock")
    out.until(200_000)
    sent, passed = len(out.wire.sent), out.wire.passed
    out.until(240_000, iter([SECOND]))
    assert len(out.wire.sent) == sent + 1
    assert out.wire.sent[-1][2]
    assert out.wire.passed - passed == pytest.approx(50, abs=1)

    out.until(out.now + 100_000, iter([60_000]))
    assert not any(first for _, _, first in out.wire.sent[sent + 1 :])
