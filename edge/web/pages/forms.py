"""What a form sent, bounded and read as text: a shape that is no form of ours is a problem, never a failure."""

import asyncio
from dataclasses import field
from typing import Final
from urllib.parse import parse_qsl

from edge.web.pages.language import _
from edge.web.problem import Problem
from edge.web.route import Visit
from rules.model.values import dataclass

LONGEST_TEXT: Final = 2_000
MOST_VALUES: Final = 1_000
BODY_S: Final = 10.0
"""A form that takes longer is somebody holding a place."""


@dataclass(frozen=True, slots=True)
class Form:
    """Fields by name, in the order sent."""

    fields: dict[str, list[str]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """One line or more of text; `""`: not sent. Control characters other than line breaks are no text."""
        return next(iter(self.fields.get(name, [])), "")

    def line(self, name: str) -> str:
        """Text on one line."""
        return " ".join(self.text(name).split())

    def all(self, name: str) -> list[str]:
        """Every value sent by a name."""
        return self.fields.get(name, [])

    def number(self, name: str) -> int:
        """A whole number; 0 where none was sent."""
        text = self.text(name).strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


async def form_of(visit: Visit) -> Form:
    """The form of a POST. Raises Problem 401, 403, 408, 415, 422; 413 comes from the server itself."""
    request = visit.request
    # Our forms hold no files, and what takes a multipart body apart answers a bad one with exceptions and warnings.
    if request.content_type != "application/x-www-form-urlencoded" or "Content-Encoding" in request.headers:
        raise Problem(415, _("This takes a form. Nothing was done."))
    try:
        async with asyncio.timeout(BODY_S):
            data = await request.read()
    except TimeoutError:
        raise Problem(408, _("The form did not come in time. Nothing was done: send it again.")) from None
    visit.body_came()
    # Counted before it is taken apart: 80,000 of them would hold up the loop.
    if data.count(b"&") >= MOST_VALUES:
        raise Problem(422, _("The form holds more than it should. Nothing was done."))
    try:
        sent = parse_qsl(data.decode("utf-8").strip(), keep_blank_values=True)
    except ValueError:
        raise Problem(422, _("The form could not be read. Nothing was done.")) from None
    fields: dict[str, list[str]] = {}
    for name, value in sent:
        text = value.replace("\r\n", "\n")
        if len(text) > LONGEST_TEXT or not _plain(text):
            raise Problem(
                422, _("A field holds more than 2,000 characters, or what is no text. Nothing was done.")
            )
        fields.setdefault(name, []).append(text)
    return Form(fields)


def _plain(text: str) -> bool:
    return all(
        (ord(one) >= 0x20 or one in "\n\t") and not 0x7F <= ord(one) < 0xA0 for one in text
    ) and not any(0xD800 <= ord(one) < 0xE000 for one in text)
