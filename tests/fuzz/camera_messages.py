"""What the daemon and its camera process say to each other: read to what it says, bounded, or refused without its text."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from drivers.lines import Unreadable, line
from edge.media import messages
from edge.media.messages import (
    Answer,
    Asked,
    Beat,
    CameraSettings,
    Condition,
    Figures,
    File,
    Gone,
    Heard,
    Keep,
    Open,
    Over,
    Standing,
    StreamFigures,
)
from tests.fuzz import strict

PASSWORD: Final = "sEcReT%pAsSwOrD"
_SHA: Final = "0f" * 32
_LONGEST: Final = {
    "id": 64,
    "camera": 64,
    "incident": 64,
    "viewer": 64,
    "code": 64,
    "engine_code": 64,
    "detail": 300,
}

_SETTINGS: Final = CameraSettings(
    "cam-1", "rtsp://10.0.0.5/a", "", "u", PASSWORD, "tcp", "own", 2_000_000, False
)
_STREAM: Final = StreamFigures(
    True,
    "h264",
    1920,
    1080,
    "tcp",
    "own",
    "",
    1,
    2,
    3,
    4,
    15_000,
    2_000_000,
    2_000_000,
    0,
    None,
    0,
    None,
    False,
    1,
)


def down(data: bytes) -> None:
    """What the daemon says."""
    _read(messages.down, data)


def up(data: bytes) -> None:
    """What the camera process says, which reads what cameras send."""
    read = _read(messages.up, data)
    if isinstance(read, File | Gone):
        assert len(read.sha256) in (0, 64)
        assert set(read.sha256) <= set("0123456789abcdef")
        assert len(read.name) <= 200
    if isinstance(read, Condition):
        assert all(len(one) <= 64 for one in read.args)


def asked(data: bytes) -> None:
    """The first line of a look."""
    _read(messages.asked, data)


def answer(data: bytes) -> None:
    """The first line back."""
    _read(messages.answer, data)


def _read(reader: Callable[[bytes], Any], data: bytes) -> Any:
    try:
        read = reader(data)
    except Unreadable as refused:
        assert len(str(refused)) < 100
        assert refused.__cause__ is None
        assert PASSWORD not in str(refused)
        return None
    said = strict.json(data, deepest=200)
    assert isinstance(said, dict), "a message from what is no object"
    again = line(read)
    assert again.count(b"\n") == 1
    assert reader(again) == read
    known = {field.encode_name for field in msgspec.structs.fields(type(read))} | {"type"}
    assert set(said) <= known, "a member that nobody knows was passed over"
    for name, most in _LONGEST.items():
        value = getattr(read, name, "") or ""
        assert len(value) <= most
    assert PASSWORD not in repr(read)
    return read


def down_seeds() -> list[bytes]:
    opened = Open("/var/lib/x", (_SETTINGS,), 30_000_000, 1, 2, 3, 4, None, False, "10.0.0.1")
    return _lines(
        opened,
        Keep("inc-1", "real", 1_790_000_000_000_000, ("cam-1", "cam-2")),
        Over("inc-1"),
        Heard("inc-1/cam-1.mp4"),
    )


def up_seeds() -> list[bytes]:
    return _lines(
        Beat(3),
        Standing("cam-1", False, "closed", "ok", "own", "", "the camera closed"),
        Figures("cam-1", _STREAM, None, 30_000_000, 7_500_000, 1),
        File("cam-1", "inc-1", "inc-1/cam-1.mp4", "sealed", "", _SHA, 1_000, 1, 2, None, 3),
        File("cam-1", "inc-1", "inc-1/cam-1.mp4", None),
        Gone(None, "inc-1/cam-1.mp4", _SHA, "age"),
        Condition("evidence_disk_full", True, ("ENOSPC",)),
    )


def asked_seeds() -> list[bytes]:
    return _lines(
        Asked("whep", "cam-1", "sub", offer="v=0\r\n"),
        Asked("snapshot", "cam-1", width=640),
        Asked("end", "cam-1", viewer="x"),
    )


def answer_seeds() -> list[bytes]:
    return _lines(Answer("no_stream"), Answer(answer="v=0\r\n", viewer="x"), Answer(size=10, captured_us=1))


def _lines(*each: Any) -> list[bytes]:
    return [line(one).rstrip(b"\n") for one in each]
