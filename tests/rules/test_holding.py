"""What strobes, loudspeakers and signs of a zone show is what holds there, whatever was asked for beside it."""

from dataclasses import replace

import pytest

from rules.decision import Decision
from rules.holding import effective, lit, of_kind
from rules.model.ids import OutputId, ZoneId
from rules.model.kinds import DRILL, REAL
from rules.model.notices import NoticeEnded, NoticeTurned
from rules.model.responses import Response
from rules.plan import Plan
from tests.rules.campus import A1, CAMPUS, A, B, driven, output
from tests.rules.story import GYM, Story, without
from tests.rules.test_transitions import ask, plan

SAYING = (
    output("page-a", 0, driver="rtp-paging", zone=A),
    output("page-b", 0, driver="sip-paging", zone=B),
    output("page", 0, driver="rtp-paging", zone=CAMPUS),
    output("sign", 0, driver="cap-feed", zone=CAMPUS),
)


def told_plan() -> Plan:
    """With loudspeakers in both buildings and over all, and a feed for signs."""
    on = plan()
    return replace(on, outputs={**on.outputs, **{one.id: one for one in SAYING}})


def said(made: Decision) -> set[tuple[str, str, Response | None]]:
    """(output, zone, response) of what loudspeakers and signs were told."""
    mine = {one.id for one in SAYING}
    return {(one.output, one.zone, one.response) for one in made.notices if one.output in mine}


def standing(story: Story, name: str) -> set[Response | None]:
    """All that an output goes on saying."""
    return {one.response for one in story.state.record.notices.values() if one.output == name}


# --- strobes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("graver", ["fire", "evacuate"])
@pytest.mark.parametrize("before", ["hold-in-place", "secure", "shelter"])
def test_the_strobe_that_says_stay_in_goes_dark_where_something_graver_leads_people_out(
    before: Response, graver: Response
) -> None:
    story = Story(plan())
    story.run(1)
    ask(story, before, A)
    story.run(1)

    assert driven(ask(story, graver)) == {"strobe": False}
    story.run(1)
    assert not story.state.record.outputs_on


@pytest.mark.parametrize("asked", ["hold-in-place", "secure", "shelter"])
def test_what_is_less_grave_lights_no_strobe_where_people_are_being_led_out(asked: Response) -> None:
    story = Story(plan())
    ask(story, "fire")
    # A button asks nobody what may follow what.
    story.plan = replace(
        story.plan,
        buttons={
            **story.plan.buttons,
            GYM: replace(
                story.plan.buttons[GYM],
                asks={"single": replace(story.plan.buttons[GYM].highest, response=asked)},
            ),
        },
    )
    story.hear(GYM, "single")

    assert story.zone(A) == asked
    assert not story.state.record.outputs_on


def test_a_real_call_for_help_in_a_drills_own_zone_leaves_no_strobe_lit() -> None:
    story = Story(plan())
    ask(story, "lockdown", A, kind=DRILL)
    story.run(1)

    assert driven(ask(story, "medical", A)) == {"strobe": False}
    assert not story.state.record.outputs_on


def test_a_real_shelter_lights_the_strobe_of_a_part_that_a_drill_was_leading_out() -> None:
    story = Story(plan())
    ask(story, "evacuate", A, kind=DRILL)
    story.run(1)

    assert driven(ask(story, "shelter")) == {"strobe": True}
    assert OutputId("strobe") in story.state.record.outputs_on


def test_a_part_that_goes_on_holding_the_lockdown_keeps_its_strobe() -> None:
    story = Story(plan())
    ask(story, "lockdown")
    ask(story, "lockdown", A)
    ask(story, "evacuate", change=True)

    assert OutputId("strobe") in story.state.record.outputs_on
    assert lit(story.plan, story.state.record) == {A, A1}


# --- loudspeakers and signs ----------------------------------------------------------------------


def test_loudspeakers_of_a_part_that_holds_the_lockdown_never_say_evacuate() -> None:
    story = Story(told_plan())
    ask(story, "lockdown")
    ask(story, "lockdown", B)
    made = ask(story, "evacuate", change=True)

    assert ("page-b", CAMPUS, "evacuate") not in said(made)
    assert {("page-a", CAMPUS, "evacuate"), ("page", CAMPUS, "evacuate")} <= said(made)
    assert standing(story, "page-b") == {"lockdown"}
    assert standing(story, "page-a") == {"evacuate"}


def test_loudspeakers_stop_saying_hold_once_the_campus_is_led_out_and_so_do_signs() -> None:
    story = Story(told_plan())
    ask(story, "hold-in-place", A)
    ask(story, "evacuate")

    assert standing(story, "page-a") == {"evacuate"}
    assert standing(story, "sign") == {"evacuate"}


