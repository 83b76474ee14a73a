"""The process that libosdp lives in: killed, hung, fed with rubbish, orphaned; the daemon goes on."""

import asyncio
import contextlib
import os
import random
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import drivers
from drivers.base import Watch
from drivers.doors.osdp import Osdp, OsdpConfig
from drivers.doors.osdp_bus import OsdpBus
from drivers.doors.osdp_frames import CHLNG, OUT
from drivers.simulators.faults import Fault
from rules.model.events import ControllerChanged
from tests.drivers.doors.rigs import Inbox, ended, now
from tests.drivers.doors.rigs_osdp import ALL, KEY, OsdpSite, controller, sealed, site

ROOT = Path(drivers.__file__).parent.parent


def process_of(s: OsdpSite) -> int:
    assert s.bus.process_id is not None
    return s.bus.process_id


async def test_a_killed_process_comes_back_and_a_command_given_meanwhile_is_carried_out() -> None:
    async with site(timeout_s=4.0) as s:
        killed, old = now(), process_of(s)
        os.kill(old, signal.SIGKILL)
        command = s.drivers[5].execute(sealed(5, (0, True)))

        assert (await ended(command)).ending == "written"
        down = await s.inboxes[5].changed(up=False, after=killed)
        await s.inboxes[5].changed(up=True, after=down.at)
        assert down.code == "process"
        assert process_of(s) != old
        assert s.boards[5].coils[0] is True


async def test_a_command_that_a_killed_process_held_is_never_called_unsent() -> None:
    async with site(timeout_s=0.3) as s:
        os.kill(process_of(s), signal.SIGSTOP)
        command = s.drivers[5].execute(sealed(5, (0, True)))
        await s.peer.set_fault(Fault("dead"))
        os.kill(process_of(s), signal.SIGKILL)

        # The next process cannot carry it out; whether the first one sent it, nobody knows.
        assert (await ended(command)).ending == "no_answer"


async def test_a_hung_process_is_ended_and_started_again() -> None:
    async with site() as s:
        hung, old = now(), process_of(s)
        os.kill(old, signal.SIGSTOP)
        down = await s.inboxes[5].changed(up=False, after=hung)
        await s.inboxes[5].changed(up=True, after=down.at)

        assert "hung" in down.detail
        assert process_of(s) != old
        assert (await ended(s.drivers[5].execute(sealed(5, (0, True))))).ending == "written"


async def test_no_two_sessions_open_with_the_same_challenge() -> None:
    """libosdp never seeds its random numbers: every process of it would begin with the same ones."""
    async with site() as s:
        for life in range(2):
            s.peer.power_cycle(5)
            await s.until(lambda life=life: s.heard(CHLNG) >= 2 * life + 2)  # type: ignore[misc]
            killed = now()
            os.kill(process_of(s), signal.SIGKILL)
            await s.inboxes[5].changed(up=True, after=killed)

        challenges = [frame.raw[8:-2] for frame in s.peer.heard if frame.code == CHLNG]
        assert len(challenges) >= 4
        assert len(set(challenges)) == len(challenges)
        assert {len(challenge) for challenge in challenges} == {9}


async def test_rubbish_from_the_wire_ends_nothing() -> None:
    chance = random.Random(20261)
    async with site(timeout_s=4.0) as s:
        before = len(s.peer.heard)
        s.peer.forge = lambda _: chance.randbytes(chance.randrange(1, 300))
        await s.until(lambda: len(s.peer.heard) >= before + 6)
        s.peer.forge = None
        end = await ended(s.drivers[5].execute(sealed(5, (0, True))))

        assert end.ending == "written"
        assert s.boards[5].coils[0] is True


async def test_sound_frames_with_hostile_contents_get_the_c_code_nowhere() -> None:
    """With every check byte right, so that they pass the framer; in a process of its own, as at work."""
    fuzzed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FUZZ, cwd=ROOT, stdout=subprocess.PIPE
    )
    said, _ = await fuzzed.communicate()

    assert fuzzed.returncode == 0
    up_before, hostile, believed = map(int, said.split())
    assert up_before >= 100
    assert hostile >= 800
    assert believed == 0


