"""An OSDP reader says what it is as its session begins, and costs the line nothing for it."""

from drivers.doors.osdp_frames import ID
from rules.model.device_facts import ControllerIdentified
from tests.drivers.doors.rigs_osdp import site

HID = (0x8E0600, 7, 2, 4_000_000_001, 0x0A0002)
"""As osdp_PDID holds it: the vendor's bytes 00-06-8E in the order of the wire."""


async def test_a_reader_tells_vendor_model_serial_number_and_firmware_once_a_session() -> None:
    async with site(identity=HID) as rig:
        inbox = rig.inboxes[5]
        it = await inbox.wait_for(lambda event: isinstance(event, ControllerIdentified))
        rig.peer.power_cycle(5)
        before = rig.heard(ID)
        await rig.until(lambda: rig.heard(ID) > before)
        await inbox.up()
        told = [one for one in inbox.events if isinstance(one, ControllerIdentified)]

    assert isinstance(it, ControllerIdentified)
    assert (it.controller, it.way, it.code) == ("reader-5", "osdp", "")
    assert (it.vendor, it.model, it.firmware, it.serial) == ("00068e", "7", "10.0.2", "4000000001")
    assert it.said == "vendor 00068e model 7 version 2 firmware 10.0.2"
    assert told == [it]
