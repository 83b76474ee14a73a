"""The plans of a responses pack: each rule of the lint, with a pack that breaks it and a refusal that says where and why."""

import itertools
from typing import get_args

import pytest

from edge.config.pack_responses import read_responses
from edge.config.packs import PACKS, shipped
from edge.response_words import SAYS
from rules.model.responses import Response
from rules.rights import GIVEN
from tests.edge.config.test_packs import swap

SHIPPED = (PACKS / "responses.yaml").read_bytes()
ALL: tuple[Response, ...] = get_args(Response)
LOCKDOWN = "  lockdown: {owner: [safety-coordinator, administrator], start: any, change: any, end: any, "
HELP = ("duress", "medical", "staff-assist")


def test_every_pair_of_responses_is_raised_changed_beside_or_refused_with_a_reason() -> None:
    table = shipped().transitions
    assert set(table.verdicts) == set(itertools.permutations(ALL, 2))
    assert set(table.verdicts.values()) - {"raise", "change", "beside"} <= set(table.reasons)
    ranks = {one: row.rank for one, row in shipped().responses.items()}
    for (was, wanted), verdict in table.verdicts.items():
        if "duress" not in (was, wanted):
            assert (verdict == "raise") is (ranks[wanted] > ranks[was]), (was, wanted)


def test_every_plan_that_ships_has_an_owner_that_somebody_can_be_and_the_words_that_the_product_says() -> (
    None
):
    for response, row in shipped().responses.items():
        assert GIVEN & set(row.owner)
        assert row.says == SAYS[response]
    assert "aed" in shipped().responses["medical"].nearest
    assert shipped().responses["duress"].nearest == ()


def test_a_pack_of_an_older_version_has_no_plans_and_refuses_nothing() -> None:
    old = SHIPPED.partition(b"\nplans:")[0] + b"\n"
    pack, problems = read_responses(old, "own.yaml")
    assert (problems, pack is not None and pack.transitions.verdicts) == ((), {})
    assert pack is not None
    assert (pack.responses["lockdown"].start, pack.responses["lockdown"].says) == (None, "")


