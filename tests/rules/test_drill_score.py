"""What devices showed of a drill, from evidence alone: seconds of each door, rooms that were silent, pages nobody heard."""

from dataclasses import replace

from edge.codec import entry, plain
from rules.drill_fold import fold_drills
from rules.drill_state import DrillOver, Drills
from rules.model.drill_asks import BeginDrill, DrillAsked, EndDrill
from rules.model.drill_facts import DrillEnded
from rules.model.facts import Entry, VerdictReached
from rules.model.ids import Actor, DoorId, OutputId, RequestId, ZoneId
from rules.model.kinds import DRILL
from rules.model.moments import MILLISECOND_US
from rules.model.notices import Notice
from rules.model.post_asks import RoomAsked
from rules.model.post_facts import RoomWord
from rules.model.screens import RoomName, ScreenAnswerAsked, ScreenDrew
from rules.model.verdicts import VerdictWord
from rules.screens import shown
from tests.rules.campus import A1, CAMPUS, PERSON, A, B, facts, output
from tests.rules.drilling import RULES, Drilling
from tests.rules.story import DESK, ROOM_1, ROOM_2, replied
from tests.rules.test_notices import School

MAIL = OutputId("mail")


class Drilled(School):
    """A campus with paging, mail and a webhook, in a drill."""

    def __init__(self, *failures: tuple[str, str], zones: tuple[ZoneId, ...] = (CAMPUS,)) -> None:
        super().__init__()
        self.plan = replace(self.plan, drills=RULES)
        begin = BeginDrill("lockdown", "drill", None, zones, (), failures, 30)
        notices = self.happen(DrillAsked(self.now, RequestId(1), PERSON, begin)).notices
        self.all = [one for one in notices if isinstance(one, Notice)]
        self.told = {one.output: one for one in self.all}

    def over(self) -> DrillOver:
        """Its end."""
        run = self.state.record.drills.run
        assert run is not None
        self.happen(DrillAsked(self.now, RequestId(2), PERSON, EndDrill(run.id, "over")))
        return self.state.record.drills.over[run.id]


def test_only_evidence_makes_a_page_heard_and_what_failed_is_a_finding() -> None:
    drilled = Drilled()
    drilled.said(drilled.told[OutputId("page-a")], "sent", told=1, of=1)
    drilled.said(drilled.told[OutputId("page-b")], "failed", "refused")
    drilled.said(drilled.told[MAIL], "received", told=1, of=1)
    one = drilled.over()
    assert one.heard == ("mail",)
    assert dict(one.unheard) == {"page-a": "sent", "page-b": "failed", "hook": "ordered", "untried": "failed"}
    assert {finding.subject for finding in one.findings if finding.code == "output_failed"} == {
        "page-b",
        "hook",
        "untried",
    }


def test_an_output_that_counts_as_dead_is_unheard_whatever_it_said_and_is_no_finding() -> None:
    drilled = Drilled(("output", "mail"))
    drilled.said(drilled.told[MAIL], "received", told=1, of=1)
    one = drilled.over()
    assert dict(one.unheard)[MAIL] == "simulated"
    assert "mail" not in {finding.subject for finding in one.findings}


def test_an_output_that_was_told_in_two_zones_is_as_good_as_the_worse_of_them() -> None:
    drilled = Drilled(zones=(A, B))
    first, second = (one for one in drilled.all if one.output == "mail")
    drilled.said(first, "received", told=1, of=1)
    drilled.said(second, "sent", told=1, of=1)
    assert dict(drilled.over().unheard)[MAIL] == "sent"


def test_what_was_told_outside_the_drill_is_not_its_own() -> None:
    drilled = Drilled()
    drilled.over()
    drilled.ask("hold-in-place", A, DRILL)
    begin = BeginDrill("lockdown", "exercise", None, (CAMPUS,), (), (), 30)
    drilled.happen(DrillAsked(drilled.now, RequestId(3), PERSON, begin))
    one = drilled.over()
    assert (one.heard, one.unheard) == ((), ())


def verdict(story: Drilling, drills: Drills, door: DoorId, word: VerdictWord) -> Drills:
    fact = VerdictReached(door, word, "bolt", "", True, True, 0)
    return fold_drills(drills, story.now, Entry(fact, door, Actor("rule")))


def test_a_door_is_timed_from_its_order_to_the_first_proof_by_its_sensors() -> None:
    story = Drilling()
    story.clock()
    story.begin(DESK)
    drills = story.state.record.drills
    story.wait(2_500)
    drills = verdict(story, drills, ROOM_1, "open")
    drills = verdict(story, drills, ROOM_1, "secured")
    story.wait(4_000)
    # It was opened and locked again: the first proof counts.
    drills = verdict(story, drills, ROOM_1, "secured")
    drills = verdict(story, drills, DoorId("not-told"), "secured")
    assert drills.run is not None
    assert drills.run.secured == {ROOM_1: 2_500 * MILLISECOND_US}
    assert ROOM_2 in drills.run.ordered


def test_what_was_known_of_a_drills_messages_is_in_its_score_though_a_real_press_told_by_the_same_routes() -> (
    None
):
    drilled = Drilled()
    drilled.said(drilled.told[MAIL], "received", told=1, of=1)
    drilled.said(drilled.told[OutputId("page-b")], "failed", "refused")
    drilled.ask("lockdown")
    (one,) = drilled.state.record.drills.over.values()
    assert (one.code, one.heard) == ("real_press", ("mail",))
    assert dict(one.unheard) == {
        "page-a": "ordered",
        "page-b": "failed",
        "hook": "ordered",
        "untried": "failed",
    }


