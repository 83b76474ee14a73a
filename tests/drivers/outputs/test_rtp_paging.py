"""Loudspeakers hear what a notice says: real packets to a real group, by a process of its own that may die."""

import asyncio
import contextlib
import math
import os
import signal
import statistics
import time
from array import array
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from drivers.base import NotPermitted
from drivers.outputs.paging_bus import PagingBus
from drivers.outputs.paging_messages import CodecName
from drivers.outputs.route import Wording
from drivers.outputs.rtp_paging import RtpPaging
from drivers.outputs.sound import read_speech, resampled, write_wave
from drivers.simulators.loudspeaker import Loudspeaker, Packet, heard
from rules.model.events import Event
from rules.model.ids import IncidentId, NoticeId, OutputId, ZoneId
from rules.model.kinds import DRILL
from rules.model.notices import Notice, NoticeEnded
from rules.model.responses import Response
from rules.model.seal import SEAL

GROUP = "239.255.71.19"
PAGING, GYM = OutputId("paging"), OutputId("gym")


def speech(path: Path, low: float, high: float) -> Path:
    """Half a second of a sound that nothing else resembles: a rising tone."""
    rise = (high - low) / 0.5
    samples = [
        round(12_000 * math.sin(2 * math.pi * (low + rise * at / 32_000) * at / 16_000))
        for at in range(8_000)
    ]
    write_wave(path, array("h", samples), 16_000)
    return path


def notice(number: int, response: Response | None, output: OutputId = PAGING, seal: object = SEAL) -> Notice:
    return Notice(NoticeId(number), output, IncidentId("inc-1"), DRILL, response, ZoneId("a"), 7, seal)


def wording(file: Path | None) -> Wording:
    return Wording("DRILL", "DRILL\n", "DRILL", file)


def said(packets: Sequence[Packet], file: Path) -> list[int]:
    """The packets at which a speech file is heard in a stream of G.711."""
    return [at // 160 for at in found(heard(packets), resampled(read_speech(file), 16_000, 8_000), 0.99)]


def found(sounds: Sequence[int], wanted: Sequence[int], like: float) -> list[int]:
    """The samples at which some sound is heard in another: there they correlate so well, and nowhere near better."""
    sound, words = np.array(sounds, dtype=float), np.array(wanted, dtype=float)
    if len(sound) < len(words):
        return []
    size = len(sound) + len(words)
    product = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(words, size)), size)
    loud = np.sqrt(np.convolve(sound**2, np.ones(len(words)), "valid") * np.sum(words**2)) + 1
    likeness = product[: len(loud)] / loud
    return [
        int(at)
        for at in np.flatnonzero(likeness > like)
        if likeness[at] == likeness[max(0, at - 80) : at + 80].max()
    ]


class School:
    """One output and what its loudspeakers hear."""

    def __init__(self, ears: Loudspeaker, paging: RtpPaging, bus: PagingBus) -> None:
        self.ears, self.paging, self.bus = ears, paging, bus
        self.events: list[Event] = []

    def outcomes(self) -> list[tuple[int, str, str]]:
        return [(one.notice, one.outcome, one.code) for one in self.events if isinstance(one, NoticeEnded)]

    async def until(self, condition: Callable[[], object], within_s: float = 25) -> None:
        async with asyncio.timeout(within_s):
            while not condition():
                await asyncio.sleep(0.01)


@asynccontextmanager
async def school(
    host: str = GROUP,
    codec: CodecName = "pcmu",
    interface: str = "lo",
    said_s: float = 28.0,
    beside: School | None = None,
) -> AsyncIterator[School]:
    """beside: a second output, served by the process of that one."""
    output, bus = (PAGING, PagingBus()) if beside is None else (GYM, beside.bus)
    ears = await Loudspeaker.start(host)
    paging = RtpPaging(
        output, bus, host, ears.port, codec=codec, repeat_s=0.1, interface=interface, said_s=said_s
    )
    made = School(ears, paging, bus)
    running = asyncio.create_task(paging.run(made.events.append))
    try:
        yield made
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        ears.close()


