"""The command post: tasks by role, who holds which role, who responds, what rooms say; over a restart and in drills."""

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest

from rules import post, post_state
from rules.decision import Decision
from rules.model.facts import Entry, NoteWritten
from rules.model.kinds import DRILL, EXERCISE
from rules.model.moments import MINUTE_US
from rules.model.post_facts import (
    INCIDENT_ROLES,
    IncidentRole,
    PostFact,
    ResponderMarked,
    RoleHandedOver,
    RoomReported,
    TaskOverdue,
    TasksOpened,
    TaskState,
    TaskTurned,
)
from rules.post_fold import MOST_NOTES
from rules.post_state import Task
from rules.record import fold
from tests.rules.board import COMMANDER, OTHER, Board, code, planned
from tests.rules.campus import CAMPUS, PERSON, A, facts
from tests.rules.story import HIDDEN, ROOM_1, ROOM_2, Story, only, replied

# --- tasks ------------------------------------------------------------------------------------


def test_a_press_opens_the_tasks_of_its_response_by_role() -> None:
    board = Board()
    assert [(one.number, one.code, one.role, one.state) for one in board.post.tasks.values()] == [
        (1, "call", COMMANDER, "open"),
        (2, "rooms", "operations", "open"),
        (3, "media", "public-information", "open"),
    ]
    opened = only(one for _, one in board.entries if isinstance(one.fact, TasksOpened))
    assert (opened.incident, opened.because is not None) == (board.real, True)


def test_commands_are_out_before_a_task_is_written() -> None:
    made = Story(planned()).hear()
    assert made.permits
    assert not isinstance(made.entries[0].fact, TasksOpened)


def test_a_campus_without_tasks_in_its_pack_opens_none_and_writes_nothing_of_it() -> None:
    story = Story()
    story.hear()
    story.run(1)
    assert not story.state.record.posts
    assert not [one for _, one in story.entries if isinstance(one.fact, get_args(PostFact))]


def test_what_a_second_response_asks_for_again_is_opened_once() -> None:
    board = Board()
    board.start("staff-assist", A)
    assert [one.code for one in board.post.tasks.values()] == ["call", "rooms", "media", "help"]
    board.start("staff-assist", A)
    assert len(board.post.tasks) == 4


def test_a_drill_and_an_exercise_have_the_same_tasks_and_tell_nobody_outside() -> None:
    for kind in (DRILL, EXERCISE):
        story = Story(planned())
        story.start("lockdown", CAMPUS, kind=kind)
        post_ = only(story.state.record.posts.values())
        assert [one.text for one in post_.tasks.values()] == [
            "DRILL: call nobody.",
            "Ask the rooms.",
            "Tell the press.",
        ]


def test_a_task_is_taken_done_and_given_back_by_whom_and_when() -> None:
    board = Board()
    assert replied(board.put(2, "taken")).done
    task = board.post.tasks[2]
    assert (task.state, task.by, task.since) == ("taken", PERSON, board.now)
    board.run(1)
    made = board.put(2, "done")
    turned = only(one for one in made.entries if isinstance(one.fact, TaskTurned))
    assert (turned.actor, turned.incident, turned.subject) == (PERSON, board.real, board.real)
    assert [one.state for one in board.post.tasks.values()] == ["open", "done", "open"]
    assert replied(board.put(2, "open")).done
    assert [one.state for one in board.post.tasks.values()] == ["open", "open", "open"]


@pytest.mark.parametrize(
    ("number", "state", "why"),
    [
        (99, "taken", "unknown_task"),
        (1, "not-applicable", "no_reason_task"),
        (1, "open", "task_stands"),
    ],
)
def test_a_turn_that_says_nothing_is_refused(number: int, state: TaskState, why: str) -> None:
    board = Board()
    made = board.put(number, state)
    assert (replied(made).done, code(made)) == (False, why)
    assert not [one for one in facts(made) if isinstance(one, TaskTurned)]


def test_a_task_that_does_not_apply_says_why() -> None:
    board = Board()
    assert replied(board.put(1, "not-applicable", "police called us")).done
    assert board.post.tasks[1].reason == "police called us"


