"""What controllers say of themselves: an event by their drivers, a fact for the record."""

from typing import ClassVar, Literal

from rules.model.ids import ControllerId
from rules.model.moments import Instant
from rules.model.values import dataclass

IdentityWay = Literal["modbus", "osdp"]
"""modbus: device identification (V1.1b3, 6.21). osdp: osdp_PDID (SIA OSDP 2.2)."""
IdentityCode = Literal["", "cannot_tell", "silent"]
"""`""`: it answered. cannot_tell: it refused. silent: it gave no answer, and is not asked again for a while."""


@dataclass(frozen=True, slots=True)
class ControllerIdentified:
    """What a controller said it is. vendor, model, firmware: codes (`device_selves.CODE`). said: its own words."""

    at: Instant
    controller: ControllerId
    way: IdentityWay
    code: IdentityCode
    vendor: str = ""
    model: str = ""
    firmware: str = ""
    serial: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class DeviceIdentified:
    """What a controller says it is, written when that is another than before.

    Of the last one of each controller the record is the asset's entry. vendor, model and firmware hold letters, digits,
    blanks, dots, hyphens and underscores alone; its words as they came are sealed, and so is its serial number.
    """

    KIND: ClassVar[str] = "device.identified/1"
    SEALED: ClassVar[tuple[str, ...]] = ("serial", "said")
    controller: ControllerId
    way: IdentityWay
    code: IdentityCode
    vendor: str
    model: str
    firmware: str
    serial: str
    said: str
