"""When each picture is shown: by the camera's time while it lasts, by arrival over a gap."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.cameras.stream import VIDEO_CLOCK, AccessUnit, Track
from edge.media.clip_timing import Timeline, reorder_depth

TRACK = Track("h264", b"")
FRAME = VIDEO_CLOCK // 15


def unit(rtp: int, at_us: int, *, key: bool = False) -> AccessUnit:
    return AccessUnit(b"", key, rtp, at_us, TRACK)


def test_rtp_time_places_pictures_whatever_the_network_does_to_their_arrival() -> None:
    timeline = Timeline(0)
    arrivals = [0, 66_000, 1_500_000, 1_500_100, 1_500_200]
    placed = [timeline.place(unit(77 + n * FRAME, at), after_break=False) for n, at in enumerate(arrivals)]
    assert placed == [(n * FRAME, n * FRAME) for n in range(5)]


def test_reordered_pictures_are_shown_by_their_time_and_decoded_before() -> None:
    # I P B B, twice: sent 0 3 1 2, 6 4 5.
    order = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8]
    units = [unit(n * FRAME, at * 66_666, key=at == 0) for at, n in enumerate(order)]
    assert reorder_depth(units) == 1
    timeline = Timeline(1)
    placed = [timeline.place(one, after_break=False) for one in units]
    shown = [pts for _, pts in placed]
    assert [pts - shown[0] for pts in shown] == [n * FRAME for n in order]
    assert all(dts <= pts for dts, pts in placed)
    assert [dts for dts, _ in placed] == sorted({dts for dts, _ in placed})


def test_after_a_reconnect_the_arrival_clock_says_how_long_the_gap_was() -> None:
    timeline = Timeline(0)
    timeline.place(unit(900_000, 0, key=True), after_break=False)
    # Twelve seconds later the camera counts from its beginning again.
    _, pts = timeline.place(unit(5, 12_000_000, key=True), after_break=True)
    assert pts == 12 * VIDEO_CLOCK
    assert timeline.anchored_anew == 1


def test_after_lost_packets_rtp_time_goes_on() -> None:
    timeline = Timeline(0)
    timeline.place(unit(0, 0, key=True), after_break=False)
    _, pts = timeline.place(unit(30 * FRAME, 2_300_000, key=True), after_break=True)
    assert pts == 30 * FRAME
    assert timeline.anchored_anew == 0


def test_a_camera_that_sets_its_time_anew_in_the_middle_is_placed_by_arrival() -> None:
    timeline = Timeline(0)
    timeline.place(unit(10_000_000, 0, key=True), after_break=False)
    _, back = timeline.place(unit(0, 1_000_000), after_break=False)
    _, ahead = timeline.place(unit(2_000_000_000, 2_000_000), after_break=False)
    assert (back, ahead) == (VIDEO_CLOCK, 2 * VIDEO_CLOCK)


@given(
    st.lists(
        st.tuples(st.integers(-(2**40), 2**40), st.integers(0, 10**9), st.booleans(), st.booleans()),
        max_size=60,
    ),
    st.integers(0, 3),
)
def test_decoding_time_always_rises_whatever_a_camera_says(
    said: list[tuple[int, int, bool, bool]], depth: int
) -> None:
    timeline, at, last = Timeline(depth), 0, -1
    for rtp, later, key, broke in said:
        at += later
        dts, _ = timeline.place(unit(rtp, at, key=key), after_break=broke)
        assert dts > last
        last = dts