def test_who_has_a_task_does_not_take_it_twice_and_another_takes_it_over_with_a_reason() -> None:
    board = Board()
    board.put(2, "taken")
    assert code(board.put(2, "taken")) == "task_stands"
    assert code(board.put(2, "taken", by=OTHER)) == "task_taken"
    assert replied(board.put(2, "taken", "she went to the gate", by=OTHER)).done
    assert board.post.tasks[2].by == OTHER


def test_what_is_late_is_said_once() -> None:
    board = Board()
    made = board.run(119, scans=False)
    assert not [one for each in made for one in facts(each) if isinstance(one, TaskOverdue)]
    made = board.run(5, scans=False)
    assert [one for each in made for one in facts(each) if isinstance(one, TaskOverdue)] == [
        TaskOverdue(board.real, 1)
    ]
    assert board.post.tasks[1].overdue


def test_what_is_done_in_time_is_never_late() -> None:
    board = Board()
    board.put(1, "done")
    made = board.run(125, scans=False)
    assert not [one for each in made for one in facts(each) if isinstance(one, TaskOverdue)]
    assert post.left_us(board.post.tasks[1], board.now, "boot") is None
    assert post.left_us(board.post.tasks[2], board.now, "boot") is None


def test_a_timer_that_was_done_comes_again() -> None:
    board = Board()
    board.run(301, scans=False)
    assert board.post.tasks[3].overdue
    board.put(3, "done")
    task = board.post.tasks[3]
    assert (task.state, task.overdue, task.done_at) == ("open", False, board.now)
    assert task.due == board.now.plus(5 * MINUTE_US)
    board.run(301, scans=False)
    assert board.post.tasks[3].overdue


def test_a_time_runs_on_over_a_restart_of_the_machine_by_the_wall_clock() -> None:
    board = Board()
    board.restart("another boot")
    task = board.post.tasks[1]
    assert task.due is not None
    # The monotonic clock began anew: it knows nothing of a time of the boot before.
    later = replace(task.due, mono_us=0)
    assert post.left_us(task, later, "another boot") == 0
    assert post.left_us(task, replace(task.due, utc_us=0), task.boot) == 0
    assert post.overdue(task, later, "another boot")


def test_the_post_is_the_fold_of_what_was_written() -> None:
    board = Board()
    board.put(2, "taken")
    board.give(COMMANDER, "account:1")
    board.responds(name="Officer Lee")
    board.says(ROOM_1, "safe", 20)
    board.note(board.real, "police at the gate")
    assert board.refolded().posts == board.state.record.posts
    before = board.state.record.posts
    board.restart()
    board.run(1)
    assert board.state.record.posts == before


def test_an_incident_whose_tasks_were_never_opened_catches_up() -> None:
    story = Story()
    story.hear()
    story.plan = planned()
    story.run(1)
    assert len(story.state.record.posts[story.real].tasks) == 3


def test_the_post_ends_with_its_incident() -> None:
    board = Board()
    incident = board.real
    board.close()
    assert not board.state.record.posts
    assert code(board.put(1, "done", of=incident)) == "not_live"
    # A note may follow; it stands in the journal, and no post comes back by it.
    board.note(incident, "all home")
    assert not board.state.record.posts


def test_a_silent_incident_has_no_post_for_who_may_not_know_of_it() -> None:
    story = Board()
    story.hear(HIDDEN, "single")
    silent = only(one.id for one in story.incidents if one.silent)
    assert code(story.put(1, "taken", of=silent)) == "not_live"
    assert replied(story.put(1, "taken", of=silent, silent=True)).done


def test_a_person_adds_a_task_and_a_timer() -> None:
    board = Board()
    made = board.add(" Water for the gym ", 3 * MINUTE_US)
    assert (replied(made).done, replied(made).args) == (True, (("task", 4),))
    assert (board.post.tasks[4].text, board.post.tasks[4].timer) == ("Water for the gym", False)
    assert replied(board.add("Ask police", MINUTE_US, timer=True)).done
    board.run(61, scans=False)
    assert board.post.tasks[5].overdue
    board.put(5, "done")
    assert board.post.tasks[5].state == "done"


def test_what_can_never_come_due_is_no_timer_and_what_says_nothing_no_task() -> None:
    board = Board()
    assert code(board.add("  ")) == "no_task_text"
    assert code(board.add("Ask", timer=True)) == "bad_time"
    assert code(board.add("Ask", -1)) == "bad_time"
    assert code(board.add("Ask", 0, post.LONGEST_US + 1)) == "bad_time"


