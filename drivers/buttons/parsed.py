"""What one MQTT message from a button says, before anybody judges it."""

from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class Press:
    """One gesture.

    gesture: lower case, 1 to 64 of `[a-z0-9._:-]` and `_`; never empty.
    press_id: contract section 4; None where the device gives none.
    counter: the device's or the network's own count of presses or frames; None where it gives none.
    device_at_us: UTC microseconds by the device's or the network's clock; None where it gives none.
    """

    gesture: str
    press_id: str | None = None
    counter: int | None = None
    device_at_us: int | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """A report that is no press. battery: 0 to 100 percent. online False: a last will."""

    battery: int | None = None
    online: bool | None = None
    device_at_us: int | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """Presses, a status, both, or nothing; or, where nothing (or not all) could be read, the code of why not."""

    presses: tuple[Press, ...] = ()
    status: Status | None = None
    refused: str | None = None


NOTHING = Parsed()


class Unreadable(Exception):
    """A message that its declared format does not explain. `code` is for the record and for tests."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
