"""Rows of doors and devices: what they say, that one cause is one row, and that each is reached all the same."""

import re
from dataclasses import replace
from typing import Literal

import pytest

from rules.model.ids import DoorId, IncidentId, InputId, PressId
from rules.model.responses import Ask
from rules.model.verdicts import Verdict, VerdictWord
from rules.plan import InputPlan
from rules.state import ButtonMemory, Flag, PressMemory, State, WalkTest
from tests.edge.campus import D1, D2, D3, NOON, PB, PB_WIRED, PLAN, PLC, A, locked_down, quiet
from tests.edge.web.pages.conftest import Office, Serve, recorded


def broken() -> State:
    return locked_down({D1: "secured", D2: "not_latched", D3: "stale"})


def plain(html: str) -> str:
    """The words alone."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split()).replace(" .", ".")


async def test_the_number_of_a_state_is_for_programs_and_on_no_page(serve: Serve) -> None:
    served = await serve(Office(state=broken()))

    for path in ("/", "/?show=campus"):
        _, text = await served.get(path)
        assert not re.search(r"state \d", text)


@pytest.mark.parametrize("verdict", ["stale", "unknown", "no_answer", "unconfirmed"])
async def test_what_is_not_known_is_to_be_treated_as_open_wherever_it_is_shown(
    serve: Serve, verdict: VerdictWord
) -> None:
    served = await serve(Office(state=locked_down({D1: "secured", D2: verdict})))

    for path in ("/", "/?show=campus", "/doors", f"/doors/{D2}"):
        _, text = await served.get(path)
        assert "Treat as open" in text, path


async def test_a_board_that_refused_is_said_in_words_and_its_code_stands_on_the_doors_page(
    serve: Serve,
) -> None:
    state = locked_down({D1: "secured", D2: "refused"})
    live = state.live.doors[D2]
    said_no = replace(live, verdict=Verdict("refused", "device", "exception_2", False, True))
    state = replace(state, live=replace(state.live, doors={**state.live.doors, D2: said_no}))
    served = await serve(Office(state=state))

    _, incident = await served.get("/")
    _, door = await served.get(f"/doors/{D2}")

    assert "Its controller said no. The door stays as it was: lock it by key." in plain(incident)
    assert "exception_2" not in incident
    assert "exception_2" in door


def silent_board(state: State) -> State:
    """The one controller of the campus does not answer."""
    gone = replace(state.live.controllers[PLC], up=False, code="silent")
    return replace(state, live=replace(state.live, controllers={PLC: gone}))


@pytest.mark.parametrize("path", ["/", "/?show=campus"])
async def test_the_doors_of_one_silent_controller_are_one_row_with_each_door_in_it(
    serve: Serve, path: str
) -> None:
    state = silent_board(locked_down({D1: "not_latched", D2: "stale", D3: "stale"}))
    served = await serve(Office(state=state))

    _, text = await served.get(path)

    assert "Controller plc-east silent" in text
    assert "2 doors not known. Treat as open. Room 102, Room 201" in plain(text)
    cause = text.partition('id="cause-plc-east"')[2].partition("</details>")[0]
    assert [one for one in (D1, D2, D3) if f'href="/doors/{one}"' in cause] == [D2, D3]
    # What is proven not secured stands by itself, and before what is not known.
    assert text.index(f'id="door-{D1}"') < text.index('id="cause-plc-east"')
    assert text.count(f'id="door-{D2}"') == 1


async def test_counts_do_not_change_when_doors_stand_together(serve: Serve) -> None:
    doors: dict[DoorId, VerdictWord] = {D1: "secured", D2: "stale", D3: "stale"}
    for state in (locked_down(doors), silent_board(locked_down(doors))):
        _, text = await (await serve(Office(state=state))).get("/")
        assert re.search(r"<b>2</b><span>doors NOT SECURED</span>", text)
        assert '<b class="v-unk">2 not known</b>' in text


async def test_one_door_of_a_silent_controller_has_its_own_row(serve: Serve) -> None:
    served = await serve(Office(state=silent_board(locked_down({D1: "secured", D2: "no_answer"}))))

    _, text = await served.get("/")

    assert 'id="cause-' not in text
    assert f'id="door-{D2}"' in text


async def test_what_is_asserted_again_and_again_is_one_line_of_the_timeline(serve: Serve) -> None:
    office = Office(state=broken())
    strobe = {"outputs": ["strobe-a"], "on": True, "held": []}
    office.record.found = [{"incident": "inc-1", "epoch": "e", "seq": 0, "silent": 0}]
    office.journal = [recorded("outputs.ordered/1", number, strobe) for number in range(1, 40)]
    office.journal += [
        recorded("outputs.ordered/1", 40, {**strobe, "on": False}),
        recorded("outputs.ordered/1", 41, strobe),
        recorded("input.turned/1", 42, {"input": "fire", "state": "unsure"}),
    ]
    served = await serve(office)

    _, text = await served.get("/")

    lines = plain(text.partition('class="log"')[2].partition("</ol>")[0])
    assert lines.count("strobe-a (Building A): told to switch on") == 2
    assert "strobe-a (Building A): told to switch on (38 times more, last 07:00:00)" in lines
    assert "Fire alarm (fire): cannot be trusted" in lines


async def test_where_a_button_is_is_said_once(serve: Serve) -> None:
    state = broken()
    press = PressMemory(PressId("p-1"), "hold", NOON, IncidentId("inc-1"), "acted")
    state = replace(state, record=replace(state.record, buttons={PB: ButtonMemory((press,))}))
    served = await serve(Office(state=state))

    _, text = await served.get("/")

    assert "since 06:59:59, Room 101 desk" in text
    assert "Room 101 desk, 101" not in text


async def test_since_when_a_door_stands_open_and_what_to_do_are_said_beside_its_name(serve: Serve) -> None:
    served = await serve(Office(state=locked_down({D1: "secured", D2: "ajar"})))

    _, text = await served.get("/")

    assert "ajar last known since 06:59:59. It stands open. Somebody must close it." in plain(text)
    assert "<b>Somebody must close it.</b>" in text


def tried(gesture: str = "hold", before_s: int = 42) -> State:
    """Somebody tried Room 101's desk button by name (`press --test`)."""
    press = PressMemory(PressId("p-1"), gesture, NOON.plus(-before_s * 1_000_000), None, "test")
    state = quiet()
    return replace(state, record=replace(state.record, buttons={PB: ButtonMemory((press,))}))