def test_tasks_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post, "MOST_TASKS", 3)
    assert code(Board().add("One more")) == "too_many_tasks"


def test_a_fact_of_a_task_that_nobody_knows_changes_nothing() -> None:
    board = Board()
    before = board.state.record
    for fact in (TaskTurned(board.real, 99, "done", "boot"), TaskOverdue(board.real, 99)):
        assert fold(before, board.now, Entry(fact, "x", PERSON, board.real)) == before


def test_erased_words_leave_the_tasks() -> None:
    board = Board()
    row = (7, "x", COMMANDER, 0, 0, False)
    fact = TasksOpened(board.real, None, "boot", (row,), ())
    after = fold(board.state.record, board.now, Entry(fact, "x", PERSON, board.real))
    assert after.posts[board.real].tasks[7] == Task(
        7, "x", "", COMMANDER, board.now, timer=False, every_us=0, boot="boot", due=None
    )


# --- roles ------------------------------------------------------------------------------------


def test_nobody_holds_a_role_until_somebody_takes_it() -> None:
    board = Board()
    assert not board.post.roles
    assert replied(board.give(COMMANDER, "account:1")).done
    held = board.post.roles[COMMANDER]
    assert (held.who, held.since, held.both) == ("account:1", board.now, False)


def test_a_hand_over_says_from_whom_to_whom_and_why() -> None:
    board = Board()
    board.give(COMMANDER, "account:1")
    assert code(board.give(COMMANDER, name="Chief Ott")) == "no_reason_role"
    made = board.give(COMMANDER, name="Chief  Ott", reason="police took over")
    fact = only(one for one in facts(made) if isinstance(one, RoleHandedOver))
    assert (fact.was, fact.holder, fact.name, fact.reason) == (
        "account:1",
        "",
        "Chief Ott",
        "police took over",
    )
    made = board.give(COMMANDER, reason="police left")
    fact = only(one for one in facts(made) if isinstance(one, RoleHandedOver))
    assert (fact.was_name, fact.holder, fact.name) == ("Chief Ott", "", "")
    assert COMMANDER not in board.post.roles


def test_what_is_so_already_is_no_hand_over() -> None:
    board = Board()
    assert code(board.give(COMMANDER)) == "role_stands"
    board.give(COMMANDER, name="Chief Ott")
    assert code(board.give(COMMANDER, name="chief ott", reason="again")) == "role_stands"


def test_an_account_is_told_by_its_id_and_its_name_is_not_written() -> None:
    board = Board()
    board.give("safety", "account:1", "R. Diaz")
    assert board.post.roles["safety"].name == ""
    assert set(INCIDENT_ROLES) == set(get_args(IncidentRole))


# --- nobody coordinates and responds at once --------------------------------------------------


def test_who_responds_does_not_take_command_without_a_reason() -> None:
    board = Board()
    assert replied(board.responds("account:1")).done
    assert code(board.give(COMMANDER, "account:1")) == "responds_too"
    assert replied(board.give("safety", "account:1")).done
    assert replied(board.give(COMMANDER, "account:1", reason="nobody else is here")).done
    assert board.post.roles[COMMANDER].both


def test_who_coordinates_does_not_respond_without_a_reason() -> None:
    board = Board()
    board.give(COMMANDER, name="R. Diaz")
    assert code(board.responds(name="r. diaz")) == "coordinates_too"
    made = board.responds(name="R. Diaz", reason="a child calls")
    fact = only(one for one in facts(made) if isinstance(one, ResponderMarked))
    assert (fact.coordinates, fact.here, fact.reason) == (True, True, "a child calls")
    assert replied(board.responds(name="R. Diaz", here=False)).done
    assert not board.post.responders


def test_who_responds_takes_no_task_of_the_coordinators_without_a_reason() -> None:
    board = Board()
    board.responds(PERSON)
    assert code(board.put(1, "taken")) == "responds_too"
    assert replied(board.put(2, "taken")).done
    assert replied(board.put(1, "taken", "I am the only one with a phone")).done


