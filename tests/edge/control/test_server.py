"""The local socket, by real connections: who may ask, what is asked, and what a bad caller cannot do."""

import asyncio
import json
import os
import select
import socket
import stat
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from edge.control import server as serving
from edge.control.client import Broken, NotRunning, ask, converse, listens
from edge.control.desk import NoRecord, Reply
from edge.control.path import NAME
from edge.control.requests import LONGEST
from edge.control.server import ControlServer
from rules.model.events import PressAsked, ReleaseAsked
from rules.model.ids import DoorId
from rules.model.kinds import DRILL
from tests.edge.control.desks import PaperDesk
from tests.edge.people.someone import Someone
from tests.flow.disks import small_disk


@pytest.fixture
def desk() -> PaperDesk:
    return PaperDesk()


@pytest.fixture
async def path(tmp_path: Path, desk: PaperDesk) -> AsyncIterator[Path]:
    server = ControlServer(tmp_path / NAME, desk, watch_every_s=0.01)
    desk.people = desk.someone = Someone(tmp_path)
    await desk.people.load()
    await server.start()
    yield tmp_path / NAME
    await server.stop()
    await desk.people.close()


async def asked(path: Path, request: dict[str, Any]) -> dict[str, Any]:
    return await asyncio.to_thread(ask, path, request)


@asynccontextmanager
async def connected(path: Path) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_unix_connection(path)
    yield reader, writer
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def raw(path: Path, sent: bytes) -> list[dict[str, Any]]:
    """Every line of what the server says to these bytes."""
    lines: list[dict[str, Any]] = []
    async with connected(path) as (reader, writer):
        writer.write(sent)
        while not lines or lines[-1]["more"]:
            lines.append(json.loads(await reader.readline()))
    return lines


def all_of(sock: socket.socket) -> bytes:
    taken = b""
    with suppress(ConnectionError):
        while piece := sock.recv(65_536):
            taken += piece
    return taken


async def test_a_press_becomes_the_event_it_names_with_the_callers_uid(path: Path, desk: PaperDesk) -> None:
    reply = await asked(path, {"do": "press", "button": "pb-101", "kind": "drill", "gesture": "hold"})

    event = desk.asked[0]
    assert isinstance(event, PressAsked)
    assert (event.button, event.kind, event.gesture) == ("pb-101", DRILL, "hold")
    assert desk.actors == [f"socket:{os.getuid()}"]
    assert (reply["ok"], reply["incident"], reply["durable"]) == (True, "inc-1", True)


async def test_a_release_names_its_doors_its_reason_and_who_vouches_for_it(
    path: Path, desk: PaperDesk
) -> None:
    account = await desk.someone.account("Ada Moreno", "administrator")
    code, *_ = await desk.someone.codes("Ada Moreno")
    released = {"do": "release", "doors": ["a-101", "a-102"], "reason": "police are through"}

    assert (await asked(path, {**released, "user": "ada moreno", "code": code.lower()}))["ok"]

    assert desk.actors == [account]
    event = desk.asked[0]
    assert isinstance(event, ReleaseAsked)
    assert event.doors == (DoorId("a-101"), DoorId("a-102"))
    assert event.reason == "police are through"


@pytest.mark.parametrize("ago_s", [0, 4, 100])
async def test_a_release_says_when_it_was_asked_and_never_later_than_now(
    path: Path, desk: PaperDesk, ago_s: int
) -> None:
    await desk.someone.account("Ada Moreno", "administrator")
    code, *_ = await desk.someone.codes("Ada Moreno")
    asked_us = time.monotonic_ns() // 1000 - ago_s * 1_000_000
    said = {"do": "release", "doors": ["a-101"], "reason": "x", "user": "Ada Moreno", "code": code}

    assert (await asked(path, {**said, "asked_us": asked_us}))["ok"]

    event = desk.asked[0]
    assert isinstance(event, ReleaseAsked)
    assert event.asked is not None
    assert event.asked.mono_us == asked_us


async def test_a_refusal_comes_with_its_sentence(path: Path, desk: PaperDesk) -> None:
    desk.reply = Reply(False, "unknown_button", (("button", "pb-999"),))

    reply = await asked(path, {"do": "press", "button": "pb-999", "kind": "real"})

    assert (reply["ok"], reply["code"]) == (False, "unknown_button")
    assert "No button pb-999" in reply["words"]


