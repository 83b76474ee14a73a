"""One cause, one row: doors that are not known because their controller does not answer stand together (page.md rule 10)."""

from collections import defaultdict
from typing import Any, Final

from edge.web.pages.language import many, say
from edge.web.pages.scene import Scene

Document = dict[str, Any]

MOST_NAMED: Final = 6
FEWEST: Final = 2
"""One door needs no row for its cause: its own row says it."""


def by_cause(scene: Scene, rows: list[Document]) -> list[Document]:
    """Rows of `door_row` in their order, with what one silent controller explains in the place of the first of them.

    A cause is `{"cause": controller, "title", "text", "names", "doors": rows, "age_ms"}`; a door's row has no `cause`.
    """
    down = {one["id"]: one for one in scene.picture["controllers"] if not one["up"]}
    on = {door["id"]: door["controller"] for door in scene.picture["doors"]}
    explained: dict[str, list[Document]] = defaultdict(list)
    for row in rows:
        if row["tone"] == "unk" and on[row["id"]] in down:
            explained[on[row["id"]]].append(row)
    shown: list[Document] = []
    for row in rows:
        doors = explained.get(on[row["id"]], []) if row["tone"] == "unk" else []
        if len(doors) < FEWEST:
            shown.append(row)
        elif doors[0] is row:
            shown.append(_cause(scene, down[on[row["id"]]], doors))
    return shown


def doors_in(rows: list[Document]) -> int:
    """How many doors rows of `by_cause` stand for."""
    return sum(len(row["doors"]) if "cause" in row else 1 for row in rows)


def devices_by_cause(scene: Scene, rows: list[Document]) -> tuple[list[Document], list[Document]]:
    """Rows of inputs and buttons that stand by themselves; and for each silent controller what it explains, as a row.

    A fire alarm always stands by itself: what is done about it does not wait for whoever mends a controller.
    """
    down = {one["id"]: one for one in scene.picture["controllers"] if not one["up"]}
    explained: dict[str, list[Document]] = defaultdict(list)
    for row in rows:
        if row["controller"] in down and row["tone"] == "unk" and not row.get("fire"):
            explained[row["controller"]].append(row)
    gone = {id(row) for found in explained.values() for row in found}
    causes = [
        {
            "id": controller,
            "title": say("Controller {name} silent", name=controller),
            "text": many("{n} input or button not read.", "{n} inputs and buttons not read.", len(found)),
            "names": ", ".join(row["called"] for row in found),
            "age_ms": scene.since_ms(down[controller]["since"]),
        }
        for controller, found in explained.items()
    ]
    return [row for row in rows if id(row) not in gone], causes


def _cause(scene: Scene, controller: Document, doors: list[Document]) -> Document:
    more = len(doors) - MOST_NAMED
    names = ", ".join(row["name"] for row in doors[:MOST_NAMED])
    return {
        "cause": controller["id"],
        "title": say("Controller {name} silent", name=controller["id"]),
        "text": many("{n} door not known.", "{n} doors not known.", len(doors)),
        "names": names + (", " + many("{n} more", "{n} more", more) if more > 0 else ""),
        "doors": doors,
        "age_ms": scene.since_ms(controller["since"]),
    }
