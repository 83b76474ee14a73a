"""The spill counts only whole lines that follow each other."""

from pathlib import Path

from edge.journal.chain import ZEROS, Head
from edge.journal.row import Row
from edge.journal.spill import Spill
from edge.journal.stamp import Stamped, Stamper


def stamped(words: str, before: Head) -> list[Stamped]:
    stamper = Stamper("lincoln-hs", "boot", None, before)
    return [
        stamper.stamp(Row(1_786_622_400_000_000, 1, "press.heard/1", "pb-101", "x", data={"word": word}))
        for word in words
    ]


def test_a_line_left_from_before_a_power_cut_does_not_follow_one_written_over_its_neighbour(
    tmp_path: Path,
) -> None:
    spill = Spill.open(tmp_path / "spill")
    spill.write(stamped("ab", Head("e", 4, ZEROS)))
    spill.close()
    lines = (tmp_path / "spill").read_bytes().splitlines(keepends=True)
    (tmp_path / "spill").write_bytes(b"\0" * len(lines[0]) + lines[1])  # torn: neither was acknowledged

    again = Spill.open(tmp_path / "spill")
    assert again.empty
    again.write(stamped("c", Head("e", 4, ZEROS)))
    again.close()

    assert (tmp_path / "spill").read_bytes().endswith(lines[1])  # whole, and of the next number
    assert [b'"word":"c"' in event.body for event in Spill.open(tmp_path / "spill").read()] == [True]


def test_a_new_epoch_follows_whatever_stood_before(tmp_path: Path) -> None:
    spill = Spill.open(tmp_path / "spill")
    spill.write(stamped("ab", Head("e", 4, ZEROS)))
    spill.write(stamped("c", Head("f", 0, ZEROS)))
    spill.close()

    assert [event.seq for event in Spill.open(tmp_path / "spill").read()] == [5, 6, 1]
