"""What may be read of the book, by name: lists a page at a time, one thing whole. Answers are JSON."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from edge.book import asset_checks, asset_lists, asset_queries
from edge.book.asking import NotThere

__all__ = ["QUERIES", "NotThere"]

QUERIES: Final[Mapping[str, tuple[type[Any], Callable[..., Any]]]] = {
    **asset_queries.QUERIES,
    **asset_lists.QUERIES,
    **asset_checks.QUERIES,
}
"""By name: the form of what is asked, and what answers it, given the database, what is asked, and the moment."""
