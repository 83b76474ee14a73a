"""What is said of a device's firmware: each state with its reason, the worst first, and nothing unknown counts as good."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from rules.book.book import Book, Campus
from rules.book.book import Device as Configured
from rules.book.decide import decide
from rules.book.decision import Now
from rules.book.firmware import (
    CODES,
    STATES,
    Bundle,
    CpeName,
    Device,
    Judgement,
    Note,
    Reason,
    Said,
    age_days,
    bundle_flags,
    flags,
    judge,
    known_names,
)
from rules.book.flaws import Flaw, Known
from rules.book.fold import fold
from rules.book.kinds import allowed
from rules.book.sweep import sweep
from rules.model.book_asks import RecordBundle
from rules.model.bundle_facts import BundleKind, BundleRefused, BundleTaken
from rules.model.camera_facts import CameraIdentified
from rules.model.device_facts import DeviceIdentified
from rules.model.facts import Entry, FlagCleared, FlagRaised
from rules.model.ids import Actor, AssetId, CameraId, ControllerId, ZoneId
from tests.rules.book.records import AXIS, DAHUA, HIKVISION, MOXA, pair

TODAY = "2026-08-14"
DAY_US = 86_400_000_000
OWN = (CpeName("o", "acme", "{model}_firmware"), CpeName("h", "acme", "{model}"))
NOTE = Note("acme-cam", "acme", "onvif", ("1.8", "2.0"), "1.5", "2030-01-01", OWN)
SAID = Said("Acme", "CAM-7", "2.0")
DEVICE = Device("cam-1", "acme-cam-7", NOTE, SAID)
OLD = Flaw("CVE-2030-0001", 50, False, (pair("acme", "cam-7", end_excluding="2.1"),))


def codes(device: Device, flaws: Iterable[Flaw] | None = (), today: str = TODAY) -> dict[str, str]:
    """Each reason's state."""
    return {one.code: one.state for one in judge(device, flaws, today).reasons}


def test_tested_firmware_within_its_support_and_without_a_published_flaw_is_the_best_there_is() -> None:
    assert judge(DEVICE, (), TODAY) == Judgement("cam-1", "tested", ())


@pytest.mark.parametrize(
    ("device", "reason", "state"),
    [
        (Device("x", None, None, None), "no_model", "unknown"),
        (Device("x", "acme-thing", None, SAID), "no_note", "unknown"),
        (replace(DEVICE, said=None), "not_told", "unknown"),
        (replace(DEVICE, said=None, note=replace(NOTE, how="none")), "cannot_tell", "unknown"),
        (replace(DEVICE, said=replace(SAID, firmware="")), "no_firmware", "unknown"),
        (replace(DEVICE, said=replace(SAID, firmware="1.4.9")), "below_minimum", "unsupported"),
        (replace(DEVICE, said=replace(SAID, firmware="r2")), "minimum_unordered", "unknown"),
        (replace(DEVICE, said=replace(SAID, firmware="2.1")), "not_tested", "untested"),
        (replace(DEVICE, note=replace(NOTE, tested=())), "none_tested", "untested"),
        (replace(DEVICE, note=replace(NOTE, end_of_support=None)), "support_unknown", "untested"),
        (replace(DEVICE, note=replace(NOTE, end_of_support=TODAY)), "support_ended", "end_of_life"),
        (replace(DEVICE, note=replace(NOTE, cpe=())), "no_cpe", "unknown"),
        (replace(DEVICE, said=replace(SAID, model="DOME")), "other_model", "unknown"),
    ],
)
def test_each_shortcoming_has_its_reason(device: Device, reason: str, state: str) -> None:
    assert codes(device)[reason] == state
    assert judge(device, (), TODAY).state == state


def test_without_a_bundle_nobody_knows_of_flaws() -> None:
    assert codes(DEVICE, None) == {"no_bundle": "unknown"}


def test_a_tested_version_whose_order_nobody_knows_is_known_by_its_text() -> None:
    device = replace(DEVICE, note=replace(NOTE, tested=("rev-b",), minimum=None))
    assert "not_tested" not in codes(replace(device, said=replace(SAID, firmware="rev-b")))


