"""The process that hashes passwords: a line of JSON in, a line out, until its input ends. `python -m edge.people.hasher`.

Apart from the daemon, for one hash takes 64 MiB and a tenth of a second, and for what a bug in foreign C code
could reach (house.md 7).
"""

import json
import os
import sys
from contextlib import suppress
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret_raw

NICE = 15
"""A press is worth more than a sign-in."""


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """`hash` {password}, `new` {password}, `verify` {hash, password}, `derive` {salt, words}; each with its `cost`.

    `new` gives no hash of a password that is one of the most used.
    """
    time_cost, memory_kib, lanes = asked["cost"]
    match asked["do"]:
        case "hash":
            return {"hash": PasswordHasher(time_cost, memory_kib, lanes).hash(asked["password"])}
        case "new":
            # Not read in before there is a new password: most days there is none.
            from edge.people.most_used import is_common

            return {} if is_common(asked["password"]) else answer({**asked, "do": "hash"})
        case "verify":
            try:
                PasswordHasher().verify(asked["hash"], asked["password"])
            except (VerificationError, InvalidHashError):
                return {"right": False}
            return {"right": True}
        case "derive":
            salt = bytes.fromhex(asked["salt"])
            made = [
                hash_secret_raw(word.encode(), salt, time_cost, memory_kib, lanes, 32, Type.ID).hex()
                for word in asked["words"]
            ]
            return {"digests": made}
        case other:
            raise ValueError(f"unknown request {other!r}")


def main() -> None:
    """Answer until the daemon is gone."""
    with suppress(OSError):
        os.nice(NICE)
    for line in sys.stdin:
        said = json.dumps(answer(json.loads(line)))
        sys.stdout.write(said + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
