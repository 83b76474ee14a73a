"""The files a page is drawn and moved with: ours alone, held in memory, named by their content so that caches hold."""

import gzip
import hashlib
from pathlib import Path
from typing import Final

from aiohttp import web

from edge.web.problem import Problem
from edge.web.route import Route, Visit
from rules.model.values import dataclass

FOLDER: Final = Path(__file__).parents[1] / "static"
TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    packed: bytes
    kind: str


def _read(path: Path) -> _File:
    body = path.read_bytes()
    return _File(body, gzip.compress(body, 9, mtime=0), TYPES[path.suffix])


FILES: Final = {path.name: _read(path) for path in sorted(FOLDER.iterdir()) if path.suffix in TYPES}
DIGEST: Final = hashlib.sha256(b"".join(one.body for one in FILES.values())).hexdigest()[:16]
"""Of all of them: a script finds the scripts it imports beside itself."""


def url(name: str) -> str:
    """The address of a file; another one whenever any of them is another."""
    if name not in FILES:
        raise KeyError(name)
    return f"/static/{DIGEST}/{name}"


async def static(visit: Visit) -> web.StreamResponse:
    """One file. By an old digest it is the newest all the same: a page that was open over an upgrade goes on."""
    found = FILES.get(visit.request.match_info["name"])
    if found is None:
        raise Problem(404, "There is no such file.")
    headers = {"Vary": "Accept-Encoding"}
    if visit.request.match_info["digest"] == DIGEST:
        headers["Cache-Control"] = FOR_EVER
    body = found.body
    if "gzip" in visit.request.headers.get("Accept-Encoding", ""):
        body, headers["Content-Encoding"] = found.packed, "gzip"
    return web.Response(body=body, content_type=found.kind, charset="utf-8", headers=headers)


ROUTES: Final = (Route("GET", "/static/{digest}/{name}", "open", static),)
