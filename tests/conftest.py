"""What every test folder shares: property tests that try the same cases on every machine and keep nothing."""

from hypothesis import settings

settings.register_profile("same-everywhere", derandomize=True, database=None, deadline=None, max_examples=100)
settings.load_profile("same-everywhere")
