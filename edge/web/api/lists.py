"""Lists from memory, a page at a time: in the order of their ids, so that a page begun is a page to go on from."""

from collections.abc import Iterable
from typing import Any

from edge.web.api.forms import Asked, Cursor, Id, Limit

Document = dict[str, Any]


class Paged(Asked, frozen=True, kw_only=True):
    """Which page of a list. after: `next` of the page before."""

    after: Cursor | None = None
    limit: Limit = 200


class InZone(Paged, frozen=True, kw_only=True):
    """zone: only what lies in it or below."""

    zone: Id | None = None


def page(items: Iterable[Document], asked: Paged, key: str = "id") -> tuple[list[Document], str | None]:
    """(this page, where the next begins; None: that was all)."""
    ordered = sorted(items, key=lambda one: str(one[key]))
    if asked.after is not None:
        ordered = [one for one in ordered if str(one[key]) > asked.after]
    here = ordered[: asked.limit]
    return here, str(here[-1][key]) if len(ordered) > len(here) else None