FUZZ = r"""
import random
from drivers.doors.osdp_frames import build, parse, received
from drivers.doors.osdp_session import Session
from drivers.simulators.bolts import Board
from drivers.simulators.faults import WORKS
from drivers.simulators.osdp_reader import OsdpReader, Peripheral

chance = random.Random(20262)
reader = Peripheral(OsdpReader(5, bytes(range(16)), Board()))
panel = Session(5, bytes(range(16)), 9600, lambda data: True)
blocks = [b"", b"\x03\x12\x01", b"\x03\x14\x01", b"\x02\x16", b"\x02\x18"]
fitting = {0: [b""], 0x11: [blocks[1]], 0x13: [blocks[2]], 0x15: blocks[3:], 0x17: blocks[3:]}
codes = [0x40, 0x41, 0x45, 0x46, 0x49, 0x4A, 0x50, 0x53, 0x76, 0x78]
up = hostile = believed = 0
for _ in range(3_500):
    panel.open()
    # The true reader for some steps of the handshake, or all of it; then somebody else, in sequence.
    honest = chance.randrange(7)
    for turn in range(honest + 1):
        if panel.online and turn == honest:
            panel.submit_query(False)
        for _ in range(4):
            panel.step()
            if panel.sent or panel.fell:
                break
        asked = panel.sent
        if asked is None:
            break
        if turn < honest:
            panel.hear(parse(reader.answer(asked, WORKS).removeprefix(b"\xff")))
            continue
        up += panel.online
        code = chance.choice([*codes, chance.randrange(256)])
        length = chance.choice([0, 1, 4, 12, 16, 32, 33, 64, chance.randrange(235)])
        block = chance.choice([*blocks, *fitting[asked.block] * 4])
        forged = parse(build(5, True, asked.sequence, block, bytes([code]) + chance.randbytes(length)))
        if forged is None or received(asked, forged) != "answer":
            continue
        hostile += 1
        panel.hear(forged)
        believed += bool(panel.report or panel.completed or panel.nak and asked.block >= 0x15)
panel.close()
reader.close()
print(up, hostile, believed)
"""


async def test_the_key_is_in_no_argument_environment_or_log() -> None:
    with capture_logs() as logs:
        async with site() as s:
            proc = Path("/proc") / str(process_of(s))
            arguments = (proc / "cmdline").read_bytes()
            try:
                environment = (proc / "environ").read_bytes()
            except PermissionError:
                environment = b""  # the process has made itself unreadable to its own user
            os.kill(process_of(s), signal.SIGKILL)
            await s.inboxes[5].changed(up=False, after=now())
            shown = repr((logs, s.inboxes[5].events, s.bus, s.drivers[5]._config)).encode()

    assert b"osdp_process" in arguments
    assert logs
    for text in (arguments, environment, shown):
        assert KEY not in text
        assert KEY.hex().encode() not in text.lower()


async def test_the_process_gets_nothing_else_of_the_daemons_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DISTRICT_TOKEN", "not for readers")
    async with site() as s:
        try:
            environment = (Path("/proc") / str(process_of(s)) / "environ").read_bytes()
        except PermissionError:
            pytest.skip("unreadable even to us: nobody can look, so there is nothing to see")

        assert b"DISTRICT_TOKEN" not in environment


async def test_the_process_ends_when_the_daemon_does_even_if_it_hangs(tmp_path: Path) -> None:
    for stop_first in (False, True):
        daemon = await asyncio.create_subprocess_exec(
            sys.executable, "-c", DAEMON, str(tmp_path / "no-such-port"), cwd=ROOT, stdout=subprocess.PIPE
        )
        assert daemon.stdout is not None
        try:
            while not (text := await daemon.stdout.readline()).startswith(b"process "):
                assert text
            child = os.pidfd_open(int(text.split()[1]))
            if stop_first:
                signal.pidfd_send_signal(child, signal.SIGSTOP)
        finally:
            daemon.kill()
            await daemon.wait()
        try:
            gone, _, _ = await asyncio.to_thread(select.select, [child], [], [], 5.0)
            assert gone, "the OSDP process outlived the daemon"
        finally:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(child, signal.SIGKILL)
            os.close(child)


