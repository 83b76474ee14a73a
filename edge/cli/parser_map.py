"""The arguments of the map's verbs."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any


def floorplan(made: argparse.ArgumentParser) -> None:
    """What `import floorplan` takes."""
    made.add_argument("path", type=Path, metavar="PATH")
    made.add_argument(
        "--level", default="", metavar="ID", help="which level it is, where the file does not say"
    )
    made.add_argument("--level-name", default="", metavar="NAME")
    made.add_argument("--ordinal", type=int, metavar="N", help="0 is the ground")
    made.add_argument("--scale", type=float, metavar="M", help="metres of a unit, or of a pixel")
    made.add_argument(
        "--north", type=float, metavar="DEG", help="where its upper edge looks, from true north, clockwise"
    )
    made.add_argument(
        "--at", type=_at, default=(0.0, 0.0), metavar="X,Y", help="metres of its upper left corner"
    )
    made.add_argument("--grid", type=float, metavar="M", help="metres of a cell of the grid")
    made.add_argument("--verified", default="", metavar="DATE", help="when somebody walked through with it")
    made.add_argument("--by", default="", metavar="NAME", help="who that was")
    made.add_argument("--check", action="store_true", help="only say what it would come to")


def _at(text: str) -> tuple[float, float]:
    try:
        x, y = (float(one) for one in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError("a place is two numbers of metres: 12.5,40") from None
    return x, y


def add(verbs: Any, verb: Callable[..., argparse.ArgumentParser]) -> None:
    """`map` and its verbs. verb: of `edge.cli.parser`."""
    top: argparse.ArgumentParser = verbs.add_parser(
        "map", help="levels, cells, what differs", description="The campus map."
    )
    of: Any = top.add_subparsers(metavar="VERB", required=True)
    verb(of, "levels", "floorplans:levels", "its levels and layers, and when each was verified", json=True)
    verb(
        of, "differences", "floorplans:differences", "on the map and not in the inventory, or back", json=True
    )
    made = verb(of, "cell", "floorplans:cell", "rooms, doors and cameras of a cell", json=True)
    made.add_argument("cell", metavar="CELL", help="C4")
    made.add_argument("--level", metavar="ID", help="default: every level")
    made = verb(of, "drop", "floorplans:drop", "take a level, or a layer of it, off the map")
    made.add_argument("level", metavar="LEVEL")
    made.add_argument("layer", metavar="LAYER", nargs="?")