async def test_what_is_done_and_not_on_disk_says_so(path: Path, desk: PaperDesk) -> None:
    desk.reply = Reply(True, durable=False)

    assert (await asked(path, {"do": "close"}))["durable"] is False


async def test_the_picture_is_served_from_memory(path: Path, desk: PaperDesk) -> None:
    seen = (await asked(path, {"do": "status"}))["data"]
    assert seen == {**json.loads(json.dumps(desk.snapshot())), "detections": [], "emergency_calls": []}


async def test_a_watcher_gets_picture_after_picture_and_may_hang_up(path: Path) -> None:
    def three() -> list[bool]:
        pictures = converse(path, {"do": "status", "watch": True})
        return [next(pictures)["ok"] for _ in range(3)]

    assert await asyncio.to_thread(three) == [True, True, True]
    assert (await asked(path, {"do": "status"}))["ok"] is True


async def test_rows_come_in_batches_and_end(path: Path, desk: PaperDesk) -> None:
    desk.rows_by_incident["inc-1"] = [{"seq": number} for number in range(3)]

    lines = await raw(path, b'{"do": "rows", "incident": "inc-1"}\n')

    assert [row["seq"] for line in lines for row in line["data"]] == [0, 1, 2]
    assert [line["more"] for line in lines] == [True, True, True, False]


async def test_an_export_of_no_incident_is_refused_by_name(path: Path) -> None:
    reply = await asked(path, {"do": "export", "incident": "inc-404"})

    assert (reply["ok"], reply["code"]) == (False, "unknown_incident")
    assert "inc-404" in reply["words"]


async def test_only_the_owner_may_open_the_socket(path: Path) -> None:
    mode = await asyncio.to_thread(lambda: path.stat().st_mode)

    assert stat.S_IMODE(mode) == 0o600


async def test_a_caller_of_another_uid_is_told_nothing(
    path: Path, desk: PaperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_peer_uid", lambda _: os.getuid() + 1)

    reply = await asked(path, {"do": "press", "button": "pb-101", "kind": "real"})

    assert (reply["ok"], reply["code"]) == (False, "not_yours")
    assert desk.asked == []


async def test_a_line_longer_than_64_kib_is_refused(path: Path, desk: PaperDesk) -> None:
    lines = await raw(path, b'{"do": "close", "reason": "' + b"x" * LONGEST + b'"}\n')

    assert [line["code"] for line in lines] == ["too_long"]
    assert desk.asked == []


async def test_half_a_request_asks_for_nothing(path: Path, desk: PaperDesk) -> None:
    async with connected(path) as (reader, writer):
        writer.write(b'{"do": "close"}')
        writer.write_eof()

        assert await reader.read() == b""
    assert desk.asked == []


async def test_a_caller_that_never_finishes_its_line_is_hung_up_on(
    path: Path, desk: PaperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "READ_S", 0.02)
    async with connected(path) as (reader, writer):
        writer.write(b'{"do": "close"')

        assert await reader.read() == b""
    assert desk.asked == []


async def test_a_caller_that_takes_no_answer_is_hung_up_on(
    path: Path, desk: PaperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "WRITE_S", 0.02)
    desk.rows_by_incident[None] = [{"text": "x" * 100_000}] * 50
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.connect(str(path))
        deaf.sendall(b'{"do": "rows"}\n')
        hung_up = select.poll()
        hung_up.register(deaf, 0)
        while not hung_up.poll(0):
            await asyncio.sleep(0)
        taken = all_of(deaf)

    assert 0 < desk.sent < 50
    assert b'"more":false' not in taken


async def test_more_callers_than_it_serves_are_told_so_and_later_served(
    path: Path, desk: PaperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "MOST_CALLERS", 2)
    async with connected(path) as first, connected(path) as second:
        assert (await asked(path, {"do": "status"}))["code"] == "busy"

        for reader, writer in (first, second):
            writer.write_eof()
            await reader.read()
    assert (await asked(path, {"do": "status"}))["ok"] is True


async def test_a_request_that_takes_too_long_says_where_to_look(
    path: Path, desk: PaperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "SUBMIT_S", 0.02)
    desk.hold.clear()

    reply = await asked(path, {"do": "close"})

    assert (reply["ok"], reply["code"]) == (False, "late")
    assert "status" in reply["words"]


async def test_a_bug_at_one_request_ends_that_request_and_nothing_else(path: Path, desk: PaperDesk) -> None:
    desk.bug = RuntimeError("a bug of ours")

    assert (await asked(path, {"do": "status"}))["code"] == "failed"

    desk.bug = None
    assert (await asked(path, {"do": "status"}))["ok"] is True


async def test_a_record_that_cannot_be_given_is_refused_with_its_reason(path: Path, desk: PaperDesk) -> None:
    desk.bug = NoRecord("the journal's disk does not answer")

    reply = await asked(path, {"do": "status"})

    assert (reply["ok"], reply["code"]) == (False, "no_record")
    assert "disk does not answer" in reply["words"]


async def test_a_caller_that_hangs_up_does_not_take_its_request_back(path: Path, desk: PaperDesk) -> None:
    desk.hold.clear()
    async with connected(path) as (_, writer):
        writer.write(b'{"do": "close"}\n')
        while not desk.asked:
            await asyncio.sleep(0)
    desk.hold.set()

    assert (await asked(path, {"do": "status"}))["ok"] is True
    assert len(desk.asked) == 1


async def test_the_socket_of_a_killed_daemon_is_replaced(tmp_path: Path, desk: PaperDesk) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / NAME))
    assert not listens(tmp_path / NAME)
    server = ControlServer(tmp_path / NAME, desk)

    await server.start()

    assert (await asked(tmp_path / NAME, {"do": "status"}))["ok"] is True
    await server.stop()
    assert not (tmp_path / NAME).exists()


