"""Words for families and media on the pages: what they are, who answers for them, and the two answers of a person."""

from dataclasses import replace
from typing import Any

import pytest

from rules.model.facts import Fact
from rules.model.ids import Actor
from rules.model.post_facts import RoleHandedOver
from rules.model.statements import StatementAnswered, StatementAsked, StatementsPrepared
from rules.plan import RolePlan
from tests.edge.campus import PLAN
from tests.edge.web.pages.conftest import Office, Serve, recorded
from tests.edge.web.pages.test_pages import HOSTILE
from tests.edge.web.pages.test_post import LIVE, OPENED, office, plain

ROWS = ((1, "families-lockdown", "families", "public-information"), (2, "media", "media", "liaison"))
READY = StatementsPrepared(
    LIVE,
    "drill",
    "lockdown",
    PLAN.campus,
    1,
    ROWS,  # type: ignore[arg-type]
    ("DRILL. We practise.", f"DRILL. {HOSTILE}"),
)


def ready(*facts: Fact, district: bool = True) -> Office:
    here = office(OPENED, READY, *facts)
    here.plan = replace(here.plan, district=district, roles={"liaison": RolePlan("L. Cole")})
    return here


async def test_what_is_queued_is_said_to_be_sent_by_nobody_here_with_who_answers_for_it(serve: Serve) -> None:
    holds = RoleHandedOver(LIVE, "public-information", Actor(""), Actor("account:staff"), False)
    served = await serve(ready(holds))

    for page in ("/statements", "/incidents/inc-1/post"):
        html = (await served.get(page, "staff"))[1]
        text = plain(html)
        assert "Not approved. Queued for the district, not sent by this box" in text
        assert "DRILL. We practise." in text
        assert "Public information: Kim Staff" in text
        assert "Liaison: L. Cole" in text
        assert HOSTILE not in html
    assert "No district is configured" not in text


async def test_where_no_district_is_configured_that_is_said(serve: Serve) -> None:
    served = await serve(ready(district=False))
    assert "nobody fetches them" in plain((await served.get("/statements"))[1])
    empty = await serve(office(OPENED))
    assert "None are ready." in plain((await empty.get("/statements"))[1])
    assert "The pack has no words for this." in plain((await empty.get("/incidents/inc-1/post"))[1])


async def test_who_may_not_speak_sees_no_button_and_may_not_send_the_form(serve: Serve) -> None:
    here = ready()
    served = await serve(here)
    html = (await served.get("/statements", "staff"))[1]
    assert "Approve these words" not in html
    assert "Your role may not approve them." in html
    assert (await served.post("/statements/1", [("answer", "approved")], "staff"))[0] == 403
    assert (await served.get("/statements", "viewer"))[0] == 403
    assert not here.asked


@pytest.mark.parametrize("answer", ["approved", "declined"])
async def test_a_person_approves_or_declines_with_a_reason(serve: Serve, answer: str) -> None:
    here = ready()
    served = await serve(here)

    form = [("answer", answer), ("reason", "" if answer == "approved" else "other words")]
    status, place, _ = await served.post("/statements/1", form)

    assert (status, place) == (303, "/statements")
    (asked,) = here.asked
    assert isinstance(asked, StatementAsked)
    assert (asked.number, asked.answer) == (1, answer)


async def test_what_is_wrong_with_a_form_changes_nothing(serve: Serve) -> None:
    here = ready()
    served = await serve(here)
    status, _, html = await served.post("/statements/1", [("answer", "declined"), ("reason", " ")])
    assert (status, "Say why they are declined." in html) == (422, True)
    assert (await served.post("/statements/1", [("answer", "sent")]))[0] == 422
    assert (await served.post("/statements/x", [("answer", "approved")]))[0] == 404
    assert not here.asked


async def test_answers_and_erased_words_stand_there(serve: Serve) -> None:
    bare = replace(READY, statements=((3, "a", "media", "liaison"),), texts=(), response=None)
    served = await serve(
        ready(StatementAnswered(1, "approved"), StatementAnswered(2, "declined", "too early"), bare)
    )

    text = plain((await served.get("/statements"))[1])

    assert "Approved. Queued for the district, not sent by this box by Kim Staff, 06:58:00" in text
    assert "Declined. Not for the district to send by Kim Staff, 06:58:00 (too early)" in text
    assert "The words were erased." in text
    assert "All clear" in text


async def test_the_timeline_tells_of_them_without_their_words(serve: Serve) -> None:
    here = ready()
    rows: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("statements.prepared/1", {"statements": [list(one) for one in ROWS]}, {"texts": ["DRILL. x"]}),
        ("statement.answered/1", {"number": 1, "answer": "approved"}, {}),
        ("statement.answered/1", {"number": 2, "answer": "declined"}, {"reason": "too early"}),
        ("second_channel.tried/1", {"unheard": [["screens", "101"]], "output": "sms"}, {}),
    ]
    here.journal = [recorded(kind, n, data, opened=opened) for n, (kind, data, opened) in enumerate(rows, 1)]
    served = await serve(here)
    text = plain((await served.get("/incidents/inc-1"))[1])
    assert "2 texts for families and media are ready: queued for the district, not sent by this box" in text
    assert "Text 1 was approved for the district" in text
    assert "Text 2 was declined (too early)" in text
    assert "Not acknowledged by 101: tried by sms" in text
