"""Words that send people where their response must not are refused, in a pack and in a feed's second language."""

import pytest

from edge.config.contrary_words import contrary
from edge.config.packs import PACKS, shipped
from tests.edge.config.campuses import FILES, SOUND, checked, edit
from tests.edge.config.test_plan import POLICIES

TRIED = "commissioned: 2026-08-14"


@pytest.mark.parametrize("response", ["fire", "evacuate"])
@pytest.mark.parametrize(
    "text",
    [
        "Stay inside.", "Remain in your rooms.", "Stay in the building.", "LOCKDOWN. Go to your room.",
        "Locks,  lights, out of sight.", "Lock your doors and hide.", "Do not leave the building.", "Don\u2019t go outside.",
        "Shelter in place.", "Stay put.", "Quédense adentro.", "No salgan del aula.", "Encierro.",
    ],
)  # fmt: skip
def test_nothing_that_leads_people_out_tells_them_to_stay(response: str, text: str) -> None:
    assert contrary(response, text)


@pytest.mark.parametrize("response", ["lockdown", "secure", "hold-in-place"])
@pytest.mark.parametrize(
    "text",
    ["Evacuate now.", "Leave the building.", "Get out!", "Go to the nearest exit.", "Go outside.", "Salgan por la puerta.",
     "Evacúen el edificio."],
)  # fmt: skip
def test_nothing_that_keeps_people_in_tells_them_to_go(response: str, text: str) -> None:
    assert contrary(response, text)


@pytest.mark.parametrize(
    ("response", "text"),
    [
        ("fire", "Leave by the nearest safe exit. Do not hide. Stay in your groups."),
        ("evacuate", "Leave the building. Never stay inside. Do not leave anybody behind."),
        ("evacuate", "Salgan por la puerta más cercana."),
        ("lockdown", "Get out of sight. Do not evacuate. No salgan."),
        ("secure", "Get inside. Lock outside doors."),
        ("hold-in-place", "In your room or area. Clear the halls."),
        ("shelter", "Leave the gym for the shelter area. Stay inside."),
        ("medical", "Keep the way there clear."),
    ],
)  # fmt: skip
def test_words_that_send_people_the_right_way_stand(response: str, text: str) -> None:
    assert contrary(response, text) == ""


def test_no_word_that_ships_is_contrary() -> None:
    assert not [one for one, row in shipped().responses.items() if contrary(one, row.says)]


def test_a_sites_own_pack_with_a_line_in_the_wrong_row_is_refused_by_file_line_and_reason() -> None:
    own = (PACKS / "responses.yaml").read_bytes()
    fire = b'fire: {owner: [safety-coordinator, administrator], start: any, change: any, end: any, says: "'
    own = own.replace(fire + b"Leave by", fire + b"Stay inside and do not use")
    found = checked(edit(SOUND, ("responses: standard", "responses: own.yaml")), {**FILES, "own.yaml": own})

    (problem,) = found.problems
    assert problem.text().startswith("own.yaml:")
    assert problem.path == "plans.fire.says"
    assert "'stay inside', contrary to fire" in problem.what


def test_a_second_language_of_a_feed_is_read_as_well() -> None:
    words = "language: es-US, words: {fire: Quédense adentro., lockdown: Encierro.}"
    output = f"outputs:\n  - {{id: cap, driver: cap-feed, {words}, {TRIED}}}\n"
    (problem,) = checked(edit(SOUND, (POLICIES, output + POLICIES)), FILES).problems

    assert problem.path == "outputs[cap].words.fire"
    assert "contrary to fire" in problem.what
