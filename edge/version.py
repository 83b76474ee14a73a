"""The version of the code, recorded with every decision."""

from typing import Final

VERSION: Final = "0.1.0"
