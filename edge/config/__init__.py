"""The configuration: read and checked (`read`), compiled for the rules, kept when accepted. Start at `check.py`."""

from edge.config.check import Checked, check, read
from edge.config.problems import Problem

__all__ = ["Checked", "Problem", "check", "read"]
