"""What a reader on OSDP is told, and what of it is believed, over a true line with libosdp at both ends."""

import asyncio

import pytest

from drivers.base import NotPermitted, Watch
from drivers.doors.osdp import PUBLIC_KEY, Osdp, OsdpConfig
from drivers.doors.osdp_bus import OsdpBus
from drivers.doors.osdp_frames import ACK, BUSY, CHLNG, ID, ISTAT, NAK, OSTAT, OUT, POLL, Frame, build
from drivers.doors.osdp_messages import Report
from drivers.simulators.bolts import Bolt
from drivers.simulators.faults import WORKS, Fault
from rules.model.commands import Drive, Permit
from rules.model.events import ControllerChanged, Scanned
from rules.model.ids import CommandId, DoorId, Point
from rules.model.seal import SEAL
from tests.drivers.doors.rigs import Inbox, ended, now
from tests.drivers.doors.rigs_osdp import ALL, KEY, OTHER_KEY, controller, sealed, site

SELDOM = Watch(evidence=ALL.evidence, fast=frozenset(), evidence_every_s=60.0)
REPLY_ISTATR = 0x49
INPUTS_SET = bytes([1] * 8)
CCRYPT_BLOCK, RMAC_BLOCK = b"\x03\x12\x01", b"\x03\x14\x01"


def scans(inbox: Inbox) -> list[Scanned]:
    return [event for event in inbox.events if isinstance(event, Scanned)]


class Forger:
    """Answers commands of one code itself, in sequence and with a sound CRC; at most `most` times."""

    def __init__(
        self, code: int, block: bytes, payload: bytes, most: int = 1_000, sequence: int = -1
    ) -> None:
        self.count = 0
        self._code, self._block, self._payload, self._most, self._sequence = (
            code,
            block,
            payload,
            most,
            sequence,
        )

    def __call__(self, frame: Frame) -> bytes | None:
        if frame.code != self._code or self.count >= self._most:
            return None
        self.count += 1
        sequence = frame.sequence if self._sequence < 0 else self._sequence
        return build(frame.address, True, sequence, self._block, self._payload)


def went_down(inbox: Inbox) -> bool:
    return any(isinstance(event, ControllerChanged) and not event.up for event in inbox.events)


# --- the secure channel ---


async def test_a_reader_with_another_key_gets_no_command_and_is_not_believed() -> None:
    async with site(panel_key=OTHER_KEY, up=False, timeout_s=0.3) as s:
        told = await s.inboxes[5].wait_for(lambda e: isinstance(e, ControllerChanged))
        end = await ended(s.drivers[5].execute(sealed(5, (0, True))))

        assert isinstance(told, ControllerChanged)
        assert (told.up, told.code) == (False, "refused")
        assert "key" in told.detail
        assert end.ending == "not_sent"
        assert s.heard(CHLNG) > 0
        assert s.heard(OUT, ISTAT, OSTAT, POLL) == 0
        assert scans(s.inboxes[5]) == []
        assert s.boards[5].coils[0] is False


def test_the_key_printed_in_the_standard_and_a_short_one_are_refused() -> None:
    for key in (PUBLIC_KEY, KEY[:8]):
        with pytest.raises(ValueError, match="key of reader-5"):
            OsdpConfig(controller(5), 5, key, 500_000, ALL)


def test_a_configuration_never_shows_its_key() -> None:
    shown = repr(OsdpConfig(controller(5), 5, KEY, 500_000, ALL))

    assert KEY.hex() not in shown
    assert repr(KEY) not in shown


async def test_a_report_without_the_channels_mac_is_not_believed() -> None:
    """libosdp 3.2.9 alone believes those of the handshake: it checks the MAC of SCS_15 to SCS_18 only."""
    async with site(watch=SELDOM, reports_changes=False) as s:
        await s.until(lambda: s.heard(POLL) > 2)
        for block in (b"", CCRYPT_BLOCK, RMAC_BLOCK):
            forgery = Forger(POLL, block, bytes([REPLY_ISTATR]) + INPUTS_SET, most=1)
            s.peer.forge = forgery
            await s.until(lambda made=forgery: made.count == 1)  # type: ignore[misc]
            channels = s.heard(CHLNG)
            await s.until(lambda known=channels: s.heard(CHLNG) > known)  # type: ignore[misc]
            await s.peer.answered(POLL)

        assert [v for scan in scans(s.inboxes[5]) for v in scan.values.values() if v] == []


