"""The time before a press: whole groups only, so many seconds, so many bytes, and no picture missing or twice."""

from dataclasses import dataclass, field

from drivers.cameras.stream import AccessUnit, AudioFrame, Track
from edge.media.hub import Hub
from edge.media.ring import LONGEST_FACTOR, UNIT_OVERHEAD, Budget, Ring

TRACK = Track("h264", b"")
FPS = 10


@dataclass
class Taking:
    """Writes down what it is given."""

    got: list[int | str] = field(default_factory=list)

    def unit(self, unit: AccessUnit) -> None:
        self.got.append(unit.rtp)

    def audio(self, frame: AudioFrame) -> None:
        self.got.append(f"sound {frame.rtp}")

    def missing(self, packets: int) -> None:
        self.got.append(f"{packets} missing")

    def broken(self) -> None:
        self.got.append("broken")


def unit(number: int, *, key: bool, size: int = 1000) -> AccessUnit:
    return AccessUnit(bytes(size), key, number, number * 1_000_000 // FPS, TRACK)


def feed(ring: Ring, first: int, last: int, gop: int = 20, size: int = 1000) -> None:
    for number in range(first, last):
        ring.unit(unit(number, key=number % gop == 0, size=size))


def sound(number: int) -> AudioFrame:
    return AudioFrame("pcmu", b"x", number, 0, 8000)


def test_a_ring_holds_at_least_its_seconds_and_at_most_a_group_more() -> None:
    ring = Ring(10, Budget(1 << 30))
    for number in range(1000):
        feed(ring, number, number + 1)
        if number >= 10 * FPS:
            assert 10_000_000 - 1_000_000 // FPS <= ring.held_us < 12_100_000


def test_what_a_ring_gives_begins_with_a_key_picture_and_has_none_missing_or_twice() -> None:
    hub, ring, clip = Hub("cam", "main"), Ring(10, Budget(1 << 30)), Taking()
    hub.attach(ring)
    for number in range(305):
        hub.unit(unit(number, key=number % 20 == 0))
    ring.attach(clip, since_us=25_000_000)
    for number in range(305, 330):
        hub.unit(unit(number, key=number % 20 == 0))
    assert clip.got == list(range(240, 330))


def test_a_ring_gives_from_the_key_picture_before_the_moment_that_was_asked_for() -> None:
    ring, early, late = Ring(30, Budget(1 << 30)), Taking(), Taking()
    feed(ring, 0, 100)
    ring.attach(early, since_us=-1)
    ring.attach(late, since_us=4_100_000)
    assert early.got == list(range(100))
    assert late.got == list(range(40, 100))


def test_breaks_and_lost_packets_are_told_in_their_place() -> None:
    ring, clip = Ring(30, Budget(1 << 30)), Taking()
    feed(ring, 0, 3)
    ring.missing(7)
    ring.broken()
    ring.unit(unit(3, key=False))
    feed(ring, 20, 22)
    ring.missing(1)
    ring.attach(clip, since_us=0)
    assert clip.got == [0, 1, 2, "broken", "7 missing", 20, 21, "1 missing"]


def test_who_attaches_to_a_stream_that_is_broken_is_told_so() -> None:
    ring, clip = Ring(30, Budget(1 << 30)), Taking()
    feed(ring, 0, 2)
    ring.broken()
    ring.attach(clip, since_us=0)
    assert clip.got == [0, 1, "broken"]


def test_sound_is_given_between_the_pictures_that_it_came_between() -> None:
    ring, clip = Ring(30, Budget(1 << 30)), Taking()
    feed(ring, 0, 2)
    ring.audio(sound(5))
    feed(ring, 2, 3)
    ring.audio(sound(6))
    ring.attach(clip, since_us=0)
    assert clip.got == [0, 1, "sound 5", 2, "sound 6"]


def test_over_the_bytes_of_all_the_ring_that_holds_most_gives_its_oldest_group_away_and_says_so() -> None:
    budget = Budget(400_000)
    thin, fat = Ring(30, budget), Ring(30, budget)
    for number in range(300):
        feed(thin, number, number + 1)
        feed(fat, number, number + 1, size=5000)
        assert budget.held_bytes <= budget.most_bytes
        assert budget.held_bytes == thin.held_bytes + fat.held_bytes
    assert fat.given_away
    assert fat.shortened
    assert thin.held_us > fat.held_us
    begun = Taking()
    fat.attach(begun, since_us=0)
    first = begun.got[0]
    assert isinstance(first, int)
    assert first % 20 == 0


def test_a_budget_smaller_than_one_group_holds_nothing_rather_than_half_of_it() -> None:
    budget = Budget(5 * (1000 + UNIT_OVERHEAD))
    ring, clip = Ring(30, budget), Taking()
    ring.attach(clip, since_us=0)
    feed(ring, 0, 19)
    assert ring.gops == 0
    assert budget.held_bytes == 0
    assert clip.got == ["broken", *range(19)]


def test_a_camera_that_sends_no_further_key_picture_fills_no_memory_and_is_still_handed_on() -> None:
    ring, clip = Ring(5, Budget(1 << 30)), Taking()
    ring.attach(clip, since_us=0)
    pictures = FPS * 5 * (LONGEST_FACTOR + 1)
    feed(ring, 0, pictures, gop=10_000)
    assert ring.held_bytes == 0
    assert clip.got == ["broken", *range(pictures)]


def test_a_ring_that_is_closed_leaves_its_bytes_to_the_others() -> None:
    budget = Budget(1 << 30)
    ring = Ring(30, budget)
    feed(ring, 0, 50)
    ring.close()
    assert budget.held_bytes == 0


def test_a_ring_holds_the_pictures_themselves_and_no_copy() -> None:
    ring, given = Ring(30, Budget(1 << 30)), unit(0, key=True)
    ring.unit(given)

    class Same(Taking):
        def unit(self, unit: AccessUnit) -> None:
            assert unit.data is given.data
            super().unit(unit)

    same = Same()
    ring.attach(same, since_us=0)
    assert same.got == [0]
