"""Random schedules: drawn from a seed and again the same, of every fault there is, and judged on a running campus."""

import json
from pathlib import Path

from tests.faults import schedule
from tests.faults.campus import Campus
from tests.faults.fault import Fault, Nothing
from tests.faults.lockdown import Lockdown
from tests.faults.schedule import Step
from tests.faults.side_by_side import Share, played, rounds

SEED = 7


def told(steps: list[Step]) -> list[tuple[float, str]]:
    return [(step.at_s, step.told()) for step in steps]


def test_a_seed_and_a_number_draw_the_same_schedule_again_and_another_number_another() -> None:
    for draw in (schedule.faults, schedule.kills):
        assert told(draw(SEED, 12)) == told(draw(SEED, 12))
        assert told(draw(SEED, 12)) != told(draw(SEED, 13))
        assert told(draw(SEED, 12)) != told(draw(SEED + 1, 12))


def test_a_thousand_schedules_have_every_fault_and_many_have_several_at_once() -> None:
    drawn = [schedule.faults(SEED, number) for number in range(1000)]
    struck = [[step.fault for step in steps if step.verb == "strike" and step.fault] for steps in drawn]
    kinds = {type(fault) for faults in struck for fault in faults}

    assert all(1 <= len(faults) <= schedule.MOST_FAULTS for faults in struck)
    assert sum(len(faults) > 1 for faults in struck) > 500
    assert len({fault.name for faults in struck for fault in faults}) > 100
    assert {kind.__name__ for kind in kinds} >= {
        "BrokerKilled", "Board", "Silent", "Full", "Refusing", "Hanging", "Damaged", "Flipped", "Stepped",
        "Frozen", "OutOfMemory", "Reloaded", "Stuck", "Doorway",
    }  # fmt: skip
    assert sum(any(step.verb == "kill" for step in steps) for steps in drawn) > 200
    assert all(any(step.verb == "press" for step in steps) for steps in drawn)


class FalseWord(Fault):
    """Somebody else says on the broker that a door is secured. Nothing of ours may write there: the judge must see it."""

    name = "a false word"

    def strike(self, campus: Campus) -> None:
        campus.button.say("campus/state/door/tcp-1", json.dumps({"verdict": "secured"}))


def test_a_false_secured_in_a_schedule_is_seen(tmp_path: Path) -> None:
    with Nothing().campus(tmp_path) as campus:
        steps = [Step(0.0, "strike", fault=FalseWord()), Step(1.0, "press", "pb-native")]
        found = Lockdown(campus, 0).run(steps)

    assert found.failed[:1] == ["tcp-1 was said to be secured and its bolt was not thrown"]
    assert [what for _, what in found.acts] == ["strike a false word", "press pb-native"]


def test_every_promise_is_kept_under_random_kills(tmp_path: Path) -> None:
    found = list(played(Share("kills", SEED, (0, 1)), tmp_path))

    assert [one.failed for one in found] == [[], []]
    assert sum(one.kills for one in found) > 0


def test_every_promise_is_kept_under_random_schedules_in_a_process_of_their_own(tmp_path: Path) -> None:
    found = list(rounds("schedules", SEED, (0, 1), 2, tmp_path))

    assert [(one.number, one.failed) for one in found] == [(0, []), (1, [])]
