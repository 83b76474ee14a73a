"""VLC, by which people play what they are handed, plays what a kill left of a clip: each picture, as any decoder has it."""

import asyncio
import os
import pwd
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from drivers.cameras.stream import Codec

VLC = shutil.which("vlc")
NOBODY = "nobody"
"""VLC plays nothing for root."""
GIVEN = 40
PLAYED_S = 90.0
"""Some four seconds on a machine that has time for it."""


@pytest.fixture
def for_anybody() -> Iterator[Path]:
    """A folder that another user reads and writes; those of pytest are root's alone."""
    with tempfile.TemporaryDirectory(prefix="campus-edge-vlc-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        (folder / "home").mkdir()
        if os.geteuid() == 0:
            their = pwd.getpwnam(NOBODY)
            os.chown(folder / "home", their.pw_uid, their.pw_gid)
        yield folder


async def killed_clip(store: Path, codec: Codec) -> Path:
    """The file of a process that was killed while it wrote."""
    victim = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.edge.media.clip_victim",
        str(store),
        codec,
        stdout=asyncio.subprocess.PIPE,
    )
    assert victim.stdout is not None
    for _ in range(GIVEN):
        assert await victim.stdout.readline()
    victim.kill()
    await victim.communicate()
    return store / "incident-1" / "cam-1.mp4.part"


def decoded(file: Path) -> list[bytes]:
    """Each picture, planes of brightness and colour one behind the other."""
    with av.open(str(file)) as container:
        return [frame.to_ndarray(format="yuv420p").tobytes() for frame in container.decode(video=0)]


async def shown_by_vlc(file: Path, home: Path) -> list[bytes]:
    """What VLC's window would have shown, written to a file instead."""
    assert VLC is not None
    written = home / "shown.yuv"
    user = {"user": NOBODY, "group": pwd.getpwnam(NOBODY).pw_gid, "extra_groups": []}
    playing = await asyncio.create_subprocess_exec(
        VLC,
        *(
            "--intf",
            "dummy",
            "--ignore-config",
            "--no-audio",
            "--no-osd",
            "--no-spu",
            "--no-video-title-show",
        ),
        *("--vout", "yuv", "--yuv-file", str(written), "--no-drop-late-frames", "--no-skip-frames"),
        *("--play-and-exit", file.as_uri()),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={"HOME": str(home), "PATH": os.environ["PATH"]},
        **(user if os.geteuid() == 0 else {}),  # type: ignore[arg-type]
    )
    try:
        async with asyncio.timeout(PLAYED_S):
            assert await playing.wait() == 0
    finally:
        if playing.returncode is None:
            playing.kill()
            await playing.wait()
    head, *pictures = written.read_bytes().split(b"FRAME\n")
    assert head.startswith(b"I420 W320 H180 ")
    return pictures


@pytest.mark.skipif(VLC is None, reason="VLC is not installed: apt-get install vlc-bin vlc-plugin-base")
@pytest.mark.parametrize("codec", ["h264", "h265"])
async def test_vlc_plays_each_picture_that_a_kill_left_of_a_clip(
    tmp_path: Path, for_anybody: Path, codec: Codec
) -> None:
    left = await killed_clip(tmp_path, codec)
    film = for_anybody / "clip.mp4"
    film.write_bytes(left.read_bytes())
    film.chmod(0o644)
    true = decoded(film)
    assert len(true) > GIVEN // 2

    shown = await shown_by_vlc(film, for_anybody / "home")

    # A picture that stands while VLC waits for the next one is drawn twice; the last one it may leave out.
    once = [one for number, one in enumerate(shown) if not number or shown[number - 1] != one]
    assert once == true[: len(once)]
    assert len(once) >= len(true) - 1
