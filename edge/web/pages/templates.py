"""The templates, read and compiled once: what is shown later waits for no disk. Only this file speaks Jinja."""

import contextlib
import importlib.util
import os
import re
import secrets
import sys
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import BytecodeCache, DictLoader, Environment, StrictUndefined, pass_context
from jinja2.bccache import Bucket
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape

from edge.web.pages import responses, statics, times
from edge.web.pages.language import _, many, say

FOLDER: Final = Path(__file__).parents[1] / "templates"


def sources() -> dict[str, str]:
    """Every template's text by its name."""
    return {
        path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(FOLDER.rglob("*"))
        if path.is_file()
    }


class _Compiled(BytecodeCache):
    """Compiled templates lie where Python keeps this compiled module, and are believed as it is; else compiled anew.

    Compiling all of them takes a second of the processor, which every start would pay beside a press.
    """

    def load_bytecode(self, bucket: Bucket) -> None:
        """Of another Jinja, Python or source: nothing is loaded."""
        with (
            contextlib.suppress(OSError, EOFError, ValueError, TypeError),
            _kept_at(bucket).open("rb") as file,
        ):
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Whole or not at all; where the disk or the environment forbids it, not at all."""
        if sys.dont_write_bytecode:
            return
        place = _kept_at(bucket)
        made = place.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                with made.open("xb") as file:
                    bucket.write_bytecode(file)
                made.replace(place)
            finally:
                made.unlink(missing_ok=True)


def _kept_at(bucket: Bucket) -> Path:
    return Path(importlib.util.cache_from_source(__file__)).with_suffix(f".{bucket.key}.jinja")


def _environment() -> Environment:
    environment = Environment(
        loader=DictLoader(sources()),
        bytecode_cache=_Compiled(),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.globals.update(
        {
            "_": _,
            "many": many,
            "say": say,
            "part": _part,
            "kept": _kept,
            "age": _age,
            "lasting": _lasting,
            "static": statics.url,
            "new_key": _new_key,
            "standing": responses.standing,
            "words_of_time": times.words,
        }
    )
    for name in environment.list_templates():
        environment.get_template(name)
    return environment


@pass_context
def _part(context: Context, name: str) -> Markup:
    """A piece of a page that the stream may send anew by itself, by its own name."""
    drawn: Mapping[str, str] = context.get("drawn") or {}
    inner = drawn[name] if name in drawn else _rendered(name, context)
    return Markup('<div data-part="{0}" id="part-{0}">{1}</div>').format(name, Markup(inner))  # noqa: S704  our own output


def _rendered(name: str, context: Context) -> str:
    return ENVIRONMENT.get_template(f"parts/{name}.html").render(context.get_all())


@pass_context
def _age(context: Context, key: str, ms: float | None, old: bool = False) -> Markup:
    """An age that the page's script keeps counting. In the stream it goes beside the HTML, not in it."""
    ages: dict[str, int | None] = context["ages"]
    at = None if ms is None else int(context["now_ms"] - ms)
    ages[key] = at
    shown = "age old" if old else "age"
    # Made by hand: a ledger of 200 doors has 400 of these, and `Markup.format` takes ten times as long.
    named = escape(key)
    counted = _counted(context["streamed"], at, ms)
    return Markup(f'<time class="{shown}" data-age="{named}"{counted}')  # noqa: S704  escaped above


@pass_context
def _kept(context: Context, macro: Macro, row: Mapping[str, Any]) -> Markup:
    """A door's row by a macro of ours, of which nothing but its one age may be another than when it was made last."""
    streamed, ages, age_ms = context["streamed"], context["ages"], row["age_ms"]
    key = (streamed, macro.name, *(row[one] for one in SHOWN), *(one["text"] for one in row.get("times", ())))
    kept = _KEPT.get(key)
    if kept is None:
        if len(_KEPT) >= MOST_KEPT:
            _KEPT.clear()
        html = str(macro(row))
        found = _AGE.search(html)
        if found is not None:
            _KEPT[key] = html[: found.end(1)], Markup(found[2]).unescape(), html[found.end() :]  # noqa: S704
        return Markup(html)  # noqa: S704  our own output
    before, name, after = kept
    at = None if age_ms is None else int(context["now_ms"] - age_ms)
    ages[name] = at
    return Markup(f"{before}{_counted(streamed, at, age_ms)}{after}")  # noqa: S704  our own output


_AGE: Final = re.compile(r'(<time class="[^"]*" data-age="([^"]*)")[^>]*>[^<]*</time>')
"""An age as `_age` makes it."""


def _counted(streamed: bool, at: int | None, age_ms: float | None) -> str:
    if streamed:
        return "></time>"
    return f' data-at="{"" if at is None else at}">{escape(times.age(age_ms))}</time>'


SHOWN: Final = ("id", "name", "symbol", "tone", "word", "fact", "task", "old", "zone")
"""What a row is made of, beside its age and the times of a command."""
MOST_KEPT: Final = 4_096
_KEPT: Final[dict[tuple[object, ...], tuple[str, str, str]]] = {}


@pass_context
def _lasting(context: Context, since_ms: int) -> Markup:
    """How long something lasts by now, counted on by the page's script."""
    text = "" if context["streamed"] else times.lasting(context["now_ms"] - since_ms)
    return Markup('<time data-since="{}" aria-hidden="true">{}</time>').format(since_ms, text)


def _new_key() -> str:
    """For a form that is to be done once, however often it is sent."""
    return secrets.token_urlsafe(12)


def page(name: str, values: Mapping[str, Any]) -> str:
    """A whole page. `drawn` in values: parts of it that were made before, by name."""
    return ENVIRONMENT.get_template(name).render({**values, "streamed": False, "ages": {}})


Ages = dict[str, int | None]
"""The moments (ms since 1970, None: never) that ages count from."""


def part(name: str, values: Mapping[str, Any], *, streamed: bool) -> Generator[None, None, tuple[str, Ages]]:
    """One part's inner HTML, for the stream or for a page, and its ages. It stops often, for others' work."""
    ages: Ages = {}
    template = ENVIRONMENT.get_template(f"parts/{name}.html")
    pieces: list[str] = []
    for piece in template.generate({**values, "streamed": streamed, "ages": ages}):
        pieces.append(piece)
        yield
    return "".join(pieces), ages


ENVIRONMENT: Final = _environment()
