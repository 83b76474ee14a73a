"""Printed single-use codes: ten on a sheet of paper, good without a network and with a wrong clock."""

import secrets
from typing import Final

COUNT: Final = 10
LETTERS: Final = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
"""Neither I, L, O, U nor 0, 1: read aloud and copied by hand."""
LENGTH: Final = 10
"""49 bits, kept as Argon2id digests (OWASP ASVS 5.0 V6.5.2)."""


def new_codes() -> tuple[str, ...]:
    """Ten codes as they are printed, `ABCDE-FGHJK`."""
    return tuple(_grouped("".join(secrets.choice(LETTERS) for _ in range(LENGTH))) for _ in range(COUNT))


def new_salt() -> str:
    """The salt of one sheet."""
    return secrets.token_hex(16)


def typed(code: str) -> str:
    """A code as somebody typed it, in the one form that is compared; `""` for what is none."""
    plain = "".join(one for one in code.upper() if one.isalnum())
    return plain if len(plain) == LENGTH and set(plain) <= set(LETTERS) else ""


def _grouped(code: str) -> str:
    return f"{code[:5]}-{code[5:]}"
