"""What is sent back to bytes that are no request: the same problem as everywhere, and nothing of what was sent.

aiohttp's own answer would name its version and repeat the bytes, in plain text.
"""

from aiohttp import web

from edge.web.headers import FIXED
from edge.web.problem import Problem


class Runner(web.AppRunner):
    """Serves an application with `_Handler` for each connection."""

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        server.__class__ = _Server
        return server


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Handler(self, loop=self._loop, **self._kwargs)


class _Handler(web.RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What could not be read, or was cut; the connection ends with it."""
        if request.writer.output_size > 0:
            raise ConnectionError("something was sent already")
        problem = Problem(
            status, "What arrived is no request that could be read, or it is longer than this takes."
        )
        answer = problem.response()
        answer.headers.update(FIXED)
        answer.force_close()
        return answer
