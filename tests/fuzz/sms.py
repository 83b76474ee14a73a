"""What a GSM modem says: no bytes raise, none pile up, and a report is only what a status report says to the octet."""

from drivers.outputs.sms_dialog import Modem
from drivers.outputs.sms_pdu import Malformed, Report, status_report
from drivers.serial_line import SerialLine

_REPORT = b"0006FB0B912171550501F0621103710284006211037102840000"


class _Said(SerialLine):
    """A port that says what it is given."""

    def __init__(self) -> None:
        self.data = b""

    def take(self) -> bytes:
        return self.data


def dialog(data: bytes) -> None:
    """Cut in pieces by its first byte, and whole: both say the same."""
    step = 1 + data[0] % 64 if data else 1
    assert _heard(data, step) == _heard(data, 4_096)


def _heard(data: bytes, step: int) -> tuple[list[Report], list[str]]:
    reports: list[Report] = []
    modem, line = Modem("none", 9_600, reports.append), _Said()
    modem._line = line
    answers = modem._begun()
    for at in range(0, len(data), step):
        line.data = data[at : at + step]
        modem._stirred()
        assert len(modem._buffer) <= 2_048
    lines = [answers.get_nowait() for _ in range(answers.qsize())]
    assert not any("\r" in one or "\n" in one for one in lines)
    return reports, lines


def dialog_seeds() -> list[bytes]:
    return [
        b"ATE0\r\r\nOK\r\n",
        b"\r\n> \r\n+CMGS: 251\r\n\r\nOK\r\n",
        b"\r\n+CDS: 26\r\n" + _REPORT + b"\r\n\r\n+CMS ERROR: 331\r\n",
        b"\r\n+CREG: 5\r\n\r\nRING\r\n\r\n+CPIN: READY\r\n\r\nOK\r\n",
    ]


def report(data: bytes) -> None:
    """As its octets, and as the text of them."""
    for text in (data.hex(), data.decode("latin-1")):
        try:
            found = status_report(text)
        except Malformed:
            continue
        assert 0 <= found.reference <= 255
        assert 0 <= found.status <= 255
        assert len(found.number) <= 255
        assert bytes.fromhex(text)[1 + bytes.fromhex(text)[0]] & 3 == 2


def report_seeds() -> list[bytes]:
    return [
        _REPORT,
        bytes.fromhex(_REPORT.decode()),
        bytes.fromhex("07914180900000F0") + bytes.fromhex(_REPORT.decode())[1:],
    ]
