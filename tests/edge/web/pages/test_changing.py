"""Changing what holds: only what the table, the plans and the person's rights allow now is offered; of the rest it says why."""

import re
from dataclasses import replace

from edge.config.packs import shipped
from edge.web.pages.changing import NO_DRILLS, NOT_TO_START
from rules.model.events import StartAsked
from rules.model.ids import ZoneId
from rules.model.kinds import KindWord
from rules.model.responses import Response
from rules.plan import Plan, ResponsePlan
from rules.state import ZoneState
from tests.edge.campus import D1, D2, D3, HS, INCIDENT, NOON, PLAN, A, locked_down
from tests.edge.web.pages.conftest import Office, Serve

SHERIFF = "school-resource-officer"
"""Ends and changes what is real, and starts no drills."""


def plan(*, start: dict[Response, str] | None = None, change: dict[Response, str] | None = None) -> Plan:
    """The shipped pack; start, change: the one role that may start or change a response."""
    pack = shipped()
    rows = {}
    for one, row in pack.responses.items():
        begin, alter = (start or {}).get(one), (change or {}).get(one)
        rows[one] = ResponsePlan(
            one, row.rank, row.scope, row.silent, row.locks, row.outputs, row.sounds, row.messages,
            None if begin is None else frozenset({begin}), None if alter is None else frozenset({alter}),
        )  # fmt: skip
    return replace(PLAN, responses=rows, transitions=pack.transitions)


def office(on: Plan, kind: KindWord = "real", **zones: Response) -> Office:
    state = locked_down({D1: "secured", D2: "secured", D3: "secured"}, kind=kind)
    own = {ZoneId(zone): ZoneState(said, kind, INCIDENT, NOON) for zone, said in zones.items()}
    made = Office(state=replace(state, record=replace(state.record, zones=own)))
    made.plan = on
    return made


async def offered(serve: Serve, made: Office, role: str = "administrator") -> dict[str, tuple[set[str], str]]:
    """By zone: the responses that can be chosen, and the words for the rest."""
    _, page = await (await serve(made)).get("/change", role)
    forms = re.findall(r'<form class="card full stack" method="post" action="/change".*?</form>', page, re.S)
    found = {}
    for one in forms:
        zone = re.search(r'name="zone" value="([^"]+)"', one)
        assert zone is not None
        rest = one.partition("What may not follow it")[2]
        chosen = set(re.findall(r'name="response" value="([^"]+)"', one))
        found[zone[1]] = chosen, " ".join(re.sub(r"<[^>]*>", " ", rest).split())
    return found


async def test_what_the_table_forbids_is_not_offered_and_has_its_reason(serve: Serve) -> None:
    found = await offered(serve, office(plan(), hs="lockdown"))
    may, rest = found[HS]
    assert may == {"evacuate", "fire", "shelter", "secure"}
    assert "Hold" in rest
    assert any(why in rest for why in shipped().transitions.reasons.values())


async def test_what_would_change_nothing_under_a_graver_response_above_is_not_offered(serve: Serve) -> None:
    found = await offered(serve, office(plan(), hs="lockdown", a="lockdown"))
    may, rest = found[A]
    assert "evacuate" not in may
    assert "Lockdown holds in Whole campus and covers this zone too" in rest
    assert "evacuate" in found[HS][0]


async def test_a_change_that_the_plan_leaves_to_others_is_not_offered_to_this_role(serve: Serve) -> None:
    on = plan(change={"lockdown": SHERIFF})
    may, rest = (await offered(serve, office(on, hs="lockdown")))[HS]
    assert may == set()
    assert "The plan of Lockdown leaves changing it to others than your role" in rest

    may, _rest = (await offered(serve, office(on, hs="lockdown"), SHERIFF))[HS]
    assert "evacuate" in may


async def test_a_response_that_others_start_is_not_offered_to_this_role(serve: Serve) -> None:
    on = plan(start={"evacuate": SHERIFF})
    may, rest = (await offered(serve, office(on, hs="lockdown")))[HS]
    assert "evacuate" not in may
    assert NOT_TO_START.format(response="Evacuate") in rest
    assert "fire" in may


async def test_a_drill_is_changed_by_who_may_start_drills(serve: Serve) -> None:
    made = office(plan(), "drill", hs="lockdown")
    may, rest = (await offered(serve, made, SHERIFF))[HS]
    assert may == set()
    assert NO_DRILLS in rest

    form = (
        ("zone", HS), ("seen", "drill lockdown"), ("response", "evacuate"), ("reason", "x"), ("word", "CHANGE"),
        ("key", "k"),
    )  # fmt: skip
    status, _where, text = await (await serve(made)).post("/change", form, SHERIFF)
    assert (status, made.asked) == (422, [])
    assert NO_DRILLS in text

    assert "evacuate" in (await offered(serve, made))[HS][0]
    await (await serve(made)).post("/change", form)
    (asked,) = made.asked
    assert isinstance(asked, StartAsked)
    assert (asked.response, asked.kind.word, asked.change) == ("evacuate", "drill", True)
