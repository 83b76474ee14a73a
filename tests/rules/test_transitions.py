"""What may follow what where a person asks for it: raised, changed, beside, or refused with a reason and nothing changed."""

from dataclasses import replace

import pytest

from edge.config.packs import shipped
from rules.decision import Decision
from rules.model.events import CloseAsked, PressAsked, StartAsked
from rules.model.facts import RequestRefused
from rules.model.ids import IncidentId, OutputId, ZoneId
from rules.model.kinds import DRILL, EXERCISE, REAL, Drill, Exercise, Real
from rules.model.response_facts import EndConfirmed, ResponseChanged, TransitionRefused
from rules.model.responses import Response
from rules.plan import DoorKind, EndAsks, Plan, ResponsePlan
from rules.transition_table import Transitions
from tests.rules.campus import A1, CAMPUS, PERSON, A, B, campus, door, driven, facts, output
from tests.rules.story import BUTTONS, DESK, HIDDEN, ROOM_1, ROOM_2, Story, locked, only, replied

FRONT = "front"
OUTSIDE: frozenset[DoorKind] = frozenset({"exterior"})
TO_THE_GATE = "the police lead them out"


def plan(
    *,
    start: frozenset[str] | None = None,
    change: frozenset[str] | None = None,
    end: frozenset[str] | None = None,
) -> Plan:
    """Two rooms, a front door and a strobe under the shipped pack; start, change, end: for these roles alone."""
    pack = shipped()
    rows = {
        one: ResponsePlan(
            one, row.rank, row.scope, row.silent, row.locks | (OUTSIDE if row.perimeter == "always" else frozenset()),
            row.outputs, row.sounds, row.messages, start, change, end,
        )
        for one, row in pack.responses.items()
    }  # fmt: skip
    on = campus(
        door(ROOM_1, 0),
        door(ROOM_2, 1),
        door(FRONT, 2, kind="exterior", zone=CAMPUS),
        buttons=BUTTONS,
        outputs=[output("strobe", 20), output("mail", 0, driver="smtp", zone=CAMPUS)],
        responses=rows,
    )
    return replace(on, transitions=pack.transitions)


def ask(
    story: Story,
    response: Response,
    *zones: ZoneId,
    kind: Real | Drill | Exercise = REAL,
    change: bool = False,
    role: str = "",
    reason: str = TO_THE_GATE,
) -> Decision:
    named = zones or (CAMPUS,)
    return story.do(
        StartAsked(story.now, story.request(), PERSON, response, named, kind, reason, role, change)
    )


def held(story: Story) -> dict[ZoneId, Response]:
    return {zone: own.response for zone, own in story.state.record.zones.items()}


def refused(made: Decision) -> TransitionRefused:
    """The refusal in the record; nothing was sent, said or changed."""
    assert not replied(made).done
    assert (made.permits, made.notices) == ((), ())
    assert {type(entry.fact) for entry in made.entries} == {TransitionRefused, RequestRefused}
    return only(fact for fact in facts(made) if isinstance(fact, TransitionRefused))


# --- changes ---------------------------------------------------------------------------------


def test_what_is_less_grave_takes_no_place_by_a_mere_start_and_the_record_tells_who_asked() -> None:
    story = Story(plan())
    ask(story, "lockdown")

    made = ask(story, "evacuate", A)

    why = refused(made)
    assert (why.code, why.was, why.held_in, why.response, why.zone) == (
        "needs_change", "lockdown", CAMPUS, "evacuate", A,
    )  # fmt: skip
    assert dict(replied(made).args) == {"response": "evacuate", "was": "lockdown", "where": "Campus"}
    assert held(story) == {CAMPUS: "lockdown"}


def test_a_change_takes_its_place_and_unlocks_no_door() -> None:
    story = Story(plan())
    ask(story, "lockdown")
    orders = dict(story.state.record.orders)

    made = ask(story, "evacuate", change=True)

    assert (replied(made).done, replied(made).incident) == (True, story.real)
    assert held(story) == {CAMPUS: "evacuate"}
    changed = only(fact for fact in facts(made) if isinstance(fact, ResponseChanged))
    assert (changed.was, changed.response, changed.stands, changed.stands_in, changed.reason) == (
        "lockdown", "evacuate", "evacuate", CAMPUS, TO_THE_GATE,
    )  # fmt: skip
    assert only(story.incidents).response == "evacuate"
    assert story.state.record.orders == orders
    assert {one for one in driven(made) if one in story.plan.doors} == set()


