"""Cameras by the API: who may look, how old what they see is, and that a look ends with the right to it.

A real daemon and its camera process, on two cameras that play.
"""

import asyncio
import json
import os
import re
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from edge.media.asking import MOST_WATCHING
from edge.web.api.cameras import LIVE_MS
from tests.edge.web.api.served import Answer, By, Served, lay_book
from tests.flow.cameras import SMALL, Cameras, camera_process, until_held, with_cameras
from tests.flow.mosquitto import Document
from tests.flow.rig import running
from tests.flow.school import school
from tests.flow.waiting import PATIENCE_S, wait_for

HALL, GYM = "cam-hall", "cam-gym"
FINGERPRINT = ":".join(["AB"] * 32)
OFFER = "\r\n".join(
    (
        "v=0",
        "o=- 1 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0",
        "m=video 9 UDP/TLS/RTP/SAVPF 102",
        "c=IN IP4 0.0.0.0",
        "a=mid:0",
        "a=recvonly",
        "a=rtcp-mux",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:" + "p" * 24,
        f"a=fingerprint:sha-256 {FINGERPRINT}",
        "a=setup:actpass",
        "a=rtpmap:102 H264/90000",
        "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
        "",
    )
)


@pytest.fixture(scope="module")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cameras]:
    made = Cameras(tmp_path_factory.mktemp("pictures"), {HALL: SMALL, GYM: SMALL})
    yield made
    made.stop()


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, peers: Cameras) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("watched")

    def make(port: int) -> Document:
        sections = [peers.section(HALL, "a-1", doors=["tcp-1"]), peers.section(GYM, "b", lost_after="1s")]
        return with_cameras(school(folder, port), sections, folder)

    with running(folder, make, started=False) as campus:
        keys = lay_book(campus.store)
        campus.start()
        campus.until("the page is open", lambda _: campus.health("healthz") == 200)
        yield Served(campus, keys)


@pytest.fixture
def api(watched: Served) -> Served:
    until_held(watched.campus, HALL, GYM)
    return watched


def offer(api: Served, role: str = "technician", by: By = "session", text: str = OFFER) -> Answer:
    headers = {**api.headers(role, by), "Content-Type": "application/sdp"}
    return api.send("POST", f"/api/v1/cameras/{HALL}/whep", text.encode(), headers)


def viewers(api: Served) -> int:
    said = api.send("GET", "/metrics", None, api.headers("technician", "token")).body.decode()
    found = re.search(r"^campus_edge_camera_viewers (\d+)", said, re.MULTILINE)
    assert found is not None, said
    return int(found[1])


@asynccontextmanager
async def looking(
    api: Served, role: str = "technician", by: By = "session", **headers: str
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(
            f"{api.origin}/api/v1/cameras/{HALL}/mse", headers={**api.headers(role, by), **headers}
        ) as socket,
    ):
        yield socket


