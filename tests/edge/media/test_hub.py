"""One stream for everybody: who comes late gets what a decoder needs, and nobody gets half a picture."""

from drivers.cameras.stream import AccessUnit, Track
from edge.media.hub import LONGEST_GOP, Hub

TRACK = Track("h264", b"")


class Listening:
    """Writes down what it is given."""

    def __init__(self) -> None:
        self.got: list[int | str] = []

    def unit(self, unit: AccessUnit) -> None:
        self.got.append(unit.rtp)

    def broken(self) -> None:
        self.got.append("broken")


def unit(rtp: int, *, key: bool = False, whole: bool = True) -> AccessUnit:
    return AccessUnit(b"", key, rtp, rtp, TRACK, whole)


def test_who_comes_late_begins_with_the_key_picture_and_misses_none_behind_it() -> None:
    hub, late = Hub("cam-1", "main"), Listening()
    for rtp in range(10):
        hub.unit(unit(rtp, key=rtp in (0, 5)))
    hub.attach(late)
    hub.unit(unit(10))
    assert late.got == [5, 6, 7, 8, 9, 10]


def test_nothing_is_handed_on_between_a_lost_packet_and_the_next_key_picture() -> None:
    hub, tap = Hub("cam-1", "main"), Listening()
    hub.unit(unit(0, key=True))
    hub.attach(tap)
    hub.unit(unit(1, whole=False))
    hub.unit(unit(2))
    hub.unit(unit(3, key=True))
    assert tap.got == [0, "broken", 3]


def test_a_group_of_pictures_that_never_ends_is_not_kept_and_still_handed_on() -> None:
    hub, early, late = Hub("cam-1", "main"), Listening(), Listening()
    hub.attach(early)
    for rtp in range(LONGEST_GOP + 2):
        hub.unit(unit(rtp, key=rtp == 0))
    hub.attach(late)
    hub.unit(unit(LONGEST_GOP + 2))
    assert early.got == ["broken", *range(LONGEST_GOP + 3)]
    assert late.got[0] == "broken"
    assert hub.gop == []


def test_who_left_gets_nothing_more() -> None:
    hub, tap = Hub("cam-1", "main"), Listening()
    hub.unit(unit(0, key=True))
    detach = hub.attach(tap)
    detach()
    hub.unit(unit(1))
    assert tap.got == [0]
    assert hub.watched == 0