async def test_an_acknowledgement_without_the_channels_mac_is_none() -> None:
    async with site(timeout_s=0.3) as s:
        s.peer.forge = lambda f: (
            build(5, True, f.sequence, b"\x03\x12\x01", bytes([ACK])) if f.code == OUT else None
        )

        end = await ended(s.drivers[5].execute(sealed(5, (0, True))))

        assert end.ending == "no_answer"
        assert s.boards[5].coils[0] is False


async def test_a_nak_without_the_channels_mac_refuses_nothing_and_the_command_is_sent_again() -> None:
    async with site(timeout_s=1.0) as s:
        s.peer.forge = Forger(OUT, b"", bytes([NAK, 9]), most=1)

        end = await ended(s.drivers[5].execute(sealed(5, (0, True))))

        assert end.ending == "written"
        assert s.heard(OUT) == 2
        assert not went_down(s.inboxes[5])


# --- commands ---


async def test_an_acknowledgement_for_nothing_done_is_told_from_the_output_that_is_read_back() -> None:
    async with site() as s:
        await s.peer.set_fault(Fault("wrong_value"))

        end = await ended(s.drivers[5].execute(sealed(5, (0, True))))
        read = await s.inboxes[5].scanned("output", 0, 0, after=end.at)

        assert end.ending == "written"
        assert read.started.since(end.at) > 0
        assert s.boards[5].coils[0] is False


async def test_every_drive_of_a_command_is_sent_as_a_permanent_state() -> None:
    async with site() as s:
        s.boards[5].coils[1] = True

        end = await ended(s.drivers[5].execute(sealed(5, (0, True), (1, False), (6, True))))

        assert (end.ending, end.code) == ("written", "answered")
        assert [(number, on) for _, number, on in s.boards[5].writes] == [(0, True), (1, False), (6, True)]


async def test_a_refused_drive_names_the_readers_reason_and_the_others_still_go_out() -> None:
    async with site(outputs=2, watch=SELDOM, timeout_s=1.0) as s:
        end = await ended(s.drivers[5].execute(sealed(5, (0, True), (5, True), (1, True))))

        # NAK 3, unknown command code: this reader has two outputs.
        assert (end.ending, end.code) == ("refused", "nak_3")
        assert s.boards[5].coils[:3] == [True, True, False]


async def test_a_command_leaves_before_any_polling_that_is_due() -> None:
    fast = Watch(ALL.evidence, frozenset({("input", 0)}), evidence_every_s=0.02, fast_every_s=0.02)
    async with site(addresses=(1, 2, 3, 4), watch=fast) as s:
        for number in range(1, 21):
            before = len(s.peer.heard)
            end = await ended(s.drivers[3].execute(sealed(3, (0, number % 2 == 1), number=number)))
            said = [frame.code for frame in list(s.peer.heard)[before:]]

            assert end.ending == "written"
            # At most the exchange that was on the line already, and one more that left at the same moment.
            assert said.index(OUT) <= 2


async def test_what_is_no_output_is_not_driven() -> None:
    async with site() as s:
        at = controller(5)
        drive = Drive(DoorId("door"), Point(at, "coil", 0), True)
        with pytest.raises(NotPermitted):
            s.drivers[5].execute(Permit(CommandId(1), at, "lock", (drive,), SEAL))


async def test_a_command_for_a_reader_that_is_away_goes_out_when_it_returns_in_time() -> None:
    async with site(timeout_s=4.0) as s:
        await s.peer.set_fault(Fault("dead"))
        await s.inboxes[5].changed(up=False, after=now())
        command = s.drivers[5].execute(sealed(5, (0, True)))
        await s.peer.set_fault(WORKS)

        assert (await ended(command)).ending == "written"
        assert s.boards[5].coils[0] is True


