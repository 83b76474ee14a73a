"""The operations half in a process of its own: it follows the journal, keeps `book.db`, and decides what persons ask of it.

Start reading at `process.Process`. The daemon's end is `edge/operations.py`; the rules are `rules/book/`.
"""
