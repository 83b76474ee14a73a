"""How the process that makes a phrase ends, and what that means."""

from typing import Final

SAID: Final = 0
MISSING: Final = 3
"""There is no such program."""
FAILED: Final = 4
"""It ended badly, hung, or gave no sound."""
UNWRITTEN: Final = 5
"""The disk took no file."""
