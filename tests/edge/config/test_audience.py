"""Whom an output tells, as its section says; and no output has a number of the emergency services, however it is written."""

import pytest

from edge.config.audience import audience_of
from edge.config.check import Checked
from edge.config.plan import compile_plan
from edge.config.telephones import SipPagingOutput
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


def reported(output: str) -> Checked:
    return checked(edit(SOUND, (POLICIES, f"outputs:\n  - {{id: one, {output}}}\n{POLICIES}")), FILES)


CALL = f'driver: sip-paging, uri: "sip:NUMBER@10.20.3.50:5062", zone: a, {TRIED}'
EMERGENCY = (
    "911", "9911", "8911", "99911", "91911", "+911", "+1911", "9-1-1", "9.911", "*67911", "*679-911", "911#", "933", "9933",
    "112", "0112", "999", "000", "sos", "SOS.police",
)  # fmt: skip


@pytest.mark.parametrize("number", EMERGENCY)
def test_a_page_that_would_call_the_emergency_services_is_refused_with_its_place_and_what_to_do(
    number: str,
) -> None:
    found = reported(CALL.replace("NUMBER", number))

    (problem,) = found.problems
    assert (problem.path, problem.line > 1) == ("outputs[one].uri", True)
    assert problem.text().startswith(
        f"{problem.file}:{problem.line}: outputs[one].uri: {number} is a number of"
    )
    assert "dispatch:" in problem.do
    assert found.config is None


@pytest.mark.parametrize(
    "number", ["8000", "9110", "9000", "9999", "1911", "7112555", "+12175550911", "page911", "933100", "*80"]
)
def test_a_number_that_only_looks_alike_is_a_loudspeaker(number: str) -> None:
    assert audience(CALL.replace("NUMBER", number)) == "staff"


@pytest.mark.parametrize("number", ["911", "9911", "+911", "+1911", "9-1-1", "112", "+112", "933"])
def test_no_short_message_goes_to_the_emergency_services_whomever_it_says_it_tells(number: str) -> None:
    for whom in ("staff", "police"):
        (problem,) = reported(f"{TEXT.replace('+12175550101', number)}, audience: {whom}").problems
        assert problem.path.startswith("outputs[one].to")
        assert "emergency services" in problem.what
        assert "dispatch:" in problem.do


def test_one_that_an_earlier_version_accepted_is_no_staff_of_ours() -> None:
    """Whoever is on it is told of nothing: see the interlock of notices."""
    assert audience_of(SipPagingOutput(id="one", uri="sip:9911@10.20.3.50", zone="a")) == "emergency-number"


@pytest.mark.parametrize("key", ["ca_file: ca", "server_name: pa.example.org"])
def test_what_belongs_to_tls_alone_is_refused_where_a_number_is_called_otherwise(key: str) -> None:
    by = CALL.replace("NUMBER", "8000")
    (problem, *_) = reported(f"{by}, transport: tcp, {key}").problems
    assert problem.path.startswith("outputs[one].")
    assert "for transport: tls, and it is tcp" in " ".join(
        one.what for one in reported(f"{by}, transport: tcp, {key}").problems
    )
