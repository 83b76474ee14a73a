"""What is counted instead of recorded: each minute to the bounded table, each hour one event."""

from dataclasses import replace

from edge.telemetry import MINUTES_A_SUMMARY, Telemetry
from rules.model.facts import Fact, TelemetrySummed
from rules.model.ids import ButtonId, DoorId
from rules.model.moments import Instant
from rules.model.verdicts import Verdict, VerdictWord
from rules.state import ButtonLive, DoorLive, Live, Record, State

NOON = Instant(1_764_000_000_000_000, 5_000_000)
EMPTY = State(Record(), Live(NOON, "boot", NOON))
DOOR = DoorId("a-101")


class Kept:
    """What was handed over."""

    def __init__(self) -> None:
        self.minutes: list[tuple[str, dict[str, int]]] = []
        self.hours: list[Fact] = []
        self.telemetry = Telemetry(
            lambda _, subject, values: self.minutes.append((subject, values)), self.hours.append
        )

    def of(self, subject: str) -> list[dict[str, int]]:
        return [values for name, values in self.minutes if name == subject]


def door(word: VerdictWord) -> State:
    return replace(EMPTY, live=replace(EMPTY.live, doors={DOOR: DoorLive(verdict=Verdict(word))}))


def test_a_minute_counts_events_and_the_longest_step() -> None:
    kept = Kept()
    for took_us in (40, 900, 70):
        kept.telemetry.note("Scanned", EMPTY, EMPTY, took_us)

    kept.telemetry.minute(EMPTY, shed=2)
    kept.telemetry.minute(EMPTY, shed=2)

    assert kept.of("box") == [{"scanned": 3, "longest_us": 900, "shed": 2}, {"longest_us": 0, "shed": 2}]


def test_ordinary_door_movement_is_counted_and_what_matters_is_not() -> None:
    kept = Kept()
    kept.telemetry.note("Scanned", door("closed_locked"), door("open"), 10)
    kept.telemetry.note("Scanned", door("open"), door("closed_locked"), 10)
    kept.telemetry.note("Scanned", door("closed_locked"), door("forced"), 10)

    kept.telemetry.minute(EMPTY, shed=0)

    assert kept.of(DOOR) == [{"movements": 2}]


def test_a_buttons_battery_is_kept_each_minute() -> None:
    kept = Kept()
    heard = replace(EMPTY, live=replace(EMPTY.live, buttons={ButtonId("pb"): ButtonLive(battery=80)}))

    kept.telemetry.minute(heard, shed=0)

    assert kept.of("pb") == [{"battery": 80}]


def test_an_hour_enters_the_journal_as_one_summary() -> None:
    kept = Kept()
    for _ in range(MINUTES_A_SUMMARY):
        kept.telemetry.note("Scanned", EMPTY, EMPTY, 30)
        kept.telemetry.note("StatusHeard", EMPTY, EMPTY, 20)
        kept.telemetry.minute(EMPTY, shed=0)

    assert kept.hours == [TelemetrySummed(60, 60, 60, 0, 30, 0)]
