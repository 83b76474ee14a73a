"""A device that says another serial number than it should is a flag, until somebody says that it was replaced, or it was not."""

from pathlib import Path

import pytest

from edge.book.database import remove
from edge.book.messages import DeviceLine
from edge.book.serials import is_same
from rules.model.asset_asks import ReplaceAsset, TurnAsset, WriteAsset
from rules.model.camera_facts import CameraIdentified
from rules.model.device_facts import DeviceIdentified
from rules.model.facts import Entry
from rules.model.ids import Actor, AssetId, CameraId, ControllerId
from tests.edge.book.rig import Desk, desk
from tests.edge.book.test_firmware import flagged

DEVICES = (
    DeviceLine("reader", "controller", "a", "", "osdp-reader", None),
    DeviceLine("plc", "controller", "campus", "", "wago-750", None),
    DeviceLine("cam-1", "camera", "a", "Front", "axis-m3085", None),
)
CAM, READER = ("other_piece", "cam-1"), ("other_piece", "reader")
WAGO = DeviceIdentified(ControllerId("plc"), "modbus", "", "WAGO", "750-362", "01.09.18 13", "", "")


def camera(book: Desk, serial: str) -> None:
    told = CameraIdentified(CameraId("cam-1"), "AXIS", "M3085-V", "10.12.200", "A", serial, "")
    book.enter(Entry(told, "cam-1", Actor("cameras")))


def reader(book: Desk, serial: str, code: str = "") -> None:
    told = DeviceIdentified(ControllerId("reader"), "osdp", code, "1", "2", "3.4", serial, "")  # type: ignore[arg-type]
    book.enter(Entry(told, "reader", Actor("device:reader")))


async def until_listed(book: Desk) -> None:
    async def listed() -> list[str]:
        return [one["id"] for one in (await book.read("assets"))["items"]]

    await book.until_read(listed, lambda found: {"cam-1", "reader", "plc"} <= set(found))


async def test_a_camera_with_another_serial_number_than_the_inventory_has_is_a_flag_until_it_is_said_to_be_replaced(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path, devices=DEVICES) as book:
        await until_listed(book)
        await book.write("cam-1", serial="AC:CC:8E:00:00:01")
        camera(book, "ACCC8E000001")
        # What came after it is there, so that it was looked at: it is the same piece.
        reader(book, "70001")
        await book.write("reader", serial="0070002")
        await book.until(lambda: READER in flagged(book))
        assert CAM not in flagged(book)
        assert flagged(book)[READER] == ("a",)

        camera(book, "ACCC8E000002")
        await book.until(lambda: CAM in flagged(book))
        assert (await book.read("asset", id="cam-1"))["told_serial"] == "ACCC8E000002"
        assert not any("ACCC8E" in arg for args in flagged(book).values() for arg in args)

        await book.ask(
            ReplaceAsset(AssetId("cam-1"), "accc8e000002", "cracked", (("supported_until", "none"),))
        )
        await book.until(lambda: CAM not in flagged(book) and ("recommission", "cam-1") in flagged(book))
        # Of the reader the inventory was wrong.
        await book.ask(WriteAsset(AssetId("reader"), (("serial", "70001"),)))
        await book.until(lambda: READER not in flagged(book))


async def test_where_nobody_wrote_a_serial_number_the_first_one_that_it_said_counts(tmp_path: Path) -> None:
    async with desk(tmp_path, devices=DEVICES) as book:
        await until_listed(book)
        book.enter(Entry(WAGO, "plc", Actor("device:plc")))
        reader(book, "0")
        reader(book, "70001")
        camera(book, "S1")
        reader(book, "", code="silent")
        camera(book, "S2")
        await book.until(lambda: CAM in flagged(book))
        assert {one for one in flagged(book) if one[0] == "other_piece"} == {CAM}
        camera(book, "S1")
        await book.until(lambda: CAM not in flagged(book))
        camera(book, "")
        await book.until(lambda: CAM in flagged(book))
        reader(book, "70002")
        await book.until(lambda: READER in flagged(book))
        # What is retired is not looked for.
        await book.ask(TurnAsset(AssetId("reader"), "retired", "broken", ()))
        await book.until(lambda: READER not in flagged(book))


async def test_it_is_known_again_after_the_book_was_lost(tmp_path: Path) -> None:
    async with desk(tmp_path, devices=DEVICES) as book:
        await until_listed(book)
        camera(book, "S1")
        camera(book, "S2")
        await book.until(lambda: CAM in flagged(book))
    remove(tmp_path)
    async with desk(tmp_path, devices=DEVICES) as again:
        await until_listed(again)
        assert (await again.read("asset", id="cam-1"))["told_serial"] == "S2"
        camera(again, "S1")
        await again.until(lambda: any(one.subject == "cam-1" for one in again.entries[1:]))
        assert CAM not in flagged(again)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ac:cc:8e:01:02:03", "ACCC8E010203", True),
        (" SN-0012 ", "sn0012", True),
        ("00012", "12", True),
        ("S1", "S2", False),
        ("12", "120", False),
    ],
)
def test_how_it_is_written_says_nothing(one: str, other: str, same: bool) -> None:
    assert is_same(one, other) is same
