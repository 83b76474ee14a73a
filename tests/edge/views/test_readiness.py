"""How ready the campus was: as it was stated, the newest first, and whatever another version wrote in no way."""

from collections.abc import Callable
from typing import Any

from edge.journal.canonical import JSON
from edge.journal.row import Row
from edge.views.readiness import history
from tests.edge.views.conftest import row

Running = Callable[..., Any]


def stated(step: int, points: int, **other: JSON) -> Row:
    data: dict[str, JSON] = {
        "score": points,
        "lost": 100 - points,
        "zones": [["a", points]],
        "causes": [["door_stale", 2, 100 - points]],
        "weights": "w",
    }
    return row(step, "readiness.stated/1", "campus", None, {**data, **other})


async def test_it_reads_as_it_was_stated_the_newest_first(running: Running) -> None:
    async with running() as site:
        await site.add(
            [stated(1, 90), stated(2, 80), stated(3, 70, zones="of another form"), stated(4, 60, score=None)]
        )
        await site.settled()
        found = await site.follower.ask(lambda views: history(views, 10))
        last = await site.follower.ask(lambda views: history(views, 3))

    assert [(one["score"], one["lost"], one["zones"]) for one in found] == [
        (80, 20, {"a": 80}),
        (90, 10, {"a": 90}),
    ]
    assert found[0]["causes"] == [{"code": "door_stale", "things": 2, "points": 20}]
    assert (found[0]["at"], found[0]["weights"]) == ("2026-08-13T12:00:00.002000Z", "w")
    assert [one["score"] for one in last] == [80]
