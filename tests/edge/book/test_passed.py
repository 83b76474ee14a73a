"""What of the journal the book reads whole, and what it only passes by."""

from datetime import UTC, datetime

import pytest

from edge import codec
from edge.book.database import KINDS_READ
from edge.book.passed import Passed, line_of
from edge.journal.canonical import JSON, canonical
from edge.journal.stored import Stored
from rules.model.facts import VerdictReached
from rules.model.ids import DoorId
from rules.model.verdicts import VerdictWord

AT = "2026-08-01T07:30:00.000250Z"


def body(kind: str, data: JSON, at: str = AT) -> str:
    return canonical(
        {
            "epoch": "e", "seq": 7, "id": "i", "at": at, "clock": {"boot": "b", "monotonic_us": 1, "error_us": None},
            "kind": kind, "subject": "east", "actor": "rule", "incident": None, "because": None, "data": data,
            "sealed": {}, "prev": "p",
        }
    ).decode()  # fmt: skip


def verdict(word: VerdictWord) -> JSON:
    fact = VerdictReached(DoorId("east"), word, None, "", bolt=False, position=True, evidence_age_us=9_000)
    return codec.plain(fact)[0]


def test_a_kind_of_others_is_passed_by_with_its_place_and_its_time() -> None:
    found = line_of(KINDS_READ, "h", body("session.opened/1", {}), {})

    assert isinstance(found, Passed)
    assert (found.epoch, found.seq, found.hash) == ("e", 7, "h")
    assert found.at_us == round(datetime(2026, 8, 1, 7, 30, tzinfo=UTC).timestamp() * 1e6) + 250


@pytest.mark.parametrize("word", ["open", "closed_unlocked"])
def test_an_everyday_verdict_of_a_door_is_passed_by(word: VerdictWord) -> None:
    assert isinstance(line_of(KINDS_READ, "h", body(VerdictReached.KIND, verdict(word)), {}), Passed)


@pytest.mark.parametrize("word", ["secured", "forced"])
def test_a_verdict_that_tells_of_a_lock_or_a_break_in_is_read_whole(word: VerdictWord) -> None:
    assert isinstance(line_of(KINDS_READ, "h", body(VerdictReached.KIND, verdict(word)), {}), Stored)


def test_a_verdict_as_no_version_known_here_writes_it_is_read_whole() -> None:
    assert isinstance(line_of(KINDS_READ, "h", body(VerdictReached.KIND, {"verdict": 5}), {}), Stored)


@pytest.mark.parametrize("at", ["yesterday", "2026-08-01T07:30:00", "2026-13-01T07:30:00Z"])
def test_what_says_no_time_is_nobodys_event(at: str) -> None:
    assert line_of(KINDS_READ, "h", body("session.opened/1", {}, at), {}) is None
