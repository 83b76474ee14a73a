"""A request read into its model: bounded in size and time, and every mistake named with its path."""

import asyncio
import json
from collections import Counter
from typing import Any, Final, TypeVar, get_args

import msgspec
from aiohttp import web

from edge.web.problem import Problem
from edge.web.route import Visit

M = TypeVar("M", bound=msgspec.Struct)

BODY_S: Final = 10.0
"""A body that takes longer is somebody holding a place."""
MOST_MISTAKES: Final = 100
EXACT: Final = 2**53


async def raw_body(visit: Visit) -> bytes:
    """The body's bytes. Raises Problem 401, 403, 408, 413, 415."""
    request = visit.request
    if request.content_type != "application/json":
        raise Problem(415, "A body is JSON here: send it with Content-Type: application/json.")
    if "Content-Encoding" in request.headers:
        raise Problem(415, "A body is taken as it is here: send it without Content-Encoding.")
    try:
        async with asyncio.timeout(BODY_S):
            data = await request.read()
    except TimeoutError:
        raise Problem(408, f"The body did not come within {BODY_S:.0f} s. Nothing was done.") from None
    except web.HTTPRequestEntityTooLarge:
        raise Problem(413, "The body is larger than this takes. Nothing was done.") from None
    visit.body_came()
    return data


def body(model: type[M], data: bytes) -> M:
    """The model in a body. Raises Problem 400 where it is not JSON, 422 with every mistake's path where it does not fit."""
    try:
        raw = msgspec.json.decode(data)
        # msgspec takes the last of two equal names, and another reader the first: a drill for one, real for the other.
        json.loads(data, object_pairs_hook=_named_once)
        plain = _integral(raw)
    except (msgspec.DecodeError, UnicodeError) as err:
        raise Problem(400, f"The body is not JSON. {err}"[:300]) from None
    except RecursionError:
        raise Problem(400, "The body is nested deeper than this reads. Nothing was done.") from None
    return _checked(model, plain)


def query(visit: Visit, model: type[M]) -> M:
    """The model in a query; numbers and booleans are read from their text. Raises Problem 422."""
    given = visit.request.query
    twice = [name for name in dict.fromkeys(given) if len(given.getall(name)) > 1]
    if twice:
        raise _mistakes([(f"$.{name}", "It was given more than once.") for name in twice])
    return _checked(model, dict(given), strict=False)


def no_query(visit: Visit) -> None:
    """Of a route that takes no query: one rule for all of the API. Raises Problem 422 with every name."""
    if visit.request.query:
        names = list(dict.fromkeys(visit.request.query))
        raise _mistakes([(f"$.{name}"[:200], "It is not known here.") for name in names])


def _checked(model: type[M], plain: object, *, strict: bool = True) -> M:
    wrong: list[tuple[str, str]] = []
    if not isinstance(plain, dict):
        raise _mistakes([("$", "An object is expected.")])
    fields = {field.encode_name: field for field in msgspec.structs.fields(model)}
    for name in plain:
        if name not in fields:
            wrong.append((f"$.{name}"[:200], "It is not known here."))
    for name, field in fields.items():
        if name in plain:
            _look(field.type, plain[name], f"$.{name}", wrong, strict=strict)
        elif field.required:
            wrong.append((f"$.{name}", "It is missing."))
    if wrong:
        raise _mistakes(wrong)
    return msgspec.convert(plain, model, strict=strict)


def _look(kind: Any, value: object, path: str, wrong: list[tuple[str, str]], *, strict: bool) -> None:
    """Note what is wrong with one value; of a list, with each of its items."""
    try:
        msgspec.convert(value, kind, strict=strict)
        if not _ends_in_a_line_break(value):
            return
        said = "It ends in a line break"
    except msgspec.ValidationError as err:
        said = str(err).partition(" - at ")[0]
    known = len(wrong)
    form = msgspec.inspect.type_info(kind)
    if isinstance(value, list) and isinstance(form, msgspec.inspect.ListType):
        item = get_args(get_args(kind)[0] if get_args(kind)[1:] else kind)[0]
        for number, each in enumerate(value):
            _look(item, each, f"{path}[{number}]", wrong, strict=strict)
    if len(wrong) == known:
        wrong.append((path, _words(form, said)))


def _ends_in_a_line_break(value: object) -> bool:
    """Python's `$` stands before a last line break too; that of the document's patterns (ECMA-262) at the end alone."""
    if isinstance(value, list):
        return any(_ends_in_a_line_break(one) for one in value)
    return isinstance(value, str) and value.endswith("\n")


def _words(form: msgspec.inspect.Type, said: str) -> str:
    if isinstance(form, msgspec.inspect.LiteralType):
        return f"It is one of: {', '.join(str(one) for one in form.values)}."
    return f"{said}."


def _mistakes(wrong: list[tuple[str, str]]) -> Problem:
    first = f"{wrong[0][0]}: {wrong[0][1]}" if wrong else ""
    errors = [{"path": path, "detail": detail} for path, detail in wrong[:MOST_MISTAKES]]
    return Problem(422, f"Nothing was done. {first}", errors=errors)


def _named_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose names are all different. Raises Problem 422."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
        raise _mistakes([(f"$.{name}"[:200], "It was given more than once.") for name in twice])
    return found


def _integral(value: object) -> object:
    """JSON Schema calls 2026.0 an integer, and so do we."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT:
        return int(value)
    if isinstance(value, list):
        return [_integral(one) for one in value]
    if isinstance(value, dict):
        return {name: _integral(one) for name, one in value.items()}
    return value
