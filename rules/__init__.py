"""What should happen: pure rules over values, with no I/O, no clock and no randomness."""