async def test_a_page_is_heard_as_it_was_recorded_until_a_newer_one_and_the_all_clear(tmp_path: Path) -> None:
    first, second, clear = (speech(tmp_path / f"{low}.wav", low, 3_000 - low) for low in (300, 1_200, 2_000))
    async with school() as one:
        one.paging.prepare([first, second, clear])
        await one.until(lambda: one.bus.process_id)
        one.paging.tell(notice(1, "hold-in-place"), wording(first))
        await one.until(lambda: one.outcomes() == [(1, "sent", "")])
        await one.until(lambda: len(one.ears.spurts()) > 1)  # and it comes again by itself
        began = time.monotonic_ns() // 1_000
        one.paging.tell(notice(2, "lockdown"), wording(second))
        await one.until(lambda: (2, "sent", "") in one.outcomes())
        one.paging.tell(notice(3, None), wording(clear))
        await one.until(lambda: (3, "sent", "") in one.outcomes())

        everything = one.ears.packets
        hold, lockdown, over = (said(everything, file) for file in (first, second, clear))
        assert hold[0] == 60  # behind a second of tones, and a breath
        assert len(hold) >= 2
        assert max(hold) < min(lockdown) < max(lockdown) < min(over), "what is replaced is heard no more"
        assert len(over) == 2
        assert next(one.at_us for one in everything if one.first and one.at_us > began) - began < 500_000

        assert {packet.payload_type for packet in everything} == {0}
        assert len({packet.source for packet in everything}) == 1
        assert everything[0].first
        for before, behind in pairwise(everything):
            assert (behind.number - before.number) & 0xFFFF == 1
            ticks = (behind.time - before.time) & 0xFFFFFFFF
            if behind.first:
                assert ticks % 160 == 0
                assert ticks * 125 == pytest.approx(behind.at_us - before.at_us, abs=2_000_000)
            else:
                assert ticks == 160
        steps = [b.at_us - a.at_us for a, b in pairwise(everything) if not b.first]
        assert statistics.median(steps) == pytest.approx(20_000, abs=2_000)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_process_that_dies_or_hangs_amid_a_page_is_started_again_and_says_it_anew(
    how: signal.Signals, tmp_path: Path
) -> None:
    file = speech(tmp_path / "a.wav", 400, 2_500)
    async with school("::1", "pcma") as one:
        one.paging.tell(notice(1, "lockdown"), wording(file))  # before there is a process at all
        await one.until(lambda: len(one.ears.packets) > 20)
        died = one.bus.process_id
        assert died
        os.kill(died, how)
        await one.until(lambda: one.outcomes() == [(1, "sent", "")])

        assert (one.bus.restarts, one.bus.process_id != died) == (1, True)
        assert len({packet.source for packet in one.ears.packets}) == 2
        sources = [packet.source for packet in one.ears.packets]
        assert len(said(one.ears.packets[sources.index(sources[-1]) :], file)) == 2
        assert one.ears.packets[0].payload_type == 8


async def test_words_that_are_made_only_behind_the_press_are_heard_in_a_round_that_follows(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a.wav"
    async with school() as one:
        one.paging.tell(notice(1, "lockdown"), wording(file))
        await one.until(lambda: one.outcomes() == [(1, "sent", "no_speech")])
        assert not one.events[1:]

        speech(file, 400, 2_500)
        one.paging.prepare([file])

        await one.until(lambda: said(one.ears.packets, file))
        await one.until(lambda: one.outcomes()[-1] == (1, "sent", ""))


async def test_one_output_that_cannot_send_fails_by_name_and_hinders_no_other_of_the_same_process(
    tmp_path: Path,
) -> None:
    lost = wording(tmp_path / "lost.wav")
    async with school(interface="none-such0") as one, school(beside=one, codec="g722", said_s=0.05) as gym:
        one.paging.tell(notice(1, "lockdown"), wording(None))
        gym.paging.tell(notice(7, "lockdown", GYM), lost)
        await one.until(lambda: one.outcomes() == [(1, "failed", "no_interface")])
        one.paging.tell(notice(2, "lockdown"), wording(None))
        await one.until(lambda: (2, "failed", "no_interface") in one.outcomes())
        with pytest.raises(NotPermitted):
            one.paging.tell(notice(3, "lockdown", seal=None), wording(None))

        await gym.until(lambda: gym.outcomes() == [(7, "failed", "not_said")])
        gym.paging.tell(notice(8, "lockdown", GYM), lost)
        await gym.until(lambda: (8, "sent", "no_speech") in gym.outcomes())
        gym.paging.tell(notice(9, "lockdown", GYM), lost)
        assert gym.outcomes()[-1] == (9, "sent", "no_speech"), "it says that already, and begins nothing anew"
        assert {packet.payload_type for packet in gym.ears.packets} == {9}

        gym.paging.hold(True)
        gym.paging.tell(notice(10, "evacuate", GYM), lost)
        assert gym.outcomes()[-1] == (10, "failed", "held")
        gym.paging.hold(False)
        await gym.until(lambda: gym.outcomes()[-1] == (10, "sent", "no_speech"))
        assert one.bus.restarts == 0


async def test_ffmpeg_hears_a_page_of_g722_as_it_was_recorded(tmp_path: Path) -> None:
    file, sdp, out = speech(tmp_path / "a.wav", 300, 2_400), tmp_path / "page.sdp", tmp_path / "heard.wav"
    async with school("127.0.0.1", "g722") as one:
        one.ears.close()  # the port is FFmpeg's
        sdp.write_text(
            f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=page\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {one.ears.port} RTP/AVP 9\n"
        )
        options = [
            "-protocol_whitelist",
            "file,udp,rtp",
            "-analyzeduration",
            "200000",
            "-i",
            str(sdp),
            "-t",
            "3.5",
        ]
        one.paging.tell(notice(1, "lockdown"), wording(file))
        ffmpeg = await asyncio.create_subprocess_exec(
            "ffmpeg", "-loglevel", "error", "-nostdin", *options, str(out), stdin=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(25):
            assert await ffmpeg.wait() == 0

    assert found(read_speech(out), read_speech(file), 0.98)
