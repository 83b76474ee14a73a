"""Problems as RFC 9457 has them: what happened, what still works, what to do, for programs and people alike."""

import json
import re
from collections.abc import Mapping
from typing import Final

from aiohttp import web

TITLES: Final[Mapping[int, str]] = {
    400: "The request cannot be read",
    401: "Sign in first",
    403: "Not yours to do",
    404: "Not here",
    405: "Not in this way",
    408: "Too slow",
    409: "Not now",
    413: "Too much at once",
    416: "Beyond its end",
    415: "Not in this form",
    422: "The request does not hold together",
    429: "Too often",
    500: "The page failed at this; doors and buttons work on",
    503: "Not now; try again",
}


class Problem(Exception):
    """Ends a request with this answer. `more`: members beside RFC 9457's own, such as `errors`."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: str = "",
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code or re.sub(r"[^a-z]+", "_", TITLES.get(status, "problem").lower())
        self.headers = dict(headers or {})
        self.more = more

    def response(self) -> web.Response:
        """`application/problem+json` (RFC 9457 section 3)."""
        said = {
            "type": "about:blank",
            "title": TITLES.get(self.status, "Problem"),
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            **self.more,
        }
        return web.Response(
            status=self.status,
            body=json.dumps(said, ensure_ascii=False).encode(),
            content_type="application/problem+json",
            headers=self.headers,
        )


def second_factor_first() -> Problem:
    """The role has the right, and no second factor was proven in this session yet."""
    return Problem(
        403,
        "This asks for a second factor, and none was proven in this session. Nothing was done: open /confirm in this browser, "
        "give a code or have a second named person sign there, and send it again.",
        code="second_factor",
    )
