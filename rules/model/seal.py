"""The interlock's mark on a permit. Only `rules.interlock` sets it and `drivers.base` looks for it (import-linter holds this)."""

from typing import Final

SEAL: Final = object()
