"""Has passwords hashed: by one process, started when first needed, one hash at a time, few waiting.

A flood of sign-ins gets no further than that queue. A process that hangs is killed and started again.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

import structlog

import edge
from drivers.child import killed
from rules.model.values import dataclass

PATIENCE_S: Final = 5.0
"""The slowest board that was thought of takes 1 s for a hash and 2 s for its first."""
MOST_WAITING: Final = 8
_LONGEST_LINE: Final = 64 * 1024
_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "LANG", "PYTHONDONTWRITEBYTECODE")
"""All that the process gets of the daemon's environment."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Cost:
    """Argon2id's parameters. lanes 1: one hash never takes more than one core from the press."""

    time: int
    memory_kib: int
    lanes: int = 1


PASSWORDS: Final = Cost(3, 64 * 1024)
"""RFC 9106 section 4, the second choice, on one lane; twice what OWASP asks for."""
CODES: Final = Cost(2, 19 * 1024)
"""OWASP's least, for 49 random bits: ten of them are hashed when a sheet is printed."""
CHEAP: Final = Cost(1, 8)
"""Argon2's own least, for tests."""


class NotHashed(Exception):
    """Too many wait, or the process does not answer. Nothing is known of the password."""


class Hasher:
    """Belongs to the loop's thread."""

    def __init__(
        self,
        passwords: Cost = PASSWORDS,
        codes: Cost = CODES,
        *,
        patience_s: float = PATIENCE_S,
        most_waiting: int = MOST_WAITING,
        program: tuple[str, ...] = (sys.executable, "-m", "edge.people.hasher"),
    ) -> None:
        self._passwords, self._codes = passwords, codes
        self._patience_s = patience_s
        self._most_waiting = most_waiting
        self._program = program
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0

    @property
    def process_id(self) -> int | None:
        """The process that lives now; None before the first hash."""
        return None if self._process is None else self._process.pid

    async def hash(self, password: str) -> str:
        """Argon2id of a password. Raises NotHashed."""
        answer = await self._ask({"do": "hash", "password": password}, self._passwords)
        return str(answer["hash"])

    async def hash_new(self, password: str) -> str | None:
        """Argon2id of a password that is to be taken; None: it is one of the most used. Raises NotHashed."""
        answer = await self._ask({"do": "new", "password": password}, self._passwords)
        async with self._turn:
            # The list of passwords that it has read by now is five times the rest of it; a new one comes once a month.
            await self.close()
        return answer.get("hash")

    async def verify(self, hashed: str, password: str) -> bool:
        """Whether this is the password. Raises NotHashed."""
        answer = await self._ask({"do": "verify", "hash": hashed, "password": password}, self._passwords)
        return answer["right"] is True

    async def derive(self, salt: str, words: tuple[str, ...]) -> tuple[str, ...]:
        """The digest of each word with one salt (hex). Raises NotHashed."""
        answer = await self._ask({"do": "derive", "salt": salt, "words": words}, self._codes)
        return tuple(answer["digests"])

    async def close(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is not None:
            await killed(process)

    async def _ask(self, asked: dict[str, Any], cost: Cost) -> dict[str, Any]:
        if self._waiting >= self._most_waiting:
            raise NotHashed("too many wait")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._asked({**asked, "cost": (cost.time, cost.memory_kib, cost.lanes)})
        finally:
            self._waiting -= 1

    async def _asked(self, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._patience_s):
                process = await self._running()
                assert process.stdin is not None  # noqa: S101  both are pipes, asked for below
                assert process.stdout is not None  # noqa: S101
                process.stdin.write(json.dumps(asked).encode() + b"\n")
                await process.stdin.drain()
                answer: dict[str, Any] = json.loads(await process.stdout.readuntil(b"\n"))
                return answer
        except (TimeoutError, OSError, EOFError, ValueError, asyncio.LimitOverrunError) as err:
            log.error("people.hasher_failed", detail=type(err).__name__)
            await self.close()
            raise NotHashed(type(err).__name__) from None
        except BaseException:
            # Cancelled half-way: its answer would be taken for the next one's.
            await asyncio.shield(self.close())
            raise

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *self._program,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=_LONGEST_LINE,
                cwd=Path(edge.__file__).parent.parent,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                start_new_session=True,
            )
        return self._process
