"""Short messages by a modem on a real serial port (a pty): sent once to each, and received only where the network says so."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drivers.base import NotPermitted
from drivers.outputs import sms_dialog, sms_modem
from drivers.outputs.route import Wording
from drivers.outputs.sms_modem import SmsConfig, SmsModem
from drivers.simulators.faults import WORKS, Fault
from drivers.simulators.gsm_modem import GsmModem
from rules.model.kinds import DRILL
from tests.drivers.outputs.telling import LOCKDOWN, OUTPUT, Told, notice, running

STAFF = ("+12175550100", "+12175550101", "+12175550102")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sms_modem, "AGAIN_S", 0.02)


@contextlib.asynccontextmanager
async def sending(
    folder: Path, *to: str, within_s: float = 25.0, **modem: Any
) -> AsyncIterator[tuple[GsmModem, Told]]:
    peer = GsmModem(folder / "modem")
    for key, value in modem.items():
        setattr(peer, key, value)
    if peer.fault.kind != "away":
        peer.start()
    try:
        config = SmsConfig(OUTPUT, "lincoln-hs", str(folder / "modem"), to or STAFF)
        async with running(SmsModem(config, within_s)) as told:
            yield peer, told
    finally:
        peer.stop()


def outcomes(told: Told) -> list[tuple[int, str, int]]:
    return [(end.notice, end.outcome, end.told) for end in told.ended]


@pytest.mark.parametrize("together", [False, True])
async def test_each_recipient_gets_one_message_and_is_told_received_once_the_network_says_so(
    tmp_path: Path, together: bool
) -> None:
    async with sending(tmp_path, together=together, fault=Fault("noisy")) as (peer, told):
        said = await told.of(notice())
        await told.until(lambda: told.ended[-1].outcome == "received")

    assert said[1:] == ("", 3, 3)
    assert [(one.number, one.text) for one in peer.messages] == [(to[1:], "LOCKDOWN A") for to in STAFF]
    assert told.ended[-1].told == 3


async def test_without_a_report_it_is_sent_and_no_more_and_a_lost_one_is_said(tmp_path: Path) -> None:
    async with sending(tmp_path, status=None) as (peer, told):
        assert await told.of(notice()) == ("sent", "", 3, 3)
        first = peer._reference - 2
        # One of before a restart, with a reference that is in use again; and one that is still on its way.
        peer.report(first, "19995550199", 0)
        peer.report(first, STAFF[0][1:], 0x30)
        peer.report(first, STAFF[0][1:], 0)
        peer.report(first + 1, STAFF[1][1:], 0x41)
        await told.until(lambda: len(told.ended) == 2)

    assert [(end.outcome, end.code, end.told) for end in told.ended] == [
        ("sent", "", 3),
        ("sent", "undelivered", 2),
    ]


async def test_a_drill_says_so_and_a_long_text_comes_in_parts(tmp_path: Path) -> None:
    async with sending(tmp_path, STAFF[0]) as (peer, told):
        await told.of(notice(kind=DRILL), Wording("S", "T", "Lockdown in building A. " * 10))
        await told.until(lambda: told.ended[-1].outcome == "received")

    assert [(one.at, one.of) for one in peer.messages] == [(1, 2), (2, 2)]
    assert "".join(one.text for one in peer.messages).startswith("DRILL: Lockdown")


async def test_who_has_it_does_not_get_it_again_when_it_is_repeated(tmp_path: Path) -> None:
    async with sending(tmp_path) as (peer, told):
        peer.refuses = {STAFF[1][1:]: 1}
        assert await told.of(notice()) == ("failed", "refused", 2, 3)
        peer.refuses = {}
        assert (await told.of(notice(id=2)))[2:] == (3, 3)
        await told.until(lambda: told.ended[-1].outcome == "received")

    assert sorted(one.number for one in peer.messages) == [to[1:] for to in STAFF]
    assert told.ended[-1].notice == 2


@pytest.mark.parametrize(
    ("modem", "code"),
    [
        ({"pin": True}, "pin"),
        ({"network": False}, "no_network"),
        ({"fault": Fault("refusing", code=310)}, "no_sim"),
        ({"fault": Fault("refusing", code=500)}, "deferred"),
        ({"fault": Fault("away")}, "unreachable"),
        ({"fault": Fault("dead")}, "timeout"),
        ({"fault": Fault("garbage")}, "timeout"),
        ({"fault": Fault("drop")}, "closed"),
    ],
)
async def test_why_nothing_went_out_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, modem: dict[str, Any], code: str
) -> None:
    monkeypatch.setattr(sms_modem, "READY_S", 0.5)
    monkeypatch.setattr(sms_dialog, "_HELLO_S", 0.1)
    async with sending(tmp_path, **modem) as (peer, told):
        assert await told.of(notice()) == ("failed", code, 0, 3)
    assert peer.messages == []


async def test_a_modem_that_is_plugged_in_again_sends_the_repeat(tmp_path: Path) -> None:
    async with sending(tmp_path) as (peer, told):
        await told.of(notice())
        peer.set_fault(Fault("away"))
        peer.set_fault(WORKS)
        assert (await told.of(notice(id=2, number=8)))[2:] in ((3, 3), (0, 3))
        assert (await told.of(notice(id=3, number=8)))[2:] == (3, 3)

    assert len(peer.messages) == 6


async def test_a_slow_network_ends_the_notice_in_time_and_the_repeat_goes_on_behind_it(
    tmp_path: Path,
) -> None:
    async with sending(tmp_path, within_s=0.9, fault=Fault("slow", seconds=0.5)) as (peer, told):
        outcome, code, taken, of = await told.of(notice())
        assert (outcome, code, of) == ("failed", "timeout", 3)
        assert taken < 3
        peer.set_fault(WORKS)
        assert (await told.of(notice(id=2)))[2:] == (3, 3)


async def test_what_the_interlock_did_not_pass_is_not_taken(tmp_path: Path) -> None:
    route = SmsModem(SmsConfig(OUTPUT, "lincoln-hs", str(tmp_path / "modem"), STAFF))
    with pytest.raises(NotPermitted):
        route.tell(replace(notice(), seal=object()), LOCKDOWN)
