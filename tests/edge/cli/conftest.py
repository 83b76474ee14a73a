"""The command line, in this process or as one of its own, and a store with a configuration beside it."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.cli import main

ROOT = Path(__file__).parents[3]
Run = Callable[..., subprocess.CompletedProcess[str]]


@dataclass(frozen=True)
class Site:
    """A configuration that names a store, which is there and empty."""

    config: Path
    store: Path


@pytest.fixture
def site(tmp_path: Path) -> Site:
    store = tmp_path / "store"
    store.mkdir(mode=0o700)
    config = tmp_path / "campus.yaml"
    config.write_text(f"store: {{directory: {store}}}\n")
    return Site(config, store)


@pytest.fixture
def run(site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`campus-edge` with these arguments, in this process; the configuration is the site's, by the environment."""
    monkeypatch.setenv("CAMPUS_EDGE_CONFIG", str(site.config))
    monkeypatch.setenv("COLUMNS", "120")

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, said.out, said.err)

    return call


@pytest.fixture
def process(site: Site) -> Run:
    """The same as a process of its own, as a person runs it."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "edge", *arguments],
            cwd=ROOT,
            env={**os.environ, "CAMPUS_EDGE_CONFIG": str(site.config), "COLUMNS": "120"},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    return call
