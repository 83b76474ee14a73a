"""Disks of a journey's own: small, filled, unmounted, read-only (only root may; skipped aloud otherwise), or closed."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest


class Disk:
    """A tmpfs, mounted at `place` and, so that it outlives its unmounting, at `behind` too."""

    def __init__(self, place: Path, behind: Path) -> None:
        self.place = place
        self._behind = behind

    def remount(self, how: Literal["ro", "rw"]) -> None:
        _run("mount", "-o", f"remount,{how}", str(self.place))

    def unmount(self) -> None:
        """As a cable that is pulled: open files stay open."""
        _run("umount", "--lazy", str(self.place))

    def mount(self) -> None:
        _run("mount", "--bind", str(self._behind), str(self.place))


@contextlib.contextmanager
def small_disk(place: Path, size_mib: int = 6) -> Iterator[Disk]:
    """A disk of so many MiB at `place`."""
    behind = place.with_name(f"{place.name}-disk")
    for folder in (place, behind):
        folder.mkdir(mode=0o700, parents=True)
    options = f"size={size_mib}m,mode=700"
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(behind)], check=False, capture_output=True
    )
    if made.returncode != 0:
        pytest.skip("NOT TESTED: a small disk of one's own needs root")
    disk = Disk(place, behind)
    try:
        disk.mount()
        yield disk
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            disk.unmount()
        _run("umount", "--lazy", str(behind))


@contextlib.contextmanager
def not_entered(store: Path) -> Iterator[None]:
    """The store's directory may not be entered: closed, and for root by being nobody meanwhile."""
    store.chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        store.chmod(0o700)


def fill(file: Path) -> None:
    """Not one byte more."""
    size = 1 << 20
    with file.open("ab", buffering=0) as out:
        while size:
            try:
                out.write(b"x" * size)
            except OSError:
                size //= 2


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