def test_a_flaw_in_range_is_known_and_one_in_the_catalogue_is_exploited_and_stands_first() -> None:
    worse = replace(OLD, cve="CVE-2030-0002", score=98)
    taken = replace(OLD, cve="CVE-2030-0003", score=None, exploited=True)
    known = judge(DEVICE, (OLD, worse), TODAY)
    assert (known.state, [one.args for one in known.reasons]) == (
        "known_flaw",
        [("CVE-2030-0002",), ("CVE-2030-0001",)],
    )
    exploited = judge(DEVICE, (OLD, worse, taken), TODAY)
    assert exploited.state == "known_exploited"
    assert exploited.reasons[0] == Reason("known_exploited", "flaw", ("CVE-2030-0003", "exploited"))
    mended = replace(DEVICE, said=replace(SAID, firmware="2.1"))
    assert judge(mended, (OLD, worse, taken), TODAY).state == "untested"


def test_a_version_that_nobody_can_order_is_unknown_and_never_fine() -> None:
    found = judge(
        replace(DEVICE, said=replace(SAID, firmware="2.1.s1")), (replace(OLD, exploited=True),), TODAY
    )
    assert Reason("unknown", "flaw_unordered", ("CVE-2030-0001", "exploited")) in found.reasons
    assert found.state == "unknown"
    assert codes(replace(DEVICE, said=None), (OLD,))["flaw_unordered"] == "unknown"


HIK = Note(
    "hikvision",
    "hikvision",
    "onvif",
    cpe=(CpeName("o", "hikvision", "{model}_firmware"), CpeName("h", "hikvision", "{model}")),
)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("hikvision", Said("HIKVISION", "DS-2CD2186G2-ISU", "V5.5.800 build 210628")),
        ("hikvision-ds-2cd2186g2-isu", None),
        ("hikvision-ds-2cd2186g2-isu", Said("", "", "")),
    ],
)
def test_a_hikvision_of_the_record_is_exploited_whatever_its_version(model: str, said: Said | None) -> None:
    found = judge(Device("cam", model, HIK, said), (HIKVISION,), TODAY)
    assert found.reasons[0] == Reason("known_exploited", "flaw_unstated", ("CVE-2021-36260", "exploited"))


def test_a_dahua_goes_by_the_name_of_its_series() -> None:
    series = CpeName("o", "dahuasecurity", "ipc-hx5xxx_firmware", models=("ipc-h?w5*", "ipc-h??w5*"))
    board = CpeName("h", "dahuasecurity", "ipc-hx5xxx", models=series.models)
    note = Note("dahua", "dahua", "onvif", cpe=(series, board))
    old = Said("Dahua", "IPC-HDW5442TM-AS", "2.800.0000000.16.R")
    assert judge(Device("cam", "dahua", note, old), (DAHUA,), TODAY).state == "known_exploited"
    other = Said("Dahua", "IPC-HDW2431T", "2.800.0000000.16.R")
    assert codes(Device("cam", "dahua", note, other), (DAHUA,))["no_name"] == "unknown"
    assert codes(Device("cam", "dahua", note, None), (DAHUA,))["no_name"] == "unknown"


AXIS_OS = (
    CpeName("o", "axis", "axis_os", "active", tracks=("9", "10", "11")),
    CpeName("o", "axis", "axis_os_2020", "lts", tracks=("9.80",)),
    CpeName("o", "axis", "axis_os_2022", "lts", tracks=("10.12",)),
    CpeName("h", "axis", "{model}"),
)


@pytest.mark.parametrize(
    ("firmware", "names", "state"),
    [
        ("10.12.200", ["axis_os_2022", "M3085-V"], "known_flaw"),
        ("10.12.240", ["axis_os_2022", "M3085-V"], "untested"),
        ("11.6.89", ["axis_os", "M3085-V"], "known_flaw"),
        ("11.11.140", ["axis_os", "M3085-V"], "untested"),
        ("9.80", ["axis_os_2020", "M3085-V"], "known_flaw"),
        ("90.80.1", ["M3085-V"], "untested"),
    ],
)
def test_an_axis_goes_by_the_name_of_its_track(firmware: str, names: list[str], state: str) -> None:
    note = Note("axis", "axis", "onvif", cpe=AXIS_OS)
    said = Said("AXIS", "M3085-V", firmware)
    assert [one.product for one in known_names(note, "axis-m3085", said)] == names
    assert judge(Device("cam", "axis-m3085", note, said), (AXIS,), TODAY).state == state