@pytest.mark.parametrize("path", ["/", f"/buttons/{PB}"])
async def test_a_test_press_is_shown_where_the_tester_looks_as_a_test_and_alarms_nobody(
    serve: Serve, path: str
) -> None:
    served = await serve(Office(state=tried()))

    _, text = await served.get(path)

    card = text.partition("Test presses")[2].partition("</section>")[0]
    assert '<b class="kind test">test</b>' in card
    assert "rrived at 06:59:18. Nothing was locked, nobody was called." in plain(card)
    assert "v-act" not in card
    assert 'role="alert"' not in text.partition("<main")[2]
    assert "<title>Lincoln" in text or "<title>Room 101 desk" in text


async def test_a_test_press_leaves_home_after_some_minutes_and_stays_on_its_buttons_page(
    serve: Serve,
) -> None:
    served = await serve(Office(state=tried(before_s=600)))

    assert "Test presses" not in (await served.get("/"))[1]
    assert "Arrived at 06:50:00." in (await served.get(f"/buttons/{PB}"))[1]


async def test_a_test_of_a_silent_gesture_is_shown_to_the_duress_right_alone(serve: Serve) -> None:
    office = Office(state=tried("threat"))
    silent = replace(PLAN.buttons[PB], asks={**PLAN.buttons[PB].asks, "threat": Ask("duress", A)})
    office.plan = replace(PLAN, buttons={**PLAN.buttons, PB: silent})
    served = await serve(office)

    for path in ("/", f"/buttons/{PB}"):
        assert "Test presses" in (await served.get(path))[1]
        assert "Test presses" not in (await served.get(path, "staff"))[1]


async def test_a_wired_button_and_a_networked_one_that_are_silent_are_two_flags(serve: Serve) -> None:
    raised = {("button_silent", str(one)): Flag("button_silent", one, (), NOON) for one in (PB, PB_WIRED)}
    state = quiet()
    served = await serve(Office(state=replace(state, record=replace(state.record, flags=raised))))

    _, text = await served.get("/flags")

    assert "Button Room 101 desk is silent" in text
    assert "Wired button Room 101 desk is not read" in text


