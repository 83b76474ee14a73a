"""The kept inputs: one text file a target, a JSON string a line, each character one byte (Latin-1)."""

import json
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"
MOST_BYTES = 2_048
"""Of one kept input; what is longer is not kept: the seeds in the targets make long ones."""
MOST_INPUTS = 200


def kept(target: str) -> list[bytes]:
    """The inputs of a target, oldest first."""
    path = FOLDER / f"{target}.txt"
    if not path.exists():
        return []
    return [json.loads(line).encode("latin-1") for line in path.read_text("ascii").splitlines()]


def keep(target: str, inputs: Iterable[bytes]) -> int:
    """Write a target's inputs, the shortest first, as many as are kept; how many there are."""
    chosen = sorted({one for one in inputs if len(one) <= MOST_BYTES}, key=lambda one: (len(one), one))
    FOLDER.mkdir(exist_ok=True)
    lines = [json.dumps(one.decode("latin-1")) + "\n" for one in chosen[:MOST_INPUTS]]
    (FOLDER / f"{target}.txt").write_text("".join(lines), "ascii")
    return len(lines)