def test_loudspeakers_of_a_part_in_lockdown_stop_saying_what_the_rest_is_told() -> None:
    story = Story(told_plan())
    ask(story, "evacuate")
    ask(story, "lockdown", A)

    assert standing(story, "page-a") == {"lockdown"}
    assert standing(story, "page-b") == {"evacuate"}
    assert standing(story, "sign") == {"evacuate", "lockdown"}


def test_what_was_outranked_is_said_once_it_is_what_holds() -> None:
    story = Story(told_plan())
    ask(story, "lockdown")
    story.plan = replace(story.plan, transitions=replace(story.plan.transitions, verdicts={}))
    ask(story, "shelter", A)
    assert standing(story, "page-a") == {"lockdown"}
    story.plan = told_plan()
    ask(story, "secure", change=True)

    assert standing(story, "page-a") == {"shelter"}
    assert standing(story, "page-b") == {"secure"}


def test_a_drill_outranks_nothing_that_is_real() -> None:
    story = Story(told_plan())
    ask(story, "lockdown", kind=DRILL)
    made = ask(story, "hold-in-place", A)

    heard = [(one.kind, one.response) for one in made.notices if one.output == "page-a"]
    assert set(heard) == {(REAL, "hold-in-place")}
    elsewhere = {(one.kind, one.response) for one in made.notices if one.output == "page-b"}
    assert elsewhere == {(DRILL, None)}
    record = story.state.record
    assert of_kind(story.plan, record, A, "drill") is None
    assert effective(story.plan, record, A) == of_kind(story.plan, record, A, "real")


def test_a_zone_that_a_reload_took_away_is_told_as_it_was_asked() -> None:
    story = Story(told_plan())
    ask(story, "hold-in-place", A)
    gone = ZoneId("gone")
    notices = {
        key: replace(one, zone=gone) if one.output in ("sign", "page-a") else one
        for key, one in story.state.record.notices.items()
    }
    story.state = replace(story.state, record=replace(story.state.record, notices=notices))
    made = ask(story, "evacuate")

    # A loudspeaker is where it is; what a sign shows of a zone that is gone stands until it is over.
    assert ("page-a", gone, "evacuate") in said(made)
    assert ("sign", gone, "evacuate") not in said(made)


def test_a_message_that_went_nowhere_is_not_sent_behind_a_graver_one() -> None:
    story = Story(plan())
    (first,) = ask(story, "hold-in-place", A).notices
    story.do(NoticeEnded(story.now, first.id, first.output, "failed", "unreachable", 0, 2))
    (newer,) = ask(story, "evacuate").notices
    story.do(NoticeEnded(story.now, newer.id, newer.output, "failed", "unreachable", 0, 2))

    again = [one for made in story.run(10) for one in made.notices]

    assert {(one.zone, one.response) for one in again} == {(CAMPUS, "evacuate")}
    (stood,) = [one for one in story.state.record.notices.values() if one.zone == A]
    assert (stood.response, stood.state, stood.code) == ("hold-in-place", "failed", "overtaken")
    turned = [entry.fact for _at, entry in story.entries if isinstance(entry.fact, NoticeTurned)]
    assert [one.code for one in turned].count("overtaken") == 1


def test_a_message_of_a_part_that_was_told_after_the_rest_is_sent_again() -> None:
    story = Story(plan())
    ask(story, "evacuate")
    (part,) = ask(story, "lockdown", A).notices
    (help_,) = ask(story, "medical", A1).notices
    for one in (part, help_):
        story.do(NoticeEnded(story.now, one.id, one.output, "failed", "unreachable", 0, 2))
    again = [one for made in story.run(4) for one in made.notices]
    assert {(one.zone, one.response) for one in again} == {(A, "lockdown"), (A1, "medical")}


def test_who_reads_of_a_part_that_stays_locked_down_reads_of_that_last() -> None:
    story = Story(plan())
    ask(story, "lockdown")
    ask(story, "lockdown", B)
    ask(story, "medical", A)
    made = ask(story, "evacuate", change=True)
    assert [(one.output, one.zone, one.response) for one in made.notices] == [
        ("mail", CAMPUS, "evacuate"),
        ("mail", B, "lockdown"),
    ]
    assert made.notices[0].id < made.notices[1].id


def test_a_call_for_help_repeats_nothing_graver() -> None:
    story = Story(plan())
    ask(story, "lockdown", B)
    made = ask(story, "medical")
    assert [(one.zone, one.response) for one in made.notices] == [(CAMPUS, "medical")]


def test_the_end_of_what_was_told_in_a_zone_that_a_reload_took_away_tells_nobody_there() -> None:
    story = Story(plan())
    ask(story, "hold-in-place", A)
    story.plan = without(story.plan, A)
    assert not story.close().notices
    assert not story.incidents