def test_who_responds_is_named_once_and_leaves_once() -> None:
    board = Board()
    assert code(board.responds()) == "no_person_named"
    assert code(board.responds("account:1", here=False)) == "responding_stands"
    board.responds("account:1")
    assert code(board.responds("account:1")) == "responding_stands"


def test_responders_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post, "MOST_RESPONDERS", 1)
    board = Board()
    board.responds("account:1")
    assert code(board.responds("account:2")) == "too_many_responders"


@pytest.mark.parametrize(
    "ask",
    [
        lambda board: board.give(COMMANDER, "account:1"),
        lambda board: board.responds("account:1"),
        lambda board: board.says(ROOM_1, "safe"),
        lambda board: board.add("x"),
    ],
)
def test_nothing_is_asked_of_the_post_of_what_is_over(ask: Callable[[Board], Decision]) -> None:
    board = Board()
    board.close()
    made = ask(board)
    assert (replied(made).done, code(made)) == (False, "not_live")


# --- rooms ------------------------------------------------------------------------------------


def test_a_room_says_how_it_is_and_how_many_are_there() -> None:
    board = Board()
    made = board.says(ROOM_1, "safe", 24)
    fact = only(one for one in facts(made) if isinstance(one, RoomReported))
    assert (fact.room, fact.word, fact.people) == (ROOM_1, "safe", 24)
    board.says(ROOM_1, "needs-help", text="a cut hand")
    heard = board.post.rooms[ROOM_1]
    # The count stands: nobody said that it changed.
    assert (heard.word, heard.people, heard.text) == ("needs-help", 24, "a cut hand")


def test_a_place_that_is_no_room_is_said_in_words() -> None:
    board = Board()
    assert code(board.says("", "safe")) == "no_place"
    assert code(board.says("z-999", "safe")) == "unknown_room"
    assert replied(board.says("", "intruder-seen", text="hall by the gym")).done
    board.says("", "safe", text="library")
    # What is said of another place takes nothing back of the first.
    assert [(one.text, one.word) for one in board.post.rooms.values()] == [
        ("hall by the gym", "intruder-seen"),
        ("library", "safe"),
    ]
    board.says("", "safe", text="Hall by  the gym", by=OTHER)
    assert [one.word for one in board.post.rooms.values()] == ["safe", "safe"]


def test_places_in_words_are_bounded_and_none_is_refused_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post_state, "MOST_PLACES", 2)
    board = Board()
    for text in ("one", "two", "three", "four"):
        assert replied(board.says("", "injured", text=text)).done
    assert list(board.post.rooms) == ["at:one", "at:two", f"by:{PERSON}"]
    assert board.post.rooms[f"by:{PERSON}"].text == "four"


def test_a_flood_from_one_room_is_bounded_and_no_call_for_help_is_ever_refused() -> None:
    board = Board()
    made = [board.says(ROOM_1, "safe" if n % 2 else "missing") for n in range(40)]
    assert sum(isinstance(one, RoomReported) for each in made for one in facts(each)) <= 7
    for word in ("needs-help", "injured", "intruder-seen"):
        assert replied(board.says(ROOM_1, word)).done
        assert board.post.rooms[ROOM_1].word == word
    again = board.says(ROOM_1, "intruder-seen")
    assert (replied(again).done, replied(again).args) == (True, (("stands", True),))
    # The calmer word is the one that is held up, and it says so.
    made_calm = board.says(ROOM_1, "safe")
    assert (replied(made_calm).done, code(made_calm)) == (False, "room_too_often")
    assert board.post.rooms[ROOM_1].word == "intruder-seen"
    # Another room is not held up by it, and a minute later neither is this one.
    assert replied(board.says(ROOM_2, "safe")).done
    board.run(61, scans=False)
    assert replied(board.says(ROOM_1, "safe")).done


def test_notes_stand_at_the_post_newest_last_and_bounded() -> None:
    board = Board()
    for n in range(MOST_NOTES + 3):
        board.note(board.real, f"note {n}")
    notes = board.post.notes
    assert (len(notes), notes[-1].text, notes[-1].by) == (MOST_NOTES, f"note {MOST_NOTES + 2}", PERSON)
    assert sum(isinstance(one.fact, NoteWritten) for _, one in board.entries) == MOST_NOTES + 3