class InRooms(Drilling):
    """A drill on a campus where two rooms have a button, a third has none, and one of them a screen."""

    def __init__(self) -> None:
        super().__init__()
        screens = replace(output("screens", 0, driver="screens", zone=A1), rooms=("Room 2",))
        self.plan = replace(
            self.plan,
            buttons={**self.plan.buttons, DESK: replace(self.plan.buttons[DESK], room="Room 1", zone=A1)},
            doors={
                one: replace(self.plan.doors[one], name=name, zone=A1)
                for one, name in ((ROOM_1, "Room 1"), (ROOM_2, "Room 2"))
            },
            outputs={screens.id: screens},
        )
        self.clock()

    def says(self, room: str, word: RoomWord = "safe") -> None:
        run = self.state.record.drills.run
        assert run is not None
        assert run.incident is not None
        asked = RoomAsked(self.now, self.request(), PERSON, run.incident, room, word, 20, "")
        assert replied(self.do(asked)).done

    def ended(self) -> DrillOver:
        self.finish()
        return list(self.state.record.drills.over.values())[-1]


def found(one: DrillOver) -> set[tuple[str, str]]:
    return {(each.code, each.subject) for each in one.findings if each.code.startswith("room")}


def test_a_room_that_reported_is_not_silent_though_its_button_was_never_pressed() -> None:
    story = InRooms()
    story.begin(DESK)
    story.wait(4_000)
    story.says(ROOM_1)
    story.wait(1_000)
    story.says(ROOM_1, "needs-help")
    one = story.ended()
    assert one.rooms_heard == ((ROOM_1, 4_000),)
    assert one.rooms_silent == (ROOM_2,)
    # Nobody pressed, which the record goes on saying; only who was not heard from at all is a finding.
    assert one.silent == (DESK,)
    assert found(one) == {("room_unheard", ROOM_2)}


def test_a_press_is_a_word_of_its_room_and_where_nobody_reports_no_room_was_asked_to() -> None:
    story = InRooms()
    story.begin(DESK)
    story.wait(2_000)
    story.hear()
    one = story.ended()
    assert one.rooms_heard == ((ROOM_1, 2_000),)
    assert one.rooms_silent == (ROOM_2,)
    assert found(one) == set()


def test_a_room_that_neither_pressed_nor_reported_is_named_once() -> None:
    story = InRooms()
    story.begin(DESK)
    story.says(ROOM_2)
    one = story.ended()
    assert (one.rooms_heard, one.rooms_silent) == (((ROOM_2, 0),), (ROOM_1,))
    assert found(one) == {("room_silent", DESK)}


def test_an_answer_on_a_rooms_screen_counts_and_that_it_drew_does_not() -> None:
    story = InRooms()
    story.begin(DESK)
    shown_ = shown(story.plan, story.state.record, OutputId("screens"))
    assert shown_ is not None
    room, sign = RoomName("Room 2"), Actor("token:1")
    story.do(ScreenDrew(story.now, sign, OutputId("screens"), room, shown_.number))
    story.wait(3_000)
    story.do(ScreenAnswerAsked(story.now, story.request(), sign, OutputId("screens"), room, "safe"))
    assert story.ended().rooms_heard == ((ROOM_2, 3_000),)

    story.begin(DESK)
    drawn = shown(story.plan, story.state.record, OutputId("screens"))
    assert drawn is not None
    story.do(ScreenDrew(story.now, sign, OutputId("screens"), room, drawn.number))
    story.do(ScreenDrew(story.now, sign, OutputId("screens"), RoomName("nowhere"), drawn.number))
    assert story.ended().rooms_heard == ()


def test_a_screen_that_belongs_to_no_room_or_to_no_output_any_more_is_no_rooms_word() -> None:
    story = InRooms()
    story.begin(DESK)
    sign, screens = Actor("token:1"), OutputId("screens")
    one_output = replace(story.plan.outputs[screens], rooms=("Gym floor",))
    story.plan = replace(story.plan, outputs={screens: one_output})
    story.do(ScreenAnswerAsked(story.now, story.request(), sign, screens, RoomName("Gym floor"), "safe"))
    assert story.state.record.rooms
    assert story.ended().rooms_heard == ()

    story.begin(DESK)
    story.do(ScreenAnswerAsked(story.now, story.request(), sign, screens, RoomName("Gym floor"), "safe"))
    story.plan = replace(story.plan, outputs={})
    assert story.ended().rooms_heard == ()


def test_a_button_that_counts_as_dead_is_no_word_of_its_room() -> None:
    story = InRooms()
    story.begin(DESK, failures=(("button", DESK),))
    story.hear()
    one = story.ended()
    assert (one.rooms_heard, one.rooms_silent) == ((), (ROOM_1, ROOM_2))


def test_a_drill_that_waited_in_vain_asked_no_room_for_anything() -> None:
    story = InRooms()
    story.begin(DESK, waits=True)
    one = story.ended()
    assert (one.rooms_heard, one.rooms_silent, found(one)) == ((), (), {("room_silent", DESK)})


def test_an_end_that_an_older_version_wrote_says_nothing_of_rooms() -> None:
    story = InRooms()
    story.begin(DESK)
    made = story.finish()
    fact = next(one for one in facts(made) if isinstance(one, DrillEnded))
    data, _ = plain(fact)
    older = {name: value for name, value in data.items() if not name.startswith("rooms_")}
    read = entry(fact.KIND, "drill", "rule", None, older, {})
    assert read is not None
    assert read.fact == replace(fact, rooms_heard=(), rooms_silent=())
