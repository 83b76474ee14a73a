"""The family that a configured model belongs to: for its firmware note, its points, and what its driver must know."""

from collections.abc import Collection


def family_of(model: str | None, known: Collection[str]) -> str | None:
    """The model itself where it is known, else the longest known one that begins it, at a hyphen.

    `wago-750` for `wago-750-362`, and never for `wago-7500`. None: no family of it is known.
    """
    while model:
        if model in known:
            return model
        model = model.rpartition("-")[0]
    return None