def test_the_strobe_that_says_stay_in_goes_dark_where_people_are_led_out() -> None:
    story = Story(plan())
    on = ask(story, "lockdown")
    off = ask(story, "evacuate", change=True)
    assert (driven(on)["strobe"], driven(off)["strobe"]) == (True, False)


def test_where_the_lockdown_goes_on_by_name_its_strobe_stays_on_while_the_rest_is_led_out() -> None:
    story = Story(plan())
    ask(story, "lockdown")
    ask(story, "lockdown", A)
    off = ask(story, "evacuate", CAMPUS, change=True)
    assert "strobe" not in driven(off)
    assert OutputId("strobe") in story.state.record.outputs_on


def test_who_was_told_of_the_lockdown_is_told_of_the_change() -> None:
    story = Story(plan())
    told = ask(story, "lockdown")
    changed = ask(story, "secure", change=True)
    assert [(one.output, one.response) for one in told.notices] == [("mail", "lockdown")]
    assert [(one.output, one.response) for one in changed.notices] == [("mail", "secure")]
    assert changed.notices[0].number > told.notices[0].number


def test_a_change_to_secure_locks_the_outside_and_leaves_the_rooms_locked() -> None:
    story = Story(plan())
    ask(story, "lockdown")
    made = ask(story, "secure", change=True)
    assert locked(made) == {FRONT}
    assert OutputId("strobe") in story.state.record.outputs_on


def test_a_part_is_led_out_once_the_others_hold_the_lockdown_by_name() -> None:
    story = Story(plan())
    ask(story, "lockdown")

    above = ask(story, "evacuate", A, change=True)
    assert (refused(above).code, refused(above).held_in) == ("holds_above", CAMPUS)

    ask(story, "lockdown", B)
    made = ask(story, "evacuate", change=True)

    assert held(story) == {CAMPUS: "evacuate", B: "lockdown"}
    changed = only(fact for fact in facts(made) if isinstance(fact, ResponseChanged))
    assert (changed.stands, changed.stands_in) == ("lockdown", B)
    assert only(story.incidents).response == "lockdown"


def test_zones_within_one_another_are_changed_together_or_not_at_all() -> None:
    story = Story(plan())
    ask(story, "lockdown", A)
    ask(story, "lockdown")

    refused(ask(story, "evacuate", A, change=True))
    ask(story, "evacuate", CAMPUS, A, change=True)

    assert held(story) == {CAMPUS: "evacuate", A: "evacuate"}


def test_all_zones_are_judged_before_anything_is_written() -> None:
    story = Story(plan())
    ask(story, "lockdown", A)
    refused(ask(story, "secure", B, A))
    assert held(story) == {A: "lockdown"}


def test_a_change_needs_a_reason_and_a_role_that_the_plan_names() -> None:
    story = Story(plan(change=frozenset({"administrator"})))
    ask(story, "lockdown")
    assert refused(ask(story, "evacuate", change=True, reason=" ", role="administrator")).code == "no_reason"
    other = ask(story, "evacuate", change=True, role="safety-coordinator")
    assert (refused(other).code, dict(replied(other).args)) == (
        "not_in_plan",
        {"verb": "change", "response": "lockdown"},
    )
    assert replied(ask(story, "evacuate", change=True, role="administrator")).done


def test_what_was_changed_rises_again_by_a_press() -> None:
    story = Story(plan())
    ask(story, "lockdown")
    ask(story, "secure", change=True)
    story.hear(DESK)
    assert held(story) == {CAMPUS: "lockdown"}
    assert only(story.incidents).response == "lockdown"


def test_a_change_of_a_drill_changes_the_drill() -> None:
    story = Story(plan())
    ask(story, "lockdown", kind=DRILL)
    ask(story, "evacuate", kind=DRILL, change=True)
    own = story.state.record.zones[CAMPUS]
    assert (own.response, own.kind) == ("evacuate", "drill")


# --- refusals --------------------------------------------------------------------------------


