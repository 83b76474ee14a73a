"""The head witness: two slots in turn, so that a torn write never loses both."""

from pathlib import Path

import pytest

from edge.journal.chain import Head
from edge.journal.witness import Witness, read_witness

EPOCH = "0b0f4b5e-8f0c-4d57-9a3c-0f7a5a2f7b11"


def head(seq: int) -> Head:
    return Head(EPOCH, seq, f"{seq:064x}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "witness"


def test_a_fresh_witness_says_nothing(path: Path) -> None:
    witness = Witness.open(path)

    assert witness.made
    assert witness.last is None
    assert read_witness(path) is None
    witness.close()


def test_a_witness_says_the_last_thing_written(path: Path) -> None:
    witness = Witness.open(path)
    for seq in range(1, 6):
        witness.write(head(seq), {"number": seq, "zones": {"a": {"response": "lockdown"}}})
    witness.close()

    read = read_witness(path)
    assert read is not None
    assert read.head == head(5)
    assert read.said == {"number": 5, "zones": {"a": {"response": "lockdown"}}}


@pytest.mark.parametrize("cut", range(0, 200, 7))
def test_a_write_torn_at_any_byte_leaves_the_one_before_it(path: Path, cut: int) -> None:
    witness = Witness.open(path)
    for seq in range(1, 4):
        witness.write(head(seq), {"number": seq})
    before = path.read_bytes()
    witness.write(head(4), {"number": 4})
    witness.close()
    after = path.read_bytes()
    changed = next(at for at in range(len(after)) if before[at] != after[at])
    start = changed - changed % (len(after) // 2)

    path.write_bytes(before[:start] + after[start : start + cut] + before[start + cut :])

    read = read_witness(path)
    assert read is not None
    assert read.head in (head(3), head(4))
    assert read.head == head(3) or cut > changed - start
    again = Witness.open(path)
    again.write(head(5), {})
    again.close()
    read = read_witness(path)
    assert read is not None
    assert read.head == head(5)


def test_a_head_that_does_not_fit_is_witnessed_without_its_details(path: Path) -> None:
    witness = Witness.open(path)
    witness.write(head(1), {"doors": ["x" * 100] * 10_000})
    witness.close()

    read = read_witness(path)
    assert read is not None
    assert read.head == head(1)


def test_noise_in_place_of_a_witness_says_nothing(path: Path) -> None:
    path.write_bytes(b"\xa5" * 600_000)

    witness = Witness.open(path)

    assert witness.last is None
    assert not witness.made
    witness.close()
