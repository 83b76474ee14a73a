"""Mail against a real SMTP server: one for each recipient, none twice, and what became of it within its time."""

import asyncio
import logging
import socket
import ssl
import time
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from drivers.base import NotPermitted
from drivers.outputs.route import Wording
from drivers.outputs.smtp import MOST_LINES, Mail, MailConfig
from drivers.outputs.smtp_line import Server
from rules.model.ids import OutputId
from rules.model.kinds import DRILL
from tests.drivers.outputs.mailbox import PASSWORD, Mailbox, mailbox
from tests.drivers.outputs.telling import LOCKDOWN, OUTPUT, certificate, notice, running

STAFF = tuple(f"teacher{n}@example.org" for n in range(9))


def mail(box: Mailbox, *to: str, within_s: float = 25.0, sender: str | None = None, **server: object) -> Mail:
    reached = replace(Server("127.0.0.1", box.port), **server)  # type: ignore[arg-type]
    return Mail(
        MailConfig(OUTPUT, "lincoln-hs", "Lincoln High School", reached, to or STAFF, sender), within_s
    )


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    """A server's TLS, and the PEM of who vouches for it."""
    key, cert = certificate(tmp_path_factory.mktemp("tls"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, cert.read_text()


async def test_each_recipient_gets_a_mail_of_their_own_that_names_nobody_else() -> None:
    async with mailbox() as box, running(mail(box)) as told:
        box.each_takes_s = 0.005

        assert await told.of(notice()) == ("sent", "", 9, 9)

        assert box.to() == sorted(STAFF)
        assert all(len(rcpt) == 1 for _, rcpt in box.envelopes)
        for to, one, _ in box.mails:
            assert one["To"] == to
            assert not any(other in one.as_string() for other in STAFF if other != to)
        assert 1 < box.most_open <= MOST_LINES


async def test_a_mail_says_what_a_persons_program_needs_to_show_it_first() -> None:
    async with mailbox() as box, running(mail(box, STAFF[0])) as told:
        await told.of(notice())
        await told.of(notice(number=8, id=2, kind=DRILL))
        await told.of(
            notice(number=9, id=3, kind=DRILL), Wording("DRILL: Secure", "DRILL. Get inside.\n", "DRILL")
        )

    real, unmarked, drill = (one for _, one, _ in box.mails)
    assert real["Subject"] == "LOCKDOWN · Building A"
    assert real["Importance"] == "high"
    assert real["Auto-Submitted"] == "auto-generated"
    assert real["From"] == "Lincoln High School <campus-edge@example.org>"
    assert abs(real["Date"].datetime.timestamp() - time.time()) < 60
    assert real.get_content().replace("\r\n", "\n") == LOCKDOWN.text
    assert (unmarked["Subject"], drill["Subject"]) == ("DRILL: LOCKDOWN · Building A", "DRILL: Secure")
    assert (unmarked.get_content()[:6], drill.get_content()[:6]) == ("DRILL:", "DRILL.")


async def test_who_has_a_notice_does_not_get_it_again_when_it_is_repeated() -> None:
    async with mailbox() as box, running(mail(box, *STAFF[:3], sender="safety@example.net")) as told:
        box.refuses[STAFF[1]] = "451 try again later"
        assert await told.of(notice()) == ("failed", "deferred", 2, 3)
        box.refuses[STAFF[1]] = "550 nobody of this name"
        assert await told.of(notice(id=2)) == ("failed", "refused", 2, 3)
        box.refuses.clear()
        assert await told.of(notice(id=3)) == ("sent", "", 3, 3)
        assert box.to() == sorted(STAFF[:3])
        assert {sender for sender, _ in box.envelopes} == {"safety@example.net"}

        # Another state, and its end, are other mails.
        assert await told.of(notice(number=8, id=4)) == ("sent", "", 3, 3)
        assert await told.of(notice(number=8, id=5, response=None)) == ("sent", "", 3, 3)
        assert len(box.mails) == 9


async def test_the_same_notice_from_a_box_that_was_restarted_is_recognisable() -> None:
    names = []
    for _ in range(2):
        async with mailbox() as box, running(mail(box, *STAFF[:2])) as told:
            await told.of(notice())
            names.append({to: one["Message-ID"] for to, one, _ in box.mails})
    async with mailbox() as box, running(mail(box, *STAFF[:2])) as told:
        await told.of(notice(incident="inc-4"))
        others = [one["Message-ID"] for _, one, _ in box.mails]

    assert names[0] == names[1]
    assert len({*names[0].values(), *others}) == 4


async def test_one_who_is_slow_holds_up_nobody_else_and_the_notice_ends_in_time() -> None:
    async with mailbox() as box, running(mail(box, within_s=1.5)) as told:
        box.silent_to = {STAFF[0]}

        assert await told.of(notice()) == ("failed", "timeout", 8, 9)


async def test_a_server_that_takes_one_connection_of_us_gets_all_of_them_by_that_one() -> None:
    async with mailbox() as box, running(mail(box)) as told:
        box.most_connections = 1
        box.each_takes_s = 0.005
        assert await told.of(notice()) == ("sent", "", 9, 9)
        assert box.to() == sorted(STAFF)


@pytest.mark.parametrize("abrupt", [False, True])
async def test_a_server_that_hangs_up_after_some_mails_gets_the_rest_by_another_connection(
    abrupt: bool,
) -> None:
    async with mailbox() as box, running(mail(box)) as told:
        box.most_mails, box.abrupt = 1, abrupt
        assert await told.of(notice()) == ("sent", "", 9, 9)
        assert box.to() == sorted(STAFF)


async def test_tls_that_is_required_is_verified_or_nothing_is_sent(
    secured: tuple[ssl.SSLContext, str], tmp_path: Path
) -> None:
    context, authority = secured
    _, other = certificate(tmp_path)
    async with mailbox(tls=context) as box:
        async with running(mail(box, STAFF[0], tls="required", authority=authority)) as told:
            assert await told.of(notice()) == ("sent", "", 1, 1)
            assert [by_tls for _, _, by_tls in box.mails] == [True]
        for wrong in (
            None,
            other.read_text(),
            "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n",
        ):
            async with running(mail(box, STAFF[0], tls="required", authority=wrong)) as told:
                assert await told.of(notice()) == ("failed", "tls", 0, 1)
    async with mailbox() as plain, running(mail(plain, STAFF[0], tls="required")) as told:
        assert await told.of(notice()) == ("failed", "tls", 0, 1)
    assert len(box.mails) == 1
    assert plain.mails == []


async def test_tls_that_is_offered_is_taken_whoever_vouches_for_it(
    secured: tuple[ssl.SSLContext, str],
) -> None:
    async with mailbox(tls=secured[0]) as box:
        for tls in ("offered", "none"):
            async with running(mail(box, STAFF[0], tls=tls)) as told:
                assert await told.of(notice()) == ("sent", "", 1, 1)
    assert [by_tls for _, _, by_tls in box.mails] == [True, False]


async def test_a_login_is_made_and_a_wrong_password_is_tried_on_one_connection_alone(
    secured: tuple[ssl.SSLContext, str],
) -> None:
    context, authority = secured
    async with mailbox(tls=context, login=True) as box:
        right = mail(box, tls="required", authority=authority, username="edge", password=PASSWORD)
        async with running(right) as told:
            assert await told.of(notice()) == ("sent", "", 9, 9)
            assert {*box.logins} == {True}
        before = box.connections
        wrong = mail(box, tls="required", authority=authority, username="edge", password="hunter2")
        async with running(wrong) as told:
            assert await told.of(notice()) == ("failed", "auth", 0, 9)
        assert box.connections == before + 1
        async with running(mail(box, STAFF[0], tls="required", authority=authority)) as told:
            assert await told.of(notice()) == ("failed", "refused", 0, 1)
    async with mailbox() as box, running(mail(box, username="edge", password=PASSWORD)) as told:
        assert await told.of(notice()) == ("failed", "auth", 0, 9)
    assert PASSWORD not in repr(right._config)


async def test_nobody_there_and_somebody_who_never_answers_are_told_apart() -> None:
    async with mailbox() as gone:
        pass
    async with running(mail(gone)) as told:
        assert await told.of(notice()) == ("failed", "unreachable", 0, 9)

    with socket.create_server(("127.0.0.1", 0)) as mute:
        async with running(mail(Mailbox(mute.getsockname()[1]), answer_s=0.1)) as told:
            assert await told.of(notice()) == ("failed", "timeout", 0, 9)

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()
        await writer.wait_closed()

    rude = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with rude, running(mail(Mailbox(rude.sockets[0].getsockname()[1]))) as told:
        assert await told.of(notice()) == ("failed", "unreachable", 0, 9)


async def test_a_newer_notice_of_a_zone_takes_the_place_of_the_older_and_other_zones_go_on() -> None:
    async with mailbox() as box, running(mail(box, *STAFF[:2])) as told:
        box.silent_to = {STAFF[0]}
        route = told._route
        route.tell(notice(), LOCKDOWN)
        route.tell(notice(id=2, zone="gym"), LOCKDOWN)
        await told.until(lambda: len(box.mails) == 2)
        box.silent_to = set()

        assert await told.of(notice(number=8, id=3, response=None)) == ("sent", "", 2, 2)

        assert [end.notice for end in told.ended] == [3]
        assert box.to() == [STAFF[0], STAFF[1], STAFF[1], STAFF[1]]


async def test_who_did_not_acknowledge_is_told_beside_what_is_on_its_way_and_ends_with_what_it_is_about() -> (
    None
):
    missing = replace(notice(id=2), unheard=((OutputId("screens"), "101"),))
    async with mailbox() as box, running(mail(box, STAFF[0])) as told:
        box.silent_to = {STAFF[0]}
        route = told._route
        route.tell(notice(), LOCKDOWN)
        route.tell(missing, LOCKDOWN)
        await told.until(lambda: box.kept_waiting == 2)
        route.tell(notice(id=3), LOCKDOWN)  # told again: the same state
        await told.until(lambda: box.kept_waiting >= 3)
        box.silent_to = set()
        route.tell(notice(number=8, id=4, response=None), LOCKDOWN)
        assert await told.end(notice(id=4)) == ("sent", "", 1, 1)
        assert [end.notice for end in told.ended] == [4], "the state it was about is over"

    async with mailbox() as box:
        route = mail(box, STAFF[0])
        route.tell(notice(), LOCKDOWN)
        route.tell(missing, LOCKDOWN)
        async with running(route) as told:
            assert await told.end(missing) == ("sent", "", 1, 1)
            assert await told.end(notice()) == ("sent", "", 1, 1)
            ids = {str(one["Message-ID"]) for _, one, _ in box.mails}
            assert len(ids) == 2, "two messages to whoever reads them"
        late = mail(box, STAFF[0])
        late.tell(missing, LOCKDOWN)
        late.tell(notice(number=8, id=4, response=None), LOCKDOWN)
        async with running(late) as told:
            assert await told.end(notice(id=4)) == ("sent", "", 1, 1)
            assert [end.notice for end in told.ended] == [4]


async def test_what_is_handed_in_before_the_route_runs_is_sent_once_it_does() -> None:
    async with mailbox() as box:
        route = mail(box, STAFF[0])
        route.tell(notice(), LOCKDOWN)
        async with running(route) as told:
            assert await told.end(notice()) == ("sent", "", 1, 1)


async def test_no_address_is_in_a_log_or_an_event(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> EmailMessage:
        raise ValueError(f"bad address {STAFF[0]}")

    caplog.set_level(logging.DEBUG)
    with capture_logs() as logged:
        async with mailbox() as box, running(mail(box)) as told:
            box.refuses[STAFF[0]] = f"550 <{STAFF[0]}>: unknown"
            await told.of(notice())
            monkeypatch.setattr("drivers.outputs.smtp.message", broken)
            assert await told.of(notice(id=2, number=8)) == ("failed", "internal", 0, 0)
    ours = [one.getMessage() for one in caplog.records if not one.name.startswith("mail.")]
    shown = [repr(logged), repr(told.ended), repr(mail(box)._config), *ours]

    assert logged
    assert not any("teacher" in one or "example.org" in one for one in shown)


async def test_what_the_interlock_did_not_pass_is_not_taken() -> None:
    route = mail(Mailbox())
    for wrong in (replace(notice(), seal=object()), replace(notice(), output="another")):  # type: ignore[arg-type]
        with pytest.raises(NotPermitted):
            route.tell(wrong, LOCKDOWN)
