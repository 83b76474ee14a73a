"""Whom an output tells, as its section says and by the number that it calls; who writes such a number is told of it."""

import pytest

from edge.config.plan import compile_plan
from rules.model.ids import OutputId
from tests.edge.config.campuses import FILES, SOUND, checked, edit
from tests.edge.config.test_plan import NO_NOTES, POLICIES

TRIED = "commissioned: 2026-08-14"
MAIL = f"driver: smtp, host: mail.example.org, to: [desk@police.example.org], {TRIED}"
HOOK = f'driver: webhook, url: "https://next.example.org/x", secret_file: signing, {TRIED}'
TEXT = f'driver: gsm-modem, port: /dev/ttyUSB3, to: ["+12175550101"], {TRIED}'
FEED = f"driver: cap-feed, {TRIED}"


def audience(output: str) -> str:
    found = checked(edit(SOUND, (POLICIES, f"outputs:\n  - {{id: one, {output}}}\n{POLICIES}")), FILES)
    assert found.config is not None, [problem.text() for problem in found.problems]
    return compile_plan(found.config, found.packs, found.hash, NO_NOTES).outputs[OutputId("one")].audience


@pytest.mark.parametrize("output", [MAIL, HOOK, TEXT, FEED])
@pytest.mark.parametrize("whom", ["staff", "families", "press", "police", "another-campus"])
def test_what_is_written_says_whom_it_tells(output: str, whom: str) -> None:
    assert audience(f"{output}, audience: {whom}") == whom


@pytest.mark.parametrize(
    "output", [MAIL, HOOK, TEXT, FEED, f"driver: modbus-coil, controller: plc, coil: 9, zone: a, {TRIED}"]
)
def test_without_a_word_it_is_staff_as_before(output: str) -> None:
    assert audience(output) == "staff"


@pytest.mark.parametrize(
    ("number", "whom"),
    [("8000", "staff"), ("9110", "staff"), ("1911", "staff"), ("911", "emergency-number"), ("9911", "emergency-number"),
     ("933", "emergency-number"), ("112", "emergency-number"), ("+911", "emergency-number")],
)  # fmt: skip
def test_a_number_of_the_emergency_services_is_no_loudspeaker_and_check_says_so(
    number: str, whom: str
) -> None:
    output = f'driver: sip-paging, uri: "sip:{number}@10.20.3.50", zone: a, {TRIED}'
    assert audience(output) == whom
    found = checked(edit(SOUND, (POLICIES, f"outputs:\n  - {{id: one, {output}}}\n{POLICIES}")), FILES)
    named = [one for one in found.notices if one.path == "outputs[one].uri"]
    assert bool(named) == (whom != "staff")
    assert not found.problems
