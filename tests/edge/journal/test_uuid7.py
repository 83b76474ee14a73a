"""Event ids: RFC 9562 version 7, in the order they were made."""

import uuid

from edge.journal.uuid7 import Uuid7

NOON_US = 1_786_622_400_000_000


def test_ids_of_one_millisecond_sort_in_the_order_they_were_made() -> None:
    ids = Uuid7()

    made = [ids.make(NOON_US + step // 10) for step in range(20_000)]

    assert made == sorted(made)
    assert len(set(made)) == 20_000


def test_ids_keep_their_order_when_the_clock_steps_back() -> None:
    ids = Uuid7()

    made = [ids.make(NOON_US), ids.make(NOON_US - 60_000_000), ids.make(NOON_US - 1)]

    assert made == sorted(made)


def test_an_id_is_a_uuid_of_version_7_that_begins_with_its_millisecond() -> None:
    made = uuid.UUID(Uuid7().make(NOON_US))

    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == NOON_US // 1000
