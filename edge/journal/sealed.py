"""Sealed fields: the chain holds a salted commitment; salt and value lie beside it and can be withheld or
erased.
"""

import hashlib
from typing import Final

from edge.journal.canonical import JSON, canonical
from rules.model.values import dataclass

SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class SealedValue:
    """What opens one sealed field. `value` is canonical JSON."""

    field: str
    salt: bytes
    value: bytes

    def commitment(self) -> str:
        """Lower-case hex SHA-256(salt ‖ value): contract section 6."""
        return hashlib.sha256(self.salt + self.value).hexdigest()


def seal(field: str, value: JSON, salt: bytes) -> SealedValue:
    """Seal one value under a salt of 16 random bytes. Raises `NotCanonical`."""
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 16 bytes")
    return SealedValue(field, salt, canonical(value))
