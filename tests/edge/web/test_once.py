"""`Idempotency-Key`: done once, answered alike, bounded; and what was not decided may be tried again."""

import asyncio
import contextlib

import pytest
from aiohttp import web

from edge.web import once as module
from edge.web.once import KEEP_S, Once
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


async def test_two_at_once_are_done_once_and_answered_alike() -> None:
    once, doing = Once(), Doing()
    doing.go.clear()
    both = [asyncio.create_task(once.do("a", "k", b"x", doing)) for _ in range(2)]
    await asyncio.sleep(0)
    doing.go.set()

    first, second = await asyncio.gather(*both)

    assert doing.times == 1
    assert first.body == second.body


async def test_a_refusal_by_the_rules_is_answered_alike_and_a_busy_box_is_asked_again() -> None:
    once = Once()
    for status, times in ((409, 1), (503, 2), (403, 2)):
        doing = Doing(Problem(status, "no"))
        with pytest.raises(Problem):
            await once.do("a", f"k{status}", b"x", doing)
        with contextlib.suppress(Problem):
            again = await once.do("a", f"k{status}", b"x", doing)
            assert again.status == status
        assert doing.times == times


async def test_without_a_key_each_is_done() -> None:
    once, doing = Once(), Doing()
    await once.do("a", None, b"x", doing)
    await once.do("a", None, b"x", doing)
    assert doing.times == 2


async def test_it_forgets_after_a_day_and_holds_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    once, doing = Once(lambda: now[0]), Doing()
    await once.do("a", "k", b"x", doing)
    now[0] = KEEP_S + 1
    await once.do("a", "k", b"x", doing)
    assert doing.times == 2

    monkeypatch.setattr(module, "MOST", 10)
    for number in range(50):
        await once.do("a", f"k{number}", b"x", doing)
    assert len(once._kept) == 10
