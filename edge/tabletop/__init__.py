"""Tabletop exercises: a past or written incident as a film that can be shown at any speed. No driver can be reached from here."""

from typing import Final

LARGEST: Final = 48 * 1024
"""Bytes of a written incident: it fits into one request of the socket."""