async def test_a_command_whose_time_has_passed_is_never_sent_later() -> None:
    async with site(timeout_s=0.3) as s:
        await s.peer.set_fault(Fault("dead"))
        await s.inboxes[5].changed(up=False, after=now())
        end = await ended(s.drivers[5].execute(sealed(5, (0, True))))
        mended = now()
        await s.peer.set_fault(WORKS)
        await s.inboxes[5].changed(up=True, after=mended)
        await s.inboxes[5].scanned("output", 0, 0, after=mended)

        assert end.ending == "not_sent"
        assert s.heard(OUT) == 0


async def test_a_busy_reader_is_asked_again_with_the_same_frame() -> None:
    async with site(timeout_s=1.0) as s:
        busy = iter([True])
        s.peer.forge = lambda f: (
            build(5, True, 0, b"", bytes([BUSY])) if f.code == OUT and next(busy, None) else None
        )

        end = await ended(s.drivers[5].execute(sealed(5, (0, True))))

        assert end.ending == "written"
        first, second = (frame.raw for frame in s.peer.heard if frame.code == OUT)
        assert first == second


# --- coming back ---


@pytest.mark.parametrize("power_lost", [False, True], ids=["cable", "power"])
async def test_a_reader_that_returns_is_secure_again_at_its_first_answer(power_lost: bool) -> None:
    async with site() as s:
        await s.peer.set_fault(Fault("dead"))
        broken = s.heard(ID)
        await s.until(lambda: s.heard(ID) >= broken + 2)
        if power_lost:
            s.peer.power_cycle(5)
        asked, mended = s.heard(ID), now()
        await s.peer.set_fault(WORKS)
        await s.inboxes[5].changed(up=True, after=mended)

        # One that it was asked while it was still away, and one that it answered.
        assert s.heard(ID) - asked <= 2


async def test_a_reader_that_restarts_between_two_polls_is_not_called_away() -> None:
    async with site() as s:
        channels = s.heard(CHLNG)
        s.peer.power_cycle(5)
        await s.until(lambda: s.heard(CHLNG) > channels)
        end = await ended(s.drivers[5].execute(sealed(5, (0, True))))

        assert end.ending == "written"
        assert not went_down(s.inboxes[5])


async def test_answers_that_arrive_in_pieces_are_whole_answers() -> None:
    """As from any real serial port; libosdp's wheel alone forgets the first piece."""
    async with site(up=False) as s:
        s.peer.piecemeal = True
        await s.inboxes[5].up()
        end = await ended(s.drivers[5].execute(sealed(5, (0, True))))
        await s.inboxes[5].scanned("output", 0, 1, after=end.at)

        assert end.ending == "written"
        assert s.heard(ID) <= 2


async def test_one_dead_reader_delays_no_command_for_the_others_of_its_line() -> None:
    async with site(addresses=(1, 2, 3), timeout_s=0.5) as s:
        await s.peer.set_fault(Fault("dead"), address=2)
        await s.inboxes[2].changed(up=False, after=now())

        commands = [s.drivers[at].execute(sealed(at, (0, True))) for at in (1, 2, 3)]
        ends = [(await ended(command)).ending for command in commands]

        assert ends == ["written", "not_sent", "written"]
        assert not any(went_down(s.inboxes[at]) for at in (1, 3))


# --- evidence ---


async def test_nothing_read_is_dated_later_than_it_can_have_been_sampled() -> None:
    async with site(watch=Watch(ALL.evidence, frozenset({("input", 0)}), evidence_every_s=0.1)) as s:
        changes: list[tuple[int, int]] = []
        for turn in range(12):
            level = (turn + 1) % 2
            changes.append((now().mono_us, level))
            s.boards[5].set_input(0, bool(level))
            await s.inboxes[5].scanned("input", 0, level, after=now())

        for scan in scans(s.inboxes[5]):
            # What it had when the reading began, or what it came to have later: nothing that was over by then.
            begun = [to for at, to in changes if at < scan.started.mono_us]
            later = [to for at, to in changes if at >= scan.started.mono_us]
            if begun and ("input", 0) in scan.values:
                assert scan.values["input", 0] in [begun[-1], *later]