@pytest.mark.parametrize(
    ("old", "new", "path", "what"),
    [
        ("\nkinds:\n", "\nkind:\n", "", "may have kinds, plans, refusals, statements, tasks, transitions"),
        ("  real: {drill: real_incident_live, exercise: real_incident_live}\n  drill: {real: ends, exercise: beside}\n"
         "  exercise: {real: ends, drill: beside}\n", "  - real\n", "kinds", "is not keys with values"),
        (LOCKDOWN, "  lockdwn: {owner: [administrator], start: any, change: any, end: any, ", "plans.lockdwn", "is no response"),
        (LOCKDOWN, "  lockdwn: {owner: [administrator], start: any, change: any, end: any, ", "plans", "lockdown is missing"),
        (LOCKDOWN, "  lockdown: {start: any, change: any, end: any, ", "plans.lockdown", "has other keys"),
        (LOCKDOWN, "  lockdown: {colour: red, owner: [administrator], start: any, change: any, end: any, ", "plans.lockdown",
         "has other keys"),
        (LOCKDOWN, "  lockdown: {owner: [], start: any, change: any, end: any, ", "plans.lockdown.owner", "names nobody"),
        (LOCKDOWN, "  lockdown: {owner: any, start: any, change: any, end: any, ", "plans.lockdown.owner", "names nobody"),
        (LOCKDOWN, "  lockdown: {owner: [principal], start: any, change: any, end: any, ", "plans.lockdown.owner",
         "there is no role principal"),
        (LOCKDOWN, "  lockdown: {owner: [administrator, administrator], start: any, change: any, end: any, ",
         "plans.lockdown.owner", "names a role twice"),
        (LOCKDOWN, "  lockdown: {owner: [viewer, administrator], start: any, change: any, end: any, ", "plans.lockdown.owner",
         "viewer does not have the right to note"),
        (LOCKDOWN, "  lockdown: {owner: [it], start: any, change: any, end: any, ", "plans.lockdown.owner",
         "nobody can be one of these yet: add one of administrator, front-office"),
        (LOCKDOWN, "  lockdown: {owner: [administrator], start: [], change: any, end: any, ", "plans.lockdown.start",
         "names nobody: it lists roles, or is any"),
        (LOCKDOWN, "  lockdown: {owner: [administrator], start: any, change: [staff], end: any, ", "plans.lockdown.change",
         "staff does not have the right to close"),
        (LOCKDOWN, "  lockdown: {owner: [administrator], start: any, change: any, end: [kiosk], ",
         "plans.lockdown.end", "kiosk does not have the right to close"),
        ('says: "Locks, lights, out of sight."', 'says: ""', "plans.lockdown.says", "no line of 1 to 100"),
        ('says: "Locks, lights, out of sight."', 'says: "Locks, lights"', "plans.lockdown.says", "as a sentence"),
        ('says: "Locks, lights, out of sight."', 'says: "Leave by the nearest safe exit."', "plans.lockdown.says",
         "'leave by', contrary to lockdown"),
        (", nearest: [aed, trauma-kit]", ", nearest: [aed], end_asks: prayer", "plans.medical.end_asks",
         "is none of session, fresh"),
        (", nearest: [aed, trauma-kit]", "", "plans.medical", "does not name the nearest AED"),
        ("nearest: [aed, trauma-kit]", "nearest: [kettle]", "plans.medical.nearest", "nearest lists aed, trauma-kit"),
        ('show it to nobody."}', 'show it to nobody.", nearest: [aed]}', "plans.duress.nearest", "nothing on site"),
        ("  threat_inside: ", "  beside: ", "refusals.beside", "is no code"),
        ("  people_are_out: \"People", "  people_are_out: \"\" #", "refusals.people_are_out", "says in no line"),
        ("hold-in-place: threat_inside", "hold-in-place: change", "refusals.threat_inside", "no transition is refused for it"),
        ("hold-in-place: threat_inside", "hold-in-place: because", "transitions.lockdown.hold-in-place",
         "no reason under refusals"),
        ("hold-in-place: threat_inside", "hold-in-place: raise", "transitions.lockdown.hold-in-place", "cannot raise"),
        ("hold-in-place: threat_inside", "hold-in-place: beside", "transitions.lockdown.hold-in-place", "at once"),
        ("hold-in-place: threat_inside, ", "", "transitions.lockdown", "whether hold-in-place may follow is not said"),
        ("hold-in-place: threat_inside", "hold: change, hold-in-place: threat_inside", "transitions.lockdown.hold",
         "is no other response"),
        ("  fire: {lockdown: raise, evacuate: change", "  fire: {lockdown: people_leave, evacuate: change",
         "transitions.fire.lockdown", "nobody is kept from calling for more"),
        ("hold-in-place: threat_inside, duress: beside", "hold-in-place: threat_inside, duress: threat_inside",
         "transitions.lockdown.duress", "duress stands beside everything"),
        ("hold-in-place: threat_inside, duress: beside, medical: beside",
         "hold-in-place: threat_inside, duress: beside, medical: threat_inside", "transitions.lockdown.medical", "never refused"),
        ("  fire: {lockdown: raise, evacuate: change,", "  fires: {lockdown: raise, evacuate: change,", "transitions",
         "fire is missing"),
        ("  hold-in-place: {lockdown: raise", "  hold-in-place: [raise] #", "transitions.hold-in-place", "keys with values"),
        ("lockdown: {fire: change, evacuate: change, shelter: change, secure: change,",
         "lockdown: {fire: threat_inside, evacuate: threat_inside, shelter: threat_inside, secure: threat_inside,",
         "transitions.lockdown", "nobody can lead on from it"),
        ("  exercise: {real: ends, drill: beside}\n", "", "kinds", "is not real, drill, exercise"),
        ("  exercise: {real: ends, drill: beside}", "  exercise: {real: ends}", "kinds.exercise", "the two other kinds"),
        ("  exercise: {real: ends, drill: beside}", "  exercise: {real: beside, drill: beside}", "kinds.exercise.real",
         "ends it"),
        ("  exercise: {real: ends, drill: beside}", "  exercise: {real: ends, drill: ends}", "kinds.exercise.drill",
         "neither beside"),
        ("  real: {drill: real_incident_live", "  real: {drill: beside", "kinds.real.drill", "begins beside what is real"),
    ],
)  # fmt: skip
def test_a_plan_that_does_not_hold_together_is_refused_where_it_breaks(
    old: str, new: str, path: str, what: str
) -> None:
    pack, problems = read_responses(swap(SHIPPED, old, new), "own.yaml")

    assert pack is None
    assert any(problem.path == (path or "yaml") and what in problem.what for problem in problems), problems


def test_half_of_the_sections_is_refused() -> None:
    pack, problems = read_responses(SHIPPED.partition(b"\nkinds:")[0] + b"\n", "own.yaml")
    assert pack is None
    assert "all four, or none" in problems[0].what


def test_check_says_file_and_line_of_a_plan_that_is_broken() -> None:
    """As `campus-edge check` reports it: the line is the one of the deepest key."""
    data = swap(SHIPPED, "hold-in-place: threat_inside", "hold-in-place: because")
    line = 1 + data.decode().splitlines().index(
        next(one for one in data.decode().splitlines() if "hold-in-place: because" in one)
    )
    _, problems = read_responses(data, "own.yaml")
    assert (
        problems[0]
        .text()
        .startswith(f"own.yaml:{line}: transitions.lockdown.hold-in-place: is none of raise")
    )
