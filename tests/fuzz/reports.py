"""What detectors and telephone systems send: whatever comes is read within its bounds, or refused."""

from drivers.buttons.parsed import Unreadable
from drivers.reports import reading


def one(data: bytes) -> None:
    """As a detector's and as a telephone system's."""
    try:
        seen = reading.sighting(data)
    except Unreadable:
        pass
    else:
        assert len(seen.alert) <= 64
        assert seen.confidence is None or 0 <= seen.confidence <= 100
        assert len(seen.picture) <= reading.LARGEST_PICTURE
        for text in (seen.place, seen.said, seen.camera):
            assert len(text.encode()) <= 4 * reading.LONGEST_TEXT
            assert text.isprintable()
    try:
        call = reading.call(data)
    except Unreadable:
        return
    assert all(
        len(text) <= reading.LONGEST_TEXT for text in (call.extension, call.caller, call.place, call.callback)
    )


def seeds() -> list[bytes]:
    return [
        b'{"id": "a-1", "at": "2026-08-14T12:00:00Z", "detected": "gun", "camera": "cam-front", "place": "Door 7", "text": "x", '
        b'"confidence": 0.93, "test": false, "picture": "/9j/4AAQ"}',
        b'{"id": "c-1", "extension": "2101", "name": "R. Diaz", "place": "Room 101", "callback": "+1217", "dialled": "933"}',
        b"{}",
    ]
