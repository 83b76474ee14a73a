"""What `.ci/run` says at its end, with a stand-in for `make` that ends as each case needs."""

import os
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[1] / ".ci" / "run"


def ci(tmp_path: Path, *, check: int, test: int, closing: str) -> tuple[int, str]:
    """The exit code and the last line, where `make check` and `make test` end with these codes."""
    make = tmp_path / "make"
    make.write_text(f"#!/bin/sh\n[ $1 = check ] && exit {check}\necho '{closing}'\nexit {test}\n")
    make.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    run = subprocess.run([RUN], env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False)
    return run.returncode, run.stdout.splitlines()[-1]


def test_ci_passes_where_checks_and_tests_pass(tmp_path: Path) -> None:
    ended = ci(tmp_path, check=0, test=0, closing="===== 310 passed, 2 skipped in 41.20s =====")

    assert ended == (0, "310 passed, 0 failed, 2 skipped")


@pytest.mark.parametrize(
    ("check", "test", "closing", "last_line"),
    [
        (0, 2, "=== 2 failed, 310 passed, 1 error in 41.20s ===", "310 passed, 3 failed, 0 skipped"),
        (0, 2, "=== 310 passed, 3 errors in 70.01s (0:01:10) ===", "310 passed, 3 failed, 0 skipped"),
        (2, 0, "=== 310 passed in 41.20s ===", "310 passed, 1 failed, 0 skipped"),
        (0, 2, "=== no tests ran in 0.01s ===", "0 passed, 1 failed, 0 skipped"),
        (0, 0, "=== no tests ran in 0.01s ===", "0 passed, 1 failed, 0 skipped"),
        (0, 2, "make: cannot make .venv", "0 passed, 1 failed, 0 skipped"),
    ],
    ids=[
        "a test fails",
        "a fixture fails",
        "a check fails",
        "no test",
        "no test and no complaint",
        "no setup",
    ],
)
def test_ci_fails_and_counts(tmp_path: Path, check: int, test: int, closing: str, last_line: str) -> None:
    code, said = ci(tmp_path, check=check, test=test, closing=closing)

    assert (code != 0, said) == (True, last_line)
