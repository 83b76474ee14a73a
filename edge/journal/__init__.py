"""The append-only record: hashed, sealed, witnessed, signed. Start at `journal.py`, then `chain.py`."""