async def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path, desk: PaperDesk) -> None:
    (tmp_path / NAME).write_text("somebody's notes")

    with pytest.raises(FileExistsError, match="left alone"):
        await ControlServer(tmp_path / NAME, desk).start()

    assert (tmp_path / NAME).read_text() == "somebody's notes"


async def test_a_store_with_a_long_path_has_a_socket_too(tmp_path: Path, desk: PaperDesk) -> None:
    deep = tmp_path / ("a-long-name-of-a-directory-" * 4) / ("and-another-one-" * 4)
    deep.mkdir(parents=True)
    server = ControlServer(deep / NAME, desk)

    await server.start()

    assert (await asked(deep / NAME, {"do": "status"}))["ok"] is True
    await server.stop()


async def test_stopping_hangs_up_on_everybody(tmp_path: Path, desk: PaperDesk) -> None:
    server = ControlServer(tmp_path / NAME, desk)
    await server.start()
    async with connected(tmp_path / NAME) as (idle, _), connected(tmp_path / NAME) as (watching, writer):
        writer.write(b'{"do": "status", "watch": true}\n')
        await watching.readline()

        await server.stop()
        await server.stop()

        assert await idle.read() == b""
        await watching.read()
    assert not listens(tmp_path / NAME)


async def test_a_disk_that_turned_read_only_keeps_no_server_from_ending(
    tmp_path: Path, desk: PaperDesk
) -> None:
    with small_disk(tmp_path / "store") as disk:
        path = disk.place / NAME
        server = ControlServer(path, desk)
        await server.start()
        disk.remount("ro")

        await server.stop()

        assert path.exists()
        assert not listens(path)


async def test_the_socket_that_another_made_at_our_path_is_left_to_it(
    tmp_path: Path, desk: PaperDesk
) -> None:
    server, other = ControlServer(tmp_path / NAME, desk), ControlServer(tmp_path / NAME, desk)
    await server.start()
    await other.start()

    await server.stop()

    assert (await asked(tmp_path / NAME, {"do": "status"}))["ok"] is True
    await other.stop()


async def test_where_nobody_listens_the_client_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotRunning):
        await asked(tmp_path / NAME, {"do": "status"})
    with pytest.raises(NotRunning):
        await asked(tmp_path / "gone" / NAME, {"do": "status"})


@pytest.mark.parametrize("answer", [b"", b"not json\n", b"[1]\n", b'{"ok": true'])
async def test_a_broken_answer_is_told_from_a_good_one(tmp_path: Path, answer: bytes) -> None:
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(answer)
        writer.close()

    peer = await asyncio.start_unix_server(answers, tmp_path / NAME)

    with pytest.raises(Broken):
        await asked(tmp_path / NAME, {"do": "status"})
    peer.close()
    await peer.wait_closed()


async def test_a_daemon_that_says_nothing_is_given_up_on(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(tmp_path / NAME))
        deaf.listen()

        with pytest.raises(Broken, match="did not answer"):
            await asyncio.to_thread(ask, tmp_path / NAME, {"do": "status"}, 0.05)
