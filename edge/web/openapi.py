"""The OpenAPI 3.1 document, from the same route table and the same models that validate and answer."""

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from edge.version import VERSION
from edge.web.api.forms import PLACE, Problem
from edge.web.problem import TITLES
from edge.web.route import Route, Says

Document = dict[str, Any]

REF: Final = "#/components/schemas/{name}"
OF_A_BODY: Final = (400, 408, 413, 415, 422)
OF_A_WRITE: Final = (409, 503)
KEY: Final[Document] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same body is done once; the second answer is the first. Kept for a day, by "
    "caller, until a restart.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
}
LAST: Final[Document] = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "description": "The id of the last event that arrived; what follows comes first.",
    "schema": {"type": "string", "pattern": PLACE},
}


def document(routes: Sequence[Route]) -> Document:
    """All routes that say something of themselves."""
    said = [(route, route.says) for route in routes if route.says is not None]
    models = [Problem]
    for _, says in said:
        models += [one for one in (says.gives, says.takes, says.asks) if one is not None]
    schemas, components = msgspec.json.schema_components(models, ref_template=REF)
    refs = dict(zip(map(_key, models), schemas, strict=True))
    paths: dict[str, Document] = {}
    for route, says in said:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, says, refs, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "campus-edge",
            "version": VERSION,
            "description": "The appliance of one campus. Unknown is never good: what is not known is null or a verdict "
            "of its own, and every reading carries its age. Refusals are problems (RFC 9457); writes answer once "
            "durable. A query parameter that is not named here is refused. What answers GET answers HEAD, but for streams. "
            "JSON integers may be written 5 or 5.0.",
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"session": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A program's token."},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-campus-edge",
                    "description": "A signed-in person. Writes must come from this origin.",
                },
            },
        },
    }


def _operation(route: Route, says: Says, refs: Document, components: Document) -> Document:
    names = re.findall(r"{(\w+)}", route.path)
    parameters: list[Document] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in names
    ]
    if says.asks is not None:
        parameters += _query(says.asks, refs, components)
    if says.takes is not None:
        parameters.append(KEY)
    if says.media == "text/event-stream":
        parameters.append(LAST)
    operation: Document = {
        "operationId": _name(route),
        "summary": says.summary,
        "description": f"{says.text}\n\nRight: {route.right}.".strip(),
        "parameters": parameters,
        "responses": _responses(route, says, bool(names), refs),
    }
    if says.takes is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": refs[_key(says.takes)]}},
        }
    if says.sends:
        body = {media: {"schema": {"type": "string", "format": "binary"}} for media in says.sends}
        operation["requestBody"] = {"required": True, "content": body}
    if route.right == "open":
        operation["security"] = []
    return operation


def _responses(route: Route, says: Says, named: bool, refs: Document) -> Document:
    kind = "object" if says.media.endswith("json") else "string"
    schema = {"type": kind} if says.gives is None else refs[_key(says.gives)]
    answers: Document = {"200": {"description": "Done.", "content": {says.media: {"schema": schema}}}}
    statuses = {422, *says.problems}  # of the query
    if route.right != "open":
        statuses |= {401, 403}
    if named:
        statuses.add(404)
    if says.takes is not None:
        statuses |= {*OF_A_BODY, *OF_A_WRITE}
    if "incidents" in route.path:
        statuses.add(503)
    for status in sorted(statuses):
        answers[str(status)] = {
            "description": TITLES[status],
            "content": {"application/problem+json": {"schema": refs[_key(Problem)]}},
        }
    return answers


def _query(model: Any, refs: Document, components: Document) -> list[Document]:
    name = str(refs[_key(model)]["$ref"]).rpartition("/")[2]
    schema = components[name]
    return [
        {"name": field, "in": "query", "required": field in schema.get("required", ()), "schema": one}
        for field, one in schema["properties"].items()
    ]


def _name(route: Route) -> str:
    words = re.sub(r"[^a-z]+", "-", route.path.removeprefix("/api/v1/").lower()).strip("-")
    return f"{route.method.lower()}-{words}"


def _key(model: Any) -> str:
    return repr(model)
