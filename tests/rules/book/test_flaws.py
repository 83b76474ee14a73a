"""Published flaws against what is installed: by real records, and by every shape that a configuration may have."""

import pytest

from rules.book.flaws import (
    LONGEST,
    Configuration,
    Criterion,
    Flaw,
    Known,
    Match,
    Node,
    NoName,
    keys,
    match,
    name,
    named,
)
from tests.rules.book.records import AXIS, DAHUA, HIKVISION, HIKVISION_BRACKETS, MOXA, cpe, pair

FIRMWARE, BOARD = Known("o", "acme", "cam_firmware"), Known("h", "acme", "cam")
BOTH = (FIRMWARE, BOARD)


def camera(vendor: str, model: str) -> tuple[Known, ...]:
    return Known("o", vendor, f"{model}_firmware"), Known("h", vendor, model)


def flaw(*nodes: Node, every: bool = True, negate: bool = False) -> Flaw:
    return Flaw("CVE-2030-1000", None, False, (Configuration(nodes, every, negate),))


def of(name: str, vulnerable: bool = True, **bounds: str) -> Criterion:
    return Criterion(name, vulnerable, **bounds)


OLD = of(cpe("o", "acme", "cam_firmware"), end_excluding="2.0")
ON_CAM, ON_DOME = of(cpe("h", "acme", "cam", "-"), False), of(cpe("h", "acme", "dome", "-"), False)


@pytest.mark.parametrize("model", ["ds-2cd2186g2-isu", "DS-2CD2026G2-IU/SL"])
def test_a_record_that_names_the_model_and_no_version_is_never_fine(model: str) -> None:
    assert match(HIKVISION, camera("Hikvision", model), "V5.7.3 build 220315") == "unstated"
    assert match(HIKVISION, camera("hikvision", "ds-2cd2187g2"), "V5.7.3") == "no"


@pytest.mark.parametrize("model", ["DS-2CD2432F-IW", "DS-2CD2432F-I"])
def test_a_variant_in_brackets_is_found_with_it_and_without(model: str) -> None:
    assert match(HIKVISION_BRACKETS, camera("hikvision", model), "") == "unstated"


@pytest.mark.parametrize(
    ("firmware", "found"),
    [
        ("2.800.0000000.16.R, Build Date: 2020-11-27", "yes"),
        ("2.820.0000000.18.R, Build Date: 2021-07-05", "no"),
        ("2.840.0000000.28.R", "no"),
        ("2.820.0000000.18.R", "unordered"),
        ("", "unordered"),
    ],
)
def test_a_dahua_camera_is_judged_by_its_series_range(firmware: str, found: Match) -> None:
    assert match(DAHUA, camera("dahuasecurity", "ipc-hx5xxx"), firmware) == found


@pytest.mark.parametrize(
    ("known", "firmware", "found"),
    [
        (Known("o", "axis", "axis_os_2020", "lts"), "9.80.48", "yes"),
        (Known("o", "axis", "axis_os_2020", "lts"), "9.80.49", "no"),
        (Known("o", "axis", "axis_os_2022", "lts"), "10.12.240", "no"),
        (Known("o", "axis", "axis_os", "active"), "11.6.89", "yes"),
        (Known("o", "axis", "axis_os"), "11.6.89", "unordered"),
        (Known("o", "axis", "axis_os", "active"), "11.7.57", "no"),
    ],
)
def test_an_axis_camera_is_judged_by_the_track_of_its_firmware(
    known: Known, firmware: str, found: Match
) -> None:
    assert match(AXIS, (known,), firmware) == found


@pytest.mark.parametrize(
    ("board", "found"), [("E1210", "yes"), ("E1211", "no"), ("E1213", "yes"), ("E9999", "no")]
)
def test_the_same_firmware_is_flawed_on_one_board_and_not_on_another(board: str, found: Match) -> None:
    known = (Known("o", "moxa", "iologik_e1200_series_firmware"), Known("h", "moxa", f"ioLogik {board}"))
    assert match(MOXA, known, "V2.4") == found