def test_a_board_of_a_series_is_judged_as_the_board_that_it_says_it_is() -> None:
    cpe = (CpeName("o", "moxa", "iologik_e1200_series_firmware"), CpeName("h", "moxa", "{model}"))
    note = Note("moxa-iologik-e1200", "moxa", "none", cpe=cpe)
    said = Said("", "", "V2.4")
    assert judge(Device("io", "moxa-iologik-e1210", note, said), (MOXA,), TODAY).state == "known_flaw"
    assert judge(Device("io", "moxa-iologik-e1211", note, said), (MOXA,), TODAY).state == "untested"
    assert [one.product for one in known_names(note, "moxa-iologik-e1200", said)] == [
        "iologik_e1200_series_firmware"
    ]
    assert known_names(note, None, None) == (Known("o", "moxa", "iologik_e1200_series_firmware"),)


# --- flags -----------------------------------------------------------------------------------


def of(state: str, *reasons: Reason) -> Judgement:
    return Judgement("d", next(one for one in STATES if one == state), reasons)


def test_a_bad_device_has_one_flag_that_names_why() -> None:
    flawed = [Reason("known_exploited", "flaw", (f"CVE-{n}", "exploited")) for n in range(5)]
    assert list(flags([of("known_exploited", *flawed, Reason("unknown", "no_firmware"))])) == [
        ("firmware_exploited", "d", ("CVE-0, CVE-1, CVE-2, +2",))
    ]
    assert list(flags([of("unknown", Reason("unknown", "no_firmware"), Reason("unknown", "no_bundle"))])) == [
        ("firmware_unknown", "d", ("no_firmware, no_bundle",))
    ]
    assert list(flags([of("end_of_life", Reason("end_of_life", "support_ended", ("2020-01-01",)))])) == [
        ("firmware_end_of_life", "d", ("support_ended",))
    ]


@pytest.mark.parametrize(
    "judgement",
    [
        of("tested"),
        of("untested"),
        of("unknown", Reason("unknown", "no_bundle"), Reason("unknown", "cannot_tell")),
    ],
)
def test_what_is_not_bad_or_has_the_campus_flag_has_none_of_its_own(judgement: Judgement) -> None:
    assert list(flags([judgement])) == []


def test_none_is_blamed_for_what_it_may_still_say() -> None:
    waiting = of("unknown", Reason("unknown", "not_told"))
    assert list(flags([waiting], settled=False)) == []
    assert list(flags([waiting])) == [("firmware_unknown", "d", ("not_told",))]


OLDEST: dict[BundleKind, int] = {"cve": 30 * DAY_US, "kev": 14 * DAY_US}


