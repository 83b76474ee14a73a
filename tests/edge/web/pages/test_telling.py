"""Who did not acknowledge, and by what they were tried, as an incident's pages tell it."""

from dataclasses import replace
from typing import Any

import pytest

from edge.web.pages.telling import second, tried
from rules.model.facts import Fact
from rules.model.ids import NoticeId, OutputId
from rules.model.notices import NoticesOrdered, NoticeTurned, SecondChannelTried
from rules.plan import OutputPlan
from tests.edge.campus import PLAN
from tests.edge.web.pages.conftest import Office, Serve
from tests.edge.web.pages.test_post import OPENED, office, plain

SCREENS, SMS = OutputId("screens"), OutputId("sms")
ORDERED = NoticesOrdered("real", "lockdown", PLAN.campus, 1, ((SCREENS, NoticeId(1)),), ())


def tries(output: str, code: str = "") -> SecondChannelTried:
    missed = tuple((SCREENS, room) for room in ("101", "102"))
    number = NoticeId(2) if output else NoticeId(0)
    return SecondChannelTried(
        "real", "lockdown", PLAN.campus, 1, 30_000_000, missed, OutputId(output), number, code
    )


def told(*facts: Fact) -> Office:
    here = office(OPENED, ORDERED, *facts)
    outputs = {
        SCREENS: OutputPlan(SCREENS, "screens", PLAN.campus, None, "2026-08-14", rooms=("101", "102")),
        SMS: OutputPlan(SMS, "gsm-modem", PLAN.campus, None, "2026-08-14"),
    }
    here.plan = replace(here.plan, outputs=outputs)
    return here


async def test_rooms_that_did_not_acknowledge_are_named_with_what_came_of_the_second_channel(
    serve: Serve,
) -> None:
    served = await serve(told(tries("sms"), NoticeTurned(NoticeId(2), SMS, "received", "", 1, 1)))

    text = plain((await served.get("/incidents/inc-1"))[1])

    assert "Not acknowledged: 101, 102, tried by sms at 06:58:00: received" in text


async def test_that_there_is_no_second_channel_stands_among_what_failed(serve: Serve) -> None:
    served = await serve(told(tries("", "no_second_channel")))

    for page in ("/incidents/inc-1", "/incidents/inc-1/post"):
        text = plain((await served.get(page))[1])
        assert "Not acknowledged: 101, 102. No second channel is configured for them" in text


def test_many_rooms_are_counted_and_who_acknowledged_since_is_said() -> None:
    rooms = [str(number) for number in range(101, 115)]
    one = {"output": "sms", "rooms": rooms, "at": "x", "state": "failed", "code": "unreachable"}
    said = second({"second": one, "unacknowledged": rooms[1:]}, lambda _: "10:31:02")

    assert said.startswith("Not acknowledged: 101, 102,")
    assert (
        "112 +2, tried by sms at 10:31:02: NOT told (it cannot be reached). Acknowledged since: 101" in said
    )
    mail: dict[str, Any] = {
        "second": {**one, "rooms": [], "state": "sent", "code": ""},
        "unacknowledged": [None],
    }
    assert second(mail, lambda _: "10:31:02") == (
        "Not acknowledged: whom it is addressed to, tried by sms at 10:31:02: sent"
    )
    came = second({**mail, "unacknowledged": []}, lambda _: "10:31:02")
    assert came.endswith("tried by sms at 10:31:02: sent. A receipt came since")
    assert second({"second": None}, str) == ""


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("sms", "Not acknowledged by 101, recipients of mail: tried by sms"),
        ("", "Not acknowledged by 101, recipients of mail: no second channel is configured for them"),
    ],
)
def test_a_row_of_the_record_says_who_and_by_what(output: str, said: str) -> None:
    assert tried({"unheard": [["screens", "101"], ["mail", ""]], "output": output}) == said
