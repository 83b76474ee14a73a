"""The outside world: one module for each kind of device; it knows the vocabulary and nothing else of ours."""