DAEMON = """
import asyncio, sys
from drivers.base import Watch
from drivers.doors.osdp import Osdp, OsdpConfig
from drivers.doors.osdp_bus import OsdpBus
from rules.model.ids import ControllerId

async def main():
    bus = OsdpBus(sys.argv[1], 9600)
    told = asyncio.Event()
    config = OsdpConfig(ControllerId("r"), 5, bytes(range(16)), 500_000, Watch(frozenset(), frozenset()))
    running = asyncio.create_task(Osdp(config, bus).run(lambda event: told.set()))
    await told.wait()
    print("process", bus.process_id, flush=True)
    await running

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ("echo nonsense >&0", "nonsense"),
        ('yes \'{"type":"beat"}\' >&0', "too much"),
        ("head -c 100000 /dev/zero >&0", "nonsense"),
        ("exit 3", "died"),
    ],
    ids=["no message", "a flood", "a line without end", "nothing at all"],
)
async def test_a_process_gone_wrong_is_ended_and_the_daemon_goes_on(
    says: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impostor = tmp_path / "python"
    impostor.write_text(f"#!/bin/sh\n{says}\nsleep 60\n")
    impostor.chmod(0o755)
    monkeypatch.setattr("drivers.child.sys.executable", str(impostor))
    bus = OsdpBus(str(tmp_path / "line"), 9600)
    driver = Osdp(OsdpConfig(controller(5), 5, KEY, 200_000, ALL), bus)
    inbox = Inbox()
    running = asyncio.create_task(driver.run(inbox.emit))
    down = await inbox.wait_for(lambda e: isinstance(e, ControllerChanged))
    end = await ended(driver.execute(sealed(5, (0, True))))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert isinstance(down, ControllerChanged)
    assert (down.up, down.code) == (False, "process")
    assert why in down.detail
    assert end.ending in ("no_answer", "not_sent")


async def test_a_port_that_is_not_there_is_told_and_a_command_to_it_never_left(tmp_path: Path) -> None:
    bus = OsdpBus(str(tmp_path / "no-such-port"), 9600)
    driver = Osdp(OsdpConfig(controller(5), 5, KEY, 100_000, Watch(frozenset(), frozenset())), bus)
    inbox = Inbox()
    running = asyncio.create_task(driver.run(inbox.emit))
    down = await inbox.wait_for(lambda e: isinstance(e, ControllerChanged))
    end = await ended(driver.execute(sealed(5, (0, True))))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert isinstance(down, ControllerChanged)
    assert (down.up, down.code) == (False, "unreachable")
    assert "No such file" in down.detail
    assert (end.ending, end.code) == ("not_sent", "unreachable")


async def test_a_driver_that_is_stopped_and_run_again_works_again() -> None:
    async with site() as s:
        inbox = Inbox()
        old = process_of(s)
        for task in asyncio.all_tasks():
            if getattr(task.get_coro(), "__qualname__", "") == "Osdp.run":
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        assert s.bus.process_id is None
        again = asyncio.create_task(s.drivers[5].run(inbox.emit))
        await inbox.up()
        end = await ended(s.drivers[5].execute(sealed(5, (0, True))))
        assert process_of(s) != old
        again.cancel()
        await asyncio.gather(again, return_exceptions=True)

        assert end.ending == "written"
        assert s.heard(OUT) == 1


def test_two_readers_with_one_address_are_refused() -> None:
    bus = OsdpBus("/dev/null", 9600)
    config = OsdpConfig(controller(5), 5, KEY, 500_000, ALL)
    Osdp(config, bus)

    with pytest.raises(ValueError, match="two readers with address 5"):
        Osdp(config, bus)