@pytest.mark.parametrize(
    ("bundles", "found"),
    [
        ({}, [("bundle_missing", ("cve, kev",))]),
        ({"kev": Bundle("kev", 1, 1)}, [("bundle_missing", ("cve",)), ("bundle_old", ("kev 14",))]),
        (
            {"kev": Bundle("kev", None, 100 * DAY_US)},
            [("bundle_missing", ("cve",)), ("bundle_undated", ("kev",))],
        ),
        (
            {"cve": Bundle("cve", 89 * DAY_US, 90 * DAY_US), "kev": Bundle("kev", 90 * DAY_US, 90 * DAY_US)},
            [],
        ),
        (
            {"cve": Bundle("cve", 10 * DAY_US, 99 * DAY_US), "kev": Bundle("kev", 10 * DAY_US, 99 * DAY_US)},
            [("bundle_old", ("cve 30, kev 14",))],
        ),
    ],
)
def test_a_missing_or_old_bundle_is_a_flag(
    bundles: dict[BundleKind, Bundle], found: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert list(bundle_flags(bundles, OLDEST, 100 * DAY_US)) == found
    assert {code for code, _ in found} <= CODES


def test_a_stamp_of_tomorrow_makes_no_bundle_young() -> None:
    ahead = Bundle("cve", 500 * DAY_US, 100 * DAY_US)
    assert age_days(ahead, 140 * DAY_US) == 40
    assert age_days(ahead, 99 * DAY_US) == 0
    assert age_days(replace(ahead, stamp_us=None), 99 * DAY_US) is None


# --- in the book -----------------------------------------------------------------------------

CAM, PLC = AssetId("cam-1"), AssetId("plc")
TAKEN = BundleTaken("cve", "ab" * 32, 5, None, whole=True)


def a_book() -> Book:
    zone = ZoneId("a")
    devices = {CAM: Configured(CAM, "camera", zone), PLC: Configured(PLC, "controller", zone)}
    return Book(Campus("campus", devices))


def test_what_devices_say_they_are_is_folded_into_the_book() -> None:
    book = a_book()
    for fact in (
        CameraIdentified(CameraId("cam-1"), "AXIS", "M3085-V", "11.2", "A", "S1", ""),
        DeviceIdentified(ControllerId("plc"), "modbus", "", "WAGO", "750-362", "01.09", "", ""),
        TAKEN,
    ):
        fold(book, 1, Entry(fact, "x", Actor("rule")))
    assert book.identities == {CAM: Said("AXIS", "M3085-V", "11.2"), PLC: Said("WAGO", "750-362", "01.09")}
    assert book.identities.saved() == {CAM, PLC}


def test_a_bundle_is_recorded_by_who_brought_it_taken_or_refused() -> None:
    now, refused = Now(1, 1), BundleRefused("kev", "no_json")
    person = Actor("person:1")
    assert decide(a_book(), RecordBundle(TAKEN), person, now) == (Entry(TAKEN, "cve", person),)
    assert decide(a_book(), RecordBundle(refused=refused), person, now) == (Entry(refused, "kev", person),)
    assert decide(a_book(), RecordBundle(), person, now) == ()
    assert all(allowed(Entry(one, "x", person)) for one in (TAKEN, refused))


def test_the_sweep_raises_a_devices_flag_with_its_zone_and_the_campus_flag_and_clears_both() -> None:
    book, now = a_book(), Now(100 * DAY_US, 1)
    while due := list(sweep(book, now)):  # the configured devices are listed, and counted
        for one in due:
            fold(book, 1, one)
    book.judgements = (Judgement(CAM, "known_flaw", (Reason("known_flaw", "flaw", ("CVE-2030-0001",)),)),)
    book.oldest_us = OLDEST
    raised = list(sweep(book, now))
    # Its devices are listed as assets with the same sweep.
    assert [one.fact for one in raised if isinstance(one.fact, FlagRaised)] == [
        FlagRaised("firmware_flawed", CAM, ("a", "CVE-2030-0001")),
        FlagRaised("bundle_missing", "campus", ("", "cve, kev")),
    ]
    assert all(allowed(one) for one in raised)
    for one in raised:
        fold(book, 1, one)
    assert list(sweep(book, now)) == []
    book.judgements = ()
    book.bundles = {one: Bundle(one, now.utc_us, now.utc_us) for one in OLDEST}
    assert [one.fact for one in sweep(book, now)] == [
        FlagCleared("firmware_flawed", CAM),
        FlagCleared("bundle_missing", "campus"),
    ]


def test_a_fact_that_is_none_of_its_own_leaves_the_book_as_it_was() -> None:
    book = a_book()
    fold(book, 1, Entry(TAKEN, "cve", Actor("person:1")))
    assert book.identities.saved() | book.flags.saved() | book.assets.saved() == set()


def test_a_flag_that_never_stood_is_cleared_without_a_trace() -> None:
    book = a_book()
    fold(book, 1, Entry(FlagCleared("bundle_old", "campus"), "campus", Actor("rule")))
    assert book.flags.saved() == set()
