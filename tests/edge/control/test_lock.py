"""One daemon a store, held by the kernel: it ends with its holder, however that one ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge.control.lock import NAME, Held, StoreLock, is_held

HOLDER = """
import sys
from pathlib import Path
from edge.control.lock import StoreLock
lock = StoreLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_daemon_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    with StoreLock(tmp_path):
        assert is_held(tmp_path)
        with pytest.raises(Held, match="nothing was started") as refused:
            StoreLock(tmp_path)

    assert refused.value.pid == os.getpid()
    assert not is_held(tmp_path)


def test_asking_whether_it_is_held_takes_nothing(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    with StoreLock(tmp_path) as lock:
        lock.release()
        lock.release()
        assert not is_held(tmp_path)
        with StoreLock(tmp_path):
            assert is_held(tmp_path)


def test_a_killed_daemon_leaves_the_store_free(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert is_held(tmp_path)
        with pytest.raises(Held) as refused:
            StoreLock(tmp_path)
        assert refused.value.pid == holder.pid

        holder.send_signal(signal.SIGKILL)
        holder.wait()

    with StoreLock(tmp_path):
        assert (tmp_path / NAME).read_text() == f"{os.getpid()}\n"


def test_a_child_does_not_inherit_the_lock(tmp_path: Path) -> None:
    lock = StoreLock(tmp_path)
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, close_fds=False) as child:
        lock.release()

        assert not is_held(tmp_path)
        assert child.poll() is None


def test_a_link_in_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / NAME).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OSError, match="symbolic links"):
        StoreLock(tmp_path)
    assert not (tmp_path / "elsewhere").exists()