async def test_a_button_in_a_walk_test_that_was_heard_counts_as_heard(serve: Serve) -> None:
    state = quiet()
    tests = {PB: WalkTest(NOON.plus(90_000_000), "boot-1")}
    served = await serve(Office(state=replace(state, record=replace(state.record, walk_tests=tests))))

    _, text = await served.get("/")

    assert "Buttons heard in time 2 of 2" in plain(text)
    assert "Walk-test test Room 101 desk not pressed yet" in plain(text)
    assert "in a walk-test" not in text
    assert "It is not heard now." not in text


async def test_a_button_in_a_walk_test_that_is_silent_says_both(serve: Serve) -> None:
    state = quiet()
    old = replace(state.live.buttons[PB], heard=NOON.plus(-600_000_000))
    state = replace(state, live=replace(state.live, buttons={PB: old}))
    tests = {PB: WalkTest(NOON.plus(90_000_000), "boot-1")}
    served = await serve(Office(state=replace(state, record=replace(state.record, walk_tests=tests))))

    _, text = await served.get("/")

    assert "Buttons heard in time ! 1 of 2" in plain(text) or "Buttons heard in time 1 of 2" in plain(text)
    assert "It is not heard now." in text


async def test_inputs_and_wired_buttons_of_a_silent_controller_are_one_row_at_home(serve: Serve) -> None:
    state = silent_board(quiet())
    rex = InputPlan(InputId("rex-1"), "rex", PLC, PLAN.inputs[InputId("fire")].sensor, frozenset(), (D1,))
    office = Office(
        state=replace(state, live=replace(state.live, inputs={InputId("fire"): "unsure", rex.id: "unsure"}))
    )
    office.plan = replace(PLAN, inputs={**PLAN.inputs, rex.id: rex})
    served = await serve(office)

    _, text = await served.get("/")

    devices = plain(text.partition('data-part="devices"')[2].partition('data-part="meters"')[0])
    assert "2 inputs and buttons not read. Exit sensor (rex-1), Room 101 desk" in devices
    # Locks stay free by a fire alarm that nobody can trust: that is said by itself.
    assert "Fire alarm" in devices
    assert "It counts as active" in devices


@pytest.mark.parametrize("said", ["active", "unsure"])
async def test_a_fire_alarm_is_said_beside_a_lockdown(
    serve: Serve, said: Literal["active", "unsure"]
) -> None:
    state = broken()
    served = await serve(
        Office(state=replace(state, live=replace(state.live, inputs={InputId("fire"): said})))
    )

    _, text = await served.get("/")
    _, quietly = await (await serve(Office(state=broken()))).get("/")

    places = plain(text.partition('data-part="places"')[2].partition('data-part="who"')[0])
    assert re.search("Fire alarm .*(Locks that the fire rule covers are free|It counts as active)", places)
    assert "Fire alarm" not in quietly.partition('data-part="places"')[2].partition('data-part="who"')[0]


async def test_a_controller_that_answers_says_since_when_and_not_how_old_that_is(serve: Serve) -> None:
    served = await serve(Office())

    _, text = await served.get("/controllers")

    row = plain(text.partition('id="controller-plc-east"')[2].partition("</li>")[0])
    assert "since 2026-08-14 06:00:00 -05:00" in row
    assert "ago" not in row


async def test_what_answers_does_not_stand_under_the_heading_of_what_does_not(serve: Serve) -> None:
    state = quiet()
    served = await serve(Office(state=state))
    _, quietly = await served.get("/controllers")
    assert "Do not answer 0 of 1 None. Answer 1 of 1 plc-east" in plain(quietly)

    away = replace(state.live.controllers[PLC], up=False)
    down = replace(state, live=replace(state.live, controllers={PLC: away}))
    _, loudly = await (await serve(Office(state=down))).get("/controllers")
    assert "Do not answer 1 of 1 plc-east" in plain(loudly)
    assert "None." not in plain(loudly)

    _, buttons = await served.get("/buttons")
    not_proven = plain(buttons).partition("Not proven")[2]
    assert "The others" in not_proven
    assert "heard" not in not_proven.partition("The others")[0]
