"""Firmware in the book's own process: what devices say, what notes and lists say of it, and the flags that follow."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from edge.book import firmware as kept
from edge.book.firmware import Firmware
from edge.book.messages import DeviceLine
from edge.bundles import Bundles
from edge.flaws.keeping import take
from edge.flaws.refusal import Refused
from rules.book.book import Book, Campus, Device
from rules.book.firmware import Said, judge
from rules.model.bundle_facts import BundleRefused, BundleTaken
from rules.model.camera_facts import CameraIdentified
from rules.model.device_facts import DeviceIdentified
from rules.model.facts import Entry, FlagCleared, FlagRaised
from rules.model.ids import Actor, AssetId, CameraId, ControllerId, ZoneId
from tests.edge.book.rig import PERSON, Desk, desk
from tests.edge.flaws.bundles import STAMP_US, item, kev, nvd, packed, plain
from tests.rules.book.records import AXIS, HIKVISION, MOXA

DAY_US = 86_400_000_000
DEVICES = (
    DeviceLine("plc", "controller", "campus", "", "wago-750", None),
    DeviceLine("io", "controller", "campus", "", "moxa-iologik-e1210", None),
    DeviceLine("cam-1", "camera", "a", "Front", "axis-m3085", None),
    DeviceLine("cam-2", "camera", "a", "Gym", "hikvision", None),
    DeviceLine("pb", "button", "a-1", "Desk", "milesight-ws101", None),
    DeviceLine("odd", "controller", "a", "", "acme-9", None),
    DeviceLine("a-101", "door", "a-1", "Room 101", "", "plc"),
)
AXIS_SAYS = CameraIdentified(CameraId("cam-1"), "AXIS", "M3085-V", "10.12.200", "A", "S1", "")
HIKVISION_SAYS = CameraIdentified(
    CameraId("cam-2"), "HIKVISION", "DS-2CD2186G2-ISU", "V5.5.800 build 210628", "A", "", ""
)
WAGO_SAYS = DeviceIdentified(ControllerId("plc"), "modbus", "", "WAGO", "750-362", "01.09.18 13", "", "")


def bring(store: Path, name: str, data: bytes) -> str:
    file = store.parent / name
    file.write_bytes(data)
    return str(file)


def states(document: dict[str, Any]) -> dict[str, str]:
    return {one["id"]: one["state"] for one in document["devices"]}


def flagged(book: Desk) -> dict[tuple[str, str], tuple[str, ...]]:
    """The flags that stand, by the facts that were entered."""
    standing: dict[tuple[str, str], tuple[str, ...]] = {}
    for entry in book.entries:
        match entry.fact:
            case FlagRaised(code, subject, args):
                standing[code, subject] = args
            case FlagCleared(code, subject):
                standing.pop((code, subject), None)
            case _:
                pass
    return standing


async def test_lists_are_brought_devices_are_judged_flags_follow_and_a_lost_index_comes_back(
    tmp_path: Path,
) -> None:
    store = tmp_path / "store"
    store.mkdir()
    async with desk(store, devices=DEVICES) as book:
        bundles = Bundles(store, book.operations.ask)
        for said in (AXIS_SAYS, HIKVISION_SAYS, WAGO_SAYS):
            book.enter(Entry(said, "x", Actor("cameras")))
        await book.until(lambda: ("bundle_missing", "campus") in flagged(book))
        before = await book.read("firmware")
        assert before["missing"] == ["cve", "kev"]
        assert states(before) == dict.fromkeys(("plc", "io", "cam-1", "cam-2", "pb", "odd"), "unknown")

        data = packed(nvd(item(AXIS), item(HIKVISION), item(MOXA)))
        taken = await bundles.take(PERSON, "cve", bring(store, "nvdcve-2.0-2023.json.gz", data))
        await bundles.take(PERSON, "kev", bring(store, "kev.json", plain(kev(HIKVISION.cve))))
        with pytest.raises(Refused):
            await bundles.take(PERSON, "kev", bring(store, "cut.json", plain(kev(HIKVISION.cve))[:-9]))
        with pytest.raises(Refused):
            await bundles.take(PERSON, "kev", "kev.json")

        after = await book.read("firmware")
        assert states(after) == {
            **dict.fromkeys(("io", "pb", "odd"), "unknown"),
            "plc": "untested",
            "cam-1": "known_flaw",
            "cam-2": "known_exploited",
        }
        front = next(one for one in after["devices"] if one["id"] == "cam-1")
        assert front["said"] == {"vendor": "AXIS", "model": "M3085-V", "firmware": "10.12.200"}
        assert (front["note"], front["zone"], front["flaws"][0]["cve"]) == ("axis", "a", AXIS.cve)
        gym = next(one for one in after["devices"] if one["id"] == "cam-2")
        assert (gym["flaws"][0]["certain"], gym["flaws"][0]["due"]) == (False, "2022-01-24")
        assert [(one["kind"], one["count"]) for one in after["bundles"]] == [("cve", 3), ("kev", 1)]

        await book.until(lambda: ("firmware_exploited", "cam-2") in flagged(book))
        # The record itself says that it is exploited: that flag may stand before the second list came.
        await book.until(lambda: ("bundle_missing", "campus") not in flagged(book))
        standing = flagged(book)
        assert standing["firmware_exploited", "cam-2"] == ("a", HIKVISION.cve)
        assert standing["firmware_flawed", "cam-1"] == ("a", AXIS.cve)
        assert standing["firmware_unknown", "odd"] == ("a", "no_note")
        assert ("bundle_missing", "campus") not in standing
        assert ("firmware_unknown", "pb") not in standing
        assert book.facts(BundleTaken)[0] == BundleTaken("cve", taken.sha256, 3, STAMP_US, whole=True)
        assert book.facts(BundleRefused) == [
            BundleRefused("kev", "no_bundle"),
            BundleRefused("kev", "unreadable"),
        ]

        mended = book.entries[:]
        (store / "flaws" / "flaws.db").unlink()
        book.enter(Entry(WAGO_SAYS, "plc", Actor("device:plc")))
        await book.until(lambda: len(book.entries) > len(mended) + 1)
        book.enter(Entry(WAGO_SAYS, "plc", Actor("device:plc")))
        await book.until(lambda: ("firmware_exploited", "cam-2") in flagged(book))


# --- without a process -----------------------------------------------------------------------


@pytest.fixture
def book() -> Book:
    devices = {
        AssetId(one.id): Device(AssetId(one.id), one.kind, ZoneId(one.zone), one.name, one.model)
        for one in DEVICES
    }
    return Book(Campus("campus", devices))


def judged(firmware: Firmware, book: Book, day: int = 740_000) -> dict[str, str]:
    firmware.refresh(book, day)
    return {one.device: one.state for one in book.judgements}


def test_only_what_changed_is_judged_anew(
    tmp_path: Path, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 0

    def counted(*args: Any) -> Any:
        nonlocal count
        count += 1
        return judge(*args)

    monkeypatch.setattr(kept, "judge", counted)
    firmware = Firmware(tmp_path)
    judged(firmware, book)
    assert count == 6
    judged(firmware, book)
    assert count == 6
    book.identities[AssetId("cam-1")] = Said("AXIS", "M3085-V", "10.12.200")
    judged(firmware, book)
    assert count == 7
    judged(firmware, book, 740_001)
    assert count == 13


def test_a_list_that_is_brought_or_lost_judges_all_anew_and_a_device_that_is_gone_is_none(
    tmp_path: Path, book: Book
) -> None:
    firmware = Firmware(tmp_path)
    book.identities[AssetId("cam-1")] = Said("AXIS", "M3085-V", "10.12.200")
    assert judged(firmware, book)["cam-1"] == "unknown"
    take("cve", Path(bring(tmp_path, "x", plain(nvd(item(AXIS))))), tmp_path, STAMP_US)
    assert judged(firmware, book)["cam-1"] == "known_flaw"
    assert set(book.bundles) == {"cve"}
    shutil.rmtree(tmp_path / "flaws")
    assert judged(firmware, book)["cam-1"] == "unknown"
    assert book.bundles == {}
    book.campus = Campus("campus", {})
    assert judged(firmware, book) == {}


def test_a_young_process_blames_no_device_for_what_it_may_still_say(
    tmp_path: Path, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    firmware = Firmware(tmp_path)
    judged(firmware, book)
    settled = [book.settled]
    monkeypatch.setattr(kept, "SETTLED_S", 0.0)
    judged(firmware, book)
    assert [*settled, book.settled] == [False, True]
    assert book.oldest_us == {"cve": 30 * DAY_US, "kev": 14 * DAY_US}
