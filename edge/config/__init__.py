"""The configuration: read and checked (`check.read`), compiled for the rules, kept when accepted. Start at `check.py`."""
