"""The local socket in the store directory: how a person at the box talks to the running daemon."""