def test_a_lockdown_becomes_no_hold_and_the_answer_says_why() -> None:
    story = Story(plan())
    ask(story, "lockdown")
    for change in (False, True):
        made = ask(story, "hold-in-place", change=change)
        assert refused(made).code == "threat_inside"
        assert replied(made).code == "transition_refused"
        assert str(dict(replied(made).args)["why"]).startswith("Hold says business as usual")


def test_a_press_by_hardware_is_never_refused() -> None:
    story = Story(plan())
    ask(story, "fire")
    story.hear(DESK, "single")
    story.hear(DESK)
    assert held(story)[CAMPUS] == "lockdown"


@pytest.mark.parametrize("response", ["medical", "duress", "staff-assist"])
def test_a_call_for_help_is_never_refused_and_takes_nothings_place(response: Response) -> None:
    story = Story(plan())
    ask(story, "lockdown")
    assert replied(ask(story, response, A1)).done
    assert held(story)[CAMPUS] == "lockdown"


def test_the_same_again_and_what_is_graver_need_no_change() -> None:
    story = Story(plan())
    for response in ("hold-in-place", "hold-in-place", "secure", "shelter", "evacuate", "fire", "lockdown"):
        assert replied(ask(story, response)).done
    assert held(story) == {CAMPUS: "lockdown"}


def test_an_exercise_is_on_no_zone_and_refused_by_none() -> None:
    story = Story(plan())
    ask(story, "lockdown", kind=DRILL)
    assert replied(ask(story, "hold-in-place", kind=EXERCISE, change=True)).done
    assert held(story) == {CAMPUS: "lockdown"}


def test_what_is_real_is_not_judged_by_the_drill_that_it_ends() -> None:
    story = Story(plan())
    ask(story, "lockdown", kind=DRILL)
    assert replied(ask(story, "hold-in-place", A)).done
    assert {one.kind for one in story.incidents} == {"real"}
    assert held(story) == {A: "hold-in-place"}


def test_under_a_pack_without_transitions_a_start_joins_and_never_lowers() -> None:
    story = Story(replace(plan(), transitions=Transitions()))
    ask(story, "lockdown")
    assert replied(ask(story, "secure", change=True)).done
    assert held(story) == {CAMPUS: "lockdown"}


# --- kinds -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [DRILL, EXERCISE])
def test_nothing_that_is_not_real_begins_beside_what_is(kind: Drill | Exercise) -> None:
    story = Story(plan())
    ask(story, "secure")
    pressed = story.do(PressAsked(story.now, story.request(), PERSON, DESK, kind))
    assert {replied(one).code for one in (pressed, ask(story, "lockdown", kind=kind))} == {
        "real_incident_live"
    }


def test_a_silent_call_refuses_no_drill() -> None:
    story = Story(plan())
    story.hear(HIDDEN, "single")
    assert replied(ask(story, "lockdown", kind=DRILL)).done


def test_a_pack_may_keep_exercises_and_drills_apart_and_says_why() -> None:
    table = Transitions({}, {("drill", "exercise"): "one_at_a_time"}, {"one_at_a_time": "One at a time."})
    story = Story(replace(plan(), transitions=table))
    ask(story, "lockdown", kind=DRILL)
    made = ask(story, "secure", kind=EXERCISE)
    assert replied(made).code == "kind_refused"
    assert dict(replied(made).args) == {"reason": "one_at_a_time", "why": "One at a time."}


# --- whose part it is ------------------------------------------------------------------------


def test_a_start_is_for_the_roles_that_its_plan_names() -> None:
    story = Story(plan(start=frozenset({"administrator"})))
    made = ask(story, "secure", role="staff")
    assert replied(made).code == "not_in_plan"
    assert held(story) == {}
    assert replied(ask(story, "secure", role="administrator")).done
    assert replied(ask(story, "evacuate")).done


def test_an_end_is_for_the_roles_that_its_plan_names() -> None:
    story = Story(plan(end=frozenset({"administrator"})))
    ask(story, "secure")

    def close(role: str) -> Decision:
        return story.do(CloseAsked(story.now, story.request(), PERSON, "over", None, True, role))

    assert replied(close("safety-coordinator")).code == "not_in_plan"
    assert held(story) == {CAMPUS: "secure"}
    assert replied(close("administrator")).done


