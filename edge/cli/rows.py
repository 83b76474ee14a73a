"""Rows of the journal for a verb: through the daemon while it runs, straight from its files while it does not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edge.cli.calling import NoAnswer, lines, runs
from edge.cli.out import complain, plain


def rows_of(config: Path, incident: str | None) -> Iterator[dict[str, Any]]:
    """One incident's rows, or those that open, raise and close any. Raises NoAnswer, having said why."""
    if not runs(config):
        from edge.cli.files import rows

        yield from rows(config, incident)
        return
    for reply in lines(config, {"do": "rows", "incident": incident}, timeout_s=60.0):
        if not reply["ok"]:
            complain(plain(reply["words"]))
            raise NoAnswer
        yield from reply["data"]