async def test_a_report_of_the_readers_own_accord_is_dated_back_and_asked_after() -> None:
    async with site(watch=SELDOM) as s:
        await s.until(lambda: s.heard(POLL) > 2)
        await s.peer.answered(POLL)
        changed = now()
        s.boards[5].set_input(2, True)
        first = await s.inboxes[5].scanned("input", 2, 1)
        proof = await s.inboxes[5].scanned("input", 2, 1, after=changed)

        assert first.started.since(changed) < 0
        assert first.at.since(changed) > 0
        assert ("output", 0) in proof.values


async def test_after_a_command_the_bolt_is_watched_closely_until_it_has_moved() -> None:
    async with site(watch=SELDOM) as s:
        s.boards[5].add(Bolt(coil=0, locked_when=True, bolt_input=3, travel_s=0.3))
        end = await ended(s.drivers[5].execute(sealed(5, (0, True))))
        at_once = await s.inboxes[5].scanned("input", 3, 0, after=end.at)
        thrown = await s.inboxes[5].scanned("input", 3, 1, after=end.at)

        between = [
            e for e in scans(s.inboxes[5]) if 0 <= e.at.since(at_once.at) <= thrown.at.since(at_once.at)
        ]
        assert len(between) >= 3


async def test_a_wired_button_is_read_far_more_often_than_the_rest() -> None:
    watch = Watch(ALL.evidence, frozenset({("input", 0)}), evidence_every_s=5.0, fast_every_s=0.02)
    async with site(watch=watch) as s:
        await s.until(lambda: s.heard(ISTAT) >= 12)

        assert s.heard(OSTAT) <= 2


async def test_a_reader_without_inputs_is_not_asked_for_them_and_its_outputs_are_still_read() -> None:
    async with site(inputs=0, reports_changes=False) as s:
        scan = await s.inboxes[5].scanned("output", 0, 0)

        assert {space for space, _ in scan.values} == {"output"}
        assert s.heard(ISTAT) == 0


async def test_a_reader_that_refuses_to_be_read_can_still_be_locked() -> None:
    async with site(timeout_s=1.0) as s:
        await s.peer.set_fault(Fault("refusing"))
        await s.until(lambda: s.heard(ISTAT) > 1)
        asked = s.heard(ISTAT, OSTAT)
        await s.peer.set_fault(WORKS)
        end = await ended(s.drivers[5].execute(sealed(5, (0, True))))

        assert end.ending == "written"
        assert s.heard(ISTAT, OSTAT) - asked <= 2


def told(report: Report) -> list[Scanned]:
    """What a driver makes of a report, without a line."""
    inbox = Inbox()
    driver = Osdp(OsdpConfig(controller(5), 5, KEY, 500_000, ALL), OsdpBus("/dev/null", 9600))
    driver._emit = inbox.emit
    driver.reported(report)
    return scans(inbox)


def test_a_level_that_is_neither_on_nor_off_stays_unknown() -> None:
    (scan,) = told(Report(5, now().mono_us, "0102ff00", "01"))

    assert scan.values == {("input", 0): 1, ("input", 3): 0, ("output", 0): 1}


def test_points_that_nobody_asked_for_are_left_out() -> None:
    (scan,) = told(Report(5, now().mono_us, "00" * 30, None))

    assert set(scan.values) == {("input", n) for n in range(4)}


def test_a_report_from_the_future_is_not_believed() -> None:
    assert told(Report(5, now().mono_us + 10_000_000, "01", None)) == []


async def test_all_readers_of_a_line_are_up_together_and_told_apart() -> None:
    async with site(addresses=(1, 2, 3, 4, 5, 6, 7, 8), timeout_s=1.0) as s:
        commands = [s.drivers[at].execute(sealed(at, (at % 4, True))) for at in s.drivers]
        ends = await asyncio.gather(*commands)

        assert {end.ending for end in ends} == {"written"}
        for at, board in s.boards.items():
            assert [n for n, on in enumerate(board.coils) if on] == [at % 4]