def test_an_incident_whose_response_a_reload_took_away_can_be_ended_by_anybody_with_the_right() -> None:
    story = Story(plan(end=frozenset({"administrator"})))
    ask(story, "medical", A)
    rest = dict(story.plan.responses)
    del rest["medical"]
    story.plan = replace(story.plan, responses=rest)
    made = story.do(CloseAsked(story.now, story.request(), PERSON, "over", None, True, "staff"))
    assert replied(made).done


# --- the end ---------------------------------------------------------------------------------


def end(story: Story, role: str = "administrator", *, fresh: bool = False, second: str = "") -> Decision:
    return story.do(CloseAsked(story.now, story.request(), PERSON, "over", None, True, role, fresh, second))


def asking(what: EndAsks) -> Plan:
    on = plan()
    rows = {one: replace(row, end_asks=what) for one, row in on.responses.items()}
    return replace(on, responses=rows)


@pytest.mark.parametrize(
    ("asks", "given", "code"),
    [
        ("session", (False, ""), "done"),
        ("fresh", (False, ""), "factor_first"),
        ("fresh", (True, ""), "done"),
        ("fresh", (True, "acc-2"), "done"),
        ("second-person", (True, ""), "second_person_first"),
        ("second-person", (True, "acc-2"), "done"),
    ],
)
def test_a_real_one_ends_by_what_its_plan_asks_for(asks: EndAsks, given: tuple[bool, str], code: str) -> None:
    story = Story(asking(asks))
    ask(story, "lockdown")

    made = end(story, fresh=given[0], second=given[1])

    assert replied(made).code == code
    assert held(story) == ({} if code == "done" else {CAMPUS: "lockdown"})
    confirmed = [fact.second for fact in facts(made) if isinstance(fact, EndConfirmed)]
    assert confirmed == ([given[1] or None] if code == "done" and given[0] else [])


def test_a_drill_is_asked_for_nothing_more() -> None:
    story = Story(asking("second-person"))
    ask(story, "lockdown", kind=DRILL)
    assert replied(end(story)).done


@pytest.mark.parametrize("asks", ["session", "fresh", "second-person"])
def test_the_end_of_a_real_one_is_a_persons_whatever_its_plan_asks_for(asks: EndAsks) -> None:
    story = Story(asking(asks))
    ask(story, "lockdown")

    def program() -> Decision:
        role, fresh, second = "administrator", True, "acc-2"
        asked = CloseAsked(
            story.now, story.request(), PERSON, "over", None, True, role, fresh, second, named=False
        )
        return story.do(asked)

    assert replied(program()).code == "person_first"
    assert held(story) == {CAMPUS: "lockdown"}
    assert replied(end(story, fresh=True, second="acc-2")).done


def test_a_program_ends_a_drill_and_not_beside_it_what_is_real() -> None:
    story = Story(asking("session"))
    ask(story, "duress", A)
    ask(story, "lockdown", kind=DRILL)
    drill = next(one.id for one in story.state.record.incidents.values() if one.kind == "drill")

    def program(which: IncidentId | None, *, silent: bool) -> str:
        asked = CloseAsked(
            story.now, story.request(), PERSON, "over", which, silent, "administrator", named=False
        )
        return replied(story.do(asked)).code

    # Whole, or not at all; and whoever may not know of the silent one is not told of it by a refusal.
    assert program(None, silent=True) == "person_first"
    assert len(story.state.record.incidents) == 2
    assert program(None, silent=False) == "done"
    assert drill not in story.state.record.incidents
    assert len(story.state.record.incidents) == 1


def test_whoever_is_at_the_box_itself_is_asked_as_everybody_and_starts_without_being_asked() -> None:
    story = Story(asking("second-person"))
    assert replied(ask(story, "lockdown")).done
    assert replied(end(story, "")).code == "second_person_first"
    assert replied(end(story, "", fresh=True, second="acc-2")).done


def test_the_end_unlocks_no_door_and_each_is_released_by_name() -> None:
    story = Story(plan())
    ask(story, "lockdown")
    orders = dict(story.state.record.orders)

    made = end(story)

    assert story.state.record.orders == orders
    assert dict(replied(made).args)["doors_still_locked"] == len(orders)
    story.ask_release(ROOM_1)
    words = {one: order.word for one, order in story.state.record.orders.items()}
    assert words[ROOM_1] == "rest"
    assert {word for one, word in words.items() if one != ROOM_1} == {"lock"}