async def ends(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Until the other side ends it; fails where it does not."""
    async with asyncio.timeout(PATIENCE_S):
        async for _ in socket:
            pass


# --- whether each can be relied on -----------------------------------------------------------


def test_whoever_may_look_sees_whether_cameras_can_be_relied_on_and_none_of_their_pictures(
    api: Served,
) -> None:
    listed = api.get("cameras", "viewer")
    assert [(one["id"], one["up"], one["blind"]) for one in listed.json["items"]] == [
        (GYM, True, ""),
        (HALL, True, ""),
    ]
    assert [one["id"] for one in api.get("cameras?zone=b", "viewer").json["items"]] == [GYM]
    for path in ("snapshot.jpg", "mse"):
        assert api.get(f"cameras/{HALL}/{path}", "viewer").status == 403
    assert (
        offer(api, "viewer").status
        == offer(api, "staff").status
        == offer(api, "device", "token").status
        == 403
    )
    assert offer(api, "viewer", "none").status == 401
    assert api.get("cameras/nowhere/snapshot.jpg", "technician").status == 404


def test_what_is_counted_of_a_camera_is_there_with_the_age_of_its_newest_picture(api: Served) -> None:
    wait_for(
        "counted",
        lambda: api.get(f"cameras/{HALL}").json["main"] and api.get(f"cameras/{HALL}").json["main"]["fps"],
    )
    main = api.get(f"cameras/{HALL}", "viewer").json["main"]
    assert (main["codec"], main["width"], main["height"], main["engine"]) == ("h264", 320, 180, "own")
    assert main["up"] is True
    assert main["live"] is (main["age_ms"] <= LIVE_MS)
    assert main["connections"] == 1


def test_a_camera_that_fell_silent_is_never_called_live(api: Served, peers: Cameras) -> None:
    peers.fault(GYM, "silent")
    try:
        wait_for("lost", lambda: not api.get(f"cameras/{GYM}").json["up"])
        lost = api.get(f"cameras/{GYM}").json
        assert (lost["code"], lost["blind"]) == ("silent", "lost")
        wait_for("told", lambda: api.get(f"cameras/{GYM}").json["main"]["up"] is False)
        assert api.get(f"cameras/{GYM}").json["main"]["live"] is False
        old = api.get(f"cameras/{GYM}/snapshot.jpg", "technician")
        assert old.status in (200, 503)
        assert old.status == 503 or int(old.headers["age"]) >= 1
    finally:
        peers.fault(GYM, "none")


# --- snapshots -------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["session", "token"])
def test_a_snapshot_is_a_jpeg_that_says_when_it_was_taken_and_is_kept_by_nobody(api: Served, by: By) -> None:
    got = api.get(f"cameras/{HALL}/snapshot.jpg?width=320", "technician", by)
    assert got.status == 200, got.body
    assert got.body.startswith(b"\xff\xd8")
    assert got.headers["content-type"] == "image/jpeg"
    assert got.headers["cache-control"] == "no-store"
    # Whole seconds are rounded up: no picture is called younger than it is.
    exact = int(got.headers["x-age-ms"])
    assert exact <= 1_000 * int(got.headers["age"]) < exact + 1_000 < 60_000
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", got.headers["x-captured-at"])


# --- WebRTC ----------------------------------------------------------------------------------


def test_an_offer_is_answered_at_the_address_of_the_page_and_ended_by_whoever_made_it_alone(
    api: Served,
) -> None:
    made = offer(api)
    assert made.status == 201, made.body
    assert made.headers["content-type"].partition(";")[0] == "application/sdp"
    assert re.findall(rb"candidate:\S+ 1 udp \d+ (\S+) ", made.body) == [b"127.0.0.1"]
    place = made.headers["location"]
    assert place.startswith(f"/api/v1/cameras/{HALL}/whep/")

    assert api.send("DELETE", place, None, api.headers("administrator", "session")).status == 404
    assert api.send("DELETE", place, None, api.headers("viewer", "session")).status == 403
    assert api.send("DELETE", place, None, api.headers("technician", "session")).status == 200
    wait_for("it is over", lambda: viewers(api) == 0)
    assert api.send("DELETE", place, None, api.headers("technician", "session")).status == 404


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("nonsense", 400, "bad_offer"),
        (OFFER.replace("H264", "VP8"), 409, "not_h264"),
        ("v" * 40_000, 413, ""),
    ],
)
def test_an_offer_that_cannot_be_served_is_refused_with_a_reason(
    api: Served, text: str, status: int, code: str
) -> None:
    refused = offer(api, text=text)
    assert refused.status == status, refused.body
    assert refused.json.get("code", "") == code or not code
    wait_for("nobody looks", lambda: viewers(api) == 0)


def test_an_offer_that_is_no_sdp_by_its_type_is_refused(api: Served) -> None:
    assert api.post(f"cameras/{HALL}/whep", {}, "technician").status == 415


# --- fragmented MP4 --------------------------------------------------------------------------


async def test_fragments_come_over_a_websocket_text_first_and_then_pieces(api: Served) -> None:
    async with looking(api) as socket, asyncio.timeout(PATIENCE_S):
        text = await socket.receive()
        first = await socket.receive()
        assert text.type is aiohttp.WSMsgType.TEXT
        assert json.loads(text.data)["codec"].startswith("avc1.")
        assert first.type is aiohttp.WSMsgType.BINARY
        assert b"ftyp" in first.data[:12]
        piece = await socket.receive()
        assert b"moof" in piece.data[:12]
        await asyncio.to_thread(wait_for, "one looks", lambda: viewers(api) == 1)
    await asyncio.to_thread(wait_for, "gone", lambda: viewers(api) == 0)


async def test_another_sites_script_is_shown_nothing(api: Served) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with looking(api, Origin="https://elsewhere.example"):
            pass
    assert refused.value.status == 403
    async with looking(api, by="token") as socket:
        assert not socket.closed
    assert api.get(f"cameras/{HALL}/mse", "technician").status == 400


async def test_more_than_a_box_can_serve_are_told_so_and_nobody_who_looks_is_thrown_out(api: Served) -> None:
    async with aiohttp.ClientSession() as client:
        url, headers = f"{api.origin}/api/v1/cameras/{HALL}/mse", api.headers("technician", "token")
        open_ = [await client.ws_connect(url, headers=headers) for _ in range(MOST_WATCHING)]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.ws_connect(url, headers=headers)
        assert refused.value.status == 503
        assert refused.value.headers is not None
        assert refused.value.headers["Retry-After"]
        assert not any(one.closed for one in open_)
        for one in open_:
            await one.close()
    await asyncio.to_thread(wait_for, "gone", lambda: viewers(api) == 0)


# --- a look ends with the right to it --------------------------------------------------------


def with_account(api: Served, name: str, role: str) -> str:
    """A token of somebody new."""
    made = api.campus.cli("token", "create", "--name", name, "--role", role, "--expires", "1d", "--json")
    assert made.returncode == 0, made.stderr
    (secret,) = json.loads(made.stdout)["data"]["secret"]
    return str(secret)


async def test_looks_end_when_whoever_looks_may_no_longer(api: Served) -> None:
    token = await asyncio.to_thread(with_account, api, "sign", "technician")
    known = {"Authorization": f"Bearer {token}"}
    headers = {**known, "Content-Type": "application/sdp"}
    made = await asyncio.to_thread(api.send, "POST", f"/api/v1/cameras/{HALL}/whep", OFFER.encode(), headers)
    assert made.status == 201
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(f"{api.origin}/api/v1/cameras/{HALL}/mse", headers=known) as socket,
    ):
        await socket.receive()
        await asyncio.to_thread(wait_for, "both look", lambda: viewers(api) == 2)
        done = await asyncio.to_thread(api.campus.cli, "token", "revoke", "sign")
        assert done.returncode == 0
        await ends(socket)
    await asyncio.to_thread(wait_for, "both are over", lambda: viewers(api) == 0)


async def test_a_look_at_a_silent_camera_ends_as_well_when_whoever_looks_may_no_longer(
    api: Served, peers: Cameras
) -> None:
    token = await asyncio.to_thread(with_account, api, "sign-2", "technician")
    url = f"{api.origin}/api/v1/cameras/{HALL}/mse"
    try:
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(url, headers={"Authorization": f"Bearer {token}"}) as socket,
        ):
            await socket.receive()
            await asyncio.to_thread(peers.fault, HALL, "silent")
            assert (await asyncio.to_thread(api.campus.cli, "token", "revoke", "sign-2")).returncode == 0
            await ends(socket)
    finally:
        await asyncio.to_thread(peers.fault, HALL, "none")


async def test_another_role_ends_a_look(api: Served) -> None:
    async with looking(api) as socket:
        await socket.receive()
        done = await asyncio.to_thread(api.campus.cli, "user", "role", "Kim technician", "--role", "viewer")
        assert done.returncode == 0, done.stderr
        await ends(socket)
    back = await asyncio.to_thread(api.campus.cli, "user", "role", "Kim technician", "--role", "technician")
    assert back.returncode == 0, back.stderr


# --- the record ------------------------------------------------------------------------------


def test_who_looks_is_recorded_once_in_ten_minutes_of_looking(api: Served) -> None:
    def looked(camera: str) -> list[tuple[str, str]]:
        rows = api.campus.rows("camera.viewed")
        return [(row["actor"], row["data"]["how"]) for row in rows if row["data"]["camera"] == camera]

    for _ in range(3):
        assert api.get(f"cameras/{GYM}/snapshot.jpg", "administrator", "session").status == 200
    wait_for("recorded", lambda: looked(GYM))
    assert api.get(f"cameras/{HALL}/snapshot.jpg", "administrator", "session").status == 200
    wait_for("the other as well", lambda: ("account:administrator", "snapshot") in looked(HALL))
    assert looked(GYM).count(("account:administrator", "snapshot")) == 1


# --- without the camera process --------------------------------------------------------------


def unwatched(api: Served) -> list[Document] | None:
    """The cameras, once none of them is believed."""
    items: list[Document] = api.get("cameras").json["items"]
    return items if {one["blind"] for one in items} <= {"unwatched", "never"} else None


def test_while_the_process_is_away_pictures_are_refused_and_everything_else_is_answered(api: Served) -> None:
    process = camera_process(api.campus)
    os.kill(process, signal.SIGSTOP)
    refused = api.get(f"cameras/{HALL}/snapshot.jpg", "technician")
    assert refused.status == 503
    assert refused.headers["retry-after"]
    assert refused.json["code"] in ("cameras_silent", "cameras_away")
    assert api.get("campus", "technician").status == 200
    listed = wait_for("nobody is believed", lambda: unwatched(api))
    assert not any(one["up"] for one in listed)
    until_held(api.campus, HALL, GYM)
    assert api.get(f"cameras/{HALL}/snapshot.jpg", "technician").status == 200


def test_nothing_of_a_cameras_address_or_password_is_answered(api: Served) -> None:
    seen = [api.get(path).body for path in ("cameras", f"cameras/{HALL}", "campus", "openapi.json")]
    assert not [one for one in seen if b"rtsp:" in one or b"seen-by-nobody-else" in one]
