"""Screens in rooms: they show what the interlock let out, and only who was heard from counts."""

from dataclasses import replace

from rules.decision import Decision, RequestAnswer
from rules.model.ids import Actor, IncidentId, OutputId, RequestId
from rules.model.kinds import DRILL
from rules.model.screens import RoomHeard, RoomName, ScreenAnswer, ScreenAnswerAsked, ScreenDrew
from rules.notice_state import NoticeMemory
from rules.record import fold
from rules.screens import has, has_answered, reached, room_of, rooms_of, shown
from rules.state import Live, State
from tests.rules.campus import A1, CAMPUS, A, B, facts, output
from tests.rules.test_notices import School, ordered, outputs

SCREENS = OutputId("screens")
HALL = OutputId("hall")
SIGN = Actor("token:1")


class Rooms(School):
    def __init__(self) -> None:
        super().__init__()
        more = [
            replace(output("screens", 0, driver="screens", zone=A1), rooms=("101", "102")),
            output("hall", 0, driver="screens", zone=B),
            replace(output("untried-screens", 0, driver="screens", zone=A, commissioned=None), rooms=("9",)),
        ]
        self.plan = replace(self.plan, outputs={**self.plan.outputs, **{one.id: one for one in more}})

    def on(self, output: OutputId = SCREENS) -> NoticeMemory:
        found = shown(self.plan, self.state.record, output)
        assert found is not None
        return found

    def drew(self, room: str, number: int | None = None, output: OutputId = SCREENS) -> Decision:
        number = self.on(output).number if number is None else number
        return self.happen(ScreenDrew(self.now, SIGN, output, RoomName(room), number))

    def says(self, room: str, answer: ScreenAnswer = "safe", output: OutputId = SCREENS) -> Decision:
        return self.happen(ScreenAnswerAsked(self.now, RequestId(5), SIGN, output, RoomName(room), answer))

    def reached(self, output: OutputId = SCREENS) -> tuple[str, int, int]:
        return reached(self.plan, self.state.record, self.on(output))


def heard(decision: Decision) -> list[RoomHeard]:
    return [one for one in facts(decision, "room.heard") if isinstance(one, RoomHeard)]


def code(decision: Decision) -> str:
    (answer,) = decision.answers
    assert isinstance(answer, RequestAnswer)
    return answer.code


def test_a_screen_shows_what_holds_where_it_is_and_nothing_of_elsewhere() -> None:
    here = Rooms()
    here.ask("hold-in-place", B)
    assert shown(here.plan, here.state.record, SCREENS) is None
    assert here.on(HALL).response == "hold-in-place"

    here.ask("lockdown", CAMPUS)
    assert {here.on(one).response for one in (SCREENS, HALL)} == {"lockdown"}


def test_a_screen_that_was_never_tried_out_shows_nothing_and_is_named() -> None:
    here = Rooms()
    told = here.ask("lockdown")
    assert (OutputId("untried-screens"), "not_commissioned") in ordered(told)[0].held
    assert shown(here.plan, here.state.record, OutputId("untried-screens")) is None


def test_what_makes_no_public_sign_is_on_no_screen() -> None:
    here = Rooms()
    for response in ("staff-assist", "duress"):
        assert not outputs(here.ask(response, A1)) & {"screens", "hall"}
    assert shown(here.plan, here.state.record, SCREENS) is None


def test_a_real_response_stands_above_a_drill_whatever_their_ranks() -> None:
    here = Rooms()
    here.ask("evacuate", CAMPUS, DRILL)
    drill = here.on()
    here.ask("lockdown", A1)
    assert (here.on().response, here.on().kind, drill.kind) == ("lockdown", "real", "drill")


def test_the_screen_is_quiet_once_it_is_over() -> None:
    here = Rooms()
    told = here.ask("lockdown")
    here.drew("101")
    here.close(here.incident(told))
    assert shown(here.plan, here.state.record, SCREENS) is None
    assert here.state.record.rooms == {}


