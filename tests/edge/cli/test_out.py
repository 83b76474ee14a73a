"""What verbs print can be typed again where it was printed."""

import sys

import pytest

from edge.cli.out import ourselves


@pytest.mark.parametrize(
    ("called", "typed"),
    [
        (".venv/bin/campus-edge", ".venv/bin/campus-edge"),
        ("/srv/my school/bin/campus-edge", "'/srv/my school/bin/campus-edge'"),
        ("/srv/edge/__main__.py", "campus-edge"),
    ],
)
def test_the_program_is_named_as_it_was_called(
    called: str, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [called, "demo"])
    assert ourselves() == typed
