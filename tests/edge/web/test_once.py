"""What is sent twice is done once and answered alike, bounded; and what was not decided may be tried again."""

import asyncio
import contextlib

import pytest
from aiohttp import web

from edge.web import once as module
from edge.web.api.repeating import KEEP_S, Answer, repeated
from edge.web.once import Once
from edge.web.problem import Problem


class Doing:
    """Counts how often something was done."""

    def __init__(self, problem: Problem | None = None) -> None:
        self.times = 0
        self.problem = problem
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self) -> web.Response:
        self.times += 1
        await self.go.wait()
        if self.problem is not None:
            raise self.problem
        return web.json_response({"times": self.times})


def kept() -> Once[Answer]:
    return Once(KEEP_S)


async def test_two_at_once_are_done_once_and_answered_alike() -> None:
    once, doing = kept(), Doing()
    doing.go.clear()
    both = [asyncio.create_task(repeated(once, "a", "k", b"x", doing)) for _ in range(2)]
    await asyncio.sleep(0)
    doing.go.set()

    first, second = await asyncio.gather(*both)

    assert doing.times == 1
    assert first.body == second.body
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"


async def test_who_goes_away_takes_nothing_from_the_other_who_sent_the_same() -> None:
    once, doing = kept(), Doing()
    doing.go.clear()
    gone, stays = [asyncio.create_task(repeated(once, "a", "k", b"x", doing)) for _ in range(2)]
    await asyncio.sleep(0)
    gone.cancel()
    doing.go.set()

    assert (await stays).status == 200
    assert doing.times == 1


async def test_a_refusal_by_the_rules_is_answered_alike_and_a_busy_box_is_asked_again() -> None:
    once = kept()
    for status, times in ((409, 1), (503, 2), (403, 2)):
        doing = Doing(Problem(status, "no"))
        for _ in range(2):
            with contextlib.suppress(Problem):
                answer = await repeated(once, "a", f"k{status}", b"x", doing)
                assert answer.status == status
        assert doing.times == times


async def test_without_a_key_each_is_done() -> None:
    once, doing = kept(), Doing()
    await repeated(once, "a", None, b"x", doing)
    await repeated(once, "a", None, b"x", doing)
    assert doing.times == 2


async def test_a_key_means_the_same_for_so_long_and_no_longer() -> None:
    now_s = [0.0]
    once: Once[int] = Once(60.0, lambda: now_s[0])
    made: list[int] = []

    async def make() -> int:
        made.append(1)
        return len(made)

    assert [await once.do(actor, "k", make) for actor in ("a", "a", "b")] == [1, 1, 2]
    now_s[0] = 61.0
    assert await once.do("a", "k", make) == 3


async def test_one_caller_pushes_out_nobody_elses_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 10)
    once, doing = kept(), Doing()
    for number in range(3):
        await repeated(once, "careful", f"k{number}", b"x", doing)
    for number in range(50):
        await repeated(once, "flood", f"k{number}", b"x", doing)
    done = doing.times

    for number in range(3):
        again = await repeated(once, "careful", f"k{number}", b"x", doing)
        assert again.headers["Idempotency-Replayed"] == "true"
    assert doing.times == done
    assert sum(len(own) for own in once._kept.values()) == 10