def test_nobody_has_it_until_a_screen_drew_it_and_all_answered_only_when_each_room_did() -> None:
    here = Rooms()
    for one in here.ask("lockdown").notices:
        here.said(one, "sent")
    assert here.reached() == ("sent", 0, 2)
    assert [one.room for one in heard(here.drew("101"))] == ["101"]
    assert here.reached() == ("received", 1, 2)
    here.says("101")
    assert here.reached() == ("received", 1, 2)
    here.says("102")
    assert here.reached() == ("acknowledged", 2, 2)
    assert not has(here.state.record.rooms, RoomName("103"), here.on())


def test_a_screen_that_draws_again_says_nothing_new_and_what_was_overtaken_is_no_evidence() -> None:
    here = Rooms()
    here.ask("lockdown")
    before = here.on().number
    assert heard(here.drew("101"))
    assert not here.drew("101").entries
    here.ask("evacuate")
    assert not here.drew("102", before).entries
    assert here.reached()[1] == 0
    assert not has_answered(here.state.record.rooms, RoomName("101"), here.on())
    assert heard(here.drew("101"))


def test_an_answer_may_change_and_each_change_is_written() -> None:
    here = Rooms()
    here.ask("lockdown")
    assert [one.word for one in heard(here.says("101", "help"))] == ["help"]
    assert not heard(here.says("101", "help"))
    assert [one.word for one in heard(here.says("101", "safe"))] == ["safe"]
    assert here.state.record.rooms[RoomName("101")].answer == "safe"
    here.drew("101")
    assert here.state.record.rooms[RoomName("101")].answer == "safe"


def test_while_nothing_is_on_there_is_nothing_to_answer_and_only_rooms_answer() -> None:
    here = Rooms()
    assert code(here.says("101")) == "nothing_on"
    here.ask("lockdown")
    assert code(here.says("404")) == "nothing_on"
    assert code(here.says("101", output=OutputId("mail"))) == "nothing_on"
    assert code(here.says("101", output=OutputId("gone"))) == "nothing_on"
    assert code(here.says("b", output=HALL)) == "nothing_on"
    assert code(here.says("101")) == "done"
    assert not here.drew("101", 99).entries


def test_another_incident_begins_with_nobody_heard_from() -> None:
    here = Rooms()
    told = here.ask("lockdown", kind=DRILL)
    here.says("101", "help")
    here.ask("lockdown", A1)
    assert here.incident(told) not in here.state.record.incidents
    assert here.state.record.rooms == {}
    here.drew("101")
    assert here.state.record.rooms[RoomName("101")].answer is None


def test_the_screen_of_a_zone_goes_by_the_zones_name() -> None:
    here = Rooms()
    found = room_of(here.plan, "b")
    assert found is not None
    assert (found[0].id, found[1], rooms_of(found[0])) == (HALL, "b", ("b",))
    assert room_of(here.plan, "101") == (here.plan.outputs[SCREENS], "101")
    assert room_of(here.plan, "mail") is None
    here.ask("lockdown")
    assert heard(here.drew("b", output=HALL))


def test_a_route_without_rooms_is_as_far_as_it_says_itself() -> None:
    here = Rooms()
    for one in here.ask("lockdown").notices:
        if one.output == "mail":
            here.said(one, "sent", told=3, of=3)
    memory = next(one for one in here.state.record.notices.values() if one.output == "mail")
    assert reached(here.plan, here.state.record, memory) == ("sent", 3, 3)
    gone = replace(here.plan, outputs={})
    assert reached(gone, here.state.record, here.on()) == ("ordered", 0, 0)


def test_what_was_heard_stands_after_a_restart_and_is_the_fold_of_what_was_written() -> None:
    here = Rooms()
    record = here.state.record
    decisions = [here.ask("lockdown"), here.drew("101"), here.says("102", "help")]
    for decision in decisions:
        for entry in decision.entries:
            record = fold(record, here.now, entry)
    assert record.rooms == here.state.record.rooms
    here.state = State(here.state.record, Live(here.now, "boot", here.now))
    assert here.reached()[1] == 2
    assert "screens" in outputs(here.later())
    assert here.reached()[1] == 2, "what is told anew is the same, and need not be drawn anew"


def test_a_rank_is_asked_of_what_the_pack_still_has() -> None:
    here = Rooms()
    here.ask("lockdown")
    here.plan = replace(here.plan, responses={"evacuate": here.plan.responses["evacuate"]})
    assert shown(here.plan, here.state.record, SCREENS) is None
    assert IncidentId("x") not in here.state.record.incidents
