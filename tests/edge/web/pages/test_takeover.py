"""What the screen of a room shows: the words that the site's own plan has for a response, as loudspeakers say them."""

from dataclasses import replace
from typing import cast

from edge.post import post_document
from edge.web.pages.takeover import face
from rules.model.screens import RoomName, ScreenAnswer, ScreenAnswerAsked
from tests.rules.campus import CAMPUS, PERSON, A, output
from tests.rules.story import Story, standard


def test_a_screen_shows_the_words_of_the_sites_own_plan() -> None:
    plan = standard()
    screens = replace(output("screens", 0, driver="screens", zone=A), rooms=("101",))
    own = replace(plan.responses["lockdown"], says="Barricade, be still.")
    story = Story(
        replace(
            plan,
            outputs={**plan.outputs, screens.id: screens},
            responses={**plan.responses, "lockdown": own},
        )
    )
    story.start("lockdown", CAMPUS)

    shown = face(story.plan, story.state.record, "101", "Campus", "UTC", is_armed=True)

    assert shown is not None
    assert "Barricade, be still." in shown.html
    assert "Locks, lights" not in shown.html


def test_a_room_that_said_on_its_screen_that_it_is_safe_is_asked_again_once_something_else_holds() -> None:
    plan = standard()
    screens = replace(output("screens", 0, driver="screens", zone=A), rooms=("101", "102"))
    story = Story(replace(plan, outputs={**plan.outputs, screens.id: screens}))
    story.start("lockdown", CAMPUS)
    for room, word in (("101", "safe"), ("102", "help")):
        asked = ScreenAnswerAsked(
            story.now, story.request(), PERSON, screens.id, RoomName(room), cast("ScreenAnswer", word)
        )
        story.do(asked)

    def heard() -> list[str]:
        found = post_document(story.plan, story.state, story.real, str)
        assert found is not None
        return [one["word"] for one in found["rooms"]["heard"]]

    assert heard() == ["needs-help", "safe"]
    story.wait(1_000)
    story.start("evacuate", CAMPUS)
    assert heard() == ["needs-help"]
