"""Photos of tickets keep the picture and how it is turned, and lose where, when and by what they were taken."""

import struct
import zlib
from pathlib import Path

import pytest

from edge.book import photos
from edge.book.photos import NoPhoto, bared, take, tidy

SECRET = b"37.4219 -122.0840 Ms Brown's phone"


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def exif(turned: int, order: str = ">") -> bytes:
    """An APP1 with orientation, and a maker's note."""
    entries = [
        struct.pack(order + "HHI4s", 271, 2, 4, b"Spy\0"),
        struct.pack(order + "HHIHH", 274, 3, 1, turned, 0),
    ]
    head = (b"MM" if order == ">" else b"II") + struct.pack(order + "HI", 42, 8)
    return b"Exif\0\0" + head + struct.pack(order + "H", 2) + b"".join(entries) + bytes(4) + SECRET


FRAME = segment(0xC0, struct.pack(">BHHB", 8, 48, 64, 1) + b"\x01\x11\x00")
SCAN = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\xff\x00\x34\xff\xd0\x56"


def jpeg(*before: bytes, after: bytes = b"") -> bytes:
    return (
        b"\xff\xd8"
        + b"".join(before)
        + FRAME
        + SCAN
        + segment(0xC4, b"\x00" * 20)
        + SCAN
        + b"\xff\xd9"
        + after
    )


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


HEAD = chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0))


def png(*between: bytes) -> bytes:
    data = chunk(b"IDAT", zlib.compress(bytes(20)))
    return b"\x89PNG\r\n\x1a\n" + HEAD + b"".join(between) + data + chunk(b"IEND", b"")


@pytest.mark.parametrize("order", [">", "<"])
def test_a_jpeg_keeps_how_it_is_turned_and_nothing_else_of_its_exif(order: str) -> None:
    sent = jpeg(
        segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
        segment(0xE1, exif(6, order)),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET),
        segment(0xED, SECRET),
        segment(0xFE, SECRET),
        after=b"MotionPhoto" + SECRET,
    )
    bare = bared(sent)
    assert SECRET not in bare
    assert b"Spy" not in bare
    assert bare.count(b"Exif\0\0") == 1
    assert struct.pack(">HHIH", 274, 3, 1, 6) in bare
    assert bare.endswith(b"\xff\xd9")
    assert bared(bare) == bare


def test_the_picture_itself_is_the_same_bytes() -> None:
    assert bared(jpeg(segment(0xE1, exif(1)))) == jpeg()
    assert bared(jpeg(segment(0xE1, b"Exif\0\0MM"))) == jpeg()


def test_a_png_loses_its_texts_and_its_exif() -> None:
    sent = png(chunk(b"tEXt", SECRET), chunk(b"eXIf", SECRET), chunk(b"iTXt", SECRET), chunk(b"sRGB", b"\0"))
    assert bared(sent + SECRET) == png(chunk(b"sRGB", b"\0"))


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"", "photo_no_picture"),
        (b"<svg onload=alert(1)>", "photo_no_picture"),
        (b"GIF89a" + bytes(50), "photo_no_picture"),
        (b"\xff\xd8\xff\xd9", "photo_no_picture"),
        (jpeg()[:-2], "photo_cut"),
        (jpeg()[:30], "photo_cut"),
        (b"\xff\xd8\xff", "photo_cut"),
        (b"\xff\xd8\xff\x01", "photo_cut"),
        (b"\xff\xd8\xff\xe0\x00\x01", "photo_cut"),
        (b"\xff\xd8" + FRAME + b"xx", "photo_cut"),
        (b"\xff\xd8" + segment(0xC0, struct.pack(">BHHB", 8, 0, 64, 1)), "photo_too_large"),
        (b"\xff\xd8" + FRAME + FRAME, "photo_too_large"),
        (png()[:-5], "photo_cut"),
        (png()[:20], "photo_cut"),
        (png().replace(HEAD, HEAD[:-1] + b"x"), "photo_cut"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b""), "photo_cut"),
        (
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 90_000, 4, 8, 0, 0, 0, 0)),
            "photo_too_large",
        ),
    ],
)
def test_what_is_no_picture_is_refused(sent: bytes, code: str) -> None:
    with pytest.raises(NoPhoto) as refused:
        bared(sent)
    assert refused.value.code == code


def test_what_was_sent_is_kept_by_its_hash_and_the_sent_file_is_gone_whatever_it_was(tmp_path: Path) -> None:
    incoming = tmp_path / photos.FOLDER / photos.INCOMING
    incoming.mkdir(parents=True)
    for name, data in (("one", jpeg(segment(0xFE, SECRET))), ("two", jpeg()), ("bad", b"x")):
        (incoming / name).write_bytes(data)
    digest, size = take(tmp_path, "one")
    assert take(tmp_path, "two") == (digest, size)
    assert (tmp_path / photos.FOLDER / digest).read_bytes() == jpeg()
    with pytest.raises(NoPhoto, match="photo_no_picture"):
        take(tmp_path, "bad")
    assert list(incoming.iterdir()) == []


@pytest.mark.parametrize("name", ["gone", "../../secret", ".."])
def test_only_an_incoming_file_is_taken(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(jpeg())
    with pytest.raises(NoPhoto, match="photo_gone"):
        take(tmp_path, name)
    assert (tmp_path / "secret").exists()


def test_a_file_above_the_bound_is_refused(tmp_path: Path) -> None:
    incoming = tmp_path / photos.FOLDER / photos.INCOMING
    incoming.mkdir(parents=True)
    with (incoming / "big").open("wb") as file:
        file.truncate(photos.LARGEST + 1)
    with pytest.raises(NoPhoto, match="photo_too_large"):
        take(tmp_path, "big")


def test_what_nothing_names_goes_after_a_month_and_what_was_never_finished_after_a_day(
    tmp_path: Path,
) -> None:
    folder = tmp_path / photos.FOLDER
    (folder / photos.INCOMING).mkdir(parents=True)
    named, other, unfinished = "a" * 64, "b" * 64, folder / photos.INCOMING / "c"
    for place in (folder / named, folder / other, unfinished):
        place.touch()
    now_s = unfinished.stat().st_mtime
    tidy(tmp_path, {named}, now_s + 2 * 86_400)
    assert (unfinished.exists(), (folder / other).exists()) == (False, True)
    tidy(tmp_path, {named}, now_s + 31 * 86_400)
    assert sorted(one.name for one in folder.iterdir() if one.is_file()) == [named]