@pytest.mark.parametrize(
    ("one", "known", "found"),
    [
        (flaw(Node((OLD,)), Node((ON_CAM,))), BOTH, "yes"),
        (flaw(Node((OLD,)), Node((ON_DOME,))), BOTH, "no"),
        (flaw(Node((OLD,)), Node((ON_CAM,))), (FIRMWARE,), "no"),
        (flaw(Node((OLD,)), Node((ON_CAM,))), (BOARD,), "no"),
        (flaw(Node((OLD,)), Node((ON_DOME, ON_CAM))), BOTH, "yes"),
        (flaw(Node((OLD, ON_DOME), every=True)), BOTH, "no"),
        (flaw(Node((OLD, ON_CAM), every=True)), BOTH, "yes"),
        (flaw(Node((OLD,)), Node((ON_DOME,), negate=True)), BOTH, "yes"),
        (flaw(Node((OLD,)), Node((ON_CAM,), negate=True)), BOTH, "no"),
        (flaw(Node((OLD,)), negate=True), BOTH, "no"),
        (flaw(Node((ON_CAM,)), every=False), BOTH, "no"),
        (flaw(), BOTH, "no"),
        (Flaw("CVE-2030-1000", None, False, ()), BOTH, "no"),
    ],
    ids=range(13),
)
def test_a_configuration_means_what_its_operators_say(
    one: Flaw, known: tuple[Known, ...], found: Match
) -> None:
    assert match(one, known, "1.9") == found


@pytest.mark.parametrize(
    ("criterion", "firmware", "found"),
    [
        (of(cpe("o", "acme", "cam_firmware")), "", "yes"),
        (of(cpe("o", "acme", "cam_firmware", "-")), "1.9", "unstated"),
        (of(cpe("o", "acme", "cam_firmware", "1.9")), "V1.9", "yes"),
        (of(cpe("o", "acme", "cam_firmware", "1.9")), "2.0", "no"),
        (of(cpe("o", "acme", "cam_firmware", "5.4.0", "build_160530")), "V5.4.0 build 160530", "yes"),
        (of(cpe("o", "acme", "cam_firmware", "5.4.0")), "V5.4.0 build 160530", "unordered"),
        (of(cpe("h", "acme", "cam", "-")), "1.9", "yes"),
        (of(cpe("h", "acme", "cam", "rev_b")), "1.9", "unordered"),
        (of(cpe("o", "acme", "cam_firmware", edition="pro")), "1.9", "unordered"),
        (of("cpe:2.3:o:acme:cam_firmware:*:*:*:*:*:linux:*:*"), "1.9", "unordered"),
        (of(cpe("a", "acme", "cam_firmware")), "1.9", "no"),
        (of(cpe("o", "ac-me", "cam_firmware")), "1.9", "yes"),
    ],
)
def test_a_criterion_names_a_version_or_none_or_nobody_can_tell(
    criterion: Criterion, firmware: str, found: Match
) -> None:
    assert match(flaw(Node((criterion,))), BOTH, firmware) == found


def test_another_edition_is_not_ours() -> None:
    known = (Known("o", "acme", "cam_firmware", "home"),)
    assert match(flaw(Node((of(cpe("o", "acme", "cam_firmware", edition="pro")),))), known, "1.9") == "no"


def test_a_flaw_is_looked_up_by_what_it_calls_vulnerable_and_not_by_what_that_runs_on() -> None:
    assert set(named(HIKVISION_BRACKETS)) == {
        ("o", "hikvision", "ds2cd2432fiwfirmware"),
        ("o", "hikvision", "ds2cd2432fifirmware"),
    }
    assert list(named(Flaw("CVE-2030-1000", None, False, (pair("a_b", "c"),)))) == [("o", "ab", "cfirmware")]


def test_a_name_is_taken_apart_at_its_unescaped_colons() -> None:
    its = name(r"cpe:2.3:h:Acme:cam\:x\\:-:*:*:*:*:*:*:*")
    assert (its.part, its.vendor, its.product, its.version, its.exact) == ("h", "acme", "cam:x", "-", True)
    assert keys("---") == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cpe:/o:acme:cam",
        "cpe:2.3:o:acme:cam",
        "cpe:2.3:x:acme:cam:*:*:*:*:*:*:*:*",
        "cpe:2.3:o:acme::*:*:*:*:*:*:*:*",
        "cpe:2.3:o:acme:cam:*:*:*:*:*:*:*:*:*",
        "cpe:2.3:o:acme:" + "c" * LONGEST + ":*:*:*:*:*:*:*:*",
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(NoName):
        name(text)
