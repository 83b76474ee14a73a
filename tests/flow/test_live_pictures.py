"""Live pictures in a real browser, by every door, from a true encoder; and what a tile says of how old they are."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.flow.live_rig import FULL, SMALL, browsing, looking, serving, shown, until

TILE = "document.querySelector('figure.camera')"
NO_RTC = "delete window.RTCPeerConnection;"
NO_MSE = "delete window.MediaSource;"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as one:
        yield one


def test_a_tile_is_live_by_webrtc_and_leaves_when_it_is_closed(browser: Browser) -> None:
    with serving(SMALL) as server, looking(browser, server) as page:
        until(
            page,
            f"{TILE}.dataset.door === 'rtc' && {TILE}.dataset.state === 'live' && window.shown.length > 20",
        )
        assert {one["door"] for one in shown(page)[1:]} == {"rtc"}
        assert server.act(page)["viewers"] == 1
        page.goto("about:blank")
        while server.act(page)["viewers"]:
            page.wait_for_timeout(20)
        assert server.act(page)["watched"] == 0


@pytest.mark.parametrize("before", ["", NO_RTC], ids=["rtc", "mse"])
def test_who_comes_between_two_key_pictures_ten_seconds_apart_waits_for_none(
    browser: Browser, before: str
) -> None:
    with serving({**SMALL, "key_s": 600}) as server:
        with looking(browser, server, before=NO_RTC + NO_MSE) as page:
            until(page, "true")
            while server.act(page)["units"] < 60:
                page.wait_for_timeout(20)
        with looking(browser, server, before=before) as page:
            # The one key picture that there is came long ago: without it nothing would ever be shown.
            until(page, f"{TILE}.dataset.state === 'live' && window.shown.length > 10")


def test_a_picture_is_called_live_only_by_when_it_was_taken(browser: Browser) -> None:
    with serving({**SMALL, "key_s": 600}) as server:
        with looking(browser, server, before=NO_RTC + NO_MSE) as page:
            while server.act(page)["units"] < 90:
                page.wait_for_timeout(20)
        for before in ("", NO_RTC):
            with looking(browser, server, before=before) as page:
                until(page, f"{TILE}.dataset.state === 'live' && window.shown.length > 0")
                # What came before is seen at once: the one key picture there is, six seconds old. None of it is called live.
                assert shown(page)[0]["age"] > 5_000
                assert all(one["age"] < 2_500 for one in shown(page) if one["state"] == "live")


@pytest.mark.parametrize("before", ["", NO_RTC, NO_RTC + NO_MSE], ids=["rtc", "mse", "jpeg"])
def test_a_camera_that_falls_silent_is_never_shown_as_live_and_back_again(
    browser: Browser, before: str
) -> None:
    with serving(SMALL) as server, looking(browser, server, before=before) as page:
        until(page, f"{TILE}.dataset.state === 'live'")
        server.act(page, "paused=1")
        until(
            page,
            f"{TILE}.dataset.state === 'old' && /^\\d+ s old$/.test(document.querySelector('.shown').textContent)",
        )
        assert page.evaluate("getComputedStyle(document.querySelector('.shot canvas')).opacity") != "1"
        server.act(page, "broken=1")
        server.act(page, "paused=0")
        until(page, f"{TILE}.dataset.state === 'live'")


def test_a_camera_lost_before_the_page_came_shows_its_last_picture_as_old_and_one_that_stands_still_as_frozen(
    browser: Browser,
) -> None:
    painted = "document.querySelector('.shot canvas').width > 100"
    with serving(SMALL) as server, looking(browser, server) as page:
        until(page, f"{TILE}.dataset.state === 'live'")
        # As the page's stream says it, of pictures that come as fast as ever.
        page.evaluate(
            "document.body.insertAdjacentHTML('beforeend', '<i data-sees=cam-1 data-blind=frozen></i>')"
        )
        until(page, f"{TILE}.dataset.state === 'frozen'")
        assert page.inner_text(".shown") == "FROZEN"
        page.evaluate("document.querySelector('[data-sees]').dataset.blind = 'covered'")
        page.evaluate("document.querySelector('[data-sees]').dataset.word = 'covered'")
        until(page, "document.querySelector('.shown').textContent === 'LIVE, covered'")
        server.act(page, "paused=1")
        server.act(page, "broken=1")
        page.reload()
        until(page, f"{TILE}.dataset.state === 'old' && {painted}")
        assert page.inner_text(".shown").endswith("old")


def test_pictures_out_of_order_go_by_the_second_door_with_their_true_times(browser: Browser) -> None:
    with serving({**SMALL, "reordered": True}) as server, looking(browser, server) as page:
        until(
            page,
            f"{TILE}.dataset.door === 'mse' && {TILE}.dataset.state === 'live' && window.shown.length > 40",
        )
        taken = [one["code"] for one in shown(page)[10:]]
        assert taken == sorted(taken)
        assert server.act(page)["asked"][:2] == ["whep main", "mse main"]


def test_what_no_browser_here_decodes_goes_by_the_last_door_and_the_small_stream_is_tried_first(
    browser: Browser,
) -> None:
    with serving({**SMALL, "codec": "h265"}) as server, looking(browser, server) as page:
        until(page, f"{TILE}.dataset.door === 'jpeg'")
        assert server.act(page)["asked"][:3] == ["whep main", "mse main", "jpeg"]
    with (
        serving({**SMALL, "codec": "h265", "sub": {"codec": "h264"}}) as server,
        looking(browser, server) as page,
    ):
        until(page, f"{TILE}.dataset.door === 'rtc' && {TILE}.dataset.state === 'live'")
        assert server.act(page)["asked"][:2] == ["whep main", "whep sub"]


@pytest.mark.parametrize("for_good", [0, 1], ids=["sent_again", "begun_anew"])
def test_lost_packets_are_made_good_though_no_key_picture_comes(browser: Browser, for_good: int) -> None:
    with serving({**SMALL, "key_s": 600}) as server, looking(browser, server) as page:
        while server.act(page)["units"] < 90:
            page.wait_for_timeout(20)
        until(page, f"{TILE}.dataset.door === 'rtc' && {TILE}.dataset.state === 'live'")
        before = len(shown(page))
        server.act(page, f"lose=40&for_good={for_good}")
        until(page, f"window.shown.length > {before} + 60 && {TILE}.dataset.state === 'live'")
        again = shown(page)[before:]
        assert all(one["age"] < 2_500 for one in again if one["state"] == "live")
        assert not for_good or any(one["age"] > 4_000 for one in again)
        assert server.act(page)["asked"] == ["whep main"]
        assert server.act(page)["viewers"] == 1


def test_when_all_places_are_taken_the_next_door_serves(browser: Browser) -> None:
    with serving({**SMALL, "most": 1}) as server, looking(browser, server, "tiles=2") as page:
        until(
            page,
            "new Set([...document.querySelectorAll('figure')].map((one) => one.dataset.door)).size === 2",
        )
        until(page, "[...document.querySelectorAll('figure')].every((one) => one.dataset.state === 'live')")
        assert server.act(page)["viewers"] == 1


def test_a_tile_that_nobody_sees_takes_nothing_and_comes_back(browser: Browser) -> None:
    with serving(SMALL) as server, looking(browser, server) as page:
        until(page, f"{TILE}.dataset.state === 'live'")
        page.evaluate(f"{TILE}.hidden = true")
        while server.act(page)["watched"]:
            page.wait_for_timeout(20)
        page.evaluate(f"{TILE}.hidden = false")
        until(page, f"{TILE}.dataset.state === 'live'")


def test_a_small_tile_takes_the_small_stream_and_an_enlarged_one_the_main(browser: Browser) -> None:
    both = {**FULL, "sub": {"width": 320, "height": 180, "bit_rate": 200_000}}
    with serving(both) as server, looking(browser, server, "class=cameras") as page:
        until(page, "document.querySelector('video').videoWidth === 320")
        page.click("button.enlarge")
        until(page, "document.querySelector('video').videoWidth === 1920")
        page.click("button.enlarge")
        until(page, "document.querySelector('video').videoWidth === 320")
