"""What signs are told: all that is public, at once and again after a restart; never what makes no public sign."""

from dataclasses import replace

import pytest

from rules.model.ids import OutputId
from rules.model.kinds import DRILL
from rules.model.responses import Response
from rules.state import Live, State
from tests.rules.campus import CAMPUS, A, output
from tests.rules.test_notices import School, ordered, outputs


def school(**how: str | None) -> School:
    made = School()
    signs = output("signs", 0, driver="cap-feed", zone=A, **how)  # type: ignore[arg-type]
    made.plan = replace(made.plan, outputs={**made.plan.outputs, signs.id: signs})
    return made


@pytest.mark.parametrize("response", ["lockdown", "evacuate", "hold-in-place"])
def test_a_sign_is_told_what_is_said_in_public(response: Response) -> None:
    assert "signs" in outputs(school().ask(response, A))


@pytest.mark.parametrize("response", ["duress", "staff-assist"])
def test_a_sign_is_told_nothing_that_makes_no_public_sign(response: Response) -> None:
    assert "signs" not in outputs(school().ask(response, A))


def test_a_sign_that_was_never_tried_out_shows_nothing() -> None:
    here = school(commissioned=None)
    told = here.ask("lockdown")
    assert "signs" not in outputs(told)
    assert (OutputId("signs"), "not_commissioned") in ordered(told)[0].held


def test_a_sign_is_told_anew_after_a_restart_what_it_was_given_already() -> None:
    here = school()
    for one in here.ask("lockdown").notices:
        here.said(one, "received", told=1, of=1)
    here.state = State(here.state.record, Live(here.now, "boot", here.now))

    assert outputs(here.later()) == {"signs", "page-a", "page-b"}


def test_a_sign_stops_showing_a_drill_that_a_quiet_sort_of_real_response_ended() -> None:
    here = school()
    here.ask("lockdown", kind=DRILL)

    told = here.ask("staff-assist", CAMPUS)

    assert [(one.response, one.kind) for one in told.notices if one.output == "signs"] == [(None, DRILL)]
